//! The end of a role. Keys bound to it stop working: their binding names nothing any more.

use domain::{RoleId, decision::Allowed};

use crate::{Keys, KeysError};

impl Keys {
    /// Builtin roles stay, and those that allow more than the caller may do.
    pub async fn delete_role(&self, allowed: &Allowed, id: RoleId) -> Result<(), KeysError> {
        let role = self.store().role(id).await?.ok_or(KeysError::NotFound)?;
        if role.builtin {
            return Err(KeysError::NotAllowed(format!(
                "the role {:?} is built in and cannot be deleted",
                role.name
            )));
        }
        self.caller(allowed).await?.check_above(&role)?;
        Ok(self.store().delete_role(&allowed.actor(), id).await?)
    }
}
