//! Everything that remembers: keys, ledger, users, roles, sessions, catalog, records, usage, audit.
//!
//! One writer thread with natural group commit (`writer`), a pool of read connections (`pool`), one
//! file per subject on top of them. May use `domain`, the SQL driver and nothing else of ours.
//! This crate is the only one with SQL in it. It never decides whether somebody may do something, never
//! stores a secret in plain, never answers a write before it is on disk, and never publishes a change
//! that did not commit.

mod access;
mod audit;
mod catalog;
mod error;
mod feed;
mod foreign;
mod idempotency;
mod imported;
mod keys;
mod ledger;
mod open;
mod pool;
mod records;
mod sql;
mod usage;
mod writer;

pub use access::{Member, NewUser, RolePatch, UserList, UserPatch, UserSort};
pub use audit::AuditList;
pub use catalog::{FieldPatch, NewTable, Step, TablePatch};
pub use error::StoreError;
pub use feed::{Change, FeedEntry, LiveKey, Subscriber};
#[cfg(feature = "fixtures")]
pub use foreign::write_foreign;
pub use foreign::{Foreign, ForeignNames, ForeignRow, ForeignTable, copy_database};
pub use idempotency::{Earlier, Idempotency};
pub use keys::{KeyList, KeyPatch, KeySort, KeyTouch, NewKey, OwnerScope, QuotaPatch, Rotation};
pub use ledger::{DebitOutcome, LedgerEntry, LedgerKind};
pub use open::{Integrity, Options, Place, Store};
pub use records::{After, Before, Deed, End, Linking, Move, Pair, ReadBack, RecordPage, Spot, Which};
pub use usage::{UsageCount, UsageList};

/// One page of a list and, when asked for, how many there are in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub total: Option<u64>,
}
