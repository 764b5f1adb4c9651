//! A clock that stands still until it is told to move.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use domain::{Clock, Millis};

/// 2026-11-22T12:00:00Z: when every world begins.
pub const START: Millis = Millis(1_795_348_800_000);

pub struct ManualClock(AtomicI64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicI64::new(START.0))
    }
}

impl ManualClock {
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(SeqCst))
    }
}
