//! Users: people and service accounts, the roles they hold, and their passwords.

use domain::{UserId, decision::Allowed, secret::Secret, user::User};

use crate::{Keys, KeysError, Page, PageRequest};

#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// Kept in lower case, unique. Email or username is needed.
    pub email: Option<String>,
    /// Unique, the case does not matter.
    pub username: Option<String>,
    pub name: Option<String>,
    /// `None`: the user cannot sign in with a password.
    pub password: Option<Secret>,
    /// Ids or names; `None`: the default roles.
    pub roles: Option<Vec<String>>,
    /// Only root makes root.
    pub root: bool,
    pub extra: Option<String>,
}

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

#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// In email, username or name, the case does not matter.
    pub contains: Option<String>,
    /// Id or name of a role they hold.
    pub role: Option<String>,
    pub active: Option<bool>,
    pub page: PageRequest,
}

impl Keys {
    pub async fn create_user(&self, allowed: &Allowed, new: NewUser) -> Result<User, KeysError> {
        let _ = (allowed, new);
        todo!()
    }

    /// A stranger makes an account; refused unless the server is open for it. Only default roles are given.
    pub async fn sign_up(&self, new: NewUser) -> Result<User, KeysError> {
        let _ = new;
        todo!()
    }

    pub async fn user(&self, allowed: &Allowed, id: UserId) -> Result<User, KeysError> {
        let _ = (allowed, id);
        todo!()
    }

    pub async fn user_by_num(&self, allowed: &Allowed, num: i64) -> Result<User, KeysError> {
        let _ = (allowed, num);
        todo!()
    }

    /// The user the caller acts as; `NotFound` when there is none.
    pub async fn me(&self, allowed: &Allowed) -> Result<User, KeysError> {
        let _ = allowed;
        todo!()
    }

    /// Oldest first. Paged by offset; a cursor is an offset in disguise.
    pub async fn users(&self, allowed: &Allowed, query: UserQuery) -> Result<Page<User>, KeysError> {
        let _ = (allowed, query);
        todo!()
    }

    pub async fn update_user(
        &self,
        allowed: &Allowed,
        id: UserId,
        change: UserChange,
    ) -> Result<User, KeysError> {
        let _ = (allowed, id, change);
        todo!()
    }

    /// Removes the user and revokes their keys. The last active root user stays.
    pub async fn delete_user(&self, allowed: &Allowed, id: UserId) -> Result<(), KeysError> {
        let _ = (allowed, id);
        todo!()
    }

    /// Gives roles (ids or names) to a user, besides those held.
    pub async fn add_roles(
        &self,
        allowed: &Allowed,
        user: UserId,
        roles: &[String],
    ) -> Result<User, KeysError> {
        let _ = (allowed, user, roles);
        todo!()
    }

    /// Takes roles (ids or names) from a user; those not held are ignored.
    pub async fn remove_roles(
        &self,
        allowed: &Allowed,
        user: UserId,
        roles: &[String],
    ) -> Result<User, KeysError> {
        let _ = (allowed, user, roles);
        todo!()
    }

    /// A user changes their own password, knowing the old one. All sessions end; keys cannot do this.
    pub async fn change_password(
        &self,
        allowed: &Allowed,
        old: Secret,
        new: Secret,
    ) -> Result<(), KeysError> {
        let _ = (allowed, old, new);
        todo!()
    }

    /// The default role of the caller's own user: id or name of one of the roles held.
    pub async fn choose_default_role(&self, allowed: &Allowed, role: &str) -> Result<User, KeysError> {
        let _ = (allowed, role);
        todo!()
    }
}
