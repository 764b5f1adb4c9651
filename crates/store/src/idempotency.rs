//! Idempotency keys: what an earlier request with the same key did. Kept with the change itself, so that
//! a change without its mark, or a mark without its change, cannot exist.

use domain::{Millis, secret::Digest};

use crate::{Store, StoreError};

/// Mark of a request that must happen once. Written in the transaction of the change, so two racing requests
/// end as one change and one `Conflict("idempotency_key")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose name space: the principal, and what it called.
    pub scope: String,
    pub key: String,
    /// Digest of the request.
    pub fingerprint: Digest,
}

/// An earlier request with the same scope and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub fingerprint: Digest,
    /// What it made: the id of the key, say. Never a secret.
    pub result: String,
    pub at: Millis,
}

impl Store {
    pub async fn earlier(&self, scope: &str, key: &str) -> Result<Option<Earlier>, StoreError> {
        let _ = (scope, key);
        todo!()
    }

    /// Writes a mark on its own, for changes that do not carry one.
    pub async fn remember(&self, mark: Idempotency, result: String) -> Result<(), StoreError> {
        let _ = (mark, result);
        todo!()
    }

    /// Forgets marks older than `before`.
    pub async fn purge_idempotency(&self, before: Millis) -> Result<u64, StoreError> {
        let _ = before;
        todo!()
    }
}
