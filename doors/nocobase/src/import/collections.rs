//! Collections of an installation, as the body its screens would send to make them here, and their records as a
//! table here takes them. Making them goes the way every request goes.

use std::collections::HashMap;

use domain::catalog::{Catalog, FieldKind, SystemField, Table};
use keys::{Foreign, ForeignRow, StoreError};
use serde_json::{Map, Value, json};

use crate::{collections::RESERVED, role::HOME};

/// What marks a collection as one of an installation: the key it had there.
const MARK: &str = "importedKey";

/// The name of a collection that cannot come, and why.
pub type Unfit = (String, String);

/// The fields of each collection, with the place each has in it.
type FieldsOf = HashMap<String, Vec<(i64, Map<String, Value>)>>;

/// One collection that can be made here.
#[derive(Clone, Debug)]
pub struct Collection {
    pub name: String,
    /// For `collections:create`.
    pub body: Value,
    key: String,
    /// Columns that name a user.
    user_columns: Vec<String>,
}

impl Collection {
    /// Whether this table is what an earlier import made of it.
    pub fn is(&self, table: &Table) -> bool {
        mark(table).is_some_and(|key| key == self.key)
    }

    /// A row of its data table, for this table. `users`: the numbers that users there have here.
    pub fn record(
        &self,
        row: &ForeignRow,
        table: &Table,
        users: &HashMap<String, i64>,
    ) -> Map<String, Value> {
        let mut record = Map::new();
        for field in &table.fields {
            let by_user = matches!(field.system, Some(SystemField::CreatedBy | SystemField::UpdatedBy));
            let value = match field.kind {
                _ if by_user || self.user_columns.contains(&field.name) => {
                    row.text(&field.name).and_then(|id| users.get(&id)).map(|num| json!(num))
                }
                FieldKind::Boolean => row.flag(&field.name).map(Value::Bool),
                FieldKind::Json | FieldKind::Array => row.json(&field.name),
                FieldKind::DateTime => row.date(&field.name).map(|at| json!(at.rfc3339())),
                _ => row.get(&field.name).cloned(),
            };
            if let Some(value) = value {
                record.insert(field.name.clone(), value);
            }
        }
        record
    }
}

fn mark(table: &Table) -> Option<String> {
    let extra: Value = serde_json::from_str(table.extra.as_deref()?).ok()?;
    Some(extra.get("nocobase")?.get(MARK)?.as_str()?.to_owned())
}

/// Tables that were here before, by name: no role of the installation opens them.
pub(super) fn own_tables(foreign: &Foreign, catalog: &Catalog) -> Result<Vec<String>, StoreError> {
    let mut theirs = Vec::new();
    foreign.for_each("collections", &mut |row| theirs.extend(row.text("key")))?;
    let home = catalog.base(HOME).map(|base| base.id);
    let tables = catalog.tables.values().filter(|table| Some(table.base) == home);
    let ours = tables.filter(|table| mark(table).is_none_or(|key| !theirs.contains(&key)));
    let mut names: Vec<String> = ours.map(|table| table.name.clone()).collect();
    names.sort_unstable();
    Ok(names)
}

/// All of them, or the name of one and why it cannot come.
pub fn collections(foreign: &Foreign) -> Result<Vec<Result<Collection, Unfit>>, StoreError> {
    let mut fields = FieldsOf::new();
    foreign.for_each("fields", &mut |row| {
        let (Some(collection), Some(name), Some(kind)) =
            (row.text("collectionName"), row.text("name"), row.text("type"))
        else {
            return;
        };
        let mut field = match row.json("options") {
            Some(Value::Object(options)) => options,
            _ => Map::new(),
        };
        field.insert("name".to_owned(), json!(name));
        field.insert("type".to_owned(), json!(kind));
        if let Some(interface) = row.text("interface") {
            field.insert("interface".to_owned(), json!(interface));
        }
        fields.entry(collection).or_default().push((row.int("sort").unwrap_or(i64::MAX), field));
    })?;
    let mut all = Vec::new();
    for row in foreign.rows("collections")? {
        let Some(name) = row.text("name") else { continue };
        if RESERVED.contains(&name.as_str()) {
            continue;
        }
        let options = match row.json("options") {
            Some(Value::Object(options)) => options,
            _ => Map::new(),
        };
        let key = row.text("key").unwrap_or_else(|| name.clone());
        all.push(collection(name, key, row.text("title"), options, &mut fields));
    }
    Ok(all)
}

fn collection(
    name: String,
    key: String,
    title: Option<String>,
    mut body: Map<String, Value>,
    fields: &mut FieldsOf,
) -> Result<Collection, Unfit> {
    if body.get("view").is_some_and(|v| v == &json!(true)) || body.get("template") == Some(&json!("view")) {
        return Err((name, "a view: its query is not imported".to_owned()));
    }
    if body.get("inherits").and_then(Value::as_array).is_some_and(|parents| !parents.is_empty()) {
        return Err((name, "it inherits from another collection, which cannot be had here".to_owned()));
    }
    let mut fields = fields.remove(&name).unwrap_or_default();
    fields.sort_by_key(|(sort, _)| *sort);
    let fields: Vec<Map<String, Value>> = fields.into_iter().map(|(_, field)| field).collect();
    let text = |field: &Map<String, Value>, name: &str| {
        field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let to_users =
        fields.iter().filter(|field| text(field, "type") == "belongsTo" && text(field, "target") == "users");
    let user_columns = to_users.map(|field| text(field, "foreignKey")).collect();
    body.insert(MARK.to_owned(), json!(key));
    body.insert("name".to_owned(), json!(name));
    body.insert("title".to_owned(), json!(title.unwrap_or_else(|| name.clone())));
    body.insert("fields".to_owned(), fields.into_iter().map(Value::Object).collect());
    Ok(Collection { name, body: Value::Object(body), key, user_columns })
}
