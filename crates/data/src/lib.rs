//! The service for tables, fields and records.
//!
//! Every function takes the proof that the guard let the call pass, and reads and writes exactly what that
//! proof says: its row and field limits become part of every statement.
//! This crate never asks the guard, never names a status code, a dialect or a statement of SQL, and never
//! trusts a name a client wrote before it was resolved in the catalog.

mod error;
mod record;
mod spec;

pub use error::DataError;
pub use record::{Record, Records, Row, Which, Written};
pub use spec::{FieldPatch, FieldSpec, TablePatch, TableSpec};

use std::sync::Arc;

use domain::{
    catalog::{Field, Table},
    decision::Allowed,
    query::Query,
    time::{SharedClock, SharedEntropy},
};
use store::Store;

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct Data {
    store: Store,
    clock: SharedClock,
    entropy: SharedEntropy,
}

impl Data {
    pub fn new(store: Store, clock: SharedClock, entropy: SharedEntropy) -> Self {
        Self { store, clock, entropy }
    }
}
type Values = serde_json::Map<String, serde_json::Value>;

impl Data {
    /// Makes a table in the base the call is about.
    pub async fn create_table(&self, allowed: &Allowed, spec: TableSpec) -> Result<Arc<Table>, DataError> {
        let _ = (allowed, spec);
        todo!()
    }
    /// The tables of the base the call is about (of all bases, when it is about the server), oldest first:
    /// those the caller may see, or all of them when the call named no operation.
    pub fn tables(&self, allowed: &Allowed) -> Vec<Arc<Table>> {
        let _ = allowed;
        todo!()
    }
    /// The table the call is about, as it is now.
    pub fn table(&self, allowed: &Allowed) -> Result<Arc<Table>, DataError> {
        let _ = allowed;
        todo!()
    }
    pub async fn patch_table(&self, allowed: &Allowed, patch: TablePatch) -> Result<Arc<Table>, DataError> {
        let _ = (allowed, patch);
        todo!()
    }
    pub async fn drop_table(&self, allowed: &Allowed) -> Result<(), DataError> {
        let _ = allowed;
        todo!()
    }
    pub async fn add_field(&self, allowed: &Allowed, spec: FieldSpec) -> Result<Field, DataError> {
        let _ = (allowed, spec);
        todo!()
    }
    pub async fn patch_field(
        &self,
        allowed: &Allowed,
        name: &str,
        patch: FieldPatch,
    ) -> Result<Field, DataError> {
        let _ = (allowed, name, patch);
        todo!()
    }
    pub async fn drop_field(&self, allowed: &Allowed, name: &str) -> Result<(), DataError> {
        let _ = (allowed, name);
        todo!()
    }

    pub async fn list(&self, allowed: &Allowed, query: &Query) -> Result<Records, DataError> {
        let _ = (allowed, query);
        todo!()
    }
    /// One record: by key, or the first that matches. `query` says which fields (and, for a filter, the order).
    pub async fn get(
        &self,
        allowed: &Allowed,
        which: &Which,
        query: &Query,
    ) -> Result<Option<Record>, DataError> {
        let _ = (allowed, which, query);
        todo!()
    }
    /// Makes all of the records or none. `strict`: a value that may not be written is an error.
    pub async fn create(
        &self,
        allowed: &Allowed,
        values: Vec<Values>,
        strict: bool,
    ) -> Result<Written, DataError> {
        let _ = (allowed, values, strict);
        todo!()
    }
    /// Changes those of the records that may be changed so; the others stay as they are.
    pub async fn update(
        &self,
        allowed: &Allowed,
        which: &Which,
        values: &Values,
        strict: bool,
    ) -> Result<Written, DataError> {
        let _ = (allowed, which, values, strict);
        todo!()
    }
    /// How many were removed. By key: [`DataError::OutOfScope`], and nothing is removed, when one of them
    /// exists but may not be deleted. By filter: only rows that may be deleted match.
    pub async fn delete(&self, allowed: &Allowed, which: &Which) -> Result<u64, DataError> {
        let _ = (allowed, which);
        todo!()
    }
    /// The first record whose `keys` equal those of `values`, or a new one.
    pub async fn first_or_create(
        &self,
        allowed: &Allowed,
        keys: &[String],
        values: Values,
        strict: bool,
    ) -> Result<Written, DataError> {
        let _ = (allowed, keys, values, strict);
        todo!()
    }
    /// Updates the first such record, or makes it.
    pub async fn update_or_create(
        &self,
        allowed: &Allowed,
        keys: &[String],
        values: Values,
        strict: bool,
    ) -> Result<Written, DataError> {
        let _ = (allowed, keys, values, strict);
        todo!()
    }
}
