//! Organizations: owners of keys that are not people.

use domain::{OrgId, decision::Allowed, limits, user::Organization};

use crate::{Keys, KeysError, check};

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
}

fn check_slug(slug: &str) -> Result<(), KeysError> {
    check::name("slug", slug)?;
    if !slug.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(KeysError::invalid("slug", "must be letters, digits and hyphens"));
    }
    Ok(())
}
