//! Requests that must happen once: what an earlier one with the same idempotency key made.

use domain::{decision::Allowed, secret::Digest};

use crate::{Keys, KeysError};

/// The mark a client put on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The client's idempotency key.
    pub key: String,
    /// Digest of the whole request: the same key with another request is a mistake.
    pub fingerprint: Digest,
}

impl Keys {
    /// What this caller's earlier request with the same mark made (an id), if there was one. `what` names
    /// the kind of request: `keys.create`. Another fingerprint: `Conflict` on `idempotency_key`.
    pub async fn earlier(
        &self,
        allowed: &Allowed,
        what: &str,
        once: &Once,
    ) -> Result<Option<String>, KeysError> {
        let _ = (allowed, what, once);
        todo!()
    }

    /// Remembers what a request made, for creates that do not carry the mark themselves ([`crate::NewKey`] does).
    pub async fn remember(
        &self,
        allowed: &Allowed,
        what: &str,
        once: Once,
        made: String,
    ) -> Result<(), KeysError> {
        let _ = (allowed, what, once, made);
        todo!()
    }
}
