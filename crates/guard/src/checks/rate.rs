//! The rate window has room: one slot is taken, by compare-and-swap. Asked twice in one walk, it takes once.

use domain::{decision::Reason, limit::RateVerdict};

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    if ctx.rate.is_some() {
        return Ok(());
    }
    let Some(key) = ctx.key() else { return Ok(()) };
    let limit = key.rate_limit().filter(|limit| limit.enabled);
    let (Some(limit), Some(counters)) = (limit, key.counters()) else { return Ok(()) };
    let verdict = if ctx.peek { counters.peek(&limit, ctx.now) } else { counters.take(&limit, ctx.now) };
    match verdict {
        RateVerdict::Accepted { .. } => {
            ctx.rate = Some(verdict);
            Ok(())
        }
        RateVerdict::Refused { retry_after_ms } => {
            ctx.retry_after_ms = Some(retry_after_ms);
            Err(Reason::Rate)
        }
    }
}
