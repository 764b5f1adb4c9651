//! What all layers together leave is something: some fields on some rows. Rules of tables join here.

use domain::{access::Alt, decision::Reason};

use crate::ctx::Ctx;

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    // Without a key layer the role gate has said it already.
    if ctx.ask.op.is_none() || ctx.scope_layer().is_none() || !alternatives(ctx).is_empty() {
        return Ok(());
    }
    Err(Reason::Rule)
}

/// The alternatives of the operation at the place; none without an operation.
pub(crate) fn alternatives(ctx: &mut Ctx<'_>) -> Vec<Alt> {
    let (Some(op), place) = (ctx.ask.op, ctx.place()) else { return Vec::new() };
    let roles = ctx.role_layer();
    match ctx.scope_layer() {
        None => roles.cell(&place).alternatives(op).to_vec(),
        Some(scopes) => roles.cell(&place).meet(scopes.cell(&place)).alternatives(op).to_vec(),
    }
}
