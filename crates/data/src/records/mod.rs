//! Records: read, made, changed, removed, always within the alternatives of the proof.

mod behind;
mod create;
mod delete;
mod fill;
mod follow;
mod import;
mod read;
mod types;
mod update;
mod upsert;
mod which;
mod written;

pub use behind::Linking;
pub use import::Imported;
pub use types::{Follow, Linked, Record, Records, Row, Values, Which, Written};
