//! Organizations: owners of keys that are not people.

use domain::{OrgId, decision::Allowed, user::Organization};

use crate::{Keys, KeysError};

#[derive(Clone, Debug, Default)]
pub struct NewOrganization {
    pub name: String,
    /// Unique; letters, digits and hyphens.
    pub slug: String,
    pub extra: Option<String>,
}

impl Keys {
    pub async fn create_organization(
        &self,
        allowed: &Allowed,
        new: NewOrganization,
    ) -> Result<Organization, KeysError> {
        let _ = (allowed, new);
        todo!()
    }

    pub async fn organization(&self, allowed: &Allowed, id: OrgId) -> Result<Organization, KeysError> {
        let _ = (allowed, id);
        todo!()
    }

    pub async fn organizations(&self, allowed: &Allowed) -> Result<Vec<Organization>, KeysError> {
        let _ = allowed;
        todo!()
    }
}
