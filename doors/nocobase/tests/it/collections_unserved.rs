//! Collections that would not be what they look like: views, statements, heirs, keys of several fields.

use serde_json::json;

use crate::world::{Nocobase, data, error, post};

#[tokio::test]
async fn collections_that_hold_no_records_of_their_own_are_refused_and_not_made_empty() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    admin
        .post(
            "/api/collections:create",
            json!({"name": "plain", "template": "general", "view": false, "inherits": []}),
        )
        .await
        .expect(200);
    let version = nocobase.world.store.catalog().version;
    for (values, word) in [
        (json!({"view": true}), "views"),
        (json!({"viewName": "v"}), "views"),
        (json!({"template": "view"}), "views"),
        (json!({"template": "sql"}), "SQL"),
        (json!({"sql": "select 1"}), "SQL"),
        (json!({"inherits": ["plain"]}), "inherit"),
        (json!({"inherits": "plain"}), "inherit"),
        (json!({"template": "inherit"}), "inherit"),
    ] {
        for (call, name) in
            [("create", "made"), ("apply", "made"), ("apply", "plain"), ("update?filterByTk=plain", "plain")]
        {
            let mut values = values.clone();
            values["name"] = json!(name);
            values["fields"] = json!([{"name": "x", "type": "string"}]);
            let (status, _, message) =
                error(&admin.post(&format!("/api/collections:{call}"), values.clone()).await);
            assert!(status == 400 && message.contains(word), "{call} {values}: {status} {message}");
        }
    }
    assert_eq!(nocobase.world.store.catalog().version, version);
}

#[tokio::test]
async fn there_are_no_views_to_choose_from() {
    let nocobase = Nocobase::new().await;
    assert_eq!(data(nocobase.admin.get("/api/dbViews:list").await), json!([]));
    nocobase.admin.get("/api/dbViews:get?filterByTk=v").await.expect(404);
    nocobase.admin.get("/api/dbViews:query?filterByTk=v").await.expect(404);
    let (_, member) = nocobase.user("bob", &["member"]).await;
    for action in ["list", "get?filterByTk=v"] {
        member.get(&format!("/api/dbViews:{action}")).await.expect(403);
        nocobase.nobody().get(&format!("/api/dbViews:{action}")).await.expect(401);
    }
    post(&nocobase.admin, "/api/dbViews:create").await.expect(404);
    nocobase.admin.post("/api/collections:create", json!({"name": "dbViews"})).await.expect(400);
}

#[tokio::test]
async fn a_collection_has_one_primary_key_and_the_one_it_was_given_is_a_field() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let key = |name: &str| json!({"name": name, "type": "string", "primaryKey": true});
    let two = json!({"name": "pairs", "fields": [key("a"), key("b")]});
    for call in ["create", "apply"] {
        let refused = error(&admin.post(&format!("/api/collections:{call}"), two.clone()).await);
        assert!(refused.0 == 400 && refused.2.contains("filterTargetKey"), "{refused:?}");
    }
    assert_eq!(data(admin.get("/api/collections:get?filterByTk=pairs").await), json!(null));
    admin.post("/api/collections:create", json!({"name": "plain"})).await.expect(200);
    for field in [key("a"), json!({"name": "id", "type": "string"})] {
        admin.post("/api/collections/plain/fields:create", field.clone()).await.expect(400);
        let applied = json!({"name": "plain", "fields": [field]});
        admin.post("/api/collections:apply", applied).await.expect(400);
    }
    // The way to several: an object of what tells records apart.
    let fields = json!([{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]);
    let values = json!({"name": "both", "filterTargetKey": ["a", "b"], "fields": fields});
    admin.post("/api/collections:create", values).await.expect(200);
    admin.post("/api/both:create", json!([{"a": "1", "b": "1"}, {"a": "1", "b": "2"}])).await.expect(200);
    let found = data(admin.get("/api/both:get?filterByTk[a]=1&filterByTk[b]=2").await);
    assert_eq!(found["id"], 2);
}

#[tokio::test]
async fn the_fields_of_what_is_not_there_are_none_to_who_may_see_all_fields() {
    let nocobase = Nocobase::new().await;
    let fields = data(nocobase.admin.get("/api/collections/nope/fields:list?paginate=false").await);
    assert_eq!(fields, json!([]));
    let first = data(nocobase.admin.get("/api/collections/nope/fields:get?filterByTk=x").await);
    assert_eq!(first, json!(null));
    nocobase.admin.post("/api/collections/nope/fields:create", json!({"name": "x"})).await.expect(404);
    let (_, member) = nocobase.user("bob", &["member"]).await;
    member.get("/api/collections/nope/fields:list").await.expect(403);
    nocobase.nobody().get("/api/collections/nope/fields:list").await.expect(401);
}

#[tokio::test]
async fn what_is_told_of_collections_is_told_of_all() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let tags = json!({"name": "tags", "type": "belongsToMany", "target": "plain", "through": "plainTags", "otherKey": "tagId"});
    admin.post("/api/collections:create", json!({"name": "plain", "fields": [tags]})).await.expect(200);
    assert_eq!(data(admin.post("/api/plain:create", json!({})).await), json!({"id": 1}));
    let changed = data(admin.post("/api/collections:update?filterByTk=plain", json!({"title": "P"})).await);
    assert_eq!((&changed[0]["filterTargetKey"], &changed[0]["description"]), (&json!("id"), &json!(null)));
    let meta = data(admin.get("/api/collections:listMeta").await);
    for (at, name) in ["plain", "plainTags"].into_iter().enumerate() {
        let one = &meta[at];
        assert_eq!((&one["name"], &one["filterTargetKey"]), (&json!(name), &json!("id")));
        assert!(one["sort"].is_i64() && one.get("fieldModels").is_none(), "{one}");
        assert!(one["fields"][0]["collectionName"] == name && one["fields"][0].get("parentKey").is_none());
    }
    let pairs = data(admin.get("/api/collections:get?filterByTk=plainTags").await);
    assert_eq!(
        (&pairs["title"], &pairs["hidden"], &pairs["isThrough"]),
        (&json!("plainTags"), &json!(true), &json!(true))
    );
}
