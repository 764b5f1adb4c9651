//! Signing in and out, and who one is.

use serde_json::json;
use test_world::WorldOptions;

use crate::world::{Nocobase, PASSWORD, data, error, post, refused, signed_in};

#[tokio::test]
async fn signing_in_takes_the_name_or_the_email_and_answers_no_password() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.nobody();
    for values in [
        json!({"account": "admin", "password": PASSWORD}),
        json!({"account": "admin@example.org", "password": PASSWORD}),
        json!({"email": "admin@example.org", "password": PASSWORD}),
    ] {
        let answer = nobody.post("/api/auth:signIn", values).await.expect(200);
        assert_eq!(answer.json()["data"]["user"]["username"], "admin");
        assert!(!answer.text().contains("argon2"));
    }
    let wrong =
        nobody.post("/api/auth:signIn", json!({"account": "admin", "password": "wrong password"})).await;
    let unknown =
        nobody.post("/api/auth:signIn", json!({"account": "nobody", "password": "wrong password"})).await;
    assert_eq!(
        error(&wrong),
        (401, String::new(), "The username/email or password is incorrect, please re-enter".into())
    );
    assert_eq!(error(&wrong), error(&unknown), "an answer does not tell whether the account exists");
    let none = nobody.post("/api/auth:signIn", json!({"password": "x"})).await;
    assert_eq!(error(&none), (400, String::new(), "Please enter your username or email".into()));
}

#[tokio::test]
async fn a_signed_out_token_is_blocked_and_so_is_a_key_that_signs_out() {
    let nocobase = Nocobase::new().await;
    let session = signed_in(&nocobase.nobody(), "admin").await;
    post(&session, "/api/auth:signOut").await.expect(200);
    assert_eq!(refused(&session.get("/api/auth:check").await), (401, "BLOCKED_TOKEN".into()));
    let token = nocobase.key(&nocobase.admin, "admin").await;
    let key = nocobase.nobody().bearer(&token);
    assert_eq!(data(key.get("/api/auth:check").await)["username"], "admin");
    assert_eq!(post(&key, "/api/auth:signOut").await.expect(200).json(), json!({}));
    assert_eq!(refused(&key.get("/api/auth:check").await), (401, "BLOCKED_TOKEN".into()));
}

#[tokio::test]
async fn an_old_sign_in_is_over() {
    let nocobase = Nocobase::new().await;
    nocobase.world.advance(domain::limits::SESSION_LIFE_MS + 1);
    assert_eq!(refused(&nocobase.admin.get("/api/auth:check").await), (401, "EXPIRED_SESSION".into()));
}

#[tokio::test]
async fn a_password_is_changed_by_its_person_and_never_by_a_key() {
    let nocobase = Nocobase::new().await;
    let (_, user) = nocobase.user("bob", &["admin"]).await;
    let values = |old: &str| json!({"oldPassword": old, "newPassword": "another one entirely", "confirmPassword": "another one entirely"});
    let key = nocobase.nobody().bearer(&nocobase.key(&user, "admin").await);
    key.post("/api/auth:changePassword", values(PASSWORD)).await.expect(403);
    user.post("/api/auth:changePassword", values("not the old one")).await.expect(401);
    let unlike =
        json!({"oldPassword": PASSWORD, "newPassword": "another one", "confirmPassword": "yet another"});
    user.post("/api/auth:changePassword", unlike).await.expect(400);
    user.post("/api/auth:changePassword", values(PASSWORD)).await.expect(200);
    user.get("/api/auth:check").await.expect(401);
}

#[tokio::test]
async fn strangers_make_accounts_only_where_the_operator_says_so() {
    let values = json!({"username": "eve", "password": PASSWORD, "confirm_password": PASSWORD});
    let closed = Nocobase::new().await;
    let answer = closed.nobody().post("/api/auth:signUp", values.clone()).await;
    assert_eq!(error(&answer), (403, String::new(), "Not allowed to sign up".into()));
    let open = Nocobase::with(WorldOptions { signup_open: true, ..WorldOptions::default() }).await;
    open.nobody().post("/api/auth:signUp", values).await.expect(200);
    let eve = signed_in(&open.nobody(), "eve").await;
    assert_eq!(data(eve.get("/api/roles:check").await)["role"], "member");
}

#[tokio::test]
async fn the_root_role_is_shown_as_allowing_everything() {
    let nocobase = Nocobase::new().await;
    let check = data(nocobase.admin.get("/api/roles:check").await);
    assert_eq!((&check["role"], &check["allowAll"]), (&json!("root"), &json!(true)));
    assert_eq!(check["allowConfigure"], true, "to who may do everything");
    let check = data(nocobase.admin.header("x-role", "admin").get("/api/roles:check").await);
    assert_eq!((&check["allowAll"], &check["allowConfigure"]), (&json!(false), &json!(true)));
    assert_eq!(check["strategy"]["actions"], json!(["create", "view", "update", "destroy"]));
    assert_eq!(check["snippets"], json!(["pm", "pm.*", "ui.*"]));
}
