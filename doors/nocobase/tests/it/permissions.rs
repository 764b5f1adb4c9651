//! What roles are made of: the ones built in, what each snippet opens, entries and scopes by every address they
//! have, and what anybody signed in may do.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, data, filter, post};

async fn person(nocobase: &Nocobase, role: &str, values: Value) -> Actor {
    nocobase.role(role, values).await;
    nocobase.user(role, &[role]).await.1
}

#[tokio::test]
async fn the_builtin_roles_are_what_the_original_ships() {
    let nocobase = Nocobase::new().await;
    let rows = data(nocobase.admin.get("/api/roles:list?paginate=false").await);
    let role = |name: &str| rows.as_array().unwrap().iter().find(|r| r["name"] == name).unwrap().clone();
    let root = role("root");
    assert_eq!((&root["hidden"], &root["default"]), (&json!(true), &json!(false)));
    let admin = role("admin");
    assert_eq!(admin["strategy"], json!({"actions": ["create", "view", "update", "destroy"]}));
    assert_eq!(
        (&admin["snippets"], &admin["allowConfigure"]),
        (&json!(["pm", "pm.*", "ui.*"]), &json!(true))
    );
    let member = role("member");
    assert_eq!(member["strategy"], json!({"actions": ["view:own"]}));
    assert_eq!((&member["snippets"], &member["default"]), (&json!(["!pm", "!pm.*", "!ui.*"]), &json!(true)));
    // And they mean it.
    nocobase.todos().await;
    let (_, ann) = nocobase.user("ann", &["admin"]).await;
    let made = data(ann.post("/api/todos:create", json!({"title": "x"})).await);
    ann.post(&format!("/api/todos:update/{}", made["id"]), json!({"title": "y"})).await.expect(200);
    assert_eq!(data(post(&ann, &format!("/api/todos:destroy/{}", made["id"])).await), json!(1));
    let (_, mel) = nocobase.user("mel", &["member"]).await;
    assert_eq!(data(mel.get("/api/todos:list").await), json!([]));
    for action in ["create", "update/1"] {
        mel.post(&format!("/api/todos:{action}"), json!({"title": "x"})).await.expect(403);
    }
}

#[tokio::test]
async fn each_snippet_opens_its_own_room_and_no_other() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let rooms: [(&str, &[&str]); 4] = [
        ("pm.api-keys.configuration", &["apiKeys:list"]),
        (
            "pm.acl.roles",
            &[
                "roles:list",
                "roles:get/member",
                "roles/member/users:list",
                "roles/member/dataSourceResources:list",
                "dataSources/main/roles:get?filterByTk=member",
                "dataSources/main/rolesResourcesScopes:list",
            ],
        ),
        ("pm.users", &["users:list", "users:get/1", "users/1/roles:list"]),
        (
            "pm.data-source-manager.data-source-main",
            &["collections:get/todos", "collections/todos/fields:list"],
        ),
    ];
    let opens = async |actor: &Actor, snippets: &[&str], all: bool| {
        for (snippet, paths) in rooms {
            for path in paths {
                let want = if all || snippets.contains(&snippet) { 200 } else { 403 };
                assert_eq!(actor.get(&format!("/api/{path}")).await.code(), want, "{snippets:?} {path}");
            }
        }
    };
    for (at, (snippet, _)) in rooms.iter().enumerate() {
        let actor = person(&nocobase, &format!("only{at}"), json!({"snippets": [snippet]})).await;
        opens(&actor, &[snippet], false).await;
    }
    opens(&person(&nocobase, "all", json!({"snippets": ["pm.*"]})).await, &[], true).await;
    for (name, snippets) in [
        ("screens", json!(["ui.*"])),
        ("page", json!(["pm"])),
        ("docs", json!(["pm.api-doc.documentation"])),
        ("nothing", json!([])),
        ("rejected", json!(["!pm.*", "pm.users", "pm.acl.roles"])),
    ] {
        let values = json!({"snippets": snippets, "strategy": {"actions": ["*"]}});
        opens(&person(&nocobase, name, values).await, &[], false).await;
    }
}

#[tokio::test]
async fn anybody_signed_in_may_ask_who_they_are_and_what_there_is() {
    let nocobase = Nocobase::new().await;
    let actor = person(&nocobase, "nothing", json!({})).await;
    for path in [
        "auth:check",
        "roles:check",
        "collections:list",
        "collections:listMeta",
        "swagger:get",
        "swagger:getUrls",
        "availableActions:list",
    ] {
        actor.get(&format!("/api/{path}")).await.expect(200);
    }
    let actions = data(actor.get("/api/availableActions:list").await);
    let names: Vec<_> = actions.as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["create", "importXlsx", "export", "view", "update", "destroy"]);
    assert_eq!(
        actions[3],
        json!({
            "name": "view", "displayName": "View", "type": "old-data", "aliases": ["get", "list", "query"],
            "allowConfigureFields": true,
        })
    );
    // What one may do names them only.
    let check = data(actor.get("/api/roles:check").await);
    assert_eq!(check["availableActions"], json!(names));
    assert_eq!(
        (&check["actionAlias"]["get"], &check["actionAlias"]["update"]),
        (&json!("view"), &json!("update"))
    );
}

#[tokio::test]
async fn what_one_may_do_says_for_which_records() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let bob = person(&nocobase, "worker", json!({})).await;
    let resources = json!({"resources": [{"name": "todos", "actions": [
        {"name": "view", "fields": ["title"], "scope": {"scope": {"completed": false}}},
        {"name": "update", "scopeKey": "own"},
        {"name": "create"},
    ]}]});
    let path = "/api/roles:applyDataPermissions?filterByTk=worker";
    nocobase.admin.post(path, resources).await.expect(200);
    let actions = &data(bob.get("/api/roles:check").await)["actions"];
    let view = &actions["todos:view"];
    assert_eq!((&view["own"], &view["filter"]), (&json!(false), &json!({"completed": false})));
    assert_eq!(view["fields"], json!(["title", "id", "createdAt", "updatedAt"]), "as answers have them");
    assert_eq!(actions["todos:update"]["own"], json!(true));
    assert_eq!(actions["todos:update"]["filter"]["createdById"], "{{ ctx.state.currentUser.id }}");
    assert_eq!(actions["todos:create"].get("filter"), None);
}

#[tokio::test]
async fn the_default_role_is_chosen_by_its_holder() {
    let nocobase = Nocobase::new().await;
    for name in ["one", "two", "three"] {
        nocobase.role(name, json!({})).await;
    }
    let (_, bob) = nocobase.user("bob", &["one", "two"]).await;
    let acting = async |actor: &Actor| data(actor.get("/api/roles:check").await)["role"].clone();
    assert_eq!(acting(&bob).await, "one");
    bob.post("/api/users:setDefaultRole", json!({"roleName": "two"})).await.expect(200);
    assert_eq!(acting(&bob).await, "two");
    assert_eq!(acting(&bob.header("x-role", "one")).await, "one");
    for values in [
        json!({"roleName": "three"}),
        json!({"roleName": "nope"}),
        json!({}),
        json!({"roleName": "__union__"}),
    ] {
        bob.post("/api/users:setDefaultRole", values).await.expect(400);
    }
    assert_eq!(acting(&bob).await, "two");
}

#[tokio::test]
async fn entries_of_a_role_are_made_found_changed_and_removed() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let bob = person(&nocobase, "worker", json!({"strategy": {"actions": ["view"]}})).await;
    let (admin, base) = (&nocobase.admin, "/api/roles/worker/dataSourceResources");
    let entry = json!({
        "name": "todos", "dataSourceKey": "main", "usingActionsConfig": true,
        "actions": [
            {"name": "view", "fields": ["id", "title", "completed"], "scope": null},
            {"name": "create", "fields": ["title", "completed"]},
            {"name": "update", "fields": ["title"], "scope": {"scope": {"id": 2}}},
            {"name": "destroy"},
        ],
    });
    let made = data(admin.post(&format!("{base}:create"), entry).await);
    assert_eq!(made["usingActionsConfig"], true);
    // What was not said of an action is not in the answer to its making; ids are of the time, and unlike others'.
    assert_eq!((made["actions"][1].get("scope"), made["actions"][1].get("scopeId")), (None, None));
    let now = made["createdAt"].as_str().unwrap().to_owned();
    assert_eq!((&made["updatedAt"], &made["actions"][1]["createdAt"]), (&json!(now), &json!(now)));
    assert!((100_000_000_000_000..1_i64 << 53).contains(&made["id"].as_i64().unwrap()));
    assert_eq!(made["actions"][0]["rolesResourceId"], made["id"]);
    nocobase.world.advance(1_000);
    let query = format!(
        "{}&appends=actions,actions.scope",
        filter(json!({"dataSourceKey": "main", "name": "todos"}))
    );
    let found = data(admin.get(&format!("{base}:get?{query}")).await);
    assert_eq!(found["actions"].as_array().unwrap().len(), 4);
    assert_eq!(found["actions"][2]["scope"]["scope"], json!({"id": 2}));
    assert_eq!(data(admin.get(&format!("{base}:list")).await).as_array().unwrap().len(), 1);
    assert_eq!(data(bob.post("/api/todos:update/1", json!({"title": "x"})).await), json!([]));
    assert_eq!(data(bob.post("/api/todos:update/2", json!({"title": "x"})).await)[0]["title"], "x");
    // The whole list of actions is replaced.
    let path = format!("{base}:update?{}", filter(json!({"name": "todos"})));
    admin
        .post(&path, json!({"usingActionsConfig": true, "actions": [{"name": "view", "fields": null}]}))
        .await
        .expect(200);
    bob.post("/api/todos:update/2", json!({"title": "y"})).await.expect(403);
    let changed = data(admin.get(&format!("{base}:get?{query}")).await);
    assert_eq!((&changed["createdAt"], &changed["actions"][0]["scopeId"]), (&json!(now), &Value::Null));
    assert!(changed["updatedAt"].as_str().unwrap() > now.as_str());
    // Switched off, the strategy counts; the actions are kept.
    admin.post(&path, json!({"usingActionsConfig": false})).await.expect(200);
    bob.get("/api/todos:list").await.expect(200);
    assert_eq!(data(post(admin, &format!("{base}:destroy?filterByTk={}", made["id"])).await), json!(1));
    assert_eq!(data(admin.get(&format!("{base}:list")).await), json!([]));
    for path in ["roles/nope/dataSourceResources:list", "dataSources/other/roles:get?filterByTk=worker"] {
        admin.get(&format!("/api/{path}")).await.expect(404);
    }
}

#[tokio::test]
async fn scopes_are_named_by_id_by_key_or_written_out() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let scopes = "/api/dataSources/main/rolesResourcesScopes";
    let values = json!({"name": "food", "resourceName": "todos", "scope": {"title.$includes": "food"}});
    let made = data(nocobase.admin.post(&format!("{scopes}:create"), values).await);
    let all = data(nocobase.admin.get(&format!("{scopes}:list?sort=id")).await);
    let keys: Vec<_> = all.as_array().unwrap().iter().map(|s| s["key"].as_str().unwrap()).collect();
    assert_eq!(keys[..2], ["all", "own"]);
    assert_eq!(all[1]["scope"], json!({"createdById": "{{ ctx.state.currentUser.id }}"}));
    let bob = person(&nocobase, "worker", json!({})).await;
    for (scope, want) in [
        (json!({"scopeId": made["id"]}), 1),
        (json!({"scopeKey": made["key"]}), 1),
        (json!({"scope": {"id": made["id"]}}), 1),
        (json!({"scope": made["id"]}), 1),
        (json!({"scope": {"scope": {"title": "sleep"}}}), 1),
        (json!({"scopeKey": "all"}), 3),
        (json!({"scopeId": 1}), 3),
        (json!({"scopeKey": "own"}), 0),
        (json!({"scope": null}), 3),
        (json!({}), 3),
    ] {
        let mut action = json!({"name": "view", "fields": null});
        action.as_object_mut().unwrap().extend(scope.as_object().cloned().unwrap());
        let resources = json!({"resources": [{"name": "todos", "actions": [action]}]});
        let path = "/api/roles:applyDataPermissions?filterByTk=worker";
        nocobase.admin.post(path, resources).await.expect(200);
        assert_eq!(data(bob.get("/api/todos:list").await).as_array().unwrap().len(), want, "{scope}");
    }
}

#[tokio::test]
async fn answers_say_which_records_may_be_changed_and_removed_when_asked() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let bob = person(&nocobase, "worker", json!({"strategy": {"actions": ["create"]}})).await;
    bob.post("/api/todos:create", json!({"title": "bob's"})).await.expect(200);
    let resources = json!({"resources": [{"name": "todos", "actions": [
        {"name": "view", "fields": null},
        {"name": "update", "scope": {"scope": {"id.$lte": 2}}},
        {"name": "destroy", "scopeKey": "own"},
    ]}]});
    let path = "/api/roles:applyDataPermissions?filterByTk=worker";
    nocobase.admin.post(path, resources).await.expect(200);
    let asking = bob.header("x-with-acl-meta", "true");
    let meta = async |actor: &Actor, path: &str| actor.get(path).await.expect(200).json()["meta"].clone();
    let list = meta(&asking, "/api/todos:list?sort=id").await;
    assert_eq!(list["allowedActions"], json!({"view": [1, 2, 3, 4], "update": [1, 2], "destroy": [4]}));
    assert_eq!((&list["count"], &list["pageSize"]), (&json!(4), &json!(20)));
    let unpaged = meta(&asking, "/api/todos:list?paginate=false&sort=id").await;
    assert_eq!(unpaged["allowedActions"]["destroy"], json!([4]));
    let one = meta(&asking, "/api/todos:get/4").await;
    assert_eq!(one["allowedActions"], json!({"view": [4], "update": [], "destroy": [4]}));
    let none = meta(&asking, "/api/todos:get/9").await;
    assert_eq!(none["allowedActions"], json!({"view": [], "update": [], "destroy": []}));
    let unnamed = meta(&asking, "/api/todos:list?fields=title").await;
    assert_eq!(unnamed["allowedActions"]["update"], json!([]));
    // It is what the actions themselves say.
    for id in list["allowedActions"]["view"].as_array().unwrap() {
        let may = |name: &str| list["allowedActions"][name].as_array().unwrap().contains(id);
        let changed = data(bob.post(&format!("/api/todos:update/{id}"), json!({"title": "x"})).await);
        assert_eq!(!changed.as_array().unwrap().is_empty(), may("update"), "{id}");
        assert_eq!(
            post(&bob, &format!("/api/todos:destroy/{id}")).await.code() == 200,
            may("destroy"),
            "{id}"
        );
    }
    assert!(meta(&bob, "/api/todos:list").await.get("allowedActions").is_none());
    // A role that may change nothing is told so, where nobody knows whose a record is, too.
    nocobase.admin.post("/api/collections:create", json!({"name": "plain", "fields": []})).await.expect(200);
    nocobase.admin.post("/api/plain:create", json!({})).await.expect(200);
    let values = json!({"strategy": {"actions": ["view", "update:own", "destroy:own"]}});
    let ann = person(&nocobase, "reader", values).await.header("x-with-acl-meta", "true");
    let plain = meta(&ann, "/api/plain:list").await;
    assert_eq!(plain["allowedActions"], json!({"view": [1], "update": [], "destroy": []}));
}
