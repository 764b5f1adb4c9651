//! Reading records. One statement: which rows, in which order, and per row which alternatives hold.

use std::collections::HashMap;

use domain::{
    FieldNo, Millis,
    catalog::{Field, FieldKind, Table},
    query::{BoundAlt, BoundQuery},
    value::Value,
};
use rusqlite::{Connection, Row, types::ValueRef};
use sea_query::{Alias, Expr, ExprTrait, NullOrdering, Order, Query, SelectStatement};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::{Built, damaged},
};

use super::{
    Counts, ReadBack, RecordPage,
    filter::{Cond, any, comparable, cond},
    linked,
};

/// Records read back by one statement.
const READ_BACK_ROWS: usize = 200;

pub(super) fn list(
    conn: &Connection,
    counts: &Counts,
    table: &Table,
    query: &BoundQuery,
) -> Result<RecordPage, StoreError> {
    // Before the snapshot begins.
    let version = counts.version(table.no);
    let mut select = from(table);
    let view = View::new(&mut select, table, &query.select, &query.alts, true);
    restrict(&mut select, table, query);
    for sort in &query.sort {
        let order = if sort.descending { Order::Desc } else { Order::Asc };
        let of = sort.via.last().map_or(table, |step| &step.target);
        let kind = of.field_by_no(sort.field).map_or(FieldKind::Text, |field| field.kind);
        let by = match sort.via.as_slice() {
            [] => Expr::col(Alias::new(column(sort.field))),
            steps => linked::value(table, steps, sort.field),
        };
        // Said whenever the database at hand could think otherwise; a primary key has no nulls.
        let primary = sort.via.is_empty() && of.primary().is_some_and(|key| key.no == sort.field);
        let by = comparable(by, kind);
        match sort.nulls_last {
            _ if primary => select.order_by_expr(by, order),
            true => select.order_by_expr_with_nulls(by, order, NullOrdering::Last),
            false if sort.descending => select.order_by_expr_with_nulls(by, order, NullOrdering::Last),
            false => select.order_by_expr_with_nulls(by, order, NullOrdering::First),
        };
    }
    if table.primary().is_none() {
        select.order_by(Alias::new(identity(table)), Order::Asc);
    }
    select.limit(Ord::min(query.limit, i64::MAX as u64));
    if query.offset > 0 {
        select.offset(Ord::min(query.offset, i64::MAX as u64));
    }
    let mut rows = Vec::new();
    Built::of(&select).for_each(conn, &mut |row| {
        rows.push(view.read(row)?);
        Ok(())
    })?;
    let total = match query.count {
        true => Some(count_as_of(conn, counts, version, table, query)?),
        false => None,
    };
    Ok(RecordPage { select: query.select.clone(), rows, total })
}

pub(super) fn count(
    conn: &Connection,
    counts: &Counts,
    table: &Table,
    query: &BoundQuery,
) -> Result<u64, StoreError> {
    count_as_of(conn, counts, counts.version(table.no), table, query)
}

fn count_as_of(
    conn: &Connection,
    counts: &Counts,
    version: u64,
    table: &Table,
    query: &BoundQuery,
) -> Result<u64, StoreError> {
    let mut select = from(table);
    select.expr(Expr::cust("count(*)"));
    restrict(&mut select, table, query);
    let built = Built::of(&select);
    // What other tables hold is part of the answer, but their changes do not outdate this table's counts.
    if linked::mentioned(query) {
        return built.count(conn);
    }
    let question = format!("{} {:?}", built.sql, built.values);
    if let Some(known) = counts.get(table.no, &question) {
        return Ok(known);
    }
    let count = built.count(conn)?;
    counts.put(table.no, version, question, count);
    Ok(count)
}

/// The records with these primary keys, in this order.
pub(super) fn back(
    conn: &Connection,
    table: &Table,
    ids: &[Id],
    back: &ReadBack,
) -> Result<RecordPage, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for some in ids.chunks(READ_BACK_ROWS) {
        let mut select = from(table);
        let view = View::new(&mut select, table, &back.select, &back.alts, false);
        let at = view.width;
        select.expr(Expr::col(Alias::new(identity(table))));
        select.and_where(
            Expr::col(Alias::new(identity(table))).is_in(some.iter().map(|id| Expr::val(id.to_sql()))),
        );
        let mut found = HashMap::new();
        Built::of(&select).for_each(conn, &mut |row| {
            found.insert(Id::read(row, at)?, view.read(row)?);
            Ok(())
        })?;
        rows.extend(some.iter().filter_map(|id| found.remove(id)));
    }
    Ok(RecordPage { select: back.select.clone(), rows, total: None })
}

/// What tells one record from the others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Id {
    Int(i64),
    Text(String),
}

impl Id {
    pub fn read(row: &Row<'_>, at: usize) -> Result<Self, StoreError> {
        match row.get_ref(at)? {
            ValueRef::Integer(n) => Ok(Self::Int(n)),
            ValueRef::Text(_) => Ok(Self::Text(row.get(at)?)),
            _ => Err(damaged("primary key")),
        }
    }

    pub fn to_sql(&self) -> sea_query::Value {
        match self {
            Self::Int(n) => (*n).into(),
            Self::Text(text) => text.clone().into(),
        }
    }
}

/// The column of the primary key, or the one that stands in for it.
pub(super) fn identity(table: &Table) -> String {
    table.primary().map_or_else(|| "r".to_owned(), |field| column(field.no))
}

fn from(table: &Table) -> SelectStatement {
    let mut select = Query::select();
    select.from(Alias::new(table_name(table.no)));
    select
}

/// The same rows for a page and for its count.
fn restrict(select: &mut SelectStatement, table: &Table, query: &BoundQuery) {
    if let Some(expr) = any(&query.alts, table).and(cond(&query.filter, table)).into_expr() {
        select.and_where(expr);
    }
}

/// How rows of one statement are read.
struct View<'t> {
    fields: Vec<(Option<&'t Field>, Readable)>,
    /// Columns of the statement so far.
    width: usize,
}

/// When a field may be read.
enum Readable {
    Always,
    /// In rows in which one of these columns is true; none: never.
    Where(Vec<usize>),
}

impl<'t> View<'t> {
    /// Adds the columns to `select`: the fields, then one column per alternative that not every row matches.
    /// `restricted`: every row of the statement matches some alternative.
    fn new(
        select: &mut SelectStatement,
        table: &'t Table,
        fields: &[FieldNo],
        alts: &[BoundAlt],
        restricted: bool,
    ) -> Self {
        for no in fields {
            match table.field_by_no(*no) {
                Some(field) if field.kind != FieldKind::Link => select.column(Alias::new(column(*no))),
                _ => select.expr(Expr::cust("NULL")),
            };
        }
        if fields.is_empty() {
            select.expr(Expr::cust("NULL"));
        }
        let mut width = fields.len().max(1);
        // With equal fields everywhere, matching any alternative is enough.
        let split = !restricted || alts.iter().any(|alt| fields.iter().any(|no| !alt.fields.has(*no)));
        let mut flags = Vec::new();
        for alt in alts {
            flags.push(match cond(&alt.rows, table) {
                Cond::True => Flag::Always,
                Cond::False => Flag::Never,
                Cond::If(expr) if split => {
                    select.expr(expr);
                    width += 1;
                    Flag::Column(width - 1)
                }
                Cond::If(_) => Flag::Always,
            });
        }
        let readable = |no: &FieldNo| {
            let having = alts.iter().zip(&flags).filter(|(alt, _)| alt.fields.has(*no)).map(|(_, flag)| flag);
            let mut columns = Vec::new();
            for flag in having {
                match flag {
                    Flag::Always => return Readable::Always,
                    Flag::Never => {}
                    Flag::Column(at) => columns.push(*at),
                }
            }
            Readable::Where(columns)
        };
        let fields = fields.iter().map(|no| (table.field_by_no(*no), readable(no))).collect();
        Self { fields, width }
    }

    fn read(&self, row: &Row<'_>) -> Result<Vec<Option<Value>>, StoreError> {
        let mut values = Vec::with_capacity(self.fields.len());
        for (at, (field, readable)) in self.fields.iter().enumerate() {
            let shown = match readable {
                Readable::Always => true,
                Readable::Where(columns) => {
                    columns.iter().any(|at| matches!(row.get_ref(*at), Ok(ValueRef::Integer(n)) if n != 0))
                }
            };
            values.push(match field {
                // A link has no value; whether it may be read here is all there is to say.
                Some(field) if shown && field.kind == FieldKind::Link => Some(Value::Null),
                Some(field) if shown => Some(value(row.get_ref(at)?, field.kind)?),
                _ => None,
            });
        }
        Ok(values)
    }
}

enum Flag {
    Always,
    Never,
    Column(usize),
}

pub(super) fn value(stored: ValueRef<'_>, kind: FieldKind) -> Result<Value, StoreError> {
    Ok(match (stored, kind) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(n), FieldKind::Boolean) => Value::Bool(n != 0),
        (ValueRef::Integer(n), FieldKind::DateTime) => Value::Instant(Millis(n)),
        (ValueRef::Integer(n), _) => Value::Int(n),
        (ValueRef::Real(x), _) => Value::Float(x),
        (ValueRef::Text(bytes), kind) => {
            let text = std::str::from_utf8(bytes).map_err(|_| damaged("text"))?.to_owned();
            match kind {
                FieldKind::Json | FieldKind::Array => Value::Json(text),
                _ => Value::Text(text),
            }
        }
        (ValueRef::Blob(_), _) => return Err(damaged("value")),
    })
}
