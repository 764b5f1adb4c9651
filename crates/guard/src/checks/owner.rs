//! The owner is active; still an administrator, for administration keys; still holds the role the call acts in.
//! A deleted or deactivated user takes all of its keys along, with the next request.

use domain::{
    RoleId,
    decision::Reason,
    key::{KeyKind, Owner},
};

use crate::{
    access::LiveUser,
    ctx::{Ctx, RoleChoice, Who, replaces_roles},
};

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let Owner::User(id) = ctx.owner() else { return without_user(ctx) };
    // The plain case, a key that says itself in which role it acts, needs nothing but a glance at the user.
    if let Some(bound) = plain(ctx) {
        return ctx.cache.with_user(id, |user| match user {
            Some(user) if user.user.active => holds(user, bound),
            _ => Err(Reason::OwnerInactive),
        });
    }
    let Some(user) = ctx.load_user().filter(|u| u.user.active) else { return Err(Reason::OwnerInactive) };
    match ctx.key().map(|k| k.kind()) {
        Some(KeyKind::Administration) if !ctx.access().is_administrator(&user) => Err(Reason::OwnerInactive),
        Some(KeyKind::Root) if !ctx.access().is_root(&user) => Err(Reason::OwnerInactive),
        Some(KeyKind::Administration | KeyKind::Root) => Ok(()),
        Some(KeyKind::Standard | KeyKind::Legacy) | None => chosen(ctx, &user),
    }
}

/// The bound role, if any, of a key for which no choice of role has to be looked at.
fn plain(ctx: &Ctx<'_>) -> Option<Option<RoleId>> {
    let key = ctx.key()?;
    (!replaces_roles(key.kind()) && (key.role().is_some() || ctx.ask.role.is_none())).then(|| key.role())
}

fn holds(user: &LiveUser, bound: Option<RoleId>) -> Result<(), Reason> {
    match bound {
        Some(role) if !user.user.root && !user.holds(role) => Err(Reason::RoleNotHeld),
        _ => Ok(()),
    }
}

/// A session's (or an unbound key's) choice of role.
fn chosen(ctx: &mut Ctx<'_>, user: &LiveUser) -> Result<(), Reason> {
    let is_session = matches!(ctx.who, Who::Session(_));
    match ctx.role_choice() {
        RoleChoice::One(role) if user.user.root || user.holds(role.role.id) => Ok(()),
        RoleChoice::One(_) | RoleChoice::Missing => Err(Reason::RoleNotHeld),
        RoleChoice::AllHeld => {
            let none = !user.user.root && ctx.access().held(user).next().is_none();
            if is_session && none && ctx.ask.op.is_some() { Err(Reason::RoleNotHeld) } else { Ok(()) }
        }
    }
}

/// Service keys act for the server itself. An organization is nobody's administrator.
fn without_user(ctx: &Ctx<'_>) -> Result<(), Reason> {
    match (ctx.owner(), ctx.key().map(|k| k.kind())) {
        (Owner::Organization(_), Some(kind)) if replaces_roles(kind) => Err(Reason::OwnerInactive),
        _ => Ok(()),
    }
}
