//! The dry run itself: each gate of the profile, asked by the same code as a real call, in its peeking form.

use std::sync::Arc;

use domain::{
    Millis,
    decision::{Gate, Reason, StepOutcome, Trace},
    key::{KeyKind, Quota},
    limit::{Debit, debit},
    secret::Digester,
};

use crate::{
    CachedKey,
    cache::Cache,
    checks::ask,
    ctx::{Ask, Ctx, Presented, Who},
};

use super::{DryRun, DrySubject, Explanation, GateReport, rule, suggest};

/// The key a dry run is about, for reading its quota first.
pub(crate) fn subject_key(
    cache: &Cache,
    digester: &Digester,
    run: &DryRun<'_>,
    now: Millis,
) -> Option<Arc<CachedKey>> {
    match run.subject {
        DrySubject::Key(id) => cache.key_by_id(id),
        DrySubject::User(_) => None,
        DrySubject::Secret(secret) => {
            let presented = Presented::Text { secret, key: true, session: false };
            let mut ctx = Ctx::new(cache, digester, now, run.ip, presented, question(run));
            let known = ask(&mut ctx, Gate::Present).and_then(|()| ask(&mut ctx, Gate::Known));
            known.ok().and_then(|()| ctx.key().cloned())
        }
    }
}

/// `quota` is the ledger's word; everything else is in the cache.
pub(crate) fn explain(
    cache: &Cache,
    digester: &Digester,
    run: &DryRun<'_>,
    quota: Option<Quota>,
    now: Millis,
) -> Explanation {
    let by_id = match run.subject {
        DrySubject::Key(id) => cache.key_by_id(id),
        DrySubject::Secret(_) | DrySubject::User(_) => None,
    };
    let presented = match (run.subject, &by_id) {
        (DrySubject::Secret(secret), _) => Presented::Text { secret, key: true, session: true },
        (DrySubject::Key(_), Some(key)) => Presented::Key(key),
        (DrySubject::Key(_), None) => Presented::UnknownKey,
        (DrySubject::User(user), _) => Presented::User(user),
    };
    let mut ctx = Ctx::new(cache, digester, now, run.ip, presented, question(run));
    ctx.peek = true;
    let gates: Vec<GateReport> =
        run.profile.gates.iter().map(|gate| report(&mut ctx, *gate, quota)).collect();
    let failed = gates.iter().position(|g| g.outcome == StepOutcome::Failed);
    let reason = failed.and_then(|at| gates.get(at)).and_then(|g| g.reason);
    let rule = rule::decided(&mut ctx, &gates);
    let plan = suggest::plan(&mut ctx, &gates, quota);
    Explanation {
        allowed: failed.is_none(),
        reason,
        trace: Trace { gates: run.profile.gates, failed },
        at: now,
        gates,
        rule,
        suggestions: plan.suggestions,
        impossible: plan.impossible,
        key: ctx.key().cloned(),
        retry_after_ms: ctx.retry_after_ms,
    }
}

pub(super) fn question<'a>(run: &DryRun<'a>) -> Ask<'a> {
    let DryRun { op, place, role, permissions, cost, .. } = *run;
    Ask { op, place, role, single_role: false, permissions, cost }
}

fn report(ctx: &mut Ctx<'_>, gate: Gate, quota: Option<Quota>) -> GateReport {
    let asked = answerable(ctx, gate);
    let answer = match gate {
        _ if !asked => Ok(()),
        Gate::Quota => ask_quota(ctx, quota),
        _ => ask(ctx, gate),
    };
    let outcome = match answer {
        _ if !asked => StepOutcome::NotAsked,
        Ok(()) => StepOutcome::Passed,
        Err(_) => StepOutcome::Failed,
    };
    let detail = answer.err().map(|reason| detail(ctx, reason)).unwrap_or_default();
    GateReport { gate, outcome, reason: answer.err(), detail }
}

/// Whether earlier gates left this one something to look at.
fn answerable(ctx: &mut Ctx<'_>, gate: Gate) -> bool {
    match gate {
        Gate::Present => true,
        Gate::Known => !matches!(ctx.presented, Presented::Nothing | Presented::Garbage),
        Gate::Scope | Gate::Role | Gate::Level => !matches!(ctx.who, Who::Nobody) && ctx.target.is_some(),
        // About what both layers leave: nothing to look at when one of them leaves nothing by itself.
        Gate::Rule => {
            let both = [Gate::Role, Gate::Level]
                .into_iter()
                .all(|gate| answerable(ctx, gate) && ask(ctx, gate).is_ok());
            both && ctx.target.is_some()
        }
        _ => !matches!(ctx.who, Who::Nobody),
    }
}

/// What the ledger would answer.
fn ask_quota(ctx: &mut Ctx<'_>, quota: Option<Quota>) -> Result<(), Reason> {
    let Some(quota) = quota.filter(|_| ctx.ask.cost != 0) else { return Ok(()) };
    match debit(quota.balance, quota.refill.as_ref(), ctx.now, ctx.ask.cost) {
        Debit::Granted { .. } => Ok(()),
        Debit::Exhausted { next_refill_at } => {
            ctx.remaining = Some(quota.balance.remaining);
            ctx.retry_after_ms = ctx.retry_after_ms.or(next_refill_at.map(|at| at.since(ctx.now).max(1)));
            Err(Reason::Quota)
        }
    }
}

fn detail(ctx: &mut Ctx<'_>, reason: Reason) -> String {
    let end = match &ctx.who {
        Who::Key(key) => key.expires_at(),
        Who::Session(session) => Some(session.expires_at),
        Who::Nobody => None,
    };
    let op = ctx.ask.op.map_or("", |op| op.name());
    match reason {
        Reason::Missing => "no credential came".to_owned(),
        Reason::Malformed => {
            "this cannot be a secret: its checksum, characters or length are wrong".to_owned()
        }
        Reason::Unknown => "no live key or session has this secret or id".to_owned(),
        Reason::Disabled => "the key is disabled".to_owned(),
        Reason::Expired => format!("it expired at {}", end.unwrap_or_default().rfc3339()),
        Reason::OwnerInactive => owner_detail(ctx),
        Reason::RoleNotHeld => "the user does not hold the role the call acts in".to_owned(),
        Reason::Host => match ctx.peer {
            Some(ip) => format!("{ip} is not one of the key's allowed hosts"),
            None => "the key has allowed hosts and the client's address was not given".to_owned(),
        },
        Reason::Rate => {
            format!("the window is full for another {} ms", ctx.retry_after_ms.unwrap_or_default())
        }
        Reason::NotFound => "there is no such base or table".to_owned(),
        Reason::Scope => "no scope of the key reaches this place".to_owned(),
        Reason::Role => format!("no role allows {op} here"),
        Reason::Level => format!("no scope of the key allows {op} here"),
        Reason::Rule => format!("what roles and scopes leave of {op} together is nothing"),
        Reason::Permissions => "the key's permissions do not have everything that was asked for".to_owned(),
        Reason::Quota => {
            format!("{} uses are left, the call costs {}", ctx.remaining.unwrap_or_default(), ctx.ask.cost)
        }
        Reason::Field | Reason::Row => String::new(),
    }
}

fn owner_detail(ctx: &mut Ctx<'_>) -> String {
    let kind = ctx.key().map_or(KeyKind::Standard, |k| k.kind());
    match ctx.load_user() {
        None if ctx.user_id().is_some() => "the owner does not exist any more".to_owned(),
        None => format!("an organization cannot own a key of kind {}", kind.name()),
        Some(user) if !user.user.active => "the owner is not active".to_owned(),
        Some(_) => format!("a key of kind {} needs an administrator as owner", kind.name()),
    }
}
