//! Showing the secret of a revealable key again. Every time is in the audit.

use domain::{KeyId, decision::Allowed, secret::Secret};

use crate::{Keys, KeysError};

impl Keys {
    /// The current secret of a key that was made revealable.
    pub async fn reveal(&self, allowed: &Allowed, id: KeyId) -> Result<Secret, KeysError> {
        let _ = (allowed, id);
        todo!()
    }
}
