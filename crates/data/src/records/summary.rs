//! Summaries of records, with the rights of a list: the rows that may be read, and of their fields only those
//! that may be read in every one of them.

use domain::{
    access::Op,
    catalog::FieldKind,
    decision::Allowed,
    query::{Summary, bind_summary},
    value::Value,
};

use crate::{
    Data, DataError,
    links::{Caller, Roles},
    rights,
};

/// Columns by name, with the kind of their values, and the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Summarized {
    pub columns: Vec<(String, FieldKind)>,
    pub rows: Vec<Vec<Value>>,
}

impl Data {
    pub async fn summarize(&self, allowed: &Allowed, summary: &Summary) -> Result<Summarized, DataError> {
        let table = rights::table(allowed)?;
        let alts = rights::alternatives(allowed, Op::RecordRead);
        if alts.is_empty() {
            return Err(DataError::OutOfScope);
        }
        let (caller, roles) = (Caller(allowed), Roles(allowed));
        let bound = bind_summary(summary, table, &alts, allowed.subject(), &caller, &roles)?;
        rights::reachable(&bound.alts)?;
        let columns = bound.columns.iter().map(|column| (column.name.clone(), column.kind)).collect();
        let rows = self.store.summarize_records(table, bound).await?;
        Ok(Summarized { columns, rows })
    }
}
