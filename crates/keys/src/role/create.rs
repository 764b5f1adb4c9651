//! A new role.

use domain::{RoleId, access::Grants, decision::Allowed, user::Role};

use super::{check_grants, check_texts};
use crate::{Keys, KeysError, check};

#[derive(Clone, Debug, Default)]
pub struct NewRole {
    /// 1–255 characters, unique.
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Given to new users for whom none is named, in the place of the one that was.
    pub default: bool,
    pub grants: Grants,
    /// The role as a dialect wrote it, as JSON text.
    pub extra: Option<String>,
}

impl Keys {
    pub async fn create_role(&self, allowed: &Allowed, new: NewRole) -> Result<Role, KeysError> {
        check::name("name", &new.name)?;
        check_texts(new.title.as_deref(), new.description.as_deref(), new.extra.as_deref())?;
        let caller = self.caller(allowed).await?;
        check_grants(&caller, &new.grants)?;
        if new.default {
            self.check_default_moves(&caller).await?;
        }
        let now = allowed.at();
        let role = Role {
            id: RoleId::new(now, self.entropy()),
            name: new.name,
            title: new.title,
            description: new.description,
            root: false,
            builtin: false,
            default: new.default,
            grants: new.grants,
            extra: new.extra,
            created_at: now,
            updated_at: now,
        };
        let role = self.store().create_role(&allowed.actor(), role).await?;
        if role.default {
            self.only_default(allowed, role.id).await?;
        }
        Ok(role)
    }
}
