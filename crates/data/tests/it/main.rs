//! The promises of the data service, kept against the real store in memory.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod create;
mod delete;
mod fields;
mod kinds;
mod limits;
mod read;
mod reshape;
mod tables;
mod together;
mod update;
mod upsert;
mod world;
