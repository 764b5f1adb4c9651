//! Sortable collections: the places the server gives, and moving records about.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, filter, post};

async fn cards() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let fields = json!([
        {"name": "title", "type": "string"},
        {"name": "status", "type": "string", "defaultValue": "open"},
        {"name": "place", "type": "sort", "interface": "sort", "scopeKey": "status", "uiSchema": {"x": {"hidden": true}}},
    ]);
    let cards =
        json!({"name": "cards", "sortable": true, "createdBy": true, "updatedAt": true, "fields": fields});
    nocobase.admin.post("/api/collections:create", cards).await.expect(200);
    for (title, status) in [("a", "open"), ("b", "open"), ("c", "done"), ("d", "open")] {
        let values = json!({"title": title, "status": status});
        nocobase.admin.post("/api/cards:create", values).await.expect(200);
    }
    nocobase
}

/// Titles in the order of `sort`, of those that match.
async fn titles(nocobase: &Nocobase, sort: &str, which: Value) -> String {
    let path = format!("/api/cards:list?fields=title&sort={sort}&{}", filter(which));
    let rows = data(nocobase.admin.get(&path).await);
    rows.as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap()).collect()
}

async fn all(nocobase: &Nocobase) -> String {
    titles(nocobase, "sort", json!({})).await
}

async fn moved(nocobase: &Nocobase, query: &str) {
    let done = post(&nocobase.admin, &format!("/api/cards:move?{query}")).await;
    assert_eq!(data(done), json!("ok"), "{query}");
}

#[tokio::test]
async fn the_server_gives_every_new_record_the_next_place() {
    let nocobase = cards().await;
    let made = data(nocobase.admin.post("/api/cards:create", json!({"title": "e", "status": "done"})).await);
    assert_eq!(made["place"], 2, "the second of its part");
    assert!(made.get("sort").is_none(), "the order of a sortable collection is in no answer: {made}");
    let row = data(nocobase.admin.get("/api/cards:get/4").await);
    assert_eq!((&row["place"], row.get("sort")), (&json!(3), None));
    assert_eq!(all(&nocobase).await, "abcde");
    // Its own place is taken, another part's last place when it goes there.
    nocobase.admin.post("/api/cards:create", json!({"title": "f", "place": 40})).await.expect(200);
    data(nocobase.admin.post("/api/cards:update/3", json!({"status": "open", "title": "c"})).await);
    assert_eq!(data(nocobase.admin.get("/api/cards:get/3").await)["place"], 41);
    data(nocobase.admin.post("/api/cards:update/3", json!({"status": "open"})).await);
    assert_eq!(data(nocobase.admin.get("/api/cards:get/3").await)["place"], 41, "it did not go anywhere");
}

#[tokio::test]
async fn records_that_were_there_before_the_order_get_their_places() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let field = json!({"name": "rank", "type": "sort"});
    nocobase.admin.post("/api/collections/todos/fields:create", field).await.expect(200);
    let rows = data(nocobase.admin.get("/api/todos:list?fields=id,rank&sort=-rank").await);
    assert_eq!(rows, json!([{"id": 3, "rank": 3}, {"id": 2, "rank": 2}, {"id": 1, "rank": 1}]));
    for name in ["rank", "sort", "completed"] {
        let path = format!("/api/collections/todos/fields:destroy?filterByTk={name}");
        assert_eq!(data(post(&nocobase.admin, &path).await), json!(true), "{name}");
    }
    nocobase.admin.post("/api/todos:create", json!({"title": "x"})).await.expect(200);
}

#[tokio::test]
async fn a_record_takes_the_place_of_another_or_comes_after_it() {
    let nocobase = cards().await;
    moved(&nocobase, "sourceId=1&targetId=3").await;
    assert_eq!(all(&nocobase).await, "bcad", "downwards it comes after");
    moved(&nocobase, "sourceId=1&targetId=2").await;
    assert_eq!(all(&nocobase).await, "abcd", "upwards before");
    moved(&nocobase, "sourceId=1&targetId=3&method=insertAfter").await;
    assert_eq!(all(&nocobase).await, "bcad");
    moved(&nocobase, "sourceId=4&targetId=2&method=insertAfter&sortField=sort").await;
    assert_eq!(all(&nocobase).await, "bdca");
    moved(&nocobase, "sourceId=1&sticky=true").await;
    assert_eq!(all(&nocobase).await, "abdc");
    moved(&nocobase, "sourceId=2&targetId=2").await;
    assert_eq!(all(&nocobase).await, "abdc");
}

#[tokio::test]
async fn a_record_moves_to_another_part_of_its_order() {
    let nocobase = cards().await;
    let part = |status: &str| json!({"status": status});
    // Beside a record of the other part.
    moved(&nocobase, "sourceId=1&targetId=3&sortField=place").await;
    assert_eq!(titles(&nocobase, "place", part("done")).await, "ac");
    assert_eq!(titles(&nocobase, "place", part("open")).await, "bd");
    // To the end of it, or to its beginning.
    moved(&nocobase, "sourceId=2&sortField=place&targetScope[status]=done").await;
    assert_eq!(titles(&nocobase, "place", part("done")).await, "acb");
    moved(&nocobase, "sourceId=4&sortField=place&targetScope%5Bstatus%5D=done&method=prepend").await;
    assert_eq!(titles(&nocobase, "place", part("done")).await, "dacb");
    let body = json!({"sourceId": 4, "targetId": 2, "sortField": "place", "method": "insertAfter"});
    assert_eq!(data(nocobase.admin.post("/api/cards:move", body).await), json!("ok"));
    assert_eq!(titles(&nocobase, "place", part("done")).await, "acbd");
    assert_eq!(all(&nocobase).await, "abcd", "the other order is another one");
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused_and_stays() {
    let nocobase = cards().await;
    nocobase.admin.post("/api/collections:create", json!({"name": "plain"})).await.expect(200);
    nocobase.admin.call(Method::GET, "/api/cards:move?sourceId=1&targetId=2", None).await.expect(405);
    for (path, status) in [
        ("/api/plain:move?sourceId=1&targetId=2", 400),
        ("/api/cards:move?sourceId=1&targetId=2&sortField=title", 400),
        ("/api/cards:move?sourceId=1", 400),
        ("/api/cards:move?targetId=1", 400),
        ("/api/cards:move?sourceId=1&targetId=2&method=sideways", 400),
        ("/api/cards:move?sourceId=1&targetScope=done&sortField=place", 400),
        ("/api/cards:move?sourceId=x&targetId=2", 400),
        ("/api/cards:move?sourceId=99&targetId=2", 404),
        ("/api/cards:move?sourceId=1&targetId=99", 404),
        ("/api/nowhere:move?sourceId=1&targetId=99", 404),
    ] {
        let reply = post(&nocobase.admin, path).await;
        assert_eq!(error(&reply).0, status, "{path} {}", reply.text());
    }
    assert_eq!(all(&nocobase).await, "abcd");
}

#[tokio::test]
async fn to_move_a_record_takes_the_right_to_update_it() {
    let nocobase = cards().await;
    let strategy = json!({"strategy": {"actions": ["view"]}});
    nocobase.role("reader", strategy).await;
    let (_, reader) = nocobase.user("ron", &["reader"]).await;
    post(&reader, "/api/cards:move?sourceId=1&targetId=2").await.expect(403);
    nocobase.role("owner", json!({"strategy": {"actions": ["view", "create", "update:own"]}})).await;
    let (_, owner) = nocobase.user("olga", &["owner"]).await;
    let mine = data(owner.post("/api/cards:create", json!({"title": "m"})).await)["id"].clone();
    post(&owner, &format!("/api/cards:move?sourceId=1&targetId={mine}")).await.expect(403);
    assert_eq!(all(&nocobase).await, "abcdm");
    assert_eq!(data(post(&owner, &format!("/api/cards:move?sourceId={mine}&targetId=2")).await), json!("ok"));
    assert_eq!(all(&nocobase).await, "ambcd");
    // Into another part only where the field that divides the order may be written.
    let entry = json!({"name": "cards", "dataSourceKey": "main", "usingActionsConfig": true, "actions": [
        {"name": "view"}, {"name": "update", "fields": ["title"]}]});
    nocobase.role("titles", json!({})).await;
    nocobase.admin.post("/api/roles/titles/dataSourceResources:create", entry).await.expect(200);
    let (_, titler) = nocobase.user("tim", &["titles"]).await;
    assert_eq!(data(post(&titler, "/api/cards:move?sourceId=1&targetId=2").await), json!("ok"));
    post(&titler, "/api/cards:move?sourceId=1&targetId=3&sortField=place").await.expect(403);
    assert_eq!(data(nocobase.admin.get("/api/cards:get/1").await)["status"], "open");
}

#[tokio::test]
async fn who_may_see_anything_of_a_record_may_sort_by_the_order_of_its_collection() {
    let nocobase = cards().await;
    let entry = json!({"name": "cards", "dataSourceKey": "main", "usingActionsConfig": true, "actions": [
        {"name": "view", "fields": ["title"]}]});
    nocobase.role("titles", json!({})).await;
    nocobase.admin.post("/api/roles/titles/dataSourceResources:create", entry).await.expect(200);
    let (_, actor) = nocobase.user("tim", &["titles"]).await;
    let rows = data(actor.get("/api/cards:list?sort=-sort&fields=title,sort&pageSize=1").await);
    assert_eq!(rows, json!([{"title": "d"}]));
    actor.get("/api/cards:list?sort=place").await.expect(403);
}

#[tokio::test]
async fn a_move_never_makes_a_record_somebody_elses() {
    let nocobase = cards().await;
    let field = json!({"name": "mine", "type": "sort", "scopeKey": "createdById"});
    nocobase.admin.post("/api/collections/cards/fields:create", field).await.expect(200);
    nocobase.role("editor", json!({"strategy": {"actions": ["view", "create", "update"]}})).await;
    let (id, editor) = nocobase.user("ed", &["editor"]).await;
    let other = data(editor.post("/api/cards:create", json!({"title": "e"})).await)["id"].clone();
    post(&editor, &format!("/api/cards:move?sourceId=1&targetId={other}&sortField=mine")).await.expect(403);
    let scoped = format!("/api/cards:move?sourceId=1&sortField=mine&targetScope[createdById]={id}");
    post(&editor, &scoped).await.expect(403);
    assert_eq!(data(nocobase.admin.get("/api/cards:get/1").await)["createdById"], 1);
}

#[tokio::test]
async fn a_place_outside_of_a_scope_is_not_taken() {
    let nocobase = cards().await;
    let entry = json!({"name": "cards", "dataSourceKey": "main", "usingActionsConfig": true, "actions": [
        {"name": "view", "fields": null, "scope": {"scope": {"status": "open"}}},
        {"name": "update", "scope": {"scope": {"status": "open"}}}]});
    nocobase.role("open", json!({})).await;
    nocobase.admin.post("/api/roles/open/dataSourceResources:create", entry).await.expect(200);
    let (_, actor) = nocobase.user("oona", &["open"]).await;
    // The record it would be put beside cannot be seen …
    post(&actor, "/api/cards:move?sourceId=1&targetId=3&sortField=place").await.expect(404);
    // … and where it would be carried to, it could not be changed any more.
    post(&actor, "/api/cards:move?sourceId=1&sortField=place&targetScope[status]=done").await.expect(403);
    assert_eq!(data(nocobase.admin.get("/api/cards:get/1").await)["status"], "open");
}

#[tokio::test]
async fn behind_an_association_only_its_own_records_are_moved() {
    let nocobase = cards().await;
    let boards = json!({"name": "boards", "fields": [{"name": "cards", "type": "hasMany", "target": "cards", "foreignKey": "boardId"}]});
    nocobase.admin.post("/api/collections:create", boards).await.expect(200);
    nocobase.admin.post("/api/boards:create", json!({"cards": [1, 2, 4]})).await.expect(200);
    let path = "/api/boards/1/cards:move";
    assert_eq!(
        data(post(&nocobase.admin, &format!("{path}?sourceId=4&targetId=1&sortField=sort")).await),
        json!("ok")
    );
    assert_eq!(all(&nocobase).await, "dabc");
    for query in ["sourceId=3&targetId=1", "sourceId=1&targetId=3", "sourceId=1&targetId=99"] {
        post(&nocobase.admin, &format!("{path}?{query}")).await.expect(404);
    }
    post(&nocobase.admin, "/api/boards/9/cards:move?sourceId=1&targetId=2").await.expect(404);
    nocobase.role("viewer", json!({"strategy": {"actions": ["view"]}})).await;
    let (_, viewer) = nocobase.user("vera", &["viewer"]).await;
    post(&viewer, &format!("{path}?sourceId=1&targetId=2")).await.expect(403);
    assert_eq!(all(&nocobase).await, "dabc");
}

#[tokio::test]
async fn records_are_moved_by_the_key_their_collection_names_them_by() {
    let nocobase = cards().await;
    let by_title = json!({"filterTargetKey": "title"});
    nocobase.admin.post("/api/collections:update?filterByTk=cards", by_title).await.expect(200);
    moved(&nocobase, "sourceId=d&targetId=a").await;
    assert_eq!(all(&nocobase).await, "dabc");
    post(&nocobase.admin, "/api/cards:move?sourceId=d&targetId=x").await.expect(404);
    post(&nocobase.admin, "/api/cards:move?sourceId=4&targetId=a").await.expect(404);
}

#[tokio::test]
async fn a_place_is_a_number_that_leaves_room_around_it() {
    let nocobase = cards().await;
    for place in [json!(i64::MAX), json!(i64::MIN), json!(1_i64 << 53), json!(1e300), json!(1.5)] {
        nocobase.admin.post("/api/cards:create", json!({"title": "x", "place": place})).await.expect(400);
    }
    nocobase.admin.post("/api/cards:create", json!({"title": "y", "place": 1_i64 << 52})).await.expect(200);
    moved(&nocobase, "sourceId=1&targetId=5&sortField=place&method=insertAfter").await;
    assert_eq!(titles(&nocobase, "place", json!({"status": "open"})).await, "bdya");
}

#[tokio::test]
async fn records_made_at_once_have_different_places() {
    let nocobase = cards().await;
    let make = |n: usize| {
        let admin = nocobase.admin.clone();
        async move { admin.post("/api/cards:create", json!({"title": n.to_string()})).await.expect(200) }
    };
    let tasks: Vec<_> = (0..40).map(|n| tokio::spawn(make(n))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    let rows =
        data(nocobase.admin.get("/api/cards:list?fields=place&pageSize=100&filter[status]=open").await);
    let mut places: Vec<i64> =
        rows.as_array().unwrap().iter().map(|r| r["place"].as_i64().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, (1..=43).collect::<Vec<_>>());
}
