//! What happened is written in batches, and nothing of it is lost at a clean stop.

use domain::{
    Millis,
    decision::Reason,
    limit::RateLimit,
    secret::{Digester, Secret},
    time::DAY_MS,
    usage::Grain,
};
use guard::{Call, Credential, DryRun, DrySubject, VerifyCall, profile::NATIVE};
use store::{AuditList, OwnerScope, UsageList};

use crate::fixture::World;

async fn usage(world: &World) -> Vec<(String, String, u64)> {
    let list = UsageList {
        key: None,
        grain: Grain::Minute,
        from: Millis(0),
        to: world.now().plus(DAY_MS),
        limit: 100,
    };
    let rows = world.store.usage(OwnerScope::All, list).await.unwrap();
    let mut rows: Vec<_> = rows.into_iter().map(|r| (r.operation, r.outcome, r.count)).collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn calls_are_counted_per_outcome_and_the_last_use_is_kept() {
    let world = World::new().await;
    let limit = RateLimit { max: 2, window_ms: 1_000, rule: Default::default(), enabled: true };
    let (secret, id) = world.key(|k| k.rate_limit = Some(limit)).await;
    for ip in ["192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3"] {
        world.advance(1);
        world.verify_from(&secret, ip).await;
    }
    world.guard.flush().await.unwrap();
    let counted = |outcome: &str, n| ("verify".to_owned(), outcome.to_owned(), n);
    assert_eq!(usage(&world).await, [counted("allow", 2), counted("rate", 1)]);
    let key = world.store.key(OwnerScope::All, id).await.unwrap().unwrap();
    assert_eq!(key.last_used_from.as_deref(), Some("192.0.2.2"), "a refused call is not a use");
    assert_eq!((key.last_used_at, key.request_count), (Some(world.now().plus(-1)), 2));
    assert_eq!(world.guard.key(id).unwrap().last_used_at(), key.last_used_at);
}

#[tokio::test]
async fn a_second_flush_adds_nothing_twice() {
    let world = World::new().await;
    let (secret, _) = world.key(|_| {}).await;
    world.verify(&secret).await;
    world.guard.flush().await.unwrap();
    world.guard.flush().await.unwrap();
    world.verify(&secret).await;
    world.guard.flush().await.unwrap();
    assert_eq!(usage(&world).await, [("verify".to_owned(), "allow".to_owned(), 2)]);
}

#[tokio::test]
async fn a_restart_continues_the_rate_window() {
    let world = World::new().await;
    let limit = RateLimit { max: 2, window_ms: 60_000, rule: Default::default(), enabled: true };
    let (secret, _) = world.key(|k| k.rate_limit = Some(limit)).await;
    world.verify(&secret).await;
    world.verify(&secret).await;
    world.guard.flush().await.unwrap();
    let restarted = world.reopened().await;
    assert_eq!(restarted.verify(&VerifyCall::new(&secret)).await.outcome, Err(Reason::Rate));
    world.advance(60_000);
    assert!(restarted.verify(&VerifyCall::new(&secret)).await.valid());
}

#[tokio::test]
async fn a_refusal_can_be_fetched_by_its_id_and_is_audited_when_the_caller_is_known() {
    let world = World::new().await;
    let (secret, id) = world.key(|k| k.enabled = false).await;
    let verdict = world.verify(&secret).await;
    let denied = world.guard.refusal(verdict.id).unwrap();
    assert_eq!((denied.reason, denied.key), (Reason::Disabled, Some(id)));
    let stranger = world.verify(&world.secret()).await;
    assert_eq!(world.guard.refusal(stranger.id).unwrap().reason, Reason::Unknown);
    world.guard.flush().await.unwrap();
    let list = AuditList { action: Some("decision".to_owned()), ..AuditList::default() };
    let events = world.store.audit(list).await.unwrap().items;
    assert_eq!(events.len(), 1, "a stranger's garbage never reaches the disk");
    assert_eq!((events[0].id.0, events[0].target.clone()), (verdict.id.0, format!("key/{id}")));
}

#[tokio::test]
async fn the_configured_root_key_leaves_no_rows_and_passes_are_no_refusals() {
    let root = Secret::new("root-key-of-at-least-32-characters!");
    let world = World::with(Digester::default(), Some(&root)).await;
    let allowed = world.guard.check(&NATIVE, &Credential::Key(root), None, &Call::who()).await.unwrap();
    world.guard.flush().await.unwrap();
    assert!(usage(&world).await.is_empty());
    assert_eq!(world.guard.refusal(allowed.id()), None);
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    let world = World::new().await;
    let limit = RateLimit { max: 1, window_ms: 60_000, rule: Default::default(), enabled: true };
    let quota = domain::key::Quota {
        balance: domain::limit::Balance { remaining: 1, last_refill_at: world.now() },
        refill: None,
    };
    let (secret, id) = world.key(|k| (k.rate_limit, k.quota) = (Some(limit), Some(quota))).await;
    for subject in [DrySubject::Secret(&secret), DrySubject::Key(id)] {
        for _ in 0..3 {
            assert!(world.guard.explain(&DryRun::new(subject)).await.unwrap().allowed);
        }
    }
    let expensive = DryRun { cost: 5, ..DryRun::new(DrySubject::Key(id)) };
    let explanation = world.guard.explain(&expensive).await.unwrap();
    assert_eq!(explanation.suggestions, [guard::Suggestion::TopUp { key: id, by: 4 }]);
    world.guard.flush().await.unwrap();
    assert!(usage(&world).await.is_empty());
    assert_eq!(world.store.ledger_entries(id, 0, 10).await.unwrap().len(), 1, "only the first balance");
    assert!(world.verify(&secret).await.valid(), "slot and unit are still there");
}

#[tokio::test]
async fn housekeeping_makes_old_minutes_hours_and_loses_no_count() {
    let world = World::new().await;
    let (secret, _) = world.key(|_| {}).await;
    for _ in 0..3 {
        world.verify(&secret).await;
        world.advance(domain::time::MINUTE_MS);
    }
    world.guard.flush().await.unwrap();
    world.advance(3 * DAY_MS);
    world.guard.tidy().await.unwrap();
    let list =
        UsageList { key: None, grain: Grain::Day, from: Millis(0), to: world.now().plus(DAY_MS), limit: 100 };
    let rows = world.store.usage(OwnerScope::All, list).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.count).sum::<u64>(), 3);
}

#[tokio::test]
async fn calls_from_many_addresses_are_all_counted_and_the_last_one_is_the_last() {
    let world = World::new().await;
    let (secret, id) = world.key(|_| {}).await;
    for n in [1, 1, 2, 3, 3, 1, 2] {
        world.advance(1);
        world.verify_from(&secret, &format!("192.0.2.{n}")).await;
    }
    world.guard.flush().await.unwrap();
    assert_eq!(usage(&world).await, [("verify".to_owned(), "allow".to_owned(), 7)]);
    let key = world.store.key(OwnerScope::All, id).await.unwrap().unwrap();
    assert_eq!((key.last_used_from.as_deref(), key.last_used_at), (Some("192.0.2.2"), Some(world.now())));
}
