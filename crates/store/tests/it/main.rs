//! The contract of the store, kept in memory and on disk alike.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may, and so may their helpers"
)]

mod access;
mod catalog;
mod imported;
mod journal;
mod keys;
mod ledger;
mod order;
mod panics;
mod records;
mod recovery;
mod reshape;
mod world;
