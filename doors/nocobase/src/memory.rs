//! Lists of things that are no records (roles, users, collections, keys): filtered, sorted and paged
//! here, over the objects that are answered. Only what an answer shows can be filtered by.

use std::cmp::Ordering;

use domain::query::{CmpOp, Filter, Sort, Term};
use serde_json::{Map, Value};

use crate::{
    answer::{Answer, PageMeta},
    failure::Failure,
    request::Request,
};

/// The answer to a `list`, as the request's parameters ask for it.
pub fn list(request: &Request, rows: Vec<Map<String, Value>>) -> Result<Answer, Failure> {
    list_without(request, rows, None)
}

/// The same, with a property that can be asked about and is not answered.
pub fn list_without(
    request: &Request,
    rows: Vec<Map<String, Value>>,
    unseen: Option<&str>,
) -> Result<Answer, Failure> {
    let mut rows = select(request, rows)?;
    if let Some(unseen) = unseen {
        rows.iter_mut().for_each(|row| drop(row.remove(unseen)));
    }
    let Some(asked) = request.params.page()? else {
        return Ok(Answer::Data(rows.into_iter().map(Value::Object).collect()));
    };
    let meta = PageMeta { count: rows.len() as u64, page: asked.page, page_size: asked.size };
    let skip = usize::try_from(asked.page().offset).unwrap_or(usize::MAX);
    let take = usize::try_from(asked.size).unwrap_or(usize::MAX);
    let data = rows.into_iter().skip(skip).take(take).map(Value::Object).collect();
    Ok(Answer::Meta { data, meta: meta.to_json() })
}

/// Refuses names in `filter`, `sort` and `fields` that no row has: to be left out of the answer for them would look
/// like an answer. For rows that all have the same properties.
pub fn known(request: &Request, rows: &[Map<String, Value>]) -> Result<(), Failure> {
    let mut names: Vec<String> = request.params.sort()?.into_iter().map(|key| key.field).collect();
    names.extend(request.params.names("fields")?.unwrap_or_default());
    if let Some(filter) = request.filter(None)? {
        mentioned(&filter, &mut names);
    }
    let there = |name: &str| {
        let head = name.split('.').next().unwrap_or(name);
        rows.iter().any(|row| row.contains_key(head))
    };
    match rows.is_empty() || names.iter().all(|name| there(name)) {
        true => Ok(()),
        false => Err(Failure::bad("Invalid SQL column or table reference")),
    }
}

fn mentioned(filter: &Filter, names: &mut Vec<String>) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| mentioned(part, names)),
        Filter::Not(part) => mentioned(part, names),
        Filter::Cmp { field, .. } => names.push(field.clone()),
    }
}

/// The answer to a `get` that may name its target by filter.
pub fn first(request: &Request, rows: Vec<Map<String, Value>>) -> Result<Answer, Failure> {
    let row = select(request, rows)?.into_iter().next();
    Ok(Answer::Data(row.map_or(Value::Null, Value::Object)))
}

/// The rows for which the filter surely holds.
pub fn matching(filter: &Filter, mut rows: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    rows.retain(|row| matches(filter, row) == Some(true));
    rows
}

fn select(request: &Request, mut rows: Vec<Map<String, Value>>) -> Result<Vec<Map<String, Value>>, Failure> {
    if let Some(filter) = request.filter(None)? {
        rows = matching(&filter, rows);
    }
    sort(&mut rows, &request.params.sort()?);
    trimmed(request, rows)
}

/// The rows with only the properties that were asked for.
pub fn trimmed(
    request: &Request,
    mut rows: Vec<Map<String, Value>>,
) -> Result<Vec<Map<String, Value>>, Failure> {
    if let Some(fields) = request.params.names("fields")? {
        rows.iter_mut().for_each(|row| keep_asked(row, &fields));
    }
    if let Some(except) = request.params.names("except")? {
        rows.iter_mut().for_each(|row| row.retain(|name, _| !except.contains(name)));
    }
    Ok(rows)
}

/// Only what `fields` name: `roles` is whole, of `roles.name` there is only the name.
fn keep_asked(row: &mut Map<String, Value>, fields: &[String]) {
    row.retain(|name, value| {
        let parts: Vec<&str> =
            fields.iter().filter(|f| f.split('.').next() == Some(name)).map(String::as_str).collect();
        if !parts.is_empty() && !parts.contains(&name.as_str()) {
            let inside: Vec<&str> = parts.iter().filter_map(|part| part.split('.').nth(1)).collect();
            keep_inside(value, &inside);
        }
        !parts.is_empty()
    });
}

fn keep_inside(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(map) => map.retain(|name, _| names.contains(&name.as_str())),
        Value::Array(items) => items.iter_mut().for_each(|item| keep_inside(item, names)),
        _ => {}
    }
}

fn sort(rows: &mut [Map<String, Value>], keys: &[Sort]) {
    rows.sort_by(|a, b| {
        keys.iter()
            .map(|key| {
                let (a, b) = (value(a, &key.field), value(b, &key.field));
                // Rows without a value come last, either way.
                match a.is_null().cmp(&b.is_null()) {
                    Ordering::Equal if key.descending => ranked(a, b).reverse(),
                    Ordering::Equal => ranked(a, b),
                    apart => apart,
                }
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

/// The order of a list: by type first (truth values, numbers, texts, the rest), then by value. Total,
/// as sorting demands; [`compare`] is not, because to a filter some values do not compare at all.
fn ranked(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0_u8,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) | Value::Object(_) => 4,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default())
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// A property, also of an object inside: `role.name`.
fn value<'v>(row: &'v Map<String, Value>, path: &str) -> &'v Value {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|name| row.get(name)).unwrap_or(&Value::Null);
    steps.fold(first, |at, name| at.get(name).unwrap_or(&Value::Null))
}

/// The same of every object in a list on the way: `roles.name`. Of an empty list there is null.
fn values<'v>(row: &'v Map<String, Value>, path: &str) -> Vec<&'v Value> {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|name| row.get(name)).unwrap_or(&Value::Null);
    steps.fold(vec![first], |at, name| {
        let inner =
            at.iter().flat_map(|value| value.as_array().map_or(std::slice::from_ref(*value), Vec::as_slice));
        let found: Vec<&Value> = inner.map(|value| value.get(name).unwrap_or(&Value::Null)).collect();
        if found.is_empty() { vec![&Value::Null] } else { found }
    })
}

/// "Or" of three values.
fn any(found: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for one in found {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(false)
}

/// Nulls first; texts that read as numbers compare as numbers with numbers.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => truth(a)?.partial_cmp(&truth(b)?),
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Three-valued, as a database answers: `None` is "unknown".
fn matches(filter: &Filter, row: &Map<String, Value>) -> Option<bool> {
    match filter {
        Filter::And(parts) => parts
            .iter()
            .map(|p| matches(p, row))
            .try_fold(Some(true), |all, one| match (all, one) {
                (_, Some(false)) => Err(()),
                (None, _) | (_, None) => Ok(None),
                (Some(a), Some(b)) => Ok(Some(a && b)),
            })
            .unwrap_or(Some(false)),
        Filter::Or(parts) => any(parts.iter().map(|part| matches(part, row))),
        Filter::Not(inner) => matches(inner, row).map(|yes| !yes),
        Filter::Cmp { field, op, terms } => any(values(row, field).into_iter().map(|v| holds(v, *op, terms))),
    }
}

fn holds(value: &Value, op: CmpOp, terms: &[Term]) -> Option<bool> {
    // Variables have no meaning for these lists: an unknown, never a match.
    let literals: Vec<&Value> = terms
        .iter()
        .map(|t| match t {
            Term::Literal(v) => Some(v),
            Term::Var(_) => None,
        })
        .collect::<Option<_>>()?;
    let first = literals.first().copied().unwrap_or(&Value::Null);
    let order = || if value.is_null() { None } else { compare(value, first) };
    let among = || literals.iter().any(|l| compare(value, l) == Some(Ordering::Equal));
    // A missing value is neither equal nor unequal to a given one.
    let known = !value.is_null() || literals.iter().any(|l| l.is_null());
    let inside = |test: fn(&str, &str) -> bool| {
        Some(test(&value.as_str()?.to_lowercase(), &first.as_str()?.to_lowercase()))
    };
    match op {
        CmpOp::Eq | CmpOp::In => known.then(among),
        CmpOp::Ne | CmpOp::NotIn => Some(!among()),
        CmpOp::Gt => order().map(Ordering::is_gt),
        CmpOp::Gte => order().map(Ordering::is_ge),
        CmpOp::Lt => order().map(Ordering::is_lt),
        CmpOp::Lte => order().map(Ordering::is_le),
        CmpOp::Between => {
            let high = literals.get(1).copied().unwrap_or(&Value::Null);
            Some(order()?.is_ge() && compare(value, high)?.is_le())
        }
        CmpOp::Contains => inside(|text, part| text.contains(part)),
        CmpOp::NotContains => inside(|text, part| !text.contains(part)),
        CmpOp::StartsWith => inside(|text, part| text.starts_with(part)),
        CmpOp::NotStartsWith => inside(|text, part| !text.starts_with(part)),
        CmpOp::EndsWith => inside(|text, part| text.ends_with(part)),
        CmpOp::NotEndsWith => inside(|text, part| !text.ends_with(part)),
        CmpOp::Empty => Some(is_empty(value)),
        CmpOp::NotEmpty => Some(!is_empty(value)),
        CmpOp::True => Some(value == &Value::Bool(true)),
        CmpOp::False => Some(value != &Value::Bool(true)),
        CmpOp::AnyOf => Some(value.as_array()?.iter().any(|v| literals.contains(&v))),
        CmpOp::NoneOf => Some(!value.as_array()?.iter().any(|v| literals.contains(&v))),
        CmpOp::Match => Some(same_set(value.as_array()?, &literals)),
        CmpOp::NotMatch => Some(!same_set(value.as_array()?, &literals)),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn same_set(a: &[Value], b: &[&Value]) -> bool {
    a.len() == b.len() && a.iter().all(|v| b.contains(&v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(filter: Value) -> Vec<String> {
        let rows = [
            json!({"name": "admin", "n": 1, "hidden": false, "title": null, "in": [{"of": "a"}, {"of": "b"}]}),
            json!({"name": "member", "n": 2, "hidden": true, "title": "Member", "in": []}),
        ];
        let filter = crate::filter::parse(&filter, &crate::filter::Context::default()).unwrap();
        rows.iter()
            .filter(|r| matches(&filter, r.as_object().unwrap()) == Some(true))
            .map(|r| r["name"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn filters_over_lists_in_memory_follow_the_rules_of_the_database() {
        assert_eq!(kept(json!({"name": "admin"})), ["admin"]);
        assert_eq!(kept(json!({"name.$in": ["admin", "member"]})), ["admin", "member"]);
        assert_eq!(kept(json!({"n": "2"})), ["member"]);
        assert_eq!(kept(json!({"hidden.$isFalsy": true})), ["admin"]);
        assert_eq!(kept(json!({"title.$notIncludes": "x"})), ["member"]);
        assert_eq!(kept(json!({"$not": {"title": "Member"}})), Vec::<String>::new());
        assert_eq!(kept(json!({"title.$ne": "Member"})), ["admin"]);
        assert_eq!(kept(json!({"$not": {"n.$gt": 1}})), ["admin"]);
        assert_eq!(kept(json!({"$or": [{"n.$gte": 2}, {"title": null}]})), ["admin", "member"]);
        assert_eq!(kept(json!({"name": "{{$user.id}}"})), Vec::<String>::new());
        assert_eq!(kept(json!({"in.of": "b"})), ["admin"]);
        assert_eq!(kept(json!({"in.of": "c"})), Vec::<String>::new());
        assert_eq!(kept(json!({"in.of": null})), ["member"]);
    }

    #[test]
    fn values_of_all_types_are_sorted_by_type_first_and_never_stop_an_answer() {
        let values =
            [json!("10"), json!(9), json!("a"), json!(null), json!(true), json!({"x": 1}), json!(2.5)];
        let mut rows: Vec<Map<String, Value>> = (0..700)
            .map(|i| values[(i * 5 + i / 7) % values.len()].clone())
            .map(|v| json!({ "v": v }).as_object().unwrap().clone())
            .collect();
        sort(&mut rows, &[Sort { field: "v".into(), descending: false }]);
        let mut seen: Vec<Value> = rows.into_iter().map(|mut row| row["v"].take()).collect();
        seen.dedup();
        let sorted = ["true", "2.5", "9", "\"10\"", "\"a\"", "{\"x\":1}", "null"];
        assert_eq!(seen.iter().map(Value::to_string).collect::<Vec<_>>(), sorted);
    }
}
