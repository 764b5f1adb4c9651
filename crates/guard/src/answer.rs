//! From the end of a walk to what callers get: the proof, the refusal, the verdict.

use domain::{
    DecisionId,
    access::{Op, Ops, Place},
    decision::{Allowed, AllowedParts, Denied, Principal, Profile, Reason, Target, Trace},
    limit::{RateLimit, RateVerdict},
    query::Subject,
};

use crate::{
    CachedKey, PlaceName, RateView, Verdict,
    checks::alternatives,
    ctx::{Ctx, Failed, RoleChoice, Who, replaces_roles},
};

pub(crate) fn allowed(ctx: &mut Ctx<'_>, id: DecisionId) -> Allowed {
    let alts = alternatives(ctx);
    let mut layers = vec![ctx.role_layer()];
    layers.extend(ctx.scope_layer());
    let operator = layers.iter().all(|layer| layer.cell(&Place::SERVER).allows(Op::Settings));
    let (principal, subject) = principal(ctx, operator);
    let parts = AllowedParts {
        id,
        at: ctx.now,
        principal,
        op: ctx.ask.op,
        target: ctx.target.clone().unwrap_or(Target::Server),
        layers,
        alts,
        subject,
        catalog: ctx.access().catalog.clone(),
        ip: ctx.peer,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the guard's licence: every gate of the profile was passed"
    )]
    Allowed::assert_passed(parts)
}

fn principal(ctx: &mut Ctx<'_>, operator: bool) -> (Principal, Subject) {
    let key = ctx.key().cloned();
    let role = match ctx.role_choice() {
        _ if key.as_ref().is_some_and(|k| replaces_roles(k.kind())) => None,
        RoleChoice::One(role) => Some(role),
        RoleChoice::AllHeld | RoleChoice::Missing => None,
    };
    let user = ctx.load_user();
    let main = match (&role, &user) {
        (Some(role), _) => Some(role.role.name.clone()),
        // In several roles at once there is no "the role": a row condition about it would otherwise be judged
        // by another role than the one that wrote it.
        (None, Some(user)) if ctx.access().held(user).nth(1).is_some() => None,
        (None, Some(user)) => ctx.access().main_role(user).map(|r| r.role.name.clone()),
        (None, None) => None,
    };
    // Only conditions on records ask for more than the name.
    let about_records = ctx.ask.op.is_some_and(|op| Ops::RECORD.has(op));
    let user_more = user.as_ref().filter(|_| about_records).map(|user| ctx.access().more_of(user));
    let user = user.as_ref().map(|u| &u.user);
    let subject = Subject {
        user_more,
        user_num: user.map(|u| u.num),
        user_email: user.and_then(|u| u.email.clone()),
        user_name: user.and_then(|u| u.username.clone().or_else(|| u.name.clone())),
        key_num: key.as_ref().filter(|k| !k.is_virtual()).map(|k| k.num()),
        role: main,
        now: ctx.now,
    };
    let principal = Principal {
        key: key.as_ref().filter(|k| !k.is_virtual()).map(|k| k.id()),
        key_kind: key.as_ref().map(|k| k.kind()),
        user: user.map(|u| u.id),
        owner: ctx.owner(),
        role: role.map(|r| r.role.id),
        operator,
        expires_at: key.as_ref().and_then(|k| k.expires_at()),
        session: match &ctx.who {
            Who::Session(session) => Some(session.times()),
            Who::Nobody | Who::Key(_) => None,
        },
    };
    (principal, subject)
}

pub(crate) fn denied(ctx: &Ctx<'_>, profile: &Profile, id: DecisionId, failed: Failed) -> Denied {
    let about_rate = failed.reason == Reason::Rate;
    Denied {
        id,
        reason: failed.reason,
        trace: Trace { gates: profile.gates, failed: Some(failed.at) },
        at: ctx.now,
        key: ctx.key().filter(|k| !k.is_virtual()).map(|k| k.id()),
        user: ctx.user_id(),
        op: ctx.ask.op,
        resource: resource(ctx.ask.place),
        retry_after_ms: ctx.retry_after_ms,
        rate: ctx.key().and_then(|k| k.rate_limit()).filter(|_| about_rate),
    }
}

fn resource(place: PlaceName<'_>) -> Option<String> {
    match place {
        PlaceName::Server => None,
        PlaceName::Base(base) => Some(base.to_owned()),
        PlaceName::Table { base, table } => Some(format!("{base}/{table}")),
    }
}

pub(crate) fn verdict(ctx: Ctx<'_>, profile: &Profile, id: DecisionId, failed: Option<Failed>) -> Verdict {
    let key = match &ctx.who {
        Who::Key(key) => Some(key),
        Who::Nobody | Who::Session(_) => None,
    };
    Verdict {
        id,
        at: ctx.now,
        outcome: failed.map_or(Ok(()), |f| Err(f.reason)),
        trace: Trace { gates: profile.gates, failed: failed.map(|f| f.at) },
        remaining: key.filter(|k| k.has_quota()).and_then(|k| ctx.remaining.or(k.remaining())),
        rate: key.and_then(|k| rate_view(k, ctx.rate, ctx.now)),
        retry_after_ms: ctx.retry_after_ms,
        key: key.cloned(),
    }
}

/// Where the window stands: after the slot this call took, or as it is.
fn rate_view(key: &CachedKey, taken: Option<RateVerdict>, now: domain::Millis) -> Option<RateView> {
    let limit: RateLimit = key.rate_limit().filter(|limit| limit.enabled)?;
    Some(match taken {
        Some(RateVerdict::Accepted { left, reset_at }) => RateView { limit, left, reset_at },
        Some(RateVerdict::Refused { .. }) | None => match key.counters()?.peek(&limit, now) {
            RateVerdict::Accepted { left, reset_at } => {
                RateView { limit, left: left.saturating_add(1).min(limit.max), reset_at }
            }
            RateVerdict::Refused { retry_after_ms } => {
                RateView { limit, left: 0, reset_at: now.plus(retry_after_ms) }
            }
        },
    })
}
