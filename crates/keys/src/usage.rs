//! Usage: how often keys did what, as the journal has written it down so far.

use std::collections::HashMap;

use domain::{KeyId, Millis, decision::Allowed, limits, usage::Grain};
use store::{UsageCount, UsageList};

use crate::{Keys, KeysError, rights::scope_of};

#[derive(Clone, Copy, Debug)]
pub struct UsageQuery {
    /// `None`: all keys the caller may see.
    pub key: Option<KeyId>,
    pub grain: Grain,
    /// Inclusive; rounded down to the grain.
    pub from: Millis,
    /// Exclusive.
    pub to: Millis,
}

impl Keys {
    /// How often the caller's own keys were used in all. Keys that never were are left out.
    pub async fn own_usage_totals(&self, allowed: &Allowed) -> Result<HashMap<KeyId, u64>, KeysError> {
        Ok(self.store().usage_totals(allowed.principal().owner).await?)
    }

    /// Oldest bucket first, at most `USAGE_ROWS_MAX` rows.
    pub async fn usage(&self, allowed: &Allowed, query: UsageQuery) -> Result<Vec<UsageCount>, KeysError> {
        let UsageQuery { key, grain, from, to } = query;
        if to <= from {
            return Err(KeysError::invalid("to", "must lie behind from"));
        }
        if let Some(id) = key {
            self.get(allowed, id).await?;
        }
        let list = UsageList { key, grain, from: grain.floor(from), to, limit: limits::USAGE_ROWS_MAX };
        Ok(self.store().usage(scope_of(allowed), list).await?)
    }
}
