//! Usage counters: added per minute, rolled up to hours and days.

use domain::{
    KeyId, Millis,
    key::Owner,
    usage::{Grain, UsageRow},
};

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};

use crate::{OwnerScope, Store, StoreError, keys::rows, sql};

/// Rows in one transaction: small commits, so that debits get their turn in between.
const ROWS_PER_COMMIT: usize = 1_024;

/// Calls of one key, operation and outcome in one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageCount {
    pub key: KeyId,
    pub bucket: Millis,
    pub operation: String,
    pub outcome: String,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageList {
    pub key: Option<KeyId>,
    /// Finer buckets are added up to this one; coarser ones are left out.
    pub grain: Grain,
    pub from: Millis,
    /// Exclusive.
    pub to: Millis,
    pub limit: u64,
}

impl Store {
    /// Adds to the counters, in small commits; the same row may come many times.
    pub async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let mut rest = rows.into_iter();
        loop {
            let some: Vec<UsageRow> = rest.by_ref().take(ROWS_PER_COMMIT).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.write(move |tx| some.iter().try_for_each(|row| add(tx.conn, row))).await?;
        }
    }

    /// Oldest first.
    pub async fn usage(&self, scope: OwnerScope, list: UsageList) -> Result<Vec<UsageCount>, StoreError> {
        self.read(move |conn| {
            let mut sums = BTreeMap::new();
            for grain in Grain::ALL.into_iter().filter(|grain| *grain <= list.grain) {
                sum_up(conn, scope, &list, grain, &mut sums)?;
            }
            let limit = if list.limit == 0 { usize::MAX } else { list.limit as usize };
            let counts = sums.into_iter().take(limit).map(|((bucket, key, operation, outcome), count)| {
                UsageCount { key, bucket, operation, outcome, count }
            });
            Ok(counts.collect())
        })
        .await
    }

    /// How often each live key of this owner was used in all, as far as it is written down. Keys that never were are
    /// left out.
    pub async fn usage_totals(&self, owner: Owner) -> Result<HashMap<KeyId, u64>, StoreError> {
        self.read(move |conn| {
            let (kind, id) = rows::owner_columns(&owner);
            let mut totals = HashMap::new();
            for grain in Grain::ALL {
                let found = sql::rows(conn, TOTALS, params![kind, id, code(grain)], |c| {
                    Ok((KeyId(c.uuid()?), c.take::<i64>()?))
                })?;
                for (key, count) in found {
                    *totals.entry(key).or_default() += count.max(0) as u64;
                }
            }
            Ok(totals)
        })
        .await
    }

    /// Minutes begun before `minutes_before` become hours, hours begun before `hours_before` become days.
    /// Both are rounded down to whole hours and days. Answers how many rows went.
    pub async fn roll_up_usage(
        &self,
        minutes_before: Millis,
        hours_before: Millis,
    ) -> Result<u64, StoreError> {
        let minutes = roll_up(self, Grain::Minute, Grain::Hour, minutes_before).await?;
        Ok(minutes + roll_up(self, Grain::Hour, Grain::Day, hours_before).await?)
    }
}

/// By bucket, key, operation, outcome.
type Sums = BTreeMap<(Millis, KeyId, String, String), u64>;

fn code(grain: Grain) -> i64 {
    match grain {
        Grain::Minute => 1,
        Grain::Hour => 2,
        Grain::Day => 3,
    }
}

fn add(conn: &Connection, row: &UsageRow) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO usage (grain, bucket, key_id, operation, outcome, count) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (grain, bucket, key_id, operation, outcome) DO UPDATE SET count = usage.count + excluded.count",
        params![
            code(row.grain),
            row.bucket.0,
            row.key.as_bytes(),
            row.operation,
            row.outcome,
            i64::try_from(row.count).unwrap_or(i64::MAX)
        ],
    )?;
    Ok(())
}

/// Walks from bucket to bucket, so that one key's rows are found without reading those of all the others.
const BUCKETS: &str = "WITH RECURSIVE b (at) AS (
      SELECT min(bucket) FROM usage WHERE grain = $1 AND bucket >= $2 AND bucket < $3
      UNION ALL
      SELECT (SELECT min(bucket) FROM usage WHERE grain = $1 AND bucket > b.at AND bucket < $3)
      FROM b WHERE b.at IS NOT NULL)
    SELECT n.bucket, n.key_id, n.operation, n.outcome, n.count
    FROM b CROSS JOIN usage n ON n.grain = $1 AND n.bucket = b.at";

/// From bucket to bucket for a few keys; for many, reading everything once is less.
const TOTALS: &str = "WITH RECURSIVE own (id) AS MATERIALIZED (
      SELECT id FROM keys WHERE owner_kind = $1 AND owner_id IS $2 AND gone IS NULL),
    few (yes) AS MATERIALIZED (SELECT count(*) <= 64 FROM own),
    b (at) AS (
      SELECT min(bucket) FROM usage WHERE grain = $3 AND (SELECT yes FROM few)
      UNION ALL
      SELECT (SELECT min(bucket) FROM usage WHERE grain = $3 AND bucket > b.at)
      FROM b WHERE b.at IS NOT NULL)
    SELECT key_id, sum(count) FROM (
      SELECT n.key_id, n.count FROM b CROSS JOIN own CROSS JOIN usage n
        ON n.grain = $3 AND n.bucket = b.at AND n.key_id = own.id
      UNION ALL
      SELECT n.key_id, n.count FROM usage n
        WHERE NOT (SELECT yes FROM few) AND n.grain = $3 AND n.key_id IN (SELECT id FROM own))
    GROUP BY key_id";

fn sum_up(
    conn: &Connection,
    scope: OwnerScope,
    list: &UsageList,
    grain: Grain,
    sums: &mut Sums,
) -> Result<(), StoreError> {
    let (from, to) = (list.grain.floor(list.from).0, list.to.0);
    let key = list.key.as_ref().map(KeyId::as_bytes);
    let (owner_kind, owner_id) = match &scope {
        OwnerScope::All => (None, None),
        OwnerScope::Of(owner) => {
            let (kind, id) = rows::owner_columns(owner);
            (Some(kind), id)
        }
    };
    let one = if key.is_some() { "n.key_id = $4" } else { "$4 IS NULL" };
    let scoped = "($5 IS NULL OR EXISTS (SELECT 1 FROM keys k
        WHERE k.id = n.key_id AND k.owner_kind = $5 AND coalesce(k.owner_id, x'') = coalesce($6, x'')))";
    let sql = format!("{BUCKETS} WHERE {one} AND {scoped}");
    let found = sql::rows(conn, &sql, params![code(grain), from, to, key, owner_kind, owner_id], |c| {
        Ok(((list.grain.floor(c.millis()?), KeyId(c.uuid()?), c.take()?, c.take()?), c.take::<i64>()?))
    })?;
    for (at, count) in found {
        *sums.entry(at).or_default() += count.max(0) as u64;
    }
    Ok(())
}

/// One coarse bucket per commit: a roll-up of a long backlog must not hold up debits.
async fn roll_up(store: &Store, fine: Grain, coarse: Grain, before: Millis) -> Result<u64, StoreError> {
    let before = coarse.floor(before);
    let mut gone = 0;
    loop {
        let done = store
            .write(move |tx| {
                let oldest = sql::first(
                    tx.conn,
                    "SELECT min(bucket) FROM usage WHERE grain = $1 AND bucket < $2",
                    [code(fine), before.0],
                    |c| Ok(c.maybe_millis()?),
                )?;
                let Some(oldest) = oldest.flatten() else { return Ok(0) };
                let start = coarse.floor(oldest);
                let end = start.plus(coarse.ms());
                tx.execute(
                    "INSERT INTO usage (grain, bucket, key_id, operation, outcome, count)
                     SELECT $1, $2, key_id, operation, outcome, sum(count) FROM usage
                     WHERE grain = $3 AND bucket >= $2 AND bucket < $4 GROUP BY key_id, operation, outcome
                     ON CONFLICT (grain, bucket, key_id, operation, outcome)
                     DO UPDATE SET count = usage.count + excluded.count",
                    params![code(coarse), start.0, code(fine), end.0],
                )?;
                let deleted = tx.execute(
                    "DELETE FROM usage WHERE grain = $1 AND bucket >= $2 AND bucket < $3",
                    params![code(fine), start.0, end.0],
                )?;
                Ok(deleted as u64)
            })
            .await?;
        if done == 0 {
            return Ok(gone);
        }
        gone += done;
    }
}
