//! Idempotency keys: what an earlier request with the same key did. Kept with the change itself, so that
//! a change without its mark, or a mark without its change, cannot exist.

use domain::{Millis, secret::Digest};

use rusqlite::params;

use crate::{Store, StoreError, sql, writer::Tx};

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
        let (scope, key) = (scope.to_owned(), key.to_owned());
        self.read(move |conn| {
            let sql = "SELECT fingerprint, result, at FROM idempotency WHERE scope = $1 AND key = $2";
            sql::first(conn, sql, [scope, key], |c| {
                Ok(Earlier { fingerprint: c.digest()?, result: c.take()?, at: c.millis()? })
            })
        })
        .await
    }

    /// Writes a mark on its own, for changes that do not carry one.
    pub async fn remember(&self, mark: Idempotency, result: String) -> Result<(), StoreError> {
        self.write(move |tx| remember(tx, &mark, &result)).await
    }

    /// Forgets marks older than `before`.
    pub async fn purge_idempotency(&self, before: Millis) -> Result<u64, StoreError> {
        self.write(move |tx| Ok(tx.execute("DELETE FROM idempotency WHERE at < $1", [before.0])? as u64))
            .await
    }
}

pub(crate) fn remember(tx: &Tx<'_>, mark: &Idempotency, result: &str) -> Result<(), StoreError> {
    let written = tx.execute(
        "INSERT INTO idempotency (scope, key, fingerprint, result, at) VALUES ($1, $2, $3, $4, $5)",
        params![mark.scope, mark.key, mark.fingerprint.0, result, tx.now.0],
    );
    match written {
        Err(StoreError::Conflict(_)) => Err(StoreError::Conflict("idempotency_key".to_owned())),
        other => other.map(|_| ()),
    }
}
