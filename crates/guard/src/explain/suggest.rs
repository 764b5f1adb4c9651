//! The smallest changes that would let the call pass. Each failing gate has its own; gates that fail for one
//! cause share one. Together they flip the answer, and each of them is needed.

use domain::{
    KeyId,
    access::{Op, Scope},
    decision::{Gate, Reason, StepOutcome, Target},
    key::{KeyKind, Quota},
    limit::{RateLimit, RateVerdict, Refill, RefillMode, peek, refill_due},
    limits::{QUOTA_MAX, RATE_LIMIT_MAX},
    user::Role,
};

use crate::ctx::{Ctx, RoleChoice, replaces_roles};

use super::{GateReport, Suggestion};

/// What to do, or why nothing can be done.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) suggestions: Vec<Suggestion>,
    pub(super) impossible: Vec<String>,
}

impl Plan {
    fn add(&mut self, suggestion: Suggestion) {
        if !self.suggestions.contains(&suggestion) {
            self.suggestions.push(suggestion);
        }
    }

    fn cannot(&mut self, why: impl Into<String>) {
        let why = why.into();
        if !self.impossible.contains(&why) {
            self.impossible.push(why);
        }
    }
}

pub(super) fn plan(ctx: &mut Ctx<'_>, gates: &[GateReport], quota: Option<Quota>) -> Plan {
    let mut plan = Plan::default();
    let mut roles_done = false;
    for report in gates.iter().filter(|g| g.outcome == StepOutcome::Failed) {
        match report.gate {
            Gate::Present | Gate::Known | Gate::Resource | Gate::Rule => plan.cannot(report.detail.clone()),
            Gate::Owner | Gate::Role => {
                if report.gate == Gate::Owner && report.reason == Some(Reason::OwnerInactive) {
                    owner(ctx, &mut plan, report);
                }
                if !std::mem::replace(&mut roles_done, true) {
                    roles(ctx, &mut plan, gates);
                }
            }
            gate => match ctx.key().map(|k| k.id()) {
                Some(key) => of_key(ctx, &mut plan, gate, key, report, quota),
                None => plan.cannot(report.detail.clone()),
            },
        }
    }
    if !plan.impossible.is_empty() {
        plan.suggestions.clear();
    }
    plan
}

/// Gates that only look at the key's own settings.
fn of_key(
    ctx: &mut Ctx<'_>,
    plan: &mut Plan,
    gate: Gate,
    key: KeyId,
    report: &GateReport,
    quota: Option<Quota>,
) {
    match gate {
        Gate::Enabled => plan.add(Suggestion::Enable { key }),
        Gate::Expired => plan.add(Suggestion::ExtendExpiry { key, until: ctx.now.plus(1) }),
        Gate::Host => match ctx.peer {
            Some(ip) => plan.add(Suggestion::AddHost { key, ip: ip.to_canonical() }),
            None => plan.cannot(report.detail.clone()),
        },
        Gate::Rate => rate(ctx, plan, key),
        Gate::Scope | Gate::Level => plan.add(Suggestion::AddScope { key, scope: scope(ctx) }),
        Gate::Permissions => permissions(ctx, plan, key),
        Gate::Quota => match quota {
            Some(quota) => uses(ctx, plan, key, &quota),
            None => plan.cannot(report.detail.clone()),
        },
        _ => plan.cannot(report.detail.clone()),
    }
}

fn rate(ctx: &Ctx<'_>, plan: &mut Plan, key: KeyId) {
    let Some(cached) = ctx.key() else { return };
    let Some(limit) = cached.rate_limit() else { return };
    let window = cached.window();
    // One more is enough for a window that is over; a full one needs room for all that it counted.
    let one_more = RateLimit { max: limit.max.saturating_add(1), ..limit };
    let max = match peek(&one_more, window, ctx.now) {
        RateVerdict::Accepted { .. } => one_more.max,
        RateVerdict::Refused { .. } => window.count.saturating_add(1),
    };
    match u64::from(max) <= RATE_LIMIT_MAX {
        true => plan.add(Suggestion::RaiseRate { key, max }),
        false => plan.cannot("the rate limit is as high as it can be; wait"),
    }
}

fn scope(ctx: &Ctx<'_>) -> Scope {
    let (base, table) = match &ctx.target {
        Some(Target::Table(t)) => (Some(t.base.to_string()), Some(t.id.to_string())),
        Some(Target::Base(b)) => (Some(b.id.to_string()), None),
        Some(Target::Server) | None => (None, None),
    };
    let reading = if table.is_some() { Op::RecordRead } else { Op::BaseRead };
    Scope { base, table, operations: Some(vec![ctx.ask.op.unwrap_or(reading)]), ..Scope::default() }
}

fn permissions(ctx: &Ctx<'_>, plan: &mut Plan, key: KeyId) {
    let Some(wanted) = ctx.ask.permissions else { return };
    if wanted.0.is_empty() || wanted.0.values().any(|actions| actions.is_empty()) {
        plan.cannot("a requirement without any action is never met");
        return;
    }
    let held = ctx.key().and_then(|k| k.permissions()).cloned().unwrap_or_default();
    plan.add(Suggestion::GrantPermissions { key, missing: held.missing(wanted) });
}

fn uses(ctx: &Ctx<'_>, plan: &mut Plan, key: KeyId, quota: &Quota) {
    let cost = ctx.ask.cost;
    if !(1..=QUOTA_MAX).contains(&cost) {
        plan.cannot("no quota allows a call of this cost");
        return;
    }
    let due = |refill: &Refill| refill_due(quota.balance, refill, ctx.now);
    let filled = quota.refill.as_ref().and_then(due);
    match (&quota.refill, filled) {
        // Whatever is added now, the refill that comes first sets the balance to its amount.
        (Some(Refill { mode: RefillMode::Reset, .. }), Some(_)) => {
            plan.add(Suggestion::RaiseRefill { key, amount: cost })
        }
        _ => {
            let by = cost.saturating_sub(filled.unwrap_or(quota.balance).remaining);
            plan.add(Suggestion::TopUp { key, by });
        }
    }
}

/// The owner is gone, inactive or no administrator (any more).
fn owner(ctx: &mut Ctx<'_>, plan: &mut Plan, report: &GateReport) {
    let Some(user) = ctx.load_user() else {
        plan.cannot(report.detail.clone());
        return;
    };
    if !user.user.active {
        plan.add(Suggestion::ActivateOwner { user: user.user.id });
    }
    let access = ctx.access();
    let lacking = match ctx.key().map(|k| k.kind()) {
        Some(KeyKind::Administration) => !access.is_administrator(&user),
        Some(KeyKind::Root) => !access.is_root(&user),
        Some(KeyKind::Standard | KeyKind::Legacy) | None => false,
    };
    if lacking {
        plan.add(Suggestion::MakeOwnerRoot { user: user.user.id });
    }
}

/// Everything about roles at once: which one to act in, who holds it, what it grants.
fn roles(ctx: &mut Ctx<'_>, plan: &mut Plan, gates: &[GateReport]) {
    if ctx.key().is_some_and(|k| replaces_roles(k.kind())) {
        return;
    }
    let role_gate = gates.iter().find(|g| g.gate == Gate::Role).map(|g| g.outcome);
    let not_held = not_held(ctx);
    let not_granted = role_gate == Some(StepOutcome::Failed);
    if !not_held && !not_granted {
        return;
    }
    // A role that is given must also allow the operation, unless nobody will ask.
    let must_allow = role_gate.is_some();
    let bound = ctx.key().is_some_and(|k| k.role().is_some());
    let access = ctx.access();
    match ctx.role_choice() {
        RoleChoice::One(role) => {
            if not_held {
                assign(ctx, plan, &role.role);
            }
            grant(ctx, plan, &role.role, not_granted);
        }
        RoleChoice::Missing if !bound => plan.cannot("there is no role of the name the call chose"),
        RoleChoice::Missing => bind(ctx, plan, must_allow),
        RoleChoice::AllHeld => match ctx.load_user().and_then(|u| access.main_role(&u).cloned()) {
            Some(role) => grant(ctx, plan, &role.role, not_granted),
            None => bind(ctx, plan, must_allow),
        },
    }
}

/// Whether the user lacks the role the call acts in; as the owner gate sees it, once the user is active.
fn not_held(ctx: &mut Ctx<'_>) -> bool {
    let Some(user) = ctx.load_user() else { return false };
    if let Some(bound) = ctx.key().and_then(|k| k.role()) {
        return !user.user.root && !user.holds(bound);
    }
    let is_session = ctx.key().is_none();
    match ctx.role_choice() {
        RoleChoice::One(role) => !user.user.root && !user.holds(role.role.id),
        RoleChoice::Missing => true,
        RoleChoice::AllHeld => {
            let none = ctx.access().held(&user).next().is_none();
            is_session && !user.user.root && none && ctx.ask.op.is_some()
        }
    }
}

fn assign(ctx: &Ctx<'_>, plan: &mut Plan, role: &Role) {
    if let Some(user) = ctx.user_id() {
        plan.add(Suggestion::AssignRole { user, role: role.id });
    }
}

/// Gives the role the operation, if it is `lacking`.
fn grant(ctx: &Ctx<'_>, plan: &mut Plan, role: &Role, lacking: bool) {
    let (Some(op), true) = (ctx.ask.op, lacking) else { return };
    let (base, table) = match &ctx.target {
        Some(Target::Table(t)) => (Some(t.base), Some(t.id)),
        Some(Target::Base(b)) => (Some(b.id), None),
        Some(Target::Server) | None => (None, None),
    };
    plan.add(Suggestion::GrantRole { role: role.id, op, base, table });
}

/// The subject has no role at all, or the key's role is gone: another one must be given.
fn bind(ctx: &mut Ctx<'_>, plan: &mut Plan, must_allow: bool) {
    let Some(role) = candidate(ctx) else {
        plan.cannot("there is no role that could be given");
        return;
    };
    let key = ctx.key().map(|k| (k.id(), k.role().is_some()));
    let user = ctx.load_user();
    match key {
        // A user's key without a role of its own acts in all of the user's.
        Some((_, false)) if user.is_some() => {}
        Some((key, _)) => plan.add(Suggestion::BindRole { key, role: role.id }),
        None => {}
    }
    if user.is_some_and(|u| !u.user.root && !u.holds(role.id)) {
        assign(ctx, plan, &role);
    }
    let lacking = must_allow && !allows(ctx, &role);
    grant(ctx, plan, &role, lacking);
}

/// An existing role, preferably one that is held and one that allows the call already; the same one every time.
fn candidate(ctx: &mut Ctx<'_>) -> Option<Role> {
    let access = ctx.access();
    let user = ctx.load_user();
    let mut all: Vec<&Role> = access.roles.values().map(|r| &r.role).collect();
    all.sort_by_key(|r| (r.root, r.id));
    let mut best: Option<((bool, bool), &Role)> = None;
    for role in all {
        let rank = (user.as_ref().is_some_and(|u| u.holds(role.id)), allows(ctx, role));
        if best.is_none_or(|(before, _)| rank > before) {
            best = Some((rank, role));
        }
    }
    best.map(|(_, role)| role.clone())
}

fn allows(ctx: &mut Ctx<'_>, role: &Role) -> bool {
    let (access, place) = (ctx.access(), ctx.place());
    let Some(op) = ctx.ask.op else { return true };
    access.roles.get(&role.id).is_some_and(|r| access.layer_of(r).cell(&place).allows(op))
}
