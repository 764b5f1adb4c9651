//! Snowflake ids: 53-bit integers (exact in JSON) of 41 bits of time and 12 of chance. Within a process
//! they only grow, so a batch made in one millisecond, or after the clock went back, has no id twice.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::time::{SharedClock, SharedEntropy};

/// 2020-01-01T00:00:00Z.
const EPOCH_MS: i64 = 1_577_836_800_000;
const CHANCE_BITS: u32 = 12;
const TIME_MAX: i64 = (1 << 41) - 1;

pub(crate) struct Snowflakes {
    clock: SharedClock,
    entropy: SharedEntropy,
    last: AtomicI64,
}

impl Snowflakes {
    pub(crate) fn new(clock: SharedClock, entropy: SharedEntropy) -> Self {
        Self { clock, entropy, last: AtomicI64::new(0) }
    }

    pub(crate) fn next(&self) -> i64 {
        let time = self.clock.now().0.saturating_sub(EPOCH_MS).clamp(1, TIME_MAX);
        let mut random = [0u8; 2];
        self.entropy.fill(&mut random);
        let chance = i64::from(u16::from_le_bytes(random)) & ((1 << CHANCE_BITS) - 1);
        let fresh = time << CHANCE_BITS | chance;
        let later = |last: i64| fresh.max(last + 1);
        match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(later(last))) {
            Ok(last) | Err(last) => later(last),
        }
    }
}
