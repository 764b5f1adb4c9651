//! Never overspent; every change of a balance is in the ledger.

use domain::{
    Millis,
    limit::{Balance, Refill, RefillMode},
};
use store::{DebitOutcome, LedgerKind, OwnerScope, QuotaPatch, StoreError};

use crate::world::{T0, World, both, by};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_debits_grant_exactly_what_the_balance_holds() {
    for world in both() {
        let quota = world.quota(500, None);
        let key = world.key_with(|key| key.quota = quota).await;
        let callers: Vec<_> = (0..64)
            .map(|_| {
                let (store, id) = (world.store.clone(), key.id);
                tokio::spawn(async move {
                    let mut granted = 0;
                    for _ in 0..20 {
                        if let DebitOutcome::Granted { .. } = store.debit(id, 1, Millis(T0)).await.unwrap() {
                            granted += 1;
                        }
                    }
                    granted
                })
            })
            .collect();
        let mut granted = 0;
        for caller in callers {
            granted += caller.await.unwrap();
        }
        assert_eq!(granted, 500);
        assert_eq!(world.store.quota(key.id).await.unwrap().unwrap().balance.remaining, 0);
        let entries = world.store.ledger_entries(key.id, 0, 10_000).await.unwrap();
        assert_eq!(entries.iter().map(|e| e.amount).sum::<i64>(), 0);
        assert_eq!(entries.iter().map(|e| e.grants).sum::<i64>(), 500);
        assert_eq!(world.store.integrity().await.unwrap().problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_caller_is_not_refused_because_of_the_sum_of_the_others() {
    let world = World::memory();
    let quota = world.quota(10, None);
    let key = world.key_with(|key| key.quota = quota).await;
    // Asked for at once, so that they meet in one batch.
    let (large, larger, small) = (
        world.store.debit(key.id, 8, Millis(T0)),
        world.store.debit(key.id, 5, Millis(T0)),
        world.store.debit(key.id, 2, Millis(T0)),
    );
    let balance = |remaining| Balance { remaining, last_refill_at: Millis(T0) };
    assert_eq!(large.await.unwrap(), DebitOutcome::Granted { after: balance(2) });
    assert_eq!(larger.await.unwrap(), DebitOutcome::Exhausted { remaining: 2, next_refill_at: None });
    assert_eq!(small.await.unwrap(), DebitOutcome::Granted { after: balance(0) });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refill_that_is_due_happens_once_for_all_callers() {
    for world in both() {
        let refill = Refill { amount: 5, interval_ms: 1_000, mode: RefillMode::Reset };
        let quota = world.quota(0, Some(refill));
        let key = world.key_with(|key| key.quota = quota).await;
        assert!(matches!(
            world.store.debit(key.id, 1, Millis(T0 + 1_000)).await.unwrap(),
            DebitOutcome::Exhausted { remaining: 0, next_refill_at: Some(at) } if at == Millis(T0 + 1_001)
        ));
        let debits: Vec<_> =
            (0..20).map(|_| tokio::spawn(world.store.debit(key.id, 1, Millis(T0 + 1_001)))).collect();
        let mut granted = 0;
        for debit in debits {
            granted += i32::from(matches!(debit.await.unwrap().unwrap(), DebitOutcome::Granted { .. }));
        }
        assert_eq!(granted, 5);
        let entries = world.store.ledger_entries(key.id, 0, 100).await.unwrap();
        assert_eq!(entries.iter().filter(|e| e.kind == LedgerKind::Refill).count(), 1);
        assert_eq!(entries[0].kind, LedgerKind::Grant);
        let seqs: Vec<i64> = entries.iter().map(|e| e.seq).collect();
        assert_eq!(seqs, (1..=entries.len() as i64).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn setting_and_removing_a_quota_is_in_the_ledger_too() {
    let world = World::memory();
    let key = world.key("free").await;
    let (store, all) = (&world.store, OwnerScope::All);
    assert_eq!(store.debit(key.id, 1, Millis(T0)).await.unwrap(), DebitOutcome::Unlimited);

    let set = |remaining| QuotaPatch { remaining: Some(remaining), ..QuotaPatch::default() };
    store.set_quota(&by(), all, key.id, set(Some(7))).await.unwrap();
    store.debit(key.id, 3, Millis(T0)).await.unwrap();
    store.set_quota(&by(), all, key.id, set(Some(100))).await.unwrap();
    let without = store.set_quota(&by(), all, key.id, set(None)).await.unwrap();
    assert_eq!(without.quota, None);
    assert_eq!(store.debit(key.id, 1, Millis(T0)).await.unwrap(), DebitOutcome::Unlimited);
    let refill = Refill { amount: 9, interval_ms: 60_000, mode: RefillMode::Add };
    let both = QuotaPatch { remaining: Some(Some(2)), refill: Some(Some(refill)), add: None };
    let again = store.set_quota(&by(), all, key.id, both).await.unwrap();
    assert_eq!(again.quota, world.quota(2, Some(refill)));

    let entries = store.ledger_entries(key.id, 0, 100).await.unwrap();
    let told: Vec<_> = entries.iter().map(|e| (e.kind, e.amount, e.balance_after)).collect();
    use LedgerKind::{Debit, Grant, Set};
    assert_eq!(told, [(Grant, 7, 7), (Debit, -3, 4), (Set, 96, 100), (Set, -100, 0), (Grant, 2, 2)]);
    assert!(store.integrity().await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn what_is_added_while_others_spend_gives_no_use_back() {
    let world = World::memory();
    let quota = world.quota(50, None);
    let key = world.key_with(|key| key.quota = quota).await;
    let mut spending = tokio::task::JoinSet::new();
    for turn in 0..80 {
        let store = world.store.clone();
        spending.spawn(async move {
            if turn % 8 == 0 {
                let patch = QuotaPatch { add: Some(1), ..QuotaPatch::default() };
                store.set_quota(&by(), OwnerScope::All, key.id, patch).await.unwrap();
                return 0;
            }
            match store.debit(key.id, 1, Millis(T0)).await.unwrap() {
                DebitOutcome::Granted { .. } => 1,
                _ => 0,
            }
        });
    }
    let granted: i64 = spending.join_all().await.into_iter().sum();
    let left = world.store.quota(key.id).await.unwrap().unwrap().balance.remaining;
    assert_eq!(granted + left, 50 + 10);
    assert!(world.store.integrity().await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn nothing_can_be_spent_on_a_key_that_is_gone() {
    let world = World::memory();
    let quota = world.quota(5, None);
    let key = world.key_with(|key| key.quota = quota).await;
    world.store.revoke_key(&by(), OwnerScope::All, key.id, domain::key::Gone::Revoked).await.unwrap();
    assert_eq!(world.store.debit(key.id, 1, Millis(T0)).await, Err(StoreError::NotFound));
}
