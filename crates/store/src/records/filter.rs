//! Bound conditions as SQL. Every value is a parameter, every column a number; what is known to be always
//! true or never true is settled here, so that plain calls get plain statements.

use domain::{
    FieldNo,
    access::Fields,
    catalog::{FieldKind, Table},
    query::{BoundAlt, BoundCmp, BoundFilter, CmpOp},
    value::Value,
};
use sea_query::{Alias, Expr, ExprTrait};

use crate::{
    catalog::column,
    sql::{like_escape, to_json},
};

use super::{inside, linked, to_sql};

/// Longer patterns are more than SQLite's LIKE takes; they are compared by other means.
const LIKE_BYTES_MAX: usize = 10_000;
/// Longer lists are handed over as one parameter: the number of parameters is limited.
pub(super) const LIST_INLINE_MAX: usize = 32;

/// A condition, where it is not settled already.
#[derive(Clone)]
pub(super) enum Cond {
    True,
    False,
    If(Expr),
}

impl Cond {
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, cond) | (cond, Self::True) => cond,
            (Self::If(a), Self::If(b)) => Self::If(a.and(b)),
        }
    }

    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, cond) | (cond, Self::False) => cond,
            (Self::If(a), Self::If(b)) => Self::If(a.or(b)),
        }
    }

    /// For a WHERE; `None`: every row.
    pub fn into_expr(self) -> Option<Expr> {
        match self {
            Self::True => None,
            Self::False => Some(Expr::cust("1 = 0")),
            Self::If(expr) => Some(expr),
        }
    }
}

/// Rows of at least one alternative.
pub(super) fn any(alts: &[BoundAlt], table: &Table) -> Cond {
    alts.iter().fold(Cond::False, |all, alt| all.or(cond(&alt.rows, table)))
}

/// Rows in which every one of `fields` is granted by some alternative that the row matches.
pub(super) fn granted(fields: &[FieldNo], alts: &[BoundAlt], table: &Table) -> Cond {
    let mut asked: Vec<Vec<bool>> = Vec::new();
    for no in fields {
        let having: Vec<bool> = alts.iter().map(|alt| alt.fields.has(*no)).collect();
        if !asked.contains(&having) {
            asked.push(having);
        }
    }
    if asked.is_empty() {
        return any(alts, table);
    }
    asked.into_iter().fold(Cond::True, |all, having| {
        let some = alts
            .iter()
            .zip(having)
            .filter(|(_, has)| *has)
            .fold(Cond::False, |some, (alt, _)| some.or(cond(&alt.rows, table)));
        all.and(some)
    })
}

/// Whether the alternatives say nothing at all.
pub(super) fn unlimited(alts: &[BoundAlt]) -> bool {
    alts.iter().any(|alt| alt.fields == Fields::All && always(&alt.rows))
}

fn always(filter: &BoundFilter) -> bool {
    matches!(filter, BoundFilter::And(parts) if parts.iter().all(always))
}

pub(super) fn cond(filter: &BoundFilter, table: &Table) -> Cond {
    match filter {
        BoundFilter::And(parts) => parts.iter().fold(Cond::True, |all, part| all.and(cond(part, table))),
        BoundFilter::Or(parts) => parts.iter().fold(Cond::False, |all, part| all.or(cond(part, table))),
        BoundFilter::Not(part) => match cond(part, table) {
            Cond::True => Cond::False,
            Cond::False => Cond::True,
            Cond::If(expr) => Cond::If(expr.not()),
        },
        BoundFilter::Never => Cond::False,
        BoundFilter::Linked(linked) => linked::cond(linked),
        BoundFilter::Inside(inside) => inside::cond(inside, table),
        BoundFilter::Cmp(cmp) => match table.field_by_no(cmp.field) {
            Some(field) => compare(cmp, field.kind),
            // Dropped since the query was bound.
            None => Cond::False,
        },
    }
}

fn compare(cmp: &BoundCmp, kind: FieldKind) -> Cond {
    use CmpOp::*;
    let raw = || Expr::col(Alias::new(column(cmp.field)));
    let col = || comparable(raw(), kind);
    let first = cmp.values.first();
    // Most comparisons with nothing, or with null, are true of no row.
    let with = |make: &dyn Fn(Expr) -> Expr| match first {
        Some(value) if !value.is_null() => Cond::If(make(operand(value, kind))),
        _ => Cond::False,
    };
    let text = |how: Part, negated: bool| match first {
        Some(value) if !value.is_null() => {
            Cond::If(text_match(written(raw(), kind), &plain_text(value), how, negated))
        }
        _ => Cond::False,
    };
    match cmp.op {
        Eq if is_null(first) => Cond::If(raw().is_null()),
        Ne if is_null(first) => Cond::If(raw().is_not_null()),
        Eq => with(&|value| col().eq(value)),
        Ne => with(&|value| col().ne(value).or(raw().is_null())),
        Gt => with(&|value| col().gt(value)),
        Gte => with(&|value| col().gte(value)),
        Lt => with(&|value| col().lt(value)),
        Lte => with(&|value| col().lte(value)),
        In => one_of(cmp, kind),
        NotIn => none_of(cmp, kind),
        Between => match cmp.values.as_slice() {
            [low, high] if !low.is_null() && !high.is_null() => {
                Cond::If(col().between(operand(low, kind), operand(high, kind)))
            }
            _ => Cond::False,
        },
        Contains => text(Part::Anywhere, false),
        NotContains => text(Part::Anywhere, true),
        StartsWith => text(Part::Start, false),
        NotStartsWith => text(Part::Start, true),
        EndsWith => text(Part::End, false),
        NotEndsWith => text(Part::End, true),
        Empty => Cond::If(empty(raw(), kind)),
        NotEmpty => Cond::If(empty(raw(), kind).not()),
        True => Cond::If(raw().eq(1)),
        False => Cond::If(raw().eq(0).or(raw().is_null())),
        AnyOf => elements(cmp).map_or(Cond::False, |list| Cond::If(any_of(raw(), list))),
        NoneOf => elements(cmp).map_or(Cond::True, |list| Cond::If(any_of(raw(), list).not())),
        Match => Cond::If(same_elements(raw(), cmp)),
        NotMatch => Cond::If(same_elements(raw(), cmp).not()),
    }
}

fn is_null(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_null)
}

/// Decimals are kept as text, so that no digit is lost, and compared as numbers.
pub(super) fn comparable(expr: Expr, kind: FieldKind) -> Expr {
    match kind {
        FieldKind::Decimal => Expr::cust_with_exprs("CAST(? AS NUMERIC)", [expr]),
        _ => expr,
    }
}

/// As text operators look at it.
fn written(expr: Expr, kind: FieldKind) -> Expr {
    match kind {
        FieldKind::Integer | FieldKind::BigInt | FieldKind::Float => {
            Expr::cust_with_exprs("CAST(? AS TEXT)", [expr])
        }
        _ => expr,
    }
}

fn operand(value: &Value, kind: FieldKind) -> Expr {
    comparable(Expr::val(to_sql(value.clone())), kind)
}

fn one_of(cmp: &BoundCmp, kind: FieldKind) -> Cond {
    let null = match cmp.values.iter().any(Value::is_null) {
        true => Cond::If(Expr::col(Alias::new(column(cmp.field))).is_null()),
        false => Cond::False,
    };
    listed(cmp, kind).map_or(Cond::False, Cond::If).or(null)
}

/// None of them. Null is none of them, unless it is listed.
fn none_of(cmp: &BoundCmp, kind: FieldKind) -> Cond {
    let col = || Expr::col(Alias::new(column(cmp.field)));
    let listed = listed(cmp, kind).map(ExprTrait::not);
    match (listed, cmp.values.iter().any(Value::is_null)) {
        (Some(none), true) => Cond::If(none.and(col().is_not_null())),
        (Some(none), false) => Cond::If(none.or(col().is_null())),
        (None, true) => Cond::If(col().is_not_null()),
        (None, false) => Cond::True,
    }
}

/// `None`: nothing but nulls is listed.
fn listed(cmp: &BoundCmp, kind: FieldKind) -> Option<Expr> {
    let col = comparable(Expr::col(Alias::new(column(cmp.field))), kind);
    let values: Vec<&Value> = cmp.values.iter().filter(|value| !value.is_null()).collect();
    if values.is_empty() {
        return None;
    }
    if values.len() <= LIST_INLINE_MAX {
        return Some(col.is_in(values.into_iter().map(|value| operand(value, kind))));
    }
    let list: Vec<serde_json::Value> = values.into_iter().map(json).collect();
    let list = Expr::val(to_json(&list).unwrap_or_else(|_| "[]".to_owned()));
    let value = match kind {
        FieldKind::Decimal => "CAST(value AS NUMERIC)",
        _ => "value",
    };
    Some(Expr::cust_with_exprs(format!("? IN (SELECT {value} FROM json_each(?))"), [col, list]))
}

#[derive(Clone, Copy)]
pub(super) enum Part {
    Start,
    Anywhere,
    End,
}

/// Ignoring case. SQLite's own LIKE folds only ASCII, which is enough when the pattern is ASCII.
pub(super) fn text_match(col: Expr, text: &str, part: Part, negated: bool) -> Expr {
    let found = if text.is_ascii() && text.len() <= LIKE_BYTES_MAX && !text.contains('\0') {
        let escaped = like_escape(text);
        let pattern = match part {
            Part::Start => format!("{escaped}%"),
            Part::Anywhere => format!("%{escaped}%"),
            Part::End => format!("%{escaped}"),
        };
        Expr::cust_with_exprs("? LIKE ? ESCAPE '\\'", [col, Expr::val(pattern)])
    } else {
        let text = text.to_lowercase();
        let length = Expr::val(text.chars().count() as i64);
        match part {
            Part::Anywhere => Expr::cust_with_exprs("instr(kw_fold(?), ?) > 0", [col, Expr::val(text)]),
            Part::Start => {
                Expr::cust_with_exprs("substr(kw_fold(?), 1, ?) = ?", [col, length, Expr::val(text)])
            }
            Part::End => Expr::cust_with_exprs("substr(kw_fold(?), -?) = ?", [col, length, Expr::val(text)]),
        }
    };
    if negated { found.not() } else { found }
}

pub(super) fn plain_text(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Json(text) => text.clone(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Instant(at) => at.rfc3339(),
        Value::Null => String::new(),
    }
}

/// Never null itself, so that its opposite is exactly the other rows.
fn empty(col: Expr, kind: FieldKind) -> Expr {
    let null = col.clone().is_null();
    match kind {
        FieldKind::Text | FieldKind::LongText => null.or(col.eq("")),
        FieldKind::Array => null.or(Expr::cust_with_exprs("json_array_length(?) = 0", [col])),
        _ => null,
    }
}

/// What an array is compared with, as one JSON list; `None`: an empty one.
fn elements(cmp: &BoundCmp) -> Option<String> {
    let list = element_list(cmp);
    if list.is_empty() { None } else { to_json(&list).ok() }
}

fn element_list(cmp: &BoundCmp) -> Vec<serde_json::Value> {
    let mut list = Vec::new();
    for value in &cmp.values {
        match json(value) {
            serde_json::Value::Array(more) => list.extend(more),
            one => list.push(one),
        }
    }
    list
}

pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        // As it is stored.
        Value::Bool(b) => serde_json::Value::from(i64::from(*b)),
        Value::Int(n) => serde_json::Value::from(*n),
        Value::Float(x) => serde_json::Value::from(*x),
        Value::Text(text) => serde_json::Value::from(text.clone()),
        Value::Instant(at) => serde_json::Value::from(at.0),
        Value::Json(text) => serde_json::from_str(text).unwrap_or(serde_json::Value::Null),
    }
}

/// Has at least one of them; a null has none.
fn any_of(col: Expr, list: String) -> Expr {
    Expr::cust_with_exprs(
        "EXISTS (SELECT 1 FROM json_each(?) a WHERE a.value IN (SELECT value FROM json_each(?)))",
        [col, Expr::val(list)],
    )
}

/// The same elements, in any order and number; null is the same as nothing.
fn same_elements(col: Expr, cmp: &BoundCmp) -> Expr {
    let list = to_json(&element_list(cmp)).unwrap_or_else(|_| "[]".to_owned());
    Expr::cust_with_exprs(
        "(NOT EXISTS (SELECT 1 FROM json_each(?) a WHERE a.value NOT IN (SELECT value FROM json_each(?))) \
         AND NOT EXISTS (SELECT 1 FROM json_each(?) b WHERE b.value NOT IN (SELECT value FROM json_each(?))))",
        [col.clone(), Expr::val(list.clone()), Expr::val(list), col],
    )
}
