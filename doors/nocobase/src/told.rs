//! What `roles:check` tells of a role's entries for single collections: which fields of which action, in which records.
//! It only tells; what is allowed is decided by the rules these entries were compiled into.

use domain::catalog::{Catalog, FieldKind, Table};
use serde_json::{Map, Value, json};

use crate::{
    role::{HOME, ResourceEntry, RoleDoc, ScopeRef, Scopes},
    scopes,
};

/// `actions` and `resources` of `roles:check`.
pub fn collection_actions<'d>(
    doc: &'d RoleDoc,
    catalog: &Catalog,
    scopes: &dyn Scopes,
) -> (Map<String, Value>, Vec<&'d str>) {
    let mut actions = Map::new();
    let configured: Vec<&ResourceEntry> = doc.resources.iter().filter(|r| r.using_actions_config).collect();
    for resource in &configured {
        for action in &resource.actions {
            let mut rule = Map::new();
            match action.name.as_str() {
                // No limit is told in the same word for every action.
                _ if action.fields.is_none() => {
                    rule.insert("fields".to_owned(), Value::Null);
                }
                "view" => {
                    let table = catalog.base(HOME).and_then(|b| catalog.table(b.id, &resource.name));
                    let (fields, appends) =
                        seen(action.fields.as_deref().unwrap_or_default(), table.map(AsRef::as_ref));
                    rule.insert("fields".to_owned(), json!(fields));
                    rule.insert("appends".to_owned(), json!(appends));
                }
                "create" | "update" => {
                    rule.insert("whitelist".to_owned(), json!(action.fields));
                }
                _ => {
                    rule.insert("fields".to_owned(), json!(action.fields));
                }
            }
            if let Some(scope) = &action.scope {
                let filter = match scope {
                    ScopeRef::Id(id) => scopes.filter(*id),
                    ScopeRef::Inline(filter) => Some(filter.clone()),
                };
                rule.insert("own".to_owned(), json!(*scope == ScopeRef::Id(scopes::OWN)));
                rule.insert("filter".to_owned(), json!(filter));
            }
            actions.insert(format!("{}:{}", resource.name, action.name), Value::Object(rule));
        }
    }
    (actions, configured.iter().map(|r| r.name.as_str()).collect())
}

/// What was ticked to be seen, with what screens show of every record, and the associations among it by themselves.
fn seen<'f>(ticked: &'f [String], table: Option<&'f Table>) -> (Vec<&'f str>, Vec<&'f str>) {
    let field = |name: &str| table.and_then(|table| table.field(name));
    let is_link = |name: &&str| field(name).is_some_and(|field| field.kind == FieldKind::Link);
    let (appends, mut fields): (Vec<&str>, Vec<&str>) = ticked.iter().map(String::as_str).partition(is_link);
    let primary = table.and_then(Table::primary).map(|field| field.name.as_str());
    let dates = ["createdAt", "updatedAt"].into_iter().filter(|name| field(name).is_some());
    for rides in primary.into_iter().chain(dates) {
        if !fields.contains(&rides) {
            fields.push(rides);
        }
    }
    (fields, appends)
}
