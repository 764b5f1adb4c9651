//! What the proof says about one operation here. A service has nothing left to ask, but it never assumes
//! either: an operation the proof does not cover has no alternatives, and so no rows and no fields.

use std::sync::Arc;

use domain::{
    FieldNo,
    access::{Alt, Cond, Fields, Op, Place, Rows},
    catalog::Table,
    decision::Allowed,
    query::{BoundAlt, BoundFilter, bind_rows_with},
};

use crate::{DataError, links::Roles};

/// The table the call is about.
pub(crate) fn table(allowed: &Allowed) -> Result<&Arc<Table>, DataError> {
    allowed.table().ok_or(DataError::NotFound)
}

/// The alternatives of `op` on the call's table; empty when it is not allowed.
pub(crate) fn alternatives(allowed: &Allowed, op: Op) -> Vec<Alt> {
    if allowed.op() == Some(op) {
        allowed.alternatives().to_vec()
    } else {
        allowed.alternatives_of(op, &allowed.target().place())
    }
}

/// Refuses a change of the schema the proof does not cover.
pub(crate) fn require(allowed: &Allowed, op: Op, place: &Place) -> Result<(), DataError> {
    if allowed.op() == Some(op) || allowed.also(op, place) { Ok(()) } else { Err(DataError::OutOfScope) }
}

/// Binds the row conditions; refuses when no row can ever match.
pub(crate) fn bound_rows(allowed: &Allowed, table: &Table, alts: &[Alt]) -> Result<Vec<BoundAlt>, DataError> {
    let bound = bind_rows_with(alts, table, allowed.subject(), &Roles(allowed))?;
    reachable(&bound)?;
    Ok(bound)
}

/// When no row can ever match (rows of one's own, of a table that does not know who made them), that is a
/// refusal and not an empty answer.
pub(crate) fn reachable(alts: &[BoundAlt]) -> Result<(), DataError> {
    if alts.iter().all(|alt| alt.rows == BoundFilter::Never) { Err(DataError::OutOfScope) } else { Ok(()) }
}

/// The alternatives for making records. What is made is its maker's own, even where the table cannot tell.
pub(crate) fn for_new_rows(alts: Vec<Alt>) -> Vec<Alt> {
    let others = |rows: &Rows| rows.conds().iter().filter(|cond| **cond != Cond::Own).cloned().collect();
    alts.into_iter().map(|alt| Alt { rows: others(&alt.rows), fields: alt.fields }).collect()
}

/// Those alternatives that let all of `fields` be written, now about rows only: two alternatives together
/// never allow what neither of them does.
pub(crate) fn covering(alts: Vec<BoundAlt>, fields: &[FieldNo]) -> Vec<BoundAlt> {
    alts.into_iter()
        .filter(|alt| fields.iter().all(|no| alt.fields.has(*no)))
        .map(|alt| BoundAlt { fields: Fields::All, ..alt })
        .collect()
}

/// The condition that a row is one of these.
pub(crate) fn any_of(alts: &[BoundAlt]) -> BoundFilter {
    if alts.iter().any(|alt| alt.rows == BoundFilter::And(Vec::new())) {
        return BoundFilter::And(Vec::new());
    }
    BoundFilter::Or(alts.iter().map(|alt| alt.rows.clone()).collect())
}
