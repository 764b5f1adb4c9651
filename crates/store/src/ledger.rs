//! The ledger: every change of every balance, appended. A debit is on disk before it is granted; the debits
//! of one batch are summed per key, so a thousand callers of one key cost one row.

use std::collections::HashMap;

use domain::{
    KeyId, Millis,
    audit::Actor,
    key::{Key, Quota},
    limit::{self, Balance, Debit, Refill},
    limits,
};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::{
    KeyPatch, OwnerScope, QuotaPatch, Store, StoreError,
    keys::rows,
    sql::{self, damaged},
    writer::{Message, Reply},
};

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
enum Account {
    Unlimited,
    Gone,
    Open(Open),
}

struct Open {
    balance: Balance,
    refill: Option<Refill>,
    /// `seq` of the last entry that is written down.
    entries: i64,
    fresh: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    kind: LedgerKind,
    amount: i64,
    grants: i64,
    balance_after: i64,
    at: Millis,
}

impl Account {
    fn load(conn: &Connection, key: KeyId) -> Result<Self, StoreError> {
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

    fn enter(&mut self, kind: LedgerKind, amount: i64, grants: i64, balance_after: i64, at: Millis) {
        self.fresh.push(Entry { kind, amount, grants, balance_after, at });
    }

    fn save(&self, conn: &Connection, key: KeyId) -> Result<(), StoreError> {
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

fn append(conn: &Connection, key: KeyId, seq: i64, entry: &Entry) -> Result<(), StoreError> {
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
