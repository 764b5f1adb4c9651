//! Records with associations among their values: written as one, on every address that writes.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, data, error, post};

/// Posts with comments by the key they hold, tags by pairs, and a box each.
async fn blog() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let text = |name: &str| json!({"name": name, "type": "string"});
    for values in [
        json!({"name": "boxes", "fields": [text("title")]}),
        json!({"name": "tags", "fields": [text("title"), {"name": "code", "type": "string", "unique": true}]}),
        json!({"name": "comments", "createdBy": true, "fields": [text("title"),
            {"name": "tags", "type": "belongsToMany", "target": "tags", "through": "commentTags"}]}),
        json!({"name": "posts", "createdBy": true, "updatedBy": true, "fields": [text("title"),
            {"name": "box", "type": "belongsTo", "target": "boxes"},
            {"name": "owner", "type": "belongsTo", "target": "users"},
            {"name": "comments", "type": "hasMany", "target": "comments", "foreignKey": "postId"},
            {"name": "tags", "type": "belongsToMany", "target": "tags", "through": "postTags"}]}),
    ] {
        nocobase.admin.post("/api/collections:create", values).await.expect(200);
    }
    for title in ["red", "green", "blue"] {
        nocobase.admin.post("/api/tags:create", json!({"title": title})).await.expect(200);
    }
    nocobase
}

async fn counts(actor: &Actor) -> Vec<i64> {
    let mut counts = Vec::new();
    for name in ["posts", "comments", "tags", "boxes", "postTags"] {
        let meta = actor.get(&format!("/api/{name}:list?pageSize=1")).await.json()["meta"].clone();
        counts.push(meta["count"].as_i64().unwrap());
    }
    counts
}

fn column(rows: &Value, name: &str) -> Vec<Value> {
    rows.as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}

fn titles(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_bad_target_leaves_nothing_behind_on_any_address() {
    let nocobase = blog().await;
    let admin = &nocobase.admin;
    admin.post("/api/posts:create", json!({"title": "a", "tags": [1]})).await.expect(200);
    let before = counts(admin).await;
    for (path, body) in [
        ("posts:create", json!({"title": "b", "tags": [2, 99]})),
        ("posts:create", json!({"title": "b", "box": 99})),
        ("posts:create", json!({"title": "b", "comments": [{"title": "x"}, {"id": 99}]})),
        ("posts:create", json!([{"title": "b", "tags": [2]}, {"title": "c", "tags": [99]}])),
        ("posts:update?filterByTk=1", json!({"title": "b", "tags": [2, 99]})),
        ("posts:update?filterByTk=1", json!({"title": "b", "owner": 99})),
        ("posts:firstOrCreate?filterKeys[]=title", json!({"title": "b", "tags": [99]})),
        ("posts:updateOrCreate?filterKeys[]=title", json!({"title": "b", "tags": [99]})),
        ("posts:updateOrCreate?filterKeys[]=title", json!({"title": "a", "tags": [99]})),
        ("posts/1/comments:create", json!({"title": "b", "tags": [99]})),
        ("posts/1/tags:set", json!([2, 99])),
        ("posts/1/tags:add", json!([2, 99])),
        ("posts/1/tags:toggle", json!([1, 99])),
    ] {
        let reply = admin.post(&format!("/api/{path}"), body.clone()).await;
        assert_eq!(reply.code(), 400, "{path} {body}: {}", reply.text());
        assert!(error(&reply).2.ends_with("names a record that is not there"), "{}", reply.text());
        assert_eq!(counts(admin).await, before, "{path} {body}");
    }
    let row = data(admin.get("/api/posts:get/1?appends=tags,owner").await);
    assert_eq!(
        (&row["title"], titles(&row["tags"]), &row["owner"]),
        (&json!("a"), vec!["red"], &json!(null))
    );
    // A value that breaks a rule deep inside undoes everything as well.
    let taken = json!({"title": "b", "tags": [{"code": "x"}, {"code": "x"}]});
    assert_eq!(error(&admin.post("/api/posts:create", taken).await).2, "code already exists");
    assert_eq!(counts(admin).await, before);
}

#[tokio::test]
async fn objects_without_a_key_are_made_and_those_with_one_named() {
    let nocobase = blog().await;
    let admin = &nocobase.admin;
    let values = json!({
        "title": "a", "box": {"title": "cardboard"},
        "comments": [{"title": "one", "tags": [1, {"title": "deep"}]}, {"title": "two"}],
        "tags": [{"title": "new"}, {"id": 2, "title": "not changed"}, 3],
    });
    let made = data(admin.post("/api/posts:create", values).await);
    assert_eq!(made["boxId"], 1);
    // The answer holds what was written inside of the record, whole and with its keys.
    assert_eq!((&made["box"]["id"], &made["box"]["title"]), (&json!(1), &json!("cardboard")));
    assert_eq!(column(&made["comments"], "id"), [json!(1), json!(2)]);
    assert_eq!(titles(&made["comments"][0]["tags"]), ["red", "deep"]);
    let mut tags = titles(&made["tags"]);
    tags.sort_unstable();
    assert_eq!(tags, ["blue", "green", "new"]);
    let path = "/api/posts:get/1?appends=box,comments,comments.tags,tags";
    let row = data(admin.get(path).await);
    assert_eq!(row["box"]["title"], "cardboard");
    assert_eq!(titles(&row["comments"]), ["one", "two"]);
    assert_eq!(titles(&row["comments"][0]["tags"]), ["red", "deep"]);
    let mut tags = titles(&row["tags"]);
    tags.sort_unstable();
    assert_eq!(tags, ["blue", "green", "new"]);
    // Named ones are changed only where the call says so.
    let values = json!({"comments": [{"id": 1, "title": "ONE", "tags": []}, {"title": "three"}], "box": {"id": 1, "title": "wood"}});
    admin.post("/api/posts:update?filterByTk=1", values.clone()).await.expect(200);
    let row = data(admin.get(path).await);
    assert_eq!((titles(&row["comments"]), &row["box"]["title"]), (vec!["one", "three"], &json!("cardboard")));
    let changed =
        "/api/posts:update?filterByTk=1&updateAssociationValues[]=comments&updateAssociationValues[]=box";
    admin.post(changed, values).await.expect(200);
    let row = data(admin.get(path).await);
    assert_eq!((titles(&row["comments"]), &row["box"]["title"]), (vec!["ONE", "three"], &json!("wood")));
    assert_eq!(row["comments"][0]["tags"], json!([]));
    // Or only what is further in; the way back, and what is null in a list, is nothing.
    let deeper = "/api/posts:update?filterByTk=1&updateAssociationValues=comments.tags";
    let values =
        json!({"comments": [null, {"id": 1, "title": "no", "tags": [{"id": 1, "title": "RED"}]}, 3]});
    admin.post(deeper, values).await.expect(200);
    let row = data(admin.get(path).await);
    assert_eq!(
        (titles(&row["comments"]), titles(&row["comments"][0]["tags"])),
        (vec!["ONE", "three"], vec!["RED"])
    );
    let many =
        data(admin.post("/api/posts/1/comments:create", json!([{"title": "x"}, {"title": "y"}])).await);
    assert_eq!(many.as_array().unwrap().len(), 2);
    admin.post("/api/posts/1/comments:create", json!([{"title": "x"}, {"tags": [99]}])).await.expect(400);
    admin.post("/api/posts/1/box:create", json!([{}, {}])).await.expect(400);
    assert_eq!(admin.get("/api/posts/1/comments:list").await.json()["meta"]["count"], 4);
    // Users are only named; what the server keeps itself is not written.
    admin.post("/api/posts:update?filterByTk=1", json!({"owner": {"username": "x"}})).await.expect(400);
    let back = json!({"title": "b", "createdBy": {"id": 99, "username": "x"}, "updatedBy": {"id": 99}});
    assert_eq!(data(admin.post("/api/posts:update?filterByTk=1", back).await)[0]["createdById"], 1);
    for nonsense in
        [json!({"tags": [[1]]}), json!({"tags": true}), json!({"tags": [{"id": {}}]}), json!({"box": [1, 2]})]
    {
        admin.post("/api/posts:update?filterByTk=1", nonsense.clone()).await.expect(400);
        admin.post("/api/posts:create", nonsense).await.expect(400);
    }
}

#[tokio::test]
async fn what_is_inside_of_a_write_needs_the_rights_of_its_own_collection() {
    let nocobase = blog().await;
    nocobase.role("writers", json!({"snippets": ["pm.api-keys.configuration"]})).await;
    let actions = |names: &[&str]| names.iter().map(|n| json!({"name": n})).collect::<Vec<_>>();
    let resources = json!({"resources": [
        {"name": "posts", "actions": [{"name": "view"}, {"name": "create", "fields": ["title", "tags", "box", "comments"]}, {"name": "update", "fields": ["title", "tags"]}]},
        {"name": "tags", "actions": [{"name": "view", "fields": null, "scope": {"scope": {"title.$ne": "blue"}}}]},
        {"name": "boxes", "actions": actions(&["view", "create"])},
        {"name": "comments", "actions": [{"name": "view"}, {"name": "create", "fields": ["title", "postId"]}, {"name": "update", "fields": ["title"], "scopeKey": "own"}]},
    ]});
    nocobase.admin.post("/api/roles:applyDataPermissions?filterByTk=writers", resources).await.expect(200);
    let (_, user) = nocobase.user("writer", &["writers"]).await;
    let key = nocobase.nobody().bearer(&nocobase.key(&user, "writers").await);
    let admin = &nocobase.admin;
    admin
        .post("/api/posts:create", json!({"title": "a", "tags": [1, 3], "comments": [{"title": "admin's"}]}))
        .await
        .expect(200);
    let before = counts(admin).await;
    for (path, body, want) in [
        ("posts:create", json!({"tags": [{"title": "x"}]}), 403),
        ("posts:create", json!({"tags": [3]}), 400),
        ("posts:create?updateAssociationValues=tags", json!({"tags": [{"id": 1, "title": "x"}]}), 403),
        ("posts:create", json!({"comments": [1]}), 403),
        (
            "posts:create?updateAssociationValues=comments",
            json!({"comments": [{"id": 1, "title": "x"}]}),
            403,
        ),
        ("posts:create", json!([{"title": "ok"}, {"tags": [{"title": "x"}]}]), 403),
        ("posts:update?filterByTk=1", json!({"tags": [{"title": "x"}]}), 403),
        ("posts/1/comments:add", json!([1]), 403),
        ("posts/1/tags:create", json!({"title": "x"}), 403),
        ("posts/1/owner:create", json!({"username": "x"}), 403),
    ] {
        let reply = key.post(&format!("/api/{path}"), body.clone()).await;
        assert_eq!(reply.code(), want, "{path} {body}: {}", reply.text());
        assert_eq!(counts(admin).await, before, "{path} {body}");
    }
    // What it may, all in one; of the fields only those it may write.
    let values = json!({"title": "mine", "box": {"title": "b"}, "tags": [1], "comments": [{"title": "c", "createdById": 1}]});
    let made = data(key.post("/api/posts:create", values).await);
    let row = data(admin.get(&format!("/api/posts:get/{}?appends=box,tags,comments", made["id"])).await);
    assert_eq!(
        (&row["box"]["title"], titles(&row["tags"]), titles(&row["comments"])),
        (&json!("b"), vec!["red"], vec!["c"])
    );
    assert_eq!(row["comments"][0]["createdById"], row["createdById"]);
    // An association that may not be written is dropped like any other value; what cannot be seen stays linked.
    key.post("/api/posts:update?filterByTk=1", json!({"box": {"title": "dropped"}, "tags": [2]}))
        .await
        .expect(200);
    let row = data(admin.get("/api/posts:get/1?appends=box,tags&sort=id").await);
    assert_eq!(row["box"], json!(null));
    let mut tags = titles(&row["tags"]);
    tags.sort_unstable();
    assert_eq!(tags, ["blue", "green"]);
}

#[tokio::test]
async fn what_is_made_inside_of_a_write_must_be_visible_to_be_linked() {
    let nocobase = blog().await;
    nocobase.role("makers", json!({"snippets": ["pm.api-keys.configuration"]})).await;
    let resources = json!({"resources": [
        {"name": "posts", "actions": [{"name": "create", "fields": ["title", "box"]}]},
        {"name": "boxes", "actions": [{"name": "create", "fields": null}]},
    ]});
    nocobase.admin.post("/api/roles:applyDataPermissions?filterByTk=makers", resources).await.expect(200);
    let (_, user) = nocobase.user("maker", &["makers"]).await;
    let key = nocobase.nobody().bearer(&nocobase.key(&user, "makers").await);
    let before = counts(&nocobase.admin).await;
    key.post("/api/posts:create", json!({"title": "t", "box": {"title": "b"}})).await.expect(403);
    assert_eq!(counts(&nocobase.admin).await, before);
    key.post("/api/boxes:create", json!({"title": "b"})).await.expect(200);
}

#[tokio::test]
async fn records_behind_an_association_are_found_or_made_there() {
    let nocobase = blog().await;
    let admin = &nocobase.admin;
    admin.post("/api/posts:create", json!([{"title": "a"}, {"title": "b"}])).await.expect(200);
    let path = "/api/posts/1/comments:firstOrCreate?filterKeys[]=title";
    let first = data(admin.post(path, json!({"title": "x"})).await);
    assert_eq!(data(admin.post(path, json!({"title": "x"})).await)["id"], first["id"]);
    let other = "/api/posts/2/comments:firstOrCreate?filterKeys[]=title";
    assert_ne!(data(admin.post(other, json!({"title": "x"})).await)["id"], first["id"], "another post's");
    let path = "/api/posts/1/tags:updateOrCreate?filterKeys[]=title";
    let tag = data(admin.post(path, json!({"title": "own", "code": "1"})).await);
    let again = data(admin.post(path, json!({"title": "own", "code": "2"})).await);
    assert_eq!((&again[0]["id"], &again[0]["code"]), (&tag["id"], &json!("2")));
    let tags = data(admin.get("/api/posts/1/tags:list").await);
    assert_eq!(titles(&tags), ["own"]);
    let path = "/api/posts/1/box:updateOrCreate?filterKeys[]=title";
    admin.post(path, json!({"title": "b"})).await.expect(200);
    assert_eq!(data(admin.get("/api/posts:get/1").await)["boxId"], 1);
    admin
        .post("/api/posts/99/tags:firstOrCreate?filterKeys[]=title", json!({"title": "x"}))
        .await
        .expect(404);
    admin.post("/api/posts/1/tags:firstOrCreate", json!({"title": "x"})).await.expect(400);
    // And in the values of the others: the association counts among the keys.
    let path = "/api/posts:firstOrCreate?filterKeys[]=box&filterKeys[]=title";
    assert_eq!(data(admin.post(path, json!({"title": "a", "box": 1})).await)["id"], 1);
    let made = data(admin.post(path, json!({"title": "c", "box": 1, "tags": [1]})).await);
    assert_eq!(titles(&data(admin.get(&format!("/api/posts/{}/tags:list", made["id"])).await)), ["red"]);
}

#[tokio::test]
async fn a_source_nobody_names_stands_for_any() {
    let nocobase = blog().await;
    let admin = &nocobase.admin;
    admin.post("/api/posts:create", json!({"title": "a", "tags": [1]})).await.expect(200);
    assert_eq!(titles(&data(admin.get("/api/posts/_/tags:list?sort=id").await)), ["red", "green", "blue"]);
    assert_eq!(data(admin.get("/api/posts/_/tags:get/2").await)["title"], "green");
    admin.get("/api/posts/_/nothing:list").await.expect(404);
    admin.get("/api/posts/_/owner:list").await.expect(403);
    // Users are seen behind an association, and never written there.
    admin.post("/api/posts:update?filterByTk=1", json!({"owner": 1})).await.expect(200);
    admin.post("/api/posts/1/owner:create", json!({"username": "x"})).await.expect(403);
    admin.post("/api/posts/1/owner:update?filterByTk=1", json!({"username": "x"})).await.expect(403);
    post(admin, "/api/posts/1/owner:destroy?filterByTk=1").await.expect(403);
    post(admin, "/api/posts/_/tags:add?filterByTk=1").await.expect(400);
    nocobase.role("readers", json!({"strategy": {"actions": []}})).await;
    let values = json!({"resources": [{"name": "posts", "actions": [{"name": "view", "fields": null}]}]});
    admin.post("/api/roles:applyDataPermissions?filterByTk=readers", values).await.expect(200);
    let (_, reader) = nocobase.user("reader", &["readers"]).await;
    reader.get("/api/posts/_/tags:list").await.expect(403);
}

#[tokio::test]
async fn a_write_answers_the_associations_it_wrote_as_far_as_its_caller_may_see_them() {
    let nocobase = blog().await;
    let admin = &nocobase.admin;
    let two = json!([{"title": "a", "tags": [1, 2], "box": {"title": "x"}}, {"title": "b", "tags": []}, {"title": "c"}]);
    let made = data(admin.post("/api/posts:create", two).await);
    assert_eq!(titles(&made[0]["tags"]), ["red", "green"]);
    assert_eq!((&made[0]["box"]["title"], &made[1]["tags"]), (&json!("x"), &json!([])));
    let answered = |n: usize, name: &str| made[n].get(name).is_some();
    assert!(!answered(1, "box") && !answered(2, "tags"), "another record named it: {made}");
    let changed = data(admin.post("/api/posts:update?filterByTk=1", json!({"tags": [3]})).await);
    assert_eq!(titles(&changed[0]["tags"]), ["blue"]);
    assert!(changed[0].get("box").is_none(), "nothing was said of it: {changed}");
    // A plain key of one record is the key, and nothing more.
    let plain = data(admin.post("/api/posts:create", json!({"box": 1, "owner": 1})).await);
    assert_eq!((&plain["boxId"], plain.get("box"), plain.get("owner")), (&json!(1), None, None));
    let comment = json!({"title": "c", "tags": [1]});
    let comment = data(admin.post("/api/posts/1/comments:create", comment).await);
    assert_eq!((titles(&comment["tags"]), &comment["postId"]), (vec!["red"], &json!(1)));
    let path = "/api/posts:updateOrCreate?filterKeys[]=title";
    assert_eq!(titles(&data(admin.post(path, json!({"title": "new", "tags": [1]})).await)["tags"]), ["red"]);
    assert_eq!(
        titles(&data(admin.post(path, json!({"title": "new", "tags": [2]})).await)[0]["tags"]),
        ["green"]
    );

    // Of records that cannot be seen it says nothing, like any other answer.
    nocobase.role("writers", json!({"snippets": ["pm.api-keys.configuration"]})).await;
    let posts = json!([{"name": "view", "fields": ["title", "tags"]}, {"name": "create", "fields": ["title", "tags", "box"]}, {"name": "update", "fields": ["title", "tags"]}]);
    let resources = json!({"resources": [
        {"name": "posts", "actions": posts},
        {"name": "tags", "actions": [{"name": "view", "fields": ["title"], "scope": {"scope": {"title.$ne": "blue"}}}]},
        {"name": "boxes", "actions": [{"name": "create"}, {"name": "view", "fields": null, "scope": {"scope": {"title": "x"}}}]},
    ]});
    admin.post("/api/roles:applyDataPermissions?filterByTk=writers", resources).await.expect(200);
    let (_, user) = nocobase.user("writer", &["writers"]).await;
    let key = nocobase.nobody().bearer(&nocobase.key(&user, "writers").await);
    let made =
        data(key.post("/api/posts:create", json!({"title": "k", "tags": [1], "box": {"title": "s"}})).await);
    assert_eq!((titles(&made["tags"]), &made["box"]), (vec!["red"], &json!(null)), "{made}");
    assert!(made["tags"][0].get("code").is_none(), "{made}");
    let changed = data(key.post("/api/posts:update?filterByTk=1", json!({"tags": [2]})).await);
    assert_eq!(titles(&changed[0]["tags"]), ["green"], "blue is linked and cannot be seen");
}
