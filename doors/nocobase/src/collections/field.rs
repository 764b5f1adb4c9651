//! Fields of a collection: `collections/{name}/fields:*`.

use data::FieldPatch;
use domain::{
    access::{Op, Place},
    catalog::{Field, FieldKind, Special, Table},
    decision::Allowed,
};
use serde_json::{Map, Value, json};

use super::{
    Known, apply, association, options_of, people, places, sketch::Sketch, spec, special, with_options,
};
use crate::{
    answer::Answer,
    failure::{self, Failure},
    memory,
    request::{Request, bool_property, text_property},
    rules,
};

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let (table, values) = (current(request, allowed)?, request.values()?);
    let taken = text_property(&values, "name")?.flatten().filter(|name| table.field(name).is_some());
    if let Some(name) = taken {
        let collection = &table.name;
        return Err(Failure::bad(format!(
            "Field name \"{name}\" already exists in collection \"{collection}\""
        )));
    }
    let (table, name) = apply::write(request, allowed, &table, values).await?;
    let mut made = shown(&table, table.field(&name).ok_or_else(Failure::not_found)?);
    super::said_only(&mut made);
    Ok(Answer::Data(Value::Object(made)))
}

/// The field as screens get it.
pub(super) fn told(table: &Table, name: &str) -> Value {
    table.field(name).map_or(Value::Null, |field| Value::Object(shown(table, field)))
}

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    memory::list_without(request, rows(request, allowed)?, Some(places::SORT))
}

/// `fields:list`: those of all collections whose fields the caller may read, told apart by `collectionName`.
pub async fn list_all(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let tables = request.inner.data.tables(allowed);
    let readable = tables.iter().filter(|table| allowed.also(Op::FieldRead, &Place::of(table)));
    let described = people::names().flat_map(people::fields);
    let rows = readable.flat_map(|table| objects(table)).chain(described).collect();
    memory::list_without(request, rows, Some(places::SORT))
}

fn rows(request: &Request, allowed: &Allowed) -> Result<Vec<Map<String, Value>>, Failure> {
    match allowed.table() {
        Some(_) => Ok(objects(&*current(request, allowed)?)),
        None => Ok(people::fields(request.source()?)),
    }
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let mut rows = rows(request, allowed)?;
    rows.iter_mut().for_each(|row| drop(row.remove(places::SORT)));
    let Some(name) = request.params.target_key()? else { return memory::first(request, rows) };
    let found = rows.into_iter().find(|row| row.get("name").and_then(Value::as_str) == Some(&name));
    Ok(Answer::Data(found.map_or(Value::Null, Value::Object)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let (name, mut values) = (request.key()?, request.values()?);
    let table = current(request, allowed)?;
    if table.field(&name).is_none() {
        return Ok(Answer::Data(Value::Array(Vec::new())));
    }
    values.insert("name".to_owned(), json!(name));
    let (table, name) = apply::write(request, allowed, &table, values).await?;
    Ok(Answer::Data(Value::Array(vec![told(&table, &name)])))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let table = current(request, allowed)?;
    let Some(names) = request.params.target_keys()? else { return Err(request.needs_a_target()) };
    let mut gone: Vec<String> = Vec::new();
    for name in names.iter().filter_map(Value::as_str) {
        if table.field(name).is_some() && !gone.iter().any(|known| known == name) {
            gone.push(name.to_owned());
        }
    }
    if !gone.is_empty() {
        let mut sketch = Sketch::new(request)?;
        sketch.change(table.id, |change| {
            change.drop = gone;
            Ok(())
        })?;
        sketch.carry_out(request, allowed, &table.name).await?;
    }
    Ok(Answer::Data(Value::Bool(true)))
}

pub(super) fn patch_of(field: &Field, values: &Map<String, Value>) -> Result<FieldPatch, Failure> {
    rules::keepable(&field.name, values)?;
    same_values(field, values)?;
    let mut options = options_of(field.extra.as_deref());
    // Where an association leads is settled when it is made.
    let fixed = |key: &str| {
        let of_links = ["target", "foreignKey", "otherKey", "sourceKey", "targetKey", "through"];
        ["name", "key", "collectionName"].contains(&key)
            || (field.kind == FieldKind::Link && of_links.contains(&key))
    };
    let kept = values.iter().filter(|(key, value)| !(fixed(key) || (*key == "type" && value.is_null())));
    for (key, value) in kept {
        match options.get_mut(key) {
            Some(there) if key == "uiSchema" => merge(there, value),
            _ => drop(options.insert(key.clone(), value.clone())),
        }
    }
    let special = changed_special(field, &options)?;
    let allow_null = bool_property(values, "allowNull")?;
    let order = matches!(field.special, Some(Special::Order { .. }));
    let own = field.system.is_none() && !field.primary && field.kind != FieldKind::Link;
    let required = match (allow_null, values.contains_key("validation")) {
        _ if !own => None,
        (Some(allow), _) => Some(!allow),
        (None, true) => Some(spec::required_by_rule(values)),
        (None, false) => None,
    };
    Ok(FieldPatch {
        name: None,
        title: spec::title(values).map(Some),
        required,
        unique: bool_property(values, "unique")?.filter(|_| own && !order),
        hidden: bool_property(values, "hidden")?.filter(|_| !order),
        default: values.get("defaultValue").filter(|_| own).map(|v| Some(v.clone()).filter(|v| !v.is_null())),
        extra: Some(Some(with_options(field.extra.as_deref(), options))),
        special,
        on_delete: match &field.link {
            Some(link) if values.contains_key("onDelete") => Some(association::on_delete(values, link.kind)?),
            _ => None,
        },
    })
}

/// What is said of an object is put over what was known of it; anything else takes the place of what was there.
fn merge(there: &mut Value, said: &Value) {
    match (there, said) {
        (Value::Object(there), Value::Object(said)) => {
            for (key, value) in said {
                merge(there.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (there, said) => *there = said.clone(),
    }
}

/// Types whose values are kept alike, so that one can become another.
const ALIKE: [&[&str]; 4] = [
    &["string", "text", "radioGroup", "select"],
    &["date", "datetime", "datetimeTz"],
    &["float", "double", "real"],
    &["json", "jsonb"],
];

/// Values of one kind cannot become those of another.
fn same_values(field: &Field, values: &Map<String, Value>) -> Result<(), Failure> {
    let Some(wanted) = text_property(values, "type")?.flatten() else { return Ok(()) };
    let options = options_of(field.extra.as_deref());
    let has = options.get("type").and_then(Value::as_str).unwrap_or(spec::type_of(field.kind));
    let both = |names: &&[&str]| names.contains(&has) && names.contains(&wanted.as_str());
    match has == wanted || ALIKE.iter().any(both) {
        true => Ok(()),
        false => Err(Failure::bad(format!(
            "{}: the type of a field cannot be changed from {has} to {wanted}",
            field.name
        ))),
    }
}

/// What is special about the field, by what is said of it now.
fn changed_special(field: &Field, options: &Map<String, Value>) -> Result<Option<Option<Special>>, Failure> {
    let type_name = options.get("type").and_then(Value::as_str).unwrap_or_default();
    if field.system.is_some()
        || field.kind == FieldKind::Link
        || (field.special.is_none() && type_name.is_empty())
    {
        return Ok(None);
    }
    let special = special::special(&field.name, type_name, options, field.primary)?;
    Ok((special != field.special).then_some(special))
}

fn current(request: &Request, allowed: &Allowed) -> Result<std::sync::Arc<Table>, Failure> {
    request.inner.data.table(allowed).map_err(|e| failure::data("collections", e))
}

/// Fields of a collection as screens get them.
pub(super) fn all(table: &Table, known: &Known) -> Value {
    let told = places::fields(table).into_iter().filter(|field| known.has(field));
    told.map(|field| Value::Object(shown(table, field))).collect()
}

fn objects(table: &Table) -> Vec<Map<String, Value>> {
    let placed =
        places::fields(table).into_iter().map(|field| (places::of_field(field), shown(table, field)));
    placed
        .map(|(place, mut row)| {
            row.insert(places::SORT.to_owned(), json!(place));
            row
        })
        .collect()
}

/// Short, and of one field of all collections.
pub(super) fn key(table: &Table, field: &Field) -> String {
    format!("{}{}", super::key_of(table.id.as_bytes()), field.no.0)
}

fn shown(table: &Table, field: &Field) -> Map<String, Value> {
    let options = options_of(field.extra.as_deref());
    let mut out = head(table, &field.name, key(table, field));
    out.insert("type".to_owned(), json!(spec::type_of(field.kind)));
    for option in ["interface", "description", "parentKey", "reverseKey"] {
        out.insert(option.to_owned(), Value::Null);
    }
    if field.primary {
        out.insert("primaryKey".to_owned(), json!(true));
    }
    if field.system == Some(domain::catalog::SystemField::AutoId) {
        out.insert("autoIncrement".to_owned(), json!(true));
    }
    if let Some(title) = &field.title {
        out.insert("uiSchema".to_owned(), json!({ "title": title }));
    }
    out.extend(options);
    out
}

fn head(table: &Table, name: &str, key: String) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("key".to_owned(), json!(key));
    out.insert("name".to_owned(), json!(name));
    out.insert("collectionName".to_owned(), json!(table.name));
    out
}
