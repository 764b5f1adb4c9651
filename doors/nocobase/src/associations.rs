//! Records behind an association: `{resource}/{id}/{association}:*`, and associations among the values of
//! a write.

use data::{Linking, Records, Which};
use domain::{
    access::Op,
    catalog::{Field, FieldKind, LinkKind},
    decision::Allowed,
    query::{CmpOp, Filter, Query, Term},
    value::Value as Typed,
};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    failure::{self, Failure},
    follow::{self, Asked},
    records, render,
    request::Request,
    rules,
};

/// Associations of one record that are to be set once it is written: name, and the keys of the others.
pub type Links = Vec<(String, Vec<Value>)>;

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let asked = request.params.page()?;
    let filter = request.filter(None)?.unwrap_or(Filter::ALL);
    match behind(request, allowed, filter, asked.map(|a| a.page()), asked.is_some()).await? {
        Some(records) => records::listed_page(request, records, asked),
        None => Err(Failure::not_found()),
    }
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let filter = match (request.params.target_key()?, request.filter(None)?) {
        (Some(key), filter) => {
            let key = Filter::eq(primary_there(request, allowed)?, key);
            filter.map_or(key.clone(), |filter| Filter::And(vec![key, filter]))
        }
        (None, filter) => filter.unwrap_or(Filter::ALL),
    };
    let page = Some(domain::query::Page { offset: 0, limit: 1 });
    let records = behind(request, allowed, filter, page, false).await?;
    Ok(records.map_or(Answer::Data(Value::Null), |records| Answer::Written(render::first(&records))))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let data = &request.inner.data;
    let said = |e| failure::data(name, e);
    let held = data.behind(allowed, &source, name).await.map_err(said)?;
    let there = data.implied_behind(allowed, name, Op::RecordCreate).map_err(said)?;
    let mut values = records::listed(request, request.values()?)?;
    let links = taken(&there, &mut values)?;
    let linked_after = held.is_none();
    values.extend(held);
    if let Some(table) = there.table() {
        rules::fill(request, table, &mut values);
        rules::check(table, [&values])?;
    }
    // Made first and linked then: so who may not link must not make either.
    let linking = match linked_after {
        true => Some(allowed_to_link(allowed)?),
        false => None,
    };
    let written = data.create(&there, vec![values], false).await.map_err(said)?;
    set_all(request, &there, &written.records, vec![links]).await?;
    if let Some(linking) = linking {
        let keys = keys_of(&written.records);
        data.link(&linking, &source, name, &keys, Linking::Add).await.map_err(said)?;
    }
    Ok(Answer::Written(render::created(&written.records, &written.set, false)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (there, which) = chosen(request, allowed, Op::RecordUpdate).await?;
    let values = records::listed(request, request.values()?)?;
    if let Some(table) = there.table() {
        rules::check(table, [&values])?;
    }
    let written = request.inner.data.update(&there, &which, &values, false).await;
    let written = written.map_err(|e| records::said(&there, e))?;
    Ok(Answer::Written(render::page(&written.records, None)))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (there, which) = chosen(request, allowed, Op::RecordDelete).await?;
    let gone = request.inner.data.delete(&there, &which).await.map_err(|e| records::said(&there, e))?;
    Ok(Answer::Data(gone.into()))
}

pub async fn add(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    change(request, allowed, Linking::Add).await
}

pub async fn remove(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    change(request, allowed, Linking::Remove).await
}

pub async fn set(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    change(request, allowed, Linking::Set).await
}

/// Links what is not linked, and the other way round.
pub async fn toggle(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let there = linked_keys(request, allowed).await?;
    let targets = targets(request)?;
    let (gone, new): (Vec<_>, Vec<_>) = targets.into_iter().partition(|t| there.iter().any(|k| same(k, t)));
    let data = &request.inner.data;
    for (targets, how) in [(gone, Linking::Remove), (new, Linking::Add)] {
        if !targets.is_empty() {
            let done = data.link(allowed, &source, name, &targets, how).await;
            done.map_err(|e| failure::data(name, e))?;
        }
    }
    Ok(Answer::Data(json!("ok")))
}

async fn change(request: &Request, allowed: &Allowed, how: Linking) -> Result<Answer, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let targets = targets(request)?;
    let done = request.inner.data.link(allowed, &source, name, &targets, how).await;
    done.map_err(|e| failure::data(name, e))?;
    Ok(Answer::Empty)
}

/// Takes the associations out of the values of a write. A key of another record that this one holds becomes
/// a value of its column; the others are answered, to be set once the record is there.
pub fn taken(allowed: &Allowed, values: &mut Map<String, Value>) -> Result<Links, Failure> {
    let mut later = Links::new();
    let Some(table) = allowed.table() else { return Ok(later) };
    if table.fields.iter().all(|f| f.kind != FieldKind::Link || !values.contains_key(&f.name)) {
        return Ok(later);
    }
    let links = table.fields.iter().filter_map(|f| Some((f, f.link.as_ref()?)));
    for (field, link) in links {
        let Some(value) = values.remove(&field.name) else { continue };
        let here = link.kind == LinkKind::Here;
        let keys = keys_in(field, &value, if here { &link.target_key } else { "id" })?;
        if here {
            if keys.len() > 1 {
                return Err(Failure::bad(format!("{}: only one record can be linked", field.name)));
            }
            values.insert(link.key.clone(), keys.into_iter().next().unwrap_or(Value::Null));
        } else if !link.kind.many() && keys.len() > 1 {
            return Err(Failure::bad(format!("{}: only one record can be linked", field.name)));
        } else {
            later.push((field.name.clone(), keys));
        }
    }
    if !later.is_empty() {
        allowed_to_link(allowed)?;
    }
    Ok(later)
}

/// Sets what [`taken`] left for later, record by record.
pub async fn set_all(
    request: &Request,
    allowed: &Allowed,
    records: &Records,
    links: Vec<Links>,
) -> Result<(), Failure> {
    if links.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let linking = allowed_to_link(allowed)?;
    for (key, links) in keys_of(records).iter().zip(links) {
        for (name, targets) in links {
            let done = request.inner.data.link(&linking, key, &name, &targets, Linking::Set).await;
            done.map_err(|e| failure::data(&name, e))?;
        }
    }
    Ok(())
}

/// For actions that can only write a record's own columns.
pub fn only_own(links: Links) -> Result<(), Failure> {
    match links.first() {
        Some((name, _)) => Err(Failure::bad(format!("{name}: cannot be set by this action"))),
        None => Ok(()),
    }
}

/// Linking changes the record the association belongs to.
fn allowed_to_link(allowed: &Allowed) -> Result<Allowed, Failure> {
    let table = allowed.table().ok_or_else(Failure::not_found)?;
    allowed.implied(Op::RecordUpdate, table).ok_or_else(Failure::forbidden)
}

async fn behind(
    request: &Request,
    allowed: &Allowed,
    filter: Filter,
    page: Option<domain::query::Page>,
    count: bool,
) -> Result<Option<Records>, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let target = request.inner.data.linked_table(allowed, name).map_err(|e| failure::data(name, e))?;
    let Asked { select, follow } = follow::asked(request, Some(&target))?;
    let query = Query {
        filter,
        sort: request.params.sort()?,
        select,
        page,
        count,
        ceiling: records::unpaged(request),
        strict: false,
    };
    let found = request.inner.data.list_behind(allowed, &source, name, &query, &follow).await;
    found.map_err(|e| failure::data(name, e))
}

/// The records an update or a destroy is about: of the named ones those behind the association.
async fn chosen(request: &Request, allowed: &Allowed, op: Op) -> Result<(Allowed, Which), Failure> {
    let name = name(request)?;
    let primary = primary_there(request, allowed)?;
    let there = request.inner.data.implied_behind(allowed, name, op).map_err(|e| failure::data(name, e))?;
    let named = match (request.params.target_keys()?, request.filter(there.table().map(AsRef::as_ref))?) {
        (Some(keys), filter) if !keys.is_empty() => {
            let terms = keys.into_iter().map(Term::Literal).collect();
            let keys = Filter::Cmp { field: primary.clone(), op: CmpOp::In, terms };
            Filter::And(filter.into_iter().chain([keys]).collect())
        }
        (None, Some(filter)) => filter,
        _ => return Err(request.needs_a_target()),
    };
    let found = behind(request, allowed, named, None, false).await?.ok_or_else(Failure::not_found)?;
    Ok((there, Which::Keys(keys_of(&found))))
}

async fn linked_keys(request: &Request, allowed: &Allowed) -> Result<Vec<Value>, Failure> {
    let found = behind(request, allowed, Filter::ALL, None, false).await?.ok_or_else(Failure::not_found)?;
    Ok(keys_of(&found))
}

fn primary_there(request: &Request, allowed: &Allowed) -> Result<String, Failure> {
    let name = name(request)?;
    let target = request.inner.data.linked_table(allowed, name).map_err(|e| failure::data(name, e))?;
    target.primary().map(|f| f.name.clone()).ok_or_else(Failure::not_found)
}

fn keys_of(records: &Records) -> Vec<Value> {
    let primary = records.table.primary().map(|f| f.no);
    let Some(at) = records.select.iter().position(|no| Some(*no) == primary) else { return Vec::new() };
    let key = |value: &Typed| match value {
        Typed::Int(n) => Some(Value::from(*n)),
        Typed::Text(text) => Some(Value::from(text.clone())),
        _ => None,
    };
    records.rows.iter().filter_map(|row| key(row.get(at)?.as_ref()?)).collect()
}

fn name(request: &Request) -> Result<&str, Failure> {
    request.target.assoc.as_deref().ok_or_else(Failure::not_found)
}

fn source(request: &Request) -> Result<Value, Failure> {
    request.source().map(|text| Value::String(text.to_owned()))
}

fn targets(request: &Request) -> Result<Vec<Value>, Failure> {
    Ok(request.targets("id")?.into_iter().map(Value::String).collect())
}

/// A key, a record with its key inside, a list of either, or null for nothing.
fn keys_in(field: &Field, value: &Value, key: &str) -> Result<Vec<Value>, Failure> {
    let bad = || Failure::bad(format!("{}: name linked records by their keys", field.name));
    let one = |value: &Value| match value {
        Value::String(_) | Value::Number(_) => Ok(value.clone()),
        Value::Object(map) => {
            map.get(key).filter(|v| v.is_string() || v.is_number()).cloned().ok_or_else(bad)
        }
        _ => Err(bad()),
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    text(a) == text(b)
}
