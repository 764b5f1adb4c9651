//! Tables and fields.

mod check;
mod field;
mod reshape;
mod spec;
mod table;

pub use reshape::{Reshape, TableChange};
pub use spec::{FieldPatch, FieldSpec, TablePatch, TableSpec};
