//! The counters of one key, shared by all versions and all secrets of it: a change or a rotation never resets a
//! limiter. Keys that never had a limit have none.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use domain::{
    Millis,
    key::Key,
    limit::{Packed, RateLimit, RateVerdict, WindowState, peek, take},
};

#[derive(Debug)]
pub(crate) struct Counters {
    rate: AtomicU64,
    /// Uses left when last heard of. For showing only: the ledger decides.
    remaining: AtomicI64,
}

impl Counters {
    /// Continues the window where it was last written.
    pub(crate) fn of(key: &Key) -> Self {
        let mark = key.last_request_at.unwrap_or_default();
        let window = WindowState { mark, count: if mark == Millis::ZERO { 0 } else { key.request_count } };
        let rate = AtomicU64::new(if window.count == 0 { 0 } else { Packed::new(window).0 });
        Self { rate, remaining: AtomicI64::new(0) }
    }

    pub(crate) fn window(&self) -> WindowState {
        Packed(self.rate.load(Relaxed)).state()
    }

    /// Counts one request if the limit allows it: exact under any number of callers.
    pub(crate) fn take(&self, limit: &RateLimit, now: Millis) -> RateVerdict {
        let mut seen = self.rate.load(Relaxed);
        loop {
            let (next, verdict) = take(limit, Packed(seen).state(), now);
            if matches!(verdict, RateVerdict::Refused { .. }) {
                return verdict;
            }
            match self.rate.compare_exchange_weak(seen, Packed::new(next).0, Relaxed, Relaxed) {
                Ok(_) => return verdict,
                Err(newer) => seen = newer,
            }
        }
    }

    pub(crate) fn peek(&self, limit: &RateLimit, now: Millis) -> RateVerdict {
        peek(limit, self.window(), now)
    }

    /// Returns one counted request to its window. The mark stays: a later caller may have moved it.
    pub(crate) fn give_back(&self) {
        let give = |seen| {
            let state = Packed(seen).state();
            let less = WindowState { count: state.count.checked_sub(1)?, ..state };
            Some(if less.count == 0 { 0 } else { Packed::new(less).0 })
        };
        let _ = self.rate.fetch_update(Relaxed, Relaxed, give);
    }

    pub(crate) fn remaining(&self) -> i64 {
        self.remaining.load(Relaxed)
    }

    pub(crate) fn set_remaining(&self, remaining: i64) {
        self.remaining.store(remaining, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_back_request_can_be_taken_again() {
        let counters = Counters { rate: AtomicU64::new(0), remaining: AtomicI64::new(0) };
        let limit = RateLimit { max: 1, window_ms: 1_000, rule: Default::default(), enabled: true };
        let now = Millis(1_700_000_000_000);
        assert!(matches!(counters.take(&limit, now), RateVerdict::Accepted { left: 0, .. }));
        assert!(matches!(counters.take(&limit, now), RateVerdict::Refused { .. }));
        counters.give_back();
        assert!(matches!(counters.take(&limit, now), RateVerdict::Accepted { left: 0, .. }));
    }
}
