//! The key's free permission map has everything that was asked for. Compared in place, nothing is copied.

use domain::decision::Reason;

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let Some(wanted) = ctx.ask.permissions else { return Ok(()) };
    let held = ctx.key().and_then(|k| k.permissions());
    if held.is_some_and(|held| held.satisfy(wanted)) { Ok(()) } else { Err(Reason::Permissions) }
}
