//! Quota: uses left (`remaining`) and the refill that renews them. The ledger applies this arithmetic and
//! makes it durable; nothing here remembers anything.

use serde::{Deserialize, Serialize};

use crate::{limits, time::Millis};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefillMode {
    /// The balance is set to `amount`; what was left is lost, missed intervals do not add up.
    #[default]
    Reset,
    /// `amount` is added for every interval that passed.
    Add,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refill {
    pub amount: i64,
    pub interval_ms: i64,
    #[serde(default)]
    pub mode: RefillMode,
}

/// The balance of one key. `last_refill_at` begins as the moment the quota was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Balance {
    pub remaining: i64,
    pub last_refill_at: Millis,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Debit {
    /// `refilled` is what the refill entry of the ledger must say, when one was due.
    Granted { refilled: Option<i64>, after: Balance },
    /// Nothing is taken and nothing is refilled.
    Exhausted { next_refill_at: Option<Millis> },
}

/// Takes `cost` (≥ 1) from `balance` at `now`, after a refill if one is due.
pub fn debit(balance: Balance, refill: Option<&Refill>, now: Millis, cost: i64) -> Debit {
    let (refilled, filled) = match refill.and_then(|r| refill_due(balance, r, now)) {
        Some(after) => (Some(after.remaining.saturating_sub(balance.remaining)), after),
        None => (None, balance),
    };
    if cost < 1 || filled.remaining < cost {
        let next_refill_at =
            refill.filter(|r| r.amount >= cost).map(|r| filled.last_refill_at.plus(r.interval_ms).plus(1));
        return Debit::Exhausted { next_refill_at };
    }
    Debit::Granted { refilled, after: Balance { remaining: filled.remaining - cost, ..filled } }
}

/// The balance after a refill, if one is due at `now` (strictly more than one interval after the last).
pub fn refill_due(balance: Balance, refill: &Refill, now: Millis) -> Option<Balance> {
    let elapsed = now.since(balance.last_refill_at);
    if refill.amount < 1 || refill.interval_ms < 1 || elapsed <= refill.interval_ms {
        return None;
    }
    Some(match refill.mode {
        RefillMode::Reset => Balance { remaining: refill.amount, last_refill_at: now },
        RefillMode::Add => {
            let times = elapsed / refill.interval_ms;
            let added = refill.amount.saturating_mul(times);
            Balance {
                remaining: balance.remaining.saturating_add(added).min(limits::QUOTA_MAX),
                last_refill_at: balance.last_refill_at.plus(times.saturating_mul(refill.interval_ms)),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn balance(remaining: i64) -> Balance {
        Balance { remaining, last_refill_at: Millis::ZERO }
    }

    fn refill(amount: i64, interval_ms: i64, mode: RefillMode) -> Refill {
        Refill { amount, interval_ms, mode }
    }

    #[test]
    fn a_refill_is_due_strictly_after_the_interval() {
        let refill = refill(10, 1_000, RefillMode::Reset);
        assert_eq!(refill_due(balance(3), &refill, Millis(1_000)), None);
        assert_eq!(
            refill_due(balance(3), &refill, Millis(1_001)),
            Some(Balance { remaining: 10, last_refill_at: Millis(1_001) })
        );
    }

    #[test]
    fn adding_mode_adds_for_every_interval_and_keeps_the_rhythm() {
        let refill = refill(10, 1_000, RefillMode::Add);
        assert_eq!(
            refill_due(balance(3), &refill, Millis(3_500)),
            Some(Balance { remaining: 33, last_refill_at: Millis(3_000) })
        );
    }

    #[test]
    fn an_exhausted_quota_says_when_a_retry_can_succeed_or_that_none_can() {
        let daily = refill(5, 1_000, RefillMode::Reset);
        let Debit::Exhausted { next_refill_at: Some(at) } = debit(balance(0), Some(&daily), Millis(10), 5)
        else {
            panic!("refused, with a moment");
        };
        assert!(matches!(debit(balance(0), Some(&daily), at, 5), Debit::Granted { refilled: Some(5), .. }));
        let never = Debit::Exhausted { next_refill_at: None };
        assert_eq!(debit(balance(0), Some(&daily), Millis(10), 6), never, "more than a refill brings");
        assert_eq!(debit(balance(0), None, Millis(10), 1), never, "no refill");
    }

    #[test]
    fn a_cost_below_one_is_never_granted() {
        for cost in [0, -1, i64::MIN] {
            assert!(matches!(debit(balance(5), None, Millis::ZERO, cost), Debit::Exhausted { .. }), "{cost}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_more_is_granted_than_was_credited_and_refills_keep_their_distance(
            start in 0..50i64, amount in 1..30i64, interval_ms in 1..100i64, add: bool,
            calls in vec((0..40i64, 1..8i64), 0..200),
        ) {
            let mode = if add { RefillMode::Add } else { RefillMode::Reset };
            let refill = refill(amount, interval_ms, mode);
            let (mut balance, mut now, mut ledger, mut granted) = (balance(start), Millis::ZERO, start, 0);
            for (wait, cost) in calls {
                now = now.plus(wait);
                let Debit::Granted { refilled, after } = debit(balance, Some(&refill), now, cost) else { continue };
                if let Some(credit) = refilled {
                    prop_assert!(after.last_refill_at.since(balance.last_refill_at) >= interval_ms);
                    ledger += credit;
                } else {
                    prop_assert_eq!(after.last_refill_at, balance.last_refill_at);
                }
                ledger -= cost;
                granted += cost;
                prop_assert!(after.remaining >= 0);
                prop_assert_eq!(after.remaining, ledger, "the ledger adds up to the balance");
                balance = after;
            }
            let intervals = now.0 / interval_ms;
            prop_assert!(granted <= start + intervals * amount);
        }

        #[test]
        fn no_numbers_make_it_panic(
            remaining: i64, last: i64, amount: i64, interval_ms: i64, add: bool, now: i64, cost: i64,
        ) {
            let mode = if add { RefillMode::Add } else { RefillMode::Reset };
            let balance = Balance { remaining, last_refill_at: Millis(last) };
            let _ = debit(balance, Some(&refill(amount, interval_ms, mode)), Millis(now), cost);
        }
    }
}
