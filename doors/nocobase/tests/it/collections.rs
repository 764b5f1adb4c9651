//! Collections and fields, and the document about them.

use serde_json::json;

use crate::world::{Nocobase, data, error, filter, post};

#[tokio::test]
async fn a_collection_is_made_shown_changed_and_removed() {
    let nocobase = Nocobase::new().await;
    let made = data(nocobase.admin.post("/api/collections:create", crate::world::todos_collection()).await);
    assert_eq!(
        (&made["name"], &made["title"], &made["filterTargetKey"], &made["hidden"]),
        (&json!("todos"), &json!("Todos"), &json!("id"), &json!(false))
    );
    let fields = made["fields"].as_array().unwrap();
    let title = fields.iter().find(|f| f["name"] == "title").unwrap();
    assert_eq!(
        (&title["type"], &title["interface"], &title["collectionName"]),
        (&json!("string"), &json!("input"), &json!("todos"))
    );
    assert_eq!(title["uiSchema"]["x-component"], "Input", "kept verbatim");
    assert_eq!((&made["createdBy"], &made["unavailableActions"]), (&json!(true), &json!([])));
    assert!(fields.iter().any(|f| f["name"] == "createdBy" && f["target"] == "users"));
    let taken = nocobase.admin.post("/api/collections:create", json!({"name": "todos"})).await;
    assert_eq!(error(&taken), (400, String::new(), "Collection named todos already exists".into()));
    nocobase
        .admin
        .post("/api/collections:update?filterByTk=todos", json!({"title": "To do"}))
        .await
        .expect(200);
    assert_eq!(data(nocobase.admin.get("/api/collections:get/todos").await)["title"], "To do");
    assert_eq!(
        data(nocobase.admin.get("/api/collections:list?fields=name").await),
        json!([{"name": "todos"}])
    );
    assert_eq!(
        data(nocobase.admin.get("/api/collections:listMeta").await)[0]["fields"].as_array().unwrap().len(),
        fields.len()
    );
    assert_eq!(data(post(&nocobase.admin, "/api/collections:destroy?filterByTk=todos").await), json!(1));
    nocobase.admin.get("/api/todos:list").await.expect(404);
}

#[tokio::test]
async fn a_collection_needs_neither_a_name_nor_an_id_field() {
    let nocobase = Nocobase::new().await;
    let made =
        data(nocobase.admin.post("/api/collections:create", json!({"fields": [{"type": "string"}]})).await);
    let name = made["name"].as_str().unwrap();
    assert!(name.starts_with("t_"));
    assert_eq!((&made["title"], &made["createdAt"]), (&json!(null), &json!(false)));
    assert_eq!(made["fields"][0]["name"], "id");
    assert!(made["fields"][1]["name"].as_str().unwrap().starts_with("f_"));
    assert_eq!(data(nocobase.admin.post(&format!("/api/{name}:create"), json!({})).await), json!({"id": 1}));
}

#[tokio::test]
async fn ids_of_the_newer_screens_are_large_numbers() {
    let nocobase = Nocobase::new().await;
    let fields = json!([{"name": "id", "type": "snowflakeId", "primaryKey": true}, {"name": "title", "type": "string"}]);
    nocobase
        .admin
        .post("/api/collections:create", json!({"name": "notes", "fields": fields}))
        .await
        .expect(200);
    let id =
        data(nocobase.admin.post("/api/notes:create", json!({"title": "a"})).await)["id"].as_i64().unwrap();
    assert!((1 << 32..1 << 53).contains(&id), "{id}");
    assert_eq!(data(nocobase.admin.get(&format!("/api/notes:get/{id}")).await)["title"], "a");
}

#[tokio::test]
async fn reserved_names_are_no_collections() {
    let nocobase = Nocobase::new().await;
    for name in ["users", "roles", "apiKeys", "auth"] {
        nocobase.admin.post("/api/collections:create", json!({"name": name})).await.expect(400);
        post(&nocobase.admin, &format!("/api/collections:destroy?filterByTk={name}")).await.expect(403);
        nocobase
            .nobody()
            .call(axum::http::Method::POST, &format!("/api/collections:destroy?filterByTk={name}"), None)
            .await
            .expect(401);
    }
}

#[tokio::test]
async fn fields_are_added_shown_changed_and_removed() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let path = "/api/collections/todos/fields";
    let made = data(
        nocobase
            .admin
            .post(&format!("{path}:create"), json!({"name": "due", "type": "dateOnly", "interface": "date"}))
            .await,
    );
    assert_eq!(
        (&made["name"], &made["type"], &made["collectionName"]),
        (&json!("due"), &json!("dateOnly"), &json!("todos"))
    );
    let taken =
        nocobase.admin.post(&format!("{path}:create"), json!({"name": "due", "type": "string"})).await;
    assert_eq!(
        error(&taken),
        (400, String::new(), "Field name \"due\" already exists in collection \"todos\"".into())
    );
    assert!(made.get("parentKey").is_none());
    nocobase.admin.post("/api/todos:update/1", json!({"due": "2026-12-24"})).await.expect(200);
    let changed = json!({"uiSchema": {"title": "Due"}, "unique": true});
    let changed = data(nocobase.admin.post(&format!("{path}:update?filterByTk=due"), changed).await);
    assert_eq!((&changed[0]["uiSchema"]["title"], &changed[0]["unique"]), (&json!("Due"), &json!(true)));
    nocobase.admin.post("/api/todos:update/2", json!({"due": "2026-12-24"})).await.expect(400);
    let got = data(nocobase.admin.get(&format!("{path}:get?filterByTk=due")).await);
    assert_eq!((&got["type"], got.get("reverseKey")), (&json!("dateOnly"), Some(&json!(null))));
    let listed = data(
        nocobase.admin.get(&format!("{path}:list?fields=name&{}", filter(json!({"type": "string"})))).await,
    );
    assert_eq!(listed, json!([{"name": "title"}]));
    assert_eq!(data(post(&nocobase.admin, &format!("{path}:destroy?filterByTk=due")).await), json!(true));
    assert!(data(nocobase.admin.get("/api/todos:get/1").await).get("due").is_none());
    for unknown in ["teleport", "virtual", "context", "blob"] {
        let values = json!({"name": "x", "type": unknown});
        nocobase.admin.post(&format!("{path}:create"), values).await.expect(400);
    }
}

#[tokio::test]
async fn what_is_not_named_of_how_a_field_looks_stays_as_it_was() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let looks = json!({"title": "Note", "x-component": "Input", "x-component-props": {"a": 1, "b": [1, 2]}});
    let values = json!({"name": "note", "type": "string", "uiSchema": looks});
    let path = "/api/collections/todos/fields";
    nocobase.admin.post(&format!("{path}:create"), values).await.expect(200);
    let said = json!({"uiSchema": {"title": "Remark", "x-component-props": {"b": [3], "c": null}}});
    let changed = data(nocobase.admin.post(&format!("{path}:update?filterByTk=note"), said).await);
    let props = json!({"a": 1, "b": [3], "c": null});
    let want = json!({"title": "Remark", "x-component": "Input", "x-component-props": props});
    assert_eq!(changed[0]["uiSchema"], want);
    assert_eq!(data(nocobase.admin.get(&format!("{path}:get?filterByTk=note")).await)["uiSchema"], want);
}

#[tokio::test]
async fn a_collection_or_field_that_is_not_there_is_a_missing_record() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    for resource in ["collections", "collections/todos/fields"] {
        let update = format!("/api/{resource}:update?filterByTk=nope");
        assert_eq!(data(admin.get(&format!("/api/{resource}:get?filterByTk=nope")).await), json!(null));
        assert_eq!(data(admin.post(&update, json!({"title": "x"})).await), json!([]), "{resource}");
    }
    assert_eq!(data(post(admin, "/api/collections:destroy?filterByTk=nope").await), json!(0));
    let taken = admin.post("/api/collections:create", json!({"name": "Todos"})).await;
    assert_eq!(error(&taken).2, "Collection named todos already exists");
    // Several are removed by one call, and all of them are counted that were there.
    for name in ["a", "b"] {
        admin.post("/api/collections:create", json!({ "name": name })).await.expect(200);
    }
    let several = "/api/collections:destroy?filterByTk[]=a&filterByTk[]=b&filterByTk[]=nope";
    let (_, member) = nocobase.user("bob", &["member"]).await;
    for path in [several, "/api/collections:destroy?filterByTk=nope"] {
        post(&member, path).await.expect(403);
    }
    post(admin, "/api/collections:destroy?filterByTk[]=a&filterByTk[]=users").await.expect(403);
    assert_eq!(data(post(admin, several).await), json!(2));
    post(admin, "/api/collections:destroy").await.expect(400);
}

#[tokio::test]
async fn a_field_changes_its_type_only_where_values_stay_what_they_are() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let path = "/api/collections/todos/fields:update?filterByTk=title";
    let to = async |name: &str| nocobase.admin.post(path, json!({ "type": name })).await;
    for name in ["text", "string", "string"] {
        assert_eq!(data(to(name).await)[0]["type"], name);
    }
    for name in ["integer", "uid", "json", "belongsTo", "teleport"] {
        assert_eq!(error(&to(name).await).0, 400, "{name}");
    }
    let field = data(nocobase.admin.get("/api/collections/todos/fields:get?filterByTk=title").await);
    assert_eq!(field["type"], "string");
}

#[tokio::test]
async fn users_and_roles_are_described_to_who_may_see_the_structure_and_cannot_be_changed() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let users = data(admin.get("/api/collections:get?filterByTk=users&appends=fields").await);
    assert_eq!((&users["name"], &users["filterTargetKey"]), (&json!("users"), &json!("id")));
    let fields = data(admin.get("/api/collections/users/fields:list?paginate=false").await);
    assert_eq!(fields, users["fields"]);
    assert!(fields.as_array().unwrap().iter().all(|field| field["name"] != "password"));
    let field = data(admin.get("/api/collections/users/fields:get?filterByTk=nickname").await);
    assert_eq!((&field["type"], &field["collectionName"]), (&json!("string"), &json!("users")));
    assert_eq!(data(admin.get("/api/collections:get?filterByTk=roles").await)["filterTargetKey"], "name");
    assert_eq!(data(admin.get("/api/collections:get?filterByTk=apiKeys").await), json!(null));
    for (path, status) in [
        ("collections:update?filterByTk=users", 403),
        ("collections:setFields?filterByTk=users", 403),
        ("collections/users/fields:create", 404),
        ("collections/users/fields:update?filterByTk=nickname", 404),
        ("collections/users/fields:destroy?filterByTk=nickname", 404),
    ] {
        admin.post(&format!("/api/{path}"), json!({"name": "x", "fields": []})).await.expect(status);
    }
    let (_, member) = nocobase.user("bob", &["member"]).await;
    for path in ["collections:get?filterByTk=users", "collections/users/fields:list", "fields:list"] {
        member.get(&format!("/api/{path}")).await.expect(403);
    }
}

#[tokio::test]
async fn the_structure_is_changed_only_by_who_may() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (_, member) = nocobase.user("bob", &["member"]).await;
    member.post("/api/collections:create", json!({"name": "x"})).await.expect(403);
    member.post("/api/collections/todos/fields:create", json!({"name": "x"})).await.expect(403);
    post(&member, "/api/collections:destroy?filterByTk=todos").await.expect(403);
    // Everybody who is signed in may know which collections there are …
    assert_eq!(data(member.get("/api/collections:listMeta").await).as_array().unwrap().len(), 1);
    // … but a key only those it can do something in.
    let role = nocobase.world.role("blind", domain::access::Grants::default()).await;
    let issued = nocobase.world.key(|key| key.role = Some(role)).await;
    assert_eq!(
        data(nocobase.nobody().bearer(&issued.secret).get("/api/collections:listMeta").await),
        json!([])
    );
}

#[tokio::test]
async fn the_document_shows_what_the_caller_can_reach() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.admin.post("/api/collections:create", json!({"name": "plain"})).await.expect(200);
    let paths = |document: serde_json::Value| -> Vec<String> {
        document["paths"].as_object().unwrap().keys().cloned().collect()
    };
    let document = nocobase.admin.get("/api/swagger:get?ns=collections%2Ftodos").await.expect(200).json();
    assert_eq!((&document["openapi"], &document["servers"][0]["url"]), (&json!("3.0.3"), &json!("/api/")));
    assert!(document["paths"]["/todos:list"].get("get").is_some());
    assert!(document["paths"]["/todos:move"].get("post").is_some());
    let schemas: Vec<_> = document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(schemas, ["todos", "todos.form", "error"]);
    assert!(document["components"]["schemas"]["todos"]["properties"].get("sort").is_none());
    assert_eq!(
        paths(document),
        [
            "/todos:list",
            "/todos:get",
            "/todos:create",
            "/todos:update",
            "/todos:destroy",
            "/todos:move",
            "/todos:export",
            "/todos:importXlsx",
        ]
    );
    let (_, member) = nocobase.user("bob", &["member"]).await;
    let document = member.get("/api/swagger:get?ns=collections").await.expect(200).json();
    assert_eq!(paths(document), ["/todos:list", "/todos:get", "/plain:list", "/plain:get"]);
    let document = nocobase.admin.get("/api/swagger:get?ns=collections%2Fplain").await.expect(200).json();
    assert!(!paths(document).contains(&"/plain:move".to_owned()), "nothing to move without an order");
    nocobase.nobody().get("/api/swagger:get").await.expect(401);
    for part in ["nonsense", "collections%2Fnonsense", "plugins%2Fnonsense"] {
        nocobase.admin.get(&format!("/api/swagger:get?ns={part}")).await.expect(404);
    }
    let document = nocobase.admin.get("/api/swagger:get?ns=collections%2Ftodos").await.expect(200).json();
    let schema = |path: &str| {
        document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"].clone()
    };
    assert_eq!(schema("/todos:list")["properties"]["meta"]["properties"]["count"]["type"], "integer");
    assert!(schema("/todos:get")["properties"].get("meta").is_none());
    assert_eq!(document["components"]["schemas"]["todos"]["properties"]["id"]["format"], "int64");
    let urls = data(nocobase.admin.get("/api/swagger:getUrls").await).to_string();
    assert!(urls.contains("\"Collection API - Todos\""), "{urls}");
}

#[tokio::test]
async fn what_screens_ask_about_the_application_is_answered() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    let of = |name: &str| filter(json!({ "collectionName": name }));
    let fields = data(admin.get(&format!("/api/fields:list?paginate=false&{}", of("todos"))).await);
    let own = data(admin.get("/api/collections/todos/fields:list?paginate=false").await);
    assert_eq!(fields, own);
    let users = data(admin.get(&format!("/api/fields:list?fields=name&{}", of("users"))).await);
    assert_eq!(users[0], json!({"name": "id"}));
    let listed = data(admin.get("/api/dataSources/main/collections:list?fields=name").await);
    assert_eq!(listed, json!([{"name": "todos"}]));
    admin.get("/api/dataSources/other/collections:list").await.expect(404);
    for path in ["dataSources:list", "dataSources:listEnabled"] {
        assert_eq!(data(admin.get(&format!("/api/{path}")).await)[0]["key"], "main");
        nocobase.nobody().get(&format!("/api/{path}")).await.expect(401);
    }
    assert_eq!(data(admin.get("/api/authenticators:list").await)[0]["name"], "basic");
    assert_eq!(data(nocobase.nobody().get("/api/systemSettings:get").await)["appLang"], "en-US");
}

#[tokio::test]
async fn a_key_is_told_of_no_field_it_can_do_nothing_with() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.role("reader", json!({"snippets": ["pm.api-keys.configuration"]})).await;
    let actions = json!([
        {"name": "view", "fields": ["title"]},
        {"name": "update", "fields": ["completed"]},
    ]);
    let entry = json!({"name": "todos", "usingActionsConfig": true, "actions": actions});
    nocobase.admin.post("/api/roles/reader/dataSourceResources:create", entry).await.expect(200);
    let (_, bob) = nocobase.user("bob", &["reader"]).await;
    let key = nocobase.nobody().bearer(&nocobase.key(&bob, "reader").await);
    let names = |fields: &serde_json::Value| -> Vec<String> {
        let fields = fields.as_array().unwrap().iter();
        fields.map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    let told = data(key.get("/api/collections:listMeta").await);
    let listed = data(key.get("/api/collections:list?appends[]=fields").await);
    for seen in [&told[0]["fields"], &listed[0]["fields"]] {
        let seen = names(seen);
        for name in ["id", "title", "completed", "createdAt"] {
            assert!(seen.iter().any(|seen| seen == name), "{name} in {seen:?}");
        }
        assert!(!seen.iter().any(|seen| seen == "updatedById"), "{seen:?}");
    }
    key.get("/api/collections:get?filterByTk=todos&appends[]=fields").await.expect(403);
    let document = key.get("/api/swagger:get?ns=collections").await.expect(200).json();
    let properties = |schema: &str| -> Vec<String> {
        let schema = &document["components"]["schemas"][schema]["properties"];
        schema.as_object().unwrap().keys().cloned().collect()
    };
    assert!(properties("todos").contains(&"title".to_owned()));
    assert!(!properties("todos").contains(&"completed".to_owned()), "{:?}", properties("todos"));
    assert_eq!(properties("todos.form"), ["completed"]);
    // People see the structure their screens are made of.
    let seen = names(&data(bob.get("/api/collections:listMeta").await)[0]["fields"]);
    assert!(seen.contains(&"updatedById".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn the_document_comes_as_a_whole_or_in_the_parts_that_are_listed() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let urls = data(nocobase.admin.get("/api/swagger:getUrls").await);
    let urls: Vec<&str> = urls.as_array().unwrap().iter().map(|u| u["url"].as_str().unwrap()).collect();
    for url in [
        "/api/swagger:get",
        "/api/swagger:get?ns=core",
        "/api/swagger:get?ns=plugins",
        "/api/swagger:get?ns=collections",
        "/api/swagger:get?ns=plugins%2Fapi-keys",
        "/api/swagger:get?ns=collections%2Ftodos",
    ] {
        assert!(urls.contains(&url), "{url} {urls:?}");
    }
    let mut parts = Vec::new();
    for url in &urls {
        let document = nocobase.admin.get(url).await.expect(200).json();
        assert!(document["components"]["schemas"].get("error").is_some());
        let paths: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
        assert!(!paths.is_empty(), "{url}");
        parts.push((*url, paths));
    }
    let of = |end: &str| &parts.iter().find(|(url, _)| url.ends_with(end)).unwrap().1;
    let sum = of("ns=core").len() + of("ns=plugins").len() + of("ns=collections").len();
    assert_eq!(of("swagger:get").len(), sum);
    assert!(of("ns=plugins%2Fapi-keys").contains(&"/apiKeys:create".to_owned()));
    assert!(of("ns=plugins").contains(&"/users/{sourceId}/roles:add".to_owned()));
    // Who may do less reads of less.
    let (_, member) = nocobase.user("bob", &["member"]).await;
    let document = member.get("/api/swagger:get?ns=plugins").await.expect(200).json();
    assert!(document["paths"].get("/auth:check").is_some() && document["paths"].get("/users:list").is_none());
    let urls = data(member.get("/api/swagger:getUrls").await).to_string();
    assert!(!urls.contains("plugins%2Fapi-keys") && urls.contains("plugins%2Fauth"), "{urls}");
}

#[tokio::test]
async fn an_association_is_kept_with_its_foreign_key() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let owner = json!({"name": "owner", "type": "belongsTo", "target": "users", "foreignKey": "ownerId"});
    nocobase.admin.post("/api/collections/todos/fields:create", owner).await.expect(200);
    nocobase.admin.post("/api/todos:update/1", json!({"ownerId": 1})).await.expect(200);
    let row = data(
        nocobase.admin.get("/api/todos:get/1?fields=id,ownerId,owner,createdBy.username&appends=owner").await,
    );
    assert_eq!((&row["ownerId"], &row["owner"]["id"]), (&json!(1), &json!(1)));
    assert_eq!(row["createdBy"], json!({"username": "admin"}));
    assert_eq!(
        data(post(&nocobase.admin, "/api/collections/todos/fields:destroy?filterByTk=owner").await),
        json!(true)
    );
    let names =
        data(nocobase.admin.get("/api/collections/todos/fields:list?paginate=false&fields=name").await);
    assert!(!names.as_array().unwrap().contains(&json!({"name": "owner"})));
}
