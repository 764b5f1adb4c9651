//! Writing records, within the alternatives of the decision.

use domain::{
    FieldNo,
    catalog::{SystemField, Table},
    query::{BoundAlt, BoundWrite},
    value::Value,
};
use sea_query::{Alias, Expr, ExprTrait, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::Built,
    writer::Tx,
};

use super::{
    Which,
    filter::{Cond, any, cond, granted, unlimited},
    read::{Id, identity},
    special, to_sql,
};

/// Rows that are looked at again in one statement.
const IDS_ASKED_AT_ONCE: usize = 500;

pub(super) fn create(
    tx: &mut Tx<'_>,
    table: &Table,
    rows: Vec<BoundWrite>,
    alts: &[BoundAlt],
) -> Result<Vec<Id>, StoreError> {
    let mut ids = Vec::with_capacity(rows.len());
    let several = rows.len() > 1;
    for (at, row) in rows.into_iter().enumerate() {
        let made = create_one(tx, table, row, alts);
        ids.push(made.map_err(|error| if several { error.in_row(at) } else { error })?);
    }
    tx.records_changed(table.no);
    Ok(ids)
}

fn create_one(
    tx: &mut Tx<'_>,
    table: &Table,
    mut row: BoundWrite,
    alts: &[BoundAlt],
) -> Result<Id, StoreError> {
    let mine = chosen(table, &row);
    special::complete(tx, table, &mut row)?;
    check_required(table, &row, true)?;
    let id = insert(tx, table, row.values).map_err(|error| named(error, table))?;
    special::compute(tx.conn, table, std::slice::from_ref(&id), None)?;
    // What the row says decides, defaults and stamps included: so it is asked once it is there.
    if !unlimited(alts) && !matches(tx, table, &id, granted(&mine, alts, table))? {
        return Err(StoreError::Row);
    }
    Ok(id)
}

/// Records as they were elsewhere: nothing is filled in or worked out, and only their keys are required.
pub(super) fn take_over(tx: &mut Tx<'_>, table: &Table, rows: Vec<BoundWrite>) -> Result<(), StoreError> {
    for row in rows {
        special::taken_over(tx, table, &row)?;
        insert(tx, table, row.values).map_err(|error| named(error, table))?;
    }
    tx.records_changed(table.no);
    Ok(())
}

/// Answers the changed records by primary key.
pub(super) fn update(
    tx: &mut Tx<'_>,
    table: &Table,
    which: &Which,
    write: &BoundWrite,
    alts: &[BoundAlt],
) -> Result<Vec<Id>, StoreError> {
    check_required(table, write, false)?;
    let mine = chosen(table, write);
    let where_ = selected(which, table).and(granted(&mine, alts, table));
    let leaving = special::leaving(tx, table, &where_, write)?;
    let id = Alias::new(identity(table));
    let built = if write.values.is_empty() {
        let mut select = Query::select();
        select.column(id).from(Alias::new(table_name(table.no)));
        where_.into_expr().map(|expr| select.and_where(expr));
        Built::of(&select)
    } else {
        let mut update = Query::update();
        update.table(Alias::new(table_name(table.no))).returning_col(id);
        for (no, value) in &write.values {
            update.value(Alias::new(column(*no)), to_sql(value.clone()));
        }
        where_.into_expr().map(|expr| update.and_where(expr));
        Built::of(&update)
    };
    let mut ids = ids(tx, &built).map_err(|error| named(error, table))?;
    ids.sort();
    if !ids.is_empty() && !write.values.is_empty() {
        special::arrived(tx, table, leaving)?;
        special::compute(tx.conn, table, &ids, Some(&write.values))?;
        // A change must not carry a row to where its writer could not have written it.
        if !unlimited(alts) && !all_match(tx, table, &ids, &granted(&mine, alts, table))? {
            return Err(StoreError::Row);
        }
        tx.records_changed(table.no);
    }
    Ok(ids)
}

pub(super) fn delete(
    tx: &mut Tx<'_>,
    table: &Table,
    which: &Which,
    alts: &[BoundAlt],
) -> Result<u64, StoreError> {
    let mut delete = Query::delete();
    delete.from_table(Alias::new(table_name(table.no)));
    if let Some(expr) = selected(which, table).and(any(alts, table)).into_expr() {
        delete.and_where(expr);
    }
    let gone = Built::of(&delete).execute(tx.conn)?;
    if gone > 0 {
        tx.records_changed(table.no);
    }
    Ok(gone as u64)
}

fn insert(tx: &Tx<'_>, table: &Table, values: Vec<(FieldNo, Value)>) -> Result<Id, StoreError> {
    let mut insert = Query::insert();
    insert.into_table(Alias::new(table_name(table.no)));
    if values.is_empty() {
        insert.or_default_values();
    } else {
        insert.columns(values.iter().map(|(no, _)| Alias::new(column(*no))));
        let values = values.into_iter().map(|(_, value)| Expr::val(to_sql(value)));
        insert.values(values).map_err(|e| StoreError::Backend(e.to_string()))?;
    }
    insert.returning_col(Alias::new(identity(table)));
    let ids = ids(tx, &Built::of(&insert))?;
    ids.into_iter().next().ok_or(StoreError::NotFound)
}

fn ids(tx: &Tx<'_>, built: &Built) -> Result<Vec<Id>, StoreError> {
    let mut ids = Vec::new();
    built.for_each(tx.conn, &mut |row| {
        ids.push(Id::read(row, 0)?);
        Ok(())
    })?;
    Ok(ids)
}

/// Whether the record is one of the rows of an alternative, as it is now.
pub(super) fn within(tx: &Tx<'_>, table: &Table, id: &Id, alts: &[BoundAlt]) -> Result<bool, StoreError> {
    if unlimited(alts) { Ok(true) } else { matches(tx, table, id, any(alts, table)) }
}

fn matches(tx: &Tx<'_>, table: &Table, id: &Id, cond: Cond) -> Result<bool, StoreError> {
    let mut select = Query::select();
    select.expr(Expr::cust("count(*)")).from(Alias::new(table_name(table.no)));
    select.and_where(Expr::col(Alias::new(identity(table))).eq(Expr::val(id.to_sql())));
    cond.into_expr().map(|expr| select.and_where(expr));
    Ok(Built::of(&select).count(tx.conn)? == 1)
}

pub(super) fn all_match(tx: &Tx<'_>, table: &Table, ids: &[Id], cond: &Cond) -> Result<bool, StoreError> {
    for some in ids.chunks(IDS_ASKED_AT_ONCE) {
        let mut select = Query::select();
        select.expr(Expr::cust("count(*)")).from(Alias::new(table_name(table.no)));
        let keys = some.iter().map(|id| Expr::val(id.to_sql()));
        select.and_where(Expr::col(Alias::new(identity(table))).is_in(keys));
        cond.clone().into_expr().map(|expr| select.and_where(expr));
        if Built::of(&select).count(tx.conn)? != some.len() as u64 {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn selected(which: &Which, table: &Table) -> Cond {
    match which {
        Which::Keys(keys) if keys.is_empty() => Cond::False,
        Which::Keys(keys) => {
            let keys = keys.iter().map(|key| Expr::val(to_sql(key.clone())));
            Cond::If(Expr::col(Alias::new(identity(table))).is_in(keys))
        }
        Which::Matching(filter) => cond(filter, table),
    }
}

/// The fields the writer chose to write; the others are filled in by the server.
fn chosen(table: &Table, write: &BoundWrite) -> Vec<FieldNo> {
    let own = |no: &FieldNo| table.field_by_no(*no).is_some_and(|field| field.system.is_none());
    write.values.iter().map(|(no, _)| *no).filter(own).collect()
}

/// Columns take nulls (see `catalog::ddl`), so this is the last place that can refuse one.
fn check_required(table: &Table, write: &BoundWrite, create: bool) -> Result<(), StoreError> {
    for field in table.fields.iter().filter(|field| field.required || field.primary) {
        if field.system == Some(SystemField::AutoId) {
            continue;
        }
        let given = write.values.iter().find(|(no, _)| *no == field.no).map(|(_, value)| value);
        let missing = given.map_or(create, Value::is_null);
        if missing && !counted_up(table, field.no) {
            return Err(StoreError::Required(field.name.clone()));
        }
    }
    Ok(())
}

/// A whole-number primary key that nobody gives is counted up by the database.
fn counted_up(table: &Table, no: FieldNo) -> bool {
    use domain::catalog::FieldKind::{BigInt, Integer};
    table.primary().is_some_and(|field| field.no == no && matches!(field.kind, Integer | BigInt))
}

/// Physical columns back into names of fields.
fn named(error: StoreError, table: &Table) -> StoreError {
    let name = |physical: String| {
        let field = table.fields.iter().find(|field| column(field.no) == physical);
        field.map_or(physical, |field| field.name.clone())
    };
    match error {
        StoreError::Conflict(column) => StoreError::Conflict(name(column)),
        StoreError::Required(column) => StoreError::Required(name(column)),
        other => other,
    }
}
