//! Tables: made, listed, renamed, dropped.

use std::sync::Arc;

use domain::{
    access::{Op, Place},
    catalog::{Base, Catalog, Table},
    decision::{Allowed, Target},
};
use store::{NewTable, StoreError};

use super::{TablePatch, TableSpec, check};
use crate::{Data, DataError, rights};

impl Data {
    /// Makes a table in the base the call is about (of a call about the server: in the main base).
    pub async fn create_table(&self, allowed: &Allowed, spec: TableSpec) -> Result<Arc<Table>, DataError> {
        let base = self.base(allowed)?;
        let place = Place { workspace: Some(base.workspace), base: Some(base.id), table: None };
        rights::require(allowed, Op::TableCreate, &place)?;
        let fields = check::table(&spec)?;
        free_name(&self.store.catalog(), &base, &spec.name)?;
        let TableSpec { name, title, extra, .. } = spec;
        let new = NewTable { base: base.id, name: name.clone(), title, fields, extra };
        self.store.create_table(&allowed.actor(), new).await.map_err(|error| taken(error, &name))
    }

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

    pub async fn patch_table(&self, allowed: &Allowed, patch: TablePatch) -> Result<Arc<Table>, DataError> {
        let table = self.table(allowed)?;
        rights::require(allowed, Op::TableUpdate, &Place::of(&table))?;
        let patch = checked(&self.store.catalog(), &table, patch)?;
        let wanted = patch.name.clone();
        self.store
            .patch_table(&allowed.actor(), table.base, table.id, patch)
            .await
            .map_err(|error| taken(error, wanted.as_deref().unwrap_or_default()))
    }

    /// With all of its records.
    pub async fn drop_table(&self, allowed: &Allowed) -> Result<(), DataError> {
        let table = self.table(allowed)?;
        rights::require(allowed, Op::TableDelete, &Place::of(&table))?;
        Ok(self.store.drop_table(&allowed.actor(), table.base, table.id).await?)
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

pub(super) fn taken(error: StoreError, name: &str) -> DataError {
    match error {
        StoreError::Conflict(what) if what == "name" => DataError::Conflict { field: name.to_owned() },
        other => other.into(),
    }
}
