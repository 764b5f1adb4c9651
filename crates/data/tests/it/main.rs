//! The promises of the data service, kept against the real store in memory.

mod create;
mod delete;
mod fields;
mod limits;
mod read;
mod tables;
mod update;
mod upsert;
mod world;
