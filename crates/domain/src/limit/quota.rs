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
