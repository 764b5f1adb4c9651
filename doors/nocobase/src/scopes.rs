//! Scopes: which rows an action of a role is for. Two are built in; the others are kept with their
//! collection, so that they go when the collection goes.

use data::TablePatch;
use domain::{catalog::Catalog, decision::Allowed};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    collections,
    failure::{self, Failure},
    filter::{self, Context},
    memory,
    request::{Request, text_property},
    role::{HOME, ScopeRef, Scopes},
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
            json!({"id": ALL, "key": "all", "dataSourceKey": HOME, "name": "All records", "resourceName": null, "scope": {}}),
            json!({"id": OWN, "key": "own", "dataSourceKey": HOME, "name": "Own records", "resourceName": null, "scope": own}),
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
    memory::list(request, StoredScopes(allowed.catalog()).all())
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
    let id = used.unwrap_or(OWN).max(allowed.at().0) + 1;
    let row = json!({
        "id": id,
        "key": format!("s{id}"),
        "dataSourceKey": HOME,
        "name": text_property(&values, "name")?.flatten(),
        "resourceName": resource,
        "scope": scope,
    });
    kept.push(row.clone());
    let patch = TablePatch {
        extra: Some(Some(collections::with_notes(&table, "scopes", kept))),
        ..TablePatch::default()
    };
    request
        .inner
        .data
        .patch_table(allowed, patch)
        .await
        .map_err(|e| failure::data("rolesResourcesScopes", e))?;
    Ok(Answer::Data(row))
}
