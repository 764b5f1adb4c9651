//! Acting in all roles at once, and as nobody: neither is ever more than what a role gives.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, data, door, error, post, refused, signed_in};

/// `todos` with three records of the administrator's and one of bob's, who holds two roles: `titles` sees the
/// titles of all records, `mine` sees everything of his own and changes them.
async fn with_two_roles() -> (Nocobase, Actor) {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.role("titles", json!({})).await;
    nocobase.role("mine", json!({"strategy": {"actions": ["create"]}})).await;
    let titles = json!([{"name": "todos", "actions": [{"name": "view", "fields": ["title"]}]}]);
    grant(&nocobase, "titles", titles).await;
    let mine = json!([{"name": "todos", "actions": [
        {"name": "create"},
        {"name": "view", "fields": null, "scopeKey": "own"},
        {"name": "update", "scopeKey": "own"},
    ]}]);
    grant(&nocobase, "mine", mine).await;
    let (_, bob) = nocobase.user("bob", &["titles", "mine"]).await;
    let values = json!({"title": "bob's", "completed": true});
    bob.header("x-role", "mine").post("/api/todos:create", values).await.expect(200);
    (nocobase, bob)
}

async fn grant(nocobase: &Nocobase, role: &str, resources: Value) {
    let path = format!("/api/roles:applyDataPermissions?filterByTk={role}");
    nocobase.admin.post(&path, json!({"resources": resources})).await.expect(200);
}

async fn mode(nocobase: &Nocobase, mode: &str) {
    nocobase.admin.post("/api/roles:setSystemRoleMode", json!({"roleMode": mode})).await.expect(200);
}

#[tokio::test]
async fn several_roles_at_once_allow_what_any_of_them_does_and_never_a_mix() {
    let (nocobase, bob) = with_two_roles().await;
    let union = bob.header("x-role", "__union__");
    // As long as nobody allows it, it is one role: the default.
    bob.post("/api/users:setDefaultRole", json!({"roleName": "titles"})).await.expect(200);
    assert_eq!(data(union.get("/api/roles:check").await)["role"], "titles");
    union.post("/api/todos:update/4", json!({"title": "x"})).await.expect(403);

    mode(&nocobase, "allow-use-union").await;
    let rows = data(union.get("/api/todos:list").await);
    assert_eq!(rows.as_array().unwrap().len(), 4);
    for row in rows.as_array().unwrap() {
        // What only the other role may see of its own rows is not shown of foreign ones.
        let own = row["title"] == "bob's";
        assert_eq!(row.get("completed").is_some_and(|v| !v.is_null()), own, "{row}");
    }
    // A question about such a field would tell what is not shown.
    union.get("/api/todos:list?filter[completed]=false").await.expect(403);
    union.get("/api/todos:list?sort=completed").await.expect(403);
    assert_eq!(data(union.post("/api/todos:update/4", json!({"title": "b"})).await)[0]["title"], "b");
    assert_eq!(data(union.post("/api/todos:update/1", json!({"title": "b"})).await), json!([]));
    post(&union, "/api/todos:destroy/4").await.expect(403);
    // Without the header it is one role still.
    bob.post("/api/todos:update/4", json!({"title": "x"})).await.expect(403);
    let check = data(union.get("/api/roles:check").await);
    assert_eq!((&check["role"], &check["roleMode"]), (&json!("__union__"), &json!("allow-use-union")));
    assert_eq!(check["allowAll"], false);
    assert!(check["actions"]["todos:update"].is_object());
}

#[tokio::test]
async fn only_union_is_for_people_and_a_key_keeps_to_its_own_role() {
    let (nocobase, bob) = with_two_roles().await;
    nocobase.role("keys", json!({"snippets": ["pm.api-keys.configuration"]})).await;
    let id = data(bob.get("/api/auth:check").await)["id"].clone();
    nocobase.admin.post(&format!("/api/users/{id}/roles:add"), json!(["keys"])).await.expect(200);
    mode(&nocobase, "only-use-union").await;
    // Whatever the header says.
    for role in [None, Some("titles"), Some("__union__"), Some("nope")] {
        let bob = role.map_or(bob.clone(), |role| bob.header("x-role", role));
        assert_eq!(data(bob.get("/api/todos:list").await).as_array().unwrap().len(), 4);
        bob.post("/api/todos:update/4", json!({"title": "bob's"})).await.expect(200);
    }
    let key = nocobase.nobody().bearer(&nocobase.key(&bob, "titles").await);
    for key in [key.clone(), key.header("x-role", "__union__"), key.header("x-role", "mine")] {
        let rows = data(key.get("/api/todos:list").await);
        assert!(rows.as_array().unwrap().iter().all(|row| row.get("completed").is_none()));
        key.post("/api/todos:update/4", json!({"title": "x"})).await.expect(403);
        assert_eq!(data(key.get("/api/roles:check").await)["role"], "titles");
    }
}

#[tokio::test]
async fn a_condition_on_the_acting_role_holds_for_nobody_who_acts_in_several() {
    let (nocobase, bob) = with_two_roles().await;
    grant(
        &nocobase,
        "titles",
        json!([{"name": "todos", "actions": [
            {"name": "view", "fields": null, "scope": {"scope": {"title": "{{$nRole}}"}}},
        ]}]),
    )
    .await;
    for title in ["titles", "mine"] {
        nocobase.admin.post("/api/todos:create", json!({"title": title})).await.expect(200);
    }
    let seen = async |actor: &Actor| data(actor.get("/api/todos:list?fields=title").await);
    assert_eq!(seen(&bob.header("x-role", "titles")).await, json!([{"title": "titles"}]));
    mode(&nocobase, "only-use-union").await;
    assert_eq!(seen(&bob).await, json!([{"title": "bob's"}]));
}

#[tokio::test]
async fn the_role_mode_is_kept_and_set_only_by_who_manages_roles() {
    let (nocobase, bob) = with_two_roles().await;
    let path = "/api/roles:setSystemRoleMode";
    bob.post(path, json!({"roleMode": "only-use-union"})).await.expect(403);
    nocobase.admin.post(path, json!({"roleMode": "everything"})).await.expect(400);
    nocobase.admin.post(path, json!({})).await.expect(400);
    nocobase.admin.post("/api/roles:create", json!({"name": "__union__"})).await.expect(400);
    mode(&nocobase, "only-use-union").await;
    // Another start of the same server.
    let restarted = signed_in(&nocobase.world.nobody(door(&nocobase.world, |_| {})), "bob").await;
    assert_eq!(data(restarted.get("/api/roles:check").await)["roleMode"], "only-use-union");
}

#[tokio::test]
async fn strangers_may_do_what_the_anonymous_role_says_and_nothing_without_one() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let nobody = nocobase.nobody();
    let empty = (401, "EMPTY_TOKEN".to_owned());
    for stranger in [nobody.clone(), nobody.header("x-role", "anonymous")] {
        assert_eq!(refused(&stranger.get("/api/todos:list").await), empty);
    }
    let (_, bob) = nocobase.user("bob", &["member"]).await;
    let bob = bob.header("x-role", "anonymous");
    assert_eq!(error(&bob.get("/api/todos:list").await), (403, String::new(), "No permissions".into()));

    bob.get("/api/roles:check").await.expect(403);
    nocobase.role("anonymous", json!({"snippets": ["pm", "pm.*", "ui.*"]})).await;
    assert_eq!(data(bob.get("/api/roles:check").await)["allowAnonymous"], true);
    assert_eq!(refused(&nobody.get("/api/todos:list").await), empty, "it grants nothing yet");
    nobody.header("x-role", "anonymous").get("/api/todos:list").await.expect(403);
    grant(
        &nocobase,
        "anonymous",
        json!([{"name": "todos", "actions": [
            {"name": "view", "fields": ["title"], "scope": {"scope": {"title.$ne": "sleep"}}},
            {"name": "create", "fields": ["title"]},
            {"name": "destroy", "scopeKey": "own"},
        ]}]),
    )
    .await;
    for stranger in [nobody.clone(), nobody.header("x-role", "anonymous"), bob.clone()] {
        let rows = data(stranger.get("/api/todos:list").await);
        assert_eq!(rows.as_array().unwrap().len(), 2);
        assert!(rows[0].get("completed").is_none());
        stranger.get("/api/todos:list?filter[completed]=false").await.expect(403);
    }
    let made = data(nobody.post("/api/todos:create", json!({"title": "hello", "completed": true})).await);
    let kept = data(nocobase.admin.get(&format!("/api/todos:get/{}", made["id"])).await);
    assert_eq!((&kept["completed"], &kept["createdById"]), (&json!(null), &json!(null)));
    // Nobody owns nothing: not what strangers made, and not what has no owner.
    post(&nobody, &format!("/api/todos:destroy/{}", made["id"])).await.expect(403);
    post(&bob, &format!("/api/todos:destroy/{}", made["id"])).await.expect(403);
    assert_eq!(refused(&post(&nobody, "/api/todos:update/1").await), empty);
    post(&nobody.header("x-role", "anonymous"), "/api/todos:update/1").await.expect(403);

    // Only records: whatever its snippets say, strangers manage nothing.
    for path in ["users:list", "roles:list", "apiKeys:list", "collections:list", "auth:check", "swagger:get"]
    {
        assert_eq!(refused(&nobody.get(&format!("/api/{path}")).await), empty, "{path}");
    }
    for path in ["users:list", "roles:list", "apiKeys:list"] {
        assert_eq!(bob.get(&format!("/api/{path}")).await.code(), 403, "{path}");
    }
    // A wrong token is wrong, also where none would do.
    assert_eq!(refused(&nobody.bearer("ey.a.b").get("/api/todos:list").await), (401, "INVALID_TOKEN".into()));
    let gone = signed_in(&nobody, "bob").await;
    post(&gone, "/api/auth:signOut").await.expect(200);
    let gone = gone.header("x-role", "anonymous");
    assert_eq!(refused(&gone.get("/api/todos:list").await), (401, "BLOCKED_TOKEN".into()));
    // A key is its own role, whatever the header says.
    let key = nocobase.nobody().bearer(&nocobase.key(&nocobase.admin, "admin").await);
    let rows = data(key.header("x-role", "anonymous").get("/api/todos:list").await);
    assert_eq!(rows.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_role_that_is_only_called_anonymous_lets_nobody_in() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let nobody = nocobase.nobody();
    let everything = test_world::World::everywhere(domain::access::Op::RecordRead.bit());
    nocobase.world.role("anonymous", everything).await;
    for stranger in [nobody.clone(), nobody.header("x-role", "anonymous")] {
        assert_eq!(refused(&stranger.get("/api/todos:list").await), (401, "EMPTY_TOKEN".to_owned()));
    }
    assert_eq!(data(nocobase.admin.get("/api/roles:check").await)["allowAnonymous"], false);
    let open = json!({"allowAnonymous": true});
    let path = "/api/roles:update?filterByTk=anonymous";
    nocobase.admin.post(path, open.clone()).await.expect(400);
    // One of this interface that was not made for strangers, as after an import, waits until somebody says so.
    post(&nocobase.admin, "/api/roles:destroy?filterByTk=anonymous").await.expect(200);
    nocobase.role("anonymous", json!({"allowAnonymous": false, "strategy": {"actions": ["view"]}})).await;
    assert_eq!(refused(&nobody.get("/api/todos:list").await), (401, "EMPTY_TOKEN".to_owned()));
    nocobase.role("managers", json!({"snippets": ["pm.acl.roles"]})).await;
    let (_, manager) = nocobase.user("manager", &["managers"]).await;
    manager.post(path, open.clone()).await.expect(403);
    assert_eq!(refused(&nobody.get("/api/todos:list").await), (401, "EMPTY_TOKEN".to_owned()));
    nocobase.admin.post(path, open).await.expect(200);
    nobody.get("/api/todos:list").await.expect(200);
    nocobase.admin.post(path, json!({"title": "Strangers"})).await.expect(200);
    nobody.get("/api/todos:list").await.expect(200);
    nocobase.admin.post(path, json!({"allowAnonymous": false})).await.expect(200);
    assert_eq!(refused(&nobody.get("/api/todos:list").await), (401, "EMPTY_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_write_needs_one_role_for_all_of_it() {
    let (nocobase, bob) = with_two_roles().await;
    let titles = json!([{"name": "todos", "actions": [
        {"name": "view", "fields": ["title"]}, {"name": "update", "fields": ["title"]},
    ]}]);
    grant(&nocobase, "titles", titles).await;
    let mine = json!([{"name": "todos", "actions": [
        {"name": "view", "fields": null},
        {"name": "update", "fields": ["completed"], "scopeKey": "own"},
        {"name": "create", "fields": ["completed"]},
    ]}]);
    grant(&nocobase, "mine", mine).await;
    mode(&nocobase, "only-use-union").await;
    let row = async |id: u64| {
        data(nocobase.admin.get(&format!("/api/todos:get/{id}?fields=title,completed")).await)
    };
    let update = async |id: u64, values: Value| {
        let changed = data(bob.post(&format!("/api/todos:update/{id}"), values).await);
        !changed.as_array().unwrap().is_empty()
    };
    // Each on its own: titles everywhere, completion of one's own.
    assert!(update(1, json!({"title": "a"})).await);
    assert!(update(4, json!({"completed": false})).await);
    assert!(!update(1, json!({"completed": true})).await);
    // Together, no role allows it: not even in one's own record.
    assert!(!update(1, json!({"title": "b", "completed": true})).await);
    assert!(!update(4, json!({"title": "b", "completed": true})).await);
    assert_eq!(row(1).await, json!({"title": "a", "completed": false}));
    assert_eq!(row(4).await, json!({"title": "bob's", "completed": false}));
    // What no role lets be written is dropped, as it is in one role.
    let made = data(bob.post("/api/todos:create", json!({"title": "c", "completed": true})).await);
    assert_eq!(row(made["id"].as_u64().unwrap()).await, json!({"title": null, "completed": true}));
}
