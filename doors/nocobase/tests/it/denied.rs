//! Every reason a call can be refused for, brought about for real.

use domain::{
    access::{Op, Scope, Scopes},
    decision::Reason,
    host::AllowedHosts,
    key::{Owner, Quota},
    limit::{Balance, RateLimit, WindowRule},
};
use serde_json::json;
use test_world::Actor;

use crate::world::{Nocobase, post, refused, server_key};

#[tokio::test]
async fn every_reason_reaches_the_caller_with_its_status_and_code() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let now = nocobase.world.now();
    let nobody = nocobase.nobody();
    let list = "/api/todos:list";

    let gone = nocobase.world.user_with("gone", |user| user.active = false).await;
    let inactive = server_key(&nocobase, |key| key.owner = Owner::User(gone.id)).await;
    let limited = server_key(&nocobase, |key| {
        key.rate_limit =
            Some(RateLimit { max: 1, window_ms: 10_000, rule: WindowRule::Fixed, enabled: true });
    })
    .await;
    limited.get(list).await.expect(200);
    let spent = server_key(&nocobase, |key| {
        key.quota = Some(Quota { balance: Balance { remaining: 0, last_refill_at: now }, refill: None });
    })
    .await;
    let elsewhere = server_key(&nocobase, |key| {
        key.scopes = Some(Scopes(vec![Scope {
            base: Some("main".into()),
            table: Some("other".into()),
            ..Scope::default()
        }]));
    })
    .await;
    let narrow = server_key(&nocobase, |key| {
        key.scopes =
            Some(Scopes(vec![Scope { operations: Some(vec![Op::RecordCreate]), ..Scope::default() }]));
    })
    .await;

    let cases: Vec<(Reason, Actor, &str, (u16, &str))> = vec![
        (Reason::Missing, nobody.clone(), list, (401, "EMPTY_TOKEN")),
        (Reason::Malformed, nobody.bearer("kw_live_nonsense"), list, (401, "INVALID_TOKEN")),
        (Reason::Unknown, nobody.bearer("some-foreign-text"), list, (401, "INVALID_TOKEN")),
        (Reason::Disabled, server_key(&nocobase, |k| k.enabled = false).await, list, (401, "INVALID_TOKEN")),
        (
            Reason::Expired,
            server_key(&nocobase, |k| k.expires_at = Some(now)).await,
            list,
            (401, "INVALID_TOKEN"),
        ),
        (Reason::OwnerInactive, inactive, list, (401, "NOT_EXIST_USER")),
        (
            Reason::RoleNotHeld,
            nocobase.admin.header("x-role", "nope"),
            list,
            (401, "ROLE_NOT_FOUND_FOR_USER"),
        ),
        (
            Reason::Host,
            server_key(&nocobase, |k| k.hosts = AllowedHosts::parse(["192.0.2.1"]).unwrap()).await,
            list,
            (403, "HOST_NOT_ALLOWED"),
        ),
        (Reason::Rate, limited, list, (429, "RATE_LIMITED")),
        (Reason::NotFound, nocobase.admin.clone(), "/api/nothing:list", (404, "")),
        (Reason::Scope, elsewhere, list, (403, "")),
        (Reason::Role, server_key(&nocobase, |_| {}).await, "/api/users:list", (403, "")),
        (Reason::Level, narrow, list, (403, "")),
        (Reason::Quota, spent, list, (429, "QUOTA_EXCEEDED")),
    ];
    for (reason, actor, path, (status, code)) in cases {
        let reply = actor.get(path).await;
        assert_eq!(refused(&reply), (status, code.to_owned()), "{reason:?}");
        let id = reply.header("x-decision-id").unwrap().parse().unwrap();
        let kept = nocobase.world.guard.refusal(id).unwrap_or_else(|| panic!("{reason:?} can be looked up"));
        assert_eq!(kept.reason, reason);
    }
}

#[tokio::test]
async fn a_refusal_for_the_rate_says_when_to_come_back() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let limited = server_key(&nocobase, |key| {
        key.rate_limit =
            Some(RateLimit { max: 2, window_ms: 10_000, rule: WindowRule::Fixed, enabled: true });
    })
    .await;
    limited.get("/api/todos:list").await.expect(200);
    // A refused call counts as well.
    limited.get("/api/users:list").await.expect(403);
    let reply = limited.get("/api/todos:list").await.expect(429);
    assert_eq!(reply.json(), json!({"errors": [{"message": "Too many requests", "code": "RATE_LIMITED"}]}));
    assert_eq!((reply.header("retry-after"), reply.header("ratelimit-limit")), (Some("10"), Some("2")));
    nocobase.world.advance(10_000);
    limited.get("/api/todos:list").await.expect(200);
}

#[tokio::test]
async fn a_refused_call_costs_nothing_and_an_allowed_one_one_unit() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let now = nocobase.world.now();
    let metered = server_key(&nocobase, |key| {
        key.quota = Some(Quota { balance: Balance { remaining: 2, last_refill_at: now }, refill: None });
    })
    .await;
    for path in ["/api/users:list", "/api/nothing:list"] {
        assert!(metered.get(path).await.code() >= 400);
    }
    post(&metered, "/api/todos:destroy/1").await.expect(403);
    metered.get("/api/todos:list").await.expect(200);
    metered.get("/api/todos:list").await.expect(200);
    metered.get("/api/todos:list").await.expect(429);
}
