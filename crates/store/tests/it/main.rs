//! The contract of the store, kept in memory and on disk alike.

mod access;
mod catalog;
mod journal;
mod keys;
mod ledger;
mod records;
mod recovery;
mod world;
