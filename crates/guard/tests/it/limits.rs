//! Limits are exact under any number of callers, and survive changes of the key.

use domain::{
    audit::Actor,
    decision::Reason,
    key::Quota,
    limit::{Balance, RateLimit, Refill, RefillMode},
};
use guard::VerifyCall;
use store::{KeyPatch, OwnerScope, QuotaPatch};

use crate::fixture::World;

fn quota(world: &World, remaining: i64, refill: Option<Refill>) -> Quota {
    Quota { balance: Balance { remaining, last_refill_at: world.now() }, refill }
}

fn limit(max: u32) -> RateLimit {
    RateLimit { max, window_ms: 1_000, rule: Default::default(), enabled: true }
}

async fn granted_of_100(world: &World, secret: &domain::secret::Secret) -> usize {
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (guard, secret) = (world.guard.clone(), secret.clone());
            tokio::spawn(async move { guard.verify(&VerifyCall::new(&secret)).await.valid() })
        })
        .collect();
    let mut granted = 0;
    for task in tasks {
        granted += usize::from(task.await.unwrap());
    }
    granted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_quota_of_ten_grants_exactly_ten_of_a_hundred_parallel_calls() {
    let world = World::new().await;
    let ten = quota(&world, 10, None);
    let (secret, id) = world.key(|k| k.quota = Some(ten)).await;
    assert_eq!(granted_of_100(&world, &secret).await, 10);
    assert_eq!(world.store.quota(id).await.unwrap().unwrap().balance.remaining, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rate_limit_of_ten_accepts_exactly_ten_of_a_hundred_parallel_calls() {
    let world = World::new().await;
    let (secret, _) = world.key(|k| k.rate_limit = Some(limit(10))).await;
    assert_eq!(granted_of_100(&world, &secret).await, 10);
    world.advance(1_000);
    assert_eq!(granted_of_100(&world, &secret).await, 10);
}

#[tokio::test]
async fn an_update_resets_neither_window_nor_balance() {
    let world = World::new().await;
    let two = quota(&world, 2, None);
    let (secret, id) = world.key(|k| (k.rate_limit, k.quota) = (Some(limit(5)), Some(two))).await;
    assert!(world.verify(&secret).await.valid());
    let patch = KeyPatch { name: Some(Some("renamed".to_owned())), ..KeyPatch::default() };
    world.store.update_key(&Actor::default(), OwnerScope::All, id, patch).await.unwrap();
    let verdict = world.verify(&secret).await;
    assert_eq!((verdict.remaining, verdict.rate.unwrap().left), (Some(0), 3));
    assert_eq!(verdict.key.unwrap().name(), Some("renamed"));
}

#[tokio::test]
async fn a_top_up_counts_for_the_next_request_even_when_the_key_was_known_to_be_empty() {
    let world = World::new().await;
    let one = quota(&world, 1, None);
    let (secret, id) = world.key(|k| k.quota = Some(one)).await;
    let seen = [world.verify(&secret).await, world.verify(&secret).await, world.verify(&secret).await];
    assert_eq!(seen.map(|v| v.outcome), [Ok(()), Err(Reason::Quota), Err(Reason::Quota)]);
    let patch = QuotaPatch { remaining: Some(Some(1)), ..Default::default() };
    world.store.set_quota(&Actor::default(), OwnerScope::All, id, patch).await.unwrap();
    let seen = [world.verify(&secret).await, world.verify(&secret).await];
    assert_eq!(seen.map(|v| (v.outcome, v.remaining)), [(Ok(()), Some(0)), (Err(Reason::Quota), Some(0))]);
}

#[tokio::test]
async fn an_empty_key_says_when_the_refill_comes_and_is_refilled_then() {
    let world = World::new().await;
    let refill = Refill { amount: 2, interval_ms: 60_000, mode: RefillMode::Reset };
    let one = quota(&world, 1, Some(refill));
    let (secret, _) = world.key(|k| k.quota = Some(one)).await;
    assert!(world.verify(&secret).await.valid());
    let verdict = world.verify(&secret).await;
    assert_eq!((verdict.outcome, verdict.retry_after_ms), (Err(Reason::Quota), Some(60_001)));
    world.advance(60_000);
    assert!(!world.verify(&secret).await.valid(), "an interval must be over, not just reached");
    world.advance(1);
    assert_eq!(world.verify(&secret).await.remaining, Some(1));
}

#[tokio::test]
async fn a_call_that_costs_nothing_passes_without_touching_the_quota() {
    let world = World::new().await;
    let none = quota(&world, 0, None);
    let (secret, _) = world.key(|k| k.quota = Some(none)).await;
    let call = VerifyCall { cost: 0, ..VerifyCall::new(&secret) };
    assert!(world.guard.verify(&call).await.valid());
    assert_eq!(world.guard.verify(&VerifyCall { cost: -1, ..call }).await.outcome, Err(Reason::Quota));
}

#[tokio::test]
async fn without_its_ledger_a_quota_refuses() {
    let world = World::new().await;
    let ten = quota(&world, 10, None);
    let (secret, _) = world.key(|k| k.quota = Some(ten)).await;
    world.store.close();
    let verdict = world.verify(&secret).await;
    assert_eq!(verdict.outcome, Err(Reason::Quota));
    assert!(verdict.retry_after_ms.is_some());
}

#[tokio::test]
async fn the_answer_without_waiting_takes_nothing_when_it_cannot_answer() {
    let world = World::new().await;
    let ten = quota(&world, 10, None);
    let (limited, _) = world.key(|k| k.rate_limit = Some(limit(2))).await;
    let (metered, id) = world.key(|k| (k.rate_limit, k.quota) = (Some(limit(2)), Some(ten))).await;
    assert!(world.guard.verify_now(&VerifyCall::new(&limited)).unwrap().valid());
    for _ in 0..5 {
        assert!(world.guard.verify_now(&VerifyCall::new(&metered)).is_none());
    }
    assert_eq!(world.guard.key(id).unwrap().window().count, 0);
}
