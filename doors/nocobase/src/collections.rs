//! Collections: their own resource, and what screens are told about them.

mod apply;
mod around;
mod association;
pub mod category;
mod field;
mod known;
pub mod people;
mod places;
mod preset;
mod sketch;
mod spec;
mod special;

use std::{collections::HashSet, sync::Arc};

use data::{Reshape, TablePatch};
use domain::{
    access::Op,
    catalog::{FieldKind, LinkKind, Table},
    decision::Allowed,
    secret::random_text,
};
use serde_json::{Map, Value, json};

pub use apply::{collections as apply, field as apply_field, set_fields};
pub use known::Known;
pub use places::{move_any_field, move_collection, move_field};

pub use field::{
    create as create_field, destroy as destroy_field, get as get_field, list as list_fields,
    list_all as list_all_fields, update as update_field,
};

use sketch::Sketch;

use crate::{
    answer::Answer,
    failure::{self, Failure},
    memory,
    request::{Request, text_property},
    target,
};

/// Names that mean something else in this dialect, and so can never be collections.
pub const RESERVED: [&str; 18] = [
    "auth",
    "apiKeys",
    "roles",
    "users",
    "collections",
    "collectionCategories",
    "fields",
    "dataSources",
    "dataSourcesRoles",
    "dataSourceResources",
    "swagger",
    "app",
    "pm",
    "authenticators",
    "availableActions",
    "systemSettings",
    "uiPages",
    "dbViews",
];

const NAME_ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// What values of a type of field are kept as; `None`: there is no such type here.
pub fn kept_as(type_name: &str) -> Option<FieldKind> {
    spec::kind(type_name)
}

/// Why values of a field of this type cannot be made here as its options say; `None`: they can, or need not be.
pub fn cannot_make(name: &str, type_name: &str, options: &Map<String, Value>) -> Option<String> {
    let kind = plain_kind(type_name, options)?;
    match special::special(name, type_name, options, false) {
        Err(failure) => failure.errors.into_iter().next().map(|complaint| complaint.message),
        Ok(made) => made.and_then(|made| made.check(kind).err()),
    }
}

/// The type that holds the same values and makes none.
pub fn plain_type(type_name: &str, options: &Map<String, Value>) -> Option<&'static str> {
    plain_kind(type_name, options).map(spec::type_of)
}

fn plain_kind(type_name: &str, options: &Map<String, Value>) -> Option<FieldKind> {
    match type_name {
        "formula" => Some(special::formula_kind(options)),
        _ => spec::kind(type_name),
    }
}

/// The types that are no values but lead elsewhere.
pub fn link_kind(type_name: &str) -> Option<LinkKind> {
    association::kind(type_name)
}

/// A generated name: `t_8f3kq0z1m2a`.
fn random_name(request: &Request, prefix: &str) -> String {
    format!("{prefix}{}", random_text(11, NAME_ALPHABET, &*request.inner.entropy))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let table = make(request, allowed, request.values()?).await?;
    let mut made = shown_to(allowed, &table, true);
    // A create answers what was said, as with records.
    without_nothing(&mut made);
    Ok(Answer::Data(Value::Object(made)))
}

async fn make(
    request: &Request,
    allowed: &Allowed,
    mut values: Map<String, Value>,
) -> Result<Arc<Table>, Failure> {
    let name = match text_property(&values, "name")?.flatten() {
        Some(name) => name,
        None => random_name(request, "t_"),
    };
    values.insert("name".to_owned(), json!(name));
    if RESERVED.contains(&name.as_str()) {
        return Err(Failure::bad(format!("Collection named {name} already exists")));
    }
    let new = spec::table(request, &values)?;
    let mut names = HashSet::new();
    if let Some(twice) = new.table.fields.iter().find(|field| !names.insert(field.name.as_str())) {
        let field = &twice.name;
        return Err(Failure::bad(format!("Field name \"{field}\" already exists in collection \"{name}\"")));
    }
    let mut sketch = Sketch::new(request)?;
    sketch.make(new.table);
    new.elsewhere.into_iter().try_for_each(|needed| sketch.provide(needed))?;
    sketch.carry_out(request, allowed, &name).await
}

/// Without what nothing was said of, in its fields as well.
fn without_nothing(collection: &mut Map<String, Value>) {
    said_only(collection);
    let fields = collection.get_mut("fields").and_then(Value::as_array_mut);
    fields.into_iter().flatten().filter_map(Value::as_object_mut).for_each(said_only);
}

fn said_only(shown: &mut Map<String, Value>) {
    shown.retain(|_, value| !value.is_null());
}

/// Everybody who is signed in may know which collections there are; a key only those it can do something in.
pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let with_fields = request.params.names("appends")?.is_some_and(|a| a.iter().any(|n| n == "fields"));
    let placed = |table: &Arc<Table>| {
        let mut row = shown_to(allowed, table, with_fields);
        row.insert(places::SORT.to_owned(), json!(places::of_table(table)));
        row
    };
    let mut rows: Vec<_> = visible(request, allowed).iter().map(placed).collect();
    category::append(request, allowed, &mut rows).await?;
    memory::list_without(request, rows, Some(places::SORT))
}

/// `dataSources/main/collections:list`: the same, by the data source.
pub async fn list_of_source(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    list(request, allowed).await
}

pub async fn list_meta(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let meta = |table: &Arc<Table>| {
        let mut row = shown_to(allowed, table, true);
        row.insert(places::SORT.to_owned(), json!(places::of_table(table)));
        without_nothing(&mut row);
        Value::Object(row)
    };
    Ok(Answer::Data(visible(request, allowed).iter().map(meta).collect()))
}

/// All the caller is told of, with their fields.
pub fn told(request: &Request, allowed: &Allowed) -> Vec<Map<String, Value>> {
    visible(request, allowed).iter().map(|t| shown_to(allowed, t, true)).collect()
}

/// `dbViews:list`: the views of the database a collection could be made for. There are none.
pub async fn views(_: &Request, _: &Allowed) -> Result<Answer, Failure> {
    Ok(Answer::Data(Value::Array(Vec::new())))
}

pub async fn view(_: &Request, _: &Allowed) -> Result<Answer, Failure> {
    Err(Failure::not_found())
}

/// The collections a call names by `filterByTk`; of calls but `destroy` it can be but one.
pub fn named(request: &Request) -> Result<Vec<String>, Failure> {
    match request.target.action.as_str() {
        "destroy" => {
            let keys = request.params.target_keys()?.ok_or_else(|| request.needs_a_target())?;
            Ok(keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect())
        }
        _ => Ok(vec![request.key()?]),
    }
}

/// The collection of this name in the base of the request.
pub fn there(request: &Request, name: &str) -> Option<Arc<Table>> {
    let catalog = request.inner.data.catalog();
    let base = catalog.base(request.base())?;
    catalog.table(base.id, name).cloned()
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let appends = request.params.names("appends")?.unwrap_or_default();
    let with_fields = appends.iter().any(|n| n == "fields");
    let Some(table) = allowed.table() else {
        let described = people::shown(&request.key()?, with_fields);
        return Ok(Answer::Data(described.map_or(Value::Null, Value::Object)));
    };
    let mut rows = [shown_to(allowed, table, with_fields)];
    category::append(request, allowed, &mut rows).await?;
    let [row] = rows;
    Ok(Answer::Data(Value::Object(row)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    if allowed.table().is_none() {
        return Ok(Answer::Data(Value::Array(Vec::new())));
    }
    let table = request.inner.data.table(allowed).map_err(|e| failure::data("collections", e))?;
    let mut sketch = Sketch::new(request)?;
    patched(&mut sketch, &table, &request.values()?)?;
    let table = sketch.carry_out(request, allowed, &table.name).await?;
    Ok(Answer::Data(Value::Array(vec![Value::Object(shown(&table))])))
}

/// Says what becomes of the options of a collection; one that becomes sortable gets its order.
fn patched(sketch: &mut Sketch, table: &Table, values: &Map<String, Value>) -> Result<(), Failure> {
    if text_property(values, "name")?.flatten().is_some_and(|name| name != table.name) {
        return Err(Failure::bad("a collection cannot be renamed"));
    }
    spec::servable(values)?;
    let mut options = options_of(table.extra.as_deref());
    options.extend(
        values
            .iter()
            .filter(|(name, _)| !spec::STRUCTURE.contains(&name.as_str()))
            .map(|(k, v)| (k.clone(), v.clone())),
    );
    let title = text_property(values, "title")?;
    let extra = Some(Some(with_options(table.extra.as_deref(), options)));
    let order = spec::sortable(values.get("sortable"))?.filter(|order| table.field(&order.name).is_none());
    sketch.change(table.id, |change| {
        change.patch = Some(TablePatch { name: None, title, extra });
        let order = order.filter(|order| !change.add.iter().any(|field| field.name == order.name));
        change.add.extend(order);
        Ok(())
    })
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let mut names = HashSet::new();
    let named = named(request)?.into_iter().filter(|name| names.insert(name.clone()));
    let tables: Vec<_> = named.filter_map(|name| there(request, &name)).collect();
    let each = tables.iter().all(|table| allowed.implied(Op::TableDelete, table).is_some());
    if !each {
        return Err(Failure::forbidden());
    }
    let drop = tables.iter().map(|table| table.id).collect();
    let reshape = Reshape { drop, ..Reshape::default() };
    let done = request.inner.data.reshape(allowed, reshape).await;
    done.map_err(|error| failure::data("collections", error))?;
    Ok(Answer::Data(tables.len().into()))
}

fn visible(request: &Request, allowed: &Allowed) -> Vec<Arc<Table>> {
    let mut tables = request.inner.data.tables(allowed);
    if allowed.principal().key.is_some() {
        tables.retain(|t| {
            let place = domain::access::Place::of(t);
            Op::ALL.iter().any(|op| allowed.also(*op, &place))
        });
    }
    tables.sort_by_cached_key(|table| (places::of_table(table), table.no));
    tables
}

/// A collection as screens get it.
fn shown(table: &Table) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("key".to_owned(), json!(key_of(table.id.as_bytes())));
    out.insert("name".to_owned(), json!(table.name));
    out.insert("title".to_owned(), json!(table.title));
    out.insert("inherit".to_owned(), json!(false));
    out.insert("hidden".to_owned(), json!(false));
    out.insert("description".to_owned(), Value::Null);
    out.insert("unavailableActions".to_owned(), json!([]));
    for (flag, system) in spec::FLAGS {
        out.insert(flag.to_owned(), json!(table.system(system).is_some()));
    }
    out.extend(options_of(table.extra.as_deref()));
    out.insert("filterTargetKey".to_owned(), target::shown(table));
    out
}

/// The same, where asked with those of its fields the caller is told of.
fn shown_to(allowed: &Allowed, table: &Table, with_fields: bool) -> Map<String, Value> {
    let mut out = shown(table);
    if with_fields {
        let known = Known::of(allowed, table);
        out.insert("fields".to_owned(), field::all(table, &known));
    }
    out
}

/// Short ids as the original makes them, from our long ones.
fn key_of(id: &[u8; 16]) -> String {
    id.iter().skip(10).map(|b| format!("{b:02x}")).collect()
}

/// What this dialect keeps with a table or a field.
pub fn options_of(extra: Option<&str>) -> Map<String, Value> {
    let stored: Option<Map<String, Value>> = extra.and_then(|text| serde_json::from_str(text).ok());
    match stored.and_then(|mut all| all.remove("nocobase")) {
        Some(Value::Object(options)) => options,
        _ => Map::new(),
    }
}

/// The same written back; other dialects' notes stay.
fn with_options(extra: Option<&str>, options: Map<String, Value>) -> String {
    let mut all: Map<String, Value> =
        extra.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    all.insert("nocobase".to_owned(), Value::Object(options));
    Value::Object(all).to_string()
}

/// A list this dialect keeps beside the options of a collection.
pub fn notes(table: &Table, name: &str) -> Vec<Value> {
    let stored: Option<Map<String, Value>> =
        table.extra.as_deref().and_then(|text| serde_json::from_str(text).ok());
    match stored.and_then(|mut all| all.remove(&format!("nocobase.{name}"))) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The table's notes with one list replaced, as JSON text.
pub fn with_notes(table: &Table, name: &str, items: Vec<Value>) -> String {
    let mut all: Map<String, Value> =
        table.extra.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    all.insert(format!("nocobase.{name}"), Value::Array(items));
    Value::Object(all).to_string()
}
