//! Users, roles, organizations and sessions: what can be asked for and changed. One file per subject.

mod organizations;
mod password_links;
mod roles;
mod sessions;
mod users;

use domain::{Millis, OrgId, RoleId, UserId, access::Grants, user::User};

/// A user to create. `user.num` is given by the store, unless it is one that never was.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub user: User,
    pub password_hash: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserPatch {
    pub email: Option<Option<String>>,
    pub username: Option<Option<String>>,
    pub name: Option<Option<String>>,
    pub active: Option<bool>,
    pub root: Option<bool>,
    pub roles: Option<Vec<RoleId>>,
    pub default_role: Option<Option<RoleId>>,
    pub extra: Option<Option<String>>,
    pub sessions_valid_from: Option<Millis>,
    /// Sessions begun before the write are void, and those there are go with it.
    pub end_sessions: bool,
    /// A new password hash; `Some(None)` removes the password.
    pub password_hash: Option<Option<String>>,
    /// Only if this is still the password hash; otherwise nothing changes: `Conflict("password")`.
    pub password_was: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserSort {
    #[default]
    Num,
    CreatedAt,
    Email,
    Name,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserList {
    /// Part of email, username or name, ignoring case.
    pub search: Option<String>,
    pub role: Option<RoleId>,
    pub active: Option<bool>,
    pub sort: UserSort,
    pub descending: bool,
    pub offset: u64,
    /// 0: no limit.
    pub limit: u64,
    pub count: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RolePatch {
    pub name: Option<String>,
    pub title: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub root: Option<bool>,
    pub default: Option<bool>,
    pub grants: Option<Grants>,
    pub extra: Option<Option<String>>,
}

/// Membership of a user in an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub organization: OrgId,
    pub user: UserId,
    /// `owner`, `admin`, `member`: what it means is the service's business.
    pub role: String,
    pub created_at: Millis,
}
