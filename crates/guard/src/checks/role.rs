//! The subject's roles allow the operation at the place.

use domain::decision::Reason;

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let Some(op) = ctx.ask.op else { return Ok(()) };
    if ctx.role_layer().cell(&ctx.place()).allows(op) { Ok(()) } else { Err(Reason::Role) }
}
