//! Roles of an installation: strategy, snippets, resource entries and scopes become the document this door keeps,
//! and what it means is compiled where roles saved here are. What cannot be understood is left out: never more.

use std::collections::HashMap;

use domain::{Millis, catalog::Table};
use keys::{
    Foreign, ForeignRow, StoreError,
    import::{Import, ImportRole, Item, What},
};
use serde_json::{Map, Value, json};

use super::{Around, people};
use crate::{
    filter,
    role::{self, ActionEntry, HOME, ResourceEntry, RoleDoc, ScopeRef, Strategy, snippet_allows},
    scopes::{OWN, StoredScopes},
};

/// Bundles that reach beyond collections: people, roles and the log of the whole server.
const OF_THE_SERVER: [&str; 3] = ["pm.users", "pm.acl.roles", "pm.logger"];
/// Bundles that reach all tables, whoever made them.
const OF_ALL_TABLES: [&str; 2] = ["pm.data-source-manager.data-source-main", "ui.uiSchemas"];

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
    /// What is said of other data sources, per role.
    elsewhere: HashMap<String, usize>,
}

/// `closed`: tables that were here before. Whatever a role says in general, it says nothing of them.
pub(super) fn read(
    foreign: &Foreign,
    here: &Around<'_>,
    closed: &[String],
    import: &mut Import,
) -> Result<(), StoreError> {
    let rows = Rows::read(foreign)?;
    let catalog = here.catalog;
    for row in foreign.rows("roles")? {
        let Some(name) = row.text("name") else {
            import.push(Item::refused("roles", "?", None, "a role without a name"));
            continue;
        };
        let mut notes = Vec::new();
        let mut doc = rows.document(&name, &row, here, &mut notes);
        if here.strangers.people {
            withhold(&mut doc, &OF_THE_SERVER, "there are people here who are not from there", &mut notes);
        }
        if !closed.is_empty() {
            withhold(&mut doc, &OF_ALL_TABLES, "there are tables here that are not from there", &mut notes);
        }
        close(&mut doc, closed, &mut notes);
        if name == crate::role_mode::ANONYMOUS {
            notes.push(
                "callers without a token do not act in it here unless you say so: roles:update with allowAnonymous"
                    .to_owned(),
            );
        }
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
    mode(foreign, import)
}

/// Acting in several roles at once is a setting of this server, which is not theirs to change.
fn mode(foreign: &Foreign, import: &mut Import) -> Result<(), StoreError> {
    let mut found = None;
    foreign.for_each("systemSettings", &mut |row| found = row.text("roleMode").or(found.take()))?;
    if let Some(mode) = found.filter(|mode| mode != "default") {
        let reason = format!(
            "people act in one role at a time here, keys always do; roles:setSystemRoleMode sets {mode:?} for people"
        );
        import.push(Item::refused("systemSettings", "roleMode", None, reason));
    }
    Ok(())
}

impl Rows {
    fn read(foreign: &Foreign) -> Result<Self, StoreError> {
        let mut rows = Self::default();
        let home = |row: &ForeignRow| row.text("dataSourceKey").is_none_or(|key| key == HOME);
        foreign.for_each("dataSourcesRoles", &mut |row| {
            match row.text("roleName") {
                Some(role) if home(&row) => {
                    // What cannot be read is no strategy, and not the older one of the role.
                    rows.strategies
                        .insert(role, row.get("strategy").map(|_| row.json("strategy").unwrap_or_default()));
                }
                Some(role) if row.get("strategy").is_some() => *rows.elsewhere.entry(role).or_default() += 1,
                _ => {}
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

    fn document(&self, name: &str, row: &ForeignRow, here: &Around<'_>, notes: &mut Vec<String>) -> RoleDoc {
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
        if let Some(value) = strategy {
            match crate::roles::strategy_of(&value) {
                Ok(strategy) => doc.strategy = Some(strategy),
                Err(_) => notes.push("its general permissions cannot be read and are left out".to_owned()),
            }
        }
        for resource in self.resources.get(name).into_iter().flatten() {
            let entry = self.resource(&doc, resource, here, notes);
            doc.resources.extend(entry);
        }
        if let Some(count) = self.elsewhere.get(name) {
            notes.push(format!("what it says of other data sources is left out ({count} entries)"));
        }
        doc
    }

    fn resource(
        &self,
        doc: &RoleDoc,
        row: &ForeignRow,
        here: &Around<'_>,
        notes: &mut Vec<String>,
    ) -> Option<ResourceEntry> {
        let (id, name) = (row.text("id")?, row.text("name")?);
        let table = here.catalog.base(HOME).and_then(|base| here.catalog.table(base.id, &name)).cloned();
        let mut next = doc.next_id(Millis(0));
        let mut entry = ResourceEntry {
            id: next,
            using_actions_config: row.flag("usingActionsConfig").unwrap_or(false),
            name,
            ..ResourceEntry::default()
        };
        for row in self.actions.get(&id).into_iter().flatten() {
            next += 1;
            match self.action(row, next, table.as_deref(), here) {
                Ok(action) => entry.actions.push(action),
                Err(why) => {
                    let action = row.text("name").unwrap_or_default();
                    notes.push(format!("{}:{action} is left out: {why}", entry.name));
                }
            }
        }
        Some(entry)
    }

    fn action(
        &self,
        row: &ForeignRow,
        id: i64,
        table: Option<&Table>,
        here: &Around<'_>,
    ) -> Result<ActionEntry, String> {
        let name = row.text("name").ok_or("it has no name")?;
        let scope = match row.text("scopeId") {
            None => None,
            Some(id) => match self.scopes.get(&id) {
                None => return Err(format!("its scope {id} does not exist")),
                Some(Scope::All) => None,
                Some(Scope::Own) => Some(ScopeRef::Id(OWN)),
                Some(Scope::Filter(filter)) => {
                    check(filter, table, here).map_err(|why| format!("its scope cannot be kept: {why}"))?;
                    Some(ScopeRef::Inline(filter.clone()))
                }
            },
        };
        Ok(ActionEntry {
            id,
            name: role::canonical(&name).to_owned(),
            fields: fields(row)?,
            scope,
            created_at: None,
        })
    }
}

/// No list means all fields, so nothing that cannot be read may become none.
fn fields(row: &ForeignRow) -> Result<Option<Vec<String>>, String> {
    let listed = match (row.get("fields"), row.json("fields")) {
        (None, _) => return Ok(None),
        (_, Some(Value::Array(items))) => items,
        _ => return Err("its fields are no list".to_owned()),
    };
    let name =
        |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| "its fields are no names".to_owned());
    listed.iter().map(name).collect::<Result<_, _>>().map(Some)
}

fn check(filter: &Map<String, Value>, table: Option<&Table>, here: &Around<'_>) -> Result<(), String> {
    let context = filter::Context { table, catalog: Some(here.catalog), ..filter::Context::default() };
    let parsed =
        filter::parse(&Value::Object(filter.clone()), &context).map_err(|error| error.to_string())?;
    match people::unfit(&parsed, table, here.catalog, here.strangers) {
        Some(why) => Err(why),
        None => Ok(()),
    }
}

/// People and tables that were here before are nobody's there to manage.
fn withhold(doc: &mut RoleDoc, bundles: &[&str], why: &str, notes: &mut Vec<String>) {
    let had: Vec<&str> =
        bundles.iter().copied().filter(|bundle| snippet_allows(&doc.snippets, bundle)).collect();
    if !had.is_empty() {
        doc.snippets.extend(had.iter().map(|bundle| format!("!{bundle}")));
        notes.push(format!("{} left out: {why}", had.join(", ")));
    }
}

/// An entry of its own that allows nothing.
fn close(doc: &mut RoleDoc, closed: &[String], notes: &mut Vec<String>) {
    for name in closed {
        let id = doc.next_id(Millis(0));
        doc.resources.retain(|entry| entry.name != *name);
        doc.resources.push(ResourceEntry {
            id,
            name: name.clone(),
            using_actions_config: true,
            ..ResourceEntry::default()
        });
    }
    if !closed.is_empty() {
        notes.push(format!("it does not open what was here before: {}", closed.join(", ")));
    }
}

fn scope(row: &ForeignRow) -> Scope {
    match (row.text("key").as_deref(), row.get("scope"), row.json("scope")) {
        (Some("own"), None, _) => Scope::Own,
        (_, None, _) => Scope::All,
        (_, _, Some(Value::Object(filter))) if filter.is_empty() => Scope::All,
        (Some("own"), _, Some(Value::Object(filter))) if is_own(&filter) => Scope::Own,
        (_, _, Some(Value::Object(filter))) => Scope::Filter(filter),
        // Unreadable: a filter that no parser accepts.
        _ => Scope::Filter(Map::from_iter([("$unreadable".to_owned(), json!(null))])),
    }
}

/// As the product writes the scope it is delivered with.
fn is_own(filter: &Map<String, Value>) -> bool {
    filter.len() == 1
        && filter.get("createdById").and_then(Value::as_str).is_some_and(|text| {
            text.chars().filter(|c| !c.is_whitespace()).eq("{{ctx.state.currentUser.id}}".chars())
        })
}

/// `{{t("Admin")}}` without what is around the word.
fn plain(title: &str) -> String {
    let inner = title.strip_prefix("{{t(\"").and_then(|rest| rest.split('"').next());
    inner.map_or_else(|| title.to_owned(), str::to_owned)
}
