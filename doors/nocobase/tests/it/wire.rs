//! What is the same for every action: methods, paths, headers.

use axum::http::Method;
use serde_json::json;

use crate::world::{Nocobase, data, door, error, refused, signed_in};

#[tokio::test]
async fn a_get_never_writes() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    for path in [
        "todos:create",
        "todos:update?filterByTk=1",
        "todos:destroy/1",
        "apiKeys:destroy?filterByTk=1",
        "auth:signOut",
        "collections:destroy?filterByTk=todos",
    ] {
        nocobase.admin.get(&format!("/api/{path}")).await.expect(405);
        nocobase.admin.call(Method::HEAD, &format!("/api/{path}"), None).await.expect(405);
    }
    nocobase.admin.call(Method::TRACE, "/api/todos:list", None).await.expect(405);
    assert_eq!(data(nocobase.admin.get("/api/todos:list").await).as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_only_for_those_who_may_ask() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    for path in [
        "todos:count",
        "nothing:list",
        "todos",
        "todos/1:get",
        "users/1/todos:list",
        "roles:nonsense",
        "apiKeys:get/1",
        "a/b/c/d:list",
    ] {
        let reply = nocobase.admin.get(&format!("/api/{path}")).await;
        assert_eq!(error(&reply).0, 404, "{path}");
    }
    nocobase.admin.header("x-data-source", "elsewhere").get("/api/todos:list").await.expect(404);
    assert_eq!(refused(&nocobase.nobody().get("/api/nothing:list").await), (401, "EMPTY_TOKEN".into()));
}

#[tokio::test]
async fn the_token_is_read_in_every_spelling_of_the_header() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let token = nocobase.key(&nocobase.admin, "admin").await;
    for value in [format!("Bearer {token}"), format!("bearer   {token}"), token.clone()] {
        nocobase.nobody().header("authorization", &value).get("/api/todos:list").await.expect(200);
    }
    for (value, code) in [
        ("Basic abc".to_owned(), "INVALID_TOKEN"),
        ("Bearer".to_owned(), "EMPTY_TOKEN"),
        (format!("Bearer {token} x"), "INVALID_TOKEN"),
    ] {
        let got = nocobase.nobody().header("authorization", &value).get("/api/todos:list").await;
        assert_eq!(refused(&got), (401, code.to_owned()), "{value}");
    }
}

#[tokio::test]
async fn every_answer_has_a_decision_id() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    for path in ["todos:list", "nothing", "todos:list?page=0", "users:list"] {
        for actor in [&nocobase.admin, &nocobase.nobody()] {
            let reply = actor.get(&format!("/api/{path}")).await;
            assert!(reply.header("x-decision-id").is_some_and(|id| id.len() == 36), "{path}");
        }
    }
}

#[tokio::test]
async fn a_form_is_a_body_and_other_types_are_none() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let form = "application/x-www-form-urlencoded";
    let made = nocobase
        .admin
        .raw(Method::POST, "/api/todos:create", Some(form), "title=a+form&completed=true")
        .await;
    assert_eq!(data(made)["title"], "a form");
    let text =
        nocobase.admin.raw(Method::POST, "/api/todos:create", Some("text/plain"), "{\"title\":\"no\"}").await;
    assert!(data(text).get("title").is_none());
    let quiet = nocobase.admin.raw(Method::POST, "/api/todos:create", Some("application/json"), "").await;
    assert_eq!(data(quiet)["id"], json!(6));
}

#[tokio::test]
async fn addresses_without_an_action_are_only_served_below_a_base_path_of_ones_own() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let router = door(&nocobase.world, |settings| {
        settings.base_path = door_nocobase::BasePath::parse("/nocobase/api");
    });
    let admin = signed_in(&nocobase.world.nobody(router), "admin").await;
    for path in ["/api/todos", "/api/todos/1", "/api/resourcer/todos:list"] {
        admin.get(path).await.expect(404);
    }
    let base = "/nocobase/api";
    assert_eq!(data(admin.get(&format!("{base}/todos")).await).as_array().unwrap().len(), 3);
    assert_eq!(data(admin.get(&format!("{base}/todos/1")).await)["id"], 1);
    assert_eq!(data(admin.get(&format!("{base}/resourcer/todos:get?filterByTk=1")).await)["id"], 1);
    for path in ["resourcer/users.roles:list?associatedIndex=1", "resourcer/users/1/roles:list"] {
        assert_eq!(data(admin.get(&format!("{base}/{path}")).await)[0]["name"], "admin", "{path}");
        admin.get(&format!("/api/{path}")).await.expect(404);
    }
    let made = data(admin.post(&format!("{base}/todos"), json!({"title": "new"})).await);
    let path = format!("{base}/todos/{}", made["id"]);
    assert_eq!(data(admin.put(&path, json!({"title": "a"})).await)[0]["title"], "a");
    assert_eq!(data(admin.patch(&path, json!({"title": "b"})).await)[0]["title"], "b");
    assert_eq!(data(admin.delete(&path).await), json!(1));
    admin.delete(&format!("{base}/todos")).await.expect(400);
    admin.post(&path, json!({})).await.expect(404);
    assert_eq!(data(admin.get(&format!("{base}/users/1/roles")).await)[0]["name"], "admin");
    // The plain forms are served at both.
    for base in ["/api", base] {
        assert_eq!(data(admin.get(&format!("{base}/todos:list")).await).as_array().unwrap().len(), 3);
    }
    // Nobody gets in here who would not there.
    nocobase.world.nobody(nocobase.router.clone()).get("/nocobase/api/todos").await.expect(404);
}

#[tokio::test]
async fn every_answer_has_an_id_and_says_so_to_pages() {
    let nocobase = Nocobase::new().await;
    for path in ["/api/auth:check", "/api/nothing:list", "/api/app:getInfo"] {
        let reply = nocobase.admin.header("origin", "https://page.example").get(path).await;
        let id = reply.header("x-request-id").unwrap();
        assert_eq!((id.len(), Some(id)), (36, reply.header("x-decision-id")), "{path}");
        assert!(reply.header("access-control-expose-headers").unwrap().contains("x-request-id"));
    }
}

#[tokio::test]
async fn what_clients_ask_before_anybody_is_signed_in_is_answered() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.nobody();
    let basic = data(nobody.get("/api/authenticators:publicList").await)[0].clone();
    assert_eq!((&basic["name"], &basic["authType"]), (&json!("basic"), &json!("Email/Password")));
    assert_eq!(basic["options"]["allowSignUp"], false);
    assert_eq!(data(nobody.get("/api/app:getLang").await)["lang"], "en-US");
    assert_eq!(data(nobody.get("/api/app:getInfo").await)["name"], "main");
}
