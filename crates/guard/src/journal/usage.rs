//! The usage buffer: one row per key, operation, outcome and minute. Each thread counts in a shard of its own,
//! so callers of one busy key do not wait for each other; a flush adds the shards up.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use domain::{
    KeyId, Millis,
    audit::AuditEvent,
    decision::Reason,
    limits::USAGE_BUFFER_ROWS,
    time::MINUTE_MS,
    usage::{Grain, UsageRow},
};
use parking_lot::Mutex;
use store::KeyTouch;

use crate::{CachedKey, hash::OwnBytes};

use super::{Counted, uses::Counting};

const SHARDS: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Row {
    key: KeyId,
    minute: i64,
    op: Counted,
    /// `None`: allowed.
    refused: Option<Reason>,
}

/// How often, and what the latest of them was like.
pub(super) struct Tally {
    count: u64,
    at: Millis,
    from: Option<IpAddr>,
    key: Arc<CachedKey>,
    /// `at` belongs to `from`. Counted the short way, `at` is the key's last use, whichever way that came.
    exact: bool,
}

type Rows = HashMap<Row, Tally, OwnBytes>;

#[derive(Default)]
struct Shard {
    rows: Rows,
    /// Keys that were counted the short way, and from where first.
    listed: Vec<(Arc<CachedKey>, Option<IpAddr>)>,
}

pub(super) struct Usage {
    shards: Vec<Mutex<Shard>>,
    /// Rows in all shards and in what is not written yet.
    rows: AtomicUsize,
    dropped: AtomicU64,
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            shards: std::iter::repeat_with(Mutex::default).take(SHARDS).collect(),
            rows: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
        }
    }
}

static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static SHARD: usize = NEXT_SHARD.fetch_add(1, Relaxed) % SHARDS;
}

impl Usage {
    /// Answers whether the buffer is half full just now.
    pub(super) fn count(
        &self,
        key: &Arc<CachedKey>,
        op: Counted,
        outcome: Result<(), Reason>,
        at: Millis,
        from: Option<IpAddr>,
    ) -> bool {
        let minute = at.0.div_euclid(MINUTE_MS);
        if op == Counted::Verify && outcome.is_ok() {
            match key.uses.count(minute, from, self.has_room()) {
                Counting::Again => return false,
                Counting::First => return self.list(key, from),
                Counting::Elsewhere => {}
            }
        }
        self.add(Row { key: key.id(), minute, op, refused: outcome.err() }, key, at, from)
    }

    fn list(&self, key: &Arc<CachedKey>, from: Option<IpAddr>) -> bool {
        if let Some(shard) = self.shard() {
            shard.lock().listed.push((key.clone(), from));
        }
        self.one_more()
    }

    fn add(&self, row: Row, key: &Arc<CachedKey>, at: Millis, from: Option<IpAddr>) -> bool {
        let Some(shard) = self.shard() else { return false };
        match shard.lock().rows.entry(row) {
            Entry::Occupied(mut old) => {
                let tally = old.get_mut();
                tally.count += 1;
                tally.at = at;
                tally.from = from;
                false
            }
            Entry::Vacant(_) if !self.has_room() => {
                self.dropped.fetch_add(1, Relaxed);
                true
            }
            Entry::Vacant(new) => {
                new.insert(Tally { count: 1, at, from, key: key.clone(), exact: true });
                self.one_more()
            }
        }
    }

    fn shard(&self) -> Option<&Mutex<Shard>> {
        self.shards.get(SHARD.with(|s| *s))
    }

    fn has_room(&self) -> bool {
        self.rows.load(Relaxed) < USAGE_BUFFER_ROWS
    }

    fn one_more(&self) -> bool {
        self.rows.fetch_add(1, Relaxed) + 1 == USAGE_BUFFER_ROWS / 2
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.load(Relaxed)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Moves everything counted so far into `batch`.
    pub(super) fn drain_into(&self, batch: &mut Batch) {
        let mut twice = 0;
        for shard in &self.shards {
            let Shard { rows, listed } = std::mem::take(&mut *shard.lock());
            let listed = listed.into_iter().map(|(key, from)| unlisted(key, from));
            for (row, tally) in listed.chain(rows) {
                match batch.rows.entry(row) {
                    Entry::Vacant(new) => {
                        new.insert(tally);
                    }
                    Entry::Occupied(mut old) => {
                        old.get_mut().add(tally);
                        twice += 1;
                    }
                }
            }
        }
        self.written(twice);
    }

    /// Rows that take no room any more.
    pub(super) fn written(&self, rows: usize) {
        self.rows.fetch_sub(rows, Relaxed);
    }
}

/// What was counted in the key itself.
fn unlisted(key: Arc<CachedKey>, from: Option<IpAddr>) -> (Row, Tally) {
    let (minute, count) = key.uses.take();
    let row = Row { key: key.id(), minute, op: Counted::Verify, refused: None };
    let at = key.last_used_at().unwrap_or_default();
    (row, Tally { count, at, from, key, exact: false })
}

impl Tally {
    fn add(&mut self, other: Self) {
        let count = self.count + other.count;
        if other.later_than(self) {
            *self = other;
        }
        self.count = count;
    }

    fn later_than(&self, other: &Self) -> bool {
        (self.at, self.exact) >= (other.at, other.exact)
    }
}

/// What one flush writes.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Rows,
    pub(super) touches: Vec<KeyTouch>,
    pub(super) refusals: Vec<AuditEvent>,
}

impl Batch {
    /// In the order of the table: neighbours share pages, and a page is written once.
    pub(super) fn usage_rows(&self) -> Vec<UsageRow> {
        let row = |(row, tally): (&Row, &Tally)| UsageRow {
            key: row.key,
            grain: Grain::Minute,
            bucket: Millis(row.minute * MINUTE_MS),
            operation: row.op.name(),
            outcome: row.refused.map_or("allow", Reason::code),
            count: tally.count,
        };
        let mut rows: Vec<UsageRow> = self.rows.iter().map(row).collect();
        rows.sort_unstable_by_key(|row| (row.bucket, row.key, row.operation, row.outcome));
        rows
    }

    /// The counted rows are written: what remains of them is when and from where their keys were last used.
    pub(super) fn move_touches(&mut self) {
        let newer = self.touches();
        if self.touches.len() + newer.len() > USAGE_BUFFER_ROWS {
            self.touches.clear();
        }
        self.touches.extend(newer);
        self.rows.clear();
    }

    /// One per key: its latest allowed call, and where its window stands now.
    fn touches(&self) -> Vec<KeyTouch> {
        let mut latest: HashMap<KeyId, (&Tally, Option<&Tally>), OwnBytes> = HashMap::default();
        for (row, tally) in &self.rows {
            let (_, used) = latest.entry(row.key).or_insert((tally, None));
            if row.refused.is_none() && used.is_none_or(|before| tally.later_than(before)) {
                *used = Some(tally);
            }
        }
        let touch = |(key, (any, used)): (KeyId, (&Tally, Option<&Tally>))| KeyTouch {
            key,
            last_used_at: used.map(|t| t.at),
            last_used_from: used.and_then(|t| t.from).map(|ip| ip.to_canonical().to_string()),
            window: any.key.rate_limit().map(|_| any.key.window()),
        };
        let mut touches: Vec<KeyTouch> = latest
            .into_iter()
            .map(touch)
            .filter(|t| t.last_used_at.is_some() || t.window.is_some())
            .collect();
        touches.sort_unstable_by_key(|touch| touch.key);
        touches
    }
}

#[cfg(test)]
mod tests {
    use domain::secret::Digest;

    use super::*;

    #[test]
    fn a_full_buffer_leaves_out_the_newest_and_counts_them() {
        let usage = Usage::default();
        let key = Arc::new(CachedKey::root(&Digest([1; 32])));
        let count = |minute: usize| {
            usage.count(&key, Counted::Verify, Err(Reason::Rate), Millis(minute as i64 * MINUTE_MS), None)
        };
        let woken = (0..USAGE_BUFFER_ROWS).filter(|minute| count(*minute)).count();
        assert_eq!((woken, usage.dropped()), (1, 0), "woken once, half full");
        count(USAGE_BUFFER_ROWS);
        count(0);
        assert_eq!(usage.dropped(), 1, "a row that exists still counts");
        let mut batch = Batch::default();
        usage.drain_into(&mut batch);
        assert_eq!(batch.usage_rows().iter().map(|r| r.count).sum::<u64>(), USAGE_BUFFER_ROWS as u64 + 1);
        usage.written(batch.rows.len());
        count(USAGE_BUFFER_ROWS);
        assert_eq!(usage.dropped(), 1);
    }
}
