//! The native secret: `kw_` + label + `_` + 27 base62 characters (160 bits) + 6 characters of base62 CRC-32.
//! The checksum turns typing errors and random garbage away before any look-up; it is no protection by itself.

use crate::{limits, time::Entropy};

use super::Secret;

pub const NATIVE_PREFIX: &str = "kw_";
/// Letters of random texts: a double-click selects them whole.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARS: usize = 27;
const CHECKSUM_CHARS: usize = 6;

/// What a presented text looks like, before anything is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Starts like a native secret and its checksum holds.
    Native,
    /// Could be a secret of a foreign make; only the look-up can tell.
    Foreign,
    /// Cannot be a secret: wrong checksum, characters or length.
    Malformed,
}

/// A new native secret. `label` is the kind or environment the owner chose (see [`valid_label`]).
pub fn generate(label: &str, entropy: &dyn Entropy) -> Secret {
    let mut text =
        String::with_capacity(NATIVE_PREFIX.len() + label.len() + 1 + RANDOM_CHARS + CHECKSUM_CHARS);
    text.push_str(NATIVE_PREFIX);
    text.push_str(label);
    text.push('_');
    text.push_str(&random_text(RANDOM_CHARS, BASE62, entropy));
    text.extend(checksum(text.as_bytes()).map(char::from));
    Secret::new(text)
}

/// 1–32 characters of `A–Z a–z 0–9 _`, neither beginning nor ending with `_`.
pub fn valid_label(label: &str) -> bool {
    (1..=limits::KEY_PREFIX_CHARS_MAX).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !label.starts_with('_')
        && !label.ends_with('_')
}

/// `n` characters of `alphabet` (at most 256 letters), each equally likely.
pub fn random_text(n: usize, alphabet: &[u8], entropy: &dyn Entropy) -> String {
    let letters = alphabet.len().clamp(1, 256);
    let fair = 256 - 256 % letters;
    let mut text = String::with_capacity(n);
    let mut pool = [0u8; 64];
    while text.len() < n {
        entropy.fill(&mut pool);
        for &byte in pool.iter().filter(|b| usize::from(**b) < fair) {
            if text.len() == n {
                break;
            }
            if let Some(&letter) = alphabet.get(usize::from(byte) % letters) {
                text.push(char::from(letter));
            }
        }
    }
    text
}

/// A UUID of the fourth version.
pub fn random_uuid(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Sorts a presented text without touching any table.
pub fn shape(text: &str) -> Shape {
    if text.is_empty() || text.len() > limits::SECRET_BYTES_MAX || !text.bytes().all(|b| b.is_ascii_graphic())
    {
        return Shape::Malformed;
    }
    if !text.starts_with(NATIVE_PREFIX) {
        return Shape::Foreign;
    }
    let Some((body, sum)) = text.split_at_checked(text.len().saturating_sub(CHECKSUM_CHARS)) else {
        return Shape::Malformed;
    };
    if body.len() > NATIVE_PREFIX.len() + RANDOM_CHARS && checksum(body.as_bytes()) == sum.as_bytes() {
        Shape::Native
    } else {
        Shape::Malformed
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_CHARS] {
    let mut rest = crc32fast::hash(bytes);
    let mut out = [b'0'; CHECKSUM_CHARS];
    for slot in out.iter_mut().rev() {
        *slot = BASE62.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, into: &mut [u8]) {
            for b in into {
                *b = self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn a_generated_secret_is_recognised_and_one_changed_letter_is_not() {
        let secret = generate("live", &Counting(3.into()));
        assert!(secret.expose().starts_with("kw_live_"));
        assert_eq!(secret.expose().len(), 8 + RANDOM_CHARS + CHECKSUM_CHARS);
        assert_eq!(shape(secret.expose()), Shape::Native);
        for at in 3..secret.expose().len() {
            let mut bytes = secret.expose().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(shape(std::str::from_utf8(&bytes).unwrap()), Shape::Malformed, "letter {at}");
        }
    }

    #[test]
    fn text_that_cannot_be_a_secret_is_malformed() {
        for text in ["", "kw_", "kw_live_", "with blank", "ключ", "a\0b", &"x".repeat(10_000)] {
            assert_eq!(shape(text), Shape::Malformed, "{text:?}");
        }
        assert_eq!(shape("nc_pat_V1StGXR8"), Shape::Foreign);
    }

    #[test]
    fn a_secret_never_prints_itself() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
