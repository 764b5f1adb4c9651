//! The client's address is one of the key's allowed hosts. No address is no allowed one.

use domain::decision::Reason;

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let Some(hosts) = ctx.key().map(|k| k.hosts()) else { return Ok(()) };
    let admitted = hosts.is_any() || ctx.peer.is_some_and(|peer| hosts.admit(peer));
    if admitted { Ok(()) } else { Err(Reason::Host) }
}
