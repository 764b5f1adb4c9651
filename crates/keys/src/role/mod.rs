//! Roles: named sets of grants. Nobody saves or gives away a role that allows more than they may do.

use domain::{RoleId, access::Grants, decision::Allowed, user::Role};

use crate::{Keys, KeysError};

#[derive(Clone, Debug, Default)]
pub struct NewRole {
    /// 1–255 characters, unique.
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Given to new users for whom none is named.
    pub default: bool,
    pub grants: Grants,
    /// The role as a dialect wrote it, as JSON text.
    pub extra: Option<String>,
}

/// The named parts change. The name of a role does not.
#[derive(Clone, Debug, Default)]
pub struct RoleChange {
    pub title: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub default: Option<bool>,
    pub grants: Option<Grants>,
    pub extra: Option<Option<String>>,
}

impl Keys {
    pub async fn create_role(&self, allowed: &Allowed, new: NewRole) -> Result<Role, KeysError> {
        let _ = (allowed, new);
        todo!()
    }

    /// All roles, by name.
    pub async fn roles(&self, allowed: &Allowed) -> Result<Vec<Role>, KeysError> {
        let _ = allowed;
        todo!()
    }

    pub async fn role(&self, allowed: &Allowed, id_or_name: &str) -> Result<Role, KeysError> {
        let _ = (allowed, id_or_name);
        todo!()
    }

    pub async fn update_role(
        &self,
        allowed: &Allowed,
        id: RoleId,
        change: RoleChange,
    ) -> Result<Role, KeysError> {
        let _ = (allowed, id, change);
        todo!()
    }

    /// Builtin roles stay. Keys bound to the role stop working.
    pub async fn delete_role(&self, allowed: &Allowed, id: RoleId) -> Result<(), KeysError> {
        let _ = (allowed, id);
        todo!()
    }
}
