//! What happened, gathered in memory and written in batches: usage per key, operation, outcome and minute; last
//! use and window of a key; refusals, by decision id for whoever asks soon, and for the audit trail.
//!
//! Loss bound: everything older than `JOURNAL_FLUSH_MS` (`JOURNAL_FLUSH_BUSY_MS` while thousands of keys are in use)
//! plus the time of one write is on disk. A crash loses at most that; a clean stop (`flush`) loses nothing. Full buffers leave out the newest, and count what they left
//! out ([`Dropped`]). Nothing here can change a decision, except that a restarted server continues a rate window
//! where it was last written. Quotas are not here: they are durable before the answer.

mod refusals;
mod usage;
mod uses;

use std::net::IpAddr;

use domain::{
    Millis,
    access::Op,
    decision::{Denied, Reason},
    limits::{JOURNAL_FLUSH_SOON_ROWS, REFUSALS_AUDITED_PER_FLUSH},
};
use store::{Store, StoreError};
use tokio::sync::{Mutex, Notify};

use crate::CachedKey;

use refusals::Refusals;
use usage::{Batch, Usage};
pub(crate) use uses::Uses;

/// What the journal had to leave out since the start, because a buffer was full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Calls that were not counted in the usage.
    pub usage_calls: u64,
    /// Refusals that did not reach the audit trail.
    pub refusals: u64,
}

pub(crate) struct Journal {
    usage: Usage,
    refusals: Refusals,
    /// Wakes the flusher early.
    filling: Notify,
    /// What a failed write left behind; also keeps flushes apart.
    unwritten: Mutex<Batch>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            usage: Usage::default(),
            refusals: Refusals::default(),
            filling: Notify::new(),
            unwritten: Mutex::new(Batch::default()),
        }
    }

    /// Counts one call of a known key. `op` is what it wanted, `verify` stands for itself.
    pub(crate) fn count(
        &self,
        key: &std::sync::Arc<CachedKey>,
        op: Counted,
        outcome: Result<(), Reason>,
        at: Millis,
        from: Option<IpAddr>,
    ) {
        if key.is_virtual() {
            return;
        }
        if outcome.is_ok() {
            key.used(at);
        }
        if self.usage.count(key, op, outcome, at, from) {
            self.filling.notify_one();
        }
    }

    pub(crate) fn refused(&self, denied: Denied, from: Option<IpAddr>) {
        self.refusals.add(denied, from);
    }

    pub(crate) fn refusal(&self, id: domain::DecisionId) -> Option<Denied> {
        self.refusals.find(id)
    }

    pub(crate) fn dropped(&self) -> Dropped {
        Dropped { usage_calls: self.usage.dropped(), refusals: self.refusals.dropped() }
    }

    /// Little is written at once; much waits a while, so that keys used again meanwhile cost one row.
    pub(crate) fn is_small(&self) -> bool {
        self.usage.rows() <= JOURNAL_FLUSH_SOON_ROWS
    }

    pub(crate) async fn filling(&self) {
        self.filling.notified().await;
    }

    /// Writes everything gathered so far. What cannot be written stays for the next time.
    pub(crate) async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let mut batch = self.unwritten.lock().await;
        self.usage.drain_into(&mut batch);
        if batch.refusals.len() < REFUSALS_AUDITED_PER_FLUSH {
            batch.refusals.extend(self.refusals.drain());
        }
        // One part that fails does not keep the others back.
        let usage = self.write_usage(store, &mut batch).await;
        let touches = write(&mut batch.touches, |touches| store.touch_keys(touches)).await;
        let refusals = write(&mut batch.refusals, |events| store.append_audit(events)).await;
        usage.and(touches).and(refusals)
    }

    async fn write_usage(&self, store: &Store, batch: &mut Batch) -> Result<(), StoreError> {
        if batch.rows.is_empty() {
            return Ok(());
        }
        store.add_usage(batch.usage_rows()).await?;
        self.usage.written(batch.rows.len());
        batch.move_touches();
        Ok(())
    }
}

async fn write<T: Clone, F>(rows: &mut Vec<T>, write: impl FnOnce(Vec<T>) -> F) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    if !rows.is_empty() {
        write(rows.clone()).await?;
        rows.clear();
    }
    Ok(())
}

/// What a call is counted as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(crate) enum Counted {
    Op(Op),
    Verify,
    /// A call that only asked who it is.
    Who,
}

impl Counted {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Op(op) => op.name(),
            Self::Verify => "verify",
            Self::Who => "who",
        }
    }
}
