//! Summaries: one statement that groups rows and counts them or adds them up. The same rows as a list with the
//! same alternatives and filter.

use domain::{
    catalog::{FieldKind, Table},
    date_format::DatePiece,
    query::{BoundColumn, BoundHaving, BoundPath, BoundSummary, BoundValue, CmpOp, DateText, Measured},
    value::Value,
};
use rusqlite::Connection;
use sea_query::{Alias, Expr, ExprTrait, Order, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::Built,
};

use super::{
    filter::{any, comparable, cond},
    linked, read, to_sql,
};

/// One row per group, with a value per column.
pub(super) fn summarize(
    conn: &Connection,
    table: &Table,
    summary: &BoundSummary,
) -> Result<Vec<Vec<Value>>, StoreError> {
    let mut select = Query::select();
    select.from(Alias::new(table_name(table.no)));
    for (at, column) in summary.columns.iter().enumerate() {
        select.expr_as(expr(table, column), name(at));
    }
    if let Some(expr) = any(&summary.alts, table).and(cond(&summary.filter, table)).into_expr() {
        select.and_where(expr);
    }
    for (at, column) in summary.columns.iter().enumerate() {
        if matches!(column.of, BoundValue::Dimension { .. }) {
            select.group_by_col(name(at));
        }
    }
    if let Some(expr) = having(table, summary, &summary.having) {
        select.and_having(expr);
    }
    for (at, descending) in &summary.sort {
        select.order_by(name(*at), if *descending { Order::Desc } else { Order::Asc });
    }
    // Pages of it must not overlap.
    for (at, column) in summary.columns.iter().enumerate() {
        if matches!(column.of, BoundValue::Dimension { .. }) {
            select.order_by(name(at), Order::Asc);
        }
    }
    select.limit(summary.limit);
    if summary.offset > 0 {
        select.offset(summary.offset);
    }
    let mut rows = Vec::new();
    Built::of(&select).for_each(conn, &mut |row| {
        let value = |(at, column): (usize, &BoundColumn)| read::value(row.get_ref(at)?, column.kind);
        rows.push(summary.columns.iter().enumerate().map(value).collect::<Result<_, _>>()?);
        Ok(())
    })?;
    Ok(rows)
}

/// Of a column of the answer; no column of a table is called so.
fn name(at: usize) -> Alias {
    Alias::new(format!("c{at}"))
}

fn expr(table: &Table, of: &BoundColumn) -> Expr {
    match &of.of {
        BoundValue::Dimension { field, format: None } => at(table, field),
        BoundValue::Dimension { field, format: Some(format) } => dated(at(table, field), field.kind, format),
        BoundValue::Measure { field: None, .. } => Expr::cust("count(*)"),
        BoundValue::Measure { field: Some(field), how, distinct } => {
            let value = comparable(at(table, field), field.kind);
            let once = if *distinct { "DISTINCT " } else { "" };
            match how {
                Measured::Count => Expr::cust_with_exprs(format!("count({once}?)"), [value]),
                Measured::Average => Expr::cust_with_exprs(format!("avg({once}?)"), [value]),
                Measured::Min => Expr::cust_with_exprs("min(?)", [value]),
                Measured::Max => Expr::cust_with_exprs("max(?)", [value]),
                // As a float: whole numbers could overflow. Of nothing it is null, not zero.
                Measured::Sum => Expr::cust_with_exprs(format!("sum({once}CAST(? AS REAL))"), [value]),
            }
        }
    }
}

fn at(table: &Table, path: &BoundPath) -> Expr {
    match path.via.as_slice() {
        [] => Expr::col(Alias::new(column(path.field))),
        steps => linked::value(table, steps, path.field),
    }
}

/// What the format says of a date. The pieces come from a list of known ones, so the text of the format never
/// becomes a part of the statement: fixed texts are parameters.
fn dated(value: Expr, kind: FieldKind, format: &DateText) -> Expr {
    let mut parts = Vec::new();
    for piece in &format.pieces {
        parts.push(match piece {
            DatePiece::Text(text) => Expr::val(text.clone()),
            DatePiece::Quarter => {
                let month = moment("%m", value.clone(), kind, format.offset_minutes);
                Expr::cust_with_exprs("CAST((CAST(? AS INTEGER) + 2) / 3 AS TEXT)", [month])
            }
            DatePiece::ShortYear => {
                let year = moment("%Y", value.clone(), kind, format.offset_minutes);
                Expr::cust_with_exprs("substr(?, 3)", [year])
            }
            DatePiece::Milli => {
                let seconds = moment("%f", value.clone(), kind, format.offset_minutes);
                Expr::cust_with_exprs("substr(?, 4)", [seconds])
            }
            DatePiece::Year => moment("%Y", value.clone(), kind, format.offset_minutes),
            DatePiece::Month => moment("%m", value.clone(), kind, format.offset_minutes),
            DatePiece::Day => moment("%d", value.clone(), kind, format.offset_minutes),
            DatePiece::Hour => moment("%H", value.clone(), kind, format.offset_minutes),
            DatePiece::Minute => moment("%M", value.clone(), kind, format.offset_minutes),
            DatePiece::Second => moment("%S", value.clone(), kind, format.offset_minutes),
        });
    }
    let joined = vec!["?"; parts.len()].join(" || ");
    match parts.is_empty() {
        true => Expr::val(""),
        false => Expr::cust_with_exprs(format!("({joined})"), parts),
    }
}

/// One part of a date. Instants are kept as milliseconds, all other dates as text without a zone.
fn moment(part: &'static str, value: Expr, kind: FieldKind, offset_minutes: i32) -> Expr {
    let part = Expr::val(part);
    match kind {
        FieldKind::DateTime => {
            let shift = Expr::val(i64::from(offset_minutes) * 60_000);
            Expr::cust_with_exprs("strftime(?, (? + ?) / 1000.0, 'unixepoch')", [part, value, shift])
        }
        _ => Expr::cust_with_exprs("strftime(?, ?)", [part, value]),
    }
}

/// `None`: every group.
fn having(table: &Table, summary: &BoundSummary, cond: &BoundHaving) -> Option<Expr> {
    match cond {
        BoundHaving::And(parts) => {
            parts.iter().filter_map(|part| having(table, summary, part)).reduce(ExprTrait::and)
        }
        BoundHaving::Or(parts) => {
            let never = || Expr::cust("1 = 0");
            let part = |part| having(table, summary, part).unwrap_or_else(|| Expr::cust("1 = 1"));
            Some(parts.iter().map(part).reduce(ExprTrait::or).unwrap_or_else(never))
        }
        BoundHaving::Not(part) => {
            Some(having(table, summary, part).unwrap_or_else(|| Expr::cust("1 = 1")).not())
        }
        BoundHaving::Cmp { column, op, values } => {
            let of = summary.columns.get(*column)?;
            let expr = || expr(table, of);
            let null = values.first().is_none_or(Value::is_null);
            let mut operands = values.iter().map(|value| Expr::val(to_sql(value.clone())));
            let compare = |op: fn(Expr, Expr) -> Expr, operand: Option<Expr>| Some(op(expr(), operand?));
            match op {
                CmpOp::Eq | CmpOp::Empty if null => Some(expr().is_null()),
                CmpOp::Ne | CmpOp::NotEmpty if null => Some(expr().is_not_null()),
                CmpOp::Ne => Some(expr().ne(operands.next()?).or(expr().is_null())),
                CmpOp::Gt => compare(ExprTrait::gt, operands.next()),
                CmpOp::Gte => compare(ExprTrait::gte, operands.next()),
                CmpOp::Lt => compare(ExprTrait::lt, operands.next()),
                CmpOp::Lte => compare(ExprTrait::lte, operands.next()),
                CmpOp::Between => Some(expr().between(operands.next()?, operands.next()?)),
                CmpOp::In => Some(expr().is_in(operands)),
                CmpOp::NotIn => Some(expr().is_not_in(operands).or(expr().is_null())),
                _ => compare(ExprTrait::eq, operands.next()),
            }
        }
    }
}
