//! Reading back what was written: as far as the caller may read it, and beyond that only what it wrote
//! itself and the key by which it can name the record again.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    FieldNo,
    access::{Fields, Op},
    catalog::{FieldKind, Table},
    decision::Allowed,
    query::{BoundAlt, BoundFilter, bind_rows_with},
    value::Value,
};
use store::{ReadBack, RecordPage};

use super::{Records, which};
use crate::{DataError, links::Roles, rights};

/// `own`: the fields the caller wrote.
pub(super) fn read_back(
    allowed: &Allowed,
    table: &Table,
    own: &BTreeSet<FieldNo>,
) -> Result<ReadBack, DataError> {
    let readable = rights::alternatives(allowed, Op::RecordRead);
    let mut alts = bind_rows_with(&readable, table, allowed.subject(), &Roles(allowed))?;
    let key = which::primary(table)?.no;
    alts.push(BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::Only([key].into()) });
    let select = table
        .fields
        .iter()
        .filter(|f| !f.hidden && f.kind != FieldKind::Link)
        .map(|f| f.no)
        .filter(|no| own.contains(no) || alts.iter().any(|alt| alt.fields.has(*no)))
        .collect();
    Ok(ReadBack { alts, select })
}

/// The answer: `own` holds, per record (the last one for all further ones), what the caller wrote to it.
pub(super) fn records(table: &Arc<Table>, page: RecordPage, own: &[Vec<(FieldNo, Value)>]) -> Records {
    let RecordPage { select, mut rows, .. } = page;
    for (i, row) in rows.iter_mut().enumerate() {
        let Some(written) = own.get(i).or(own.last()) else { continue };
        for (no, value) in select.iter().zip(row) {
            if value.is_none() {
                *value = written.iter().find(|(field, _)| field == no).map(|(_, v)| v.clone());
            }
        }
    }
    let limit = rows.len() as u64;
    Records {
        table: Arc::clone(table),
        select,
        rows,
        total: None,
        offset: 0,
        limit,
        beside: Vec::new(),
        linked: Vec::new(),
    }
}
