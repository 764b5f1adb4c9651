//! Where links lead, seen by a caller or by a role's own conditions. Users are reached only as
//! `domain::catalog::people` shows them; every other table only with the caller's rights to read it.

use std::sync::Arc;

use domain::{
    access::{Alt, Op, Place},
    catalog::{LinkTarget, Table, people},
    decision::Allowed,
    query::Links,
};

/// The words of the caller: every table with the caller's own rights.
pub(crate) struct Caller<'a>(pub &'a Allowed);

/// The words of a role: they may look at what the caller may not.
pub(crate) struct Roles<'a>(pub &'a Allowed);

impl Links for Caller<'_> {
    fn target(&self, from: &Table, target: &LinkTarget) -> Option<(Arc<Table>, Vec<Alt>)> {
        let table = table(self.0, from, target)?;
        let alts = match target {
            // Whoever may read the link may read whom it names; there is nothing more to see of a user.
            LinkTarget::Users => vec![Alt::FULL],
            LinkTarget::Table(_) => self.0.alternatives_of(Op::RecordRead, &Place::of(&table)),
        };
        Some((table, alts))
    }

    fn between(&self, from: &Table, name: &str) -> Option<Arc<Table>> {
        named(self.0, from, name)
    }
}

impl Links for Roles<'_> {
    fn target(&self, from: &Table, target: &LinkTarget) -> Option<(Arc<Table>, Vec<Alt>)> {
        Some((table(self.0, from, target)?, vec![Alt::FULL]))
    }

    fn between(&self, from: &Table, name: &str) -> Option<Arc<Table>> {
        named(self.0, from, name)
    }

    fn trusted(&self) -> bool {
        true
    }
}

pub(crate) fn table(allowed: &Allowed, from: &Table, target: &LinkTarget) -> Option<Arc<Table>> {
    match target {
        LinkTarget::Users => Some(Arc::new(people())),
        LinkTarget::Table(name) => named(allowed, from, name),
    }
}

pub(crate) fn named(allowed: &Allowed, from: &Table, name: &str) -> Option<Arc<Table>> {
    allowed.catalog().table(from.base, name).cloned()
}
