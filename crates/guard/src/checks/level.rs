//! The key itself allows the operation at the place: it can only narrow.

use domain::decision::Reason;

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let (Some(op), Some(layer)) = (ctx.ask.op, ctx.scope_layer()) else { return Ok(()) };
    if layer.cell(&ctx.place()).allows(op) { Ok(()) } else { Err(Reason::Level) }
}
