//! What is said of people, their roles and their keys, as the original says it.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, PASSWORD, data, door, error, filter, post, refused, signed_in};

async fn roleless(nocobase: &Nocobase) -> Actor {
    let (id, bob) = nocobase.user("bob", &["member"]).await;
    post(&nocobase.admin, &format!("/api/users/{id}/roles:remove?filterByTk=member")).await.expect(200);
    bob
}

#[tokio::test]
async fn whoever_holds_no_role_gets_nowhere_except_out_again() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let bob = roleless(&nocobase).await;
    for path in [
        "todos:list",
        "users:list",
        "apiKeys:list",
        "collections:list",
        "collections:listMeta",
        "dataSources:list",
        "roles:check",
        "swagger:get",
        "swagger:getUrls",
    ] {
        let reply = bob.get(&format!("/api/{path}")).await;
        assert_eq!(refused(&reply), (401, "USER_HAS_NO_ROLES_ERR".into()), "{path}");
    }
    assert_eq!(data(bob.get("/api/auth:check").await)["username"], "bob");
    post(&bob, "/api/auth:signOut").await.expect(200);
    // Who holds every right by birth needs none.
    nocobase.admin.get("/api/collections:list").await.expect(200);
}

#[tokio::test]
async fn the_list_of_keys_says_how_often_each_was_used() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let used = nocobase.nobody().bearer(&nocobase.key(&nocobase.admin, "admin").await);
    nocobase.key(&nocobase.admin, "admin").await;
    for _ in 0..3 {
        used.get("/api/todos:list").await.expect(200);
    }
    nocobase.world.advance(90_000);
    used.get("/api/todos:get/1").await.expect(200);
    nocobase.world.guard.flush().await.unwrap();
    let keys = data(nocobase.admin.get("/api/apiKeys:list?sort=id").await);
    assert_eq!((&keys[0]["requestCount"], &keys[1]["requestCount"]), (&json!(4), &json!(0)));
    assert!(keys[0]["lastUsedAt"].is_string() && keys[1]["lastUsedAt"].is_null());
    let busiest = data(nocobase.admin.get("/api/apiKeys:list?sort=-requestCount&fields=id").await);
    assert_eq!(busiest[0]["id"], keys[0]["id"]);
    // Of many keys it is added up another way.
    for _ in 0..70 {
        nocobase.key(&nocobase.admin, "admin").await;
    }
    let keys = data(nocobase.admin.get("/api/apiKeys:list?sort=id&pageSize=100").await);
    assert_eq!((&keys[0]["requestCount"], &keys[1]["requestCount"]), (&json!(4), &json!(0)));
    assert_eq!(keys.as_array().unwrap().len(), 72);
}

#[tokio::test]
async fn a_lifetime_is_shown_as_a_text_whatever_it_came_as() {
    let nocobase = Nocobase::new().await;
    for span in [json!(3600), json!("30d"), json!("never")] {
        let values = json!({"name": "k", "role": {"name": "admin"}, "expiresIn": span});
        nocobase.admin.post("/api/apiKeys:create", values).await.expect(200);
    }
    let shown = data(nocobase.admin.get("/api/apiKeys:list?sort=id&fields=expiresIn").await);
    assert_eq!(shown, json!([{"expiresIn": "3600"}, {"expiresIn": "30d"}, {"expiresIn": "never"}]));
}

#[tokio::test]
async fn a_user_says_who_made_and_changed_them_and_when_their_password_changed() {
    let nocobase = Nocobase::new().await;
    let (boss, manager) = nocobase.user("boss", &["admin"]).await;
    let values = json!({"username": "eve", "password": PASSWORD, "roles": ["member"]});
    let made = data(manager.post("/api/users:create", values).await);
    assert_eq!((&made["createdById"], &made["updatedById"]), (&json!(boss), &json!(boss)));
    assert_eq!(made["roles"][0]["name"], "member", "who names roles is told them");
    for unset in ["phone", "appLang", "passwordChangeTz", "nickname", "email", "password"] {
        assert_eq!(made.get(unset), None, "{unset}");
    }
    let bare = json!({"username": "ann", "password": PASSWORD});
    assert_eq!(data(manager.post("/api/users:create", bare).await).get("roles"), None);
    let path = format!("/api/users:update/{}", made["id"]);
    let forged = json!({"password": "another one entirely", "createdById": 99, "updatedById": 99});
    let changed = data(nocobase.admin.post(&path, forged).await);
    assert_eq!((&changed[0]["createdById"], &changed[0]["updatedById"]), (&json!(boss), &json!(1)));
    assert!(changed[0]["passwordChangeTz"].is_i64());
    assert_eq!(changed[0]["phone"], Value::Null, "answers other than of a create are whole");
}

#[tokio::test]
async fn users_need_a_name_to_be_found_by_an_address_that_is_one_and_a_password_of_eight() {
    let nocobase = Nocobase::new().await;
    for values in [
        json!({"nickname": "only"}),
        json!({"username": "u", "email": "no address"}),
        json!({"username": "u", "password": "short"}),
        json!({"username": "bad@name", "password": PASSWORD}),
        json!({"username": "bad name", "password": PASSWORD}),
    ] {
        nocobase.admin.post("/api/users:create", values).await.expect(400);
    }
}

#[tokio::test]
async fn people_describe_themselves_and_give_themselves_nothing() {
    let nocobase = Nocobase::new().await;
    let (id, bob) = nocobase.user("bob", &["member"]).await;
    let values = json!({
        "nickname": "Bob", "phone": "123", "email": "Bob@example.org", "appLang": "de-DE",
        "roles": ["admin"], "password": "another one entirely", "root": true, "id": 1, "createdById": 7,
    });
    let own = data(bob.post("/api/users:updateProfile?filterByTk=1", values).await);
    assert_eq!(
        (&own[0]["id"], &own[0]["nickname"], &own[0]["phone"]),
        (&json!(id), &json!("Bob"), &json!("123"))
    );
    assert_eq!((&own[0]["email"], &own[0]["appLang"]), (&json!("bob@example.org"), &json!("de-DE")));
    assert_eq!(own[0]["createdById"], 1);
    bob.post("/api/users:updateLang", json!({"appLang": "en-US"})).await.expect(200);
    let check = data(bob.get("/api/auth:check").await);
    assert_eq!((&check["appLang"], &check["nickname"]), (&json!("en-US"), &json!("Bob")));
    assert_eq!(check["roles"].as_array().unwrap().len(), 1);
    signed_in(&nocobase.nobody(), "bob").await;
    assert_eq!(data(nocobase.admin.get("/api/users:get/1").await)["nickname"], Value::Null);
    let key = nocobase.nobody().bearer(&nocobase.key(&nocobase.admin, "admin").await);
    key.post("/api/users:updateProfile", json!({"nickname": "x"})).await.expect(403);
    bob.post("/api/users:updateProfile", json!({"email": "admin@example.org"})).await.expect(400);
    nocobase.nobody().post("/api/users:updateProfile", json!({"nickname": "x"})).await.expect(401);
}

#[tokio::test]
async fn without_a_wish_and_a_default_one_acts_in_the_first_role_by_name() {
    let nocobase = Nocobase::new().await;
    for name in ["zebra", "aardvark"] {
        nocobase.role(name, json!({})).await;
    }
    let (_, bob) = nocobase.user("bob", &["zebra", "member", "aardvark"]).await;
    let check = data(bob.get("/api/roles:check").await);
    assert_eq!((&check["role"], &check["roles"]), (&json!("aardvark"), &json!(["aardvark"])));
    bob.post("/api/users:setDefaultRole", json!({"roleName": "zebra"})).await.expect(200);
    assert_eq!(data(bob.get("/api/roles:check").await)["role"], "zebra");
}

#[tokio::test]
async fn a_new_role_is_answered_as_far_as_something_was_said_of_it() {
    let nocobase = Nocobase::new().await;
    let made = data(nocobase.admin.post("/api/roles:create", json!({"name": "worker"})).await);
    for unset in ["title", "description", "strategy", "allowConfigure", "allowNewMenu"] {
        assert_eq!(made.get(unset), None, "{unset}");
    }
    let again = nocobase.admin.post("/api/roles:create", json!({"name": "worker"})).await;
    assert_eq!(error(&again), (400, String::new(), "Role UID already exists".into()));
    let titled = json!({"name": "a", "title": "Titled"});
    assert_eq!(data(nocobase.admin.post("/api/roles:create", titled).await)["title"], "Titled");
    let again = nocobase.admin.post("/api/roles:create", json!({"name": "b", "title": "Titled"})).await;
    assert_eq!(error(&again), (400, String::new(), "Role name already exists".into()));
    let member = data(nocobase.admin.get("/api/roles:get/member").await);
    assert_eq!(member["allowNewMenu"], true);
}

#[tokio::test]
async fn roles_of_a_user_say_how_they_are_held() {
    let nocobase = Nocobase::new().await;
    let (id, bob) = nocobase.user("bob", &["member", "admin"]).await;
    bob.post("/api/users:setDefaultRole", json!({"roleName": "member"})).await.expect(200);
    let roles = data(nocobase.admin.get(&format!("/api/users/{id}/roles:list?sort=name")).await);
    let held = |name: &str, default: bool| json!({"userId": id, "roleName": name, "default": default.then_some(true)});
    assert_eq!(roles[0]["rolesUsers"], held("admin", false));
    assert_eq!(roles[1]["rolesUsers"], held("member", true));
    let check = data(bob.get("/api/auth:check").await);
    let own =
        |name: &str| check["roles"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap().clone();
    assert_eq!(
        (&own("admin")["rolesUsers"], &own("member")["rolesUsers"]),
        (&held("admin", false), &held("member", true))
    );
    let root = data(nocobase.admin.get("/api/auth:check").await);
    let roles = root["roles"].as_array().unwrap();
    assert!(!roles.is_empty() && roles.iter().all(|role| role["rolesUsers"]["default"].is_null()));
    let unknown = nocobase.admin.get(&format!("/api/users/{id}/roles:list?sort=nothing")).await;
    assert_eq!(error(&unknown).2, "Invalid SQL column or table reference");
}

#[tokio::test]
async fn parts_of_the_roles_of_users_bring_these_parts_and_no_more() {
    let nocobase = Nocobase::new().await;
    let (id, _) = nocobase.user("bob", &["member"]).await;
    let bob = filter(json!({"id": id}));
    let parts = async |fields: &str| {
        data(nocobase.admin.get(&format!("/api/users:list?{bob}&{fields}")).await)[0].clone()
    };
    let names = json!({"username": "bob", "roles": [{"name": "member"}]});
    assert_eq!(parts("fields[]=username&fields[]=roles.name").await, names);
    assert!(parts("fields[]=roles").await["roles"][0]["title"].is_string());
    assert!(parts("fields[]=roles&fields[]=roles.name").await["roles"][0]["title"].is_string());
}

#[tokio::test]
async fn a_role_that_is_not_there_is_given_to_nobody() {
    let nocobase = Nocobase::new().await;
    let (id, _) = nocobase.user("bob", &["member"]).await;
    let reply = post(&nocobase.admin, &format!("/api/users/{id}/roles:add?filterByTk=nope")).await;
    assert_eq!(error(&reply), (400, String::new(), "roles: there is no role \"nope\"".into()));
    let roles = data(nocobase.admin.get(&format!("/api/users/{id}/roles:list")).await);
    assert_eq!(roles.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn several_permissions_at_once_are_answered_with_their_actions() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.role("worker", json!({})).await;
    let actions = json!([{"name": "view", "fields": ["title"], "scopeKey": "own"}]);
    let values = json!({"resources": [{"name": "todos", "actions": actions}]});
    let path = "/api/roles:applyDataPermissions?filterByTk=worker";
    let answer = data(nocobase.admin.post(path, values).await);
    assert_eq!((&answer["roleName"], &answer["dataSourceKey"]), (&json!("worker"), &json!("main")));
    assert_eq!((&answer["count"], &answer["resources"][0]["name"]), (&json!(1), &json!("todos")));
    let action = &answer["resources"][0]["actions"][0];
    assert_eq!(action["name"], "view");
    assert_eq!((&action["fields"], &action["scopeId"]), (&json!(["title"]), &json!(2)));
}

#[tokio::test]
async fn the_permission_screen_is_told_which_collections_a_role_has_entries_for() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.admin.post("/api/collections:create", json!({"name": "notes"})).await.expect(200);
    nocobase.role("worker", json!({})).await;
    let entry = json!({"name": "todos", "usingActionsConfig": true, "actions": []});
    nocobase.admin.post("/api/roles/worker/dataSourceResources:create", entry).await.expect(200);
    let wanted = filter(json!({"dataSourceKey": "main"}));
    let path = format!("/api/roles/worker/dataSourcesCollections:list?sort=name&{wanted}");
    let rows = data(nocobase.admin.get(&path).await);
    let said = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        (text("collectionName"), text("usingConfig"), row["exists"] == true, row["fields"].is_array())
    };
    assert_eq!(said(&rows[0]), ("notes".into(), "strategy".into(), false, true));
    assert_eq!(said(&rows[1]), ("todos".into(), "resourceAction".into(), true, true));
    assert_eq!((&rows[1]["title"], &rows[1]["roleName"]), (&json!("Todos"), &json!("worker")));
    let (_, bob) = nocobase.user("bob", &["member"]).await;
    bob.get(&path).await.expect(403);
}

#[tokio::test]
async fn a_strategy_to_view_opens_no_list_of_people() {
    let nocobase = Nocobase::new().await;
    nocobase.role("reader", json!({"strategy": {"actions": ["view"]}})).await;
    let (_, bob) = nocobase.user("bob", &["reader"]).await;
    bob.get("/api/users:list").await.expect(403);
    bob.get("/api/users/1/roles:list").await.expect(403);
}

#[tokio::test]
async fn the_document_names_the_path_of_ones_own() {
    let nocobase = Nocobase::new().await;
    let servers =
        async |actor: &Actor| actor.get("/api/swagger:get").await.expect(200).json()["servers"].clone();
    assert_eq!(
        servers(&nocobase.admin).await,
        json!([{"url": "/api/"}, {"url": "http://keyward.test/api/"}])
    );
    let own = door(&nocobase.world, |settings| {
        settings.base_path = door_nocobase::BasePath::parse("/nocobase/api");
    });
    let admin = signed_in(&nocobase.world.nobody(own), "admin").await;
    assert_eq!(
        servers(&admin).await,
        json!([
            {"url": "/nocobase/api/"}, {"url": "http://keyward.test/nocobase/api/"},
            {"url": "/api/"}, {"url": "http://keyward.test/api/"},
        ])
    );
}

#[tokio::test]
async fn names_no_row_has_are_refused_where_all_rows_are_alike() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase
        .admin
        .post("/api/roles/member/dataSourceResources:create", json!({"name": "todos"}))
        .await
        .expect(200);
    nocobase.key(&nocobase.admin, "admin").await;
    for list in [
        "users:list",
        "roles:list",
        "apiKeys:list",
        "users/1/roles:list",
        "roles/member/users:list",
        "roles/member/dataSourceResources:list",
        "dataSources/main/rolesResourcesScopes:list",
    ] {
        nocobase.admin.get(&format!("/api/{list}")).await.expect(200);
        let odd = filter(json!({"password": {"$startsWith": "$"}}));
        for query in ["sort=nothing", "fields=nothing", &odd] {
            let reply = nocobase.admin.get(&format!("/api/{list}?{query}")).await;
            assert_eq!(error(&reply).2, "Invalid SQL column or table reference", "{list} {query}");
        }
    }
    // Collections and fields hold what screens gave them: a name that none has was given to none.
    let hidden = filter(json!({"logging": true}));
    assert_eq!(data(nocobase.admin.get(&format!("/api/collections:list?{hidden}")).await), json!([]));
}
