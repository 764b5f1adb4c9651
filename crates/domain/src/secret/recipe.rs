//! How a stored digest was made. Secrets carry enough entropy for one fast hash; the pepper, kept outside
//! the database, makes a stolen table useless for checking guesses.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Digest;

/// Stored with every secret, so that recipes can change without touching live keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Recipe {
    /// SHA-256 of the whole text: ours without a pepper, and what better-auth and NocoBase imports bring.
    Sha256 = 1,
    /// HMAC-SHA-256 of the whole text under the pepper.
    HmacSha256 = 2,
}

impl Recipe {
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Sha256),
            2 => Some(Self::HmacSha256),
            _ => None,
        }
    }
}

/// A key for digests, kept outside the database. At least 32 bytes.
#[derive(Clone)]
pub struct Pepper(Zeroizing<Vec<u8>>);

impl Pepper {
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() >= 32).then(|| Self(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

/// Makes digests: new ones by the configured recipe, old ones by the recipe they were stored with.
#[derive(Clone, Debug, Default)]
pub struct Digester {
    pepper: Option<Hmac<Sha256>>,
}

impl Digester {
    pub fn new(pepper: Option<Pepper>) -> Self {
        let pepper = pepper.and_then(|p| Hmac::<Sha256>::new_from_slice(&p.0).ok());
        Self { pepper }
    }

    /// The recipe of newly issued secrets.
    pub fn recipe(&self) -> Recipe {
        if self.pepper.is_some() { Recipe::HmacSha256 } else { Recipe::Sha256 }
    }

    /// The digest of `text` under the recipe of newly issued secrets.
    pub fn digest(&self, text: &str) -> Digest {
        match &self.pepper {
            None => sha256(text),
            Some(keyed) => {
                let mut mac = keyed.clone();
                mac.update(text.as_bytes());
                Digest(mac.finalize().into_bytes().into())
            }
        }
    }

    /// The digest under a given recipe; `None` when it needs a pepper that is not configured.
    pub fn digest_as(&self, recipe: Recipe, text: &str) -> Option<Digest> {
        match recipe {
            Recipe::Sha256 => Some(sha256(text)),
            Recipe::HmacSha256 => self.pepper.as_ref().map(|_| self.digest(text)),
        }
    }
}

fn sha256(text: &str) -> Digest {
    Digest(Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_pepper_the_digest_is_plain_sha_256_of_the_whole_text() {
        let digest = Digester::default().digest("abc");
        assert_eq!(digest.0[..4], [0xba, 0x78, 0x16, 0xbf]);
    }

    #[test]
    fn a_pepper_changes_the_digest_but_old_recipes_still_read() {
        let keyed = Digester::new(Pepper::new(vec![7; 32]));
        assert_eq!(keyed.recipe(), Recipe::HmacSha256);
        assert_ne!(keyed.digest("abc"), Digester::default().digest("abc"));
        assert_eq!(keyed.digest_as(Recipe::Sha256, "abc"), Some(Digester::default().digest("abc")));
        assert_eq!(Digester::default().digest_as(Recipe::HmacSha256, "abc"), None);
        assert!(Pepper::new(vec![7; 31]).is_none());
    }
}
