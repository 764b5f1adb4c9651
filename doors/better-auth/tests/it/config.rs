//! Configurations and settings, seen from outside.

use serde_json::json;

use crate::world::{Auth, code};

#[tokio::test]
async fn without_a_default_configuration_its_absence_is_said() {
    let only = r#"[{"configId":"public"}]"#;
    let auth =
        Auth::with(|s| s.configurations = door_better_auth::Configurations::parse(only).unwrap()).await;
    let ada = auth.person("ada").await;
    let create =
        async |body: serde_json::Value| code(&ada.actor.post("/api/auth/api-key/create", body).await);
    assert_eq!(create(json!({})).await, "400 NO_DEFAULT_API_KEY_CONFIGURATION_FOUND");
    assert_eq!(create(json!({"configId": "public"})).await, "200 ");
}

#[tokio::test]
async fn header_keys_are_ignored_where_no_configuration_takes_them_for_sessions() {
    let auth = Auth::with(|s| s.configurations = door_better_auth::Configurations::default()).await;
    auth.nobody().header("x-api-key", "anything").get("/api/auth/ok").await.expect(200);
}

#[tokio::test]
async fn over_https_cookies_are_secure() {
    let auth = Auth::with(|s| s.base_url = "https://keys.example".to_owned()).await;
    let body = json!({"name": "A", "email": "a@example.org", "password": crate::world::PASSWORD});
    let reply = auth.nobody().post("/api/auth/sign-up/email", body).await.expect(200);
    let cookie = reply.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Secure-better-auth.session_token=") && cookie.contains("; Secure"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap();
    let session = auth.nobody().header("cookie", pair).get("/api/auth/get-session").await.json();
    assert_eq!(session["user"]["name"], "A");
}
