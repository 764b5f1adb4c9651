//! Associations: made as fields, answered, asked about, set and unset, and never a way around rights.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, data, filter, post};

/// Projects with tasks; tasks with a project, an owner, labels, and one note each.
async fn house() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let make = |values: Value| {
        let admin = &nocobase.admin;
        async move { admin.post("/api/collections:create", values).await.expect(200) }
    };
    let text = |name: &str| json!({"name": name, "type": "string"});
    make(json!({"name": "projects", "createdBy": true, "fields": [text("title"), text("secret"),
        {"name": "tasks", "type": "hasMany", "target": "tasks", "foreignKey": "projectId"}]}))
    .await;
    make(json!({"name": "labels", "fields": [text("text")]})).await;
    make(json!({"name": "notes", "fields": [text("text")]})).await;
    make(json!({"name": "tasks", "createdBy": true, "fields": [text("title"),
        {"name": "project", "type": "belongsTo", "target": "projects", "foreignKey": "projectId"},
        {"name": "owner", "type": "belongsTo", "target": "users"},
        {"name": "note", "type": "hasOne", "target": "notes", "foreignKey": "taskId"},
        {"name": "labels", "type": "belongsToMany", "target": "labels", "through": "taskLabels",
         "foreignKey": "taskId", "otherKey": "labelId"}]}))
    .await;
    for values in [json!({"title": "one", "secret": "s1"}), json!({"title": "two", "secret": "s2"})] {
        nocobase.admin.post("/api/projects:create", values).await.expect(200);
    }
    for text in ["red", "green", "blue"] {
        nocobase.admin.post("/api/labels:create", json!({"text": text})).await.expect(200);
    }
    for values in [
        json!({"title": "a", "project": 1, "owner": {"id": 1}, "labels": [1, {"id": 2}]}),
        json!({"title": "b", "projectId": 1, "labels": [2]}),
        json!({"title": "c", "project": {"id": 2}}),
        json!({"title": "d"}),
    ] {
        nocobase.admin.post("/api/tasks:create", values).await.expect(200);
    }
    nocobase.admin.post("/api/notes:create", json!({"text": "n1", "taskId": 1})).await.expect(200);
    nocobase
}

async fn titles(actor: &Actor, query: &str) -> Vec<String> {
    let rows = data(actor.get(&format!("/api/tasks:list?{query}")).await);
    rows.as_array().unwrap().iter().map(|r| r["title"].as_str().unwrap().to_owned()).collect()
}

async fn key(nocobase: &Nocobase, resources: Value) -> Actor {
    nocobase.role("keys", json!({"snippets": ["pm.api-keys.configuration"]})).await;
    nocobase
        .admin
        .post("/api/roles:applyDataPermissions?filterByTk=keys", json!({"resources": resources}))
        .await
        .expect(200);
    let (_, user) = nocobase.user("keys", &["keys"]).await;
    let token = nocobase.key(&user, "keys").await;
    nocobase.nobody().bearer(&token)
}

#[tokio::test]
async fn foreign_keys_are_columns_and_associations_fields() {
    let nocobase = house().await;
    let fields = data(nocobase.admin.get("/api/collections/tasks/fields:list?paginate=false").await);
    let field = |name: &str| fields.as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone();
    assert_eq!(
        (&field("projectId")["type"], &field("ownerId")["type"]),
        (&json!("bigInt"), &json!("bigInt"))
    );
    let labels = field("labels");
    assert_eq!((&labels["type"], &labels["through"]), (&json!("belongsToMany"), &json!("taskLabels")));
    assert_eq!(data(nocobase.admin.get("/api/tasks:get/1").await)["projectId"], 1);
    assert_eq!(data(nocobase.admin.get("/api/notes:get/1").await)["taskId"], 1);
    let plain = data(nocobase.admin.get("/api/tasks:get/1").await);
    assert!(plain.get("project").is_none() && plain.get("labels").is_none(), "only what is asked for");
    // The pairs are a collection like any other.
    assert_eq!(data(nocobase.admin.get("/api/taskLabels:list").await).as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn appended_associations_come_whole_and_dotted_names_in_part() {
    let nocobase = house().await;
    let path = "/api/tasks:list?appends[]=project&appends=labels,note,owner,nothing&sort=id";
    let rows = data(nocobase.admin.get(path).await);
    assert_eq!(rows[0]["project"]["title"], "one");
    assert_eq!(rows[0]["labels"].as_array().unwrap().len(), 2);
    assert_eq!(
        rows[0]["labels"][1],
        json!({"id": 2, "text": "green", "taskLabels": {"id": 2, "taskId": 1, "labelId": 2}})
    );
    assert_eq!(rows[0]["note"]["text"], "n1");
    assert_eq!(
        rows[0]["owner"],
        json!({"id": 1, "nickname": null, "username": "admin", "email": "admin@example.org"})
    );
    assert_eq!(
        (&rows[3]["project"], &rows[3]["labels"], &rows[3]["note"]),
        (&json!(null), &json!([]), &json!(null))
    );
    assert!(rows[0].get("nothing").is_none());

    let one = data(nocobase.admin.get("/api/tasks:get/1?fields=title,owner.username,project.title").await);
    assert_eq!(one, json!({"title": "a", "owner": {"username": "admin"}, "project": {"title": "one"}}));
    let deep = data(
        nocobase.admin.get("/api/projects:get/1?appends=tasks.labels&except=secret,tasks.ownerId").await,
    );
    assert_eq!(deep["tasks"][0]["labels"][0]["text"], "red");
    assert!(deep.get("secret").is_none() && deep["tasks"][0].get("ownerId").is_none());
    let deeper = "/api/tasks:list?appends=project.tasks.project.tasks";
    nocobase.admin.get(deeper).await.expect(400);
}

#[tokio::test]
async fn filters_and_sorts_follow_associations() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    for (asked, want) in [
        (json!({"project.title": "one"}), vec!["a", "b"]),
        (json!({"project": {"title": {"$ne": "one"}}}), vec!["c", "d"]),
        (json!({"project.title.$empty": true}), vec!["d"]),
        (json!({"project.title.$notEmpty": true}), vec!["a", "b", "c"]),
        (json!({"owner.username": "admin"}), vec!["a"]),
        (json!({"createdBy.id": 1}), vec!["a", "b", "c", "d"]),
        (json!({"createdBy.id": "{{$user.id}}"}), vec!["a", "b", "c", "d"]),
        (json!({"labels.text": "green"}), vec!["a", "b"]),
        (json!({"labels": {"text": "red", "id": 2}}), vec![]),
        (json!({"labels": {"text": "red", "id": 1}}), vec!["a"]),
        (json!({"$not": {"labels.text": "red"}}), vec!["b", "c", "d"]),
        (json!({"project.$exists": true}), vec!["a", "b", "c"]),
        (json!({"labels.$notExists": true}), vec!["c", "d"]),
        (json!({"labels.$exists": false}), vec!["c", "d"]),
        (json!({"project.tasks.note.text": "n1"}), vec!["a", "b"]),
        (json!({"$or": [{"project.title": "two"}, {"note.text": "n1"}]}), vec!["a", "c"]),
    ] {
        let query = format!("{}&sort=title", filter(asked.clone()));
        assert_eq!(titles(admin, &query).await, want, "{asked}");
    }
    let meta = format!("/api/tasks:list?{}", filter(json!({"project.title": "one"})));
    assert_eq!(admin.get(&meta).await.json()["meta"]["count"], 2);
    admin.post("/api/projects:update?filterByTk=2", json!({"title": "one"})).await.expect(200);
    assert_eq!(admin.get(&meta).await.json()["meta"]["count"], 3, "counts know of the other collection");
    admin.post("/api/projects:update?filterByTk=2", json!({"title": "two"})).await.expect(200);
    assert_eq!(titles(admin, "sort=-project.title,title").await, ["c", "a", "b", "d"]);
    for query in [
        "sort=labels.text".to_owned(),
        "sort=project".to_owned(),
        filter(json!({"project.tasks.project.tasks.title": "a"})),
        filter(json!({"project.nothing": 1})),
        filter(json!({"title.nothing": 1})),
        filter(json!({"owner.roles": 1})),
    ] {
        admin.get(&format!("/api/tasks:list?{query}")).await.expect(400);
    }
}

#[tokio::test]
async fn an_association_is_no_way_around_rights() {
    let nocobase = house().await;
    let key = key(
        &nocobase,
        json!([
            {"name": "tasks", "actions": [{"name": "view", "fields": ["title", "project", "labels"]}]},
            {"name": "projects", "actions": [{"name": "view", "fields": ["title"], "scope": {"scope": {"title": "one"}}}]},
        ]),
    )
    .await;
    // Not to be read, or behind what may not be read: not asked about either.
    for asked in [
        json!({"owner.username": "admin"}),
        json!({"createdBy.email.$startsWith": "a"}),
        json!({"createdBy.password.$startsWith": "3"}),
        json!({"project.secret": "s1"}),
        json!({"project.createdBy.username": "admin"}),
        json!({"labels.text": "red"}),
        json!({"$not": {"project.secret.$startsWith": "s"}}),
    ] {
        let reply = key.get(&format!("/api/tasks:list?{}", filter(asked.clone()))).await;
        assert!([400, 403].contains(&reply.code()), "{asked}");
        assert!(!reply.text().contains("admin@"), "{asked}");
    }
    key.get(&format!("/api/tasks:list?{}", filter(json!({"project.secret": "s1"})))).await.expect(403);
    key.get("/api/tasks:list?sort=project.secret").await.expect(403);
    key.get("/api/tasks:list?sort=owner.username").await.expect(403);
    // What may not be read is not appended; rows that may not be read are as if they were not there.
    let rows = data(key.get("/api/tasks:list?appends=project,owner,createdBy,labels&sort=id").await);
    assert_eq!(rows[0]["project"], json!({"id": 1, "title": "one", "createdById": 1}));
    assert_eq!(rows[2]["project"], json!(null), "outside of the scope");
    assert!(["owner", "createdBy", "labels"].iter().all(|n| rows[0].get(*n).is_none()));
    assert_eq!(
        titles(&key, &format!("{}&sort=id", filter(json!({"project.title": "two"})))).await,
        Vec::<String>::new()
    );
    assert_eq!(
        titles(&key, &format!("{}&sort=id", filter(json!({"project.title.$ne": "one"})))).await,
        ["c", "d"]
    );
    // Nor through the association's own address.
    assert_eq!(data(key.get("/api/tasks/1/project:get").await)["title"], "one");
    assert_eq!(data(key.get("/api/tasks/3/project:get").await), json!(null));
    key.get("/api/tasks/1/owner:get").await.expect(403);
    key.get("/api/tasks/1/labels:list").await.expect(403);
    key.post("/api/tasks/1/labels:add", json!([3])).await.expect(403);
    key.post("/api/tasks/1/project:set?filterByTk=2", json!(null)).await.expect(403);
}

#[tokio::test]
async fn even_root_never_sees_a_password_behind_an_association() {
    let nocobase = house().await;
    let all = nocobase.admin.get("/api/tasks:get/1?appends=owner,createdBy").await.text();
    assert!(!all.contains("argon2") && !all.contains("password"));
    for asked in [json!({"owner.password.$startsWith": "$"}), json!({"createdBy.password": null})] {
        nocobase.admin.get(&format!("/api/tasks:list?{}", filter(asked))).await.expect(400);
    }
    let fields = data(nocobase.admin.get("/api/tasks:get/1?fields=id,owner.username").await);
    assert_eq!(fields, json!({"id": 1, "owner": {"username": "admin"}}));
    nocobase.admin.get("/api/tasks:get/1?fields=owner.password").await.expect(400);
}

#[tokio::test]
async fn associations_have_addresses_of_their_own() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    let texts = |value: Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|r| r["text"].as_str().unwrap().to_owned()).collect()
    };
    let labels = || async { texts(data(admin.get("/api/tasks/1/labels:list?sort=id").await)) };
    assert_eq!(labels().await, ["red", "green"]);
    assert_eq!(admin.get("/api/tasks/1/labels:list?pageSize=1").await.json()["meta"]["count"], 2);
    assert_eq!(admin.post("/api/tasks/1/labels:add", json!([3, 2])).await.expect(200).json(), json!({}));
    assert_eq!(labels().await, ["red", "green", "blue"]);
    post(admin, "/api/tasks/1/labels:remove?filterByTk=1").await.expect(200);
    assert_eq!(labels().await, ["green", "blue"]);
    admin.post("/api/tasks/1/labels:set", json!([{"id": 3}])).await.expect(200);
    assert_eq!(labels().await, ["blue"], "an object with an id is that record");
    admin.post("/api/tasks/1/labels:set", json!([1])).await.expect(200);
    assert_eq!(labels().await, ["red"]);
    assert_eq!(
        admin.post("/api/tasks/1/labels:toggle", json!([1, 2])).await.expect(200).json()["data"],
        "ok"
    );
    assert_eq!(labels().await, ["green"]);
    assert_eq!(data(admin.get("/api/tasks/1/labels:get/2").await)["text"], "green");
    assert_eq!(data(admin.get("/api/tasks/1/labels:get/1").await), json!(null));
    admin.post("/api/tasks/1/labels:add", json!([99])).await.expect(400);
    admin.post("/api/tasks/99/labels:add", json!([1])).await.expect(404);
    admin.get("/api/tasks/1/nothing:list").await.expect(404);

    // Records made, changed and removed behind an association.
    let made = data(admin.post("/api/projects/2/tasks:create", json!({"title": "e"})).await);
    assert_eq!(data(admin.get("/api/tasks:get/5").await)["projectId"], 2);
    assert_eq!(made["title"], "e");
    assert_eq!(data(admin.post("/api/tasks/1/labels:create", json!({"text": "new"})).await)["id"], 4);
    assert_eq!(labels().await, ["green", "new"]);
    assert_eq!(
        data(admin.post("/api/projects/2/tasks:update?filterByTk=5", json!({"title": "f"})).await)[0]["title"],
        "f"
    );
    assert_eq!(
        data(admin.post("/api/projects/1/tasks:update?filterByTk=5", json!({"title": "g"})).await),
        json!([])
    );
    assert_eq!(data(post(admin, "/api/projects/1/tasks:destroy?filterByTk=5").await), json!(true));
    assert_eq!(data(post(admin, "/api/projects/2/tasks:destroy?filterByTk=5").await), json!(true));
    // Keys kept on the other side, and on this one.
    admin.post("/api/projects/2/tasks:add", json!([4])).await.expect(200);
    assert_eq!(data(admin.get("/api/tasks:get/4").await)["projectId"], 2);
    admin.post("/api/projects/2/tasks:set", json!([3])).await.expect(200);
    assert_eq!(data(admin.get("/api/tasks:get/4").await)["projectId"], json!(null));
    post(admin, "/api/tasks/4/project:set?filterByTk=1").await.expect(200);
    assert_eq!(data(admin.get("/api/tasks:get/4").await)["projectId"], 1);
    post(admin, "/api/tasks/4/project:remove?filterByTk=2").await.expect(200);
    assert_eq!(data(admin.get("/api/tasks:get/4").await)["projectId"], 1, "another one was not linked");
    post(admin, "/api/tasks/4/project:remove?filterByTk=1").await.expect(200);
    assert_eq!(data(admin.get("/api/tasks:get/4").await)["projectId"], json!(null));
    // The only one there can be need not be named; of several, none is meant by none.
    post(admin, "/api/tasks/4/project:set?filterByTk=1").await.expect(200);
    post(admin, "/api/tasks/4/project:remove").await.expect(200);
    assert_eq!(data(admin.get("/api/tasks:get/4").await)["projectId"], json!(null));
    post(admin, "/api/tasks/1/labels:remove").await.expect(200);
    assert_eq!(labels().await, ["green", "new"]);
}

#[tokio::test]
async fn a_write_names_other_records_by_their_keys() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    admin
        .post("/api/tasks:update?filterByTk=2", json!({"owner": 1, "labels": [3], "project": null}))
        .await
        .expect(200);
    let row = data(admin.get("/api/tasks:get/2?appends=labels,owner").await);
    assert_eq!(
        (&row["owner"]["id"], &row["projectId"], &row["labels"][0]["id"]),
        (&json!(1), &json!(null), &json!(3))
    );
    for values in [json!({"owner": {"username": "x"}}), json!({"owner": [1, 2]}), json!({"labels": [true]})] {
        admin.post("/api/tasks:update?filterByTk=2", values).await.expect(400);
    }
}
