//! Conditions on what is inside of a JSON value, as SQL. The path is a parameter like any value. What is not there
//! is null; a text that reads as a number counts as that number where it is compared with one.

use domain::{
    catalog::Table,
    query::{BoundInside, CmpOp},
    value::Value,
};
use sea_query::{Alias, Expr, ExprTrait};

use crate::{catalog::column, sql::to_json};

use super::{
    filter::{Cond, LIST_INLINE_MAX, Part, json, plain_text, text_match},
    to_sql,
};

pub(super) fn cond(inside: &BoundInside, table: &Table) -> Cond {
    use CmpOp::*;
    // Dropped since the query was bound.
    if table.field_by_no(inside.field).is_none() {
        return Cond::False;
    }
    let Some(expr) = (match inside.op {
        Eq if null(inside) => Some(found(inside).is_null()),
        Ne if null(inside) => Some(found(inside).is_not_null()),
        Eq | In => among(inside),
        Ne | NotIn => {
            return among(inside)
                .map_or(Cond::True, |expr| Cond::If(Expr::cust_with_exprs("ifnull(NOT ?, 1)", [expr])));
        }
        Gt => ordered(inside, "? > ?"),
        Gte => ordered(inside, "? >= ?"),
        Lt => ordered(inside, "? < ?"),
        Lte => ordered(inside, "? <= ?"),
        Between => between(inside),
        Contains => text(inside, Part::Anywhere, false),
        NotContains => text(inside, Part::Anywhere, true),
        StartsWith => text(inside, Part::Start, false),
        NotStartsWith => text(inside, Part::Start, true),
        EndsWith => text(inside, Part::End, false),
        NotEndsWith => text(inside, Part::End, true),
        Empty => Some(empty(inside)),
        NotEmpty => Some(empty(inside).not()),
        True => Some(found(inside).eq(1)),
        False => Some(found(inside).eq(0).or(found(inside).is_null())),
        // Lists inside are no lists of the database.
        AnyOf | NoneOf | Match | NotMatch => None,
    }) else {
        return Cond::False;
    };
    Cond::If(expr)
}

fn null(inside: &BoundInside) -> bool {
    inside.values.first().is_none_or(Value::is_null)
}

/// What is found there.
fn found(inside: &BoundInside) -> Expr {
    let path: String = inside.path.iter().map(|name| format!(".\"{name}\"")).collect();
    let col = Expr::col(Alias::new(column(inside.field)));
    Expr::cust_with_exprs("json_extract(?, ?)", [col, Expr::val(format!("${path}"))])
}

/// The same as a number, if it is one or reads as one.
fn number(inside: &BoundInside) -> Expr {
    let found = || found(inside);
    Expr::cust_with_exprs(
        "CASE WHEN typeof(?) <> 'text' THEN ? WHEN json_valid(?) \
         THEN CASE WHEN json_type(?) IN ('integer', 'real') THEN ? + 0 END END",
        [found(), found(), found(), found(), found()],
    )
}

fn is_text(value: &&Value) -> bool {
    matches!(value, Value::Text(_))
}

/// One of the values: null where there is nothing. `None`: there are none.
fn among(inside: &BoundInside) -> Option<Expr> {
    let (texts, others): (Vec<&Value>, Vec<&Value>) =
        inside.values.iter().filter(|value| !value.is_null()).partition(is_text);
    let one = |what: Expr, values: Vec<&Value>| match values.len() {
        0 => None,
        1..=LIST_INLINE_MAX => Some(what.is_in(values.into_iter().map(|v| Expr::val(to_sql(v.clone()))))),
        _ => {
            let list: Vec<serde_json::Value> = values.into_iter().map(json).collect();
            let list = Expr::val(to_json(&list).unwrap_or_else(|_| "[]".to_owned()));
            Some(Expr::cust_with_exprs("? IN (SELECT value FROM json_each(?))", [what, list]))
        }
    };
    let found_one = match (one(found(inside), texts), one(number(inside), others)) {
        (Some(text), Some(number)) => text.or(number),
        (text, number) => text.or(number)?,
    };
    Some(Expr::cust_with_exprs("iif(? IS NULL, NULL, ifnull(?, 0))", [found(inside), found_one]))
}

fn ordered(inside: &BoundInside, sql: &'static str) -> Option<Expr> {
    let value = inside.values.first()?;
    Some(compared(inside, value, sql))
}

fn between(inside: &BoundInside) -> Option<Expr> {
    match inside.values.as_slice() {
        [low, high] => Some(compared(inside, low, "? >= ?").and(compared(inside, high, "? <= ?"))),
        _ => None,
    }
}

fn compared(inside: &BoundInside, value: &Value, sql: &'static str) -> Expr {
    let operand = Expr::val(to_sql(value.clone()));
    if is_text(&value) {
        let text = Expr::cust_with_exprs("typeof(?) = 'text'", [found(inside)]);
        return text.and(Expr::cust_with_exprs(sql, [found(inside), operand]));
    }
    Expr::cust_with_exprs(sql, [number(inside), operand])
}

fn text(inside: &BoundInside, part: Part, negated: bool) -> Option<Expr> {
    let value = inside.values.first().filter(|value| !value.is_null())?;
    let written = Expr::cust_with_exprs("CAST(? AS TEXT)", [found(inside)]);
    Some(text_match(written, &plain_text(value), part, negated))
}

/// Never null itself, so that its opposite is exactly the other rows.
fn empty(inside: &BoundInside) -> Expr {
    Expr::cust_with_exprs("ifnull(? IN ('', '[]'), 1)", [found(inside)])
}
