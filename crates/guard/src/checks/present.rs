//! A credential came and is well formed. Garbage stops here: no look-up ever sees it. The operator's key from
//! the configuration is well formed whatever it looks like.

use domain::{
    decision::Reason,
    secret::{Shape, shape},
};

use crate::ctx::{Ctx, Presented};

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let presented = ctx.presented;
    match presented {
        Presented::Nothing => Err(Reason::Missing),
        Presented::Garbage => Err(Reason::Malformed),
        Presented::Text { secret, .. }
            if shape(secret.expose()) == Shape::Malformed
                && !ctx.cache.is_root(secret.expose(), ctx.digester) =>
        {
            Err(Reason::Malformed)
        }
        // Without such a role it is as if nothing had come.
        Presented::Stranger(role) if ctx.access().stranger(role).is_none() => Err(Reason::Missing),
        _ => Ok(()),
    }
}
