//! The part of the document that is about the server's own resources, out of the table of actions itself: what is
//! not in the table cannot be in the document.

use domain::{
    access::{Op, Place},
    decision::Allowed,
};
use serde_json::{Map, Value, json};

use crate::router;

/// What the document calls the parts, after `plugins/`, and the resources in each.
const PLUGINS: [(&str, &str, &[&str]); 6] = [
    ("auth", "Authentication", &["auth", "authenticators"]),
    ("api-keys", "API keys", &["apiKeys"]),
    ("users", "Users", &["users"]),
    ("acl", "Access control", &["roles", "availableActions", "dataSources", "dataSourcesRoles"]),
    (
        "data-source-main",
        "Collections and fields",
        &["collections", "fields", "collectionCategories", "dbViews"],
    ),
    ("api-doc", "API documentation", &["swagger"]),
];

/// One action of the server's own.
pub struct Listed {
    /// `users`, or `users.roles`.
    pub resource: &'static str,
    pub action: &'static str,
    pub reads: bool,
    /// `None`: for any live credential, or none.
    pub op: Option<(Op, bool)>,
}

/// A part of the document, as `ns` names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part<'n> {
    Core,
    Plugins,
    Plugin(&'n str),
}

impl Part<'_> {
    fn has(self, resource: &str) -> bool {
        let first = resource.split('.').next().unwrap_or(resource);
        let plugin = PLUGINS.iter().find(|(_, _, resources)| resources.contains(&first));
        match self {
            Self::Core => plugin.is_none(),
            Self::Plugins => plugin.is_some(),
            Self::Plugin(name) => plugin.is_some_and(|(known, _, _)| *known == name),
        }
    }
}

/// Parts that hold anything for the caller: name in `ns`, and title.
pub fn plugins(allowed: &Allowed) -> impl Iterator<Item = (&'static str, &'static str)> {
    let any = |name| router::system().any(|one| Part::Plugin(name).has(one.resource) && may(allowed, &one));
    PLUGINS.iter().filter(move |(name, _, _)| any(name)).map(|(name, title, _)| (*name, *title))
}

/// Adds what the caller can reach of a part.
pub fn describe(allowed: &Allowed, part: Part<'_>, paths: &mut Map<String, Value>) {
    for one in router::system().filter(|one| part.has(one.resource) && may(allowed, one)) {
        let path = match one.resource.split_once('.') {
            None => format!("/{}:{}", one.resource, one.action),
            Some((resource, assoc)) => format!("/{resource}/{{sourceId}}/{assoc}:{}", one.action),
        };
        let method = if one.reads { "get" } else { "post" };
        paths.insert(path, json!({ method: operation(&one) }));
    }
}

fn may(allowed: &Allowed, one: &Listed) -> bool {
    match one.op {
        None => true,
        Some((op, true)) => allowed.also(op, &Place::SERVER),
        Some((op, false)) => allowed.also(op, &allowed.target().place()),
    }
}

fn operation(one: &Listed) -> Value {
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let mut parameters: Vec<Value> = Vec::new();
    if one.resource.contains('.') {
        parameters.push(
            json!({ "name": "sourceId", "in": "path", "required": true, "schema": { "type": "string" } }),
        );
    }
    match one.action {
        "get" | "update" | "destroy" | "setFields" => parameters.push(query("filterByTk")),
        "move" => parameters.extend(["sourceId", "targetId", "method", "sticky"].map(query)),
        "list" => parameters.extend(["page", "pageSize", "filter", "sort", "fields", "appends"].map(query)),
        _ => {}
    }
    let answer = |about: &str, schema: Value| json!({ "description": about, "content": { "application/json": { "schema": schema } } });
    let mut operation = json!({
        "tags": [one.resource],
        "summary": format!("{}:{}", one.resource, one.action),
        "parameters": parameters,
        "responses": {
            "200": answer("OK", json!({ "type": "object", "properties": { "data": {} } })),
            "default": answer("Error", json!({ "$ref": "#/components/schemas/error" })),
        },
    });
    if let (false, Some(map)) = (one.reads || one.action == "destroy", operation.as_object_mut()) {
        let body = json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
        map.insert("requestBody".to_owned(), body);
    }
    operation
}
