//! Accounts and sessions: by cookie, by bearer, and what ends them.

use domain::time::DAY_MS;
use serde_json::{Value, json};

use crate::world::{Auth, PASSWORD, code};

const SIGN_UP: &str = "/api/auth/sign-up/email";
const SIGN_IN: &str = "/api/auth/sign-in/email";
const GET: &str = "/api/auth/get-session";

#[tokio::test]
async fn signing_up_signs_in_and_says_so_three_ways() {
    let auth = Auth::new().await;
    let body = json!({"name": "Ada", "email": "ADA@example.org", "password": PASSWORD, "image": "https://i.example/a"});
    let reply = auth.nobody().post(SIGN_UP, body.clone()).await.expect(200);
    let said = reply.json();
    let token = said["token"].as_str().unwrap();
    let user = &said["user"];
    assert_eq!((&user["email"], &user["image"]), (&json!("ada@example.org"), &json!("https://i.example/a")));
    assert_eq!(user["emailVerified"], json!(false));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with(&format!("better-auth.session_token={token}.")), "{cookie}");
    assert!(cookie.ends_with("; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(reply.header("access-control-expose-headers"), Some("set-auth-token"));
    let signed = reply.header("set-auth-token").unwrap();
    assert!(signed.starts_with(&format!("{token}.")));
    let pair = cookie.split(';').next().unwrap();
    for actor in [
        auth.nobody().bearer(token),
        auth.nobody().bearer(signed),
        auth.nobody().header("authorization", &format!("bEARER {signed}")),
        auth.nobody().header("cookie", pair),
    ] {
        let session = actor.get(GET).await.expect(200).json();
        assert_eq!(session["user"], *user);
        assert_eq!(session["session"]["token"], said["token"]);
        assert_eq!(session["session"]["ipAddress"], "127.0.0.1");
        assert_eq!(session["session"]["activeOrganizationId"], Value::Null);
    }
    assert_eq!(code(&auth.nobody().post(SIGN_UP, body).await), "422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_in_the_order_of_the_original() {
    let auth = Auth::new().await;
    let all = auth.nobody().post(SIGN_UP, json!({"email": "nonsense"})).await.expect(400).json();
    assert_eq!(
        all["message"],
        "[body.name] Invalid input: expected string, received undefined; [body.email] Invalid email address; \
         [body.password] Invalid input: expected string, received undefined"
    );
    let with = |password: &str| json!({"name": "A", "email": "a@example.org", "password": password});
    assert_eq!(code(&auth.nobody().post(SIGN_UP, with("short")).await), "400 PASSWORD_TOO_SHORT");
    assert_eq!(code(&auth.nobody().post(SIGN_UP, with(&"x".repeat(129))).await), "400 PASSWORD_TOO_LONG");
    auth.person("ada").await;
    let sign_in = |email: &str, password: &str| json!({"email": email, "password": password});
    assert_eq!(code(&auth.nobody().post(SIGN_IN, sign_in("nonsense", "x")).await), "400 INVALID_EMAIL");
    let wrong = auth.nobody().post(SIGN_IN, sign_in("ada@example.org", "wrong password")).await;
    let unknown = auth.nobody().post(SIGN_IN, sign_in("bob@example.org", "wrong password")).await;
    assert_eq!(code(&wrong), "401 INVALID_EMAIL_OR_PASSWORD");
    assert_eq!(wrong.bytes, unknown.bytes);
}

#[tokio::test]
async fn where_nobody_may_sign_up_the_operator_makes_accounts() {
    let auth = Auth::with(|s| s.signup_open = false).await;
    let body = json!({"name": "A", "email": "a@example.org", "password": PASSWORD});
    assert_eq!(code(&auth.nobody().post(SIGN_UP, body.clone()).await), "400 EMAIL_PASSWORD_SIGN_UP_DISABLED");
    let made = auth.server().post(SIGN_UP, body).await.expect(200).json();
    let session = auth.nobody().bearer(made["token"].as_str().unwrap()).get(GET).await.json();
    assert_eq!(session["user"]["email"], "a@example.org");
}

#[tokio::test]
async fn who_is_not_remembered_is_signed_in_for_a_day() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let body = json!({"email": ada.email, "password": PASSWORD, "rememberMe": false});
    let reply = auth.nobody().post(SIGN_IN, body).await.expect(200);
    let cookies: Vec<&str> =
        reply.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(cookies.iter().all(|cookie| !cookie.contains("Max-Age")), "{cookies:?}");
    assert!(cookies[1].starts_with("better-auth.dont_remember=true."), "{cookies:?}");
    let actor = auth.nobody().bearer(reply.json()["token"].as_str().unwrap());
    auth.world.advance(DAY_MS - 1_000);
    assert_ne!(actor.get(GET).await.json(), Value::Null);
    auth.world.advance(2_000);
    assert_eq!(actor.get(GET).await.json(), Value::Null);
}

#[tokio::test]
async fn a_callback_is_answered_with_and_a_foreign_one_refused() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let body = |url: &str| json!({"email": ada.email, "password": PASSWORD, "callbackURL": url});
    let reply = auth.nobody().post(SIGN_IN, body("/home")).await.expect(200);
    assert_eq!(reply.header("location"), Some("/home"));
    assert_eq!((&reply.json()["redirect"], &reply.json()["url"]), (&json!(true), &json!("/home")));
    assert_eq!(
        code(&auth.nobody().post(SIGN_IN, body("https://evil.example")).await),
        "403 INVALID_CALLBACK_URL"
    );
}

#[tokio::test]
async fn a_session_that_does_not_hold_is_null_and_its_cookies_are_ended() {
    let auth = Auth::new().await;
    let none = auth.nobody().get(GET).await.expect(200);
    assert_eq!((none.text().as_str(), none.header("set-cookie")), ("null", None));
    assert_eq!((none.header("cache-control"), none.header("pragma")), (Some("no-store"), Some("no-cache")));
    let forged =
        auth.nobody().header("cookie", "better-auth.session_token=abc.def").get(GET).await.expect(200);
    assert_eq!(
        (forged.text().as_str(), forged.header("set-cookie")),
        ("null", None),
        "no token of ours at all"
    );
    let over = auth.nobody().bearer("abc").get(GET).await.expect(200);
    let ended: Vec<&str> = over.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(
        ended,
        ["session_token", "session_data", "dont_remember"]
            .map(|n| format!("better-auth.{n}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"))
    );
    let post = auth.nobody().post(GET, json!({})).await;
    assert_eq!(code(&post), "405 METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED");
}

#[tokio::test]
async fn a_session_in_use_goes_on_after_a_day_unless_asked_not_to() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let end = |reply: &test_world::Reply| reply.json()["session"]["expiresAt"].as_str().unwrap().to_owned();
    let first = end(&ada.actor.get(GET).await);
    auth.world.advance(DAY_MS + 1_000);
    assert_eq!(end(&ada.actor.get(&format!("{GET}?disableRefresh=true")).await), first);
    let prolonged = ada.actor.get(GET).await;
    assert!(end(&prolonged) > first);
    assert!(prolonged.header("set-cookie").unwrap().contains("Max-Age=604800"));
    assert_eq!(code(&ada.actor.get("/api/auth/list-sessions").await), "403 SESSION_NOT_FRESH");
}

#[tokio::test]
async fn how_old_a_fresh_session_may_be_is_a_setting() {
    for (fresh_age_ms, after_ms, want) in
        [(2_000, 1_999, "200 "), (2_000, 2_000, "403 SESSION_NOT_FRESH"), (0, 6 * DAY_MS, "200 ")]
    {
        let auth = Auth::with(|s| s.fresh_age_ms = fresh_age_ms).await;
        let ada = auth.person("ada").await;
        auth.world.advance(after_ms);
        assert_eq!(code(&ada.actor.get("/api/auth/list-sessions").await), want, "{fresh_age_ms}");
    }
}

#[tokio::test]
async fn other_sessions_are_named_by_handles_that_can_only_end_them() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let phone = auth.sign_in(&ada).await;
    let listed = ada.actor.get("/api/auth/list-sessions").await.expect(200).json();
    let tokens: Vec<&str> = listed.as_array().unwrap().iter().map(|s| s["token"].as_str().unwrap()).collect();
    assert_eq!(tokens.iter().filter(|token| **token == ada.token).count(), 1);
    let handle = tokens.iter().find(|token| **token != ada.token).unwrap();
    assert_eq!(auth.nobody().bearer(handle).get(GET).await.json(), Value::Null);
    let bob = auth.person("bob").await;
    let revoke = json!({"token": handle});
    bob.actor.post("/api/auth/revoke-session", revoke.clone()).await.expect(200);
    assert_ne!(phone.get(GET).await.json(), Value::Null, "somebody else's handle does nothing");
    ada.actor.post("/api/auth/revoke-session", revoke).await.expect(200);
    assert_eq!(phone.get(GET).await.json(), Value::Null);
}

#[tokio::test]
async fn sessions_are_ended_by_token_all_others_or_all() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let alive = async |actor: &test_world::Actor| actor.get(GET).await.json() != Value::Null;
    let (one, two) = (auth.sign_in(&ada).await, auth.sign_in(&ada).await);
    ada.actor.post("/api/auth/revoke-other-sessions", json!({})).await.expect(200);
    assert!(alive(&ada.actor).await && !alive(&one).await && !alive(&two).await);
    let third = auth.sign_in(&ada).await;
    third.post("/api/auth/revoke-session", json!({"token": ada.token})).await.expect(200);
    assert!(!alive(&ada.actor).await && alive(&third).await);
    let fourth = auth.sign_in(&ada).await;
    third.post("/api/auth/revoke-sessions", json!({})).await.expect(200);
    assert!(!alive(&third).await && !alive(&fourth).await);
    let fifth = auth.sign_in(&ada).await;
    let out = fifth.post("/api/auth/sign-out", json!({})).await.expect(200);
    assert_eq!(out.json(), json!({"success": true}));
    assert!(!alive(&fifth).await);
    assert_eq!(code(&fifth.post("/api/auth/revoke-sessions", json!({})).await), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn people_change_name_and_image_and_nothing_else_here() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let update = async |body: Value| ada.actor.post("/api/auth/update-user", body).await;
    update(json!({"name": "Ada L", "image": "https://i.example/a"})).await.expect(200);
    let user = ada.actor.get(GET).await.json()["user"].clone();
    assert_eq!((&user["name"], &user["image"]), (&json!("Ada L"), &json!("https://i.example/a")));
    update(json!({"image": null})).await.expect(200);
    assert_eq!(ada.actor.get(GET).await.json()["user"]["image"], Value::Null);
    assert_eq!(update(json!({})).await.expect(400).json(), json!({"message": "No fields to update"}));
    assert_eq!(code(&update(json!({"email": "x@example.org"})).await), "400 EMAIL_CAN_NOT_BE_UPDATED");
}

#[tokio::test]
async fn a_new_password_keeps_sessions_or_ends_them_all_as_asked() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let phone = auth.sign_in(&ada).await;
    let change =
        async |actor: &test_world::Actor, body: Value| actor.post("/api/auth/change-password", body).await;
    let wrong = json!({"currentPassword": "wrong password", "newPassword": "another password"});
    assert_eq!(code(&change(&ada.actor, wrong).await), "400 INVALID_PASSWORD");
    let short = json!({"currentPassword": PASSWORD, "newPassword": "short"});
    assert_eq!(code(&change(&ada.actor, short).await), "400 PASSWORD_TOO_SHORT");
    let kept =
        change(&ada.actor, json!({"currentPassword": PASSWORD, "newPassword": "another password"})).await;
    assert_eq!(kept.expect(200).json()["token"], Value::Null);
    assert_ne!(phone.get(GET).await.json(), Value::Null);
    let body =
        json!({"currentPassword": "another password", "newPassword": PASSWORD, "revokeOtherSessions": true});
    let ended = change(&ada.actor, body).await.expect(200);
    assert!(ended.header("set-cookie").is_some());
    let fresh = auth.nobody().bearer(ended.json()["token"].as_str().unwrap());
    assert_ne!(fresh.get(GET).await.json(), Value::Null);
    assert_eq!(phone.get(GET).await.json(), Value::Null);
    assert_eq!(ada.actor.get(GET).await.json(), Value::Null);
}

#[tokio::test]
async fn a_bearer_stands_for_the_cookie_of_the_same_request_even_when_it_opens_nothing() {
    let auth = Auth::new().await;
    let (ada, bob) = (auth.person("ada").await, auth.person("bob").await);
    let body = json!({"email": ada.email, "password": PASSWORD});
    let signed_in = auth.nobody().post("/api/auth/sign-in/email", body).await.expect(200);
    let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let with = auth.nobody().header("cookie", &cookie);
    let user = async |bearer: &str| {
        with.bearer(bearer).get("/api/auth/get-session").await.expect(200).json()["user"]["name"].clone()
    };
    assert_eq!(user(&bob.token).await, "bob");
    assert_eq!(user("nonsense").await, Value::Null);
    assert_eq!(user("nonsense.with-a-signature").await, "ada", "a wrong signature is no credential at all");
}

#[tokio::test]
async fn nobody_deletes_their_account_and_strangers_are_asked_to_sign_in_first() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let path = "/api/auth/delete-user";
    assert_eq!(code(&auth.nobody().post(path, json!({"token": 1})).await), "400 VALIDATION_ERROR");
    assert_eq!(code(&auth.nobody().post(path, json!({})).await), "401 UNAUTHORIZED");
    let mine = ada.actor.post(path, json!({"password": PASSWORD})).await;
    assert_eq!((mine.code(), mine.bytes.len()), (404, 0));
    ada.actor.get("/api/auth/get-session").await.expect(200);
}

#[tokio::test]
async fn signing_out_takes_an_object_or_nothing() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    assert_eq!(code(&ada.actor.post("/api/auth/sign-out", json!([])).await), "400 VALIDATION_ERROR");
    assert_ne!(ada.actor.get("/api/auth/get-session").await.json(), Value::Null);
    ada.actor.post("/api/auth/sign-out", json!({"any": "thing"})).await.expect(200);
    assert_eq!(ada.actor.get("/api/auth/get-session").await.json(), Value::Null);
}
