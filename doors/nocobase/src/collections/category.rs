//! Categories that screens sort collections into: `collectionCategories:*`. A list kept with the base; a collection
//! names its categories by id among its options.

use std::collections::HashSet;

use domain::decision::Allowed;
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    failure::{self, Failure},
    memory,
    request::{Request, text_property},
};

const NOTE: &str = "nocobase.collectionCategories";
const CATEGORIES_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 255;

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    memory::list(request, seen(request, allowed).await?)
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let rows = seen(request, allowed).await?;
    let Some(key) = request.params.target_key()? else { return memory::first(request, rows) };
    let found = rows.into_iter().find(|row| id_of(row) == key.parse().ok());
    Ok(Answer::Data(found.map_or(Value::Null, Value::Object)))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let mut rows = all(request, allowed).await?;
    if rows.len() >= CATEGORIES_MAX {
        return Err(Failure::bad(format!("there can be at most {CATEGORIES_MAX} categories")));
    }
    let values = request.values()?;
    if text_property(&values, "name")?.flatten().is_none_or(|name| name.trim().is_empty()) {
        return Err(Failure::bad("name is required"));
    }
    let next = |name: &str| {
        rows.iter().filter_map(|row| row.get(name)?.as_i64()).max().unwrap_or(0).saturating_add(1)
    };
    let mut row =
        Map::from_iter([("id".to_owned(), json!(next("id"))), ("sort".to_owned(), json!(next("sort")))]);
    change(&mut row, &values)?;
    rows.push(row.clone());
    keep(request, allowed, rows).await?;
    Ok(Answer::Data(Value::Object(row)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let (key, values) = (request.key()?, request.values()?);
    let mut rows = all(request, allowed).await?;
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
    let gone: Vec<i64> = keys.iter().filter_map(|key| key.as_str()?.parse().ok()).collect();
    let mut rows = all(request, allowed).await?;
    let before = rows.len();
    rows.retain(|row| id_of(row).is_none_or(|id| !gone.contains(&id)));
    let count = before - rows.len();
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
    let rows = all(request, allowed).await?;
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
async fn seen(request: &Request, allowed: &Allowed) -> Result<Vec<Map<String, Value>>, Failure> {
    let mut rows = all(request, allowed).await?;
    if allowed.principal().key.is_some() {
        let visible = super::visible(request, allowed);
        let ids: HashSet<i64> =
            visible.iter().flat_map(|table| named_in(&super::options_of(table.extra.as_deref()))).collect();
        rows.retain(|row| id_of(row).is_some_and(|id| ids.contains(&id)));
    }
    Ok(rows)
}

/// `name`, `color` and `sort`; anything else a client sends is not kept.
fn change(row: &mut Map<String, Value>, values: &Map<String, Value>) -> Result<(), Failure> {
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
    match values.get("sort") {
        None => Ok(()),
        Some(sort) if sort.as_i64().is_some() => {
            row.insert("sort".to_owned(), sort.clone());
            Ok(())
        }
        Some(_) => Err(Failure::bad("sort must be a whole number")),
    }
}

async fn all(request: &Request, allowed: &Allowed) -> Result<Vec<Map<String, Value>>, Failure> {
    let kept = request.inner.data.note(allowed, NOTE).await;
    let kept = kept.map_err(|error| failure::data("collectionCategories", error))?;
    Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

async fn keep(request: &Request, allowed: &Allowed, rows: Vec<Map<String, Value>>) -> Result<(), Failure> {
    let text = Value::from(rows).to_string();
    let kept = request.inner.data.set_note(allowed, NOTE, &text).await;
    kept.map_err(|error| failure::data("collectionCategories", error))
}

fn id_of(row: &Map<String, Value>) -> Option<i64> {
    row.get("id").and_then(Value::as_i64)
}
