//! The slow reference: answers one concrete question by walking what was stored, entry by entry. It shares
//! nothing with compiling, joining or meeting, so that a mistake there shows as a difference.

use crate::{
    BaseId, WorkspaceId,
    catalog::{Catalog, Table},
};

use super::{Cond, Entry, Grants, Op, Reach, Scopes};

/// Where the question is asked: the deepest part that is given.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    Server,
    Workspace(WorkspaceId),
    Base(BaseId),
    Table(&'a Table),
}

/// One row as far as conditions see it, and one of its fields. Deleting names no field.
pub struct Question<'a> {
    pub op: Op,
    pub at: At<'a>,
    pub holds: &'a dyn Fn(&Cond) -> bool,
    pub field: Option<&'a str>,
}

/// Whether the grants allow it: the deepest level that decides this operation decides it alone.
pub fn grants_allow(grants: &Grants, catalog: &Catalog, question: &Question<'_>) -> bool {
    for depth in [3, 2, 1, 0] {
        let deciding: Vec<&Entry> = grants
            .0
            .iter()
            .filter(|e| depth_of(&e.reach) == depth && covers(&e.reach, catalog, question.at))
            .filter(|e| e.set.unwrap_or(e.allow).has(question.op))
            .collect();
        if !deciding.is_empty() {
            return deciding.iter().any(|entry| entry_allows(entry, question));
        }
    }
    false
}

/// Whether any scope contains the place and names the operation.
pub fn scopes_allow(scopes: &Scopes, catalog: &Catalog, question: &Question<'_>) -> bool {
    scopes.0.iter().any(|scope| {
        let (workspace, base, table) = parts(catalog, question.at);
        let in_workspace = scope.workspace.as_ref().is_none_or(|name| {
            workspace.is_some_and(|id| &id.to_string() == name || catalog.workspaces[&id].name == *name)
        });
        let in_base = scope.base.as_ref().is_none_or(|name| {
            base.is_some_and(|id| &id.to_string() == name || catalog.bases[&id].name == *name)
        });
        let in_table = scope
            .table
            .as_ref()
            .is_none_or(|name| scope.base.is_some() && table.is_some_and(|t| called(t, name)));
        let unnamed = scope.categories.is_none() && scope.operations.is_none();
        let listed = scope.operations.iter().flatten().any(|op| *op == question.op);
        let category = scope.categories.iter().flatten().any(|(c, level)| c.ops(*level).has(question.op));
        in_workspace && in_base && in_table && (unnamed || listed || category)
    })
}

fn depth_of(reach: &Reach) -> u8 {
    match reach {
        Reach::Everywhere => 0,
        Reach::Workspace(_) => 1,
        Reach::Base(_) => 2,
        Reach::Table { .. } => 3,
    }
}

fn covers(reach: &Reach, catalog: &Catalog, at: At<'_>) -> bool {
    let (workspace, base, table) = parts(catalog, at);
    let in_base =
        |name: &str| base.is_some_and(|id| id.to_string() == name || catalog.bases[&id].name == name);
    match reach {
        Reach::Everywhere => true,
        Reach::Workspace(name) => {
            workspace.is_some_and(|id| &id.to_string() == name || catalog.workspaces[&id].name == *name)
        }
        Reach::Base(name) => in_base(name),
        Reach::Table { base, table: name } => in_base(base) && table.is_some_and(|t| called(t, name)),
    }
}

fn called(table: &Table, name: &str) -> bool {
    table.name == name || table.id.to_string() == name
}

fn parts<'a>(catalog: &Catalog, at: At<'a>) -> (Option<WorkspaceId>, Option<BaseId>, Option<&'a Table>) {
    match at {
        At::Server => (None, None, None),
        At::Workspace(id) => (Some(id), None, None),
        At::Base(id) => (Some(catalog.bases[&id].workspace), Some(id), None),
        At::Table(table) => (Some(table.workspace), Some(table.base), Some(table)),
    }
}

fn entry_allows(entry: &Entry, question: &Question<'_>) -> bool {
    if !entry.allow.has(question.op) {
        return false;
    }
    let limits: Vec<_> = entry.limits.iter().filter(|l| l.ops.has(question.op)).collect();
    if !question.op.name().starts_with("record.") || limits.is_empty() {
        return true;
    }
    limits.iter().any(|limit| {
        let rows = limit.rows.iter().all(|cond| (question.holds)(cond));
        // Names of fields mean something only where there is a table, and only in entries of that table.
        let at_table = matches!(entry.reach, Reach::Table { .. });
        let field = match (&limit.fields, question.field) {
            (None, _) | (_, None) => true,
            (Some(names), Some(asked)) => at_table && names.iter().any(|n| n == asked),
        };
        rows && field
    })
}
