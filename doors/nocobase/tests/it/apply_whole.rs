//! A call that changes the structure does all of it or nothing, as one change.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, post};

fn text(name: &str) -> Value {
    json!({"name": name, "type": "string"})
}

/// `notes` with two records whose `a` cannot become unique, and `other` to be linked with.
async fn notes() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    for (name, title) in [("notes", "Notes"), ("other", "Other")] {
        let values = json!({"name": name, "title": title, "fields": [text("a"), text("b")]});
        admin.post("/api/collections:create", values).await.expect(200);
    }
    admin.post("/api/notes:create", json!([{"a": "1"}, {"a": "1"}])).await.expect(200);
    nocobase
}

/// What is changed, made here, and made elsewhere.
fn good() -> Vec<Value> {
    vec![
        json!({"name": "b", "type": "string", "unique": true}),
        json!({"name": "n", "type": "integer", "defaultValue": 4}),
        json!({"name": "owner", "type": "belongsTo", "target": "users"}),
        json!({"name": "lines", "type": "hasMany", "target": "other"}),
        json!({"name": "tags", "type": "belongsToMany", "target": "other", "through": "notesTags"}),
        json!({"name": "more", "type": "belongsToMany", "target": "other", "through": "notesTags", "otherKey": "moreId"}),
        json!({"name": "children", "type": "hasMany", "target": "notes", "foreignKey": "parentId"}),
    ]
}

fn unique() -> Value {
    json!({"name": "a", "type": "string", "unique": true})
}

async fn changes(nocobase: &Nocobase) -> (u64, usize) {
    let store = &nocobase.world.store;
    (store.catalog().version, store.feed(0, 1_000).await.unwrap().len())
}

fn names(collection: &Value) -> Vec<String> {
    let mut names: Vec<_> = collection["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

async fn fields(nocobase: &Nocobase, name: &str) -> Vec<String> {
    let path = format!("/api/collections:get?filterByTk={name}&appends=fields");
    names(&data(nocobase.admin.get(&path).await))
}

#[tokio::test]
async fn a_call_is_one_change_however_much_it_makes() {
    let nocobase = notes().await;
    let admin = &nocobase.admin;
    let all = || json!({"name": "notes", "title": "More", "sortable": true, "fields": good()});
    let created = json!({"name": "posts", "fields": [
        json!({"name": "lines", "type": "hasMany", "target": "other"}),
        json!({"name": "tags", "type": "belongsToMany", "target": "other"}),
        json!({"name": "notes", "type": "belongsToMany", "target": "notes"}),
    ]});
    let only = json!({"fields": [text("a"), json!({"name": "up", "type": "belongsTo", "target": "notes"})]});
    for (path, values) in [
        ("collections:create", created),
        ("collections:apply", all()),
        ("collections:apply", json!({"name": "made", "fields": good()})),
        ("collections:update?filterByTk=other", json!({"title": "O", "sortable": true})),
        (
            "fields:apply",
            json!({"collectionName": "notes", "name": "m", "type": "belongsToMany", "target": "other"}),
        ),
        (
            "collections/notes/fields:create",
            json!({"name": "lines2", "type": "hasMany", "target": "other", "foreignKey": "notes2Id"}),
        ),
        ("collections/notes/fields:destroy?filterByTk[]=m&filterByTk[]=lines2&filterByTk[]=m", json!({})),
        ("collections:setFields?filterByTk=notes", only),
        ("collections:destroy?filterByTk[]=posts&filterByTk[]=made", json!({})),
    ] {
        let (version, feed) = changes(&nocobase).await;
        admin.post(&format!("/api/{path}"), values).await.expect(200);
        assert_eq!(changes(&nocobase).await, (version + 1, feed + 1), "{path}");
    }
    assert_eq!(fields(&nocobase, "notes").await, ["a", "id", "up", "upId"]);
    let listed = data(admin.get("/api/collections:list?fields=name&sort=name").await);
    let pairs = ["notesTags", "notes_m", "posts_notes", "posts_tags"];
    for name in pairs {
        assert!(listed.as_array().unwrap().contains(&json!({"name": name})), "{name} {listed}");
    }
    assert_eq!(fields(&nocobase, "notesTags").await, ["id", "madeId", "moreId", "notesId", "otherId"]);
}

#[tokio::test]
async fn a_later_field_that_fails_leaves_nothing_of_the_call() {
    let nocobase = notes().await;
    let admin = &nocobase.admin;
    let with = |last: Value| [good(), vec![last]].concat();
    // A full collection, where an association needs one column more.
    let many: Vec<_> = (0..499).map(|n| text(&format!("c{n}"))).collect();
    admin.post("/api/collections:create", json!({"name": "full", "fields": many})).await.expect(200);
    let full = json!({"name": "fulls", "type": "hasMany", "target": "full"});
    let before = changes(&nocobase).await;
    let apply = |last: Value| json!({"name": "notes", "title": "Changed", "fields": with(last)});
    for (path, values) in [
        // What records hold stands against it.
        ("collections:apply", apply(unique())),
        ("collections:setFields?filterByTk=notes", json!({"fields": with(unique())})),
        // There is no room for it elsewhere.
        ("collections:apply", apply(full.clone())),
        ("collections:apply", json!({"name": "made", "fields": with(full.clone())})),
        ("collections:create", json!({"name": "made", "fields": with(full.clone())})),
        ("collections:setFields?filterByTk=notes", json!({"fields": with(full.clone())})),
        ("collections/notes/fields:create", full),
        // It is not understood.
        (
            "collections:create",
            json!({"name": "made", "fields": with(json!({"name": "x", "type": "teleport"}))}),
        ),
        ("collections:create", json!({"name": "made", "fields": with(text("n"))})),
        ("collections:apply", apply(json!({"name": "x", "type": "nanoid", "size": "long"}))),
    ] {
        let reply = admin.post(&format!("/api/{path}"), values).await;
        assert_eq!(error(&reply).0, 400, "{path} {}", reply.text());
        assert_eq!(changes(&nocobase).await, before, "{path}");
    }
    assert_eq!(fields(&nocobase, "notes").await, ["a", "b", "id"]);
    assert_eq!(fields(&nocobase, "other").await, ["a", "b", "id"]);
    let notes = data(admin.get("/api/collections:get?filterByTk=notes").await);
    assert_eq!(notes["title"], "Notes");
    assert_eq!(data(admin.get("/api/notes:list?sort=id").await)[0], json!({"id": 1, "a": "1", "b": null}));
    for name in ["made", "notesTags"] {
        assert_eq!(data(admin.get(&format!("/api/collections:get?filterByTk={name}")).await), json!(null));
    }
}

/// Whatever is said before and behind it, and wherever it stands.
#[tokio::test]
async fn a_field_that_fails_anywhere_among_others_leaves_nothing() {
    let nocobase = notes().await;
    let before = changes(&nocobase).await;
    for round in 0..28_usize {
        let mut said = good();
        let turn = round % said.len();
        said.rotate_left(turn);
        said.truncate(1 + round % 5);
        said.insert(round % (said.len() + 1), unique());
        let (path, values) = match round % 2 {
            0 => (
                "/api/collections:apply",
                json!({"name": "notes", "fields": said, "replaceFields": round % 4 == 0}),
            ),
            _ => ("/api/collections:setFields?filterByTk=notes", json!({"fields": said})),
        };
        let reply = nocobase.admin.post(path, values.clone()).await;
        assert_eq!(error(&reply), (400, String::new(), "a already exists".into()), "{values}");
        assert_eq!(changes(&nocobase).await, before, "{values}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appliers_at_once_leave_the_whole_definition_of_one_of_them() {
    let nocobase = notes().await;
    let apply = |n: usize| {
        let admin = nocobase.admin.clone();
        // Every third one fails at its last field.
        let mut fields = vec![
            text(&format!("x{n}")),
            text(&format!("y{n}")),
            json!({"name": format!("t{n}"), "type": "belongsToMany", "target": "other", "through": format!("pairs{n}")}),
            text("a"),
        ];
        if n.is_multiple_of(3) {
            fields[3] = unique();
        }
        let values =
            json!({"name": "notes", "title": format!("by {n}"), "replaceFields": true, "fields": fields});
        tokio::spawn(async move { admin.post("/api/collections:apply", values).await.code() })
    };
    let callers: Vec<_> = (0..24).map(apply).collect();
    for (n, caller) in callers.into_iter().enumerate() {
        assert_eq!(caller.await.unwrap(), if n % 3 == 0 { 400 } else { 200 }, "{n}");
    }
    let notes = data(nocobase.admin.get("/api/collections:get?filterByTk=notes&appends=fields").await);
    let last = notes["title"].as_str().unwrap().strip_prefix("by ").unwrap();
    assert_eq!(
        names(&notes),
        ["a".into(), "id".into(), format!("t{last}"), format!("x{last}"), format!("y{last}")]
    );
    for n in 0..24 {
        let pairs = data(nocobase.admin.get(&format!("/api/collections:get?filterByTk=pairs{n}")).await);
        assert_eq!(pairs.is_null(), n % 3 == 0, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_creators_of_one_name_at_once_one_succeeds() {
    let nocobase = notes().await;
    let create = |n: usize| {
        let admin = nocobase.admin.clone();
        let name = if n.is_multiple_of(2) { "same" } else { "Same" };
        let tags = json!({"name": format!("t{n}"), "type": "belongsToMany", "target": "other", "through": format!("pairs{n}")});
        let values = json!({"name": name, "fields": [tags]});
        tokio::spawn(async move { admin.post("/api/collections:create", values).await.code() })
    };
    let callers: Vec<_> = (0..16).map(create).collect();
    let mut made = 0;
    for (n, caller) in callers.into_iter().enumerate() {
        let code = caller.await.unwrap();
        let pairs = data(nocobase.admin.get(&format!("/api/collections:get?filterByTk=pairs{n}")).await);
        assert_eq!(pairs.is_null(), code == 400, "{n} {code}");
        made += usize::from(code == 200);
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_field_said_only_by_its_interface_is_of_the_type_screens_make_for_it() {
    let nocobase = notes().await;
    let fields = json!([
        {"name": "due", "interface": "date"}, {"name": "done", "interface": "checkbox"},
        {"name": "up", "interface": "m2o", "target": "notes"}, {"name": "kinds", "interface": "multipleSelect"},
        {"name": "line", "interface": "input"}, {"name": "odd", "interface": "nobody knows"},
    ]);
    nocobase
        .admin
        .post("/api/collections:apply", json!({"name": "notes", "settings": {"fields": fields}}))
        .await
        .expect(200);
    for (name, kind) in [
        ("due", "dateOnly"),
        ("done", "boolean"),
        ("up", "belongsTo"),
        ("kinds", "array"),
        ("line", "string"),
        ("odd", "string"),
    ] {
        let path = format!("/api/collections/notes/fields:get?filterByTk={name}");
        assert_eq!(data(nocobase.admin.get(&path).await)["type"], kind, "{name}");
    }
}

#[tokio::test]
async fn columns_of_associations_with_itself_are_of_the_kind_of_its_key() {
    let nocobase = Nocobase::new().await;
    let fields = json!([
        {"name": "code", "type": "string", "primaryKey": true},
        {"name": "children", "type": "hasMany", "target": "parts", "foreignKey": "parentCode", "sourceKey": "code"},
        {"name": "parent", "type": "belongsTo", "target": "parts", "foreignKey": "parentCode", "targetKey": "code"},
    ]);
    nocobase
        .admin
        .post("/api/collections:create", json!({"name": "parts", "fields": fields}))
        .await
        .expect(200);
    assert_eq!(fields_of(&nocobase, "parts", "parentCode").await, "string");
    for (code, parent) in [("car", json!(null)), ("wheel", json!("car"))] {
        nocobase
            .admin
            .post("/api/parts:create", json!({"code": code, "parentCode": parent}))
            .await
            .expect(200);
    }
    let children = data(nocobase.admin.get("/api/parts:get/car?appends=children").await)["children"].clone();
    assert_eq!(children[0]["code"], "wheel");
    assert_eq!(data(post(&nocobase.admin, "/api/collections:destroy?filterByTk=parts").await), json!(1));
}

async fn fields_of(nocobase: &Nocobase, collection: &str, field: &str) -> Value {
    let path = format!("/api/collections/{collection}/fields:get?filterByTk={field}");
    data(nocobase.admin.get(&path).await)["type"].clone()
}
