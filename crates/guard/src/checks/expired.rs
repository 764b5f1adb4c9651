//! Neither the key nor the session has come to its end. The end itself is already too late.

use domain::decision::Reason;

use crate::ctx::{Ctx, Who};

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let end = match &ctx.who {
        Who::Nobody => None,
        Who::Key(key) => key.expires_at(),
        Who::Session(session) => Some(session.expires_at),
    };
    match end {
        Some(end) if end <= ctx.now => Err(Reason::Expired),
        _ => Ok(()),
    }
}
