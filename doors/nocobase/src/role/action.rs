//! Names of actions in roles, and the operations they stand for.

use domain::access::{Op, Ops};
use serde_json::{Value, json};

/// Other names of the same right, as `roles:check` tells clients.
pub const ALIASES: &[(&str, &str)] = &[
    ("list", "view"),
    ("get", "view"),
    ("query", "view"),
    ("move", "update"),
    ("firstOrCreate", "create"),
    ("updateOrCreate", "create"),
    ("export", "export"),
    ("importXlsx", "importXlsx"),
];

/// What a role can be given for a collection: name, title, whether it is for records that exist.
pub const AVAILABLE: &[(&str, &str, bool)] = &[
    ("create", "Add new", false),
    ("importXlsx", "Import", false),
    ("export", "Export", true),
    ("view", "View", true),
    ("update", "Edit", true),
    ("destroy", "Delete", true),
];

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
