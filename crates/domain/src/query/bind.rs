//! Binding: names become fields, literals become typed values, variables are filled in, and a field that
//! may not be mentioned is refused. One function for all filter languages.

use crate::{
    FieldNo, Millis,
    access::{Alt, Fields},
    catalog::{Field, Table},
    value::Value,
};

use super::{CmpOp, Query};

/// Who a row condition is about.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Subject {
    /// `num` of the user the request acts as.
    pub user_num: Option<i64>,
    pub user_email: Option<String>,
    pub user_name: Option<String>,
    /// `num` of the key; owns records only when there is no user.
    pub key_num: Option<i64>,
    pub role: Option<String>,
    pub now: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    #[error("there is no field {0:?}")]
    UnknownField(String),
    /// The field exists but may not be mentioned here.
    #[error("the field {0:?} may not be used here")]
    ForbiddenField(String),
    #[error("{field:?}: {message}")]
    BadValue { field: String, message: String },
    #[error("{0}")]
    TooMuch(String),
    #[error("{field:?} is required")]
    Required { field: String },
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundCmp {
    pub field: FieldNo,
    pub op: CmpOp,
    /// Typed as the field is. Empty for operators without operand.
    pub values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BoundFilter {
    And(Vec<BoundFilter>),
    Or(Vec<BoundFilter>),
    Not(Box<BoundFilter>),
    Cmp(BoundCmp),
    /// Never true: a condition that cannot be met (no subject to own a row, say).
    Never,
}

/// One alternative with its row condition bound.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundAlt {
    pub rows: BoundFilter,
    pub fields: Fields,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundSort {
    pub field: FieldNo,
    pub descending: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundQuery {
    /// Rows must match one of these …
    pub alts: Vec<BoundAlt>,
    /// … and this.
    pub filter: BoundFilter,
    /// Always ends with the primary key, so that pages do not overlap.
    pub sort: Vec<BoundSort>,
    /// Fields to answer with, in the table's order; each is readable in at least one alternative.
    pub select: Vec<FieldNo>,
    pub offset: u64,
    pub limit: u64,
    pub count: bool,
}

/// Values to write, typed; and the names that were dropped because they may not be written.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BoundWrite {
    pub values: Vec<(FieldNo, Value)>,
    pub dropped: Vec<String>,
}

/// Binds a read. `alts` are the alternatives of the decision.
pub fn bind(query: &Query, table: &Table, alts: &[Alt], subject: &Subject) -> Result<BoundQuery, BindError> {
    let _ = (query, table, alts, subject);
    unimplemented!("filled in by the access helper")
}

/// Binds only the row conditions of alternatives.
pub fn bind_rows(alts: &[Alt], table: &Table, subject: &Subject) -> Result<Vec<BoundAlt>, BindError> {
    let _ = (alts, table, subject);
    unimplemented!()
}

/// Binds values to write. A field writable in no alternative is dropped, or refused when `strict`; the row
/// condition of the alternative a value needs is the caller's to enforce per row.
pub fn bind_write(
    values: &serde_json::Map<String, serde_json::Value>,
    table: &Table,
    alts: &[Alt],
    strict: bool,
) -> Result<BoundWrite, BindError> {
    let _ = (values, table, alts, strict);
    unimplemented!()
}

/// One literal as a value of `field`: coerced where nothing is lost, refused otherwise.
pub fn coerce(field: &Field, literal: &serde_json::Value) -> Result<Value, BindError> {
    let _ = (field, literal);
    unimplemented!()
}
