//! The OpenAPI document of the collections, as the API documentation plugin serves it. A caller only sees
//! what it can reach.

use std::sync::Arc;

use domain::{
    access::{Op, Place},
    catalog::{FieldKind, Table},
    decision::Allowed,
};
use serde_json::{Map, Value, json};

use crate::{answer::Answer, failure::Failure, request::Request};

/// Actions of a collection: name, method, operation, what it does.
const ACTIONS: [(&str, &str, Op, &str); 5] = [
    ("list", "get", Op::RecordRead, "List records"),
    ("get", "get", Op::RecordRead, "Get one record"),
    ("create", "post", Op::RecordCreate, "Create a record"),
    ("update", "post", Op::RecordUpdate, "Update records"),
    ("destroy", "post", Op::RecordDelete, "Delete records"),
];

/// Query parameters: name, type, what it means, and the actions it belongs to.
const PARAMETERS: [(&str, &str, &str, &[&str]); 11] = [
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
];

pub async fn get_urls(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let url = |name: &str, ns: &str| json!({ "name": name, "url": format!("/api/swagger:get{ns}") });
    let mut urls = vec![
        url("NocoBase API", ""),
        url("Core API", "?ns=core"),
        url("All plugins API", "?ns=plugins"),
        url("Custom collections API", "?ns=collections"),
    ];
    urls.extend(
        reachable(request, allowed).iter().map(|t| url(&t.name, &format!("?ns=collections%2F{}", t.name))),
    );
    Ok(Answer::Data(Value::Array(urls)))
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let mut tables = reachable(request, allowed);
    match request.params.text("ns") {
        None | Some("") | Some("collections") => {}
        Some(ns) => match ns.strip_prefix("collections/") {
            Some(name) => tables.retain(|t| t.name == name),
            None => tables.clear(),
        },
    }
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for table in &tables {
        for (action, method, op, summary) in ACTIONS {
            if allowed.also(op, &Place::of(table)) {
                let path = format!("/{}:{action}", table.name);
                paths.insert(path, json!({ method: operation(&table.name, action, summary) }));
            }
        }
        schemas.insert(table.name.clone(), schema(table, true));
        schemas.insert(format!("{}.form", table.name), schema(table, false));
    }
    schemas.insert("error".to_owned(), error_schema());
    Ok(Answer::Bare(json!({
        "openapi": "3.0.3",
        "info": { "title": "NocoBase API documentation", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "/api/" }, { "url": format!("{}/api/", request.inner.settings.base_url) }],
        "security": [{ "api-key": [] }],
        "tags": tables.iter().map(|t| json!({ "name": t.name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": { "api-key": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas,
        },
    })))
}

fn reachable(request: &Request, allowed: &Allowed) -> Vec<Arc<Table>> {
    let mut tables = request.inner.data.tables(allowed);
    tables.retain(|t| ACTIONS.iter().any(|(_, _, op, _)| allowed.also(*op, &Place::of(t))));
    tables
}

fn operation(table: &str, action: &str, summary: &str) -> Value {
    let parameters: Vec<Value> = PARAMETERS
        .iter()
        .filter(|(_, _, _, actions)| actions.contains(&action))
        .map(|(name, kind, about, _)| json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } }))
        .collect();
    let record = json!({ "$ref": format!("#/components/schemas/{table}") });
    let data = match action {
        "list" | "update" => json!({ "type": "array", "items": record }),
        "destroy" => json!({ "type": "integer" }),
        _ => record,
    };
    let answer = |about: &str, schema: Value| json!({ "description": about, "content": { "application/json": { "schema": schema } } });
    let mut out = json!({
        "tags": [table],
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": answer("OK", json!({ "type": "object", "properties": { "data": data } })),
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

/// A record as it is answered (`whole`), or as it can be written.
fn schema(table: &Table, whole: bool) -> Value {
    let fields = table.fields.iter().filter(|f| !f.hidden && (whole || f.system.is_none()));
    let properties: Map<String, Value> = fields.map(|f| (f.name.clone(), type_of(f.kind))).collect();
    json!({ "type": "object", "properties": properties })
}

fn type_of(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Link => json!({ "type": "object" }),
        FieldKind::Text | FieldKind::LongText | FieldKind::Password => json!({ "type": "string" }),
        FieldKind::Integer | FieldKind::BigInt => json!({ "type": "integer" }),
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

fn error_schema() -> Value {
    let error = json!({
        "type": "object",
        "properties": { "message": { "type": "string" }, "code": { "type": "string" } },
    });
    json!({ "type": "object", "properties": { "errors": { "type": "array", "items": error } } })
}
