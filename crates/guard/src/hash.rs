//! Hashing of what is random already: digests and UUIDv7 ids. The tail of their own bytes is the hash, mixed
//! once; hashing them again would cost more than the rest of a look-up.

use std::hash::{BuildHasherDefault, Hasher};

pub(crate) type OwnBytes = BuildHasherDefault<TailHasher>;

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Default)]
pub(crate) struct TailHasher(u64);

impl TailHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(MIX);
    }
}

impl Hasher for TailHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        match bytes.last_chunk::<8>() {
            Some(tail) => self.add(u64::from_be_bytes(*tail)),
            None => bytes.iter().for_each(|b| self.add(u64::from(*b))),
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.add(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }

    fn write_i64(&mut self, n: i64) {
        self.add(n as u64);
    }

    /// Length prefixes say nothing here.
    fn write_usize(&mut self, _: usize) {}
}
