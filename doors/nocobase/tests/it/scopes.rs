//! Scopes kept with a collection: changed and removed, with the roles that name them.

use serde_json::json;

use crate::world::{Nocobase, data, filter, post};

#[tokio::test]
async fn a_changed_scope_changes_its_roles_and_a_removed_one_grants_nothing() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let base = "/api/dataSources/main/rolesResourcesScopes";
    let values = json!({"name": "sleep", "resourceName": "todos", "scope": {"title": "sleep"}});
    let scope = data(nocobase.admin.post(&format!("{base}:create"), values).await)["id"].clone();
    nocobase.role("worker", json!({})).await;
    let resources =
        json!([{"name": "todos", "actions": [{"name": "view", "fields": null, "scopeId": scope}]}]);
    let apply = "/api/roles:applyDataPermissions?filterByTk=worker";
    nocobase.admin.post(apply, json!({"resources": resources})).await.expect(200);
    let (_, bob) = nocobase.user("bob", &["worker"]).await;
    assert_eq!(data(bob.get("/api/todos:list?fields=title").await), json!([{"title": "sleep"}]));

    let update = format!("{base}:update?filterByTk={scope}");
    let changed = nocobase.admin.post(&update, json!({"scope": {"title": "eat food"}})).await;
    assert_eq!(data(changed)[0]["scope"], json!({"title": "eat food"}));
    assert_eq!(data(bob.get("/api/todos:list?fields=title").await), json!([{"title": "eat food"}]));
    nocobase.admin.post(&update, json!({"scope": null})).await.expect(400);
    nocobase.admin.post(&update, json!({"scope": {"title.$nothing": 1}})).await.expect(400);
    assert_eq!(data(nocobase.admin.get(&format!("{base}:get?filterByTk={scope}")).await)["name"], "sleep");

    assert_eq!(data(post(&nocobase.admin, &format!("{base}:destroy?filterByTk={scope}")).await), json!(1));
    bob.get("/api/todos:list").await.expect(403);
    for builtin in [1, 2] {
        post(&nocobase.admin, &format!("{base}:destroy?filterByTk={builtin}")).await.expect(403);
    }
    bob.post(&update, json!({"scope": {}})).await.expect(403);
}

/// What the user behind `$user` sees of `notes`, as a role's scope and as a filter of their own.
async fn seen_through(
    nocobase: &Nocobase,
    user: &test_world::Actor,
    condition: serde_json::Value,
) -> [usize; 2] {
    let scope = json!([{"name": "notes", "actions": [{"name": "view", "fields": null, "scope": {"scope": condition}}]}]);
    let apply = "/api/roles:applyDataPermissions?filterByTk=worker";
    nocobase.admin.post(apply, json!({"resources": scope})).await.expect(200);
    let scoped = data(user.get("/api/notes:list").await).as_array().unwrap().len();
    let all = json!([{"name": "notes", "actions": [{"name": "view", "fields": null}]}]);
    nocobase.admin.post(apply, json!({"resources": all})).await.expect(200);
    let asked = user.get(&format!("/api/notes:list?{}", filter(condition))).await;
    [scoped, data(asked).as_array().unwrap().len()]
}

#[tokio::test]
async fn conditions_may_ask_who_the_user_is() {
    let nocobase = Nocobase::new().await;
    let notes = json!({"name": "notes", "fields": [{"name": "text", "type": "string"}]});
    nocobase.admin.post("/api/collections:create", notes).await.expect(200);
    for text in ["Bob", "555", "de-DE", "worker", "bob@example.org", "bob", "extra"] {
        nocobase.admin.post("/api/notes:create", json!({"text": text})).await.expect(200);
    }
    for name in ["worker", "extra", "nickname"] {
        nocobase.role(name, json!({})).await;
    }
    let (id, bob) = nocobase.user("bob", &["worker", "extra"]).await;
    let values = json!({"nickname": "Bob", "phone": "555", "appLang": "de-DE", "email": "bob@example.org"});
    nocobase.admin.post(&format!("/api/users:update?filterByTk={id}"), values).await.expect(200);
    bob.post("/api/users:setDefaultRole", json!({"roleName": "worker"})).await.expect(200);
    for name in [
        "$user.nickname",
        "$user.phone",
        "$user.appLang",
        "$user.email",
        "$user.username",
        "ctx.state.currentUser.nickname",
        "currentUser.phone",
        "$nRole",
        "ctx.state.currentRole",
    ] {
        let condition = json!({"text": format!("{{{{ {name} }}}}")});
        assert_eq!(seen_through(&nocobase, &bob, condition).await, [1, 1], "{name}");
    }
    // The roles are a list: one of them, or none of them.
    for (condition, want) in [
        (json!({"text.$in": "{{$user.roles.name}}"}), 2),
        (json!({"text": "{{$user.roles}}"}), 2),
        (json!({"text.$notIn": "{{$user.roles.name}}"}), 5),
        (json!({"text.$ne": "{{$user.roles.name}}"}), 5),
    ] {
        assert_eq!(seen_through(&nocobase, &bob, condition.clone()).await, [want; 2], "{condition}");
    }
    let greater = filter(json!({"text.$gt": "{{$user.roles.name}}"}));
    bob.get(&format!("/api/notes:list?{greater}")).await.expect(400);
    for unknown in ["{{$user.password}}", "{{$user.extra}}", "{{$env.SECRET}}", "{{$user.roles.strategy}}"] {
        bob.get(&format!("/api/notes:list?{}", filter(json!({"text": unknown})))).await.expect(400);
    }
}

#[tokio::test]
async fn a_condition_on_what_the_user_does_not_have_is_never_met() {
    let nocobase = Nocobase::new().await;
    let notes = json!({"name": "notes", "fields": [{"name": "text", "type": "string"}]});
    nocobase.admin.post("/api/collections:create", notes).await.expect(200);
    nocobase.admin.post("/api/notes:create", json!({"text": null})).await.expect(200);
    nocobase.admin.post("/api/notes:create", json!({"text": "x"})).await.expect(200);
    nocobase.role("worker", json!({})).await;
    let (_, bob) = nocobase.user("bob", &["worker"]).await;
    for name in ["$user.phone", "$user.nickname", "$user.email"] {
        let variable = format!("{{{{{name}}}}}");
        for condition in [
            json!({"text": variable}),
            json!({"text.$ne": variable}),
            json!({"$not": {"text": variable}}),
            json!({"$or": [{"text": "x"}, {"text": variable}]}),
        ] {
            assert_eq!(seen_through_or_refused(&nocobase, &bob, &condition).await, 0, "{condition}");
        }
    }
}

/// Records seen through a scope; a scope that can never be met may be a refusal as well.
async fn seen_through_or_refused(
    nocobase: &Nocobase,
    user: &test_world::Actor,
    condition: &serde_json::Value,
) -> usize {
    let scope = json!([{"name": "notes", "actions": [{"name": "view", "fields": null, "scope": {"scope": condition}}]}]);
    let apply = "/api/roles:applyDataPermissions?filterByTk=worker";
    nocobase.admin.post(apply, json!({"resources": scope})).await.expect(200);
    let reply = user.get("/api/notes:list").await;
    if reply.code() == 403 { 0 } else { data(reply).as_array().unwrap().len() }
}
