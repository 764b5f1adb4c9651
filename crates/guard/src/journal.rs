//! What happened, gathered in memory and written in batches.

/// What the journal had to leave out since the start, because a buffer was full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Calls that were not counted in the usage.
    pub usage_calls: u64,
    /// Refusals that did not reach the audit trail.
    pub refusals: u64,
}
