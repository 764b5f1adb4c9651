//! The filter grammar: `{"title":{"$eq":"x"}}`, `{"title.$eq":"x"}`, `$and`, `$or`, `$not`, variables in
//! braces. Becomes the common filter of names; which fields exist and who may mention them is settled
//! when that is bound. Bounded in depth and in conditions.

mod date;

use domain::{
    Millis,
    catalog::{Catalog, FieldKind, LinkTarget, Table},
    limits,
    query::{CmpOp, Filter, Term, Var},
};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("filter is not valid JSON")]
    NotJson,
    #[error("filter must be an object")]
    NotAnObject,
    #[error("unknown filter operator {0}")]
    UnknownOperator(String),
    #[error("{op}: {what}")]
    BadOperand { op: String, what: &'static str },
    #[error("unknown variable {0:?} in filter")]
    UnknownVariable(String),
    #[error("filter nests deeper than {} levels", limits::FILTER_DEPTH_MAX)]
    TooDeep,
    #[error("filter has more than {} conditions", limits::FILTER_CONDITIONS_MAX)]
    TooMany,
}

/// What the grammar needs to know of the request.
#[derive(Clone, Debug)]
pub struct Context<'t> {
    /// Where a day begins (`X-Timezone`).
    pub zone: TimeZone,
    /// Date operators mean other things for days than for instants. `None`: taken as instants.
    pub table: Option<&'t Table>,
    /// Where associations lead.
    pub catalog: Option<&'t Catalog>,
    /// For relative dates. `None`: the filter is kept, and what is today would not be tomorrow.
    pub now: Option<Millis>,
}

impl Context<'_> {
    /// The kind of the field at a dotted path.
    fn kind(&self, path: &str) -> FieldKind {
        let mut table = self.table;
        let mut steps = path.split('.').peekable();
        while let (Some(name), Some(here)) = (steps.next(), table) {
            let Some(field) = here.field(name) else { break };
            if steps.peek().is_none() {
                return field.kind;
            }
            table = match field.link.as_ref().map(|link| &link.target) {
                Some(LinkTarget::Table(name)) => {
                    self.catalog.and_then(|c| c.table(here.base, name)).map(AsRef::as_ref)
                }
                _ => None,
            };
        }
        FieldKind::DateTime
    }
}

impl Default for Context<'_> {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, table: None, catalog: None, now: None }
    }
}

/// Parses a filter parameter: JSON as text, or the object the bracket form made.
pub fn parse(value: &Value, context: &Context<'_>) -> Result<Filter, FilterError> {
    match value {
        Value::Null => Ok(Filter::ALL),
        Value::String(text) if text.trim().is_empty() => Ok(Filter::ALL),
        Value::String(text) => {
            let inner: Value = serde_json::from_str(text).map_err(|_| FilterError::NotJson)?;
            match inner {
                Value::Null => Ok(Filter::ALL),
                // What PHP makes of an empty object.
                Value::Array(none) if none.is_empty() => Ok(Filter::ALL),
                Value::Object(map) => object(&map, context),
                _ => Err(FilterError::NotAnObject),
            }
        }
        Value::Object(map) => object(map, context),
        Value::Array(none) if none.is_empty() => Ok(Filter::ALL),
        _ => Err(FilterError::NotAnObject),
    }
}

fn object(map: &Map<String, Value>, context: &Context<'_>) -> Result<Filter, FilterError> {
    let mut parser = Parser { context, conditions: 0, negated: false };
    parser.all_of(map, "", 0)
}

struct Parser<'c, 't> {
    context: &'c Context<'t>,
    conditions: usize,
    /// Under an odd number of `$not`.
    negated: bool,
}

impl Parser<'_, '_> {
    /// Every entry of `map`, which belongs to `path` (empty at the top).
    fn all_of(&mut self, map: &Map<String, Value>, path: &str, depth: usize) -> Result<Filter, FilterError> {
        if depth > limits::FILTER_DEPTH_MAX {
            return Err(FilterError::TooDeep);
        }
        let parts = map
            .iter()
            .map(|(key, value)| self.entry(path, key, value, depth))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(conjunction(parts))
    }

    fn entry(&mut self, path: &str, key: &str, value: &Value, depth: usize) -> Result<Filter, FilterError> {
        match key {
            "$and" => Ok(conjunction(self.members(key, value, path, depth)?)),
            "$or" => Ok(alternatives(self.members(key, value, path, depth)?, self.negated)),
            // Not `$ne`, which also finds what has no value.
            "$not" if !path.is_empty() && is_plain(value) => {
                Ok(Filter::Not(Box::new(self.compare(path, "$eq", value)?)))
            }
            "$not" => {
                self.negated = !self.negated;
                let parts = self.members(key, value, path, depth)?;
                self.negated = !self.negated;
                Ok(Filter::Not(Box::new(conjunction(parts))))
            }
            _ if key.starts_with('$') => self.compare(path, key, value),
            _ => self.step(path, key, value, depth),
        }
    }

    /// The operands of a logic operator: a list of objects, or one object.
    fn members(
        &mut self,
        op: &str,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Vec<Filter>, FilterError> {
        let bad = || FilterError::BadOperand { op: op.to_owned(), what: "takes a list of conditions" };
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| match item {
                    Value::Object(map) => self.all_of(map, path, depth + 1),
                    // Below a field plain values stand for themselves.
                    Value::Array(_) => Err(bad()),
                    plain if !path.is_empty() => self.compare(path, "$eq", plain),
                    _ => Err(bad()),
                })
                .collect(),
            Value::Object(map) if op == "$or" => {
                if depth > limits::FILTER_DEPTH_MAX {
                    return Err(FilterError::TooDeep);
                }
                map.iter().map(|(key, value)| self.entry(path, key, value, depth + 1)).collect()
            }
            Value::Object(map) => Ok(vec![self.all_of(map, path, depth + 1)?]),
            Value::Null => Ok(Vec::new()),
            _ => Err(bad()),
        }
    }

    /// A field name, possibly dotted, possibly ending in an operator.
    fn step(&mut self, path: &str, key: &str, value: &Value, depth: usize) -> Result<Filter, FilterError> {
        if let Some((front, op)) = key.split_once(".$") {
            let op = format!("${op}");
            return self.entry(&join(path, front), &op, value, depth);
        }
        let path = join(path, key);
        match value {
            Value::Object(map) => self.all_of(map, &path, depth + 1),
            _ => self.compare(&path, "$eq", value),
        }
    }

    fn compare(&mut self, field: &str, op: &str, value: &Value) -> Result<Filter, FilterError> {
        self.conditions += 1;
        if self.conditions > limits::FILTER_CONDITIONS_MAX {
            return Err(FilterError::TooMany);
        }
        let bad = |what| FilterError::BadOperand { op: op.to_owned(), what };
        if field.is_empty() {
            return Err(FilterError::UnknownOperator(op.to_owned()));
        }
        // To an operator that knows no spans of time, a relative date is its beginning.
        let begun = match op.starts_with("$date") {
            true => None,
            false => date::beginning(field, value, self.context)?,
        };
        let value = begun.as_ref().unwrap_or(value);
        let one = |op, value: &Value| Ok(cmp(field, op, vec![scalar(value)?]));
        let list = |op, value: &Value| Ok(cmp(field, op, items(value)?));
        match op {
            "$eq" | "$is" if is_list(value)? => list(CmpOp::In, value),
            "$ne" if is_list(value)? => list(CmpOp::NotIn, value),
            "$eq" | "$is" => one(CmpOp::Eq, value),
            "$ne" => one(CmpOp::Ne, value),
            "$gt" => one(CmpOp::Gt, value),
            "$gte" => one(CmpOp::Gte, value),
            "$lt" => one(CmpOp::Lt, value),
            "$lte" => one(CmpOp::Lte, value),
            "$between" => match items(value)? {
                pair if pair.len() == 2 => Ok(cmp(field, CmpOp::Between, pair)),
                _ => Err(bad("takes two values")),
            },
            "$in" => list(CmpOp::In, value),
            "$notIn" => list(CmpOp::NotIn, value),
            "$includes" => text(field, CmpOp::Contains, value),
            "$notIncludes" => text(field, CmpOp::NotContains, value),
            "$startsWith" => text(field, CmpOp::StartsWith, value),
            "$notStartsWith" => text(field, CmpOp::NotStartsWith, value),
            "$endWith" | "$endsWith" => text(field, CmpOp::EndsWith, value),
            "$notEndWith" | "$notEndsWith" => text(field, CmpOp::NotEndsWith, value),
            "$like" | "$iLike" | "$notLike" | "$notILike" => like(field, op, value),
            "$empty" | "$arrayEmpty" => Ok(cmp(field, CmpOp::Empty, Vec::new())),
            "$notEmpty" | "$arrayNotEmpty" => Ok(cmp(field, CmpOp::NotEmpty, Vec::new())),
            // Whether anything is there at all: of an association, whether there is a linked record.
            "$exists" | "$notExists" => {
                let there = (op == "$exists") != is_false(value);
                Ok(cmp(field, if there { CmpOp::NotEmpty } else { CmpOp::Empty }, Vec::new()))
            }
            "$isTruly" => {
                Ok(cmp(field, if is_false(value) { CmpOp::False } else { CmpOp::True }, Vec::new()))
            }
            "$isFalsy" => {
                Ok(cmp(field, if is_false(value) { CmpOp::True } else { CmpOp::False }, Vec::new()))
            }
            "$anyOf" => list(CmpOp::AnyOf, value),
            "$noneOf" => list(CmpOp::NoneOf, value),
            "$match" => list(CmpOp::Match, value),
            // What is not there matches nothing, and the opposite of nothing neither.
            "$notMatch" => Ok(Filter::And(vec![
                list(CmpOp::NotMatch, value)?,
                cmp(field, CmpOp::Ne, vec![Term::Literal(Value::Null)]),
            ])),
            _ if op.starts_with("$date") => date::compare(field, op, value, self.context),
            _ => Err(FilterError::UnknownOperator(op.to_owned())),
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// All of them, without needless nesting, so that "no condition" is recognised.
fn conjunction(mut parts: Vec<Filter>) -> Filter {
    parts.retain(|part| !part.is_all());
    match parts.len() {
        1 => parts.pop().unwrap_or(Filter::ALL),
        _ => Filter::And(parts),
    }
}

/// Any of them. An empty one among others is left out, so that it never turns a scope into "everything"; under a
/// `$not` it counts for the same reason. Nothing to choose from is no condition: screens send `$or: []` for an empty form.
fn alternatives(mut parts: Vec<Filter>, negated: bool) -> Filter {
    if negated && parts.iter().any(Filter::is_all) {
        return Filter::ALL;
    }
    parts.retain(|part| !part.is_all());
    match parts.len() {
        0 => Filter::ALL,
        1 => parts.pop().unwrap_or(Filter::ALL),
        _ => Filter::Or(parts),
    }
}

fn cmp(field: &str, op: CmpOp, terms: Vec<Term>) -> Filter {
    Filter::Cmp { field: field.to_owned(), op, terms }
}

/// Text operators take one text or a list; a list is "any of" for the positive ones, "all of" for the
/// negative; null asks for null.
fn text(field: &str, op: CmpOp, value: &Value) -> Result<Filter, FilterError> {
    let negative = matches!(op, CmpOp::NotContains | CmpOp::NotStartsWith | CmpOp::NotEndsWith);
    match value {
        Value::Null => {
            Ok(cmp(field, if negative { CmpOp::Ne } else { CmpOp::Eq }, vec![Term::Literal(Value::Null)]))
        }
        Value::Array(_) => {
            let parts = items(value)?.into_iter().map(|t| cmp(field, op, vec![t])).collect();
            Ok(if negative { Filter::And(parts) } else { Filter::Or(parts) })
        }
        _ => Ok(cmp(field, op, vec![scalar(value)?])),
    }
}

/// Patterns with `%` only at the ends; anything else has no counterpart that treats `%` and `_` literally.
fn like(field: &str, op: &str, value: &Value) -> Result<Filter, FilterError> {
    let bad = |what| FilterError::BadOperand { op: op.to_owned(), what };
    let pattern = value.as_str().ok_or_else(|| bad("takes a text"))?;
    let (open_start, rest) = pattern.strip_prefix('%').map_or((false, pattern), |r| (true, r));
    let (open_end, rest) = rest.strip_suffix('%').map_or((false, rest), |r| (true, r));
    if rest.contains('%') {
        return Err(bad("takes % only at the beginning and at the end"));
    }
    let positive = !op.starts_with("$not");
    let op = match (open_start, open_end, positive) {
        (true, true, true) => CmpOp::Contains,
        (true, true, false) => CmpOp::NotContains,
        (false, true, true) => CmpOp::StartsWith,
        (false, true, false) => CmpOp::NotStartsWith,
        (true, false, true) => CmpOp::EndsWith,
        (true, false, false) => CmpOp::NotEndsWith,
        (false, false, true) => CmpOp::Eq,
        (false, false, false) => CmpOp::Ne,
    };
    Ok(cmp(field, op, vec![Term::Literal(Value::String(rest.to_owned()))]))
}

/// A value, or values, rather than conditions.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => !items.is_empty() && items.iter().all(|item| !item.is_object()),
        _ => true,
    }
}

fn is_false(value: &Value) -> bool {
    match value {
        Value::Bool(b) => !b,
        Value::String(text) => text == "false" || text == "0",
        Value::Number(n) => n.as_i64() == Some(0),
        _ => false,
    }
}

/// A list, or a variable that stands for one.
fn is_list(value: &Value) -> Result<bool, FilterError> {
    Ok(match value {
        Value::Array(_) => true,
        Value::String(text) => variable(text)?.is_some_and(|var| var.is_list()),
        _ => false,
    })
}

/// A list; a single value is a list of one.
fn items(value: &Value) -> Result<Vec<Term>, FilterError> {
    match value {
        Value::Array(values) if values.len() > limits::FILTER_LIST_MAX => Err(FilterError::TooMany),
        Value::Array(values) => values.iter().map(scalar).collect(),
        other => Ok(vec![scalar(other)?]),
    }
}

fn scalar(value: &Value) -> Result<Term, FilterError> {
    match value {
        Value::String(text) => match variable(text)? {
            Some(var) => Ok(Term::Var(var)),
            None => Ok(Term::Literal(value.clone())),
        },
        _ => Ok(Term::Literal(value.clone())),
    }
}

/// `{{ $user.id }}` and its older spellings. Text with braces inside is just text.
fn variable(text: &str) -> Result<Option<Var>, FilterError> {
    let trimmed = text.trim();
    let Some(name) = trimmed.strip_prefix("{{").and_then(|t| t.strip_suffix("}}")) else { return Ok(None) };
    let name = name.trim();
    let field = name
        .strip_prefix("$user.")
        .or_else(|| name.strip_prefix("ctx.state.currentUser."))
        .or_else(|| name.strip_prefix("currentUser."));
    let var = match (field, name) {
        (Some("id"), _) => Var::UserId,
        (Some("email"), _) => Var::UserEmail,
        (Some("username"), _) => Var::UserName,
        (Some("nickname"), _) => Var::UserTitle,
        (Some(name @ ("phone" | "appLang")), _) => Var::UserNote(format!("/nocobase/{name}")),
        (Some("roles" | "roles.name"), _) => Var::UserRoles,
        (None, "$user") => Var::UserId,
        (None, "$nRole" | "ctx.state.currentRole" | "currentRole") => Var::Role,
        (None, "$nDate.now") => Var::Now,
        _ => return Err(FilterError::UnknownVariable(name.chars().take(64).collect())),
    };
    Ok(Some(var))
}

#[cfg(test)]
mod tests;
