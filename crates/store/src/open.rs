//! Opening, closing and examining a store.

use std::{path::PathBuf, sync::Arc};

use domain::time::{SharedClock, SharedEntropy};

use crate::StoreError;

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `keyward.db` and its companions in this folder; created when absent.
    Folder(PathBuf),
    /// Gone with the last handle. For tests and demos.
    Memory,
}

#[derive(Clone)]
pub struct Options {
    pub place: Place,
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
}

/// A handle to the store; cheap to clone. The last one dropped ends the writer thread.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {}

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrity {
    pub keys: u64,
    pub ledgers: u64,
    /// Empty: all is well.
    pub problems: Vec<String>,
}

impl Store {
    /// Locks the folder, migrates, creates workspace `main` with base `main` at first, starts the writer.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let _ = options;
        todo!()
    }

    /// Finishes what is queued, closes the database and gives the folder free. Later calls answer `Busy`.
    pub fn close(&self) {
        let _ = &self.inner;
        todo!()
    }

    pub async fn schema_version(&self) -> Result<u32, StoreError> {
        todo!()
    }

    /// Examines the whole database: pages, references, and that every ledger adds up to its balance.
    pub async fn integrity(&self) -> Result<Integrity, StoreError> {
        todo!()
    }

    /// The smallest durable write there is, for health checks and for measuring the disk.
    pub async fn ping_commit(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// A small setting the server keeps for itself.
    pub async fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let _ = name;
        todo!()
    }

    pub async fn set_meta(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let _ = (name, value);
        todo!()
    }
}
