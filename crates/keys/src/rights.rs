//! Who may hand on what. The guard has said that the call may pass; here is what follows from who is asking:
//! nobody gives away, or gets at, more than they hold.
//!
//! Rights are compared as layers in the catalog of the call. A grant that names a place which does not exist
//! yet counts as if it held everywhere, so that nothing grows by creating the place later; see [`later`] for what
//! the caller's own roles say of such places.

mod later;

use domain::{
    Millis,
    access::{Entry, Grants, Layer, Limit, Reach},
    catalog::Catalog,
    decision::Allowed,
    key::{Key, KeyKind, Owner},
    user::{Role, User},
};
use store::OwnerScope;

use crate::{Keys, KeysError};
use later::Later;

/// The one who asks, with what the rules need to know about them.
pub(crate) struct Caller<'a> {
    pub allowed: &'a Allowed,
    /// The record of the key the call was made with.
    pub key: Option<Key>,
    /// Everything, by the flag and not only by grants: may make others root.
    pub root: bool,
    later: Option<Later>,
}

impl Keys {
    pub(crate) async fn caller<'a>(&self, allowed: &'a Allowed) -> Result<Caller<'a>, KeysError> {
        let principal = allowed.principal();
        let key = match principal.key {
            Some(id) => Some(self.store().key(OwnerScope::All, id).await?.ok_or(KeysError::NotFound)?),
            None => None,
        };
        let root = principal.operator && allowed.covers(&Layer::top()) && self.flagged_root(allowed).await?;
        let later = if root { None } else { self.later(allowed).await? };
        Ok(Caller { allowed, key, root, later })
    }

    /// A root key; or a person (or the legacy key that is everything its owner is) who is root, or acts in a
    /// root role. Other keys never are, whatever they may do: they hand on what they were given and no flag.
    async fn flagged_root(&self, allowed: &Allowed) -> Result<bool, KeysError> {
        let principal = allowed.principal();
        match (principal.key_kind, principal.role, principal.user) {
            (Some(KeyKind::Root), ..) => Ok(true),
            (Some(KeyKind::Standard | KeyKind::Administration), ..) => Ok(false),
            (_, Some(role), _) => Ok(self.store().role(role).await?.is_some_and(|role| role.root)),
            (_, None, Some(id)) => match self.store().user(id).await? {
                Some(user) => self.is_root(&user).await,
                None => Ok(false),
            },
            (_, None, None) => Ok(false),
        }
    }

    /// Root by the flag, or through a root role.
    pub(crate) async fn is_root(&self, user: &User) -> Result<bool, KeysError> {
        if user.root {
            return Ok(true);
        }
        for id in &user.roles {
            if self.store().role(*id).await?.is_some_and(|role| role.root) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A role by id or name.
    pub(crate) async fn find_role(&self, id_or_name: &str) -> Result<Option<Role>, KeysError> {
        if let Ok(id) = id_or_name.parse()
            && let Some(role) = self.store().role(id).await?
        {
            return Ok(Some(role));
        }
        Ok(self.store().role_by_name(id_or_name).await?)
    }

    /// Refuses unless the caller may do everything the user may. (People act on themselves without this.)
    pub(crate) async fn check_not_above(&self, caller: &Caller<'_>, user: &User) -> Result<(), KeysError> {
        if caller.root {
            return Ok(());
        }
        if user.root {
            return Err(KeysError::not_allowed("only root may do this to a root user"));
        }
        for id in &user.roles {
            if let Some(role) = self.store().role(*id).await?
                && !caller.can_give(&role)
            {
                let reason =
                    format!("the user holds the role {:?}, which allows more than you may do", role.name);
                return Err(KeysError::NotAllowed(reason));
            }
        }
        Ok(())
    }

    /// May do everything everywhere: by the flag, or because their roles together leave nothing out. No single
    /// right makes an administrator: what is issued to one has all of them.
    pub(crate) async fn is_administrator(&self, user: &User, catalog: &Catalog) -> Result<bool, KeysError> {
        if user.root {
            return Ok(true);
        }
        let mut held = Layer::default();
        for id in &user.roles {
            if let Some(role) = self.store().role(*id).await? {
                held = held.join(&layer_of(&role, catalog), catalog);
            }
        }
        Ok(Layer::top().within(&held, catalog))
    }
}

impl Caller<'_> {
    pub fn operator(&self) -> bool {
        self.allowed.principal().operator
    }

    /// The person themselves, signed in; a key of theirs is not.
    pub fn is_person(&self, user: &User) -> bool {
        let principal = self.allowed.principal();
        principal.key_kind.is_none() && principal.user == Some(user.id)
    }

    pub fn owner(&self) -> Owner {
        self.allowed.principal().owner
    }

    /// When the caller's own key ends. Sessions do not limit what is made in them.
    pub fn end(&self) -> Option<Millis> {
        let principal = self.allowed.principal();
        principal.key_kind.and(principal.expires_at)
    }

    /// Whose keys the caller can see at all.
    pub fn scope(&self) -> OwnerScope {
        scope_of(self.allowed)
    }

    /// Whether the role allows nothing the caller may not do.
    pub fn can_give(&self, role: &Role) -> bool {
        if self.root {
            return true;
        }
        !role.root && self.can_grant(&role.grants)
    }

    pub fn can_grant(&self, grants: &Grants) -> bool {
        let catalog = self.allowed.catalog();
        let (known, unknown): (Vec<Entry>, Vec<Entry>) =
            grants.0.iter().cloned().partition(|entry| resolves(&entry.reach, catalog));
        self.allowed.covers(&Layer::from_grants(&Grants(known), catalog))
            && self.later.as_ref().is_none_or(|later| later.covers(grants))
            && unknown.into_iter().all(|entry| {
                let wide = Grants(vec![widened(entry, catalog)]);
                self.allowed.covers(&Layer::from_grants(&wide, catalog))
            })
    }
}

/// The nearest place above that exists, with whatever the entry allows: no less than it can ever come to mean.
fn widened(entry: Entry, catalog: &Catalog) -> Entry {
    let reach = match entry.reach {
        Reach::Table { base, .. } if catalog.base(&base).is_some() => Reach::Base(base),
        _ => Reach::Everywhere,
    };
    // Field names of a table that is not there yet mean nothing: count them as all fields.
    let limits = entry.limits.into_iter().map(|limit| Limit { fields: None, ..limit }).collect();
    Entry { reach, set: None, allow: entry.allow, limits }
}

/// Operators see all keys; everybody else those of their owner.
pub(crate) fn scope_of(allowed: &Allowed) -> OwnerScope {
    let principal = allowed.principal();
    if principal.operator { OwnerScope::All } else { OwnerScope::Of(principal.owner) }
}

pub(crate) fn layer_of(role: &Role, catalog: &Catalog) -> Layer {
    if role.root { Layer::top() } else { Layer::from_grants(&role.grants, catalog) }
}

fn resolves(reach: &Reach, catalog: &Catalog) -> bool {
    match reach {
        Reach::Everywhere => true,
        Reach::Workspace(name) => {
            catalog.workspaces.values().any(|w| w.name == *name || w.id.to_string() == *name)
        }
        Reach::Base(name) => catalog.base(name).is_some(),
        Reach::Table { base, table } => {
            catalog.base(base).is_some_and(|b| catalog.table(b.id, table).is_some())
        }
    }
}
