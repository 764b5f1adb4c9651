//! The permission model: operations as bits, levels that replace downwards, layers that meet.
//!
//! Inside one subject rights add up (join); between independent limits they intersect (meet). The zero
//! value of every type denies. There are no deny rules to order: `set` without `allow`, at one level of
//! one layer, is the only negative statement.

mod category;
mod cell;
mod compile;
mod grants;
mod ops;
mod scopes;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub use category::{Category, Level};
pub use cell::{Alt, Cell, Cond, Fields, Rows, TooManyAlternatives, both};
pub use compile::{Layer, Place};
pub use grants::{Entry, Grants, Limit, Reach};
pub use ops::{Op, Ops};
pub use scopes::{Scope, Scopes};
