//! Decision ids: UUIDv7 made without asking for randomness each time. Milliseconds, 34 random bits of this
//! process, and a 40-bit counter: unique, sortable, a few nanoseconds. They are names, not secrets.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use domain::{DecisionId, Millis, time::Entropy};

pub(crate) struct DecisionIds {
    prefix: u64,
    next: AtomicU64,
}

const COUNTER_BITS: u32 = 40;
const VERSION_7: u64 = 7 << 12;
const VARIANT: u64 = 0b10 << 62;

impl DecisionIds {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        Self { prefix: u64::from_be_bytes(random), next: AtomicU64::new(0) }
    }

    pub(crate) fn next(&self, now: Millis) -> DecisionId {
        let count = self.next.fetch_add(1, Relaxed) & ((1 << COUNTER_BITS) - 1);
        let high = (now.0.max(0) as u64) << 16 | VERSION_7 | self.prefix >> 52;
        let random = self.prefix & ((1 << (62 - COUNTER_BITS)) - 1);
        let low = VARIANT | random << COUNTER_BITS | count;
        DecisionId::from_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;
    impl Entropy for Ones {
        fn fill(&self, into: &mut [u8]) {
            into.fill(0xff);
        }
    }

    #[test]
    fn ids_are_uuid_v7_with_the_time_and_never_repeat() {
        let ids = DecisionIds::new(&Ones);
        let now = Millis(1_795_000_000_123);
        let (a, b) = (ids.next(now), ids.next(now));
        assert!(a < b);
        assert_eq!(a.0.get_version_num(), 7);
        assert_eq!(a.as_bytes()[..6], now.0.to_be_bytes()[2..]);
    }
}
