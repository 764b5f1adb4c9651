//! The part of the document that is about records: paths and schemas of one collection.

use domain::{
    access::{Op, Place},
    catalog::{Field, FieldKind, Special, Table},
    decision::Allowed,
};
use serde_json::{Map, Value, json};

use crate::{collections::Known, render};

/// Actions of a collection: name, method, operation, what it does.
const ACTIONS: [(&str, &str, Op, &str); 6] = [
    (LIST, "get", Op::RecordRead, "List records"),
    ("get", "get", Op::RecordRead, "Get one record"),
    ("create", "post", Op::RecordCreate, "Create a record"),
    ("update", "post", Op::RecordUpdate, "Update records"),
    ("destroy", "post", Op::RecordDelete, "Delete records"),
    (MOVE, "post", Op::RecordUpdate, "Move a record to another place of its order"),
];

const LIST: &str = "list";
/// Only of collections whose records have an order.
const MOVE: &str = "move";

/// Query parameters: name, type, what it means, and the actions it belongs to.
const PARAMETERS: [(&str, &str, &str, &[&str]); 17] = [
    ("page", "integer", "page number, from 1", &["list"]),
    ("pageSize", "integer", "records per page", &["list"]),
    ("filterByTk", "string", "primary key of the record", &["get", "update", "destroy"]),
    ("filter", "string", "filter as JSON", &["list", "get", "update", "destroy"]),
    ("sort", "string", "fields to sort by, comma separated; - sorts downwards", &["list"]),
    ("fields", "string", "fields to answer with, comma separated", &["list", "get"]),
    ("appends", "string", "associations to answer with, comma separated", &["list", "get"]),
    ("except", "string", "fields to leave out, comma separated", &["list", "get"]),
    ("paginate", "boolean", "false: everything at once", &["list"]),
    ("whitelist", "string", "only these values are written", &["create", "update"]),
    ("blacklist", "string", "these values are not written", &["create", "update"]),
    ("sourceId", "string", "primary key of the record to move", &[MOVE]),
    ("targetId", "string", "primary key of the record whose place it takes", &[MOVE]),
    ("sortField", "string", "field that keeps the order; by default sort", &[MOVE]),
    ("targetScope", "object", "the part of the order to move it to", &[MOVE]),
    ("sticky", "boolean", "true: to the first place", &[MOVE]),
    ("method", "string", "insertAfter: behind the target; prepend: to the first place", &[MOVE]),
];

/// Whether anything can be done with the records of this collection.
pub fn reachable(allowed: &Allowed, table: &Table) -> bool {
    ACTIONS.iter().any(|(_, _, op, _)| allowed.also(*op, &Place::of(table)))
}

/// Adds what the caller can reach of one collection.
pub fn describe(
    allowed: &Allowed,
    table: &Table,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    let sortable = table.fields.iter().any(|f| matches!(f.special, Some(Special::Order { .. })));
    for (action, method, op, summary) in ACTIONS {
        if allowed.also(op, &Place::of(table)) && (sortable || action != MOVE) {
            let path = format!("/{}:{action}", table.name);
            paths.insert(path, json!({ method: operation(&table.name, action, summary) }));
        }
    }
    for (action, ops, operation) in sheets(&table.name) {
        if ops.iter().all(|op| allowed.also(*op, &Place::of(table))) {
            paths.insert(format!("/{}:{action}", table.name), json!({ "post": operation }));
        }
    }
    let read = Known::by(allowed, table, &[Op::RecordRead]);
    let written = Known::by(allowed, table, &[Op::RecordCreate, Op::RecordUpdate]);
    schemas.insert(table.name.clone(), schema(table, &read, true));
    schemas.insert(format!("{}.form", table.name), schema(table, &written, false));
}

fn operation(table: &str, action: &str, summary: &str) -> Value {
    let parameters: Vec<Value> = PARAMETERS
        .iter()
        .filter(|(_, _, _, actions)| actions.contains(&action))
        .map(|(name, kind, about, _)| json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } }))
        .collect();
    let record = json!({ "$ref": format!("#/components/schemas/{table}") });
    let data = match action {
        LIST | "update" => json!({ "type": "array", "items": record }),
        "destroy" => json!({ "type": "integer" }),
        MOVE => json!({ "type": "string", "enum": ["ok"] }),
        _ => record,
    };
    let mut answered = Map::from_iter([("data".to_owned(), data)]);
    if action == LIST {
        answered.insert("meta".to_owned(), meta());
    }
    let answer = |about: &str, schema: Value| json!({ "description": about, "content": { "application/json": { "schema": schema } } });
    let mut out = json!({
        "tags": [table],
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": answer("OK", json!({ "type": "object", "properties": answered })),
            "default": answer("Error", json!({ "$ref": "#/components/schemas/error" })),
        },
    });
    if let ("create" | "update", Some(map)) = (action, out.as_object_mut()) {
        let form = json!({ "$ref": format!("#/components/schemas/{table}.form") });
        map.insert(
            "requestBody".to_owned(),
            json!({ "content": { "application/json": { "schema": form } } }),
        );
    }
    out
}

/// Records as files: each takes two rights.
fn sheets(table: &str) -> [(&'static str, [Op; 2], Value); 2] {
    let columns = json!({
        "type": "array",
        "items": { "type": "object", "properties": {
            "dataIndex": { "type": "array", "items": { "type": "string" } },
            "title": { "type": "string" },
        } },
    });
    let file = json!({ "type": "string", "format": "binary" });
    let error = json!({ "description": "Error", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/error" } } } });
    let operation = |summary: &str, taken: (&str, Value), given: (&str, Value), parameters: Value| {
        json!({
            "tags": [table],
            "summary": summary,
            "parameters": parameters,
            "requestBody": { "content": { taken.0: { "schema": { "type": "object", "properties": taken.1 } } } },
            "responses": { "200": { "description": "OK", "content": { given.0: { "schema": given.1 } } }, "default": error },
        })
    };
    let query = |name: &str, kind: &str, about: &str| json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } });
    let asked = json!([
        query("filter", "string", "filter as JSON"),
        query("sort", "string", "fields to sort by, comma separated; - sorts downwards"),
        query("limit", "integer", "at most so many records"),
        query("title", "string", "name of the file"),
    ]);
    let counted = json!({ "type": "object", "properties": { "data": { "type": "object", "properties": { "successCount": { "type": "integer" } } } } });
    let export = operation(
        "Export records as an xlsx file",
        ("application/json", json!({ "columns": columns })),
        ("application/octet-stream", file.clone()),
        asked,
    );
    let import = operation(
        "Import records from an xlsx file",
        (
            "multipart/form-data",
            json!({ "columns": { "type": "string", "description": "the columns as JSON" }, "file": file }),
        ),
        ("application/json", counted),
        json!([]),
    );
    [
        ("export", [Op::RecordExport, Op::RecordRead], export),
        ("importXlsx", [Op::RecordImport, Op::RecordCreate], import),
    ]
}

/// What a list says of its pages.
fn meta() -> Value {
    let number = || json!({ "type": "integer" });
    let properties = json!({
        "count": number(), "page": number(), "pageSize": number(), "totalPage": number(),
    });
    json!({ "type": "object", "properties": properties })
}

/// A record as it is answered (`whole`), or as it can be written.
fn schema(table: &Table, known: &Known, whole: bool) -> Value {
    let sealed = |special: &Option<Special>| special.as_ref().is_some_and(Special::sealed);
    let written = |f: &Field| f.system.is_none() && !sealed(&f.special);
    let shown = |f: &Field| !f.hidden && f.kind != FieldKind::Password && !render::unseen_order(f);
    let fields = table.fields.iter().filter(|f| known.has(f) && if whole { shown(f) } else { written(f) });
    let properties: Map<String, Value> = fields.map(|f| (f.name.clone(), type_of(f.kind))).collect();
    json!({ "type": "object", "properties": properties })
}

fn type_of(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Link => json!({ "type": "object" }),
        FieldKind::Text | FieldKind::LongText | FieldKind::Password => json!({ "type": "string" }),
        FieldKind::Integer => json!({ "type": "integer" }),
        FieldKind::BigInt => json!({ "type": "integer", "format": "int64" }),
        FieldKind::Float | FieldKind::Decimal => json!({ "type": "number" }),
        FieldKind::Boolean => json!({ "type": "boolean" }),
        FieldKind::DateTime => json!({ "type": "string", "format": "date-time" }),
        FieldKind::LocalDateTime | FieldKind::Time => json!({ "type": "string" }),
        FieldKind::Date => json!({ "type": "string", "format": "date" }),
        FieldKind::Json => json!({}),
        FieldKind::Array => json!({ "type": "array", "items": {} }),
        FieldKind::Uuid => json!({ "type": "string", "format": "uuid" }),
    }
}
