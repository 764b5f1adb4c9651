//! The answer to a verification: everything `verify` reports, without a database read.

use std::sync::Arc;

use domain::{
    DecisionId, Millis,
    decision::{Reason, Trace},
    limit::RateLimit,
};

use crate::CachedKey;

/// What was decided about a presented secret. Making one allocates nothing.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub id: DecisionId,
    pub at: Millis,
    pub outcome: Result<(), Reason>,
    pub trace: Trace,
    /// The key the secret belongs to, also when it was refused.
    pub key: Option<Arc<CachedKey>>,
    /// Uses left after this call; `None`: the key has no quota. Of a call refused before the quota gate: the last known.
    pub remaining: Option<i64>,
    /// The limiter after this call; `None`: the key has none.
    pub rate: Option<RateView>,
    pub retry_after_ms: Option<i64>,
}

impl Verdict {
    pub fn valid(&self) -> bool {
        self.outcome.is_ok()
    }
}

/// A rate limit and where its window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateView {
    pub limit: RateLimit,
    /// Requests the window still accepts.
    pub left: u32,
    pub reset_at: Millis,
}
