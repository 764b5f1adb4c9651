//! Names of actions in roles, and the operations they stand for.

use domain::access::{Op, Ops};
use serde_json::{Value, json};

/// Other names of the same right, as `roles:check` tells clients.
pub const ALIASES: &[(&str, &str)] = &[
    ("create", "create"),
    ("update", "update"),
    ("destroy", "destroy"),
    ("get", "view"),
    ("list", "view"),
    ("query", "view"),
    ("move", "update"),
    ("firstOrCreate", "create"),
    ("updateOrCreate", "create"),
    ("export", "export"),
    ("importXlsx", "importXlsx"),
];

/// What a role can be given for a collection: name, title, whether it is for records that exist.
const AVAILABLE: &[(&str, &str, bool)] = &[
    ("create", "Add new", false),
    ("importXlsx", "Import", false),
    ("export", "Export", true),
    ("view", "View", true),
    ("update", "Edit", true),
    ("destroy", "Delete", true),
];

/// The names of what a role can be given.
pub fn available_names() -> Vec<&'static str> {
    AVAILABLE.iter().map(|(name, _, _)| *name).collect()
}

/// The same as screens are told, each with its other names. What is not said of one is not so.
pub fn available() -> Vec<Value> {
    let shown = |(name, title, existing): &(&str, &str, bool)| {
        let others: Vec<&str> = ALIASES.iter().filter(|(_, n)| n == name).map(|(alias, _)| *alias).collect();
        let mut shown = json!({
            "name": name,
            "displayName": title,
            "type": if *existing { "old-data" } else { "new-data" },
            "aliases": others,
        });
        if let Some(map) = shown.as_object_mut() {
            if !existing {
                map.insert("onNewRecord".to_owned(), json!(true));
            }
            if *name != "destroy" {
                map.insert("allowConfigureFields".to_owned(), json!(true));
            }
        }
        shown
    };
    AVAILABLE.iter().map(shown).collect()
}

/// The name roles use: `list` → `view`.
pub fn canonical(action: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == action).map_or(action, |(_, name)| name)
}

/// The operations an action of a role grants; `*` is all of them. An unknown action grants nothing.
pub fn ops(action: &str) -> Ops {
    match canonical(action) {
        "view" => Ops::of(&[Op::RecordRead, Op::RecordAggregate]),
        "create" => Op::RecordCreate.bit(),
        "update" => Op::RecordUpdate.bit(),
        "destroy" => Op::RecordDelete.bit(),
        "export" => Op::RecordExport.bit(),
        "import" | "importXlsx" => Op::RecordImport.bit(),
        "*" => Ops::RECORD,
        _ => Ops::NONE,
    }
}

/// `actionAlias` of `roles:check`.
pub fn aliases_json() -> Value {
    ALIASES
        .iter()
        .map(|(alias, name)| ((*alias).to_owned(), json!(name)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
