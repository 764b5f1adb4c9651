//! Records of another installation, as they were there: with their keys, times and authors. Only for operators: what
//! the server otherwise fills in is taken at its word here. A record that is here already is never changed.

use std::{collections::HashMap, sync::Arc};

use domain::{
    FieldNo,
    access::Op,
    catalog::{FieldKind, Table},
    decision::Allowed,
    query::{BoundCmp, BoundFilter, BoundQuery, BoundWrite, CmpOp, coerce},
    value::Value,
};
use store::StoreError;

use super::{Values, which};
use crate::{Data, DataError, rights};

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    Made,
    /// It is there already; it was left as it is.
    There,
    Refused(String),
}

/// How records are taken over.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportRecords<'a> {
    /// Write them; otherwise only say what would become of them.
    pub apply: bool,
    /// Where their key is only a number of a row: the fields by which two records are the same one.
    pub same: &'a [String],
}

/// A record that could be bound, and what became of it.
enum Bound {
    Ready(BoundWrite),
    Done(Imported),
}

impl Data {
    /// For each row what became of it. Values nobody asked for and password fields are left out.
    pub async fn import_records(
        &self,
        allowed: &Allowed,
        rows: Vec<Values>,
        how: ImportRecords<'_>,
    ) -> Result<Vec<Imported>, DataError> {
        if !allowed.principal().operator {
            return Err(DataError::OutOfScope);
        }
        rights::require(allowed, Op::RecordImport, &allowed.target().place())?;
        let table = rights::table(allowed)?.clone();
        let mut all: Vec<Bound> = rows.iter().map(|row| bind(row, &table)).collect();
        self.find_those_here(&table, &mut all, how.same).await?;
        if how.apply {
            self.write_all(&table, &mut all).await?;
        }
        let became = |bound| match bound {
            Bound::Done(imported) => imported,
            Bound::Ready(_) => Imported::Made,
        };
        Ok(all.into_iter().map(became).collect())
    }

    /// Looks first, so that a second run writes only what is missing.
    async fn find_those_here(
        &self,
        table: &Arc<Table>,
        all: &mut [Bound],
        same: &[String],
    ) -> Result<(), DataError> {
        let key = which::primary(table)?.no;
        let same: Vec<FieldNo> = same.iter().filter_map(|name| table.field(name)).map(|f| f.no).collect();
        let keys = all.iter().filter_map(|bound| match bound {
            Bound::Ready(write) => Some(value(write, key)),
            Bound::Done(_) => None,
        });
        let mut select = vec![key];
        select.extend(&same);
        let filter = BoundFilter::Cmp(BoundCmp { field: key, op: CmpOp::In, values: keys.collect() });
        let mut here: HashMap<String, Vec<Value>> = HashMap::new();
        for row in self.found(table, filter, select, all.len() as u64).await? {
            if let Some((key, rest)) = row.split_first() {
                here.insert(written(key), rest.to_vec());
            }
        }
        for bound in all {
            let Bound::Ready(write) = bound else { continue };
            let Some(known) = here.get(&written(&value(write, key))) else { continue };
            let wanted: Vec<Value> = same.iter().map(|no| value(write, *no)).collect();
            if *known == wanted || self.is_elsewhere(table, key, &same, &wanted).await? {
                *bound = Bound::Done(Imported::There);
            } else {
                // Its number is another record's here: it gets one of its own.
                write.values.retain(|(no, _)| *no != key);
            }
        }
        Ok(())
    }

    /// Whether a record with these values is here under another number.
    async fn is_elsewhere(
        &self,
        table: &Arc<Table>,
        key: FieldNo,
        same: &[FieldNo],
        wanted: &[Value],
    ) -> Result<bool, DataError> {
        let parts = same.iter().zip(wanted).map(|(field, value)| {
            BoundFilter::Cmp(BoundCmp { field: *field, op: CmpOp::Eq, values: vec![value.clone()] })
        });
        Ok(!self.found(table, BoundFilter::And(parts.collect()), vec![key], 1).await?.is_empty())
    }

    async fn found(
        &self,
        table: &Arc<Table>,
        filter: BoundFilter,
        select: Vec<FieldNo>,
        limit: u64,
    ) -> Result<Vec<Vec<Value>>, DataError> {
        let query = BoundQuery {
            alts: which::every_row(),
            filter,
            sort: Vec::new(),
            select: select.clone(),
            offset: 0,
            limit,
            count: false,
        };
        let page = self.store.list_records(table, query).await?;
        // In the order that was asked for, whatever that of the page is.
        let places: Vec<Option<usize>> =
            select.iter().map(|no| page.select.iter().position(|n| n == no)).collect();
        let of = |row: &Vec<Option<Value>>, at: &Option<usize>| {
            at.and_then(|at| row.get(at).cloned().flatten()).unwrap_or(Value::Null)
        };
        Ok(page.rows.iter().map(|row| places.iter().map(|at| of(row, at)).collect()).collect())
    }

    /// All that is ready, in one write; when that cannot be, each by itself.
    async fn write_all(&self, table: &Arc<Table>, all: &mut [Bound]) -> Result<(), DataError> {
        let ready = all.iter().filter_map(|bound| match bound {
            Bound::Ready(write) => Some(write.clone()),
            Bound::Done(_) => None,
        });
        if self.write_imported(table, ready.collect()).await.is_ok() {
            return Ok(());
        }
        for bound in all {
            let Bound::Ready(write) = bound else { continue };
            match self.write_imported(table, vec![write.clone()]).await {
                Ok(()) => {}
                Err(error @ (StoreError::Full | StoreError::Busy)) => return Err(error.into()),
                Err(error) => *bound = Bound::Done(Imported::Refused(error.to_string())),
            }
        }
        Ok(())
    }

    async fn write_imported(&self, table: &Arc<Table>, rows: Vec<BoundWrite>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.store.take_over_records(table, rows).await
    }
}

fn value(write: &BoundWrite, no: FieldNo) -> Value {
    write.values.iter().find(|(field, _)| *field == no).map_or(Value::Null, |(_, value)| value.clone())
}

/// A key as something that can be looked up; keys of one table are of one kind.
fn written(key: &Value) -> String {
    match key {
        Value::Int(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

fn bind(row: &Values, table: &Table) -> Bound {
    let refused = |reason: String| Bound::Done(Imported::Refused(reason));
    let mut write = BoundWrite::default();
    for field in &table.fields {
        if matches!(field.kind, FieldKind::Link | FieldKind::Password) {
            continue;
        }
        if let Some(value) = row.get(&field.name).filter(|value| !value.is_null()) {
            match coerce(field, value) {
                Ok(value) => write.values.push((field.no, value)),
                Err(error) => return refused(error.to_string()),
            }
        }
    }
    match table.primary() {
        Some(key) if write.values.iter().any(|(no, _)| *no == key.no) => Bound::Ready(write),
        _ => refused("it has no key, so a second run could not find it".to_owned()),
    }
}
