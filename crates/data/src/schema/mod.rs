//! Tables and fields.

mod check;
mod field;
mod spec;
mod table;

pub use spec::{FieldPatch, FieldSpec, TablePatch, TableSpec};
