//! The key is not switched off.

use domain::decision::Reason;

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    match ctx.key() {
        Some(key) if !key.enabled() => Err(Reason::Disabled),
        _ => Ok(()),
    }
}
