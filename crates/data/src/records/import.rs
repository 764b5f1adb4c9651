//! Records of another installation, as they were there: with their keys, times and authors. Only for operators: what
//! the server otherwise fills in is taken at its word here.

use domain::{
    access::{Fields, Op},
    catalog::{FieldKind, Table},
    decision::Allowed,
    query::{BoundAlt, BoundFilter, BoundWrite, coerce},
};
use store::{ReadBack, StoreError};

use super::Values;
use crate::{Data, DataError, rights};

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    Made,
    /// One with its key is there already; it was left as it is.
    There,
    Refused(String),
}

impl Data {
    /// For each row what became of it. Values nobody asked for and password fields are left out.
    pub async fn import_records(
        &self,
        allowed: &Allowed,
        rows: Vec<Values>,
    ) -> Result<Vec<Imported>, DataError> {
        if !allowed.principal().operator {
            return Err(DataError::OutOfScope);
        }
        rights::require(allowed, Op::RecordImport, &allowed.target().place())?;
        let table = rights::table(allowed)?.clone();
        let bound: Vec<Result<BoundWrite, String>> = rows.iter().map(|row| bind(row, &table)).collect();
        let sound: Vec<BoundWrite> = bound.iter().filter_map(|row| row.as_ref().ok()).cloned().collect();
        if self.write_imported(&table, sound).await.is_ok() {
            return Ok(bound
                .into_iter()
                .map(|row| row.map_or_else(Imported::Refused, |_| Imported::Made))
                .collect());
        }
        // Not all together: then each by itself.
        let mut became = Vec::with_capacity(bound.len());
        for row in bound {
            became.push(match row {
                Err(reason) => Imported::Refused(reason),
                Ok(row) => match self.write_imported(&table, vec![row]).await {
                    Ok(()) => Imported::Made,
                    Err(StoreError::Conflict(field)) if table.primary().is_some_and(|f| f.name == field) => {
                        Imported::There
                    }
                    Err(error @ (StoreError::Full | StoreError::Busy)) => return Err(error.into()),
                    Err(error) => Imported::Refused(error.to_string()),
                },
            });
        }
        Ok(became)
    }

    async fn write_imported(
        &self,
        table: &std::sync::Arc<Table>,
        rows: Vec<BoundWrite>,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let everything = BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All };
        self.store.create_records(table, rows, vec![everything], ReadBack::default()).await.map(|_| ())
    }
}

fn bind(row: &Values, table: &Table) -> Result<BoundWrite, String> {
    let mut write = BoundWrite::default();
    for field in &table.fields {
        if matches!(field.kind, FieldKind::Link | FieldKind::Password) {
            continue;
        }
        if let Some(value) = row.get(&field.name).filter(|value| !value.is_null()) {
            write.values.push((field.no, coerce(field, value).map_err(|error| error.to_string())?));
        }
    }
    match table.primary() {
        Some(key) if write.values.iter().any(|(no, _)| *no == key.no) => Ok(write),
        _ => Err("it has no key, so a second run could not find it".to_owned()),
    }
}
