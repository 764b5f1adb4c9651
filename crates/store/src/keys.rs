//! Keys and their secrets.

use domain::{
    KeyId, Millis, RoleId, UserId,
    access::Scopes,
    audit::Actor,
    host::AllowedHosts,
    key::{Gone, Key, KeyKind, KeySecret, Owner, Permissions, Quota},
    limit::{RateLimit, Refill, WindowState},
};

use crate::{Idempotency, Listed, LiveKey, Store, StoreError};

/// Whose keys a call can see at all. Others do not exist for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerScope {
    All,
    Of(Owner),
}

/// A key to insert. `key.num` is given by the store; `key.quota` becomes the first entry of its ledger.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub key: Key,
    /// 1–3; the current one first.
    pub secrets: Vec<KeySecret>,
    /// The current secret, encrypted, for a revealable key.
    pub sealed: Option<Vec<u8>>,
    pub idempotency: Option<Idempotency>,
}

/// What to change; `None` leaves a column alone, `Some(None)` empties it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyPatch {
    pub kind: Option<KeyKind>,
    pub owner: Option<Owner>,
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub role: Option<Option<RoleId>>,
    pub permissions: Option<Option<Permissions>>,
    pub scopes: Option<Option<Scopes>>,
    pub hosts: Option<AllowedHosts>,
    pub enabled: Option<bool>,
    pub expires_at: Option<Option<Millis>>,
    pub rate_limit: Option<Option<RateLimit>>,
    pub metadata: Option<Option<String>>,
    pub prefix: Option<Option<String>>,
    pub door: Option<Option<String>>,
    pub extra: Option<Option<String>>,
    pub quota: QuotaPatch,
}

/// A change of the quota; every change of the balance is an entry in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaPatch {
    /// `Some(None)` takes the quota away: the key is unlimited.
    pub remaining: Option<Option<i64>>,
    /// Needs a quota; without one it is ignored.
    pub refill: Option<Option<Refill>>,
}

/// A new secret for a key.
#[derive(Clone, Debug)]
pub struct Rotation {
    pub secret: KeySecret,
    pub start: Option<String>,
    pub prefix: Option<Option<String>>,
    pub sealed: Option<Vec<u8>>,
    /// How long the present secrets still work; `None`: no longer.
    pub overlap_until: Option<Millis>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySort {
    #[default]
    CreatedAt,
    UpdatedAt,
    Name,
    ExpiresAt,
    LastUsedAt,
    Num,
}

/// Which keys, in which order. The default: all of the scope, oldest first, no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyList {
    pub kind: Option<KeyKind>,
    pub role: Option<RoleId>,
    pub created_by: Option<UserId>,
    pub door: Option<String>,
    pub enabled: Option<bool>,
    /// Part of the name, ignoring case.
    pub name_contains: Option<String>,
    /// Expired by now, or not.
    pub expired: Option<bool>,
    pub created_from: Option<Millis>,
    /// Exclusive.
    pub created_before: Option<Millis>,
    /// Keys that were revoked, instead of those that were not.
    pub gone: bool,
    pub sort: KeySort,
    pub descending: bool,
    /// Continue behind this key; wins over `offset`.
    pub after: Option<KeyId>,
    pub offset: u64,
    /// 0: no limit.
    pub limit: u64,
    /// Also count all of them (the cursor set aside).
    pub count: bool,
}

/// What the journal noticed of a key's use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTouch {
    pub key: KeyId,
    pub last_used_at: Option<Millis>,
    pub last_used_from: Option<String>,
    pub window: Option<WindowState>,
}

impl Store {
    /// Streams every key that is not gone, with its secrets, on the writer thread: whoever subscribed before sees
    /// the loaded state and the later changes in their true order. Answers how many there were.
    pub async fn load_live(&self, each: Box<dyn FnMut(LiveKey) + Send>) -> Result<u64, StoreError> {
        let _ = each;
        todo!()
    }

    pub async fn insert_key(&self, by: &Actor, new: NewKey) -> Result<Key, StoreError> {
        let _ = (by, new);
        todo!()
    }

    /// All of them or none.
    pub async fn insert_keys(&self, by: &Actor, new: Vec<NewKey>) -> Result<Vec<Key>, StoreError> {
        let _ = (by, new);
        todo!()
    }

    pub async fn update_key(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        patch: KeyPatch,
    ) -> Result<Key, StoreError> {
        let _ = (by, scope, id, patch);
        todo!()
    }

    /// The key stays for the audit; its secrets are deleted.
    pub async fn revoke_key(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        how: Gone,
    ) -> Result<Key, StoreError> {
        let _ = (by, scope, id, how);
        todo!()
    }

    pub async fn rotate_key(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        rotation: Rotation,
    ) -> Result<LiveKey, StoreError> {
        let _ = (by, scope, id, rotation);
        todo!()
    }

    /// `None` also for a key of somebody else, and for one that is gone.
    pub async fn key(&self, scope: OwnerScope, id: KeyId) -> Result<Option<Key>, StoreError> {
        let _ = (scope, id);
        todo!()
    }

    pub async fn key_by_num(&self, scope: OwnerScope, num: i64) -> Result<Option<Key>, StoreError> {
        let _ = (scope, num);
        todo!()
    }

    pub async fn keys(&self, scope: OwnerScope, list: KeyList) -> Result<Listed<Key>, StoreError> {
        let _ = (scope, list);
        todo!()
    }

    /// The live secrets of a key, newest first: digests and dates only.
    pub async fn secrets(&self, scope: OwnerScope, id: KeyId) -> Result<Vec<KeySecret>, StoreError> {
        let _ = (scope, id);
        todo!()
    }

    /// The current secret, encrypted; only of a revealable key.
    pub async fn sealed(&self, scope: OwnerScope, id: KeyId) -> Result<Option<Vec<u8>>, StoreError> {
        let _ = (scope, id);
        todo!()
    }

    /// The quota as it is now.
    pub async fn quota(&self, id: KeyId) -> Result<Option<Quota>, StoreError> {
        let _ = id;
        todo!()
    }

    /// Writes what the journal gathered. No audit, no feed: none of it can change a decision.
    pub async fn touch_keys(&self, touches: Vec<KeyTouch>) -> Result<(), StoreError> {
        let _ = touches;
        todo!()
    }

    /// Deletes secrets whose overlap is over.
    pub async fn purge_secrets(&self) -> Result<u64, StoreError> {
        todo!()
    }
}
