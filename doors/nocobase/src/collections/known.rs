//! Which fields of a collection a caller is told of. People who are signed in see the whole structure, as screens
//! need it; a key only what it can do something with, unless it may read the structure.

use domain::{
    access::{Alt, Op, Place},
    catalog::{Field, Table},
    decision::Allowed,
};

/// `None`: all of them.
pub struct Known(Option<Vec<Alt>>);

impl Known {
    /// As lists of collections tell.
    pub fn of(allowed: &Allowed, table: &Table) -> Self {
        let whole = allowed.principal().key.is_none() || allowed.also(Op::FieldRead, &Place::of(table));
        match whole {
            true => Self(None),
            false => Self::by(allowed, table, &[Op::RecordRead, Op::RecordCreate, Op::RecordUpdate]),
        }
    }

    /// Those at least one of these operations can be done with.
    pub fn by(allowed: &Allowed, table: &Table, ops: &[Op]) -> Self {
        let place = Place::of(table);
        Self(Some(ops.iter().flat_map(|op| allowed.alternatives_of(*op, &place)).collect()))
    }

    pub fn has(&self, field: &Field) -> bool {
        match &self.0 {
            None => true,
            Some(alts) => alts.iter().any(|alt| alt.fields.has(field.no)),
        }
    }
}
