//! Tables: listed, found, and what holds of one that is made or changed. Rights to change one are asked where the change
//! is bound, in [`super::reshape`].

use std::sync::Arc;

use domain::{
    access::{Op, Place},
    catalog::{Base, Catalog, Table},
    decision::{Allowed, Target},
};

use super::{Reshape, TableChange, TablePatch, check};
use crate::{Data, DataError, rights};

impl Data {
    /// The tables of the base the call is about (of all bases, when it is about the server), oldest first:
    /// those the caller may see, or all of them when the call named no operation.
    pub fn tables(&self, allowed: &Allowed) -> Vec<Arc<Table>> {
        let catalog = self.store.catalog();
        let within = match allowed.target() {
            Target::Server => None,
            Target::Base(base) => Some(base.id),
            Target::Table(table) => Some(table.base),
        };
        let mut tables: Vec<_> = catalog
            .tables
            .values()
            .filter(|t| within.is_none_or(|base| t.base == base))
            .filter(|t| allowed.op().is_none() || allowed.also(Op::TableRead, &Place::of(t)))
            .cloned()
            .collect();
        tables.sort_by_key(|t| t.no);
        tables
    }

    /// The table the call is about, as it is now.
    pub fn table(&self, allowed: &Allowed) -> Result<Arc<Table>, DataError> {
        let id = rights::table(allowed)?.id;
        self.store.catalog().tables.get(&id).cloned().ok_or(DataError::NotFound)
    }

    /// The table itself and none of its fields.
    pub async fn patch_table(&self, allowed: &Allowed, patch: TablePatch) -> Result<Arc<Table>, DataError> {
        let table = self.table(allowed)?.id;
        let change = TableChange { patch: Some(patch), ..TableChange::of(table) };
        let reshape = Reshape { change: vec![change], ..Reshape::default() };
        self.reshape(allowed, reshape).await?.pop().ok_or(DataError::NotFound)
    }

    pub(super) fn base(&self, allowed: &Allowed) -> Result<Base, DataError> {
        let id = match allowed.target() {
            Target::Server => self.store.main_base(),
            Target::Base(base) => base.id,
            Target::Table(table) => table.base,
        };
        self.store.catalog().bases.get(&id).cloned().ok_or(DataError::NotFound)
    }
}

/// All rules of a change of a table, apart from its fields.
pub(super) fn checked(
    catalog: &Catalog,
    table: &Table,
    patch: TablePatch,
) -> Result<store::TablePatch, DataError> {
    let TablePatch { name, title, extra } = patch;
    check::title(title.as_ref().and_then(Option::as_deref))?;
    check::extra(extra.as_ref().and_then(Option::as_deref))?;
    let name = name.filter(|name| *name != table.name);
    if let Some(name) = &name {
        check::name(name)?;
        free_name(catalog, catalog.bases.get(&table.base).ok_or(DataError::NotFound)?, name)?;
    }
    Ok(store::TablePatch { name, title, extra })
}

/// The store refuses a taken name as well; this one answers before any work, and refuses names that differ
/// only in case, which people and some databases cannot keep apart.
pub(super) fn free_name(catalog: &Catalog, base: &Base, name: &str) -> Result<(), DataError> {
    let same = |t: &&Arc<Table>| t.base == base.id && t.name.eq_ignore_ascii_case(name);
    match catalog.tables.values().find(same) {
        Some(table) => Err(DataError::Conflict { field: table.name.clone() }),
        None => Ok(()),
    }
}
