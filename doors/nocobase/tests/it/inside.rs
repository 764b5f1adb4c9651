//! Filters into `json` fields: by the names of properties, within the rights to the whole field.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, data, filter};

async fn house() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let notes = json!({"name": "notes", "createdBy": true, "fields": [{"name": "title", "type": "string"},
        {"name": "js", "type": "json"}, {"name": "jb", "type": "jsonb"},
        {"name": "tasks", "type": "hasMany", "target": "tasks", "foreignKey": "noteId"}]});
    admin.post("/api/collections:create", notes).await.expect(200);
    let tasks = json!({"name": "tasks", "fields": [{"name": "title", "type": "string"},
        {"name": "note", "type": "belongsTo", "target": "notes", "foreignKey": "noteId"}]});
    admin.post("/api/collections:create", tasks).await.expect(200);
    for js in [
        json!({"k": 1, "s": "Abc", "n": {"d": {"e": 5}}, "t": true, "z": null, "at": "2026-03-04T05:06:07.000Z"}),
        json!({"k": 2, "s": "x", "l": [1, 2]}),
        json!({"k": "1"}),
        json!(5),
        json!(null),
        json!({"k": 10, "t": false, "f": 1.5, "a b": 1, "e": "", "%": "5%", "k'": 3}),
    ] {
        admin.post("/api/notes:create", json!({"js": js, "jb": js})).await.expect(200);
    }
    admin
        .post("/api/tasks:create", json!([{"title": "one", "noteId": 1}, {"title": "two", "noteId": 2}]))
        .await
        .expect(200);
    nocobase
}

async fn ids(actor: &Actor, resource: &str, asked: &Value) -> Vec<i64> {
    let rows = data(actor.get(&format!("/api/{resource}:list?sort=id&{}", filter(asked.clone()))).await);
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn properties_are_compared_as_the_original_compares_them() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    for (asked, want) in [
        (json!({"js.k": 1}), vec![1, 3]),
        (json!({"js.k": "1"}), vec![3]),
        (json!({"js": {"k": 1}}), vec![1, 3]),
        (json!({"js.k.$eq": 2}), vec![2]),
        (json!({"js.k.$is": 1}), vec![1, 3]),
        (json!({"js.k.$ne": 2}), vec![1, 3, 4, 5, 6]),
        (json!({"js.k.$not": 1}), vec![2, 6]),
        (json!({"$not": {"js.k": 1}}), vec![2, 6]),
        (json!({"js.k.$gt": 1}), vec![2, 6]),
        (json!({"js.k.$gt": "1"}), vec![]),
        (json!({"js.k.$gte": 1}), vec![1, 2, 3, 6]),
        (json!({"js.k.$lt": 5}), vec![1, 2, 3]),
        (json!({"js": {"k": {"$gt": 1, "$lt": 5}}}), vec![2]),
        (json!({"js.k.$between": [1, 5]}), vec![1, 2, 3]),
        (json!({"js.k.$in": [1, 2]}), vec![1, 2, 3]),
        (json!({"js.k.$in": ["1", 2, null]}), vec![2, 3, 4, 5]),
        (json!({"js.k.$in": (2..100).collect::<Vec<_>>()}), vec![2, 6]),
        (json!({"js.k.$notIn": [2, 10]}), vec![1, 3, 4, 5]),
        (json!({"js.k": null}), vec![4, 5]),
        (json!({"js.k.$ne": null}), vec![1, 2, 3, 6]),
        (json!({"js.z": null}), vec![1, 2, 3, 4, 5, 6]),
        (json!({"js.nope": 1}), vec![]),
        (json!({"js.s.$includes": "B"}), vec![1]),
        (json!({"js.s.$notIncludes": "b"}), vec![2]),
        (json!({"js.s.$startsWith": "A"}), vec![1]),
        (json!({"js.s.$like": "%b%"}), vec![1]),
        (json!({"js.%.$includes": "%"}), vec![6]),
        (json!({"js.s.$empty": true}), vec![3, 4, 5, 6]),
        (json!({"js.s.$notEmpty": true}), vec![1, 2]),
        (json!({"js.s.$exists": true}), vec![1, 2]),
        (json!({"js.s.$notExists": true}), vec![3, 4, 5, 6]),
        (json!({"js.n.d.e": 5}), vec![1]),
        (json!({"js.n": {"d": {"e": 5}}}), vec![1]),
        (json!({"js.n.d": 5}), vec![]),
        (json!({"js.l": 1}), vec![]),
        (json!({"js.t": true}), vec![1]),
        (json!({"js.t": false}), vec![6]),
        (json!({"js.t.$isTruly": true}), vec![1]),
        (json!({"js.t.$isFalsy": true}), vec![2, 3, 4, 5, 6]),
        (json!({"js.f": 1.5}), vec![6]),
        (json!({"js.a b": 1}), vec![6]),
        (json!({"js.k'": 3}), vec![6]),
        (json!({"js.s": "x' OR 1=1 --"}), vec![]),
        (json!({"js.at.$dateOn": "2026-03-04"}), vec![1]),
        (json!({"js.at.$dateAfter": "2026-03-05"}), vec![]),
        (json!({"jb.k": 1}), vec![1, 3]),
        (json!({"js": 5}), vec![4]),
        (json!({"$or": [{"js.k": 2}, {"js.f": 1.5}]}), vec![2, 6]),
        (json!({"$and": [{"js.k": 1}, {"js.s": "Abc"}]}), vec![1]),
        (json!({"tasks.title": "one", "js.k": 1}), vec![1]),
    ] {
        assert_eq!(ids(admin, "notes", &asked).await, want, "{asked}");
    }
    // Behind an association too.
    assert_eq!(ids(admin, "tasks", &json!({"note.js.k": 1})).await, [1]);
    assert_eq!(ids(admin, "tasks", &json!({"note": {"js": {"k": 2}}})).await, [2]);
    let both = admin.get(&format!("/api/notes:list?{}", filter(json!({"js.k": 1})))).await;
    assert_eq!(both.json()["meta"]["count"], 2);
}

#[tokio::test]
async fn what_makes_no_question_about_json_is_refused() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    let deep = format!("js{}", ".k".repeat(40));
    for asked in [
        json!({"js.": 1}),
        json!({"js..k": 1}),
        json!({"js.a\"b": 1}),
        json!({"js.k.$anyOf": [1]}),
        json!({"js.k.$match": [1]}),
        json!({"js.k.$gt": null}),
        json!({"js.k.$gt": true}),
        json!({"js.k.$eq": {"a": 1}}),
        json!({"js.k.$bogus": 1}),
        json!({"title.k": 1}),
        json!({"createdBy.js.k": 1}),
        json!({deep.as_str(): 1}),
    ] {
        let answer = admin.get(&format!("/api/notes:list?{}", filter(asked.clone()))).await;
        assert_eq!(answer.code(), 400, "{asked}: {}", answer.text());
    }
    admin.get("/api/notes:list?sort=js.k").await.expect(400);
    admin.get("/api/notes:list?fields=js.k").await.expect(400);
}

#[tokio::test]
async fn a_json_field_that_may_not_be_read_is_not_asked_about_and_a_scope_may_ask() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    admin
        .post("/api/collections/notes/fields:create", json!({"name": "hid", "type": "json", "hidden": true}))
        .await
        .expect(200);
    nocobase.role("some", json!({})).await;
    let path = "/api/roles:applyDataPermissions?filterByTk=some";
    let view = |fields: Value| {
        json!({"resources": [{"name": "notes", "actions": [
        {"name": "view", "fields": fields, "scope": {"scope": {"js.k": {"$gte": 2}}}},
        {"name": "update", "fields": ["title"], "scope": {"scope": {"js.k": 2}}}]}]})
    };
    admin.post(path, view(json!(["title"]))).await.expect(200);
    let (_, somebody) = nocobase.user("somebody", &["some"]).await;
    for asked in [
        json!({"js.k": 1}),
        json!({"js.k.$empty": true}),
        json!({"$not": {"js.s": "x"}}),
        json!({"hid.k": 1}),
    ] {
        somebody.get(&format!("/api/notes:list?{}", filter(asked.clone()))).await.expect(403);
    }
    admin.get(&format!("/api/notes:list?{}", filter(json!({"hid.k": 1})))).await.expect(403);
    assert_eq!(ids(&somebody, "notes", &json!({})).await, [2, 6]);
    for (key, changed) in [(2, 1), (6, 0), (1, 0)] {
        let answer =
            somebody.post(&format!("/api/notes:update?filterByTk={key}"), json!({"title": "x"})).await;
        assert_eq!(data(answer).as_array().unwrap().len(), changed, "{key}");
    }
    admin.post(path, view(json!(["title", "js"]))).await.expect(200);
    assert_eq!(ids(&somebody, "notes", &json!({"js.k.$lt": 5})).await, [2]);
}
