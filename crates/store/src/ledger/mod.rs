//! The ledger: every change of every balance, appended. A debit is on disk before it is granted; the debits
//! of one batch are summed per key, so a thousand callers of one key cost one row.

mod account;

use domain::{
    KeyId, Millis,
    audit::Actor,
    key::{Key, Quota},
    limit::Balance,
    limits,
};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::{
    KeyPatch, OwnerScope, QuotaPatch, Store, StoreError,
    keys::rows,
    sql::{self, damaged},
    writer::Message,
};

use account::{Account, Entry, append};
pub(crate) use account::{Request, apply};

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

impl LedgerKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Refill => "refill",
            Self::Debit => "debit",
            Self::Set => "set",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Grant, Self::Refill, Self::Debit, Self::Set].into_iter().find(|kind| kind.name() == text)
    }
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
        let (reply, answer) = oneshot::channel();
        let sent = self.send(Message::Debit(Request { key, cost, now, reply }));
        async move {
            sent?;
            answer.await.unwrap_or(Err(StoreError::Busy))
        }
    }

    pub async fn set_quota(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        patch: QuotaPatch,
    ) -> Result<Key, StoreError> {
        self.update_key(by, scope, id, KeyPatch { quota: patch, ..KeyPatch::default() }).await
    }

    /// Entries of one key behind `after_seq`, oldest first.
    pub async fn ledger_entries(
        &self,
        key: KeyId,
        after_seq: i64,
        limit: u64,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        self.read(move |conn| {
            let sql = "SELECT seq, kind, amount, grants, balance_after, at FROM quota_ledger
                       WHERE key_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            sql::rows(conn, sql, params![key.as_bytes(), after_seq, limit], |c| {
                Ok(LedgerEntry {
                    seq: c.take()?,
                    kind: LedgerKind::parse(&c.take::<String>()?).ok_or_else(|| damaged("ledger entry"))?,
                    amount: c.take()?,
                    grants: c.take()?,
                    balance_after: c.take()?,
                    at: c.millis()?,
                })
            })
        })
        .await
    }
}

/// The first balance of a key, or a new one after the old one was taken away; `seq` is that of its entry.
pub(crate) fn grant(
    conn: &Connection,
    key: KeyId,
    quota: &Quota,
    now: Millis,
    seq: i64,
) -> Result<(), StoreError> {
    let remaining = quota.balance.remaining.max(0);
    let refill = quota.refill.as_ref();
    sql::execute(
        conn,
        "INSERT INTO quotas (key_id, balance, last_refill_at, refill_amount, refill_interval_ms, refill_mode,
           entries) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (key_id) DO UPDATE SET balance = excluded.balance, last_refill_at = excluded.last_refill_at,
           refill_amount = excluded.refill_amount, refill_interval_ms = excluded.refill_interval_ms,
           refill_mode = excluded.refill_mode, entries = excluded.entries, state = 'active'",
        params![
            key.as_bytes(),
            remaining,
            quota.balance.last_refill_at.0,
            refill.map(|r| r.amount),
            refill.map(|r| r.interval_ms),
            refill.map(rows::refill_mode),
            seq
        ],
    )?;
    let entry =
        Entry { kind: LedgerKind::Grant, amount: remaining, grants: 0, balance_after: remaining, at: now };
    append(conn, key, seq, &entry)
}

/// Applies a patch. Answers whether it said anything.
pub(crate) fn change(
    conn: &Connection,
    key: KeyId,
    patch: &QuotaPatch,
    now: Millis,
) -> Result<bool, StoreError> {
    if *patch == QuotaPatch::default() {
        return Ok(false);
    }
    let account = Account::load(conn, key)?;
    // The balance is read in the transaction that writes it: no use debited meanwhile comes back.
    let added = match (&account, patch.add) {
        (Account::Open(open), Some(add)) => {
            Some(Some(open.balance.remaining.saturating_add(add).clamp(0, limits::QUOTA_MAX)))
        }
        _ => None,
    };
    match (account, patch.remaining.or(added)) {
        (Account::Open(mut open), Some(wanted)) => {
            let remaining = wanted.unwrap_or(0).max(0);
            let amount = remaining.saturating_sub(open.balance.remaining);
            open.enter(LedgerKind::Set, amount, 0, remaining, now);
            open.balance.remaining = remaining;
            open.save(conn, key)?;
            if wanted.is_none() {
                sql::execute(
                    conn,
                    "UPDATE quotas SET state = 'removed' WHERE key_id = $1",
                    [key.as_bytes()],
                )?;
            }
        }
        (_, Some(Some(remaining))) => {
            let balance = Balance { remaining, last_refill_at: now };
            let last = "SELECT entries FROM quotas WHERE key_id = $1";
            let last = sql::first(conn, last, [key.as_bytes()], |c| Ok(c.take::<i64>()?))?;
            grant(conn, key, &Quota { balance, refill: None }, now, last.unwrap_or_default() + 1)?;
        }
        (_, Some(None) | None) => {}
    }
    if let Some(refill) = patch.refill {
        sql::execute(
            conn,
            "UPDATE quotas SET refill_amount = $1, refill_interval_ms = $2, refill_mode = $3 WHERE key_id = $4",
            params![
                refill.map(|r| r.amount),
                refill.map(|r| r.interval_ms),
                refill.as_ref().map(rows::refill_mode),
                key.as_bytes()
            ],
        )?;
    }
    Ok(true)
}

/// Ledgers that do not add up, in words.
pub(crate) fn problems(conn: &Connection) -> Result<Vec<String>, StoreError> {
    sql::rows(
        conn,
        "SELECT q.key_id, q.balance, coalesce(sum(l.amount), 0), q.entries, count(l.seq)
         FROM quotas q LEFT JOIN quota_ledger l ON l.key_id = q.key_id
         GROUP BY q.key_id
         HAVING q.balance <> coalesce(sum(l.amount), 0) OR q.entries <> count(l.seq)",
        [],
        |c| {
            let (key, balance, sum) = (KeyId(c.uuid()?), c.take::<i64>()?, c.take::<i64>()?);
            let (entries, there) = (c.take::<i64>()?, c.take::<i64>()?);
            Ok(format!(
                "key/{key}: the balance is {balance} and its ledger adds up to {sum}; {there} of {entries} entries"
            ))
        },
    )
}
