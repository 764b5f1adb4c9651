//! `filterByTk`: the records a call names by the target key of their collection. That is the primary key,
//! unless the collection says `filterTargetKey`: then it is the value of another field, or of several, given as
//! an object. A key that is no primary key is a condition like any other: on fields the caller may read.

use domain::{
    catalog::Table,
    limits,
    query::{CmpOp, Filter, Term},
};
use serde_json::{Map, Value};

use crate::{collections::options_of, failure::Failure, request::Request};

/// What `filterByTk` names.
pub enum Named {
    /// Records by their primary keys.
    Keys(Vec<Value>),
    Matching(Filter),
}

/// `None`: nothing was named.
pub fn named(request: &Request, table: Option<&Table>) -> Result<Option<Named>, Failure> {
    let fields = table.map(fields).unwrap_or_default();
    Ok(match fields.as_slice() {
        [] => request.params.target_keys()?.map(Named::Keys),
        [field] => request.params.target_keys()?.filter(|keys| !keys.is_empty()).map(|keys| {
            let terms = keys.into_iter().map(Term::Literal).collect();
            Named::Matching(Filter::Cmp { field: field.clone(), op: CmpOp::In, terms })
        }),
        fields => together(request, fields)?.map(Named::Matching),
    })
}

/// The same as a condition.
pub fn condition(request: &Request, table: &Table) -> Result<Option<Filter>, Failure> {
    let primary = table.primary().ok_or_else(Failure::not_found)?;
    Ok(match named(request, Some(table))? {
        None => None,
        Some(Named::Matching(filter)) => Some(filter),
        Some(Named::Keys(keys)) if keys.is_empty() => None,
        Some(Named::Keys(keys)) => Some(among(&primary.name, keys)),
    })
}

pub fn among(field: &str, keys: Vec<Value>) -> Filter {
    let terms = keys.into_iter().map(Term::Literal).collect();
    Filter::Cmp { field: field.to_owned(), op: CmpOp::In, terms }
}

/// As screens are told.
pub fn shown(table: &Table) -> Value {
    let mut fields = fields(table);
    match (fields.len(), fields.pop()) {
        (0 | 1, last) => {
            let primary = || table.primary().map_or("id", |field| &field.name).to_owned();
            Value::String(last.unwrap_or_else(primary))
        }
        (_, last) => fields.into_iter().chain(last).map(Value::String).collect(),
    }
}

/// The fields of a target key that is not the primary key. Names of fields that are not there are no key.
fn fields(table: &Table) -> Vec<String> {
    let kept = table.extra.as_deref().filter(|text| text.contains("\"filterTargetKey\""));
    let Some(said) = kept.and_then(|text| options_of(Some(text)).remove("filterTargetKey")) else {
        return Vec::new();
    };
    let names = match said {
        Value::String(name) => vec![name],
        Value::Array(names) => names.into_iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let there = names.iter().all(|name| table.field(name).is_some_and(|field| field.link.is_none()));
    let primary = table.primary().map(|field| &field.name);
    if there && (names.len() > 1 || names.first() != primary) { names } else { Vec::new() }
}

/// `{"a":1,"b":2}`, as JSON or in brackets, or a list of these.
fn together(request: &Request, fields: &[String]) -> Result<Option<Filter>, Failure> {
    let given = match (&request.params.key, request.params.map.get("filterByTk")) {
        (Some(key), _) => Value::String(key.clone()),
        (None, Some(value)) => value.clone(),
        (None, None) => return Ok(None),
    };
    let items = match parsed(given) {
        Value::Null => return Ok(None),
        Value::Array(items) => items.into_iter().map(parsed).collect(),
        one => vec![one],
    };
    if items.len() > limits::FILTER_LIST_MAX {
        return Err(Failure::bad(format!("filterByTk takes at most {} keys", limits::FILTER_LIST_MAX)));
    }
    let named = items.into_iter().map(|item| one(item, fields)).collect::<Result<Vec<_>, _>>()?;
    Ok((!named.is_empty()).then_some(Filter::Or(named)))
}

fn parsed(value: Value) -> Value {
    match &value {
        Value::String(text) => serde_json::from_str(text).unwrap_or(value),
        _ => value,
    }
}

fn one(item: Value, fields: &[String]) -> Result<Filter, Failure> {
    let bad = || Failure::bad(format!("filterByTk must be an object of {}", fields.join(", ")));
    let Value::Object(mut map) = item else { return Err(bad()) };
    let parts = fields.iter().map(|field| part(&mut map, field)).collect::<Option<Vec<_>>>();
    parts.filter(|_| map.is_empty()).map(Filter::And).ok_or_else(bad)
}

/// Null names nobody: it must never stand for "is null".
fn part(map: &mut Map<String, Value>, field: &String) -> Option<Filter> {
    let value = map.remove(field).filter(|v| v.is_string() || v.is_number() || v.is_boolean())?;
    Some(Filter::eq(field, value))
}
