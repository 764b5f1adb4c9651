//! Changing a user: only what is named, and never somebody who may do more than the caller.

use domain::{UserId, decision::Allowed, secret::Secret, user::User};
use store::UserPatch;

use super::{create::check_texts, roles::check_combination};
use crate::{Keys, KeysError, check, rights::Caller};

/// The named parts change. `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub email: Option<Option<String>>,
    pub username: Option<Option<String>>,
    pub name: Option<Option<String>>,
    pub active: Option<bool>,
    pub root: Option<bool>,
    /// Ids or names: exactly these from now on.
    pub roles: Option<Vec<String>>,
    /// Id or name; one of the roles held.
    pub default_role: Option<Option<String>>,
    /// Ends all sessions of the user.
    pub password: Option<Secret>,
    pub extra: Option<Option<String>>,
}

impl Keys {
    pub async fn update_user(
        &self,
        allowed: &Allowed,
        id: UserId,
        change: UserChange,
    ) -> Result<User, KeysError> {
        let caller = self.caller(allowed).await?;
        let user = self.manageable_user(&caller, id).await?;
        if change.root.is_some_and(|root| root != user.root) && !caller.root {
            return Err(KeysError::not_allowed("only root makes and unmakes root users"));
        }
        let password = change.password.clone();
        let demoted = change.active == Some(false) || change.root == Some(false);
        let mut patch = self.patch_of(&caller, &user, change).await?;
        if let Some(password) = &password {
            patch.password_hash = Some(Some(self.hash_new_password(password).await?));
            patch.end_sessions = true;
        }
        let _decided = self.inner.last_root.lock().await;
        if demoted {
            self.check_not_last_root(&user).await?;
        }
        Ok(self.store().patch_user(&allowed.actor(), id, patch).await?)
    }

    async fn patch_of(
        &self,
        caller: &Caller<'_>,
        user: &User,
        change: UserChange,
    ) -> Result<UserPatch, KeysError> {
        let texts = [&change.username, &change.name, &change.extra];
        let [username, name, extra] = texts.map(|text| text.as_ref().and_then(Option::as_deref));
        check_texts(username, name, extra)?;
        let email = match change.email {
            Some(Some(text)) => Some(Some(check::email(&text)?)),
            other => other,
        };
        check_reachable(user, email.as_ref(), change.username.as_ref())?;
        let roles = match &change.roles {
            Some(names) => {
                let roles = self.named_roles(names).await?;
                let new: Vec<_> = roles.iter().filter(|r| !user.roles.contains(&r.id)).cloned().collect();
                caller.check_gives(&new)?;
                check_combination(&roles, caller.allowed.catalog())?;
                Some(roles.iter().map(|role| role.id).collect::<Vec<_>>())
            }
            None => None,
        };
        let held = roles.as_ref().unwrap_or(&user.roles);
        let default_role = match change.default_role {
            Some(Some(text)) => match self.find_role(&text).await? {
                Some(role) if held.contains(&role.id) => Some(Some(role.id)),
                _ => return Err(KeysError::invalid("default_role", "must be one of the roles held")),
            },
            Some(None) => Some(None),
            // A default that is not held any more is none.
            None => user.default_role.filter(|role| !held.contains(role)).map(|_| None),
        };
        Ok(UserPatch {
            email,
            username: change.username,
            name: change.name,
            active: change.active,
            root: change.root,
            roles,
            default_role,
            extra: change.extra,
            ..UserPatch::default()
        })
    }
}

/// A user without email and username could never be named again.
fn check_reachable(
    user: &User,
    email: Option<&Option<String>>,
    username: Option<&Option<String>>,
) -> Result<(), KeysError> {
    let email = email.unwrap_or(&user.email);
    let username = username.unwrap_or(&user.username);
    if email.is_none() && username.is_none() {
        return Err(KeysError::invalid("email", "a user needs an email address or a username"));
    }
    Ok(())
}
