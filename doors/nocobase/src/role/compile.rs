//! What a role document means: a strategy becomes an entry at the base, a resource entry one at its
//! table (deciding every record operation, so that nothing of the strategy is left there), snippets
//! operations on the server and on structure.

use std::sync::Arc;

use domain::{
    access::{Cond, Entry, Grants, Limit, Op, Ops, Reach},
    catalog::{Catalog, Table},
    query::{CmpOp, Filter, Term, Var},
};
use serde_json::{Map, Value};

use super::{ResourceEntry, RoleDoc, ScopeRef, action, snippet};
use crate::{
    filter::{self, FilterError},
    render,
};

/// The one base this dialect knows.
pub const HOME: &str = "main";

/// Fields that can be read wherever anything can: screens need them to address a record.
const RIDERS: [&str; 3] = ["createdAt", "updatedAt", "createdById"];

/// Looks up the filter of a scope by id.
pub trait Scopes {
    fn filter(&self, id: i64) -> Option<Map<String, Value>>;
}

#[derive(Debug, thiserror::Error)]
#[error("scope: {0}")]
pub struct RoleError(#[from] FilterError);

/// Compiles; `catalog` names the primary keys that ride along.
pub fn compile(doc: &RoleDoc, catalog: &Catalog, scopes: &dyn Scopes) -> Result<Grants, RoleError> {
    let (server, structure) = snippet::grants(&doc.snippets);
    let mut entries = vec![
        Entry { reach: Reach::Everywhere, set: None, allow: server, limits: Vec::new() },
        strategy(doc, structure),
    ];
    for resource in doc.resources.iter().filter(|r| r.using_actions_config) {
        let table = catalog.base(HOME).and_then(|b| catalog.table(b.id, &resource.name));
        entries.push(entry(resource, table.map(AsRef::as_ref), scopes)?);
    }
    entries.retain(|e| !e.allow.is_empty() || !e.set().is_empty());
    Ok(Grants(entries))
}

fn strategy(doc: &RoleDoc, structure: Ops) -> Entry {
    let actions = doc.strategy.iter().flat_map(|s| &s.actions);
    let (mut whole, mut own) = (Ops::NONE, Ops::NONE);
    for action in actions {
        match action.split_once(':') {
            None => whole = whole.or(action::ops(action)),
            Some((name, "own")) => own = own.or(action::ops(name)),
            Some((name, "all")) => whole = whole.or(action::ops(name)),
            // A predicate nobody knows grants nothing.
            Some(_) => {}
        }
    }
    let own = own.without(whole);
    let limits = if own.is_empty() {
        Vec::new()
    } else {
        vec![Limit { ops: own, rows: vec![Cond::Own], fields: None }]
    };
    let allow = whole.or(own).or(structure);
    Entry { reach: Reach::Base(HOME.to_owned()), set: Some(allow.or(Ops::RECORD)), allow, limits }
}

fn entry(resource: &ResourceEntry, table: Option<&Table>, scopes: &dyn Scopes) -> Result<Entry, RoleError> {
    let mut allow = Ops::NONE;
    let mut limits = Vec::new();
    for listed in &resource.actions {
        let ops = action::ops(&listed.name);
        if ops.is_empty() {
            continue;
        }
        let rows = match &listed.scope {
            None => Vec::new(),
            // A scope that is gone lets nobody in.
            Some(scope) => match rows(scope, scopes)? {
                Some(rows) => rows,
                None => continue,
            },
        };
        allow = allow.or(ops);
        limits.push(Limit { ops, rows, fields: fields(listed.fields.as_deref(), ops, table) });
    }
    let reach = Reach::Table { base: HOME.to_owned(), table: resource.name.clone() };
    Ok(Entry { reach, set: Some(Ops::RECORD), allow, limits })
}

/// Deleting names no fields, and for writing an empty list is no limit; for reading and exporting it leaves what
/// rides along.
fn fields(listed: Option<&[String]>, ops: Ops, table: Option<&Table>) -> Option<Vec<String>> {
    let reads = ops.has(Op::RecordRead) || ops.has(Op::RecordExport);
    let listed = listed.filter(|listed| reads || !listed.is_empty())?;
    if ops == Op::RecordDelete.bit() {
        return None;
    }
    let mut fields = listed.to_vec();
    if reads {
        let primary = table.and_then(Table::primary).map_or("id", |f| &f.name);
        fields.extend(std::iter::once(primary).chain(RIDERS).map(str::to_owned));
        // Screens sort by the order of a collection, though no answer shows it.
        let orders = table.into_iter().flat_map(|t| &t.fields).filter(|f| render::unseen_order(f));
        fields.extend(orders.map(|f| f.name.clone()));
    }
    Some(fields)
}

/// `None`: there is no such scope any more.
fn rows(scope: &ScopeRef, scopes: &dyn Scopes) -> Result<Option<Vec<Cond>>, RoleError> {
    let filter = match scope {
        ScopeRef::Id(id) => scopes.filter(*id),
        ScopeRef::Inline(filter) => Some(filter.clone()),
    };
    let Some(filter) = filter else { return Ok(None) };
    let filter = filter::parse(&Value::Object(filter), &filter::Context::default())?;
    Ok(Some(match filter {
        filter if filter.is_all() => Vec::new(),
        filter if is_own(&filter) => vec![Cond::Own],
        filter => vec![Cond::Matching(Arc::new(filter))],
    }))
}

/// `createdById = {{ the current user's id }}` is the core's own idea of "own".
fn is_own(filter: &Filter) -> bool {
    matches!(filter, Filter::Cmp { field, op: CmpOp::Eq, terms }
        if field == "createdById" && matches!(terms.as_slice(), [Term::Var(Var::UserId)]))
}

#[cfg(test)]
mod tests;
