//! The short way to count the most frequent event, an allowed verification: in a word of the key itself, which
//! is in the cache already. The key is put on a list once per flush; what does not fit into the word (another
//! minute, another address) goes the long way through the shards.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// 26 bits of minutes since 1970 (to the year 2097), 18 bits that tell addresses apart, 20 bits of count.
#[derive(Default)]
pub(crate) struct Uses(AtomicU64);

const COUNT_BITS: u32 = 20;
const TAG_BITS: u32 = 18;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Counting {
    /// The first since the last flush: the key must be put on the list.
    First,
    Again,
    /// Of another minute or address than the present ones, too many, or no room on the list: count it the long way.
    Elsewhere,
}

impl Uses {
    pub(super) fn count(&self, minute: i64, from: Option<IpAddr>, may_begin: bool) -> Counting {
        let kind = (minute as u64) << TAG_BITS | tag(from);
        let mut seen = self.0.load(Relaxed);
        loop {
            let (next, counting) = match (seen & COUNT_MAX, seen >> COUNT_BITS == kind) {
                (0, _) if !may_begin => return Counting::Elsewhere,
                (0, _) => (kind << COUNT_BITS | 1, Counting::First),
                (COUNT_MAX, _) | (_, false) => return Counting::Elsewhere,
                (_, true) => (seen + 1, Counting::Again),
            };
            match self.0.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
                Ok(_) => return counting,
                Err(newer) => seen = newer,
            }
        }
    }

    /// Minute and count, and begins anew.
    pub(super) fn take(&self) -> (i64, u64) {
        let word = self.0.swap(0, Relaxed);
        ((word >> (COUNT_BITS + TAG_BITS)) as i64, word & COUNT_MAX)
    }
}

fn tag(from: Option<IpAddr>) -> u64 {
    let Some(ip) = from else { return 0 };
    let mut hasher = DefaultHasher::new();
    ip.hash(&mut hasher);
    hasher.finish() >> (64 - TAG_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_minute_and_address_fit_the_word_and_others_go_elsewhere() {
        let (uses, minute) = (Uses::default(), 29_922_480);
        let (here, there) = (Some(IpAddr::from([192, 0, 2, 1])), Some(IpAddr::from([192, 0, 2, 2])));
        assert_eq!(
            [uses.count(minute, here, true), uses.count(minute, here, false)],
            [Counting::First, Counting::Again]
        );
        for (minute, from) in [(minute, there), (minute, None), (minute + 1, here)] {
            assert_eq!(uses.count(minute, from, true), Counting::Elsewhere);
        }
        assert_eq!(uses.take(), (minute, 2));
        assert_eq!(uses.count(minute + 1, None, false), Counting::Elsewhere);
        assert_eq!(uses.count(minute + 1, None, true), Counting::First);
    }
}
