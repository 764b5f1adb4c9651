//! The service for tables, fields and records.
//!
//! Every function takes the proof that the guard let the call pass, and reads and writes exactly what that
//! proof says: its row and field limits become part of every statement.
//! This crate never asks the guard, never names a status code, a dialect or a statement of SQL, and never
//! trusts a name a client wrote before it was resolved in the catalog.

mod error;
mod links;
mod note;
mod password;
mod records;
mod rights;
mod schema;
mod snowflake;

use std::sync::Arc;

use domain::time::{SharedClock, SharedEntropy};
use store::Store;

pub use error::{BatchError, DataError};
pub use records::{
    Draft, Follow, Found, ImportRecords, Imported, LinkDraft, Linked, Linking, MoveSpec, MoveTo, Other,
    Pairs, Record, Records, Row, Summarized, Values, Which, Written,
};
pub use schema::{FieldPatch, FieldSpec, Reshape, TableChange, TablePatch, TableSpec};

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct Data {
    store: Store,
    entropy: SharedEntropy,
    snowflakes: Arc<snowflake::Snowflakes>,
    /// Look first, then write: one at a time, or two callers would both find nothing and both create.
    upserts: Arc<tokio::sync::Mutex<()>>,
}

impl Data {
    pub fn new(store: Store, clock: SharedClock, entropy: SharedEntropy) -> Self {
        let snowflakes = Arc::new(snowflake::Snowflakes::new(clock, Arc::clone(&entropy)));
        Self { store, entropy, snowflakes, upserts: Arc::default() }
    }

    /// The catalog as it is now; that of a proof is as old as the call.
    pub fn catalog(&self) -> Arc<domain::catalog::Catalog> {
        self.store.catalog()
    }
}
