//! The OpenAPI document, as the API documentation plugin serves it: as a whole, or in the parts `ns` names. A
//! caller only sees what it can reach.

mod records;
mod system;

use std::sync::Arc;

use domain::{catalog::Table, decision::Allowed};
use serde_json::{Map, Value, json};

use crate::{answer::Answer, base_path, failure::Failure, request::Request};

pub use system::Listed;
use system::Part;

pub async fn get_urls(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let url = |name: &str, ns: &str| json!({ "name": name, "url": format!("/api/swagger:get{ns}") });
    let mut urls = vec![
        url("NocoBase API", ""),
        url("NocoBase API - Core", "?ns=core"),
        url("NocoBase API - All plugins", "?ns=plugins"),
        url("NocoBase API - Custom collections", "?ns=collections"),
    ];
    for (name, title) in system::plugins(allowed) {
        urls.push(url(&format!("NocoBase API - {title}"), &format!("?ns=plugins%2F{name}")));
    }
    for table in reachable(request, allowed) {
        let title = table.title.as_deref().unwrap_or(&table.name);
        let ns = format!("?ns=collections%2F{}", table.name);
        urls.push(url(&format!("Collection API - {title}"), &ns));
    }
    Ok(Answer::Data(Value::Array(urls)))
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let mut tables = reachable(request, allowed);
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let ns = request.params.text("ns").unwrap_or_default();
    let (parts, collections) = match (ns, ns.strip_prefix("plugins/"), ns.strip_prefix("collections/")) {
        ("", ..) => (vec![Part::Core, Part::Plugins], true),
        ("core", ..) => (vec![Part::Core], false),
        ("plugins", ..) => (vec![Part::Plugins], false),
        ("collections", ..) => (Vec::new(), true),
        (_, Some(plugin), _) => (vec![Part::Plugin(plugin)], false),
        (_, _, Some(name)) => {
            tables.retain(|table| table.name == name);
            (Vec::new(), true)
        }
        _ => return Err(Failure::not_found()),
    };
    if !collections {
        tables.clear();
    }
    for part in parts {
        system::describe(allowed, part, &mut paths);
    }
    for table in &tables {
        records::describe(allowed, table, &mut paths, &mut schemas);
    }
    // A part nobody knows is told from one that holds nothing for the caller as little as it can be.
    if paths.is_empty() && ns.contains('/') {
        return Err(Failure::not_found());
    }
    schemas.insert("error".to_owned(), error_schema());
    Ok(Answer::Bare(json!({
        "openapi": "3.0.3",
        "info": { "title": "NocoBase API documentation", "version": env!("CARGO_PKG_VERSION") },
        "servers": servers(request),
        "security": [{ "api-key": [] }],
        "tags": tables.iter().map(|t| json!({ "name": t.name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": { "api-key": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas,
        },
    })))
}

/// Below a path of the door's own, that one comes first.
fn servers(request: &Request) -> Vec<Value> {
    let settings = &request.inner.settings;
    let own = settings.base_path.as_ref().map(|own| own.as_str()).filter(|own| *own != base_path::SHARED);
    let paths = own.into_iter().chain([base_path::SHARED]);
    let url = |path| [json!({ "url": path }), json!({ "url": format!("{}{path}", settings.base_url) })];
    paths.flat_map(url).collect()
}

fn reachable(request: &Request, allowed: &Allowed) -> Vec<Arc<Table>> {
    let mut tables = request.inner.data.tables(allowed);
    tables.retain(|table| records::reachable(allowed, table));
    tables
}

fn error_schema() -> Value {
    let error = json!({
        "type": "object",
        "properties": { "message": { "type": "string" }, "code": { "type": "string" } },
    });
    json!({ "type": "object", "properties": { "errors": { "type": "array", "items": error } } })
}
