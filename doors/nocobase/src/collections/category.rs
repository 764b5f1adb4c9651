//! Categories that screens sort collections into: `collectionCategories:*`. A list kept with the base; a collection
//! names its categories by id among its options.

use std::collections::HashSet;

use domain::{access::Op, decision::Allowed};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    failure::Failure,
    kept::{self, Kept, Row, id_of},
    memory,
    request::{Request, text_property},
};

const KEPT: Kept = Kept("collectionCategories");
const CATEGORIES_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 255;

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    memory::list(request, seen(request, allowed).await?)
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    kept::get(request, seen(request, allowed).await?)
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let mut rows = KEPT.all(request, allowed).await?;
    if rows.len() >= CATEGORIES_MAX {
        return Err(Failure::bad(format!("there can be at most {CATEGORIES_MAX} categories")));
    }
    let values = request.values()?;
    if text_property(&values, "name")?.flatten().is_none_or(|name| name.trim().is_empty()) {
        return Err(Failure::bad("name is required"));
    }
    let next = |name| json!(kept::next(&rows, name));
    let mut row = Row::from_iter([("id".to_owned(), next("id")), ("sort".to_owned(), next("sort"))]);
    change(&mut row, &values)?;
    rows.push(row.clone());
    keep(request, allowed, rows).await?;
    Ok(Answer::Data(Value::Object(row)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let (key, values) = (request.key()?, request.values()?);
    let mut rows = KEPT.all(request, allowed).await?;
    let mut changed = Vec::new();
    for row in rows.iter_mut().filter(|row| id_of(row) == key.parse().ok()) {
        change(row, &values)?;
        changed.push(Value::Object(row.clone()));
    }
    keep(request, allowed, rows).await?;
    Ok(Answer::Data(Value::Array(changed)))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let Some(keys) = request.params.target_keys()? else { return Err(request.needs_a_target()) };
    let mut rows = KEPT.all(request, allowed).await?;
    let count = kept::take_out(&keys, &mut rows);
    keep(request, allowed, rows).await?;
    Ok(Answer::Data(count.into()))
}

/// Puts the categories themselves where a collection names them by id.
pub(super) async fn append(
    request: &Request,
    allowed: &Allowed,
    collections: &mut [Map<String, Value>],
) -> Result<(), Failure> {
    if !request.params.names("appends")?.is_some_and(|names| names.iter().any(|name| name == "category")) {
        return Ok(());
    }
    let rows = KEPT.all(request, allowed).await?;
    for collection in collections {
        let ids = named_in(collection);
        let found = rows.iter().filter(|row| id_of(row).is_some_and(|id| ids.contains(&id)));
        collection.insert("category".to_owned(), found.cloned().map(Value::Object).collect());
    }
    Ok(())
}

fn named_in(collection: &Map<String, Value>) -> Vec<i64> {
    let named = collection.get("category").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    named.iter().filter_map(|one| one.get("id").unwrap_or(one).as_i64()).collect()
}

/// All of them; to a key only those of collections it can do something in.
async fn seen(request: &Request, allowed: &Allowed) -> Result<Vec<Row>, Failure> {
    let mut rows = KEPT.all(request, allowed).await?;
    if allowed.principal().key.is_some() {
        let visible = super::visible(request, allowed);
        let ids: HashSet<i64> =
            visible.iter().flat_map(|table| named_in(&super::options_of(table.extra.as_deref()))).collect();
        rows.retain(|row| id_of(row).is_some_and(|id| ids.contains(&id)));
    }
    Ok(rows)
}

/// `name`, `color` and `sort`; anything else a client sends is not kept.
fn change(row: &mut Row, values: &Map<String, Value>) -> Result<(), Failure> {
    for name in ["name", "color"] {
        let Some(text) = text_property(values, name)? else { continue };
        let bad = |text: &String| text.chars().count() > NAME_CHARS_MAX || text.contains('\0');
        if text.as_ref().is_some_and(bad) || (name == "name" && text.is_none()) {
            return Err(Failure::bad(format!(
                "{name} must be a text of at most {NAME_CHARS_MAX} characters"
            )));
        }
        row.insert(name.to_owned(), json!(text));
    }
    kept::change_sort(row, values)
}

async fn keep(request: &Request, allowed: &Allowed, rows: Vec<Row>) -> Result<(), Failure> {
    KEPT.keep(request, allowed, Op::TableCreate, &Value::from(rows).to_string()).await
}
