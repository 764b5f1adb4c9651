//! Formulas: worked out again for every record that is written, once its other values are what they will be.

use std::collections::{BTreeSet, HashMap};

use domain::{
    FieldNo,
    catalog::{Field, FieldKind, Special, Table},
    formula::{self, Formula},
    value::Value,
};
use rusqlite::Connection;
use sea_query::{Alias, Expr, ExprTrait, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    records::read::{self, Id, identity},
    sql::Built,
};

use super::put;

/// Records looked at by one statement.
const ROWS_AT_ONCE: usize = 200;

/// Works the formulas of these records out anew. `written`: only if they look at one of these fields.
pub(in crate::records) fn compute(
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
fn in_order(mut waiting: Vec<(&Field, Formula)>) -> Vec<(&Field, Formula)> {
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
