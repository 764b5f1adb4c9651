//! Usage: how often a key did what with which outcome, counted per minute, then hour, then day.

use serde::{Deserialize, Serialize};

use crate::{
    KeyId, Millis,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};

/// Width of one usage bucket.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Minute,
    Hour,
    Day,
}

impl Grain {
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub fn ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// The start of the bucket `at` falls into.
    pub fn floor(self, at: Millis) -> Millis {
        Millis(at.0 - at.0.rem_euclid(self.ms()))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| grain.name() == text)
    }
}

/// One row: `count` calls of `operation` by `key` that ended in `outcome` since `bucket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    pub key: KeyId,
    pub grain: Grain,
    pub bucket: Millis,
    /// Name of the operation (`record.read`), or `verify`.
    pub operation: &'static str,
    /// `allow`, or the reason of the refusal.
    pub outcome: &'static str,
    pub count: u64,
}
