//! Reading roles.

use domain::{decision::Allowed, user::Role};

use crate::{Keys, KeysError};

impl Keys {
    /// All roles, by name.
    pub async fn roles(&self, _allowed: &Allowed) -> Result<Vec<Role>, KeysError> {
        Ok(self.store().roles().await?)
    }

    pub async fn role(&self, _allowed: &Allowed, id_or_name: &str) -> Result<Role, KeysError> {
        self.find_role(id_or_name).await?.ok_or(KeysError::NotFound)
    }
}
