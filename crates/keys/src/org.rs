//! Organizations: owners of keys that are not people.

use domain::{OrgId, UserId, decision::Allowed, key::Owner, limits, user::Organization};
use store::Member;

use crate::{Keys, KeysError, check};

/// The role of a member who may do everything in the name of the organization.
pub const ORGANIZATION_OWNER: &str = "owner";

#[derive(Clone, Debug, Default)]
pub struct NewOrganization {
    pub name: String,
    /// Unique; letters, digits and hyphens.
    pub slug: String,
    pub extra: Option<String>,
}

impl Keys {
    /// The caller's user becomes its owner.
    pub async fn create_organization(
        &self,
        allowed: &Allowed,
        new: NewOrganization,
    ) -> Result<Organization, KeysError> {
        check::name("name", &new.name)?;
        check_slug(&new.slug)?;
        if let Some(text) = &new.extra {
            check::json("extra", text, limits::KEY_METADATA_BYTES_MAX)?;
        }
        let organization = Organization {
            id: OrgId::new(allowed.at(), self.entropy()),
            name: new.name,
            slug: new.slug,
            extra: new.extra,
            created_at: allowed.at(),
        };
        let owner = allowed.principal().user;
        Ok(self.store().create_organization(&allowed.actor(), organization, owner).await?)
    }

    pub async fn organization(&self, allowed: &Allowed, id: OrgId) -> Result<Organization, KeysError> {
        let mine = self.organizations(allowed).await?;
        mine.into_iter().find(|organization| organization.id == id).ok_or(KeysError::NotFound)
    }

    /// All of them for operators; for everybody else those they are a member of.
    pub async fn organizations(&self, allowed: &Allowed) -> Result<Vec<Organization>, KeysError> {
        let principal = allowed.principal();
        let of = match (principal.operator, principal.user) {
            (true, _) => None,
            (false, Some(user)) => Some(user),
            (false, None) => return Ok(Vec::new()),
        };
        Ok(self.store().organizations(of).await?)
    }

    /// Proof for calls in the name of an organization, about its keys. The caller's own user must be its owner;
    /// an operator says whose membership is asked for. `NotFound`: not a member; `NotAllowed`: one who may not.
    pub async fn act_for(
        &self,
        allowed: &Allowed,
        organization: OrgId,
        user: Option<UserId>,
    ) -> Result<Allowed, KeysError> {
        self.act_for_if(allowed, organization, user, |role| role == ORGANIZATION_OWNER).await
    }

    /// [`Keys::act_for`] where the operator has let more roles than the owner's do what is about to be done:
    /// `may` is asked about the role of the membership.
    pub async fn act_for_if(
        &self,
        allowed: &Allowed,
        organization: OrgId,
        user: Option<UserId>,
        may: impl Fn(&str) -> bool + Send,
    ) -> Result<Allowed, KeysError> {
        let user = match (allowed.principal().user, user) {
            (own, None) => own,
            (own, Some(user)) if own == Some(user) || allowed.principal().operator => Some(user),
            (_, Some(_)) => None,
        };
        let user = user.ok_or(KeysError::NotFound)?;
        let member = self.store().member(organization, user).await?.ok_or(KeysError::NotFound)?;
        // A key of a member is that member's, not the organization's: it was not made to speak for others.
        if !may(&member.role) || (allowed.principal().key.is_some() && !allowed.principal().operator) {
            return Err(KeysError::not_allowed("that role of the organization does not act in its name"));
        }
        #[expect(clippy::disallowed_methods, reason = "the licence: the membership was looked at")]
        let acting = allowed.on_behalf_of(Owner::Organization(organization));
        Ok(acting)
    }

    /// Adds a user to an organization, or changes their role there. For operators.
    pub async fn put_member(
        &self,
        allowed: &Allowed,
        organization: OrgId,
        user: UserId,
        role: &str,
    ) -> Result<Member, KeysError> {
        if !allowed.principal().operator {
            return Err(KeysError::not_allowed("only operators add members"));
        }
        check::name("role", role)?;
        let known = self.store().organization(organization).await?.is_some();
        if !known || self.store().user(user).await?.is_none() {
            return Err(KeysError::NotFound);
        }
        let member = Member { organization, user, role: role.to_owned(), created_at: allowed.at() };
        self.store().put_member(&allowed.actor(), member.clone()).await?;
        Ok(member)
    }

    /// Who belongs to an organization the caller can see; oldest first.
    pub async fn members(&self, allowed: &Allowed, organization: OrgId) -> Result<Vec<Member>, KeysError> {
        let organization = self.organization(allowed, organization).await?;
        Ok(self.store().members(organization.id).await?)
    }
}

fn check_slug(slug: &str) -> Result<(), KeysError> {
    check::name("slug", slug)?;
    if !slug.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(KeysError::invalid("slug", "must be letters, digits and hyphens"));
    }
    Ok(())
}
