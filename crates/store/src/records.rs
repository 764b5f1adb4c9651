//! Records. Row conditions of the decision are part of the SQL, of counts and sorts too; a value that is
//! readable in no alternative of its row comes back blank.

use std::sync::Arc;

use domain::{
    FieldNo,
    catalog::Table,
    query::{BoundAlt, BoundFilter, BoundQuery, BoundWrite},
    value::Value,
};

use crate::{Store, StoreError};

/// Rows in the order of the query; each has one value per field of `select`. `None`: not readable in this row.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordPage {
    pub select: Vec<FieldNo>,
    pub rows: Vec<Vec<Option<Value>>>,
    /// All matching rows, when the query asked for it.
    pub total: Option<u64>,
}

/// Which records a change is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// By primary key.
    Keys(Vec<Value>),
    Matching(BoundFilter),
}

/// What to answer of the changed records: these fields, blanked by these (read) alternatives. The records
/// are answered even when no alternative matches them, all blank: their writer knows that they exist.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadBack {
    pub alts: Vec<BoundAlt>,
    pub select: Vec<FieldNo>,
}

impl Store {
    pub async fn list_records(&self, table: &Arc<Table>, query: BoundQuery) -> Result<RecordPage, StoreError> {
        let _ = (table, query);
        todo!()
    }

    /// Rows matching an alternative and the filter of `query`; its page and order do not matter.
    pub async fn count_records(&self, table: &Arc<Table>, query: BoundQuery) -> Result<u64, StoreError> {
        let _ = (table, query);
        todo!()
    }

    /// All of them or none, answered in the same order. `Row`: one would not match a (create) alternative
    /// that lets its fields be written. `Conflict` names the field whose value is taken.
    pub async fn create_records(
        &self,
        table: &Arc<Table>,
        rows: Vec<BoundWrite>,
        alts: Vec<BoundAlt>,
        back: ReadBack,
    ) -> Result<RecordPage, StoreError> {
        let _ = (table, rows, alts, back);
        todo!()
    }

    /// Changes those of `which` in which `alts` let every written field be written (fields the server fills
    /// in are exempt); answers the changed ones by primary key.
    pub async fn update_records(
        &self,
        table: &Arc<Table>,
        which: Which,
        write: BoundWrite,
        alts: Vec<BoundAlt>,
        back: ReadBack,
    ) -> Result<RecordPage, StoreError> {
        let _ = (table, which, write, alts, back);
        todo!()
    }

    /// Each record its own values. All or none: `NotFound` when one cannot be changed.
    pub async fn update_each_record(
        &self,
        table: &Arc<Table>,
        writes: Vec<(Value, BoundWrite)>,
        alts: Vec<BoundAlt>,
        back: ReadBack,
    ) -> Result<RecordPage, StoreError> {
        let _ = (table, writes, alts, back);
        todo!()
    }

    /// Deletes those of `which` that match an alternative. Answers how many.
    pub async fn delete_records(
        &self,
        table: &Arc<Table>,
        which: Which,
        alts: Vec<BoundAlt>,
    ) -> Result<u64, StoreError> {
        let _ = (table, which, alts);
        todo!()
    }
}
