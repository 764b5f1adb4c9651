//! What a collection begins with when it is applied and not there yet: a title of its name, an id, and who made and
//! changed a record when. Whatever is said of any of these goes before it.

use serde_json::{Map, Value, json};

/// The templates there is something to begin with for; others are made as they are said.
const TEMPLATES: [&str; 4] = ["general", "tree", "calendar", "comment"];

/// The definition with what nothing was said of.
pub fn completed(
    mut values: Map<String, Value>,
    name: &str,
    given: Vec<Map<String, Value>>,
) -> Map<String, Value> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let template = text("template").unwrap_or("general").to_owned();
    if text("title").is_none() {
        values.insert("title".to_owned(), json!(title_of(name)));
    }
    let off = |flag: &str| values.get(flag) == Some(&Value::Bool(false));
    let is_key = |field: &Map<String, Value>| field.get("primaryKey") == Some(&Value::Bool(true));
    let keyed = given.iter().any(is_key);
    let said = |name: &str| given.iter().any(|field| field.get("name").and_then(Value::as_str) == Some(name));
    let mut fields: Vec<Value> = Vec::new();
    if TEMPLATES.contains(&template.as_str()) {
        let begins =
            of_template(&template, name).into_iter().chain((!keyed).then(id)).chain(of_every_record());
        fields.extend(begins.filter(|field| {
            let name = field.get("name").and_then(Value::as_str).unwrap_or_default();
            !said(name) && !off(name)
        }));
    }
    fields.extend(given.into_iter().map(Value::Object));
    if template == "tree" {
        values.entry("tree").or_insert_with(|| json!("adjacencyList"));
    }
    if template == "calendar" {
        values.entry("sortable").or_insert(Value::Bool(true));
    }
    values.insert("template".to_owned(), json!(template));
    values.insert("fields".to_owned(), Value::Array(fields));
    values
}

fn id() -> Value {
    let looks = json!({"type": "number", "title": "ID", "x-component": "InputNumber"});
    json!({
        "name": "id", "type": "snowflakeId", "interface": "snowflakeId", "primaryKey": true, "allowNull": false,
        "uiSchema": looks,
    })
}

fn of_every_record() -> [Value; 4] {
    let moment = |name: &str, title: &str| {
        let looks =
            json!({"type": "datetime", "title": title, "x-component": "DatePicker", "x-read-pretty": true});
        json!({"name": name, "type": "date", "interface": name, "field": name, "uiSchema": looks})
    };
    let person = |name: &str, title: &str| {
        let looks = json!({
            "type": "object", "title": title, "x-component": "AssociationField", "x-read-pretty": true,
            "x-component-props": {"fieldNames": {"value": "id", "label": "nickname"}},
        });
        let key = format!("{name}Id");
        json!({"name": name, "type": "belongsTo", "interface": name, "target": "users", "foreignKey": key, "uiSchema": looks})
    };
    [
        moment("createdAt", "Created at"),
        person("createdBy", "Created by"),
        moment("updatedAt", "Last updated at"),
        person("updatedBy", "Last updated by"),
    ]
}

fn of_template(template: &str, collection: &str) -> Vec<Value> {
    let branch = |name: &str, title: &str, interface: &str, side: &str| {
        json!({
            "name": name, "interface": interface, "target": collection, "foreignKey": "parentId", side: true,
            "onDelete": "CASCADE", "uiSchema": {"title": title},
        })
    };
    match template {
        "tree" => vec![
            branch("parent", "Parent", "m2o", "treeParent"),
            branch("children", "Children", "o2m", "treeChildren"),
        ],
        "calendar" => vec![
            json!({"name": "cron", "type": "string", "interface": "select", "uiSchema": {"title": "Repeats"}}),
            json!({"name": "exclude", "type": "json", "interface": "json", "uiSchema": {"title": "Exclude"}}),
        ],
        "comment" => {
            vec![
                json!({"name": "content", "type": "text", "interface": "vditor", "uiSchema": {"title": "Comment content"}}),
            ]
        }
        _ => Vec::new(),
    }
}

/// `order_lines2` → `Order Lines 2`.
fn title_of(name: &str) -> String {
    let mut title = String::new();
    let mut last: Option<char> = None;
    for letter in name.chars() {
        let begins = last.is_none_or(|last| {
            !last.is_alphanumeric()
                || last.is_numeric() != letter.is_numeric()
                || (last.is_lowercase() && letter.is_uppercase())
        });
        if letter.is_alphanumeric() {
            if begins && !title.is_empty() {
                title.push(' ');
            }
            title.push(if begins { letter.to_ascii_uppercase() } else { letter });
        }
        last = Some(letter);
    }
    if title.is_empty() { name.to_owned() } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_in_words() {
        for (name, title) in [
            ("applied", "Applied"),
            ("order_lines2", "Order Lines 2"),
            ("toDo-items", "To Do Items"),
            ("__", "__"),
        ] {
            assert_eq!(title_of(name), title);
        }
    }
}
