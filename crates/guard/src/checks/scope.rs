//! The key reaches the place at all: it allows something there or below.

use domain::decision::Reason;

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let Some(layer) = ctx.scope_layer() else { return Ok(()) };
    let access = ctx.access();
    if layer.reaches(&ctx.place(), &access.catalog) { Ok(()) } else { Err(Reason::Scope) }
}
