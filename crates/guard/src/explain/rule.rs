//! Which rule decided: the entry of a role that allows the operation, or what is missing.

use domain::{
    WorkspaceId,
    access::{Entry, Op, Place, Reach},
    catalog::Catalog,
    decision::{Gate, StepOutcome},
    user::Role,
};

use crate::{
    access::Access,
    ctx::{Ctx, RoleChoice, replaces_roles},
};

use super::{GateReport, Rule};

pub(super) fn decided(ctx: &mut Ctx<'_>, gates: &[GateReport]) -> Rule {
    let failed = gates.iter().find(|g| g.outcome == StepOutcome::Failed).map(|g| g.gate);
    match (failed, ctx.ask.op) {
        (None, None) => Rule::NoneAsked,
        (None, Some(op)) => allowing(ctx, op),
        (Some(Gate::Role), _) => {
            Rule::NoRoleEntry { roles: acting_roles(ctx).iter().map(|r| r.name.clone()).collect() }
        }
        (Some(Gate::Scope | Gate::Level), _) => {
            Rule::NoKeyScope { scopes: ctx.key().and_then(|k| k.scopes()).map_or(0, |s| s.0.len()) }
        }
        (Some(gate), _) => Rule::Gate(gate),
    }
}

fn allowing(ctx: &mut Ctx<'_>, op: Op) -> Rule {
    if let Some(kind) = ctx.key().map(|k| k.kind()).filter(|kind| replaces_roles(*kind)) {
        return Rule::Everything { why: kind.name() };
    }
    let (access, place) = (ctx.access(), ctx.place());
    for role in acting_roles(ctx) {
        if role.root {
            return Rule::Everything { why: "root role" };
        }
        if let Some(entry) = allowing_entry(&role, op, &place, &access) {
            return Rule::RoleEntry { role: role.id, role_name: role.name, entry };
        }
    }
    Rule::Everything { why: "root user" }
}

/// The roles that count for this call.
pub(super) fn acting_roles(ctx: &mut Ctx<'_>) -> Vec<Role> {
    let access = ctx.access();
    match (ctx.role_choice(), ctx.load_user()) {
        (RoleChoice::One(role), _) => vec![role.role.clone()],
        (RoleChoice::AllHeld, Some(user)) if !user.user.root => {
            access.held(&user).map(|r| r.role.clone()).collect()
        }
        (RoleChoice::AllHeld | RoleChoice::Missing, _) => Vec::new(),
    }
}

/// Levels replace downwards: the deepest level that decides the operation has the word.
fn allowing_entry(role: &Role, op: Op, place: &Place, access: &Access) -> Option<usize> {
    let deciding = |level: u8| {
        let at_level = move |(_, e): &(usize, &Entry)| {
            depth(e, place, &access.catalog) == Some(level) && e.set().has(op)
        };
        role.grants.0.iter().enumerate().filter(at_level)
    };
    let level = (0..=3).rev().find(|level| deciding(*level).next().is_some())?;
    deciding(level).find(|(_, e)| e.allow.has(op)).map(|(index, _)| index)
}

/// How deep the entry's level is, if the place lies in it.
fn depth(entry: &Entry, place: &Place, catalog: &Catalog) -> Option<u8> {
    let (level, here) = match &entry.reach {
        Reach::Everywhere => (0, true),
        Reach::Workspace(name) => {
            let in_it = |id: WorkspaceId| {
                id.to_string() == *name || catalog.workspaces.get(&id).is_some_and(|w| w.name == *name)
            };
            (1, place.workspace.is_some_and(in_it))
        }
        Reach::Base(name) => (2, place.base.is_some() && catalog.base(name).map(|b| b.id) == place.base),
        Reach::Table { base, table } => {
            let named = catalog.base(base).and_then(|b| catalog.table(b.id, table)).map(|t| t.id);
            (3, place.table.is_some() && named == place.table)
        }
    };
    here.then_some(level)
}
