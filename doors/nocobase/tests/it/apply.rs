//! Whole definitions at once: applied to what is there, and what is refused as a whole.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, post};

fn names(collection: &Value) -> Vec<&str> {
    collection["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect()
}

/// `apply` answers inside of another `data`.
fn applied(reply: test_world::Reply) -> Value {
    data(reply)["data"].clone()
}

#[tokio::test]
async fn a_definition_makes_what_is_missing_and_changes_what_is_there() {
    let nocobase = Nocobase::new().await;
    let apply = "/api/collections:apply";
    let bare = json!([{"name": "title", "type": "string"}]);
    let plain = json!({"name": "notes", "title": "Notes", "fields": bare});
    nocobase.admin.post("/api/collections:create", plain).await.expect(200);
    let first = json!({"name": "notes", "title": "Notes", "fields": [{"name": "title", "type": "string"}]});
    assert_eq!(names(&applied(nocobase.admin.post(apply, first.clone()).await)), ["id", "title"]);
    nocobase.admin.post("/api/notes:create", json!({"title": "kept"})).await.expect(200);
    let second = json!({"name": "notes", "title": "My notes", "sortable": true, "fields": [
        {"name": "title", "type": "string", "uiSchema": {"title": "Heading"}},
        {"name": "n", "type": "integer", "defaultValue": 4},
    ]});
    let changed = applied(nocobase.admin.post(apply, json!({"values": second})).await);
    assert_eq!((&changed["title"], names(&changed)), (&json!("My notes"), vec!["id", "title", "n", "sort"]));
    assert_eq!(changed["fields"][1]["uiSchema"]["title"], "Heading");
    assert_eq!(data(nocobase.admin.get("/api/notes:get/1").await), json!({"id": 1, "title": "kept", "n": 4}));
    // A mistake in any part of it changes nothing.
    for bad in [
        json!({"name": "notes", "title": "X", "fields": [{"name": "title", "type": "integer"}]}),
        json!({"name": "notes", "title": "X", "fields": [{"name": "m", "type": "integer"}, {"name": "o", "type": "teleport"}]}),
        json!({"name": "notes", "title": "X", "fields": [{"name": "m", "type": "string"}, {"name": "m", "type": "string"}]}),
        json!({"name": "notes", "title": "X", "fields": "title"}),
        json!({"title": "X"}),
        json!({"name": "users", "fields": []}),
    ] {
        let reply = nocobase.admin.post(apply, bad.clone()).await;
        assert_eq!(error(&reply).0, 400, "{bad} {}", reply.text());
    }
    let now = data(nocobase.admin.get("/api/collections:get/notes?appends[]=fields").await);
    assert_eq!((&now["title"], names(&now)), (&json!("My notes"), vec!["id", "title", "n", "sort"]));
}

#[tokio::test]
async fn one_field_is_applied_to_the_collection_it_names() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let due =
        json!({"collectionName": "todos", "name": "due", "type": "dateOnly", "uiSchema": {"title": "Due"}});
    let made = applied(nocobase.admin.post("/api/fields:apply", due.clone()).await);
    assert_eq!(
        (&made["name"], &made["type"], &made["collectionName"]),
        (&json!("due"), &json!("dateOnly"), &json!("todos"))
    );
    let again = json!({"collectionName": "todos", "name": "due", "uiSchema": {"title": "Until"}});
    assert_eq!(applied(nocobase.admin.post("/api/fields:apply", again).await)["uiSchema"]["title"], "Until");
    let retyped = json!({"collectionName": "todos", "name": "due", "type": "integer"});
    nocobase.admin.post("/api/fields:apply", retyped).await.expect(400);
    nocobase
        .admin
        .post("/api/fields:apply", json!({"collectionName": "nope", "name": "x"}))
        .await
        .expect(404);
    nocobase.admin.post("/api/fields:apply", json!({"name": "x"})).await.expect(400);
}

#[tokio::test]
async fn set_fields_leaves_these_and_no_others() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let path = "/api/collections:setFields?filterByTk=todos";
    let fields = json!([
        {"name": "title", "type": "string", "key": "whatever"},
        {"name": "createdBy", "type": "belongsTo", "target": "users", "foreignKey": "createdById"},
        {"name": "note", "type": "text"},
    ]);
    let set = data(nocobase.admin.post(path, json!({"fields": fields})).await);
    let mut left = names(&set);
    left.sort_unstable();
    assert_eq!(left, ["createdBy", "createdById", "id", "note", "title"]);
    assert_eq!(
        data(nocobase.admin.get("/api/todos:get/1?fields=title,createdById").await),
        json!({"title": "eat food", "createdById": 1})
    );
    nocobase.admin.post(path, json!({})).await.expect(400);
    nocobase
        .admin
        .post("/api/collections:setFields?filterByTk=users", json!({"fields": []}))
        .await
        .expect(403);
    assert_eq!(names(&data(nocobase.admin.post(path, json!([])).await)), ["id"]);
}

#[tokio::test]
async fn the_structure_is_applied_only_by_who_may_change_it() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (_, member) = nocobase.user("bob", &["member"]).await;
    let todos = json!({"name": "todos", "title": "mine", "fields": []});
    member.post("/api/collections:apply", todos).await.expect(403);
    member.post("/api/collections:apply", json!({"name": "more"})).await.expect(403);
    member
        .post("/api/fields:apply", json!({"collectionName": "todos", "name": "x", "type": "string"}))
        .await
        .expect(403);
    member.post("/api/fields:apply", json!({"collectionName": "todos", "name": "title"})).await.expect(403);
    member.post("/api/collections:setFields?filterByTk=todos", json!({"fields": []})).await.expect(403);
    post(&nocobase.nobody(), "/api/fields:apply").await.expect(401);
    assert_eq!(data(nocobase.admin.get("/api/collections:get/todos").await)["title"], "Todos");
}

#[tokio::test]
async fn categories_are_kept_and_shown_with_the_collections_in_them() {
    let nocobase = Nocobase::new().await;
    let path = "/api/collectionCategories";
    let work = data(
        nocobase
            .admin
            .post(&format!("{path}:create"), json!({"name": "Work", "color": "blue", "id": 7}))
            .await,
    );
    assert_eq!(work, json!({"id": 1, "sort": 1, "name": "Work", "color": "blue"}));
    nocobase.admin.post(&format!("{path}:create"), json!({"name": "Home"})).await.expect(200);
    let changed =
        data(nocobase.admin.post(&format!("{path}:update?filterByTk=2"), json!({"color": "red"})).await);
    assert_eq!(changed[0]["color"], "red");
    let collection = json!({"name": "notes", "category": [1, 99]});
    nocobase.admin.post("/api/collections:create", collection).await.expect(200);
    let listed = data(nocobase.admin.get("/api/collections:list?appends=category").await);
    assert_eq!(listed[0]["category"], json!([work]));
    let names = data(nocobase.admin.get(&format!("{path}:list?sort=-sort&fields=name")).await);
    assert_eq!(names, json!([{"name": "Home"}, {"name": "Work"}]));
    assert_eq!(data(post(&nocobase.admin, &format!("{path}:destroy?filterByTk=1")).await), json!(1));
    assert_eq!(
        data(nocobase.admin.get("/api/collections:get/notes?appends=category").await)["category"],
        json!([])
    );
    for bad in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "x".repeat(300)}),
        json!({"name": "x", "sort": "first"}),
    ] {
        nocobase.admin.post(&format!("{path}:create"), bad).await.expect(400);
    }
    let (_, member) = nocobase.user("bob", &["member"]).await;
    assert_eq!(data(member.get(&format!("{path}:list")).await).as_array().unwrap().len(), 1);
    member.post(&format!("{path}:create"), json!({"name": "Mine"})).await.expect(403);
    post(&member, &format!("{path}:destroy?filterByTk=2")).await.expect(403);
    nocobase.nobody().get(&format!("{path}:list")).await.expect(401);
    let role = nocobase.world.role("blind", domain::access::Grants::default()).await;
    let issued = nocobase.world.key(|key| key.role = Some(role)).await;
    let blind = nocobase.nobody().bearer(&issued.secret);
    assert_eq!(data(blind.get(&format!("{path}:list")).await), json!([]));
}

#[tokio::test]
async fn a_field_that_records_stand_against_leaves_the_collection_as_it_was() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let field = json!({"name": "a", "type": "string"});
    admin
        .post("/api/collections:create", json!({"name": "ap", "title": "Was", "fields": [field]}))
        .await
        .expect(200);
    admin.post("/api/ap:create", json!([{"a": "1"}, {"a": "1"}])).await.expect(200);
    let unique = json!({"name": "a", "type": "string", "unique": true});
    let values =
        json!({"name": "ap", "title": "Changed", "fields": [unique, {"name": "b", "type": "string"}]});
    admin.post("/api/collections:apply", values).await.expect(400);
    let kept = data(admin.get("/api/collections:get?filterByTk=ap&appends=fields").await);
    assert_eq!(kept["title"], "Was");
    assert!(kept["fields"].as_array().unwrap().iter().all(|field| field["name"] != "b"), "{kept}");
}

#[tokio::test]
async fn a_collection_that_is_applied_anew_begins_with_what_every_record_has() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let apply = "/api/collections:apply";
    let system = ["createdAt", "createdBy", "createdById", "id", "updatedAt", "updatedBy", "updatedById"];
    let sorted = |collection: &Value| {
        let mut names: Vec<String> = names(collection).into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    let all = |more: &[&str]| {
        let mut all: Vec<String> = system.iter().chain(more).map(|name| (*name).to_owned()).collect();
        all.sort_unstable();
        all
    };
    let made = applied(admin.post(apply, json!({"name": "order_lines", "fields": [{"name": "x"}]})).await);
    assert_eq!((&made["title"], &made["template"]), (&json!("Order Lines"), &json!("general")));
    assert_eq!(sorted(&made), all(&["x"]));
    let record = data(admin.post("/api/order_lines:create", json!({"x": "a"})).await);
    assert!(record["id"].as_i64().unwrap() > 1 << 32 && record["createdById"] == 1, "{record}");
    // Applied again, nothing comes back that was taken away.
    post(admin, "/api/collections/order_lines/fields:destroy?filterByTk=updatedAt").await.expect(200);
    let again = applied(admin.post(apply, json!({"name": "order_lines", "title": "Lines"})).await);
    assert!(!names(&again).contains(&"updatedAt"));
    // What is said goes before it.
    let key = json!({"name": "code", "type": "string", "primaryKey": true});
    let own =
        json!({"name": "own", "createdBy": false, "updatedBy": false, "updatedAt": false, "fields": [key]});
    assert_eq!(sorted(&applied(admin.post(apply, own).await)), ["code", "createdAt"]);
    let tree = applied(admin.post(apply, json!({"name": "tree", "template": "tree"})).await);
    assert_eq!(sorted(&tree), all(&["children", "parent", "parentId"]));
    let root = data(admin.post("/api/tree:create", json!({})).await)["id"].clone();
    admin.post("/api/tree:create", json!({"parent": root})).await.expect(200);
    let whole = data(admin.get("/api/tree:list?tree=true").await);
    assert_eq!((whole.as_array().unwrap().len(), &whole[0]["children"][0]["parentId"]), (1, &root));
    for (template, field) in [("calendar", "exclude"), ("comment", "content")] {
        let made = applied(admin.post(apply, json!({"name": template, "template": template})).await);
        assert!(names(&made).contains(&field), "{made}");
    }
}
