//! Usage counters: added per minute, rolled up to hours and days.

use domain::{
    KeyId, Millis,
    usage::{Grain, UsageRow},
};

use crate::{OwnerScope, Store, StoreError};

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
    /// Adds to the counters; the same row may come many times.
    pub async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let _ = rows;
        todo!()
    }

    /// Oldest first.
    pub async fn usage(&self, scope: OwnerScope, list: UsageList) -> Result<Vec<UsageCount>, StoreError> {
        let _ = (scope, list);
        todo!()
    }

    /// Minutes begun before `minutes_before` become hours, hours begun before `hours_before` become days.
    /// Both are rounded down to whole hours and days. Answers how many rows went.
    pub async fn roll_up_usage(&self, minutes_before: Millis, hours_before: Millis) -> Result<u64, StoreError> {
        let _ = (minutes_before, hours_before);
        todo!()
    }
}
