//! Changing a key: only what is named. The balance changes through the ledger, never beside it.

use domain::{
    KeyId,
    access::Scopes,
    decision::Allowed,
    key::{Key, Permissions},
    limit::{RateLimit, Refill},
};

use crate::{Expires, Keys, KeysError};

/// A change of the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// No quota any more.
    Unlimited,
    Set(i64),
    /// Adds to what is left at the moment of the change; negative takes away, not below zero.
    Add(i64),
}

/// The named parts change, the others stay. `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct KeyChange {
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    /// Id or name.
    pub role: Option<Option<String>>,
    pub permissions: Option<Option<Permissions>>,
    pub scopes: Option<Option<Scopes>>,
    pub hosts: Option<Vec<String>>,
    pub expires: Option<Expires>,
    pub enabled: Option<bool>,
    pub rate_limit: Option<Option<RateLimit>>,
    pub remaining: Option<Remaining>,
    pub refill: Option<Option<Refill>>,
    pub metadata: Option<Option<String>>,
    pub extra: Option<Option<String>>,
}

impl Keys {
    pub async fn update(&self, allowed: &Allowed, id: KeyId, change: KeyChange) -> Result<Key, KeysError> {
        let _ = (allowed, id, change);
        todo!()
    }

    pub async fn enable(&self, allowed: &Allowed, id: KeyId) -> Result<Key, KeysError> {
        let _ = (allowed, id);
        todo!()
    }

    /// Allowed even for keys the caller could not have issued: switching off only takes away.
    pub async fn disable(&self, allowed: &Allowed, id: KeyId) -> Result<Key, KeysError> {
        let _ = (allowed, id);
        todo!()
    }
}
