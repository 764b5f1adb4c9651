//! What screens are told of `users` and `roles`, so that they can offer associations with them. Only described:
//! these are resources of their own, and nothing of them can be changed as a collection.

use serde_json::{Map, Value, json};

/// Name, title, the field records are shown by.
const DESCRIBED: [(&str, &str, &str, &str); 2] =
    [("users", "Users", "id", "nickname"), ("roles", "Roles", "name", "title")];

pub fn is_one(name: &str) -> bool {
    DESCRIBED.iter().any(|(known, ..)| *known == name)
}

pub fn names() -> impl Iterator<Item = &'static str> {
    DESCRIBED.iter().map(|(name, ..)| *name)
}

/// The collection as screens get it.
pub fn shown(name: &str, with_fields: bool) -> Option<Map<String, Value>> {
    let (name, title, key, title_field) = DESCRIBED.iter().find(|(known, ..)| *known == name)?;
    let mut out = Map::new();
    for (option, value) in [
        ("key", json!(name)),
        ("name", json!(name)),
        ("title", json!(title)),
        ("inherit", json!(false)),
        ("hidden", json!(false)),
        ("titleField", json!(title_field)),
        ("filterTargetKey", json!(key)),
    ] {
        out.insert(option.to_owned(), value);
    }
    if with_fields {
        out.insert("fields".to_owned(), fields(name).into_iter().map(Value::Object).collect());
    }
    Some(out)
}

/// Its fields, as screens get them. Of passwords nothing is said.
pub fn fields(name: &str) -> Vec<Map<String, Value>> {
    let plain = |name: &str, kind: &str, interface: &str, title: &str| json!({ "name": name, "type": kind, "interface": interface, "uiSchema": { "title": title } });
    let moment = |name: &str, title: &str| plain(name, "date", name, title);
    let fields = match name {
        "users" => vec![
            json!({ "name": "id", "type": "bigInt", "interface": "id", "primaryKey": true, "autoIncrement": true, "uiSchema": { "title": "ID" } }),
            plain("nickname", "string", "input", "Nickname"),
            plain("username", "string", "input", "Username"),
            plain("email", "string", "email", "Email"),
            plain("phone", "string", "input", "Phone"),
            plain("appLang", "string", "select", "Language"),
            json!({
                "name": "roles", "type": "belongsToMany", "interface": "m2m", "target": "roles", "through": "rolesUsers",
                "foreignKey": "userId", "otherKey": "roleName", "sourceKey": "id", "targetKey": "name",
                "uiSchema": { "title": "Roles" },
            }),
            moment("createdAt", "Created at"),
            moment("updatedAt", "Last updated at"),
        ],
        "roles" => vec![
            json!({ "name": "name", "type": "uid", "interface": "input", "primaryKey": true, "uiSchema": { "title": "Role UID" } }),
            plain("title", "string", "input", "Role name"),
            plain("description", "string", "input", "Description"),
        ],
        _ => Vec::new(),
    };
    let mut rows: Vec<_> = fields.into_iter().filter_map(|field| field.as_object().cloned()).collect();
    for row in &mut rows {
        let key = row.get("name").and_then(Value::as_str).map(|field| format!("{name}.{field}"));
        row.insert("key".to_owned(), json!(key));
        row.insert("collectionName".to_owned(), json!(name));
    }
    rows
}
