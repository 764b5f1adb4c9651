//! Keys that stand for sessions, and what they must not become.

use serde_json::{Value, json};

use crate::world::{Auth, PASSWORD, code};

#[tokio::test]
async fn a_key_in_the_header_is_its_owner_and_every_request_is_a_use() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"remaining": 3})).await;
    let actor = auth.nobody().header("x-api-key", key["key"].as_str().unwrap());
    let session = actor.get("/api/auth/get-session").await.expect(200).json();
    assert_eq!(session["user"]["id"], json!(ada.id));
    assert_eq!((&session["session"]["id"], &session["session"]["token"]), (&key["id"], &key["key"]));
    assert_eq!(session["session"]["expiresAt"], "2026-11-29T12:00:00.000Z");
    actor.get("/api/auth/ok").await.expect(200);
    let listed = actor.get("/api/auth/api-key/list").await.expect(200).json();
    assert_eq!(listed["apiKeys"][0]["remaining"], 0);
    assert_eq!(code(&actor.get("/api/auth/ok").await), "429 USAGE_EXCEEDED");
    assert_eq!(code(&actor.get("/api/auth/ok").await), "401 INVALID_API_KEY");
}

#[tokio::test]
async fn refusals_are_answers_and_name_the_same_codes() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let limited = auth.key(&ada, json!({"rateLimitMax": 1})).await;
    let actor = auth.nobody().header("x-api-key", limited["key"].as_str().unwrap());
    actor.get("/api/auth/ok").await.expect(200);
    let refused = actor.get("/api/auth/ok").await.expect(429).json();
    assert_eq!(
        (&refused["code"], &refused["details"]),
        (&json!("RATE_LIMITED"), &json!({"tryAgainIn": 86_400_000}))
    );
    let off = auth.key(&ada, json!({})).await;
    ada.actor
        .post("/api/auth/api-key/update", json!({"keyId": off["id"], "enabled": false}))
        .await
        .expect(200);
    let actor = auth.nobody().header("x-api-key", off["key"].as_str().unwrap());
    assert_eq!(code(&actor.post("/api/auth/sign-in/email", json!({})).await), "401 KEY_DISABLED");
    let brief = auth.key(&ada, json!({"configId": "brief", "expiresIn": 1})).await;
    auth.world.advance(1_001);
    let actor = auth.nobody().header("x-brief", brief["key"].as_str().unwrap());
    assert_eq!(code(&actor.get("/api/auth/ok").await), "401 KEY_EXPIRED");
    assert_eq!(code(&actor.get("/api/auth/ok").await), "401 INVALID_API_KEY");
    let public = auth.key(&ada, json!({"configId": "public", "name": "p"})).await;
    let actor = auth.nobody().header("x-api-key", public["key"].as_str().unwrap());
    assert_eq!(
        code(&actor.get("/api/auth/ok").await),
        "401 INVALID_API_KEY",
        "of a configuration without sessions"
    );
    let foreign = json!({"userId": "customer-42"});
    let foreign = auth.server().post("/api/auth/api-key/create", foreign).await.json();
    let actor = auth.nobody().header("x-api-key", foreign["key"].as_str().unwrap());
    assert_eq!(code(&actor.get("/api/auth/ok").await), "401 INVALID_REFERENCE_ID_FROM_API_KEY");
}

#[tokio::test]
async fn a_key_never_becomes_more_than_it_is() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"rateLimitEnabled": false, "expiresIn": 86_400})).await;
    let actor = auth.nobody().header("x-api-key", key["key"].as_str().unwrap());
    assert_eq!(code(&actor.get("/api/auth/list-sessions").await), "403 KEY_CANNOT_DO_THIS");
    for (path, body) in [
        ("change-password", json!({"currentPassword": PASSWORD, "newPassword": "another password"})),
        ("update-user", json!({"name": "Mallory"})),
        ("revoke-sessions", json!({})),
        ("revoke-other-sessions", json!({})),
        ("revoke-session", json!({"token": ada.token})),
        ("organization/create", json!({"name": "o", "slug": "o"})),
    ] {
        assert_eq!(
            code(&actor.post(&format!("/api/auth/{path}"), body).await),
            "403 KEY_CANNOT_DO_THIS",
            "{path}"
        );
    }
    assert_ne!(ada.actor.get("/api/auth/get-session").await.json(), Value::Null);
    let create = "/api/auth/api-key/create";
    assert_eq!(code(&actor.post(create, json!({})).await), "403 FORBIDDEN", "one without an end");
    actor.post(create, json!({"expiresIn": 86_400})).await.expect(200);
    let update = json!({"keyId": key["id"], "expiresIn": null});
    assert_eq!(code(&actor.post("/api/auth/api-key/update", update).await), "403 FORBIDDEN");
    let limited = auth.key(&ada, json!({"remaining": 5})).await;
    let actor = auth.nobody().header("x-api-key", limited["key"].as_str().unwrap());
    assert_eq!(code(&actor.post(create, json!({})).await), "403 FORBIDDEN", "a quota cannot be escaped");
}

#[tokio::test]
async fn whoever_is_banned_ends_no_keys_and_does_nothing_else_by_session_or_by_key() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let (key, other) = (auth.key(&ada, json!({})).await, auth.key(&ada, json!({})).await);
    let actor = auth.nobody().header("x-api-key", key["key"].as_str().unwrap());
    auth.switch_off(&ada).await;
    let delete = "/api/auth/api-key/delete";
    let end = json!({"keyId": other["id"]});
    assert_eq!(code(&ada.actor.post(delete, end.clone()).await), "401 USER_BANNED");
    assert_eq!(code(&ada.actor.post(delete, json!({})).await), "400 VALIDATION_ERROR");
    assert_eq!(code(&auth.nobody().post(delete, end.clone()).await), "401 UNAUTHORIZED");
    assert_eq!(code(&actor.post(delete, end).await), "401 USER_BANNED");
    assert_eq!(code(&actor.get("/api/auth/api-key/list").await), "401 USER_BANNED");
    assert_eq!(code(&ada.actor.get("/api/auth/api-key/list").await), "401 UNAUTHORIZED");
    assert_eq!(ada.actor.get("/api/auth/get-session").await.json(), Value::Null);
    assert!(auth.world.guard.find(&domain::secret::Secret::new(other["key"].as_str().unwrap())).is_some());
}

#[tokio::test]
async fn at_other_doors_a_key_of_an_administrator_is_nobody() {
    let auth = Auth::new().await;
    let root = auth.world.root_user("root").await;
    let session = auth.world.session(&root).await;
    let made =
        auth.nobody().bearer(&session).post("/api/auth/api-key/create", json!({})).await.expect(200).json();
    let checked = auth.world.check(
        made["key"].as_str().unwrap(),
        domain::access::Op::KeyManage,
        guard::PlaceName::Server,
    );
    assert!(checked.await.is_err());
}
