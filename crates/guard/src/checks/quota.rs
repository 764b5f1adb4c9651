//! Uses are left. Without a quota, without a cost, or when the key is known to be empty, the answer is here;
//! otherwise the ledger must debit durably, and the walk stops for it.

use domain::decision::Reason;

use crate::ctx::Ctx;

/// Whether only the ledger can answer.
pub(crate) fn needs_debit(ctx: &Ctx<'_>) -> bool {
    !ctx.peek && ctx.ask.cost != 0 && ctx.key().is_some_and(|k| k.has_quota() && !k.known_empty(ctx.now))
}

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let Some(key) = ctx.key().filter(|k| k.has_quota()).cloned() else { return Ok(()) };
    if ctx.ask.cost == 0 || !key.known_empty(ctx.now) {
        return Ok(());
    }
    ctx.remaining = Some(0);
    ctx.retry_after_ms = key.empty_until().map(|at| at.since(ctx.now).max(1));
    Err(Reason::Quota)
}
