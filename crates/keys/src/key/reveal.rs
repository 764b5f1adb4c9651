//! Showing the secret of a revealable key again. Every time is in the audit.

use domain::{KeyId, decision::Allowed, secret::Secret};

use crate::{Keys, KeysError};

impl Keys {
    /// The current secret of a key that was made revealable.
    pub async fn reveal(&self, allowed: &Allowed, id: KeyId) -> Result<Secret, KeysError> {
        let caller = self.caller(allowed).await?;
        let key = self.own_key(&caller, id).await?;
        if !key.revealable {
            return Err(KeysError::not_allowed("the key was not made revealable: its secret was shown once"));
        }
        self.check_rank(&caller, &key, false).await?;
        let sealed = self.store().sealed(caller.scope(), id).await?.ok_or(KeysError::NotFound)?;
        let secret = self.unseal(id, &sealed)?;
        // First the trace, then the secret: nobody sees one without the other.
        self.note(allowed, "key.reveal", format!("key/{id}")).await?;
        Ok(secret)
    }
}
