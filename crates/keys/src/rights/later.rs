//! What somebody's own roles take away at places that do not exist yet. It counts already: otherwise they would
//! hand on, everywhere, what they will not have there themselves once the place is made.
//!
//! The places are imagined, and rights are compared as if they were there. Nothing of this is stored.

use std::sync::Arc;

use domain::{
    BaseId, Millis, TableId,
    access::{Entry, Grants, Layer, Reach},
    catalog::{Base, Catalog, Table},
    decision::Allowed,
    key::KeyKind,
    user::Role,
};

use super::{layer_of, resolves};
use crate::{Keys, KeysError};

/// What the caller may do where their roles name places that do not exist yet.
pub(crate) struct Later {
    own: Layer,
    catalog: Catalog,
}

impl Keys {
    /// `None`: the caller's roles speak of no such place.
    pub(super) async fn later(&self, allowed: &Allowed) -> Result<Option<Later>, KeysError> {
        let roles = self.acting_roles(allowed).await?;
        let catalog = allowed.catalog();
        let entries = roles.iter().flat_map(|role| &role.grants.0);
        let missing: Vec<&Entry> =
            entries.filter(|entry| takes_away(entry) && !resolves(&entry.reach, catalog)).collect();
        if missing.is_empty() {
            return Ok(None);
        }
        let catalog = imagine(catalog, &missing);
        let own =
            roles.iter().fold(Layer::default(), |own, role| own.join(&layer_of(role, &catalog), &catalog));
        Ok(Some(Later { own, catalog }))
    }

    /// The roles the call acts in; none where everything replaces them.
    async fn acting_roles(&self, allowed: &Allowed) -> Result<Vec<Role>, KeysError> {
        let principal = allowed.principal();
        let ids = match (principal.key_kind, principal.role, principal.user) {
            (Some(KeyKind::Root | KeyKind::Administration), ..) => Vec::new(),
            (_, Some(role), _) => vec![role],
            (_, None, Some(id)) => match self.store().user(id).await? {
                Some(user) if !user.root => user.roles,
                _ => Vec::new(),
            },
            (_, None, None) => Vec::new(),
        };
        let mut roles = Vec::with_capacity(ids.len());
        for id in ids {
            roles.extend(self.store().role(id).await?);
        }
        // With everything among them, nothing is taken away.
        if roles.iter().any(|role| role.root) {
            roles.clear();
        }
        Ok(roles)
    }
}

impl Later {
    pub fn covers(&self, grants: &Grants) -> bool {
        Layer::from_grants(grants, &self.catalog).within(&self.own, &self.catalog)
    }
}

/// Denies something, or limits what it allows.
fn takes_away(entry: &Entry) -> bool {
    !entry.set().without(entry.allow).is_empty() || !entry.limits.is_empty()
}

/// The catalog as it would be with these places in it.
fn imagine(catalog: &Catalog, entries: &[&Entry]) -> Catalog {
    let mut later = catalog.clone();
    for (n, entry) in entries.iter().enumerate() {
        // No real id looks like this: it is of no version.
        let id = (u128::MAX - n as u128).to_be_bytes();
        let (base, table) = match &entry.reach {
            Reach::Base(base) => (base, None),
            Reach::Table { base, table } => (base, Some(table)),
            Reach::Everywhere | Reach::Workspace(_) => continue,
        };
        let mut bases: Vec<Base> = later.bases.values().cloned().collect();
        let mut tables: Vec<Arc<Table>> = later.tables.values().cloned().collect();
        let base = match later.base(base) {
            Some(base) => base.clone(),
            None => {
                let Some(workspace) = later.workspaces.keys().min().copied() else { continue };
                let id = BaseId::from_bytes(id);
                let base = Base { id, workspace, name: base.clone(), created_at: Millis::ZERO };
                bases.push(base.clone());
                base
            }
        };
        if let Some(name) = table.filter(|name| later.table(base.id, name).is_none()) {
            tables.push(Arc::new(imagined(TableId::from_bytes(id), &base, name)));
        }
        later = Catalog::new(later.version, later.workspaces.into_values().collect(), bases, tables);
    }
    later
}

/// Without fields: limits on fields leave nothing there.
fn imagined(id: TableId, base: &Base, name: &str) -> Table {
    Table {
        id,
        no: 0,
        workspace: base.workspace,
        base: base.id,
        name: name.to_owned(),
        title: None,
        fields: Vec::new(),
        extra: None,
        created_at: Millis::ZERO,
    }
}
