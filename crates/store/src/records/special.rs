//! Values the server makes while it writes: places in an order, sequences, formulas. Made inside of the
//! transaction that writes the record, so two writers never get the same number.
//! Never asks whether somebody may: what is made here is nobody's choice.

use std::collections::{BTreeSet, HashMap};

use domain::{
    FieldNo, Millis,
    catalog::{Field, FieldKind, Special, Table},
    formula::{self, Formula},
    query::BoundWrite,
    sequence::{Count, Sequence},
    value::Value,
};
use rusqlite::{Connection, params};
use sea_query::{Alias, Expr, ExprTrait, Order, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::{self, Built},
    writer::Tx,
};

use super::{
    filter::Cond,
    read::{self, Id, identity},
    to_sql,
};

/// Records looked at by one statement.
const ROWS_AT_ONCE: usize = 200;

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
            (Special::Sequence(sequence), None) => Value::Text(next_text(tx, table, field, sequence)?),
            (Special::Sequence(sequence), Some(Value::Text(text))) => {
                raise(tx, table, field, sequence, text)?;
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
            raise(tx, table, field, sequence, text)?;
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

/// Works the formulas of these records out anew. `written`: only if they look at one of these fields.
pub(super) fn compute(
    conn: &Connection,
    table: &Table,
    ids: &[Id],
    written: Option<&[(FieldNo, Value)]>,
) -> Result<(), StoreError> {
    let formulas = Formulas::of(table);
    let concerned = |no: &FieldNo| formulas.looks_at.contains(no);
    if formulas.made.is_empty() || written.is_some_and(|w| !w.iter().any(|(no, _)| concerned(no))) {
        return Ok(());
    }
    for some in ids.chunks(ROWS_AT_ONCE) {
        for (id, row) in formulas.rows(conn, table, some)? {
            let new = formulas.values(&row);
            let changed: Vec<(FieldNo, Value)> =
                new.into_iter().filter(|(no, value)| row.get(no) != Some(value)).collect();
            if !changed.is_empty() {
                put(conn, table, &id, &changed)?;
            }
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

fn next_text(tx: &Tx<'_>, table: &Table, field: &Field, sequence: &Sequence) -> Result<String, StoreError> {
    let mut numbers = Vec::new();
    for (at, number) in sequence.numbers().enumerate() {
        let last = match count(tx.conn, table, field, &number.key)? {
            Some(count) => Some(count),
            None => written_before(tx, table, field, sequence, at)?,
        };
        let next = number.next(last, tx.now);
        keep(tx, table, field, &number.key, next)?;
        numbers.push(next);
    }
    Ok(sequence.write(&numbers, tx.now, tx.entropy()))
}

/// A writer's own value counts as given out.
fn raise(
    tx: &Tx<'_>,
    table: &Table,
    field: &Field,
    sequence: &Sequence,
    text: &str,
) -> Result<(), StoreError> {
    for (number, given) in sequence.numbers().zip(sequence.read(text).unwrap_or_default()) {
        if let Some(last) = count(tx.conn, table, field, &number.key)?
            && given > last.current
        {
            keep(tx, table, field, &number.key, given)?;
        }
    }
    Ok(())
}

fn count(conn: &Connection, table: &Table, field: &Field, key: &str) -> Result<Option<Count>, StoreError> {
    let sql = "SELECT current, at FROM counts_up WHERE table_no = $1 AND field_no = $2 AND key = $3";
    sql::first(conn, sql, params![table.no, field.no.0, key], |c| {
        Ok(Count { current: c.take()?, at: c.millis()? })
    })
}

fn keep(tx: &Tx<'_>, table: &Table, field: &Field, key: &str, current: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO counts_up (table_no, field_no, key, current, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (table_no, field_no, key) DO UPDATE SET current = excluded.current, at = excluded.at";
    tx.execute(sql, params![table.no, field.no.0, key, current, tx.now.0])?;
    Ok(())
}

/// The first count goes on from what is there, imported records say: the greatest number in them.
fn written_before(
    tx: &Tx<'_>,
    table: &Table,
    field: &Field,
    sequence: &Sequence,
    at: usize,
) -> Result<Option<Count>, StoreError> {
    let col = Alias::new(column(field.no));
    let mut select = Query::select();
    select.column(col.clone()).from(Alias::new(table_name(table.no)));
    select.and_where(Expr::col(col).is_not_null());
    let mut greatest = None;
    Built::of(&select).for_each(tx.conn, &mut |row| {
        let text: String = row.get(0)?;
        greatest = Ord::max(greatest, sequence.read(&text).and_then(|numbers| numbers.get(at).copied()));
        Ok(())
    })?;
    Ok(greatest.map(|current| Count { current, at: Millis(tx.now.0) }))
}

/// The formulas of a table, read once per statement.
struct Formulas<'t> {
    made: Vec<(&'t Field, Formula)>,
    /// Fields they look at, other formulas included.
    looks_at: BTreeSet<FieldNo>,
    by_name: HashMap<&'t str, &'t Field>,
}

type FormulaRow = HashMap<FieldNo, Value>;

impl<'t> Formulas<'t> {
    fn of(table: &'t Table) -> Self {
        let mut made = Vec::new();
        for field in &table.fields {
            if let Some(Special::Formula { expression, template }) = &field.special
                && let Ok(formula) = formula::read(expression, *template)
            {
                made.push((field, formula));
            }
        }
        let by_name: HashMap<&str, &Field> = match made.is_empty() {
            true => HashMap::new(),
            false => table.fields.iter().filter(|f| readable(f)).map(|f| (f.name.as_str(), f)).collect(),
        };
        let named = made.iter().flat_map(|(_, formula)| formula.fields());
        let looks_at = named.filter_map(|name| by_name.get(name)).map(|field| field.no).collect();
        Self { made: in_order(made), looks_at, by_name }
    }

    fn rows(
        &self,
        conn: &Connection,
        table: &Table,
        ids: &[Id],
    ) -> Result<Vec<(Id, FormulaRow)>, StoreError> {
        let mut wanted = self.looks_at.clone();
        wanted.extend(self.made.iter().map(|(field, _)| field.no));
        let fields: Vec<&Field> = wanted.iter().filter_map(|no| table.field_by_no(*no)).collect();
        let id = Alias::new(identity(table));
        let mut select = Query::select();
        select.column(id.clone()).from(Alias::new(table_name(table.no)));
        select.columns(fields.iter().map(|field| Alias::new(column(field.no))));
        select.and_where(Expr::col(id).is_in(ids.iter().map(|id| Expr::val(id.to_sql()))));
        let mut rows = Vec::new();
        Built::of(&select).for_each(conn, &mut |row| {
            let mut values = FormulaRow::new();
            for (at, field) in fields.iter().enumerate() {
                values.insert(field.no, read::value(row.get_ref(at + 1)?, field.kind)?);
            }
            rows.push((Id::read(row, 0)?, values));
            Ok(())
        })?;
        Ok(rows)
    }

    /// One after the other, so that a formula sees what those before it gave; what is not worked out yet (two
    /// that look at each other) is empty.
    fn values(&self, row: &FormulaRow) -> Vec<(FieldNo, Value)> {
        let mut known = row.clone();
        self.made.iter().for_each(|(field, _)| drop(known.remove(&field.no)));
        let mut values = Vec::with_capacity(self.made.len());
        for (field, formula) in &self.made {
            let value = formula.value(field, &|name| known.get(&self.by_name.get(name)?.no).cloned());
            known.insert(field.no, value.clone());
            values.push((field.no, value));
        }
        values
    }
}

/// Those that others look at come first.
fn in_order<'t>(mut waiting: Vec<(&'t Field, Formula)>) -> Vec<(&'t Field, Formula)> {
    let mut ordered: Vec<(&Field, Formula)> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = |(field, formula): &(&Field, Formula)| {
            let looks = formula.fields();
            !waiting.iter().any(|(other, _)| other.no != field.no && looks.contains(other.name.as_str()))
        };
        // None is ready where they go round in a circle: then the first one must do.
        let at = waiting.iter().position(ready).unwrap_or(0);
        ordered.push(waiting.remove(at));
    }
    ordered
}

fn readable(field: &Field) -> bool {
    !matches!(field.kind, FieldKind::Link | FieldKind::Password)
}
