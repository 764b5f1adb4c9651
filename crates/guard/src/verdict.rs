//! The answer to a verification, and the cached key it is about: everything `verify` reports, without a
//! database read.

use std::sync::Arc;

use domain::{
    DecisionId, KeyId, Millis, RoleId, UserId,
    access::Scopes,
    decision::{Reason, Trace},
    host::AllowedHosts,
    key::{KeyKind, Owner, Permissions},
    limit::{RateLimit, Refill},
};

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

/// A live key as the guard keeps it: compact, immutable, replaced as a whole when the key changes.
#[derive(Debug)]
pub struct CachedKey {
    _todo: (),
}

impl CachedKey {
    pub fn id(&self) -> KeyId {
        todo!()
    }
    pub fn num(&self) -> i64 {
        todo!()
    }
    pub fn kind(&self) -> KeyKind {
        todo!()
    }
    pub fn owner(&self) -> Owner {
        todo!()
    }
    pub fn role(&self) -> Option<RoleId> {
        todo!()
    }
    pub fn name(&self) -> Option<&str> {
        todo!()
    }
    pub fn description(&self) -> Option<&str> {
        todo!()
    }
    pub fn permissions(&self) -> Option<&Permissions> {
        todo!()
    }
    pub fn scopes(&self) -> Option<&Scopes> {
        todo!()
    }
    pub fn hosts(&self) -> &AllowedHosts {
        todo!()
    }
    pub fn enabled(&self) -> bool {
        todo!()
    }
    pub fn expires_at(&self) -> Option<Millis> {
        todo!()
    }
    pub fn rate_limit(&self) -> Option<RateLimit> {
        todo!()
    }
    pub fn has_quota(&self) -> bool {
        todo!()
    }
    pub fn refill(&self) -> Option<Refill> {
        todo!()
    }
    /// JSON text.
    pub fn metadata(&self) -> Option<&str> {
        todo!()
    }
    pub fn prefix(&self) -> Option<&str> {
        todo!()
    }
    pub fn start(&self) -> Option<&str> {
        todo!()
    }
    pub fn revealable(&self) -> bool {
        todo!()
    }
    pub fn door(&self) -> Option<&str> {
        todo!()
    }
    /// JSON text.
    pub fn extra(&self) -> Option<&str> {
        todo!()
    }
    pub fn created_at(&self) -> Millis {
        todo!()
    }
    pub fn created_by(&self) -> Option<UserId> {
        todo!()
    }
    pub fn updated_at(&self) -> Millis {
        todo!()
    }
    /// Of this process, or as stored when it started.
    pub fn last_used_at(&self) -> Option<Millis> {
        todo!()
    }
    /// Accepted requests in the current window and its mark, as they are now.
    pub fn window(&self) -> domain::limit::WindowState {
        todo!()
    }
    /// The virtual key of `KEYWARD_ROOT_KEY`: in no table, never counted.
    pub fn is_virtual(&self) -> bool {
        todo!()
    }
}
