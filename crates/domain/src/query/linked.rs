//! Following links: the rows behind one, as far as they may be seen. A row that may not be seen counts as
//! not being there, so that no filter and no order tells anything about it.

use std::sync::Arc;

use crate::{
    FieldNo,
    access::{Alt, Fields},
    catalog::{Field, FieldKind, LinkTarget, Table},
};

use super::{
    BindError, BoundFilter, CmpOp, Filter, Subject, Term,
    bind::{BoundAlt, bind_rows_with},
};

/// Where links lead, and what may be seen there.
pub trait Links {
    /// The table a link of `from` leads to, with the alternatives for reading it (empty: it may not be read).
    /// `None`: there is no such table.
    fn target(&self, from: &Table, target: &LinkTarget) -> Option<(Arc<Table>, Vec<Alt>)>;

    /// A table by name, in the base of `from`; for the table of pairs between two.
    fn between(&self, from: &Table, name: &str) -> Option<Arc<Table>>;

    /// Whether the words come from a role rather than from a client.
    fn trusted(&self) -> bool {
        false
    }
}

/// Follows nothing.
pub struct NoLinks;

impl Links for NoLinks {
    fn target(&self, _: &Table, _: &LinkTarget) -> Option<(Arc<Table>, Vec<Alt>)> {
        None
    }

    fn between(&self, _: &Table, _: &str) -> Option<Arc<Table>> {
        None
    }
}

/// From a row to the rows it is linked with.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundStep {
    /// The field of the row that is left.
    pub key: FieldNo,
    pub target: Arc<Table>,
    pub target_key: FieldNo,
    pub through: Option<BoundThrough>,
    /// Which rows of the target may be seen, and which of their fields.
    pub alts: Vec<BoundAlt>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundThrough {
    pub table: Arc<Table>,
    pub from: FieldNo,
    pub to: FieldNo,
}

/// Some linked row meets the filter.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundLinked {
    pub step: BoundStep,
    pub filter: BoundFilter,
    /// Or there is no linked row at all: to a condition that holds of null, a missing row is null.
    pub or_none: bool,
}

/// Binds one step, and answers the alternatives of reading its target. A target that may not be read at all
/// is refused.
pub fn step(
    field: &Field,
    from: &Table,
    subject: &Subject,
    links: &dyn Links,
) -> Result<(BoundStep, Vec<Alt>), BindError> {
    let unknown = || BindError::UnknownField(field.name.clone());
    let link = field.link.as_ref().ok_or_else(unknown)?;
    let value = |table: &Table, name: &str| {
        let field = table.field(name).filter(|f| f.kind != FieldKind::Link && f.kind != FieldKind::Password);
        field.map(|f| f.no).ok_or_else(unknown)
    };
    let (target, alts) = links.target(from, &link.target).ok_or_else(unknown)?;
    if alts.is_empty() {
        return Err(BindError::ForbiddenField(field.name.clone()));
    }
    let through = match &link.through {
        None => None,
        Some(through) => {
            let table = links.between(from, &through.table).ok_or_else(unknown)?;
            let (from, to) = (value(&table, &through.from)?, value(&table, &through.to)?);
            Some(BoundThrough { table, from, to })
        }
    };
    let bound = match links.trusted() {
        true => vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }],
        // Conditions of a role on what is behind a link do not go further links along: that could go round
        // in circles.
        false => bind_rows_with(&alts, &target, subject, &NoLinks)?,
    };
    let (key, target_key) = (value(from, &link.key)?, value(&target, &link.target_key)?);
    Ok((BoundStep { key, target, target_key, through, alts: bound }, alts))
}

/// Whether a condition holds of a row all of whose values are null.
pub(super) fn holds_of_nothing(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) => !parts.is_empty() && parts.iter().all(holds_of_nothing),
        Filter::Or(parts) => parts.iter().any(holds_of_nothing),
        Filter::Not(_) => false,
        Filter::Cmp { op, terms, .. } => match op {
            CmpOp::Empty | CmpOp::False => true,
            CmpOp::Eq | CmpOp::In => terms.iter().any(is_null),
            CmpOp::Ne | CmpOp::NotIn => !terms.iter().any(is_null),
            _ => false,
        },
    }
}

fn is_null(term: &Term) -> bool {
    match term {
        Term::Literal(serde_json::Value::Null) => true,
        Term::Literal(serde_json::Value::Array(items)) => items.iter().any(serde_json::Value::is_null),
        Term::Literal(_) | Term::Var(_) => false,
    }
}
