//! Conditions on linked rows, and sorting by their values, as SQL: a nested statement per step. The names of
//! columns are numbers that every table gives out anew, so a nested statement sees only its own table's;
//! where one must look outside, the columns are named with their table.

use domain::{
    FieldNo,
    catalog::Table,
    query::{BoundFilter, BoundLinked, BoundQuery, BoundStep},
};
use sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};

use crate::catalog::{column, table_name};

use super::filter::{self, Cond, any};

pub(super) fn cond(linked: &BoundLinked) -> Cond {
    let key = || Expr::col(Alias::new(column(linked.step.key)));
    let some = match keys(&linked.step, &linked.filter) {
        Some(keys) => Cond::If(key().in_subquery(keys)),
        None => Cond::False,
    };
    if !linked.or_none {
        return some;
    }
    let none = match keys(&linked.step, &BoundFilter::And(Vec::new())) {
        Some(keys) => key().is_null().or(key().not_in_subquery(keys)),
        None => return Cond::True,
    };
    some.or(Cond::If(none))
}

/// The keys of rows that are linked with a row that can be seen and meets the filter. `None`: there are none.
fn keys(step: &BoundStep, filter: &BoundFilter) -> Option<SelectStatement> {
    let target = &step.target;
    let mut select = Query::select();
    let key = || Alias::new(column(step.target_key));
    select.column(key()).from(Alias::new(table_name(target.no))).and_where(Expr::col(key()).is_not_null());
    match any(&step.alts, target).and(filter::cond(filter, target)) {
        Cond::False => return None,
        Cond::True => {}
        Cond::If(expr) => {
            select.and_where(expr);
        }
    }
    let Some(through) = &step.through else { return Some(select) };
    let mut pairs = Query::select();
    let (from, to) = (Alias::new(column(through.from)), Alias::new(column(through.to)));
    pairs
        .column(from.clone())
        .from(Alias::new(table_name(through.table.no)))
        .and_where(Expr::col(from).is_not_null())
        .and_where(Expr::col(to).in_subquery(select));
    Some(pairs)
}

/// The value of a field of the one row at the end of `steps`.
pub(super) fn value(table: &Table, steps: &[BoundStep], field: FieldNo) -> Expr {
    nested(&table_name(table.no), steps, field, 1)
}

fn nested(outer: &str, steps: &[BoundStep], field: FieldNo, depth: usize) -> Expr {
    let Some((step, rest)) = steps.split_first() else {
        return Expr::col((Alias::new(outer.to_owned()), Alias::new(column(field))));
    };
    let alias = format!("l{depth}");
    let named = |table: &str, no| Expr::col((Alias::new(table.to_owned()), Alias::new(column(no))));
    let mut select = Query::select();
    select
        .expr(nested(&alias, rest, field, depth + 1))
        .from_as(Alias::new(table_name(step.target.no)), Alias::new(alias.clone()))
        .and_where(named(&alias, step.target_key).eq(named(outer, step.key)));
    if let Some(expr) = any(&step.alts, &step.target).into_expr() {
        select.and_where(expr);
    }
    select.limit(1);
    Expr::SubQuery(None, Box::new(select.into()))
}

/// Whether rows of other tables decide which rows these are.
pub(super) fn mentioned(query: &BoundQuery) -> bool {
    inside(&query.filter) || query.alts.iter().any(|alt| inside(&alt.rows))
}

fn inside(filter: &BoundFilter) -> bool {
    match filter {
        BoundFilter::And(parts) | BoundFilter::Or(parts) => parts.iter().any(inside),
        BoundFilter::Not(part) => inside(part),
        BoundFilter::Linked(_) => true,
        BoundFilter::Cmp(_) | BoundFilter::Inside(_) | BoundFilter::Never => false,
    }
}
