//! Names become things: the place exists in the catalog of this moment.

use std::sync::Arc;

use domain::decision::{Reason, Target};

use crate::{PlaceName, ctx::Ctx};

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let found = match ctx.ask.place {
        PlaceName::Server => Some(Target::Server),
        PlaceName::Base(base) => {
            let access = ctx.access();
            access.catalog.base(base).map(|b| Target::Base(Arc::new(b.clone())))
        }
        PlaceName::Table { base, table } => {
            let access = ctx.access();
            let table = access.catalog.base(base).and_then(|b| access.catalog.table(b.id, table));
            table.map(|t| Target::Table(t.clone()))
        }
    };
    ctx.target = Some(found.ok_or(Reason::NotFound)?);
    Ok(())
}
