//! Scopes kept with a collection: changed and removed, with the roles that name them.

use serde_json::json;

use crate::world::{Nocobase, data, post};

#[tokio::test]
async fn a_changed_scope_changes_its_roles_and_a_removed_one_grants_nothing() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let base = "/api/dataSources/main/rolesResourcesScopes";
    let values = json!({"name": "sleep", "resourceName": "todos", "scope": {"title": "sleep"}});
    let scope = data(nocobase.admin.post(&format!("{base}:create"), values).await)["id"].clone();
    nocobase.role("worker", json!({})).await;
    let resources = json!([{"name": "todos", "actions": [{"name": "view", "scopeId": scope}]}]);
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
