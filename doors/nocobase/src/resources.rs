//! What a role may do in single collections: resource entries, the one-call form, and the strategy of a data
//! source.

use domain::{Millis, decision::Allowed, limits, user::Role};
use keys::RoleChange;
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    failure::Failure,
    memory,
    request::{Request, text_property},
    role::{ActionEntry, HOME, ResourceEntry, RoleDoc, ScopeRef, Scopes, canonical},
    roles,
    scopes::StoredScopes,
};

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let role = roles::source(request, allowed).await?;
    let rows = rows(request, allowed, &role)?;
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let role = roles::source(request, allowed).await?;
    let rows = rows(request, allowed, &role)?;
    let Some(key) = request.params.target_key()? else { return memory::first(request, rows) };
    let found = rows.into_iter().find(|r| names_it(r, &key));
    Ok(Answer::Data(found.map_or(Value::Null, Value::Object)))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let (role, values) = (roles::source(request, allowed).await?, request.values()?);
    let mut doc = RoleDoc::of(&role);
    let name = text_property(&values, "name")?.flatten().ok_or_else(|| Failure::bad("name is required"))?;
    if text_property(&values, "dataSourceKey")?.flatten().is_some_and(|key| key != HOME) {
        return Err(Failure::bad("there is no such data source"));
    }
    if doc.resource(&name).is_some() {
        return Err(Failure::bad(format!("the role has an entry for {name} already")));
    }
    let mut entry = new_entry(doc.next_id(allowed.at()), name.clone(), allowed);
    let next = entry.id + 1;
    change(&mut entry, &values, allowed, next)?;
    doc.resources.push(entry);
    let role = save(request, allowed, &role, &doc).await?;
    let mut made = entry_shown(allowed, &role, &name);
    let actions = made.get_mut("actions").and_then(Value::as_array_mut);
    for action in actions.into_iter().flatten().filter_map(Value::as_object_mut) {
        // As of a record: what was not set is not there yet.
        action.retain(|name, value| !(value.is_null() && matches!(name.as_str(), "scope" | "scopeId")));
    }
    Ok(Answer::Data(made))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let (role, values) = (roles::source(request, allowed).await?, request.values()?);
    let mut doc = RoleDoc::of(&role);
    let names = chosen(request, allowed, &role)?;
    let mut next = doc.next_id(allowed.at());
    for name in &names {
        if let Some(entry) = doc.resources.iter_mut().find(|r| r.name == *name) {
            next = change(entry, &values, allowed, next)?;
        }
    }
    let role = save(request, allowed, &role, &doc).await?;
    Ok(Answer::Data(names.iter().map(|name| entry_shown(allowed, &role, name)).collect()))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let role = roles::source(request, allowed).await?;
    let names = chosen(request, allowed, &role)?;
    let mut doc = RoleDoc::of(&role);
    doc.resources.retain(|r| !names.contains(&r.name));
    save(request, allowed, &role, &doc).await?;
    Ok(Answer::Data(json!(names.len())))
}

/// `roles:applyDataPermissions`: several entries in one call, each replacing what was there.
pub async fn apply(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let name = request.key()?;
    let role = roles::by_name(request, allowed, &name).await?.ok_or_else(Failure::not_found)?;
    let values = request.values()?;
    let mut doc = RoleDoc::of(&role);
    let bad = || Failure::bad("resources must be a list of objects with a name");
    let listed = match values.get("resources") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items.as_slice(),
        Some(_) => return Err(bad()),
    };
    if listed.len() > limits::FILTER_LIST_MAX {
        return Err(Failure::bad(format!("at most {} resources at once", limits::FILTER_LIST_MAX)));
    }
    let mut named = Vec::with_capacity(listed.len());
    for resource in listed {
        let resource = resource.as_object().ok_or_else(bad)?;
        let name = text_property(resource, "name")?.flatten().ok_or_else(bad)?;
        let next = doc.next_id(allowed.at());
        let mut entry = match doc.resources.iter().position(|r| r.name == name) {
            Some(at) => doc.resources.remove(at),
            None => new_entry(next, name, allowed),
        };
        entry.using_actions_config = true;
        change(&mut entry, resource, allowed, next + 1)?;
        named.push(entry.name.clone());
        doc.resources.push(entry);
    }
    if let Some(strategy) = values.get("strategy").filter(|s| !s.is_null()) {
        doc.strategy = Some(roles::strategy_of(strategy)?);
    }
    let role = save(request, allowed, &role, &doc).await?;
    named.dedup();
    let resources: Vec<Value> = named.iter().map(|name| entry_shown(allowed, &role, name)).collect();
    Ok(Answer::Data(json!({
        "roleName": role.name,
        "dataSourceKey": HOME,
        "count": resources.len(),
        "resources": resources,
    })))
}

/// `roles/{name}/dataSourcesCollections:list`: each collection the caller knows of, and whether the role has an entry
/// for it or goes by its strategy.
pub async fn collections(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let role = roles::source(request, allowed).await?;
    if request.base() != HOME {
        return memory::list(request, Vec::new());
    }
    let doc = RoleDoc::of(&role);
    let one = |mut row: Map<String, Value>| {
        let name = row.remove("name").unwrap_or_default();
        let entry = name.as_str().and_then(|name| doc.resource(name));
        let own = entry.is_some_and(|entry| entry.using_actions_config);
        let shown = json!({
            "type": "collection",
            "name": name,
            "collectionName": name,
            "dataSourceKey": HOME,
            "title": row.remove("title"),
            "roleName": role.name,
            "usingConfig": if own { "resourceAction" } else { "strategy" },
            "exists": entry.is_some(),
            "fields": row.remove("fields"),
        });
        shown.as_object().cloned().unwrap_or_default()
    };
    let rows: Vec<_> = crate::collections::told(request, allowed).into_iter().map(one).collect();
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

/// `dataSources/main/roles:get`: the strategy of a data source is the role's.
pub async fn strategy_get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    let name = match request.params.target_key()? {
        Some(name) => Some(name),
        None => request.filter(None)?.and_then(|f| role_in(&f)),
    };
    let role = match name {
        Some(name) => roles::by_name(request, allowed, &name).await?,
        None => None,
    };
    Ok(Answer::Data(role.map_or(Value::Null, |r| strategy_shown(&r))))
}

pub async fn strategy_update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    let _editing = request.inner.editing.lock().await;
    let values = request.values()?;
    let name = match request.params.target_key()? {
        Some(name) => name,
        None => text_property(&values, "roleName")?.flatten().ok_or_else(|| request.needs_a_target())?,
    };
    let role = roles::by_name(request, allowed, &name).await?.ok_or_else(Failure::not_found)?;
    let mut doc = RoleDoc::of(&role);
    match values.get("strategy") {
        None => {}
        Some(Value::Null) => doc.strategy = None,
        Some(strategy) => doc.strategy = Some(roles::strategy_of(strategy)?),
    }
    let role = save(request, allowed, &role, &doc).await?;
    Ok(Answer::Data(strategy_shown(&role)))
}

fn new_entry(id: i64, name: String, allowed: &Allowed) -> ResourceEntry {
    let now = Some(allowed.at().0);
    ResourceEntry {
        id,
        name,
        using_actions_config: true,
        actions: Vec::new(),
        created_at: now,
        updated_at: now,
    }
}

/// Takes a body into an entry; answers the next free id.
fn change(
    entry: &mut ResourceEntry,
    values: &Map<String, Value>,
    allowed: &Allowed,
    mut next: i64,
) -> Result<i64, Failure> {
    entry.updated_at = Some(allowed.at().0);
    if let Some(using) = crate::request::bool_property(values, "usingActionsConfig")? {
        entry.using_actions_config = using;
    }
    let listed = match values.get("actions") {
        None | Some(Value::Null) => return Ok(next),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Failure::bad("actions must be a list")),
    };
    if listed.len() > limits::PERMISSION_ACTIONS_MAX {
        return Err(Failure::bad(format!("at most {} actions at once", limits::PERMISSION_ACTIONS_MAX)));
    }
    entry.actions.clear();
    for item in listed {
        entry.actions.push(action(item, allowed, next)?);
        next += 1;
    }
    Ok(next)
}

fn action(value: &Value, allowed: &Allowed, id: i64) -> Result<ActionEntry, Failure> {
    let bad = || Failure::bad("actions must be a list of objects with a name");
    let (name, map) = match value {
        Value::String(name) => (name.clone(), Map::new()),
        Value::Object(map) => (text_property(map, "name")?.flatten().ok_or_else(bad)?, map.clone()),
        _ => return Err(bad()),
    };
    let fields = match map.get("fields") {
        // Only who says null lifts the limit: an action for which nothing was ticked shows nothing.
        Some(Value::Null) => None,
        None => Some(Vec::new()),
        Some(Value::Array(items)) => {
            let names: Option<Vec<String>> = items.iter().map(|i| i.as_str().map(str::to_owned)).collect();
            Some(names.ok_or_else(|| Failure::bad("fields must be a list of names"))?)
        }
        Some(_) => return Err(Failure::bad("fields must be a list of names")),
    };
    let (name, scope) = (canonical(&name).to_owned(), scope(&map, allowed)?);
    Ok(ActionEntry { id, name, fields, scope, created_at: Some(allowed.at().0) })
}

/// `scopeKey`, `scopeId`, or `scope` as an object with an id, a key, or the filter itself under `scope`.
fn scope(map: &Map<String, Value>, allowed: &Allowed) -> Result<Option<ScopeRef>, Failure> {
    let scopes = StoredScopes(allowed.catalog());
    let unknown = |what: &dyn std::fmt::Display| Failure::bad(format!("there is no scope {what}"));
    let by_key = |key: &str| scopes.id_of(key).map(|id| Some(ScopeRef::Id(id))).ok_or_else(|| unknown(&key));
    let by_id = |id: i64| scopes.filter(id).map(|_| Some(ScopeRef::Id(id))).ok_or_else(|| unknown(&id));
    if let Some(key) = text_property(map, "scopeKey")?.flatten() {
        return by_key(&key);
    }
    if let Some(id) = map.get("scopeId").and_then(Value::as_i64) {
        return by_id(id);
    }
    match map.get("scope") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(id)) => by_id(id.as_i64().unwrap_or_default()),
        Some(Value::Object(scope)) => {
            match (scope.get("id").and_then(Value::as_i64), scope.get("key"), scope.get("scope")) {
                (Some(id), _, _) => by_id(id),
                (None, Some(Value::String(key)), _) => by_key(key),
                (None, _, Some(Value::Object(filter))) => Ok(Some(ScopeRef::Inline(filter.clone()))),
                _ if scope.is_empty() => Ok(None),
                // Guessing what is meant could grant more than was meant.
                _ => Err(Failure::bad("scope must have an id, a key or a scope")),
            }
        }
        Some(_) => Err(Failure::bad("scope must be an object")),
    }
}

async fn save(request: &Request, allowed: &Allowed, role: &Role, doc: &RoleDoc) -> Result<Role, Failure> {
    let change: RoleChange = roles::rewritten(allowed, role, doc)?;
    Ok(request.inner.keys.update_role(allowed, role.id, change).await?)
}

/// The entries a change is about: by key or by filter.
fn chosen(request: &Request, allowed: &Allowed, role: &Role) -> Result<Vec<String>, Failure> {
    let all: Vec<Map<String, Value>> = entries(allowed, role);
    let name = |row: &Map<String, Value>| row.get("name").and_then(Value::as_str).map(str::to_owned);
    if let Some(keys) = request.params.target_keys()? {
        let wanted =
            |row: &Map<String, Value>| keys.iter().filter_map(Value::as_str).any(|k| names_it(row, k));
        return Ok(all.iter().filter(|r| wanted(r)).filter_map(name).collect());
    }
    let filter = request.filter(None)?.ok_or_else(|| request.needs_a_target())?;
    Ok(memory::matching(&filter, all).iter().filter_map(name).collect())
}

fn names_it(row: &Map<String, Value>, key: &str) -> bool {
    let id = row.get("id").and_then(Value::as_i64).map(|id| id.to_string());
    id.as_deref() == Some(key) || row.get("name").and_then(Value::as_str) == Some(key)
}

fn rows(request: &Request, allowed: &Allowed, role: &Role) -> Result<Vec<Map<String, Value>>, Failure> {
    let appends = request.params.names("appends")?.unwrap_or_default();
    let mut rows = entries(allowed, role);
    // The whole entry is small: `actions` are only left out when nobody asked for them in a `get` or `list`.
    if !appends.iter().any(|a| a == "actions" || a.starts_with("actions.")) {
        rows.iter_mut().for_each(|row| {
            row.remove("actions");
        });
    }
    Ok(rows)
}

fn entries(allowed: &Allowed, role: &Role) -> Vec<Map<String, Value>> {
    let scopes = StoredScopes(allowed.catalog());
    let doc = RoleDoc::of(role);
    doc.resources.iter().map(|entry| row(entry, role, &scopes)).collect()
}

fn entry_shown(allowed: &Allowed, role: &Role, name: &str) -> Value {
    let found = entries(allowed, role).into_iter().find(|r| r.get("name") == Some(&json!(name)));
    found.map_or(Value::Null, Value::Object)
}

fn row(entry: &ResourceEntry, role: &Role, scopes: &StoredScopes<'_>) -> Map<String, Value> {
    // Older entries are as old as their role.
    let made = entry.created_at.map_or(role.created_at, Millis).rfc3339();
    let changed = entry.updated_at.map_or(role.updated_at, Millis).rfc3339();
    let action = |action: &ActionEntry| {
        let made = action.created_at.map_or_else(|| changed.clone(), |at| Millis(at).rfc3339());
        let id = match &action.scope {
            Some(ScopeRef::Id(id)) => json!(id),
            _ => Value::Null,
        };
        json!({
            "id": action.id,
            "createdAt": made,
            "updatedAt": made,
            "name": action.name,
            "fields": action.fields,
            "rolesResourceId": entry.id,
            "scopeId": id,
            "scope": action.scope.as_ref().map(|s| scopes.shown(s)),
        })
    };
    let value = json!({
        "id": entry.id,
        "createdAt": made,
        "updatedAt": changed,
        "roleName": role.name,
        "dataSourceKey": HOME,
        "name": entry.name,
        "usingActionsConfig": entry.using_actions_config,
        "actions": entry.actions.iter().map(action).collect::<Vec<_>>(),
    });
    value.as_object().cloned().unwrap_or_default()
}

fn strategy_shown(role: &Role) -> Value {
    let strategy = RoleDoc::of(role).strategy;
    json!({ "id": role.id.to_string(), "roleName": role.name, "dataSourceKey": HOME, "strategy": strategy })
}

/// The role a filter names: `{"roleName": "x"}`.
fn role_in(filter: &domain::query::Filter) -> Option<String> {
    use domain::query::{CmpOp, Filter, Term};
    match filter {
        Filter::And(parts) => parts.iter().find_map(role_in),
        Filter::Cmp { field, op: CmpOp::Eq, terms } if field == "roleName" || field == "name" => {
            match terms.first()? {
                Term::Literal(Value::String(name)) => Some(name.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}
