//! Records: read, made, changed, removed, always within the alternatives of the proof.

mod behind;
mod create;
mod delete;
mod fill;
mod follow;
mod import;
mod order;
mod pairs;
mod reach;
mod read;
mod summary;
mod together;
mod types;
mod update;
mod upsert;
mod which;
mod written;

pub use import::{ImportRecords, Imported};
pub use order::{MoveSpec, MoveTo};
pub use store::Linking;
pub use summary::Summarized;
pub use types::{
    Draft, Follow, LinkDraft, Linked, Other, Pairs, Record, Records, Row, Values, Which, Written,
};
pub use upsert::Found;
