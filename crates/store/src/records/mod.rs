//! Records. Row conditions of the decision are part of the SQL, of counts and sorts too; a value that is
//! readable in no alternative of its row comes back blank.

mod counts;
mod filter;
mod gone;
mod inside;
mod linked;
mod order;
mod read;
pub(crate) mod special;
mod summary;
mod together;
mod write;

use std::sync::Arc;

use domain::{
    FieldNo,
    catalog::Table,
    query::{BoundAlt, BoundFilter, BoundQuery, BoundSummary, BoundWrite},
    value::Value,
};

use crate::{Store, StoreError};

pub(crate) use counts::Counts;
pub use order::{Move, Spot};
pub use together::{After, Before, Deed, End, Linking, Pair};

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
    pub async fn list_records(
        &self,
        table: &Arc<Table>,
        query: BoundQuery,
    ) -> Result<RecordPage, StoreError> {
        let (table, shared) = (table.clone(), self.shared().clone());
        self.read(move |conn| read::list(conn, &shared.counts, &table, &query)).await
    }

    /// One row per group of rows that match an alternative and the filter of the summary.
    pub async fn summarize_records(
        &self,
        table: &Arc<Table>,
        summary: BoundSummary,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let table = table.clone();
        self.read(move |conn| summary::summarize(conn, &table, &summary)).await
    }

    /// Rows matching an alternative and the filter of `query`; its page and order do not matter.
    pub async fn count_records(&self, table: &Arc<Table>, query: BoundQuery) -> Result<u64, StoreError> {
        let (table, shared) = (table.clone(), self.shared().clone());
        self.read(move |conn| read::count(conn, &shared.counts, &table, &query)).await
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
        let table = table.clone();
        self.write(move |tx| {
            let ids = write::create(tx, &table, rows, &alts)?;
            read::back(tx.conn, &table, &ids, &back)
        })
        .await
    }

    /// Records of another installation, as they were there: all of them or none.
    pub async fn take_over_records(
        &self,
        table: &Arc<Table>,
        rows: Vec<BoundWrite>,
    ) -> Result<(), StoreError> {
        let table = table.clone();
        self.write(move |tx| write::take_over(tx, &table, rows)).await
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
        let table = table.clone();
        self.write(move |tx| {
            let ids = write::update(tx, &table, &which, &write, &alts)?;
            read::back(tx.conn, &table, &ids, &back)
        })
        .await
    }

    /// All of them or none, each with everything that hangs on it. Records of one table; those that are not
    /// there, or may not be changed so, are left out. `NoTarget`: what is to be linked is not there.
    pub async fn write_together(
        &self,
        table: &Arc<Table>,
        deeds: Vec<Deed>,
        back: ReadBack,
    ) -> Result<RecordPage, StoreError> {
        let table = table.clone();
        self.write(move |tx| {
            let mut ids = Vec::with_capacity(deeds.len());
            let several = deeds.len() > 1;
            for (at, deed) in deeds.into_iter().enumerate() {
                let done = together::carry_out(tx, deed);
                ids.extend(done.map_err(|error| if several { error.in_row(at) } else { error })?);
            }
            read::back(tx.conn, &table, &ids, &back)
        })
        .await
    }

    /// Puts a record at another place of an order.
    pub async fn move_record(&self, table: &Arc<Table>, what: Move) -> Result<(), StoreError> {
        let table = table.clone();
        self.write(move |tx| order::carry_out(tx, &table, what)).await
    }

    /// Deletes those of `which` that match an alternative, and does with the records that hold their keys what the
    /// schema says. Answers how many, not counting what went with them. `Held`: there are records that must not
    /// lose theirs.
    pub async fn delete_records(
        &self,
        table: &Arc<Table>,
        which: Which,
        alts: Vec<BoundAlt>,
    ) -> Result<u64, StoreError> {
        let (table, catalog) = (table.clone(), self.catalog());
        self.write(move |tx| gone::delete(tx, &catalog, &table, &which, &alts)).await
    }
}

/// A value as it is stored: truth as 0 and 1, instants as UTC milliseconds, JSON as text.
pub(crate) fn to_sql(value: Value) -> sea_query::Value {
    match value {
        Value::Null => sea_query::Value::BigInt(None),
        Value::Bool(b) => i64::from(b).into(),
        Value::Int(n) => n.into(),
        Value::Float(x) => x.into(),
        Value::Text(text) | Value::Json(text) => text.into(),
        Value::Instant(at) => at.0.into(),
    }
}
