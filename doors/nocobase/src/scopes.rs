//! Scopes: which rows an action of a role is for. Two are built in; the others are kept with their
//! collection, so that they go when the collection goes.

use std::sync::Arc;

use data::TablePatch;
use domain::{
    access::Op,
    catalog::{Catalog, Table},
    decision::Allowed,
};
use keys::RoleChange;
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    collections,
    failure::{self, Failure},
    filter::{self, Context},
    memory,
    request::{Request, text_property},
    role::{self, HOME, RoleDoc, ScopeRef, Scopes},
};

/// Scopes everybody has.
const ALL: i64 = 1;
pub const OWN: i64 = 2;

/// The scopes there are: the two built in, and those kept with their collections.
pub struct StoredScopes<'c>(pub &'c Catalog);

impl Scopes for StoredScopes<'_> {
    fn filter(&self, id: i64) -> Option<Map<String, Value>> {
        self.all().into_iter().find(|s| s.get("id") == Some(&json!(id)))?.get("scope")?.as_object().cloned()
    }
}

impl StoredScopes<'_> {
    fn all(&self) -> Vec<Map<String, Value>> {
        let own = json!({ "createdById": "{{ ctx.state.currentUser.id }}" });
        let builtin = [
            json!({"id": ALL, "key": "all", "dataSourceKey": HOME, "name": "All records", "resourceName": null, "scope": {}, "createdAt": null, "updatedAt": null}),
            json!({"id": OWN, "key": "own", "dataSourceKey": HOME, "name": "Own records", "resourceName": null, "scope": own, "createdAt": null, "updatedAt": null}),
        ];
        let home = self.0.base(HOME).map(|b| b.id);
        let tables = self.0.tables.values().filter(|t| Some(t.base) == home);
        let custom = tables.flat_map(|t| collections::notes(t, "scopes"));
        builtin.into_iter().chain(custom).filter_map(|v| v.as_object().cloned()).collect()
    }

    pub fn id_of(&self, key: &str) -> Option<i64> {
        self.all().iter().find(|s| s.get("key") == Some(&json!(key)))?.get("id")?.as_i64()
    }

    pub fn shown(&self, scope: &ScopeRef) -> Value {
        match scope {
            ScopeRef::Inline(filter) => json!({ "scope": filter }),
            ScopeRef::Id(id) => {
                let found = self.all().into_iter().find(|s| s.get("id") == Some(&json!(id)));
                found.map_or(Value::Null, Value::Object)
            }
        }
    }
}

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    let rows = StoredScopes(allowed.catalog()).all();
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    let rows = StoredScopes(allowed.catalog()).all();
    let Some(id) = request.params.target_key()? else { return memory::first(request, rows) };
    let found = rows.into_iter().find(|row| row.get("id").map(Value::to_string).as_deref() == Some(&*id));
    Ok(Answer::Data(found.map_or(Value::Null, Value::Object)))
}

/// Roles that name the scope mean the new filter from now on.
pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    let _editing = request.inner.editing.lock().await;
    let (id, values) = (named(request)?, request.values()?);
    let catalog = request.inner.data.catalog();
    let Some((table, mut kept, at)) = place(&catalog, id) else { return Ok(Answer::Data(json!([]))) };
    let mut row = kept.get(at).and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(name) = text_property(&values, "name")? {
        row.insert("name".to_owned(), json!(name));
    }
    match values.get("scope") {
        None => {}
        Some(Value::Object(filter)) => {
            filter::parse(&Value::Object(filter.clone()), &Context::default())?;
            row.insert("scope".to_owned(), json!(filter));
        }
        // Null would be every record: that is what the scope "all" is for.
        Some(_) => return Err(Failure::bad("scope must be a filter")),
    }
    row.insert("updatedAt".to_owned(), json!(allowed.at().rfc3339()));
    kept.iter_mut().skip(at).take(1).for_each(|kept| *kept = Value::Object(row.clone()));
    keep(request, allowed, &table, kept).await?;
    recompile(request, allowed, id).await?;
    Ok(Answer::Data(json!([row])))
}

/// What roles grant through the scope is granted no longer.
pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    let _editing = request.inner.editing.lock().await;
    let id = named(request)?;
    let catalog = request.inner.data.catalog();
    let Some((table, mut kept, at)) = place(&catalog, id) else { return Ok(Answer::Data(json!(0))) };
    kept.remove(at);
    keep(request, allowed, &table, kept).await?;
    recompile(request, allowed, id).await?;
    Ok(Answer::Data(json!(1)))
}

/// The scope an action is about. The two built in stay as they are.
fn named(request: &Request) -> Result<i64, Failure> {
    let id = request.key()?.parse().map_err(|_| Failure::bad("filterByTk must be the id of a scope"))?;
    if id == ALL || id == OWN { Err(Failure::forbidden()) } else { Ok(id) }
}

/// The collection that keeps a scope, all that it keeps, and which of them it is.
fn place(catalog: &Catalog, id: i64) -> Option<(Arc<Table>, Vec<Value>, usize)> {
    let home = catalog.base(HOME)?.id;
    catalog.tables.values().filter(|t| t.base == home).find_map(|table| {
        let kept = collections::notes(table, "scopes");
        let at = kept.iter().position(|row| row.get("id") == Some(&json!(id)))?;
        Some((Arc::clone(table), kept, at))
    })
}

async fn keep(
    request: &Request,
    allowed: &Allowed,
    table: &Arc<Table>,
    kept: Vec<Value>,
) -> Result<(), Failure> {
    let there = allowed.implied(Op::TableUpdate, table).ok_or_else(Failure::forbidden)?;
    let extra = Some(Some(collections::with_notes(table, "scopes", kept)));
    let patch = TablePatch { extra, ..TablePatch::default() };
    let done = request.inner.data.patch_table(&there, patch).await;
    done.map(drop).map_err(|e| failure::data("rolesResourcesScopes", e))
}

async fn recompile(request: &Request, allowed: &Allowed, id: i64) -> Result<(), Failure> {
    let catalog = request.inner.data.catalog();
    for role in request.inner.keys.roles(allowed).await? {
        let doc = RoleDoc::of(&role);
        let mut actions = doc.resources.iter().flat_map(|r| &r.actions);
        if !actions.any(|action| action.scope == Some(ScopeRef::Id(id))) {
            continue;
        }
        let change = RoleChange {
            grants: Some(role::compile(&doc, &catalog, &StoredScopes(&catalog))?),
            extra: Some(Some(doc.write_into(role.extra.as_deref()))),
            ..RoleChange::default()
        };
        request.inner.keys.update_role(allowed, role.id, change).await?;
    }
    Ok(())
}

/// A scope of one's own. It is kept with its collection, so that it goes when the collection goes.
pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    request.home_source()?;
    let _editing = request.inner.editing.lock().await;
    let values = request.values()?;
    let resource = text_property(&values, "resourceName")?
        .flatten()
        .ok_or_else(|| Failure::bad("resourceName is required"))?;
    let scope = match values.get("scope") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(filter)) => filter.clone(),
        Some(_) => return Err(Failure::bad("scope must be a filter")),
    };
    filter::parse(&Value::Object(scope.clone()), &Context::default())?;
    let table = request.inner.data.table(allowed).map_err(|e| failure::data("rolesResourcesScopes", e))?;
    let mut kept = collections::notes(&table, "scopes");
    let used = StoredScopes(allowed.catalog()).all().iter().filter_map(|s| s.get("id")?.as_i64()).max();
    // Never an id that was used before: a role could still name it.
    let id = used.unwrap_or(OWN).max(role::id_of(allowed.at())) + 1;
    let row = json!({
        "id": id,
        "key": format!("s{id}"),
        "dataSourceKey": HOME,
        "name": text_property(&values, "name")?.flatten(),
        "resourceName": resource,
        "scope": scope,
        "createdAt": allowed.at().rfc3339(),
        "updatedAt": allowed.at().rfc3339(),
    });
    kept.push(row.clone());
    keep(request, allowed, &table, kept).await?;
    Ok(Answer::Data(row))
}
