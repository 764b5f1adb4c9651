//! Records behind an association: `{resource}/{id}/{association}:*`. Associations among the values of a write
//! are read in `drafts`.

use std::sync::Arc;

use data::{DataError, Draft, Found, Linking, Other, Records, Which};
use domain::{
    FieldNo,
    access::Op,
    catalog::Table,
    decision::Allowed,
    query::{BindError, Filter, Query, Select},
    value::Value as Typed,
};
use serde_json::{Value, json};

use crate::{
    answer::{Answer, PageMeta},
    drafts,
    failure::{self, Failure},
    follow::{self, Asked},
    records, render,
    request::Request,
    target,
};

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    if let Some(all) = any_source(request, allowed)? {
        return records::list(request, &all).await;
    }
    let asked = request.params.page()?;
    let filter = request.filter(None)?.unwrap_or(Filter::ALL);
    match behind(request, allowed, filter, asked.map(|a| a.page()), asked.is_some()).await? {
        Some(records) => records::listed_page(request, records, asked),
        // Behind what is not there is nothing.
        None => Ok(match asked {
            Some(asked) => {
                let meta = PageMeta { count: 0, page: asked.page, page_size: asked.size };
                Answer::Meta { data: json!([]), meta: meta.to_json() }
            }
            None => Answer::Data(json!([])),
        }),
    }
}

/// `{resource}/_/{association}`: behind any record, which is the other collection as a whole.
fn any_source(request: &Request, allowed: &Allowed) -> Result<Option<Allowed>, Failure> {
    if request.target.source.is_some() {
        return Ok(None);
    }
    let name = name(request)?;
    let all = request.inner.data.implied_behind(allowed, name, Op::RecordRead);
    all.map(Some).map_err(|e| unfound(name, e))
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    if let Some(all) = any_source(request, allowed)? {
        return records::get(request, &all).await;
    }
    let named = target::condition(request, &*linked_table(request, allowed)?)?;
    let filter = Filter::And(named.into_iter().chain(request.filter(None)?).collect());
    let page = Some(domain::query::Page { offset: 0, limit: 1 });
    let records = behind(request, allowed, filter, page, false).await?;
    Ok(records.map_or(Answer::Data(Value::Null), |records| Answer::Written(render::first(&records))))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let data = &request.inner.data;
    let there = data.implied_behind(allowed, name, Op::RecordCreate).map_err(|e| unfound(name, e))?;
    let (drafts, many) = records::new_drafts(request, &there, Some((allowed, name)))?;
    let shown = drafts::shown(request, &there, &drafts);
    let written = data.create_behind(allowed, &source, name, drafts, false).await;
    let written = written.map_err(|e| records::said(&there, e))?;
    let written = records::with_links(request, &there, written, shown).await;
    Ok(Answer::Written(render::created(&written.records, &written.set, many)))
}

pub async fn first_or_create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    upsert(request, allowed, Found::Kept).await
}

pub async fn update_or_create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    upsert(request, allowed, Found::Updated).await
}

async fn upsert(request: &Request, allowed: &Allowed, then: Found) -> Result<Answer, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let data = &request.inner.data;
    let there = data.implied_behind(allowed, name, Op::RecordCreate).map_err(|e| unfound(name, e))?;
    let keys = records::filter_keys(request)?;
    let draft = records::new_draft(request, &there, Some((allowed, name)), request.values()?)?;
    let shown = drafts::shown(request, &there, [&draft]);
    let written = data.upsert_behind(allowed, (&source, name), &keys, draft, false, then).await;
    let written = written.map_err(|e| records::said(&there, e))?;
    let written = records::with_links(request, &there, written, shown).await;
    Ok(records::found_or_made(written, then))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (there, found) = chosen(request, allowed, Op::RecordUpdate).await?;
    let which = Which::Keys(primary_keys(&found));
    let mut values = records::listed(request, request.values()?)?;
    let pair = drafts::pair(request, allowed, name(request)?, &mut values)?;
    let draft = drafts::draft(request, &there, values)?;
    if !pair.is_empty() {
        return update_paired(request, allowed, found, Draft { pair, ..draft }).await;
    }
    let shown = drafts::shown(request, &there, [&draft]);
    let written = request.inner.data.update(&there, &which, draft, false).await;
    let written = written.map_err(|e| records::said(&there, e))?;
    let written = records::with_links(request, &there, written, shown).await;
    Ok(Answer::Written(render::page(&written.records, None)))
}

/// Changes records together with the rows that pair them: as a change of the association, by whoever may write it.
async fn update_paired(
    request: &Request,
    allowed: &Allowed,
    found: Records,
    draft: Draft,
) -> Result<Answer, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let link = allowed.table().and_then(|table| table.field(name)?.link.as_ref());
    let named_by =
        link.and_then(|link| found.table.field(&link.target_key)).ok_or_else(Failure::not_found)?;
    let named = keys_of(&found, named_by.no).into_iter();
    let targets: Vec<Other> = named.map(|key| Other::Changed(key, draft.clone())).collect();
    if targets.is_empty() {
        return Ok(Answer::Data(json!([])));
    }
    let done = request.inner.data.link(allowed, &source, name, &targets, Linking::Add).await;
    done.map_err(|e| records::said(allowed, e))?;
    let primary = found.table.primary().ok_or_else(Failure::not_found)?;
    let these = target::among(&primary.name, primary_keys(&found));
    let changed = behind(request, allowed, these, None, false).await?;
    Ok(changed.map_or(Answer::Data(json!([])), |records| Answer::Written(render::page(&records, None))))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (there, found) = chosen(request, allowed, Op::RecordDelete).await?;
    let which = Which::Keys(primary_keys(&found));
    request.inner.data.delete(&there, &which).await.map_err(|e| records::said(&there, e))?;
    Ok(Answer::Data(json!(true)))
}

pub async fn add(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    change(request, allowed, Linking::Add).await
}

pub async fn remove(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    // Where only one can be linked, it need not be named.
    let link = allowed.table().and_then(|table| table.field(name(request).ok()?)?.link.as_ref());
    let one = link.is_some_and(|link| !link.kind.many());
    // The SDK sends an empty object where it has nothing to say.
    let empty = matches!(&request.body, Some(Value::Object(map)) if map.is_empty());
    let unsaid = empty && request.params.target_keys()?.is_none();
    if one && (unsaid || request.targets("id")?.is_empty()) {
        return link_with(request, allowed, Linking::Set, &[]).await;
    }
    change(request, allowed, Linking::Remove).await
}

pub async fn set(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    change(request, allowed, Linking::Set).await
}

/// Links what is not linked, and the other way round.
pub async fn toggle(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    change(request, allowed, Linking::Toggle).await?;
    Ok(Answer::Data(json!("ok")))
}

async fn change(request: &Request, allowed: &Allowed, how: Linking) -> Result<Answer, Failure> {
    link_with(request, allowed, how, &drafts::targets(request, allowed, name(request)?)?).await
}

async fn link_with(
    request: &Request,
    allowed: &Allowed,
    how: Linking,
    targets: &[Other],
) -> Result<Answer, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let done = request.inner.data.link(allowed, &source, name, targets, how).await;
    match done {
        Ok(()) => Ok(Answer::Empty),
        Err(DataError::Bind(BindError::UnknownField(_))) => Err(Failure::not_found()),
        Err(error) => Err(records::said(allowed, error)),
    }
}

async fn behind(
    request: &Request,
    allowed: &Allowed,
    filter: Filter,
    page: Option<domain::query::Page>,
    count: bool,
) -> Result<Option<Records>, Failure> {
    let (name, source) = (name(request)?, source(request)?);
    let target = linked_table(request, allowed)?;
    let Asked { select, follow } = follow::asked(request, allowed, Some(&target))?;
    // Of a part the pair is none.
    let pair = !matches!(select, Select::Only(_));
    let query = Query {
        filter,
        sort: request.params.sort()?,
        nulls_last: true,
        select,
        page,
        count,
        ceiling: records::unpaged(request),
        strict: false,
    };
    let found = request.inner.data.list_behind(allowed, &source, name, &query, &follow, pair).await;
    found.map_err(|e| failure::data(name, e))
}

/// The records an update or a destroy is about: of the named ones those behind the association.
async fn chosen(request: &Request, allowed: &Allowed, op: Op) -> Result<(Allowed, Records), Failure> {
    let name = name(request)?;
    let there = request.inner.data.implied_behind(allowed, name, op).map_err(|e| unfound(name, e))?;
    let table = there.table().ok_or_else(Failure::not_found)?;
    let named = match (target::condition(request, table)?, request.filter(Some(table))?) {
        (None, None) => return Err(request.needs_a_target()),
        (named, filter) => Filter::And(named.into_iter().chain(filter).collect()),
    };
    let found = behind(request, allowed, named, None, false).await?.ok_or_else(Failure::not_found)?;
    Ok((there, found))
}

fn linked_table(request: &Request, allowed: &Allowed) -> Result<Arc<Table>, Failure> {
    let (name, from) = (name(request)?, allowed.table().ok_or_else(Failure::not_found)?);
    request.inner.data.linked_table(allowed, from, name).map_err(|e| unfound(name, e))
}

fn primary_keys(records: &Records) -> Vec<Value> {
    records.table.primary().map(|key| keys_of(records, key.no)).unwrap_or_default()
}

fn keys_of(records: &Records, field: FieldNo) -> Vec<Value> {
    let Some(at) = records.select.iter().position(|no| *no == field) else { return Vec::new() };
    let key = |value: &Typed| match value {
        Typed::Int(n) => Some(Value::from(*n)),
        Typed::Text(text) => Some(Value::from(text.clone())),
        _ => None,
    };
    records.rows.iter().filter_map(|row| key(row.get(at)?.as_ref()?)).collect()
}

/// An address that names no association leads nowhere.
fn unfound(name: &str, error: DataError) -> Failure {
    match error {
        DataError::Bind(BindError::UnknownField(field)) if field == name => Failure::not_found(),
        other => failure::data(name, other),
    }
}

fn name(request: &Request) -> Result<&str, Failure> {
    request.target.assoc.as_deref().ok_or_else(Failure::not_found)
}

fn source(request: &Request) -> Result<Value, Failure> {
    request.source().map(|text| Value::String(text.to_owned()))
}
