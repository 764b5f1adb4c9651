//! Which records a change is about, in bound form.

use domain::{
    access::{Fields, Op},
    catalog::{Field, Table},
    decision::Allowed,
    limits,
    query::{BindError, BoundAlt, BoundCmp, BoundFilter, BoundQuery, CmpOp, bind_filter_with, coerce},
    value::Value,
};

use super::{Which, read::both};
use crate::{DataError, links::Caller, rights};

/// Keys as values of the primary field.
pub(super) fn keys(table: &Table, keys: &[serde_json::Value]) -> Result<Vec<Value>, DataError> {
    if keys.len() > limits::RECORDS_PER_WRITE_MAX {
        let message = format!("at most {} records can be named at once", limits::RECORDS_PER_WRITE_MAX);
        return Err(BindError::TooMuch(message).into());
    }
    let primary = primary(table)?;
    let mut typed = Vec::with_capacity(keys.len());
    for key in keys {
        match coerce(primary, key)? {
            // No record has it; and "is null" must never stand for "this one".
            Value::Null => {}
            value => typed.push(value),
        }
    }
    Ok(typed)
}

/// The condition that a record is one of these.
pub(super) fn by_keys(table: &Table, keys: &[Value]) -> Result<BoundFilter, DataError> {
    if keys.is_empty() {
        return Ok(BoundFilter::Never);
    }
    let field = primary(table)?.no;
    Ok(BoundFilter::Cmp(BoundCmp { field, op: CmpOp::In, values: keys.to_vec() }))
}

/// What a change is about. A filter can only be about rows its writer may read: else which rows changed
/// would answer questions about values that were never shown.
pub(super) fn bound(allowed: &Allowed, table: &Table, which: &Which) -> Result<store::Which, DataError> {
    let filter = match which {
        Which::Keys(list) => return Ok(store::Which::Keys(keys(table, list)?)),
        Which::Filter(filter) => filter,
    };
    if filter.is_all() {
        return Ok(store::Which::Matching(BoundFilter::And(Vec::new())));
    }
    let readable = rights::alternatives(allowed, Op::RecordRead);
    let filter = bind_filter_with(filter, table, &readable, allowed.subject(), &Caller(allowed))?;
    let rows = rights::any_of(&rights::bound_rows(allowed, table, &readable)?);
    Ok(store::Which::Matching(both(rows, filter)))
}

/// Whether it can be but one record.
pub(super) fn is_one(which: &store::Which) -> bool {
    matches!(which, store::Which::Keys(keys) if keys.len() <= 1)
}

/// The same as a condition.
pub(super) fn condition(table: &Table, which: &store::Which) -> Result<BoundFilter, DataError> {
    match which {
        store::Which::Keys(keys) => by_keys(table, keys),
        store::Which::Matching(filter) => Ok(filter.clone()),
    }
}

/// A query that only counts.
pub(super) fn counting(alts: Vec<BoundAlt>, filter: BoundFilter) -> BoundQuery {
    BoundQuery { alts, filter, sort: Vec::new(), select: Vec::new(), offset: 0, limit: 0, count: true }
}

/// Every row, seen as the server sees it.
pub(super) fn every_row() -> Vec<BoundAlt> {
    vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }]
}

pub(super) fn primary(table: &Table) -> Result<&Field, DataError> {
    table.primary().ok_or_else(|| DataError::invalid("the table has no primary key"))
}
