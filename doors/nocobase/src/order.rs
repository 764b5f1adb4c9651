//! `move`: a record to another place of its order, or to another part of it. An alias of update for rights.

use data::{MoveSpec, MoveTo, Which};
use domain::{
    access::Op,
    catalog::{Special, Table},
    decision::Allowed,
    query::{Filter, Page, Query, Select},
    value::Value as Typed,
};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    failure::{self, Failure},
    records,
    request::Request,
    target,
};

/// What the order is kept in where nothing else is said.
const SORT: &str = "sort";

pub async fn move_record(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    records::check_own(allowed, allowed.op())?;
    carry_out(request, allowed).await
}

/// The same among the records behind an association: each that is named must be one of them.
pub async fn move_behind(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let name = request.target.assoc.as_deref().ok_or_else(Failure::not_found)?;
    let source = Value::String(request.source()?.to_owned());
    let data = &request.inner.data;
    let said = |error| failure::data(name, error);
    let there = data.implied_behind(allowed, name, Op::RecordUpdate).map_err(said)?;
    let by = named_by(there.table().ok_or_else(Failure::not_found)?)?;
    for key in ["sourceId", "targetId"].iter().filter_map(|name| option(request, name)) {
        let filter = Filter::eq(by.clone(), key);
        let page = Some(Page { offset: 0, limit: 1 });
        let query = Query { filter, page, ..Query::default() };
        let found = data.list_behind(allowed, &source, name, &query, &[], false).await.map_err(said)?;
        if found.is_none_or(|found| found.rows.is_empty()) {
            return Err(Failure::not_found());
        }
    }
    records::check_own(&there, there.op())?;
    carry_out(request, &there).await
}

async fn carry_out(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let table = allowed.table().ok_or_else(Failure::not_found)?;
    let text = |name: &str| option(request, name).as_ref().and_then(plain);
    let field = match text("sortField") {
        Some(Value::String(name)) => name,
        Some(_) => return Err(Failure::bad("sortField must be a name")),
        None => only_order(table),
    };
    let key = text("sourceId").ok_or_else(|| Failure::bad("sourceId is required"))?;
    let method = text("method").and_then(|method| method.as_str().map(str::to_owned));
    let sticky = text("sticky").is_some_and(|sticky| sticky == "true" || sticky == "1");
    let part = part(request, table, &field)?;
    let key = primary(request, allowed, table, key).await?;
    let beside = match text("targetId") {
        Some(target) => Some(primary(request, allowed, table, target).await?),
        None => None,
    };
    let to = match (beside, method.as_deref()) {
        _ if sticky => MoveTo::First,
        (Some(target), Some("insertAfter")) => MoveTo::After(target),
        (Some(target), None | Some("prepend")) => MoveTo::PlaceOf(target),
        (None, Some("prepend")) => MoveTo::First,
        (None, None | Some("insertAfter")) if part.is_some() => MoveTo::Last,
        (None, None | Some("insertAfter")) => {
            return Err(Failure::bad("targetId, targetScope or sticky is required"));
        }
        (_, Some(_)) => return Err(Failure::bad("method must be insertAfter or prepend")),
    };
    let spec = MoveSpec { field, key, to, part };
    let done = request.inner.data.move_record(allowed, &spec).await;
    done.map_err(|error| records::said(allowed, error))?;
    Ok(Answer::Data(json!("ok")))
}

/// The primary key of the record that is named by what its collection says records are named by.
async fn primary(
    request: &Request,
    allowed: &Allowed,
    table: &Table,
    named: Value,
) -> Result<Value, Failure> {
    let primary = table.primary().ok_or_else(Failure::not_found)?;
    let by = named_by(table)?;
    if by == primary.name {
        return Ok(named);
    }
    let select = Select::Only(vec![primary.name.clone()]);
    let (which, query) = (Which::Filter(Filter::eq(by, named)), Query { select, ..Query::default() });
    let found = request.inner.data.get(allowed, &which, &query).await;
    let found = found.map_err(|error| records::said(allowed, error))?;
    match found.as_ref().and_then(|record| record.value(&primary.name)) {
        Some(Typed::Int(key)) => Ok(json!(key)),
        Some(Typed::Text(key)) => Ok(json!(key)),
        _ => Err(Failure::not_found()),
    }
}

/// The one field records are named by.
fn named_by(table: &Table) -> Result<String, Failure> {
    match target::shown(table) {
        Value::String(by) => Ok(by),
        _ => Err(Failure::bad("records of this collection are not named by one key")),
    }
}

/// From the address, as the SDK sends it, or from the body.
pub fn option(request: &Request, name: &str) -> Option<Value> {
    let inside = || request.body.as_ref().and_then(|body| body.get(name));
    request.params.map.get(name).or_else(inside).filter(|value| !value.is_null()).cloned()
}

fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(_) | Value::Number(_) => Some(value.clone()),
        Value::Bool(flag) => Some(json!(flag.to_string())),
        _ => None,
    }
}

/// The field called so or, where there is none, the only one that holds an order.
fn only_order(table: &Table) -> String {
    let mut orders = table.fields.iter().filter(|f| matches!(f.special, Some(Special::Order { .. })));
    match (orders.next(), orders.next()) {
        (Some(only), None) => only.name.clone(),
        _ => SORT.to_owned(),
    }
}

/// `targetScope: {status: "done"}`: the value of the field the order is divided by.
fn part(request: &Request, table: &Table, field: &str) -> Result<Option<Value>, Failure> {
    let Some(scope) = option(request, "targetScope") else { return Ok(None) };
    let bad = || Failure::bad("targetScope must be an object");
    let scope = match scope {
        Value::String(text) => serde_json::from_str(&text).map_err(|_| bad())?,
        other => other,
    };
    let scope = scope.as_object().ok_or_else(bad)?;
    let within = match table.field(field).and_then(|field| field.special.as_ref()) {
        Some(Special::Order { within: Some(within) }) => within,
        _ => return Ok(None),
    };
    Ok(scope.get(within).cloned())
}
