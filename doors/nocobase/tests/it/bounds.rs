//! What one request may make the server do: long lists are refused before anything is done for each of their
//! items, and patterns are read once.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error};

async fn linked() -> Nocobase {
    let nocobase = Nocobase::new().await;
    for values in [
        json!({"name": "tags", "fields": [{"name": "title", "type": "string"}]}),
        json!({"name": "posts", "fields": [{"name": "title", "type": "string"},
            {"name": "tags", "type": "belongsToMany", "target": "tags"},
            {"name": "parts", "type": "hasMany", "target": "tags", "foreignKey": "postId"}]}),
    ] {
        nocobase.admin.post("/api/collections:create", values).await.expect(200);
    }
    nocobase.admin.post("/api/posts:create", json!({"title": "a"})).await.expect(200);
    nocobase
}

#[tokio::test]
async fn a_long_list_of_keys_is_refused_before_its_keys_are_looked_at() {
    let nocobase = linked().await;
    let different = Value::from_iter(1..=1_001);
    let repeated = Value::from_iter((0..200_000).map(|n| n % 1_000 + 1));
    let many: Value = Value::from_iter(1..=200_000);
    for keys in [different, repeated, many] {
        for (path, body) in [
            ("posts:create", json!({"tags": keys})),
            ("posts:create", json!({"parts": keys})),
            ("posts:create", json!([{"title": "b"}, {"tags": keys}])),
            ("posts:update?filterByTk=1", json!({"tags": keys})),
            ("posts:updateOrCreate?filterKeys[]=title", json!({"title": "a", "parts": keys})),
            ("posts/1/tags:set", keys.clone()),
            ("posts/1/tags:add", keys.clone()),
            ("posts/1/tags:toggle", json!({"values": keys})),
            ("posts/1/parts:remove", keys.clone()),
            ("roles/member/users:add", keys.clone()),
        ] {
            let reply = nocobase.admin.post(&format!("/api/{path}"), body).await;
            assert_eq!(reply.code(), 400, "{path}: {}", reply.text());
            assert_eq!(error(&reply).2, "at most 1000 records can be linked at once", "{path}");
        }
    }
    let posts = nocobase.admin.get("/api/posts:list").await.json();
    assert_eq!(posts["meta"]["count"], 1, "nothing was made");
}

#[tokio::test]
async fn long_lists_of_names_fields_and_actions_are_refused_whole() {
    let nocobase = linked().await;
    let admin = &nocobase.admin;
    let names = "a,".repeat(1_001);
    for name in ["fields", "except", "appends", "sort"] {
        let reply = admin.get(&format!("/api/posts:list?{name}={names}")).await;
        assert_eq!(error(&reply).2, format!("{name} takes at most 1000 names"));
    }
    let fields: Vec<Value> =
        (0..20_000).map(|n| json!({"name": format!("f{n}"), "type": "string"})).collect();
    for path in ["collections:create", "collections:apply"] {
        let values = json!({"name": "wide", "fields": fields});
        let reply = admin.post(&format!("/api/{path}"), values).await;
        assert_eq!(error(&reply).2, "a collection has at most 500 fields", "{path}");
    }
    let actions: Vec<Value> = (0..20_000).map(|_| json!({"name": "view"})).collect();
    let values = json!({"resources": [{"name": "posts", "actions": actions}]});
    let reply = admin.post("/api/roles:applyDataPermissions?filterByTk=member", values).await;
    assert_eq!(error(&reply).2, "at most 256 actions at once");
}

#[tokio::test]
async fn patterns_are_small_and_few_and_read_again_when_they_change() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let pattern = |regex: &str| json!({"name": "pattern", "args": {"regex": regex}});
    let field = |name: String, rules: Vec<Value>| json!({"name": name, "type": "string", "validation": {"type": "string", "rules": rules}});
    let large = json!({"name": "large", "fields": [field("v".into(), vec![pattern("(a{1,100}){1,100}")])]});
    admin.post("/api/collections:create", large).await.expect(400);
    let many = json!({"name": "many", "fields": [field("v".into(), vec![json!({"name": "email"}); 33])]});
    assert_eq!(
        error(&admin.post("/api/collections:create", many).await).2,
        "v: a field has at most 32 rules"
    );
    let fields: Vec<Value> =
        (0..3).map(|n| field(format!("f{n}"), vec![pattern("^a"); if n == 2 { 1 } else { 16 }])).collect();
    let (too_many, full) =
        (json!({"name": "t", "fields": fields}), json!({"name": "t", "fields": fields[..2]}));
    let said = "a collection has at most 32 patterns";
    assert_eq!(error(&admin.post("/api/collections:create", too_many).await).2, said);
    admin.post("/api/collections:create", full).await.expect(200);
    let more = admin.post("/api/collections/t/fields:create", fields[2].clone()).await;
    assert_eq!(error(&more).2, said);

    let thousand: Value = (0..1_000).map(|n| json!({"f0": format!("a{n}"), "f1": "a"})).collect();
    admin.post("/api/t:create", thousand).await.expect(200);
    admin.post("/api/t:create", json!({"f0": "b"})).await.expect(400);
    let other = json!({"validation": {"type": "string", "rules": [pattern("^b")]}});
    admin.post("/api/collections/t/fields:update?filterByTk=f0", other).await.expect(200);
    admin.post("/api/t:create", json!({"f0": "b"})).await.expect(200);
    admin.post("/api/t:create", json!({"f0": "a"})).await.expect(400);
}

#[tokio::test]
async fn a_tree_is_no_deeper_than_promised_with_a_filter_too() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let tree = json!({"name": "places", "tree": "adjacency-list", "fields": [
        {"name": "parentId", "type": "bigInt"},
        {"name": "parent", "type": "belongsTo", "treeParent": true},
        {"name": "children", "type": "hasMany", "treeChildren": true}]});
    admin.post("/api/collections:create", tree).await.expect(200);
    admin.post("/api/places:create", json!({})).await.expect(200);
    for above in 1..70 {
        admin.post("/api/places:create", json!({"parentId": above})).await.expect(200);
    }
    let deepest = |id: i64| format!("/api/places:list?tree=true&filter[id]={id}");
    admin.get(&deepest(64)).await.expect(200);
    let said = "the tree is deeper than 64 levels";
    assert_eq!(error(&admin.get(&deepest(65)).await).2, said);
    assert_eq!(error(&admin.get("/api/places:list?tree=true").await).2, said);
    // The meta is there or the answer is not.
    let asked = admin.header("x-with-acl-meta", "true");
    asked.get(&deepest(64)).await.expect(400);
    let short = asked.get(&deepest(20)).await.expect(200).json();
    assert!(short["meta"]["allowedActions"]["view"].is_array(), "{short}");
}

#[tokio::test]
async fn links_rest_on_plain_columns_of_the_kind_of_their_keys() {
    let nocobase = linked().await;
    let admin = &nocobase.admin;
    let sealed = json!({"name": "sealed", "fields": [{"name": "n", "type": "integer"}, {"name": "title", "type": "string"},
        {"name": "pw", "type": "password"},
        {"name": "seq", "type": "sequence", "patterns": [{"type": "integer", "options": {"digits": 3}}]},
        {"name": "sum", "type": "formula", "engine": "math.js", "expression": "{{n}}+1"}]});
    admin.post("/api/collections:create", sealed).await.expect(200);
    for key in ["seq", "sum", "pw", "title"] {
        for (kind, of) in [("hasOne", "posts"), ("hasMany", "posts")] {
            let field = json!({"name": "x", "type": kind, "target": "sealed", "foreignKey": key});
            admin.post(&format!("/api/collections/{of}/fields:create"), field).await.expect(400);
        }
        let field = json!({"name": "x", "type": "belongsTo", "target": "posts", "foreignKey": key});
        admin.post("/api/collections/sealed/fields:create", field).await.expect(400);
        let pairs = json!({"name": "x", "type": "belongsToMany", "target": "tags", "through": "sealed", "otherKey": key});
        admin.post("/api/collections/posts/fields:create", pairs).await.expect(400);
    }
    // Said of the same collection at once, it is no different.
    let at_once = json!({"name": "once", "fields": [
        {"name": "x", "type": "belongsTo", "target": "posts", "foreignKey": "title"}, {"name": "title", "type": "string"}]});
    admin.post("/api/collections:create", at_once).await.expect(400);
    let plain = json!({"name": "x", "type": "hasMany", "target": "sealed", "foreignKey": "n"});
    admin.post("/api/collections/posts/fields:create", plain).await.expect(200);
    admin.post("/api/sealed:create", json!({"title": "a"})).await.expect(200);
    admin.post("/api/posts/1/x:add", json!([1])).await.expect(200);
    let row = data(admin.get("/api/sealed:get/1").await);
    assert_eq!((&row["n"], &row["sum"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn a_collection_whose_associations_cannot_be_is_not_made() {
    let nocobase = linked().await;
    let admin = &nocobase.admin;
    for through in ["users", "roles"] {
        let field = json!({"name": "a", "type": "belongsToMany", "target": "posts", "through": through});
        admin.post("/api/collections:create", json!({"name": "half", "fields": [field]})).await.expect(400);
        assert_eq!(data(admin.get("/api/collections:get?filterByTk=half").await), json!(null));
    }
}

#[tokio::test]
async fn whoever_may_write_an_association_writes_its_pairs_whatever_else_they_are() {
    let nocobase = linked().await;
    let admin = &nocobase.admin;
    let number = |name: &str| json!({"name": name, "type": "bigInt", "isForeignKey": true});
    let members = json!({"name": "members", "createdBy": true, "fields": [
        {"name": "level", "type": "string"}, number("postId"), number("tagId")]});
    admin.post("/api/collections:create", members).await.expect(200);
    let field = json!({"name": "people", "type": "belongsToMany", "target": "tags", "through": "members",
        "foreignKey": "postId", "otherKey": "tagId"});
    admin.post("/api/collections/posts/fields:create", field).await.expect(200);
    admin.post("/api/tags:create", json!([{"title": "a"}, {"title": "b"}])).await.expect(200);
    admin.post("/api/members:create", json!({"postId": 1, "tagId": 1, "level": "gold"})).await.expect(200);
    nocobase.role("writers", json!({})).await;
    let resources = json!({"resources": [
        {"name": "posts", "actions": [{"name": "view", "fields": ["people"]}, {"name": "update", "fields": ["people"]}]},
        {"name": "tags", "actions": [{"name": "view", "fields": ["title"]}]}]});
    admin.post("/api/roles:applyDataPermissions?filterByTk=writers", resources).await.expect(200);
    let (_, writer) = nocobase.user("writer", &["writers"]).await;
    writer.get("/api/members:list").await.expect(403);
    writer.post("/api/members:create", json!({"postId": 1, "tagId": 2, "level": "gold"})).await.expect(403);
    writer.post("/api/posts/1/people:set", json!([2])).await.expect(200);
    let rows = data(admin.get("/api/members:list").await);
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[0]["tagId"], &rows[0]["level"]),
        (1, &json!(2), &json!(null))
    );
}

#[tokio::test]
async fn a_target_key_that_may_not_be_read_answers_no_questions() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let secret = json!({"name": "secrets", "filterTargetKey": "code", "fields": [{"name": "title", "type": "string"},
        {"name": "code", "type": "string"}, {"name": "hid", "type": "string", "hidden": true}]});
    admin.post("/api/collections:create", secret).await.expect(200);
    admin
        .post("/api/secrets:create", json!({"title": "a", "code": "right", "hid": "right"}))
        .await
        .expect(200);
    let links = json!({"name": "holders", "fields": [{"name": "title", "type": "string"},
        {"name": "by", "type": "belongsTo", "target": "secrets", "targetKey": "code"},
        {"name": "all", "type": "belongsToMany", "target": "secrets", "targetKey": "code"}]});
    admin.post("/api/collections:create", links).await.expect(200);
    admin.post("/api/holders:create", json!({"title": "h"})).await.expect(200);
    nocobase.role("narrow", json!({})).await;
    let titles = json!(["title"]);
    let actions = json!([{"name": "view", "fields": titles}, {"name": "update", "fields": titles}, {"name": "destroy"}]);
    let holders = json!([{"name": "view", "fields": ["title", "by", "all"]}, {"name": "update", "fields": ["title", "by", "all"]}]);
    let resources = json!({"resources": [{"name": "secrets", "actions": actions}, {"name": "holders", "actions": holders}]});
    admin.post("/api/roles:applyDataPermissions?filterByTk=narrow", resources).await.expect(200);
    let (_, narrow) = nocobase.user("narrow", &["narrow"]).await;
    for key in ["code", "hid"] {
        let values = json!({"filterTargetKey": key});
        admin.post("/api/collections:update?filterByTk=secrets", values).await.expect(200);
        let mut answers = Vec::new();
        for guess in ["right", "wrong"] {
            let mut said = Vec::new();
            for path in ["secrets:get", "secrets:list"] {
                said.push(narrow.get(&format!("/api/{path}?filterByTk={guess}&fields=title")).await);
            }
            said.push(
                narrow.post(&format!("/api/secrets:update?filterByTk={guess}"), json!({"title": "a"})).await,
            );
            said.push(narrow.post(&format!("/api/secrets:destroy?filterByTk={guess}"), json!({})).await);
            answers.push(said.iter().map(|r| (r.code(), r.json()["data"].clone())).collect::<Vec<_>>());
        }
        assert_eq!(answers[0], answers[1], "{key}");
    }
    assert_eq!(data(admin.get("/api/secrets:list").await).as_array().unwrap().len(), 1);
    // Links that go by such a field.
    let mut answers = Vec::new();
    for guess in ["right", "wrong"] {
        let mut said = Vec::new();
        for (path, body) in [
            ("holders:update?filterByTk=1", json!({"by": guess})),
            ("holders:update?filterByTk=1", json!({"all": [guess]})),
            ("holders/1/all:add", json!([guess])),
        ] {
            said.push(narrow.post(&format!("/api/{path}"), body).await.code());
        }
        answers.push(said);
    }
    assert_eq!(answers[0], answers[1]);
    // Whoever may read the field links by it.
    admin
        .post("/api/collections:update?filterByTk=secrets", json!({"filterTargetKey": "id"}))
        .await
        .expect(200);
    admin
        .post("/api/holders:update?filterByTk=1", json!({"by": "right", "all": ["right"]}))
        .await
        .expect(200);
}
