//! Requests that must happen once: what an earlier one with the same idempotency key made.

use domain::{decision::Allowed, key::Owner, secret::Digest};
use store::Idempotency;

use crate::{Keys, KeysError};

pub(crate) const KEYS_CREATE: &str = "keys.create";

/// The mark a client put on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The client's idempotency key.
    pub key: String,
    /// Digest of the whole request: the same key with another request is a mistake.
    pub fingerprint: Digest,
}

impl Once {
    pub(crate) fn mark(self, allowed: &Allowed, what: &str) -> Idempotency {
        Idempotency { scope: scope(allowed, what), key: self.key, fingerprint: self.fingerprint }
    }
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
        match self.store().earlier(&scope(allowed, what), &once.key).await? {
            None => Ok(None),
            Some(earlier) if earlier.fingerprint == once.fingerprint => Ok(Some(earlier.result)),
            Some(_) => Err(KeysError::Conflict { field: "idempotency_key" }),
        }
    }

    /// Remembers what a request made, for creates that do not carry the mark themselves ([`crate::NewKey`] does).
    pub async fn remember(
        &self,
        allowed: &Allowed,
        what: &str,
        once: Once,
        made: String,
    ) -> Result<(), KeysError> {
        Ok(self.store().remember(once.mark(allowed, what), made).await?)
    }
}

/// Marks of different callers never meet.
fn scope(allowed: &Allowed, what: &str) -> String {
    let principal = allowed.principal();
    match (principal.key, principal.owner) {
        (Some(key), _) => format!("{what} key/{key}"),
        (None, Owner::User(user)) => format!("{what} user/{user}"),
        (None, Owner::Organization(org)) => format!("{what} organization/{org}"),
        (None, Owner::Server) => format!("{what} server"),
    }
}
