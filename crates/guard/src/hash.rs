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

    /// What enums without data are hashed as.
    fn write_isize(&mut self, n: isize) {
        self.add(n as u64);
    }

    /// Length prefixes say nothing here.
    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, Hash};

    use super::*;

    fn hash(of: impl Hash) -> u64 {
        OwnBytes::default().hash_one(of)
    }

    #[test]
    fn the_tail_of_a_digest_hashes_like_the_whole_and_enums_differ() {
        let bytes: [u8; 32] = std::array::from_fn(|i| i as u8);
        let mut tail = TailHasher::default();
        tail.write(&bytes[24..]);
        assert_eq!(hash(domain::secret::Digest(bytes)), tail.finish());
        assert_ne!(hash(domain::access::Op::RecordRead), hash(domain::access::Op::RecordCreate));
    }
}
