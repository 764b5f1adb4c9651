//! The todos guide, from the collection to the denied call, as its readers walk it.

use serde_json::json;

use crate::world::{Nocobase, data, error, post, refused};

#[tokio::test]
async fn the_todos_guide_works_from_the_first_step_to_the_last() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;

    // 2.3: a role with full access to the collection, and a dedicated user who holds it.
    nocobase
        .role("todosApi", json!({"title": "To Dos API Role", "snippets": ["pm.api-keys.configuration"]}))
        .await;
    let actions: Vec<_> = ["view", "create", "update", "destroy"]
        .map(|name| json!({"name": name, "fields": ["id", "title", "completed"]}))
        .into();
    let entry =
        json!({"name": "todos", "dataSourceKey": "main", "usingActionsConfig": true, "actions": actions});
    nocobase.admin.post("/api/roles/todosApi/dataSourceResources:create", entry).await.expect(200);
    let (user_id, user) = nocobase.user("todos-api-user", &[]).await;
    nocobase.admin.post(&format!("/api/users/{user_id}/roles:set"), json!(["todosApi"])).await.expect(200);
    let check = data(user.get("/api/roles:check").await);
    assert_eq!(
        (&check["role"], &check["allowAll"], &check["resources"]),
        (&json!("todosApi"), &json!(false), &json!(["todos"]))
    );

    // 2.4: the key, shown once.
    let token = nocobase.key(&user, "todosApi").await;
    let listed = user.get("/api/apiKeys:list?appends[]=role&sort[]=-createdAt&pageSize=20").await;
    assert!(!listed.text().contains(&token));
    let key = nocobase.nobody().bearer(&token);

    // 3.2: list, create, update, delete.
    let list = key.get("/api/todos:list").await.expect(200).json();
    let titles: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|r| r["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["eat food", "sleep", "play games"]);
    assert_eq!(list["meta"], json!({"count": 3, "page": 1, "pageSize": 20, "totalPage": 1}));
    let made = data(key.post("/api/todos:create", json!({"title": "read"})).await);
    assert_eq!((&made["id"], &made["createdById"]), (&json!(4), &json!(user_id)));
    let changed = data(key.post("/api/todos:update?filterByTk=4", json!({"completed": true})).await);
    assert_eq!((changed.as_array().unwrap().len(), &changed[0]["completed"]), (1, &json!(true)));
    assert_eq!(data(post(&key, "/api/todos:destroy/4").await), json!(1));
    assert_eq!(data(key.get("/api/todos:get/4").await), json!(null));

    // 3.3: a wrong key, and a denied call.
    let wrong =
        nocobase.nobody().bearer(&format!("{}AAAA", token.strip_suffix(&token[token.len() - 4..]).unwrap()));
    assert_eq!(refused(&wrong.get("/api/todos:list").await), (401, "INVALID_TOKEN".into()));
    let denied = key.get("/api/users:list").await;
    assert_eq!(error(&denied), (403, String::new(), "No permissions".into()));
    // The refusal can be looked up by the id in its header.
    let id = denied.header("x-decision-id").unwrap().parse().unwrap();
    assert_eq!(nocobase.world.guard.refusal(id).unwrap().op, Some(domain::access::Op::UserManage));
}

#[tokio::test]
async fn a_role_given_to_oneself_can_be_chosen_for_a_key() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.role("todosApi", json!({"strategy": {"actions": ["view"]}})).await;
    let values = json!({"name": "k", "role": {"name": "todosApi"}, "expiresIn": "never"});
    let refused = nocobase.admin.post("/api/apiKeys:create", values.clone()).await;
    assert_eq!(error(&refused), (400, String::new(), "Role not found".into()));
    post(&nocobase.admin, "/api/users/1/roles:add?filterByTk=todosApi").await.expect(200);
    let token =
        data(nocobase.admin.post("/api/apiKeys:create", values).await)["token"].as_str().unwrap().to_owned();
    let key = nocobase.nobody().bearer(&token);
    assert_eq!(data(key.get("/api/todos:list").await).as_array().unwrap().len(), 3);
    key.post("/api/todos:create", json!({"title": "x"})).await.expect(403);
}

#[tokio::test]
async fn a_session_acts_in_one_role_at_a_time() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.role("reader", json!({"strategy": {"actions": ["view"]}})).await;
    let (_, user) = nocobase.user("bob", &["member", "reader"]).await;
    let count = |reply: test_world::Reply| reply.expect(200).json()["meta"]["count"].clone();
    user.post("/api/users:setDefaultRole", json!({"roleName": "member"})).await.expect(200);
    assert_eq!(count(user.get("/api/todos:list").await), 0, "a member sees own records only");
    assert_eq!(count(user.header("x-role", "reader").get("/api/todos:list").await), 3);
    let foreign = user.header("x-role", "admin").get("/api/todos:list").await;
    assert_eq!(refused(&foreign), (401, "ROLE_NOT_FOUND_FOR_USER".into()));
    user.header("x-role", "anonymous").get("/api/todos:list").await.expect(403);
}
