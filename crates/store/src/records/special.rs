//! Values the server makes while it writes: places in an order, sequences, formulas. Made inside of the
//! transaction that writes the record, so two writers never get the same number.
//! Never asks whether somebody may: what is made here is nobody's choice.

mod formulas;
mod sequence;

use std::collections::HashMap;

use domain::{
    FieldNo,
    catalog::{Field, FieldKind, Special, Table},
    query::BoundWrite,
    value::Value,
};
use rusqlite::Connection;
use sea_query::{Alias, Expr, ExprTrait, Order, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::Built,
    writer::Tx,
};

use super::{
    filter::Cond,
    read::{self, Id, identity},
    to_sql,
};

pub(super) use formulas::compute;

/// Completes a record that is about to be made.
pub(super) fn complete(tx: &Tx<'_>, table: &Table, row: &mut BoundWrite) -> Result<(), StoreError> {
    for field in &table.fields {
        let Some(special) = &field.special else { continue };
        let given = row.values.iter().find(|(no, _)| *no == field.no).map(|(_, value)| value);
        let given = given.filter(|value| !value.is_null());
        let made = match (special, given) {
            (Special::Order { within }, None) => {
                let scope = table.order_part(within.as_deref()).map(|scope| {
                    let value = row.values.iter().find(|(no, _)| *no == scope.no);
                    (scope.no, value.map_or(Value::Null, |(_, value)| value.clone()))
                });
                Value::Int(next_place(tx.conn, table, field.no, scope.as_ref())?)
            }
            (Special::Sequence(counted), None) => {
                Value::Text(sequence::next_text(tx, table, field, counted)?)
            }
            (Special::Sequence(counted), Some(Value::Text(text))) => {
                sequence::raise(tx, table, field, counted, text)?;
                continue;
            }
            _ => continue,
        };
        row.values.retain(|(no, _)| *no != field.no);
        row.values.push((field.no, made));
    }
    Ok(())
}

/// Of a record that comes as it was elsewhere nothing is made; what it holds counts as given out.
pub(super) fn taken_over(tx: &Tx<'_>, table: &Table, row: &BoundWrite) -> Result<(), StoreError> {
    for field in &table.fields {
        let given = row.values.iter().find(|(no, _)| *no == field.no).map(|(_, value)| value);
        if let (Some(Special::Sequence(sequence)), Some(Value::Text(text))) = (&field.special, given) {
            sequence::raise(tx, table, field, sequence, text)?;
        }
    }
    Ok(())
}

/// Records that are about to leave the part of an order they are in.
pub(super) struct Leaving {
    field: FieldNo,
    scope: (FieldNo, Value),
    ids: Vec<Id>,
}

/// Which of the rows a change is about will leave their part of an order by it.
pub(super) fn leaving(
    tx: &Tx<'_>,
    table: &Table,
    rows: &Cond,
    write: &BoundWrite,
) -> Result<Vec<Leaving>, StoreError> {
    let mut found = Vec::new();
    for field in &table.fields {
        let Some(Special::Order { within: Some(within) }) = &field.special else { continue };
        let Some(scope) = table.order_part(Some(within)) else { continue };
        let written = |no| write.values.iter().find(|(n, _)| *n == no).map(|(_, value)| value);
        let (Some(value), None) = (written(scope.no), written(field.no)) else { continue };
        let mut select = Query::select();
        select.column(Alias::new(identity(table))).from(Alias::new(table_name(table.no)));
        select.and_where(differs(scope.no, value));
        rows.clone().into_expr().map(|expr| select.and_where(expr));
        let ids = ids_of(tx.conn, &Built::of(&select))?;
        if !ids.is_empty() {
            found.push(Leaving { field: field.no, scope: (scope.no, value.clone()), ids });
        }
    }
    Ok(found)
}

/// They come last where they are now.
pub(super) fn arrived(tx: &Tx<'_>, table: &Table, leaving: Vec<Leaving>) -> Result<(), StoreError> {
    for Leaving { field, scope, ids } in leaving {
        for id in &ids {
            put(tx.conn, table, id, &[(field, Value::Null)])?;
        }
        for id in &ids {
            let place = next_place(tx.conn, table, field, Some(&scope))?;
            put(tx.conn, table, id, &[(field, Value::Int(place))])?;
        }
    }
    Ok(())
}

/// Gives the records that are there already what a new field, or one with a new rule, is to hold.
pub(crate) fn fill(conn: &Connection, table: &Table, field: &Field) -> Result<(), StoreError> {
    match &field.special {
        Some(Special::Order { within }) => {
            let scope = table.order_part(within.as_deref()).map(|scope| scope.no);
            number(conn, table, field.no, scope, None)
        }
        Some(Special::Formula { .. }) => compute(conn, table, &all_ids(conn, table)?, None),
        _ => Ok(()),
    }
}

/// Numbers records that have no place yet, by their keys, after those that have one. `only`: of one scope.
pub(super) fn number(
    conn: &Connection,
    table: &Table,
    field: FieldNo,
    scope: Option<FieldNo>,
    only: Option<&Value>,
) -> Result<(), StoreError> {
    let mut select = Query::select();
    select.column(Alias::new(identity(table))).from(Alias::new(table_name(table.no)));
    match scope {
        Some(no) => select.column(Alias::new(column(no))),
        None => select.expr(Expr::cust("NULL")),
    };
    select.and_where(Expr::col(Alias::new(column(field))).is_null());
    if let (Some(no), Some(value)) = (scope, only) {
        select.and_where(same(no, value));
    }
    select.order_by(Alias::new(identity(table)), Order::Asc);
    let kind = scope.and_then(|no| table.field_by_no(no)).map_or(FieldKind::Text, |field| field.kind);
    let mut rows = Vec::new();
    Built::of(&select).for_each(conn, &mut |row| {
        rows.push((Id::read(row, 0)?, read::value(row.get_ref(1)?, kind)?));
        Ok(())
    })?;
    let mut next: HashMap<String, i64> = HashMap::new();
    for (id, value) in rows {
        let key = format!("{value:?}");
        let place = match next.get(&key) {
            Some(place) => *place,
            None => next_place(conn, table, field, scope.map(|no| (no, value)).as_ref())?,
        };
        put(conn, table, &id, &[(field, Value::Int(place))])?;
        next.insert(key, place.saturating_add(1));
    }
    Ok(())
}

/// One more than the last.
pub(super) fn next_place(
    conn: &Connection,
    table: &Table,
    field: FieldNo,
    scope: Option<&(FieldNo, Value)>,
) -> Result<i64, StoreError> {
    let last = edge(conn, table, field, scope, Order::Desc)?;
    Ok(last.unwrap_or(0).saturating_add(1))
}

/// The first or the last place that is taken.
pub(super) fn edge(
    conn: &Connection,
    table: &Table,
    field: FieldNo,
    scope: Option<&(FieldNo, Value)>,
    from: Order,
) -> Result<Option<i64>, StoreError> {
    let place = Alias::new(column(field));
    let mut select = Query::select();
    select.column(place.clone()).from(Alias::new(table_name(table.no)));
    select.and_where(Expr::col(place.clone()).is_not_null());
    if let Some((no, value)) = scope {
        select.and_where(same(*no, value));
    }
    select.order_by(place, from).limit(1);
    let mut found = None;
    Built::of(&select).for_each(conn, &mut |row| {
        found = Some(row.get(0)?);
        Ok(())
    })?;
    Ok(found)
}

pub(super) fn same(no: FieldNo, value: &Value) -> Expr {
    let col = Expr::col(Alias::new(column(no)));
    if value.is_null() { col.is_null() } else { col.eq(Expr::val(to_sql(value.clone()))) }
}

fn differs(no: FieldNo, value: &Value) -> Expr {
    let col = || Expr::col(Alias::new(column(no)));
    match value.is_null() {
        true => col().is_not_null(),
        false => col().ne(Expr::val(to_sql(value.clone()))).or(col().is_null()),
    }
}

/// Writes columns of one record, and nothing else happens.
pub(super) fn put(
    conn: &Connection,
    table: &Table,
    id: &Id,
    values: &[(FieldNo, Value)],
) -> Result<(), StoreError> {
    let mut update = Query::update();
    update.table(Alias::new(table_name(table.no)));
    for (no, value) in values {
        update.value(Alias::new(column(*no)), to_sql(value.clone()));
    }
    update.and_where(Expr::col(Alias::new(identity(table))).eq(Expr::val(id.to_sql())));
    Built::of(&update).execute(conn)?;
    Ok(())
}

fn ids_of(conn: &Connection, built: &Built) -> Result<Vec<Id>, StoreError> {
    let mut ids = Vec::new();
    built.for_each(conn, &mut |row| {
        ids.push(Id::read(row, 0)?);
        Ok(())
    })?;
    Ok(ids)
}

fn all_ids(conn: &Connection, table: &Table) -> Result<Vec<Id>, StoreError> {
    let mut select = Query::select();
    select.column(Alias::new(identity(table))).from(Alias::new(table_name(table.no)));
    ids_of(conn, &Built::of(&select))
}
