//! A credential came and is well formed. Garbage stops here: no look-up ever sees it.

use domain::{
    decision::Reason,
    secret::{Shape, shape},
};

use crate::ctx::{Ctx, Presented};

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    match ctx.presented {
        Presented::Nothing => Err(Reason::Missing),
        Presented::Garbage => Err(Reason::Malformed),
        Presented::Text { secret, .. } if shape(secret.expose()) == Shape::Malformed => {
            Err(Reason::Malformed)
        }
        _ => Ok(()),
    }
}
