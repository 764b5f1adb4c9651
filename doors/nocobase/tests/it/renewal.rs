//! Sign-in tokens are exchanged while they are used, and end for good.

use domain::limits::SESSION_GRACE_MS;
use serde_json::json;
use test_world::Actor;

use crate::world::{Nocobase, PASSWORD, data, door, post, refused, signed_in};

const DAY_MS: i64 = 86_400_000;
const CHECK: &str = "/api/auth:check";

/// The token that came with the answer, in somebody's hands.
fn renewed(nocobase: &Nocobase, reply: &test_world::Reply) -> Option<Actor> {
    reply.header("x-new-token").map(|token| nocobase.nobody().bearer(token))
}

#[tokio::test]
async fn a_token_older_than_a_day_is_answered_with_a_new_one_and_dies() {
    let nocobase = Nocobase::new().await;
    let old = signed_in(&nocobase.nobody(), "admin").await;
    nocobase.world.advance(DAY_MS - 1);
    assert!(renewed(&nocobase, &old.get(CHECK).await.expect(200)).is_none());
    nocobase.world.advance(1);
    // Also when the action itself fails.
    let answer = old.get("/api/todos:get").await;
    answer.clone().expect(404);
    assert!(renewed(&nocobase, &answer).is_none(), "a refused call renews nothing");
    let answer = post(&old, "/api/users:update").await.expect(400);
    let new = renewed(&nocobase, &answer).expect("a new token");
    assert!(answer.header("access-control-expose-headers").is_none_or(|h| h.contains("x-new-token")));
    assert_eq!(data(new.get(CHECK).await)["username"], "admin");
    // A request that was on its way with the old one is answered, and gets no second one.
    assert!(renewed(&nocobase, &old.get(CHECK).await.expect(200)).is_none());
    nocobase.world.advance(SESSION_GRACE_MS);
    assert_eq!(refused(&old.get(CHECK).await), (401, "TOKEN_RENEW_FAILED".into()));
    new.get(CHECK).await.expect(200);
}

#[tokio::test]
async fn a_token_in_the_address_is_renewed_and_signed_out_like_any_other() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.world.nobody(door(&nocobase.world, |settings| settings.query_token = true));
    let values = json!({"account": "admin", "password": PASSWORD});
    let answer = data(nobody.post("/api/auth:signIn", values).await);
    let old = answer["token"].as_str().unwrap().to_owned();
    nocobase.world.advance(DAY_MS);
    let reply = nobody.get(&format!("{CHECK}?token={old}")).await.expect(200);
    let new = reply.header("x-new-token").unwrap().to_owned();
    post(&nobody, &format!("/api/auth:signOut?token={new}")).await.expect(200);
    for token in [old, new] {
        let reply = nobody.get(&format!("{CHECK}?token={token}")).await;
        assert_eq!(refused(&reply), (401, "BLOCKED_TOKEN".into()));
    }
}

#[tokio::test]
async fn parallel_requests_with_an_old_token_are_all_answered_and_get_one_new_token() {
    let nocobase = Nocobase::new().await;
    nocobase.world.advance(DAY_MS);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let admin = nocobase.admin.clone();
            tokio::spawn(async move { admin.get(CHECK).await })
        })
        .collect();
    let mut tokens = 0;
    for call in calls {
        tokens += usize::from(call.await.unwrap().expect(200).header("x-new-token").is_some());
    }
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn a_token_nobody_used_for_two_days_is_over() {
    let nocobase = Nocobase::new().await;
    nocobase.world.advance(2 * DAY_MS);
    assert_eq!(refused(&nocobase.admin.get(CHECK).await), (401, "EXPIRED_SESSION".into()));
}

#[tokio::test]
async fn a_sign_in_that_is_over_is_told_apart_from_one_that_was_ended_for_a_week() {
    let nocobase = Nocobase::new().await;
    let (over, ended) = (nocobase.admin.clone(), signed_in(&nocobase.nobody(), "admin").await);
    post(&ended, "/api/auth:signOut").await.expect(200);
    nocobase.world.advance(5 * DAY_MS);
    nocobase.world.guard.tidy().await.unwrap();
    assert_eq!(refused(&over.get(CHECK).await), (401, "EXPIRED_SESSION".into()));
    assert_eq!(refused(&ended.get(CHECK).await), (401, "BLOCKED_TOKEN".into()));
    nocobase.world.advance(5 * DAY_MS);
    nocobase.world.guard.tidy().await.unwrap();
    assert_eq!(refused(&over.get(CHECK).await), (401, "BLOCKED_TOKEN".into()));
}

#[tokio::test]
async fn a_sign_in_ends_after_seven_days_however_often_it_was_renewed() {
    let nocobase = Nocobase::new().await;
    let mut actor = nocobase.admin.clone();
    for _ in 0..6 {
        nocobase.world.advance(DAY_MS);
        let answer = actor.get(CHECK).await.expect(200);
        actor = renewed(&nocobase, &answer).expect("a new token every day");
    }
    nocobase.world.advance(DAY_MS - 1);
    assert!(renewed(&nocobase, &actor.get(CHECK).await.expect(200)).is_none());
    nocobase.world.advance(1);
    assert_eq!(refused(&actor.get(CHECK).await), (401, "EXPIRED_SESSION".into()));
}

#[tokio::test]
async fn signing_out_ends_every_token_of_the_sign_in() {
    let nocobase = Nocobase::new().await;
    for with_old in [false, true] {
        let old = signed_in(&nocobase.nobody(), "admin").await;
        nocobase.world.advance(DAY_MS);
        let new = renewed(&nocobase, &old.get(CHECK).await.expect(200)).unwrap();
        let (out, other) = if with_old { (&old, &new) } else { (&new, &old) };
        post(out, "/api/auth:signOut").await.expect(200);
        for actor in [out, other] {
            assert_eq!(refused(&actor.get(CHECK).await), (401, "BLOCKED_TOKEN".into()));
        }
    }
    // Signing out with a token that is due gives out none.
    let due = signed_in(&nocobase.nobody(), "admin").await;
    nocobase.world.advance(DAY_MS);
    assert!(post(&due, "/api/auth:signOut").await.expect(200).header("x-new-token").is_none());
}

#[tokio::test]
async fn a_changed_password_ends_renewed_tokens_too() {
    let nocobase = Nocobase::new().await;
    let (_, bob) = nocobase.user("bob", &["admin"]).await;
    nocobase.world.advance(DAY_MS);
    let bob = renewed(&nocobase, &bob.get(CHECK).await.expect(200)).unwrap();
    let again = signed_in(&nocobase.nobody(), "bob").await;
    let values = json!({"oldPassword": PASSWORD, "newPassword": "another one entirely", "confirmPassword": "another one entirely"});
    nocobase.world.advance(1);
    again.post("/api/auth:changePassword", values).await.expect(200);
    bob.get(CHECK).await.expect(401);
}

#[tokio::test]
async fn sessions_of_other_interfaces_and_keys_are_never_exchanged() {
    let nocobase = Nocobase::new().await;
    let sign_in = keys::SignIn {
        account: "admin".into(),
        password: domain::secret::Secret::new(PASSWORD),
        ip: None,
        user_agent: None,
    };
    let session = nocobase.world.keys.sign_in(sign_in).await.unwrap();
    let native = nocobase.nobody().bearer(session.token.expose());
    let key = nocobase.nobody().bearer(&nocobase.key(&nocobase.admin, "admin").await);
    nocobase.world.advance(3 * DAY_MS);
    for actor in [native, key] {
        assert!(actor.get(CHECK).await.expect(200).header("x-new-token").is_none());
    }
}

#[tokio::test]
async fn the_operator_says_how_long_tokens_last() {
    let nocobase = Nocobase::new().await;
    let router = door(&nocobase.world, |settings| {
        settings.tokens = door_nocobase::TokenPolicy { token_ms: 60_000, renewal_ms: 0, session_ms: 60_000 };
    });
    let short = signed_in(&nocobase.world.nobody(router), "admin").await;
    nocobase.world.advance(59_999);
    short.get(CHECK).await.expect(200);
    nocobase.world.advance(1);
    assert_eq!(refused(&short.get(CHECK).await), (401, "EXPIRED_SESSION".into()));
}
