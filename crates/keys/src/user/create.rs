//! A new user: made by somebody who may, or, where the server is open for it, by themselves.

use domain::{
    Millis, UserId,
    audit::Actor,
    decision::Allowed,
    limits,
    secret::Secret,
    user::{Role, User},
};

use super::roles::check_combination;
use crate::{Keys, KeysError, check};

#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// Kept in lower case, unique. Email or username is needed.
    pub email: Option<String>,
    /// Unique, the case does not matter.
    pub username: Option<String>,
    pub name: Option<String>,
    /// `None`: the user cannot sign in with a password.
    pub password: Option<Secret>,
    /// Ids or names; `None`: the default role.
    pub roles: Option<Vec<String>>,
    /// Only root makes root.
    pub root: bool,
    pub extra: Option<String>,
}

impl Keys {
    pub async fn create_user(&self, allowed: &Allowed, new: NewUser) -> Result<User, KeysError> {
        let caller = self.caller(allowed).await?;
        if new.root && !caller.root {
            return Err(KeysError::not_allowed("only root makes root users"));
        }
        let roles = match &new.roles {
            Some(names) => {
                let roles = self.named_roles(names).await?;
                caller.check_gives(&roles)?;
                roles
            }
            None => self.default_roles().await?,
        };
        check_combination(&roles, allowed.catalog())?;
        self.insert_user(&allowed.actor(), allowed.at(), new, roles).await
    }

    /// A stranger makes an account; refused unless the server is open for it. Only the default role is given.
    pub async fn sign_up(&self, new: NewUser) -> Result<User, KeysError> {
        if !self.inner.signup_open {
            return Err(KeysError::not_allowed("accounts are made by invitation only"));
        }
        if new.root || new.roles.is_some() {
            return Err(KeysError::not_allowed("rights are given, not taken"));
        }
        if new.password.is_none() {
            return Err(KeysError::invalid("password", "is needed"));
        }
        let roles = self.default_roles().await?;
        self.insert_user(&Actor::default(), self.inner.clock.now(), new, roles).await
    }

    pub(crate) async fn insert_user(
        &self,
        by: &Actor,
        now: Millis,
        new: NewUser,
        roles: Vec<Role>,
    ) -> Result<User, KeysError> {
        if new.email.is_none() && new.username.is_none() {
            return Err(KeysError::invalid("email", "a user needs an email address or a username"));
        }
        check_texts(new.username.as_deref(), new.name.as_deref(), new.extra.as_deref())?;
        let email = new.email.as_deref().map(check::email).transpose()?;
        let password_hash = match &new.password {
            Some(password) => Some(self.hash_new_password(password).await?),
            None => None,
        };
        let user = User {
            id: UserId::new(now, self.entropy()),
            num: 0,
            email,
            username: new.username,
            name: new.name,
            active: true,
            root: new.root,
            roles: roles.iter().map(|role| role.id).collect(),
            default_role: None,
            extra: new.extra,
            created_at: now,
            updated_at: now,
            sessions_valid_from: Millis::ZERO,
        };
        let user = self.store().create_user(by, store::NewUser { user, password_hash }).await?;
        tracing::info!(user = %user.id, "user created");
        Ok(user)
    }

    async fn default_roles(&self) -> Result<Vec<Role>, KeysError> {
        Ok(self.store().roles().await?.into_iter().filter(|role| role.default).collect())
    }
}

pub(super) fn check_texts(
    username: Option<&str>,
    name: Option<&str>,
    extra: Option<&str>,
) -> Result<(), KeysError> {
    if let Some(text) = username {
        check::username(text)?;
    }
    if let Some(text) = name {
        check::line("name", text, limits::NAME_CHARS_MAX)?;
    }
    extra.map_or(Ok(()), |text| check::json("extra", text, limits::KEY_METADATA_BYTES_MAX))
}
