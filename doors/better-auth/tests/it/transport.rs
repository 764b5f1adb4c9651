//! What every request goes through first: path, media type, JSON, origin.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Auth, code};

#[tokio::test]
async fn an_unknown_path_method_or_slash_is_an_empty_404() {
    let auth = Auth::new().await;
    let nobody = auth.nobody();
    for (method, path) in [
        (Method::GET, "/api/auth/nope"),
        (Method::GET, "/api/auth/ok/"),
        (Method::POST, "/api/auth/ok"),
        (Method::HEAD, "/api/auth/ok"),
        (Method::OPTIONS, "/api/auth/ok"),
        (Method::GET, "/api/auth/api-key/create"),
        (Method::GET, "/api/auth/delete-user"),
        (Method::GET, "/api/auth"),
    ] {
        let reply = nobody.call(method.clone(), path, None).await;
        assert_eq!(
            (reply.code(), reply.bytes.len(), reply.header("content-type")),
            (404, 0, None),
            "{method} {path}"
        );
    }
    let ok = nobody.get("/api/auth/ok").await.expect(200);
    assert_eq!((ok.text().as_str(), ok.header("content-type")), (r#"{"ok":true}"#, Some("application/json")));
}

#[tokio::test]
async fn the_media_type_and_the_json_are_checked_before_anything_else() {
    let auth = Auth::new().await;
    let nobody = auth.nobody();
    let create = "/api/auth/api-key/create";
    let reply = nobody.raw(Method::POST, create, Some("text/plain"), "{}").await.expect(415).json();
    assert_eq!(
        reply,
        json!({"message": "Content-Type \"text/plain\" is not allowed. Allowed types: application/json",
               "code": "UNSUPPORTED_MEDIA_TYPE"})
    );
    let form = "application/x-www-form-urlencoded";
    assert_eq!(
        code(&nobody.raw(Method::POST, create, Some(form), "a=1").await),
        "415 UNSUPPORTED_MEDIA_TYPE"
    );
    let reply = nobody.raw(Method::POST, create, Some("application/json"), "{").await.expect(400).json();
    assert_eq!(reply, json!({"message": "Invalid JSON in request body", "code": "BAD_REQUEST"}));
    let reply = nobody.raw(Method::POST, create, None, "").await.expect(400).json();
    assert_eq!(reply["message"], "[body] Invalid input: expected object, received undefined");
    let nothing = nobody.raw(Method::POST, create, Some("text/plain"), "").await;
    assert_eq!(code(&nothing), "400 VALIDATION_ERROR", "nothing has no type");
    let kind = Some("application/json; charset=utf-8");
    assert_eq!(code(&nobody.raw(Method::POST, create, kind, "{}").await), "401 UNAUTHORIZED_SESSION");
    nobody.raw(Method::POST, "/api/auth/sign-out", None, "").await.expect(200);
}

#[tokio::test]
async fn a_form_signs_up_and_in() {
    let auth = Auth::new().await;
    let form = Some("application/x-www-form-urlencoded");
    let body = "name=Ada+L&email=Ada%40example.org&password=correct+horse&rememberMe=true";
    let reply =
        auth.nobody().raw(Method::POST, "/api/auth/sign-up/email", form, body).await.expect(200).json();
    assert_eq!(
        (&reply["user"]["name"], &reply["user"]["email"]),
        (&json!("Ada L"), &json!("ada@example.org"))
    );
    auth.nobody().raw(Method::POST, "/api/auth/sign-in/email", form, body).await.expect(200);
}

#[tokio::test]
async fn a_cookie_needs_a_trusted_origin_even_beside_a_bearer() {
    let auth = Auth::with(|s| s.trusted_origins = vec!["https://app.example".to_owned()]).await;
    let ada = auth.person("ada").await;
    let with_cookie = ada.actor.header("cookie", "any=1");
    let post = async |actor: &test_world::Actor| {
        code(&actor.post("/api/auth/revoke-other-sessions", json!({})).await)
    };
    assert_eq!(post(&with_cookie).await, "403 MISSING_OR_NULL_ORIGIN");
    assert_eq!(post(&with_cookie.header("origin", "https://evil.example")).await, "403 INVALID_ORIGIN");
    assert_eq!(post(&with_cookie.header("origin", "https://app.example")).await, "200 ");
    assert_eq!(post(&ada.actor).await, "200 ");
    with_cookie.get("/api/auth/get-session").await.expect(200);
}

#[tokio::test]
async fn faults_of_the_body_are_told_to_anybody_and_a_bad_key_header_beats_them() {
    let auth = Auth::new().await;
    let nobody = auth.nobody();
    assert_eq!(code(&nobody.post("/api/auth/api-key/delete", json!({})).await), "400 VALIDATION_ERROR");
    let short = nobody.header("x-api-key", "short");
    assert_eq!(code(&short.post("/api/auth/api-key/delete", json!({})).await), "403 INVALID_API_KEY");
    let unknown = nobody.header("x-api-key", &"a".repeat(64));
    assert_eq!(code(&unknown.get("/api/auth/ok").await), "401 INVALID_API_KEY");
}

#[tokio::test]
async fn with_the_limit_of_production_guessing_is_slowed() {
    let auth = Auth::with(|s| s.ip_rate_limit = true).await;
    let body = json!({"email": "nobody@example.org", "password": "wrong password"});
    for _ in 0..3 {
        auth.nobody().post("/api/auth/sign-in/email", body.clone()).await.expect(401);
    }
    let slowed = auth.nobody().post("/api/auth/sign-in/email", body).await.expect(429);
    assert_eq!(slowed.header("content-type"), Some("text/plain;charset=UTF-8"));
    assert_eq!(slowed.header("x-retry-after"), Some("10"));
    let said: Value = serde_json::from_slice(&slowed.bytes).unwrap();
    assert_eq!(said, json!({"message": "Too many requests. Please try again later."}));
}
