//! Secrets and their digests. A plain secret cannot be printed, serialised or compared by accident;
//! a digest is a different type and the only thing that is ever stored.

mod format;
mod recipe;

use std::fmt;

use zeroize::Zeroizing;

pub use format::{BASE62, NATIVE_PREFIX, Shape, generate, random_text, random_uuid, shape, valid_label};
pub use recipe::{Digester, Pepper, Recipe};

/// The string a client presents. Wiped on drop; `expose` is the one way to its text.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Only for digesting it and for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first `n` characters, stored so that people can tell keys apart.
    pub fn start(&self, n: usize) -> String {
        self.0.chars().take(n).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is stored instead of a secret, and what secrets are looked up by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Equality in constant time, for the few places that compare one digest with one other.
    pub fn same(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}
