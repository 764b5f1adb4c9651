//! The order of collections and fields, as screens drag them.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, post};

async fn four() -> Nocobase {
    let nocobase = Nocobase::new().await;
    for name in ["m1", "m2", "m3", "m4"] {
        let fields = json!([{"name": "a", "type": "string"}, {"name": "b", "type": "string"}, {"name": "c", "type": "string"}]);
        nocobase
            .admin
            .post("/api/collections:create", json!({"name": name, "fields": fields}))
            .await
            .expect(200);
    }
    nocobase
}

async fn names(nocobase: &Nocobase, path: &str) -> Vec<String> {
    let rows = data(nocobase.admin.get(&format!("/api/{path}")).await);
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_collection_takes_the_place_of_another_or_comes_after_it() {
    let nocobase = four().await;
    for (call, order) in [
        ("sourceId=m4&targetId=m2", ["m1", "m4", "m2", "m3"]),
        ("sourceId=m1&targetId=m2", ["m4", "m2", "m1", "m3"]),
        ("sourceId=m3&targetId=m4&method=insertAfter", ["m4", "m3", "m2", "m1"]),
        ("sourceId=m4&targetId=m2&method=insertAfter", ["m3", "m2", "m4", "m1"]),
        ("sourceId=m1&sticky=true", ["m1", "m3", "m2", "m4"]),
        ("sourceId=m1&targetId=m1", ["m1", "m3", "m2", "m4"]),
    ] {
        let version = nocobase.world.store.catalog().version;
        assert_eq!(data(post(&nocobase.admin, &format!("/api/collections:move?{call}")).await), json!("ok"));
        assert!(nocobase.world.store.catalog().version <= version + 1, "a move is one change");
        assert_eq!(names(&nocobase, "collections:list?fields=name").await, order, "{call}");
        assert_eq!(names(&nocobase, "collections:listMeta").await, order, "{call}");
    }
    // New ones come last, and lists can say the order themselves.
    nocobase.admin.post("/api/collections:create", json!({"name": "m5"})).await.expect(200);
    assert_eq!(names(&nocobase, "collections:list?sort=-sort").await, ["m5", "m4", "m2", "m3", "m1"]);
    let listed = data(nocobase.admin.get("/api/collections:list").await);
    assert!(listed[0].get("sort").is_none());
    // A change of the collection leaves its place alone.
    nocobase.admin.post("/api/collections:update?filterByTk=m1", json!({"title": "One"})).await.expect(200);
    assert_eq!(names(&nocobase, "collections:list").await, ["m1", "m3", "m2", "m4", "m5"]);
}

#[tokio::test]
async fn a_field_is_moved_by_its_name_or_its_key() {
    let nocobase = four().await;
    let path = "collections/m1/fields:list?paginate=false";
    let key = async |name: &str| -> String {
        let rows = data(nocobase.admin.get(&format!("/api/{path}")).await);
        let row = rows.as_array().unwrap().iter().find(|row| row["name"] == name).cloned();
        row.unwrap()["key"].as_str().unwrap().to_owned()
    };
    let (a, c) = (key("a").await, key("c").await);
    for (call, order) in [
        ("collections/m1/fields:move?sourceId=c&targetId=a".to_owned(), ["id", "c", "a", "b"]),
        (format!("fields:move?sourceId={a}&targetId={c}"), ["id", "a", "c", "b"]),
        (
            format!("collections/m1/fields:move?sourceId={a}&targetId=b&method=insertAfter"),
            ["id", "c", "b", "a"],
        ),
        ("collections/m1/fields:move?sourceId=b&sticky=true".to_owned(), ["b", "id", "c", "a"]),
    ] {
        assert_eq!(data(post(&nocobase.admin, &format!("/api/{call}")).await), json!("ok"));
        assert_eq!(names(&nocobase, path).await, order, "{call}");
        let whole = data(nocobase.admin.get("/api/collections:get?filterByTk=m1&appends=fields").await);
        let shown: Vec<&Value> = whole["fields"].as_array().unwrap().iter().map(|f| &f["name"]).collect();
        assert_eq!(shown, order);
    }
    assert_eq!(names(&nocobase, "collections/m2/fields:list").await, ["id", "a", "b", "c"], "others stay");
    nocobase
        .admin
        .post("/api/collections/m1/fields:update?filterByTk=b", json!({"title": "B"}))
        .await
        .expect(200);
    assert_eq!(names(&nocobase, path).await, ["b", "id", "c", "a"]);
    let first = data(nocobase.admin.get("/api/collections/m1/fields:get").await);
    assert!(first["name"] == "b" && first.get("sort").is_none(), "{first}");
}

#[tokio::test]
async fn a_move_to_nowhere_moves_nothing() {
    let nocobase = four().await;
    let version = nocobase.world.store.catalog().version;
    for (call, status) in [
        ("collections:move", 400),
        ("collections:move?sourceId=m1", 400),
        ("collections:move?targetId=m1", 400),
        ("collections:move?sourceId=m1&targetId=m2&method=sideways", 400),
        ("collections:move?sourceId=nope&targetId=m2", 404),
        ("collections:move?sourceId=m1&targetId=nope", 404),
        ("collections:move?sourceId=users&sticky=true", 404),
        ("collections:move?sourceId[]=m1&sourceId[]=m2&targetId=m3", 400),
        ("collections:move?sourceId=m1&targetId=m2&targetScope={}", 400),
        ("collections/m1/fields:move?sourceId=a&targetId=nope", 404),
        ("collections/m1/fields:move?sourceId=a&targetScope[collectionName]=m2", 400),
        ("collections/nope/fields:move?sourceId=a&sticky=true", 404),
        ("collections/users/fields:move?sourceId=nickname&sticky=true", 404),
        ("fields:move?sourceId=a&targetId=b", 404),
        ("fields:move", 400),
    ] {
        let reply = post(&nocobase.admin, &format!("/api/{call}")).await;
        assert_eq!(error(&reply).0, status, "{call} {}", reply.text());
    }
    nocobase.admin.get("/api/collections:move?sourceId=m1&targetId=m2").await.expect(405);
    let (_, member) = nocobase.user("bob", &["member"]).await;
    for call in [
        "collections:move?sourceId=m1&targetId=m2",
        "collections/m1/fields:move?sourceId=a&targetId=b",
        "fields:move?sourceId=x",
    ] {
        post(&member, &format!("/api/{call}")).await.expect(403);
        post(&nocobase.nobody(), &format!("/api/{call}")).await.expect(401);
    }
    assert_eq!(nocobase.world.store.catalog().version, version);
}

#[tokio::test]
async fn the_document_tells_what_may_be_moved_to_who_may() {
    let nocobase = four().await;
    let path = "/api/swagger:get?ns=plugins%2Fdata-source-main";
    let document = nocobase.admin.get(path).await.expect(200).json();
    for path in ["/collections:move", "/fields:move", "/collections/{sourceId}/fields:move"] {
        let parameters = document["paths"][path]["post"]["parameters"].to_string();
        assert!(parameters.contains("targetId"), "{path} {parameters}");
    }
    assert!(document["paths"]["/dbViews:list"].get("get").is_some());
    let (_, member) = nocobase.user("bob", &["member"]).await;
    let document = member.get("/api/swagger:get?ns=plugins").await.expect(200).json().to_string();
    assert!(!document.contains(":move") && !document.contains("dbViews"));
}
