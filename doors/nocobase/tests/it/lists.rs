//! Collections that are addressed, paged or ordered in another way than most: target keys of their own,
//! pages that are not counted, trees.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, data, filter, post};

async fn made(values: Value) -> Nocobase {
    let nocobase = Nocobase::new().await;
    nocobase.admin.post("/api/collections:create", values).await.expect(200);
    nocobase
}

fn encoded(value: &Value) -> String {
    value.to_string().bytes().map(|b| format!("%{b:02X}")).collect()
}

#[tokio::test]
async fn records_are_named_by_the_key_their_collection_says() {
    let fields =
        json!([{"name": "code", "type": "string", "unique": true}, {"name": "n", "type": "integer"}]);
    let nocobase = made(json!({"name": "items", "filterTargetKey": "code", "fields": fields})).await;
    let admin = &nocobase.admin;
    let shown = data(admin.get("/api/collections:get?filterByTk=items").await);
    assert_eq!(shown["filterTargetKey"], "code");
    admin
        .post("/api/items:create", json!([{"code": "a", "n": 1}, {"code": "b", "n": 2}, {"code": "3"}]))
        .await
        .expect(200);
    assert_eq!(data(admin.get("/api/items:get?filterByTk=b").await)["n"], 2);
    assert_eq!(data(admin.get("/api/items:get/a").await)["n"], 1);
    assert_eq!(data(admin.get("/api/items:get?filterByTk=1").await), json!(null), "that is an id");
    let changed = data(admin.post("/api/items:update?filterByTk[]=a&filterByTk[]=3", json!({"n": 9})).await);
    assert_eq!(changed.as_array().unwrap().len(), 2);
    admin.post("/api/items:update?filterByTk[]", json!({"n": 9})).await.expect(400);
    assert_eq!(data(post(admin, "/api/items:destroy?filterByTk=b").await), 1);
    assert_eq!(data(post(admin, "/api/items:destroy?filterByTk=2").await), 0);
    assert_eq!(admin.get("/api/items:list").await.json()["meta"]["count"], 2);
}

#[tokio::test]
async fn a_key_of_several_fields_is_an_object_of_exactly_these() {
    let fields = json!([{"name": "a", "type": "integer"}, {"name": "b", "type": "string"}, {"name": "n", "type": "integer"}]);
    let nocobase = made(json!({"name": "pairs", "filterTargetKey": ["a", "b"], "fields": fields})).await;
    let admin = &nocobase.admin;
    let primary = |name: &str| json!({"name": name, "type": "integer", "primaryKey": true});
    let two = json!({"name": "two", "fields": [primary("a"), primary("b")]});
    admin.post("/api/collections:create", two).await.expect(400);
    assert_eq!(
        data(admin.get("/api/collections:get?filterByTk=pairs").await)["filterTargetKey"],
        json!(["a", "b"])
    );
    let rows = json!([{"a": 1, "b": "x", "n": 1}, {"a": 1, "b": "y", "n": 2}, {"a": 2, "b": "x", "n": 3}]);
    admin.post("/api/pairs:create", rows).await.expect(200);
    let key = |value: Value| format!("filterByTk={}", encoded(&value));
    let get = |query: String| async move { admin.get(&format!("/api/pairs:get?{query}")).await };
    assert_eq!(data(get(key(json!({"a": 1, "b": "y"}))).await)["n"], 2);
    assert_eq!(data(get("filterByTk[a]=2&filterByTk[b]=x".into()).await)["n"], 3);
    assert_eq!(data(get(key(json!({"a": 2, "b": "y"}))).await), json!(null));
    assert_eq!(
        data(admin.get(&format!("/api/pairs:get/{}", encoded(&json!({"a": 1, "b": "x"})))).await)["n"],
        1
    );
    for wrong in [
        json!({"a": 1}),
        json!({"a": 1, "b": "x", "n": 1}),
        json!({"a": 1, "b": null}),
        json!({"a": 1, "b": {"$ne": "x"}}),
        json!(1),
        json!("x"),
        json!([1]),
    ] {
        get(key(wrong.clone())).await.expect(400);
        let path = format!("/api/pairs:destroy?{}", key(wrong));
        post(admin, &path).await.expect(400);
    }
    post(admin, "/api/pairs:destroy?filterByTk=[]").await.expect(400);
    let two = json!([{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]);
    let changed = data(admin.post(&format!("/api/pairs:update?{}", key(two)), json!({"n": 7})).await);
    assert_eq!(changed.as_array().unwrap().len(), 2);
    assert_eq!(data(post(admin, &format!("/api/pairs:destroy?{}", key(json!({"a": 1, "b": "x"})))).await), 1);
    assert_eq!(admin.get("/api/pairs:list").await.json()["meta"]["count"], 2);
}

#[tokio::test]
async fn a_target_key_that_may_not_be_read_names_nothing() {
    let fields = json!([{"name": "code", "type": "string"}, {"name": "n", "type": "integer"}]);
    let nocobase = made(json!({"name": "items", "filterTargetKey": "code", "fields": fields})).await;
    nocobase.admin.post("/api/items:create", json!({"code": "a", "n": 1})).await.expect(200);
    nocobase.role("blind", json!({})).await;
    let actions =
        json!([{"name": "view", "fields": ["n"]}, {"name": "update", "fields": ["n"]}, {"name": "destroy"}]);
    let values = json!({"resources": [{"name": "items", "actions": actions}]});
    nocobase.admin.post("/api/roles:applyDataPermissions?filterByTk=blind", values).await.expect(200);
    let (_, blind) = nocobase.user("blind", &["blind"]).await;
    blind.get("/api/items:get?filterByTk=a").await.expect(403);
    blind.post("/api/items:update?filterByTk=a", json!({"n": 2})).await.expect(403);
    post(&blind, "/api/items:destroy?filterByTk=a").await.expect(403);
    assert_eq!(nocobase.admin.get("/api/items:list").await.json()["data"][0]["n"], 1);
}

#[tokio::test]
async fn pages_of_a_collection_that_is_not_counted_say_whether_there_is_another() {
    let fields = json!([{"name": "n", "type": "integer"}]);
    let nocobase = made(json!({"name": "items", "simplePaginate": true, "fields": fields})).await;
    let admin = &nocobase.admin;
    let rows: Vec<Value> = (1..=5).map(|n| json!({"n": n})).collect();
    admin.post("/api/items:create", json!(rows)).await.expect(200);
    for (query, want, more, page, size) in [
        ("pageSize=2", 2, true, 1, 2),
        ("pageSize=2&page=3", 1, false, 3, 2),
        ("pageSize=5", 5, false, 1, 5),
        ("pageSize=2&page=9", 0, false, 9, 2),
        ("pageSize=100000", 5, false, 1, 999),
    ] {
        let answer = admin.get(&format!("/api/items:list?{query}")).await.expect(200).json();
        assert_eq!(answer["meta"], json!({"hasNext": more, "page": page, "pageSize": size}), "{query}");
        assert_eq!(answer["data"].as_array().unwrap().len(), want, "{query}");
    }
    assert_eq!(admin.get("/api/items:list?pageSize=2&page=2&sort=n").await.json()["data"][0]["n"], 3);
    assert!(admin.get("/api/items:list?paginate=false").await.json().get("meta").is_none());
}

/// a(b(c), d), e; and f below what nobody has.
async fn places() -> Nocobase {
    let nocobase = made(json!({"name": "places", "tree": "adjacencyList", "createdBy": true, "fields": [
        {"name": "title", "type": "string"},
        {"name": "parentId", "type": "bigInt", "isForeignKey": true},
        {"name": "parent", "type": "belongsTo", "target": "places", "foreignKey": "parentId", "treeParent": true},
        {"name": "children", "type": "hasMany", "target": "places", "foreignKey": "parentId", "treeChildren": true},
    ]}))
    .await;
    for (title, parent) in [("a", 0), ("b", 1), ("c", 2), ("d", 1), ("e", 0), ("f", 99)] {
        let parent = if parent == 0 { json!(null) } else { json!(parent) };
        nocobase
            .admin
            .post("/api/places:create", json!({"title": title, "parentId": parent}))
            .await
            .expect(200);
    }
    nocobase
}

#[tokio::test]
async fn a_tree_is_made_as_screens_ask_for_it_and_its_branches_with_their_roots() {
    let nocobase = made(json!({"name": "places", "tree": "adjacency-list", "fields": [
        {"name": "title", "type": "string"},
        {"name": "parent", "type": "belongsTo", "treeParent": true},
        {"name": "parts", "type": "hasMany", "treeChildren": true},
    ]}))
    .await;
    let admin = &nocobase.admin;
    let values = json!([
        {"title": "1", "parts": [{"title": "1-1", "parts": [{"title": "1-1-1", "parts": [{"title": "1-1-1-1"}]}]}]},
        {"title": "2"},
    ]);
    admin.post("/api/places:create", values).await.expect(200);
    let answer = admin.get("/api/places:list?tree=true&fields=title&sort=title&appends=parent").await.json();
    assert_eq!(answer["meta"]["count"], 2);
    let deepest = &answer["data"][0]["parts"][0]["parts"][0]["parts"][0];
    assert_eq!((&deepest["title"], &deepest["parent"]["title"]), (&json!("1-1-1-1"), &json!("1-1-1")));
    assert_eq!(deepest["__index"], "0.parts.0.parts.0.parts.0");
}

/// `a(b(c) d) e`.
fn drawn(rows: &Value) -> String {
    let one = |row: &Value| match row.get("children") {
        Some(children) => format!("{}({})", row["title"].as_str().unwrap(), drawn(children)),
        None => row["title"].as_str().unwrap().to_owned(),
    };
    rows.as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(" ")
}

async fn tree(actor: &Actor, query: &str) -> (String, Value) {
    let answer = actor.get(&format!("/api/places:list?tree=true&{query}")).await.expect(200).json();
    (drawn(&answer["data"]), answer["meta"]["count"].clone())
}

#[tokio::test]
async fn a_tree_is_answered_from_its_roots_with_everything_below() {
    let nocobase = places().await;
    let admin = &nocobase.admin;
    for (query, want, count) in [
        ("", "a(b(c) d) e", json!(2)),
        ("sort=-title", "e a(d b(c))", json!(2)),
        ("pageSize=1&page=2", "e", json!(2)),
        ("paginate=false&fields=title", "a(b(c) d) e", json!(null)),
        ("except=parentId,id", "a(b(c) d) e", json!(2)),
        (filter(json!({"title": "c"})).as_str(), "a(b(c))", json!(1)),
        (filter(json!({"title.$in": ["d", "e", "f"]})).as_str(), "a(d) e", json!(2)),
    ] {
        assert_eq!(tree(admin, query).await, (want.to_owned(), count), "{query}");
    }
    let rows = admin.get("/api/places:list?tree=true&fields=title").await.json()["data"].clone();
    assert_eq!(rows[1], json!({"id": 5, "title": "e", "__index": "1"}));
    assert_eq!(
        rows[0]["children"][0]["children"][0],
        json!({"id": 3, "title": "c", "__index": "0.children.0.children.0"})
    );
    assert_eq!(
        drawn(&data(admin.get("/api/places:list?sort=id").await)),
        "a b c d e f",
        "only where asked for"
    );
    // A circle hangs from no root, and does no harm.
    admin.post("/api/places:update?filterByTk=5", json!({"parentId": 5})).await.expect(200);
    assert_eq!(tree(admin, "").await.0, "a(b(c) d)");
    assert_eq!(tree(admin, &filter(json!({"title": "e"}))).await.0, "");
}

#[tokio::test]
async fn a_branch_that_may_not_be_read_is_not_there() {
    let nocobase = places().await;
    nocobase.role("readers", json!({})).await;
    let scope = json!({"scope": {"title.$ne": "b"}});
    let values = json!({"resources": [{"name": "places", "actions": [{"name": "view", "fields": null, "scope": scope}]}]});
    nocobase.admin.post("/api/roles:applyDataPermissions?filterByTk=readers", values).await.expect(200);
    let (_, reader) = nocobase.user("reader", &["readers"]).await;
    assert_eq!(tree(&reader, "").await.0, "a(d) e");
    assert_eq!(tree(&reader, &filter(json!({"title": "c"}))).await.0, "");
}
