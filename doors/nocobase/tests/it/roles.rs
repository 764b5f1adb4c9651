//! Roles over the wire: strategies, resource entries, scopes, and who may hand out what.

use domain::access::Op;
use guard::PlaceName;
use keys::RoleChange;
use serde_json::{Value, json};
use test_world::{Actor, World};

use crate::world::{Nocobase, data, error, filter, post};

/// `todos` with one record of the administrator's and one of bob's, and bob, who holds `worker`.
async fn with_worker(role: Value) -> (Nocobase, Actor) {
    let nocobase = Nocobase::new().await;
    nocobase.admin.post("/api/collections:create", crate::world::todos_collection()).await.expect(200);
    nocobase
        .admin
        .post("/api/todos:create", json!({"title": "the boss's", "completed": true}))
        .await
        .expect(200);
    nocobase.role("worker", json!({"strategy": {"actions": ["create"]}})).await;
    let (_, bob) = nocobase.user("bob", &["worker"]).await;
    bob.post("/api/todos:create", json!({"title": "bob's"})).await.expect(200);
    nocobase.admin.post("/api/roles:update?filterByTk=worker", role).await.expect(200);
    (nocobase, bob)
}

async fn entry(nocobase: &Nocobase, actions: Value) {
    let values =
        json!({"name": "todos", "dataSourceKey": "main", "usingActionsConfig": true, "actions": actions});
    nocobase.admin.post("/api/roles/worker/dataSourceResources:create", values).await.expect(200);
}

fn titles(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|r| r["title"].as_str().unwrap_or("-")).collect()
}

#[tokio::test]
async fn own_in_a_strategy_means_the_records_one_created() {
    let actions = json!({"strategy": {"actions": ["view:own", "update:own", "destroy:own"]}});
    let (_nocobase, bob) = with_worker(actions).await;
    let list = bob.get("/api/todos:list").await.expect(200).json();
    assert_eq!((titles(&list["data"]), &list["meta"]["count"]), (vec!["bob's"], &json!(1)));
    // What is not visible is not there; what may not be removed is refused.
    assert_eq!(data(bob.get("/api/todos:get/1").await), json!(null));
    assert_eq!(data(bob.post("/api/todos:update/1", json!({"title": "x"})).await), json!([]));
    assert_eq!(
        error(&post(&bob, "/api/todos:destroy/1").await),
        (403, String::new(), "No permissions".into())
    );
    post(&bob, "/api/todos:destroy?filterByTk[]=1&filterByTk[]=2").await.expect(403);
    assert_eq!(data(bob.post("/api/todos:update/2", json!({"title": "y"})).await)[0]["title"], "y");
    assert_eq!(data(post(&bob, "/api/todos:destroy/2").await), json!(1));
}

#[tokio::test]
async fn own_is_refused_where_nobody_knows_whose_a_record_is() {
    let (nocobase, bob) = with_worker(json!({"strategy": {"actions": ["view:own"]}})).await;
    let plain = json!({"name": "plain", "fields": [{"name": "title", "type": "string"}]});
    nocobase.admin.post("/api/collections:create", plain).await.expect(200);
    bob.get("/api/plain:list").await.expect(403);
}

#[tokio::test]
async fn an_entry_for_a_collection_replaces_the_strategy_there() {
    let (nocobase, bob) = with_worker(json!({"strategy": {"actions": ["*"]}})).await;
    entry(&nocobase, json!([{"name": "view", "fields": null}])).await;
    bob.get("/api/todos:list").await.expect(200);
    bob.post("/api/todos:create", json!({"title": "x"})).await.expect(403);
    post(&bob, "/api/todos:destroy/2").await.expect(403);
    // Without the entry, the strategy counts again.
    let path = format!("/api/roles/worker/dataSourceResources:destroy?{}", filter(json!({"name": "todos"})));
    assert_eq!(data(post(&nocobase.admin, &path).await), json!(1));
    bob.post("/api/todos:create", json!({"title": "x"})).await.expect(200);
}

#[tokio::test]
async fn fields_that_may_not_be_seen_or_written_are_dropped_and_may_not_be_asked_about() {
    let (nocobase, bob) = with_worker(json!({})).await;
    entry(&nocobase, json!([{"name": "view", "fields": ["title"]}, {"name": "create", "fields": ["title"]}, {"name": "update", "fields": ["title"]}])).await;
    let row = data(bob.get("/api/todos:get/1").await);
    let names: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["id", "title", "createdAt", "updatedAt", "createdById"]);
    assert_eq!(
        data(bob.get("/api/todos:get/1?fields=title,completed").await),
        json!({"title": "the boss's"})
    );
    for query in ["filter[completed]=true", "sort=completed", "sort=-completed"] {
        bob.get(&format!("/api/todos:list?{query}")).await.expect(403);
    }
    assert_eq!(
        data(bob.get("/api/todos:get/1?except=title").await).get("title"),
        None,
        "also of what may be seen"
    );
    bob.post("/api/todos:create", json!({"title": "c", "completed": true})).await.expect(200);
    assert_eq!(data(nocobase.admin.get("/api/todos:get/3").await)["completed"], json!(null));
    bob.post("/api/todos:update/1", json!({"title": "d", "completed": false})).await.expect(200);
    assert_eq!(data(nocobase.admin.get("/api/todos:get/1").await)["completed"], json!(true));
}

#[tokio::test]
async fn a_view_for_which_nothing_was_ticked_shows_nothing() {
    for action in [json!({"name": "view"}), json!({"name": "view", "fields": []})] {
        let (nocobase, bob) = with_worker(json!({})).await;
        entry(&nocobase, json!([action])).await;
        let row = data(bob.get("/api/todos:get/1").await);
        let names: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["id", "createdAt", "updatedAt", "createdById"]);
        bob.get("/api/todos:list?sort=title").await.expect(403);
    }
}

#[tokio::test]
async fn scopes_narrow_an_action_to_rows() {
    let (nocobase, bob) = with_worker(json!({})).await;
    entry(&nocobase, json!([{"name": "view", "fields": null}, {"name": "update", "scope": {"id": 2}}, {"name": "destroy", "scopeKey": "own"}])).await;
    assert_eq!(data(bob.get("/api/todos:list").await).as_array().unwrap().len(), 2);
    assert_eq!(data(bob.post("/api/todos:update/1", json!({"title": "x"})).await), json!([]));
    post(&bob, "/api/todos:destroy/1").await.expect(403);
    assert_eq!(
        data(bob.post("/api/todos:update/2", json!({"title": "x"})).await).as_array().unwrap().len(),
        1
    );

    let scope = json!({"name": "open", "resourceName": "todos", "scope": {"completed.$isFalsy": true}});
    let id =
        data(nocobase.admin.post("/api/dataSources/main/rolesResourcesScopes:create", scope).await)["id"]
            .clone();
    let path = format!("/api/roles/worker/dataSourceResources:update?{}", filter(json!({"name": "todos"})));
    let changed = json!({"actions": [{"name": "view", "fields": null, "scope": {"id": id}}]});
    nocobase.admin.post(&path, changed).await.expect(200);
    assert_eq!(titles(&data(bob.get("/api/todos:list").await)), ["x"]);

    let path = format!(
        "/api/roles/worker/dataSourceResources:get?{}&appends=actions,actions.scope",
        filter(json!({"name": "todos", "dataSourceKey": "main"}))
    );
    let shown = data(nocobase.admin.get(&path).await);
    assert_eq!(shown["actions"][0]["scope"]["scope"], json!({"completed.$isFalsy": true}));
    let listed = data(nocobase.admin.get("/api/dataSources/main/rolesResourcesScopes:list").await);
    assert_eq!(listed.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_scope_nobody_knows_is_refused_and_not_taken_for_everything() {
    let (nocobase, _) = with_worker(json!({})).await;
    for scope in [json!({"id": 99}), json!({"key": "mine"}), json!({"title": "x"}), json!("own")] {
        let actions = json!([{"name": "view", "fields": null, "scope": scope}]);
        let values = json!({"name": "todos", "usingActionsConfig": true, "actions": actions});
        nocobase.admin.post("/api/roles/worker/dataSourceResources:create", values).await.expect(400);
    }
    let inline = json!([{"name": "view", "fields": null, "scope": {"scope": {"title.$wat": 1}}}]);
    let values = json!({"name": "todos", "usingActionsConfig": true, "actions": inline});
    nocobase.admin.post("/api/roles/worker/dataSourceResources:create", values).await.expect(400);
    let list = data(nocobase.admin.get("/api/roles/worker/dataSourceResources:list").await);
    assert_eq!(list, json!([]));
}

#[tokio::test]
async fn several_collections_are_given_in_one_call() {
    let (nocobase, bob) = with_worker(json!({})).await;
    let resources = json!({"resources": [{"name": "todos", "actions": [{"name": "view", "fields": ["title"], "scopeKey": "own"}]}]});
    nocobase.admin.post("/api/roles:applyDataPermissions?filterByTk=worker", resources).await.expect(200);
    assert_eq!(titles(&data(bob.get("/api/todos:list").await)), ["bob's"]);
    let strategy = json!({"roleName": "worker", "dataSourceKey": "main", "strategy": {"actions": ["view"]}});
    nocobase.admin.post("/api/dataSources/main/roles:update?filterByTk=worker", strategy).await.expect(200);
    let shown = data(nocobase.admin.get("/api/dataSources/main/roles:get?filterByTk=worker").await);
    assert_eq!(shown["strategy"]["actions"], json!(["view"]));
    assert_eq!(titles(&data(bob.get("/api/todos:list").await)), ["bob's"], "the entry still replaces it");
}

#[tokio::test]
async fn saving_two_collections_at_once_loses_neither() {
    let (nocobase, _) = with_worker(json!({})).await;
    let save = |name: String| {
        let admin = nocobase.admin.clone();
        async move {
            let values = json!({"name": name, "usingActionsConfig": true, "actions": [{"name": "view", "fields": null}]});
            admin.post("/api/roles/worker/dataSourceResources:create", values).await.expect(200);
        }
    };
    let (a, b, c) =
        (tokio::spawn(save("a".into())), tokio::spawn(save("b".into())), tokio::spawn(save("c".into())));
    for task in [a, b, c] {
        task.await.unwrap();
    }
    let list = data(nocobase.admin.get("/api/roles/worker/dataSourceResources:list").await);
    assert_eq!(list.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn builtin_roles_stay_and_nobody_is_raised_above_the_caller() {
    let nocobase = Nocobase::new().await;
    for role in ["root", "admin", "member"] {
        post(&nocobase.admin, &format!("/api/roles:destroy?filterByTk={role}")).await.expect(403);
    }
    nocobase
        .admin
        .post("/api/roles:update?filterByTk=root", json!({"strategy": {"actions": []}}))
        .await
        .expect(403);
    let (id, _) = nocobase.user("bob", &[]).await;
    let (_, deputy) = nocobase.user("deputy", &["admin"]).await;
    deputy.post(&format!("/api/users/{id}/roles:add"), json!(["root"])).await.expect(403);
    nocobase.role("clerk", json!({"snippets": ["pm.acl.roles", "pm.users"]})).await;
    let (_, clerk) = nocobase.user("clerk", &["clerk"]).await;
    clerk
        .post("/api/roles:create", json!({"name": "more", "strategy": {"actions": ["*"]}}))
        .await
        .expect(403);
    clerk.post(&format!("/api/users/{id}/roles:add"), json!(["admin"])).await.expect(403);
    assert_eq!(data(nocobase.admin.get("/api/roles:get/more").await), json!(null));
}

#[tokio::test]
async fn a_role_made_elsewhere_is_shown_and_not_overwritten() {
    let nocobase = Nocobase::new().await;
    let grants = test_world::World::everywhere(domain::access::Op::RecordRead.bit());
    nocobase.world.role("native", grants.clone()).await;
    assert_eq!(data(nocobase.admin.get("/api/roles:get/native").await)["name"], "native");
    nocobase.admin.post("/api/roles:update?filterByTk=native", json!({"title": "Native"})).await.expect(200);
    nocobase
        .admin
        .post("/api/roles:update?filterByTk=native", json!({"strategy": {"actions": []}}))
        .await
        .expect(400);
    assert_eq!(nocobase.world.store.role_by_name("native").await.unwrap().unwrap().grants, grants);
}

#[tokio::test]
async fn names_and_titles_of_roles_are_unique_and_a_name_can_be_made_up() {
    let nocobase = Nocobase::new().await;
    let made = data(nocobase.admin.post("/api/roles:create", json!({"title": "One"})).await);
    assert!(made["name"].as_str().unwrap().starts_with("r_"));
    assert_eq!(made["snippets"], json!(["!pm", "!pm.*", "!ui.*"]));
    nocobase.admin.post("/api/roles:create", json!({"title": "One"})).await.expect(400);
    nocobase.admin.post("/api/roles:create", json!({"name": "admin"})).await.expect(400);
    nocobase.admin.post("/api/roles:create", json!({"name": "a b"})).await.expect(400);
}

#[tokio::test]
async fn users_are_made_found_changed_and_removed() {
    let nocobase = Nocobase::new().await;
    let values = json!({"username": "bob", "nickname": "Bob", "email": "bob@example.org", "phone": "1", "password": "a good password"});
    let made = nocobase.admin.post("/api/users:create", values.clone()).await.expect(200);
    assert!(!made.text().contains("password\":\"") && !made.text().contains("argon2"));
    let id = made.json()["data"]["id"].as_i64().unwrap();
    nocobase.admin.post("/api/users:create", values).await.expect(400);
    nocobase.admin.post("/api/users:create", json!({"username": "x", "password": "short"})).await.expect(400);
    let found = data(
        nocobase
            .admin
            .get(&format!("/api/users:list?{}&appends=roles", filter(json!({"username": "bob"}))))
            .await,
    );
    assert_eq!((&found[0]["id"], &found[0]["roles"][0]["name"]), (&json!(id), &json!("member")));
    let by_role = |role: &str| format!("/api/users:list?filter[roles.name]={role}&fields[]=id");
    assert_eq!(data(nocobase.admin.get(&by_role("member")).await), json!([{"id": 1}, {"id": id}]));
    assert_eq!(data(nocobase.admin.get(&by_role("root")).await), json!([{"id": 1}]));
    assert_eq!(data(nocobase.admin.get(&by_role("nobody")).await), json!([]));
    let asked = data(nocobase.admin.get(&format!("{}&fields[]=roles.name", by_role("root"))).await);
    let roles = asked[0]["roles"].as_array().unwrap();
    assert!(roles.iter().any(|role| role["name"] == "root") && asked[0].get("email").is_none());
    let changed = data(
        nocobase
            .admin
            .post(&format!("/api/users:update?filterByTk={id}"), json!({"nickname": "Robert", "phone": "2"}))
            .await,
    );
    assert_eq!((&changed[0]["nickname"], &changed[0]["phone"]), (&json!("Robert"), &json!("2")));
    assert_eq!(data(nocobase.admin.get("/api/users:list?page=2&pageSize=1").await)[0]["id"], id);
    assert_eq!(data(post(&nocobase.admin, &format!("/api/users:destroy?filterByTk={id}")).await), json!(1));
    assert_eq!(data(nocobase.admin.get(&format!("/api/users:get/{id}")).await), json!(null));
    post(&nocobase.admin, "/api/users:destroy?filterByTk=1").await.expect(403);
}

#[tokio::test]
async fn rights_taken_away_elsewhere_are_not_brought_back_by_an_edit_here() {
    let nocobase = Nocobase::new().await;
    let full = json!({"strategy": {"actions": ["create", "view", "update", "destroy"]}});
    nocobase.role("worker", full).await;
    let root = nocobase.world.allowed(Op::RoleManage, PlaceName::Server).await;
    let only_reading = World::everywhere(Op::RecordRead.bit());
    for name in ["worker", "member"] {
        let role = nocobase.world.keys.role(&root, name).await.unwrap();
        let change = RoleChange { grants: Some(only_reading.clone()), ..RoleChange::default() };
        nocobase.world.keys.update_role(&root, role.id, change).await.unwrap();
        let update = format!("/api/roles:update?filterByTk={name}");
        nocobase.admin.post(&update, json!({"snippets": ["ui.*"]})).await.expect(400);
        // What says nothing about rights can still be edited.
        nocobase.admin.post(&update, json!({"description": "reads"})).await.expect(200);
        let after = nocobase.world.keys.role(&root, name).await.unwrap();
        assert_eq!((after.grants, after.description.as_deref()), (only_reading.clone(), Some("reads")));
    }
}

#[tokio::test]
async fn an_update_cannot_carry_a_record_out_of_its_scope() {
    let (nocobase, bob) = with_worker(json!({})).await;
    let scope = json!({"scope": {"title": "bob's"}});
    entry(&nocobase, json!([{"name": "view", "fields": null}, {"name": "update", "scope": scope}])).await;
    assert_eq!(data(bob.post("/api/todos:update/2", json!({"completed": true})).await)[0]["completed"], true);
    bob.post("/api/todos:update/2", json!({"title": "nobody's"})).await.expect(403);
    assert_eq!(data(bob.get("/api/todos:get/2").await)["title"], "bob's");
}
