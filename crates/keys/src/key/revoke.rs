//! Revoking: the end of a key. A tombstone stays, so that history keeps its name and a late use is known.

use domain::{KeyId, audit::Actor, decision::Allowed, key::Gone};
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

    /// Buries a key that is dead already (expired, or spent for good), as some dialects promise at its first
    /// refused use. Needs no proof: a key that could still be used stays. Says whether it went.
    pub async fn retire(&self, id: KeyId) -> Result<bool, KeysError> {
        Ok(self.store().retire_key(&Actor::default(), id).await?)
    }

    /// Buries all expired keys of the doors whose name begins with this. Answers how many went.
    pub async fn retire_expired(&self, door_prefix: &str) -> Result<u64, KeysError> {
        Ok(self.store().retire_expired(&Actor::default(), door_prefix).await?)
    }
}
