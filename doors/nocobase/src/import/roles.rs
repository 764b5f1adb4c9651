//! Roles of an installation: strategy, snippets, resource entries and scopes become the document this door keeps,
//! and what it means is compiled where roles saved here are. What cannot be understood is left out: never more.

use std::collections::HashMap;

use domain::catalog::Catalog;
use keys::{
    Foreign, ForeignRow, StoreError,
    import::{Import, ImportRole, Item, What},
};
use serde_json::{Map, Value, json};

use crate::{
    filter,
    role::{self, ActionEntry, HOME, ResourceEntry, RoleDoc, ScopeRef, Strategy},
    scopes::{OWN, StoredScopes},
};

/// Everything in this dialect's world, and nothing of this server beyond it.
const ROOT: &str = "root";

/// A scope as rows name it.
enum Scope {
    All,
    Own,
    Filter(Map<String, Value>),
}

/// The rows of all roles, by what they belong to.
#[derive(Default)]
struct Rows {
    /// Of the main data source: it counts, where there is one.
    strategies: HashMap<String, Option<Value>>,
    resources: HashMap<String, Vec<ForeignRow>>,
    actions: HashMap<String, Vec<ForeignRow>>,
    scopes: HashMap<String, Scope>,
    /// Entries for other data sources, per role.
    elsewhere: HashMap<String, usize>,
}

/// `closed`: tables that were here before. Whatever a role says in general, it says nothing of them.
pub(super) fn read(
    foreign: &Foreign,
    catalog: &Catalog,
    closed: &[String],
    import: &mut Import,
) -> Result<(), StoreError> {
    let rows = Rows::read(foreign)?;
    for row in foreign.rows("roles")? {
        let Some(name) = row.text("name") else {
            import.push(Item::refused("roles", "?", None, "a role without a name"));
            continue;
        };
        let mut notes = Vec::new();
        let mut doc = rows.document(&name, &row, &mut notes);
        close(&mut doc, closed, &mut notes);
        let title = row.text("title").map(|title| plain(&title));
        let item = match role::compile(&doc, catalog, &StoredScopes(catalog)) {
            Err(error) => Item::refused("roles", name, title, error.to_string()),
            Ok(grants) => {
                let role = ImportRole {
                    name: name.clone(),
                    title: title.clone(),
                    description: row.text("description"),
                    grants,
                    extra: Some(doc.write_into(None)),
                    created_at: row.date("createdAt"),
                };
                Item::new("roles", name, title, What::Role(role))
            }
        };
        import.push(item.noted(notes));
    }
    Ok(())
}

impl Rows {
    fn read(foreign: &Foreign) -> Result<Self, StoreError> {
        let mut rows = Self::default();
        let home = |row: &ForeignRow| row.text("dataSourceKey").is_none_or(|key| key == HOME);
        foreign.for_each("dataSourcesRoles", &mut |row| {
            if let Some(role) = row.text("roleName").filter(|_| home(&row)) {
                rows.strategies.insert(role, row.json("strategy"));
            }
        })?;
        foreign.for_each("dataSourcesRolesResources", &mut |row| match row.text("roleName") {
            Some(role) if home(&row) => rows.resources.entry(role).or_default().push(row),
            Some(role) => *rows.elsewhere.entry(role).or_default() += 1,
            None => {}
        })?;
        foreign.for_each("dataSourcesRolesResourcesActions", &mut |row| {
            if let Some(resource) = row.text("rolesResourceId") {
                rows.actions.entry(resource).or_default().push(row);
            }
        })?;
        foreign.for_each("dataSourcesRolesResourcesScopes", &mut |row| {
            if let Some(id) = row.text("id") {
                rows.scopes.insert(id, scope(&row));
            }
        })?;
        Ok(rows)
    }

    fn document(&self, name: &str, row: &ForeignRow, notes: &mut Vec<String>) -> RoleDoc {
        let snippets = match row.json("snippets") {
            Some(Value::Array(items)) => items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        let mut doc = RoleDoc {
            snippets,
            hidden: row.flag("hidden").unwrap_or(false),
            allow_configure: row.flag("allowConfigure"),
            ..RoleDoc::default()
        };
        if name == ROOT {
            doc.strategy = Some(Strategy { actions: vec!["*".to_owned()], more: Map::new() });
            notes.push("everything in the collections and settings it knew, not on this server".to_owned());
            return doc;
        }
        let strategy = match self.strategies.get(name) {
            Some(strategy) => strategy.clone(),
            None => row.json("strategy"),
        };
        doc.strategy = strategy.and_then(|value| crate::roles::strategy_of(&value).ok());
        for resource in self.resources.get(name).into_iter().flatten() {
            let entry = self.resource(&doc, resource, notes);
            doc.resources.extend(entry);
        }
        if let Some(count) = self.elsewhere.get(name) {
            notes.push(format!("{count} entries for other data sources are left out"));
        }
        doc
    }

    fn resource(&self, doc: &RoleDoc, row: &ForeignRow, notes: &mut Vec<String>) -> Option<ResourceEntry> {
        let (id, name) = (row.text("id")?, row.text("name")?);
        let mut next = doc.next_id();
        let mut entry = ResourceEntry {
            id: next,
            using_actions_config: row.flag("usingActionsConfig").unwrap_or(false),
            actions: Vec::new(),
            name,
        };
        for row in self.actions.get(&id).into_iter().flatten() {
            next += 1;
            match self.action(row, next) {
                Ok(action) => entry.actions.push(action),
                Err(why) => {
                    let action = row.text("name").unwrap_or_default();
                    notes.push(format!("{}:{action} is left out: {why}", entry.name));
                }
            }
        }
        Some(entry)
    }

    fn action(&self, row: &ForeignRow, id: i64) -> Result<ActionEntry, String> {
        let name = row.text("name").ok_or("it has no name")?;
        let fields = match row.json("fields") {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect(),
            // No list would mean all of them.
            Some(_) => return Err("its fields are no list".to_owned()),
        };
        let scope = match row.text("scopeId") {
            None => None,
            Some(id) => match self.scopes.get(&id) {
                None => return Err(format!("its scope {id} does not exist")),
                Some(Scope::All) => None,
                Some(Scope::Own) => Some(ScopeRef::Id(OWN)),
                Some(Scope::Filter(filter)) => {
                    let value = Value::Object(filter.clone());
                    filter::parse(&value, &filter::Context::default())
                        .map_err(|error| format!("its scope cannot be kept: {error}"))?;
                    Some(ScopeRef::Inline(filter.clone()))
                }
            },
        };
        Ok(ActionEntry { id, name: role::canonical(&name).to_owned(), fields, scope })
    }
}

/// An entry of its own that allows nothing.
fn close(doc: &mut RoleDoc, closed: &[String], notes: &mut Vec<String>) {
    for name in closed {
        let id = doc.next_id();
        doc.resources.retain(|entry| entry.name != *name);
        doc.resources.push(ResourceEntry {
            id,
            name: name.clone(),
            using_actions_config: true,
            actions: Vec::new(),
        });
    }
    if !closed.is_empty() {
        notes.push(format!("it does not open what was here before: {}", closed.join(", ")));
    }
}

fn scope(row: &ForeignRow) -> Scope {
    match (row.text("key").as_deref(), row.get("scope"), row.json("scope")) {
        (Some("all"), ..) => Scope::All,
        (Some("own"), ..) => Scope::Own,
        (_, None, _) => Scope::All,
        (_, _, Some(Value::Object(filter))) => Scope::Filter(filter),
        // Unreadable: a filter that no parser accepts.
        _ => Scope::Filter(Map::from_iter([("$unreadable".to_owned(), json!(null))])),
    }
}

/// `{{t("Admin")}}` without what is around the word.
fn plain(title: &str) -> String {
    let inner = title.strip_prefix("{{t(\"").and_then(|rest| rest.split('"').next());
    inner.map_or_else(|| title.to_owned(), str::to_owned)
}
