//! Changing a role. Whoever holds it, and every key bound to it, has the new rights with the next request.

use domain::{RoleId, access::Grants, decision::Allowed, user::Role};
use store::RolePatch;

use super::{check_grants, check_texts};
use crate::{Keys, KeysError, rights::Caller};

/// The named parts change. The name of a role does not. Other grants without a document that says so (`extra`)
/// void the one there is.
#[derive(Clone, Debug, Default)]
pub struct RoleChange {
    pub title: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub default: Option<bool>,
    pub grants: Option<Grants>,
    pub extra: Option<Option<String>>,
}

impl Keys {
    pub async fn update_role(
        &self,
        allowed: &Allowed,
        id: RoleId,
        change: RoleChange,
    ) -> Result<Role, KeysError> {
        let texts = [&change.title, &change.description, &change.extra];
        let [title, description, document] = texts.map(|text| text.as_ref().and_then(Option::as_deref));
        check_texts(title, description, document)?;
        let caller = self.caller(allowed).await?;
        let role = self.store().role(id).await?.ok_or(KeysError::NotFound)?;
        if role.root && change.grants.is_some() {
            return Err(KeysError::not_allowed("the role for everything has no grants to change"));
        }
        if let Some(grants) = &change.grants {
            check_grants(&caller, grants)?;
        }
        let outdated = change.grants.as_ref().is_some_and(|grants| *grants != role.grants);
        let default = change.default == Some(true);
        let moves = change.default.is_some_and(|default| default != role.default);
        if change.grants.is_some() || change.extra.is_some() || moves {
            caller.check_above(&role)?;
        }
        if moves && default {
            self.check_default_moves(&caller).await?;
        }
        let after = Role { grants: change.grants.clone().unwrap_or(role.grants.clone()), ..role };
        // A default role is given to strangers: that is giving it away.
        if default && (after.root || !caller.can_give(&after)) {
            return Err(KeysError::not_allowed("the default role cannot allow more than you may do"));
        }
        let patch = RolePatch {
            title: change.title,
            description: change.description,
            default: change.default,
            grants: change.grants,
            // A dialect's document says what the grants were before: the next edit of it would bring them back.
            extra: change.extra.or(outdated.then_some(None)),
            ..RolePatch::default()
        };
        let role = self.store().patch_role(&allowed.actor(), id, patch).await?;
        if default {
            self.only_default(allowed, id).await?;
        }
        Ok(role)
    }

    /// Whoever makes another role the default takes that away from the one that was.
    pub(super) async fn check_default_moves(&self, caller: &Caller<'_>) -> Result<(), KeysError> {
        let roles = self.store().roles().await?;
        roles.iter().filter(|role| role.default).try_for_each(|role| caller.check_above(role))
    }

    /// There is one default role.
    pub(super) async fn only_default(&self, allowed: &Allowed, id: RoleId) -> Result<(), KeysError> {
        for role in self.store().roles().await? {
            if role.default && role.id != id {
                let patch = RolePatch { default: Some(false), ..RolePatch::default() };
                self.store().patch_role(&allowed.actor(), role.id, patch).await?;
            }
        }
        Ok(())
    }
}
