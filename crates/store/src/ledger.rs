//! The ledger: every change of every balance, appended. A debit is on disk before it is granted; the debits
//! of one batch are summed per key, so a thousand callers of one key cost one row.

use domain::{KeyId, Millis, audit::Actor, key::Key, limit::Balance};

use crate::{OwnerScope, QuotaPatch, Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebitOutcome {
    /// Taken, and on disk. `after` is the balance behind this caller.
    Granted { after: Balance },
    /// Nothing was taken.
    Exhausted { remaining: i64, next_refill_at: Option<Millis> },
    /// The key has no quota (any more).
    Unlimited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerKind {
    /// The first balance.
    Grant,
    Refill,
    /// One or more debits of one batch; `grants` says how many callers.
    Debit,
    /// Set by hand: `amount` is the difference.
    Set,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    pub seq: i64,
    pub kind: LedgerKind,
    /// Signed: what the balance changed by.
    pub amount: i64,
    /// Callers served by a debit.
    pub grants: i64,
    pub balance_after: i64,
    pub at: Millis,
}

impl Store {
    /// Takes `cost` from the key's quota at `now`. Granted means durable. `NotFound`: the key is gone.
    pub fn debit(
        &self,
        key: KeyId,
        cost: i64,
        now: Millis,
    ) -> impl Future<Output = Result<DebitOutcome, StoreError>> + Send + use<> {
        let _ = (key, cost, now);
        async { todo!() }
    }

    pub async fn set_quota(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        patch: QuotaPatch,
    ) -> Result<Key, StoreError> {
        let _ = (by, scope, id, patch);
        todo!()
    }

    /// Entries of one key behind `after_seq`, oldest first.
    pub async fn ledger_entries(
        &self,
        key: KeyId,
        after_seq: i64,
        limit: u64,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let _ = (key, after_seq, limit);
        todo!()
    }
}
