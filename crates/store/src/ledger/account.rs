//! Serving the debits of one batch: balances are read once per key, spent in memory in the order the callers came,
//! and written back as one entry per key (two with a refill), all in the transaction of the batch.

use std::collections::HashMap;

use domain::{
    KeyId, Millis,
    key::Quota,
    limit::{self, Balance, Debit, Refill},
};
use rusqlite::{Connection, params};

use crate::{StoreError, keys::rows, sql, writer::Reply};

use super::{DebitOutcome, LedgerKind};

/// One caller who wants to spend.
pub(crate) struct Request {
    pub key: KeyId,
    pub cost: i64,
    pub now: Millis,
    pub reply: Reply<DebitOutcome>,
}

/// Serves the debits of one batch in the order they came; the answers are in the same order. Refused callers
/// leave no trace, so a caller is never refused because of the sum of the others.
pub(crate) fn apply(
    conn: &Connection,
    requests: &[Request],
) -> Result<Vec<Result<DebitOutcome, StoreError>>, StoreError> {
    let mut accounts: HashMap<KeyId, Account> = HashMap::new();
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        let account = match accounts.entry(request.key) {
            std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(Account::load(conn, request.key)?)
            }
        };
        outcomes.push(account.debit(request));
    }
    for (key, account) in accounts {
        account.save(conn, key)?;
    }
    Ok(outcomes)
}

/// The balance of one key during one batch.
pub(super) enum Account {
    Unlimited,
    Gone,
    Open(Open),
}

pub(super) struct Open {
    pub balance: Balance,
    refill: Option<Refill>,
    /// `seq` of the last entry that is written down.
    entries: i64,
    fresh: Vec<Entry>,
}

#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub kind: LedgerKind,
    pub amount: i64,
    pub grants: i64,
    pub balance_after: i64,
    pub at: Millis,
}

impl Account {
    pub fn load(conn: &Connection, key: KeyId) -> Result<Self, StoreError> {
        let found = sql::first(
            conn,
            "SELECT state, entries, balance, last_refill_at, refill_amount, refill_interval_ms, refill_mode
             FROM quotas WHERE key_id = $1",
            [key.as_bytes()],
            |c| {
                let (state, entries): (String, i64) = (c.take()?, c.take()?);
                let quota = rows::quota(c)?;
                Ok(match (state.as_str(), quota) {
                    ("active", Some(Quota { balance, refill })) => {
                        Self::Open(Open { balance, refill, entries, fresh: Vec::new() })
                    }
                    ("removed", _) => Self::Unlimited,
                    _ => Self::Gone,
                })
            },
        )?;
        Ok(found.unwrap_or(Self::Unlimited))
    }

    fn debit(&mut self, request: &Request) -> Result<DebitOutcome, StoreError> {
        match self {
            Self::Unlimited => Ok(DebitOutcome::Unlimited),
            Self::Gone => Err(StoreError::NotFound),
            Self::Open(open) => Ok(open.debit(request)),
        }
    }

    fn save(self, conn: &Connection, key: KeyId) -> Result<(), StoreError> {
        match self {
            Self::Open(open) if !open.fresh.is_empty() => open.save(conn, key),
            _ => Ok(()),
        }
    }
}

impl Open {
    fn debit(&mut self, request: &Request) -> DebitOutcome {
        match limit::debit(self.balance, self.refill.as_ref(), request.now, request.cost) {
            Debit::Exhausted { next_refill_at } => {
                DebitOutcome::Exhausted { remaining: self.balance.remaining, next_refill_at }
            }
            Debit::Granted { refilled, after } => {
                if let Some(amount) = refilled {
                    let balance_after = self.balance.remaining.saturating_add(amount);
                    self.enter(LedgerKind::Refill, amount, 0, balance_after, request.now);
                }
                self.spend(request.cost, after.remaining, request.now);
                self.balance = after;
                DebitOutcome::Granted { after }
            }
        }
    }

    /// Into the debit entry of this batch; a refill in between begins a new one.
    fn spend(&mut self, cost: i64, balance_after: i64, at: Millis) {
        match self.fresh.last_mut() {
            Some(last) if last.kind == LedgerKind::Debit => {
                last.amount = last.amount.saturating_sub(cost);
                last.grants += 1;
                last.balance_after = balance_after;
                last.at = at;
            }
            _ => self.enter(LedgerKind::Debit, -cost, 1, balance_after, at),
        }
    }

    pub fn enter(&mut self, kind: LedgerKind, amount: i64, grants: i64, balance_after: i64, at: Millis) {
        self.fresh.push(Entry { kind, amount, grants, balance_after, at });
    }

    pub fn save(&self, conn: &Connection, key: KeyId) -> Result<(), StoreError> {
        let mut seq = self.entries;
        for entry in &self.fresh {
            seq += 1;
            append(conn, key, seq, entry)?;
        }
        sql::execute(
            conn,
            "UPDATE quotas SET balance = $1, last_refill_at = $2, entries = $3 WHERE key_id = $4",
            params![self.balance.remaining, self.balance.last_refill_at.0, seq, key.as_bytes()],
        )?;
        Ok(())
    }
}

pub(super) fn append(conn: &Connection, key: KeyId, seq: i64, entry: &Entry) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO quota_ledger (key_id, seq, kind, amount, grants, balance_after, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            key.as_bytes(),
            seq,
            entry.kind.name(),
            entry.amount,
            entry.grants,
            entry.balance_after,
            entry.at.0
        ],
    )?;
    Ok(())
}
