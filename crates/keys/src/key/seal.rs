//! Sealing: AES-256-GCM under a master key kept outside the database, so that a secret can be shown again
//! but a stolen database opens nothing. The id of the key is sealed in: a row moved to another key does
//! not open.

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use domain::{Entropy, KeyId, secret::Secret};
use zeroize::Zeroizing;

use crate::{Keys, KeysError};

/// First byte of what is stored; the rest is nonce, text and tag.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// The master key.
#[derive(Clone)]
pub struct Sealer(Zeroizing<[u8; 32]>);

impl Sealer {
    pub fn new(master_key: [u8; 32]) -> Self {
        Self(Zeroizing::new(master_key))
    }

    fn seal(&self, id: KeyId, secret: &Secret, entropy: &dyn Entropy) -> Option<Vec<u8>> {
        let mut nonce = [0u8; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: id.as_bytes() };
        let text = self.cipher().encrypt(&Nonce::from(nonce), payload).ok()?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Some(sealed)
    }

    /// `None`: sealed under another master key, for another key, or damaged.
    fn open(&self, id: KeyId, sealed: &[u8]) -> Option<Secret> {
        let (&VERSION, rest) = sealed.split_first()? else { return None };
        let (nonce, text) = rest.split_at_checked(NONCE_BYTES)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).ok()?;
        let payload = Payload { msg: text, aad: id.as_bytes() };
        let plain = self.cipher().decrypt(&Nonce::from(nonce), payload).ok()?;
        String::from_utf8(plain).ok().map(Secret::new)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&(*self.0).into())
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Keys {
    pub(super) fn seal(&self, id: KeyId, secret: &Secret) -> Result<Vec<u8>, KeysError> {
        let sealer = self.sealer()?;
        let sealed = sealer.seal(id, secret, self.entropy());
        sealed.ok_or_else(|| KeysError::invalid("revealable", "the secret could not be sealed"))
    }

    pub(super) fn unseal(&self, id: KeyId, sealed: &[u8]) -> Result<Secret, KeysError> {
        let secret = self.sealer()?.open(id, sealed);
        secret.ok_or_else(|| {
            KeysError::not_allowed("the secret was sealed under another master key and cannot be shown")
        })
    }

    fn sealer(&self) -> Result<&Sealer, KeysError> {
        self.inner.sealer.as_ref().ok_or_else(|| {
            KeysError::invalid(
                "revealable",
                "needs a master key outside the database, and none is configured",
            )
        })
    }
}
