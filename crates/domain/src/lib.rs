//! The rules of Keyward: what a key is, when a call may pass, what a quota allows, how a query is bound.
//!
//! Everything here is a value computed from values.
//! This crate never does IO, never reads a clock or a random source, never awaits, and never names a
//! status code, a table of SQL or a dialect.

pub mod access;
pub mod audit;
pub mod catalog;
pub mod cron;
pub mod date_format;
pub mod decision;
pub mod formula;
pub mod host;
pub mod id;
pub mod key;
pub mod limit;
pub mod limits;
pub mod query;
pub mod secret;
pub mod sequence;
pub mod time;
pub mod usage;
pub mod user;
pub mod value;

pub use id::*;
pub use time::{Clock, Entropy, Millis};
