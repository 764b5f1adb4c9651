//! Queries in common words. Every door parses its own filter language into [`Query`], which holds names
//! without meaning; [`bind`] gives them meaning, once, and is the one place where a field that may not be
//! mentioned is refused.

mod ast;
mod bind;
mod coerce;
mod condition;
mod inside;
mod linked;
mod operands;
mod summary;
mod write;

#[cfg(test)]
mod tests;

pub use ast::{CmpOp, Filter, Page, Query, Select, Sort, Term, Var};
pub use bind::{
    BindError, BoundAlt, BoundCmp, BoundFilter, BoundQuery, BoundSort, BoundWrite, Subject, UserMore, bind,
    bind_filter, bind_filter_with, bind_rows, bind_rows_with, bind_with,
};
pub use coerce::coerce;
pub use inside::BoundInside;
pub use linked::{BoundLinked, BoundStep, BoundThrough, Links, NoLinks, step};
pub use summary::{
    BoundColumn, BoundHaving, BoundPath, BoundSummary, BoundValue, DateText, Dimension, Measure, Measured,
    Summary, SummarySort, bind_summary,
};
pub use write::{bind_create, bind_write};
