//! Collections of an installation, as the body its screens would send to make them here, and which of their columns
//! hold what. Making them, and their records, goes the way every request goes.

use std::collections::HashMap;

use keys::{Foreign, StoreError};
use serde_json::{Map, Value, json};

use crate::collections::RESERVED;

/// One collection that can be made here.
#[derive(Clone, Debug)]
pub struct Collection {
    pub name: String,
    /// For `collections:create`.
    pub body: Value,
    /// Fields with a column of their own, and their types.
    pub columns: Vec<(String, String)>,
}

/// All of them, or the name of one and why it cannot come.
pub fn collections(foreign: &Foreign) -> Result<Vec<Result<Collection, (String, String)>>, StoreError> {
    let mut fields: HashMap<String, Vec<(i64, Map<String, Value>)>> = HashMap::new();
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
        all.push(collection(name, row.text("title"), options, &mut fields));
    }
    Ok(all)
}

fn collection(
    name: String,
    title: Option<String>,
    mut body: Map<String, Value>,
    fields: &mut HashMap<String, Vec<(i64, Map<String, Value>)>>,
) -> Result<Collection, (String, String)> {
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
    let relation = ["belongsTo", "hasOne", "hasMany", "belongsToMany"];
    let columns = fields.iter().map(|field| (text(field, "name"), text(field, "type")));
    let columns = columns.filter(|(_, kind)| !relation.contains(&kind.as_str())).collect();
    body.insert("name".to_owned(), json!(name));
    body.insert("title".to_owned(), json!(title.unwrap_or_else(|| name.clone())));
    body.insert("fields".to_owned(), fields.into_iter().map(Value::Object).collect());
    Ok(Collection { name, body: Value::Object(body), columns })
}
