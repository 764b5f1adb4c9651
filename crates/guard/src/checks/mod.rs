//! The gates, one small file each, and the walk through them in the order of a profile.
//!
//! A gate answers yes or no from the cache; only the quota needs the store, so the walk stops there and is
//! continued by the caller when the debit is durable.

mod enabled;
mod expired;
mod host;
mod known;
mod level;
mod owner;
mod permissions;
mod present;
mod quota;
mod rate;
mod resource;
mod role;
mod rule;
mod scope;

use domain::decision::{Gate, Reason};

use crate::ctx::{Ctx, Failed, both_or_neither};

pub(crate) use quota::needs_debit;
pub(crate) use rule::alternatives;

/// How far a walk came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Walked {
    Through,
    Refused(Failed),
    /// The gate at this index waits for a debit.
    Debit(usize),
}

/// Asks the gates from index `from` on.
pub(crate) fn walk(ctx: &mut Ctx<'_>, gates: &[Gate], from: usize) -> Walked {
    for (at, gate) in gates.iter().enumerate().skip(from) {
        if *gate == Gate::Quota && needs_debit(ctx) {
            return before_debit(ctx, gates, at);
        }
        if let Err(reason) = ask(ctx, *gate) {
            if *gate == Gate::Quota {
                return_slot(ctx, gates);
            }
            return Walked::Refused(Failed { at, reason });
        }
    }
    Walked::Through
}

/// A rate gate right behind the quota is asked before the debit: a slot can be returned, a debit cannot.
fn before_debit(ctx: &mut Ctx<'_>, gates: &[Gate], at: usize) -> Walked {
    let rate_follows = both_or_neither(gates) && gates.get(at + 1) == Some(&Gate::Rate);
    if rate_follows && let Err(reason) = rate::ask(ctx) {
        return Walked::Refused(Failed { at: at + 1, reason });
    }
    Walked::Debit(at)
}

/// Gives the taken slot of the window back, if the profile couples it with the quota.
pub(crate) fn return_slot(ctx: &mut Ctx<'_>, gates: &[Gate]) {
    let taken = both_or_neither(gates) && !ctx.peek && ctx.rate.take().is_some();
    if taken && let Some(counters) = ctx.key().and_then(|k| k.counters()) {
        counters.give_back();
    }
}

/// Asks one gate.
pub(crate) fn ask(ctx: &mut Ctx<'_>, gate: Gate) -> Result<(), Reason> {
    match gate {
        Gate::Present => present::ask(ctx),
        Gate::Known => known::ask(ctx),
        Gate::Enabled => enabled::ask(ctx),
        Gate::Expired => expired::ask(ctx),
        Gate::Owner => owner::ask(ctx),
        Gate::Host => host::ask(ctx),
        Gate::Rate => rate::ask(ctx),
        Gate::Resource => resource::ask(ctx),
        Gate::Scope => scope::ask(ctx),
        Gate::Role => role::ask(ctx),
        Gate::Level => level::ask(ctx),
        Gate::Rule => rule::ask(ctx),
        Gate::Permissions => permissions::ask(ctx),
        Gate::Quota => quota::ask(ctx),
    }
}
