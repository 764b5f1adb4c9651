//! Records of a collection: list, get, create, update, destroy and the two "or create" actions.

use data::{DataError, Records, Which};
use domain::{
    access::{Cond, Op},
    catalog::SystemField,
    decision::Allowed,
    limits,
    query::{CmpOp, Filter, Query, Term},
};
use serde_json::{Map, Value};

use crate::{
    answer::{Answer, PageMeta},
    associations,
    failure::{self, Failure},
    follow::{self, Asked},
    params::PageAsked,
    render,
    request::Request,
    rules,
};

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let asked = request.params.page()?;
    let Asked { select, follow } = follow::asked(request, allowed.table().map(AsRef::as_ref))?;
    let query = Query {
        filter: filter_of(request, allowed)?.unwrap_or(Filter::ALL),
        sort: request.params.sort()?,
        select,
        page: asked.map(|a| a.page()),
        ceiling: unpaged(request),
        count: asked.is_some(),
        strict: false,
    };
    let records = request.inner.data.list_following(allowed, &query, &follow).await;
    listed_page(request, records.map_err(|e| said(allowed, e))?, asked)
}

/// One more than may be answered without pages: so that too many are noticed.
pub fn unpaged(request: &Request) -> Option<u64> {
    Some(request.inner.settings.unpaged_rows_max.min(limits::UNPAGED_ROWS_MAX) + 1)
}

/// A page of records, with `meta` if a page was asked for.
pub fn listed_page(request: &Request, records: Records, asked: Option<PageAsked>) -> Result<Answer, Failure> {
    let max = request.inner.settings.unpaged_rows_max.min(limits::UNPAGED_ROWS_MAX);
    if asked.is_none() && records.rows.len() as u64 > max {
        return Err(Failure::bad(format!("there are more than {max} records; ask for them page by page")));
    }
    let meta = asked.map(|asked| PageMeta {
        count: records.total.unwrap_or(records.rows.len() as u64),
        page: asked.page,
        page_size: asked.size,
    });
    Ok(Answer::Written(render::page(&records, meta)))
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let Asked { select, follow } = follow::asked(request, allowed.table().map(AsRef::as_ref))?;
    let query = Query { sort: request.params.sort()?, select, ..Query::default() };
    let which = match (request.params.target_keys()?, filter_of(request, allowed)?) {
        (Some(keys), None) => Which::Keys(keys),
        (Some(keys), Some(filter)) => Which::Filter(both(allowed, keys, filter)?),
        (None, Some(filter)) => Which::Filter(filter),
        (None, None) => return Ok(Answer::Data(Value::Null)),
    };
    match request.inner.data.get_following(allowed, &which, &query, &follow).await {
        Ok(records) => Ok(Answer::Written(render::first(&records))),
        // A key that cannot be one of this collection finds nothing.
        Err(DataError::NotFound) => Ok(Answer::Data(Value::Null)),
        Err(error) => Err(said(allowed, error)),
    }
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let many = matches!(request.body, Some(Value::Array(_)));
    let values: Vec<Map<String, Value>> = match &request.body {
        Some(Value::Array(items)) => {
            let objects = items.iter().map(|i| i.as_object().cloned()).collect::<Option<Vec<_>>>();
            objects.ok_or_else(|| Failure::bad("the body must be an object or a list of objects"))?
        }
        _ => vec![request.values()?],
    };
    if values.len() > limits::RECORDS_PER_WRITE_MAX {
        return Err(Failure::bad(format!(
            "at most {} records can be created at once",
            limits::RECORDS_PER_WRITE_MAX
        )));
    }
    if values.is_empty() {
        return Ok(Answer::Data(Value::Array(Vec::new())));
    }
    let mut values: Vec<_> = values.into_iter().map(|v| listed(request, v)).collect::<Result<_, _>>()?;
    let links = values.iter_mut().map(|v| associations::taken(allowed, v)).collect::<Result<Vec<_>, _>>()?;
    if let Some(table) = allowed.table() {
        values.iter_mut().for_each(|v| rules::fill(request, table, v));
        rules::check(table, values.iter())?;
    }
    let written = request.inner.data.create(allowed, values, false).await.map_err(|e| said(allowed, e))?;
    associations::set_all(request, allowed, &written.records, links).await?;
    Ok(Answer::Written(render::created(&written.records, &written.set, many)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let which = which(request, allowed)?;
    let mut values = listed(request, request.values()?)?;
    let links = associations::taken(allowed, &mut values)?;
    if let Some(table) = allowed.table() {
        rules::check(table, [&values])?;
    }
    let written = match request.inner.data.update(allowed, &which, &values, false).await {
        Ok(written) => written,
        // Nothing there that may be changed: nothing was changed.
        Err(DataError::NotFound | DataError::OutOfScope) => {
            return Ok(Answer::Data(Value::Array(Vec::new())));
        }
        Err(error) => return Err(said(allowed, error)),
    };
    let links = vec![links; written.records.rows.len()];
    associations::set_all(request, allowed, &written.records, links).await?;
    Ok(Answer::Written(render::page(&written.records, None)))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let which = which(request, allowed)?;
    match request.inner.data.delete(allowed, &which).await {
        Ok(count) => Ok(Answer::Data(count.into())),
        Err(DataError::NotFound) => Ok(Answer::Data(0.into())),
        Err(error) => Err(said(allowed, error)),
    }
}

pub async fn first_or_create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let (keys, mut values) = (filter_keys(request)?, listed(request, request.values()?)?);
    associations::only_own(associations::taken(allowed, &mut values)?)?;
    if let Some(table) = allowed.table() {
        rules::check(table, [&values])?;
    }
    let done = request.inner.data.first_or_create(allowed, &keys, values, false).await;
    Ok(one(done.map_err(|e| said(allowed, e))?.records))
}

pub async fn update_or_create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let (keys, mut values) = (filter_keys(request)?, listed(request, request.values()?)?);
    associations::only_own(associations::taken(allowed, &mut values)?)?;
    if let Some(table) = allowed.table() {
        rules::check(table, [&values])?;
    }
    let done = request.inner.data.update_or_create(allowed, &keys, values, false).await;
    Ok(one(done.map_err(|e| said(allowed, e))?.records))
}

fn one(records: Records) -> Answer {
    Answer::Written(render::record(records.first().as_ref()))
}

/// An error of the service, with the collection and its fields called as people call them.
pub fn said(allowed: &Allowed, error: DataError) -> Failure {
    let Some(table) = allowed.table() else { return failure::data("", error) };
    match error {
        DataError::Conflict { field } => {
            let title = table.field(&field).and_then(|f| f.title.clone());
            failure::data(&table.name, DataError::Conflict { field: title.unwrap_or(field) })
        }
        other => failure::data(&table.name, other),
    }
}

/// "Own" needs a field that says whose a record is; without one the action is refused, not emptied.
fn check_own(allowed: &Allowed, op: Option<Op>) -> Result<(), Failure> {
    let owned = |table: &domain::catalog::Table| {
        table.system(SystemField::CreatedBy).is_some() || table.system(SystemField::CreatedByKey).is_some()
    };
    // What is created belongs to its creator anyway.
    if op == Some(Op::RecordCreate) || allowed.table().is_none_or(|t| owned(t)) {
        return Ok(());
    }
    let alts = allowed.alternatives();
    let only_own = !alts.is_empty() && alts.iter().all(|alt| alt.rows.conds().contains(&Cond::Own));
    if only_own { Err(Failure::forbidden()) } else { Ok(()) }
}

fn filter_of(request: &Request, allowed: &Allowed) -> Result<Option<Filter>, Failure> {
    request.filter(allowed.table().map(AsRef::as_ref))
}

/// What a change is about. Neither key nor condition is a mistake, never "everything".
fn which(request: &Request, allowed: &Allowed) -> Result<Which, Failure> {
    match (request.params.target_keys()?, filter_of(request, allowed)?) {
        (Some(keys), None) if !keys.is_empty() => Ok(Which::Keys(keys)),
        (Some(keys), Some(filter)) if !keys.is_empty() => Ok(Which::Filter(both(allowed, keys, filter)?)),
        (None, Some(filter)) => Ok(Which::Filter(filter)),
        _ => Err(request.needs_a_target()),
    }
}

fn both(allowed: &Allowed, keys: Vec<Value>, filter: Filter) -> Result<Filter, Failure> {
    let primary = allowed.table().and_then(|t| t.primary()).ok_or_else(Failure::not_found)?;
    let keys = Filter::Cmp {
        field: primary.name.clone(),
        op: CmpOp::In,
        terms: keys.into_iter().map(Term::Literal).collect(),
    };
    Ok(Filter::And(vec![keys, filter]))
}

/// The values left by `whitelist` and `blacklist`.
pub fn listed(request: &Request, mut values: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    if let Some(white) = request.params.names("whitelist")? {
        values.retain(|name, _| white.contains(name));
    }
    if let Some(black) = request.params.names("blacklist")? {
        values.retain(|name, _| !black.contains(name));
    }
    Ok(values)
}

fn filter_keys(request: &Request) -> Result<Vec<String>, Failure> {
    request.params.names("filterKeys")?.ok_or_else(|| Failure::bad("filterKeys is required"))
}
