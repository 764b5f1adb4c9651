//! Which roles a user holds. Giving a role needs everything the role allows; taking one needs only the right
//! to manage that user.

use domain::{
    UserId,
    access::Layer,
    catalog::Catalog,
    decision::Allowed,
    user::{Role, User},
};
use store::UserPatch;

use crate::{
    Keys, KeysError,
    rights::{Caller, layer_of},
};

impl Keys {
    /// Gives roles (ids or names) to a user, besides those held.
    pub async fn add_roles(
        &self,
        allowed: &Allowed,
        user: UserId,
        roles: &[String],
    ) -> Result<User, KeysError> {
        let caller = self.caller(allowed).await?;
        let mut user = self.manageable_user(&caller, user).await?;
        let roles = self.named_roles(roles).await?;
        let new: Vec<Role> = roles.into_iter().filter(|role| !user.roles.contains(&role.id)).collect();
        caller.check_gives(&new)?;
        self.check_combined(allowed, &user, &new).await?;
        for role in new {
            user = self.store().add_user_role(&allowed.actor(), user.id, role.id).await?;
        }
        Ok(user)
    }

    /// Takes roles (ids or names) from a user; those not held are ignored.
    pub async fn remove_roles(
        &self,
        allowed: &Allowed,
        user: UserId,
        roles: &[String],
    ) -> Result<User, KeysError> {
        let caller = self.caller(allowed).await?;
        let mut user = self.manageable_user(&caller, user).await?;
        for role in self.named_roles(roles).await? {
            if user.roles.contains(&role.id) {
                user = self.store().remove_user_role(&allowed.actor(), user.id, role.id).await?;
            }
        }
        // A default that is not held any more is none.
        if user.default_role.is_some_and(|role| !user.roles.contains(&role)) {
            let patch = UserPatch { default_role: Some(None), ..UserPatch::default() };
            user = self.store().patch_user(&allowed.actor(), user.id, patch).await?;
        }
        Ok(user)
    }

    /// The default role of the caller's own user: id or name of one of the roles held. Keys cannot: whatever
    /// they may do, they are not the person.
    pub async fn choose_default_role(&self, allowed: &Allowed, role: &str) -> Result<User, KeysError> {
        if allowed.principal().key_kind.is_some() {
            return Err(KeysError::not_allowed("a key cannot choose the default role of its owner"));
        }
        let user = self.me(allowed).await?;
        let chosen = self.find_role(role).await?.filter(|role| user.roles.contains(&role.id));
        let Some(role) = chosen else {
            return Err(KeysError::invalid("default_role", "must be one of the roles held"));
        };
        let patch = UserPatch { default_role: Some(Some(role.id)), ..UserPatch::default() };
        Ok(self.store().patch_user(&allowed.actor(), user.id, patch).await?)
    }

    pub(super) async fn named_roles(&self, names: &[String]) -> Result<Vec<Role>, KeysError> {
        let mut roles: Vec<Role> = Vec::with_capacity(names.len());
        for name in names {
            let role = self.find_role(name).await?;
            let role =
                role.ok_or_else(|| KeysError::invalid("roles", format!("there is no role {name:?}")))?;
            if !roles.iter().any(|known| known.id == role.id) {
                roles.push(role);
            }
        }
        Ok(roles)
    }

    /// A user the caller may change: themselves, or somebody who may do no more than they.
    pub(super) async fn manageable_user(&self, caller: &Caller<'_>, id: UserId) -> Result<User, KeysError> {
        let user = self.store().user(id).await?.ok_or(KeysError::NotFound)?;
        if !caller.is_person(&user) {
            self.check_not_above(caller, &user).await?;
        }
        Ok(user)
    }

    async fn check_combined(&self, allowed: &Allowed, user: &User, new: &[Role]) -> Result<(), KeysError> {
        let mut all = new.to_vec();
        for id in &user.roles {
            all.extend(self.store().role(*id).await?);
        }
        check_combination(&all, allowed.catalog())
    }
}

impl Caller<'_> {
    /// Refuses roles that allow more than the caller may do.
    pub(super) fn check_gives(&self, roles: &[Role]) -> Result<(), KeysError> {
        match roles.iter().find(|role| !self.can_give(role)) {
            Some(role) if role.root => Err(KeysError::not_allowed("only root gives the role for everything")),
            Some(role) => {
                Err(KeysError::NotAllowed(format!("the role {:?} allows more than you may do", role.name)))
            }
            None => Ok(()),
        }
    }
}

/// Roles whose row and field limits no query could carry together are refused when they meet.
pub(crate) fn check_combination(roles: &[Role], catalog: &Catalog) -> Result<(), KeysError> {
    let layers = roles.iter().map(|role| layer_of(role, catalog));
    let all = layers.fold(Layer::default(), |all, layer| all.join(&layer, catalog));
    all.check_size().map_err(|error| KeysError::invalid("roles", error.to_string()))
}
