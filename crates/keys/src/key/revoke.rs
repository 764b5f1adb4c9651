//! Revoking: the end of a key. A tombstone stays, so that history keeps its name and a late use is known.

use domain::{KeyId, decision::Allowed, key::Gone};
use store::OwnerScope;

use crate::{Keys, KeysError, rights::scope_of};

impl Keys {
    pub async fn revoke(&self, allowed: &Allowed, id: KeyId) -> Result<(), KeysError> {
        self.store().revoke_key(&allowed.actor(), scope_of(allowed), id, Gone::Revoked).await?;
        tracing::info!(key = %id, "key revoked");
        Ok(())
    }

    /// The key the call was made with ends itself: no right to manage keys is needed for that.
    pub async fn revoke_self(&self, allowed: &Allowed) -> Result<(), KeysError> {
        let id = allowed.principal().key.ok_or(KeysError::NotFound)?;
        self.store().revoke_key(&allowed.actor(), OwnerScope::All, id, Gone::Revoked).await?;
        Ok(())
    }
}
