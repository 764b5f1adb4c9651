//! Records: read, made, changed, removed, always within the alternatives of the proof.

mod create;
mod delete;
mod fill;
mod read;
mod types;
mod update;
mod upsert;
mod which;
mod written;

pub use types::{Record, Records, Row, Values, Which, Written};
