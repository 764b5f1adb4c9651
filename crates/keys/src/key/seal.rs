//! Sealing: AES-256-GCM under a master key kept outside the database, so that a secret can be shown again
//! but a stolen database opens nothing.

use zeroize::Zeroizing;

/// The master key.
#[derive(Clone)]
pub struct Sealer(Zeroizing<[u8; 32]>);

impl Sealer {
    pub fn new(master_key: [u8; 32]) -> Self {
        Self(Zeroizing::new(master_key))
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}
