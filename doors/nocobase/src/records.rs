//! Records of a collection: list, get, create, update, destroy and the two "or create" actions.

use data::{DataError, Draft, Found, Records, Which, Written};
use domain::{
    access::{Cond, Op},
    catalog::{SystemField, Table},
    decision::Allowed,
    limits,
    query::{BindError, Filter, Page, Query},
};
use serde_json::{Map, Value};

use crate::{
    answer::{Answer, Meta, PageMeta},
    collections::options_of,
    drafts::{self, Shown},
    failure::{self, Failure},
    follow::{self, Asked},
    params::PageAsked,
    render,
    request::Request,
    target::{self, Named},
    tree,
};

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    if let Some(answer) = tree::list(request, allowed).await? {
        return Ok(answer);
    }
    let asked = request.params.page()?;
    let uncounted = asked.filter(|_| allowed.table().is_some_and(|table| pages_simply(table)));
    let Asked { select, follow } = follow::asked(request, allowed, allowed.table())?;
    let query = Query {
        filter: filter_of(request, allowed)?.unwrap_or(Filter::ALL),
        sort: request.params.sort()?,
        nulls_last: true,
        select,
        page: uncounted.map(one_more).or(asked.map(PageAsked::page)),
        ceiling: unpaged(request),
        count: asked.is_some() && uncounted.is_none(),
        strict: false,
    };
    let records = request.inner.data.list_following(allowed, &query, &follow).await;
    let records = records.map_err(|e| said(allowed, e))?;
    match uncounted {
        Some(asked) => Ok(uncounted_page(records, asked)),
        None => listed_page(request, records, asked),
    }
}

/// Collections that ask not to be counted.
fn pages_simply(table: &Table) -> bool {
    let kept = table.extra.as_deref().filter(|text| text.contains("\"simplePaginate\":true"));
    kept.is_some_and(|text| options_of(Some(text)).get("simplePaginate") == Some(&Value::Bool(true)))
}

/// The page and one record more, which shows whether there is another page.
fn one_more(asked: PageAsked) -> Page {
    let size = asked.size.min(limits::PAGE_SIZE_MAX - 1);
    Page { limit: size + 1, ..PageAsked { size, ..asked }.page() }
}

fn uncounted_page(mut records: Records, asked: PageAsked) -> Answer {
    let page_size = asked.size.min(limits::PAGE_SIZE_MAX - 1);
    let more = records.rows.len() as u64 > page_size;
    records.rows.truncate(usize::try_from(page_size).unwrap_or(usize::MAX));
    let meta = Meta::Next { more, page: asked.page, page_size };
    Answer::Written(render::page(&records, Some(meta)))
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
    let count = records.total.unwrap_or(records.rows.len() as u64);
    let meta = asked.map(|asked| Meta::Counted(PageMeta { count, page: asked.page, page_size: asked.size }));
    Ok(Answer::Written(render::page(&records, meta)))
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let Asked { select, follow } = follow::asked(request, allowed, allowed.table())?;
    let query = Query { sort: request.params.sort()?, nulls_last: true, select, ..Query::default() };
    // Nobody named: the first one of all.
    let which = asked_for(request, allowed)?.unwrap_or(Which::Filter(Filter::ALL));
    match request.inner.data.get_following(allowed, &which, &query, &follow).await {
        Ok(records) => Ok(Answer::Written(render::first(&records))),
        Err(DataError::NotFound) => Ok(Answer::Data(Value::Null)),
        Err(error) if no_key(allowed, &which, &error) => Ok(Answer::Data(Value::Null)),
        Err(error) => Err(said(allowed, error)),
    }
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let (drafts, many) = new_drafts(request, allowed, None)?;
    if drafts.is_empty() {
        return Ok(Answer::Data(Value::Array(Vec::new())));
    }
    let shown = drafts::shown(request, allowed, &drafts);
    let written = request.inner.data.create(allowed, drafts, false).await.map_err(|e| said(allowed, e))?;
    let written = with_links(request, allowed, written, shown).await;
    Ok(Answer::Written(render::created(&written.records, &written.set, many)))
}

/// What was written, with the associations among the values as far as they were.
pub async fn with_links(
    request: &Request,
    allowed: &Allowed,
    mut written: Written,
    mut shown: Shown,
) -> Written {
    shown.follow.retain(|follow| !written.dropped.contains(&follow.link));
    if !shown.follow.is_empty() && !written.records.rows.is_empty() {
        request.inner.data.show_links(allowed, &mut written.records, &shown.follow).await;
        shown.only_what_each_said(&mut written.records.linked);
    }
    written
}

/// Behind which association something is made, and the proof for the record it belongs to.
pub type Behind<'a> = Option<(&'a Allowed, &'a str)>;

/// One of them.
pub fn new_draft(
    request: &Request,
    allowed: &Allowed,
    behind: Behind<'_>,
    values: Map<String, Value>,
) -> Result<Draft, Failure> {
    let mut values = listed(request, values)?;
    let pair = match behind {
        Some((source, link)) => drafts::pair(request, source, link, &mut values)?,
        None => Map::new(),
    };
    Ok(Draft { pair, ..drafts::draft(request, allowed, values)? })
}

/// The records of a create, and whether they came as a list.
pub fn new_drafts(
    request: &Request,
    allowed: &Allowed,
    behind: Behind<'_>,
) -> Result<(Vec<Draft>, bool), Failure> {
    let (values, many) = match &request.body {
        Some(Value::Array(items)) => {
            let objects = items.iter().map(|i| i.as_object().cloned()).collect::<Option<Vec<_>>>();
            (objects.ok_or_else(|| Failure::bad("the body must be an object or a list of objects"))?, true)
        }
        _ => (vec![request.values()?], false),
    };
    if values.len() > limits::RECORDS_PER_WRITE_MAX {
        let max = limits::RECORDS_PER_WRITE_MAX;
        return Err(Failure::bad(format!("at most {max} records can be created at once")));
    }
    let draft = |values| new_draft(request, allowed, behind, values);
    Ok((values.into_iter().map(draft).collect::<Result<_, _>>()?, many))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let which = which(request, allowed)?;
    let draft = drafts::draft(request, allowed, listed(request, request.values()?)?)?;
    let (linking, shown) = (!draft.links.is_empty(), drafts::shown(request, allowed, [&draft]));
    let written = match request.inner.data.update(allowed, &which, draft, false).await {
        Ok(written) => written,
        // Nothing there that may be changed: nothing was changed. With links, it may be about the others.
        Err(DataError::NotFound | DataError::OutOfScope) if !linking => {
            return Ok(Answer::Data(Value::Array(Vec::new())));
        }
        Err(error) if !linking && no_key(allowed, &which, &error) => {
            return Ok(Answer::Data(Value::Array(Vec::new())));
        }
        Err(error) => return Err(said(allowed, error)),
    };
    let written = with_links(request, allowed, written, shown).await;
    Ok(Answer::Written(render::page(&written.records, None)))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let which = which(request, allowed)?;
    match request.inner.data.delete(allowed, &which).await {
        Ok(count) => Ok(Answer::Data(count.into())),
        Err(DataError::NotFound) => Ok(Answer::Data(0.into())),
        Err(error) if no_key(allowed, &which, &error) => Ok(Answer::Data(0.into())),
        Err(error) => Err(said(allowed, error)),
    }
}

/// Whether the record was named by something that cannot be a key of this collection: it is not there.
fn no_key(allowed: &Allowed, which: &Which, error: &DataError) -> bool {
    let primary = allowed.table().and_then(|table| table.primary());
    match (which, error) {
        (Which::Keys(_), DataError::Bind(BindError::BadValue { field, .. })) => {
            primary.is_some_and(|primary| primary.name == *field)
        }
        _ => false,
    }
}

pub async fn first_or_create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let (keys, values) = (filter_keys(request)?, listed(request, request.values()?)?);
    let draft = drafts::draft(request, allowed, values)?;
    let shown = drafts::shown(request, allowed, [&draft]);
    let done = request.inner.data.first_or_create(allowed, &keys, draft, false).await;
    let done = with_links(request, allowed, done.map_err(|e| said(allowed, e))?, shown).await;
    Ok(found_or_made(done, Found::Kept))
}

pub async fn update_or_create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    check_own(allowed, allowed.op())?;
    let (keys, values) = (filter_keys(request)?, listed(request, request.values()?)?);
    let draft = drafts::draft(request, allowed, values)?;
    let shown = drafts::shown(request, allowed, [&draft]);
    let done = request.inner.data.update_or_create(allowed, &keys, draft, false).await;
    let done = with_links(request, allowed, done.map_err(|e| said(allowed, e))?, shown).await;
    Ok(found_or_made(done, Found::Updated))
}

/// A record that was made is answered as by create, one that was changed as by update, which is in a list.
pub fn found_or_made(done: Written, then: Found) -> Answer {
    Answer::Written(match (done.created, then) {
        (true, _) => render::created(&done.records, &done.set, false),
        (false, Found::Updated) => render::page(&done.records, None),
        (false, Found::Kept) => render::record(done.records.first().as_ref()),
    })
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
pub fn check_own(allowed: &Allowed, op: Option<Op>) -> Result<(), Failure> {
    let owned = |table: &Table| {
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

pub fn filter_of(request: &Request, allowed: &Allowed) -> Result<Option<Filter>, Failure> {
    request.filter(allowed.table().map(AsRef::as_ref))
}

/// What a change is about. Neither key nor condition is a mistake, never "everything".
fn which(request: &Request, allowed: &Allowed) -> Result<Which, Failure> {
    match asked_for(request, allowed)? {
        Some(Which::Keys(keys)) if keys.is_empty() => Err(request.needs_a_target()),
        Some(which) => Ok(which),
        None => Err(request.needs_a_target()),
    }
}

/// The records a call names by key, by condition or by both.
fn asked_for(request: &Request, allowed: &Allowed) -> Result<Option<Which>, Failure> {
    let table = allowed.table();
    let named = target::named(request, table.map(AsRef::as_ref))?;
    Ok(match (named, filter_of(request, allowed)?) {
        (None, None) => None,
        (None, Some(filter)) => Some(Which::Filter(filter)),
        (Some(Named::Keys(keys)), None) => Some(Which::Keys(keys)),
        (Some(Named::Keys(keys)), Some(_)) if keys.is_empty() => return Err(request.needs_a_target()),
        (Some(Named::Keys(keys)), Some(filter)) => {
            let primary = table.and_then(|t| t.primary()).ok_or_else(Failure::not_found)?;
            Some(Which::Filter(Filter::And(vec![target::among(&primary.name, keys), filter])))
        }
        (Some(Named::Matching(named)), filter) => {
            Some(Which::Filter(Filter::And(std::iter::once(named).chain(filter).collect())))
        }
    })
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

pub fn filter_keys(request: &Request) -> Result<Vec<String>, Failure> {
    request.params.names("filterKeys")?.ok_or_else(|| Failure::bad("filterKeys is required"))
}
