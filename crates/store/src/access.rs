//! Users, roles, organizations and sessions.

use domain::{
    Millis, OrgId, RoleId, SessionId, UserId,
    access::Grants,
    audit::Actor,
    secret::Digest,
    user::{Organization, Role, Session, User},
};

use crate::{Listed, Store, StoreError};

/// A user to create. `user.num` is given by the store.
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
    /// A new password hash; `Some(None)` removes the password.
    pub password_hash: Option<Option<String>>,
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

#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrganizationPatch {
    pub name: Option<String>,
    pub slug: Option<String>,
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

impl Store {
    pub async fn create_user(&self, by: &Actor, new: NewUser) -> Result<User, StoreError> {
        let _ = (by, new);
        todo!()
    }

    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let _ = id;
        todo!()
    }

    pub async fn user_by_num(&self, num: i64) -> Result<Option<User>, StoreError> {
        let _ = num;
        todo!()
    }

    /// Ignoring case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        let _ = email;
        todo!()
    }

    /// Ignoring case.
    pub async fn user_by_username(&self, username: &str) -> Result<Option<User>, StoreError> {
        let _ = username;
        todo!()
    }

    pub async fn users(&self, list: UserList) -> Result<Listed<User>, StoreError> {
        let _ = list;
        todo!()
    }

    pub async fn patch_user(&self, by: &Actor, id: UserId, patch: UserPatch) -> Result<User, StoreError> {
        let _ = (by, id, patch);
        todo!()
    }

    /// Ends the user's sessions and revokes the keys the user owns.
    pub async fn delete_user(&self, by: &Actor, id: UserId) -> Result<(), StoreError> {
        let _ = (by, id);
        todo!()
    }

    /// For sign-in only.
    pub async fn password_hash(&self, id: UserId) -> Result<Option<String>, StoreError> {
        let _ = id;
        todo!()
    }

    pub async fn create_role(&self, by: &Actor, role: Role) -> Result<Role, StoreError> {
        let _ = (by, role);
        todo!()
    }

    pub async fn role(&self, id: RoleId) -> Result<Option<Role>, StoreError> {
        let _ = id;
        todo!()
    }

    pub async fn role_by_name(&self, name: &str) -> Result<Option<Role>, StoreError> {
        let _ = name;
        todo!()
    }

    /// All of them, by name.
    pub async fn roles(&self) -> Result<Vec<Role>, StoreError> {
        todo!()
    }

    /// Making one the default makes no other the default.
    pub async fn patch_role(&self, by: &Actor, id: RoleId, patch: RolePatch) -> Result<Role, StoreError> {
        let _ = (by, id, patch);
        todo!()
    }

    /// Users lose it; keys bound to it keep the binding and so lose every right. `Conflict("builtin")`: cannot be deleted.
    pub async fn delete_role(&self, by: &Actor, id: RoleId) -> Result<(), StoreError> {
        let _ = (by, id);
        todo!()
    }

    /// Gives a user a role; already held: nothing happens.
    pub async fn add_user_role(&self, by: &Actor, user: UserId, role: RoleId) -> Result<User, StoreError> {
        let _ = (by, user, role);
        todo!()
    }

    pub async fn remove_user_role(&self, by: &Actor, user: UserId, role: RoleId) -> Result<User, StoreError> {
        let _ = (by, user, role);
        todo!()
    }

    pub async fn create_organization(
        &self,
        by: &Actor,
        organization: Organization,
        owner: Option<UserId>,
    ) -> Result<Organization, StoreError> {
        let _ = (by, organization, owner);
        todo!()
    }

    pub async fn organization(&self, id: OrgId) -> Result<Option<Organization>, StoreError> {
        let _ = id;
        todo!()
    }

    pub async fn organization_by_slug(&self, slug: &str) -> Result<Option<Organization>, StoreError> {
        let _ = slug;
        todo!()
    }

    /// All, or those a user is a member of.
    pub async fn organizations(&self, of: Option<UserId>) -> Result<Vec<Organization>, StoreError> {
        let _ = of;
        todo!()
    }

    pub async fn patch_organization(
        &self,
        by: &Actor,
        id: OrgId,
        patch: OrganizationPatch,
    ) -> Result<Organization, StoreError> {
        let _ = (by, id, patch);
        todo!()
    }

    /// Revokes its keys.
    pub async fn delete_organization(&self, by: &Actor, id: OrgId) -> Result<(), StoreError> {
        let _ = (by, id);
        todo!()
    }

    /// Adds a member or changes its role.
    pub async fn put_member(&self, by: &Actor, member: Member) -> Result<(), StoreError> {
        let _ = (by, member);
        todo!()
    }

    pub async fn remove_member(&self, by: &Actor, organization: OrgId, user: UserId) -> Result<(), StoreError> {
        let _ = (by, organization, user);
        todo!()
    }

    pub async fn members(&self, organization: OrgId) -> Result<Vec<Member>, StoreError> {
        let _ = organization;
        todo!()
    }

    pub async fn member(&self, organization: OrgId, user: UserId) -> Result<Option<Member>, StoreError> {
        let _ = (organization, user);
        todo!()
    }

    pub async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        let _ = session;
        todo!()
    }

    /// Prolongs a session.
    pub async fn touch_session(&self, id: SessionId, at: Millis, expires_at: Millis) -> Result<Session, StoreError> {
        let _ = (id, at, expires_at);
        todo!()
    }

    pub async fn session(&self, digest: Digest) -> Result<Option<Session>, StoreError> {
        let _ = digest;
        todo!()
    }

    /// Those not yet over at `now`; of one user or of all.
    pub async fn sessions(&self, of: Option<UserId>, now: Millis) -> Result<Vec<Session>, StoreError> {
        let _ = (of, now);
        todo!()
    }

    /// Gone already: nothing happens.
    pub async fn delete_session(&self, digest: Digest) -> Result<(), StoreError> {
        let _ = digest;
        todo!()
    }

    /// Ends all sessions of a user but one, if given. Answers how many.
    pub async fn delete_sessions_of(&self, user: UserId, but: Option<Digest>) -> Result<u64, StoreError> {
        let _ = (user, but);
        todo!()
    }

    /// Deletes sessions that were over at `now`.
    pub async fn purge_sessions(&self, now: Millis) -> Result<u64, StoreError> {
        let _ = now;
        todo!()
    }
}
