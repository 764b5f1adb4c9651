//! Keys and their secrets.

mod list;
pub(crate) mod rows;
mod write;

pub(crate) use write::revoke_owned;

use domain::{
    KeyId, Millis, RoleId, UserId,
    access::Scopes,
    audit::Actor,
    host::AllowedHosts,
    key::{Gone, Key, KeyKind, KeySecret, Owner, Permissions, Quota},
    limit::{RateLimit, Refill, WindowState},
    secret::Digest,
};

use rusqlite::params;

use crate::{Idempotency, Listed, LiveKey, Store, StoreError, sql};

/// Rows of `touch_keys` in one transaction: small commits, so that debits get their turn in between.
const TOUCHES_PER_COMMIT: usize = 512;

/// Whose keys a call can see at all. Others do not exist for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerScope {
    All,
    Of(Owner),
}

impl OwnerScope {
    pub fn sees(self, owner: Owner) -> bool {
        match self {
            Self::All => true,
            Self::Of(mine) => mine == owner,
        }
    }
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
    /// Adds to what is left at the moment of the write; negative takes away, not below zero. Needs a quota;
    /// without one, or beside `remaining`, it is ignored.
    pub add: Option<i64>,
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
    pub async fn load_live(&self, mut each: Box<dyn FnMut(LiveKey) + Send>) -> Result<u64, StoreError> {
        self.write(move |tx| list::load_live(tx.conn, &mut *each)).await
    }

    pub async fn insert_key(&self, by: &Actor, new: NewKey) -> Result<Key, StoreError> {
        let by = by.clone();
        self.write(move |tx| write::insert(tx, &by, new)).await
    }

    /// All of them or none, with one audit event. A thousand at a time is a good measure.
    pub async fn insert_keys(&self, by: &Actor, new: Vec<NewKey>) -> Result<Vec<Key>, StoreError> {
        let by = by.clone();
        self.write(move |tx| write::insert_many(tx, &by, new)).await
    }

    pub async fn update_key(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        patch: KeyPatch,
    ) -> Result<Key, StoreError> {
        let by = by.clone();
        self.write(move |tx| write::update(tx, &by, scope, id, &patch)).await
    }

    /// The key stays for the audit; its secrets are deleted.
    pub async fn revoke_key(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        how: Gone,
    ) -> Result<Key, StoreError> {
        let by = by.clone();
        self.write(move |tx| write::revoke(tx, &by, scope, id, how)).await
    }

    /// Makes a tombstone of a key that is dead already: expired, or without a unit left and without a refill.
    /// Judged inside the write, so one that was prolonged or topped up meanwhile stays. Says whether it went.
    pub async fn retire_key(&self, by: &Actor, id: KeyId) -> Result<bool, StoreError> {
        let by = by.clone();
        self.write(move |tx| write::retire(tx, &by, id)).await
    }

    /// The same for every expired key whose `door` begins with this. Answers how many went.
    pub async fn retire_expired(&self, by: &Actor, door_prefix: &str) -> Result<u64, StoreError> {
        let (now, prefix) = (self.now(), door_prefix.to_owned());
        let mut rest = self.read(move |conn| list::expired(conn, &prefix, now)).await?.into_iter();
        let mut gone = 0;
        loop {
            let some: Vec<KeyId> = rest.by_ref().take(TOUCHES_PER_COMMIT).collect();
            if some.is_empty() {
                return Ok(gone);
            }
            let by = by.clone();
            gone += self
                .write(move |tx| {
                    some.iter().try_fold(0, |gone, id| Ok(gone + u64::from(write::retire(tx, &by, *id)?)))
                })
                .await?;
        }
    }

    pub async fn rotate_key(
        &self,
        by: &Actor,
        scope: OwnerScope,
        id: KeyId,
        rotation: Rotation,
    ) -> Result<LiveKey, StoreError> {
        let by = by.clone();
        self.write(move |tx| write::rotate(tx, &by, scope, id, rotation)).await
    }

    /// `None` also for a key of somebody else, and for one that is gone.
    pub async fn key(&self, scope: OwnerScope, id: KeyId) -> Result<Option<Key>, StoreError> {
        self.read(move |conn| Ok(rows::find(conn, scope, id)?.filter(|key| key.gone.is_none()))).await
    }

    pub async fn key_by_num(&self, scope: OwnerScope, num: i64) -> Result<Option<Key>, StoreError> {
        self.read(move |conn| {
            let sql = format!("SELECT {} FROM {} WHERE k.num = $1", rows::COLUMNS, rows::TABLES);
            let key = sql::first(conn, &sql, [num], rows::read)?;
            Ok(key.filter(|key| scope.sees(key.owner) && key.gone.is_none()))
        })
        .await
    }

    pub async fn keys(&self, scope: OwnerScope, list: KeyList) -> Result<Listed<Key>, StoreError> {
        let now = self.now();
        self.read(move |conn| list::keys(conn, scope, &list, now)).await
    }

    /// Whose secret has this digest.
    pub async fn key_with_digest(&self, digest: Digest) -> Result<Option<KeyId>, StoreError> {
        self.read(move |conn| {
            let sql = "SELECT key_id FROM key_secrets WHERE digest = $1";
            sql::first(conn, sql, [digest.0], |c| Ok(KeyId(c.uuid()?)))
        })
        .await
    }

    /// The live secrets of a key, newest first: digests and dates only.
    pub async fn secrets(&self, scope: OwnerScope, id: KeyId) -> Result<Vec<KeySecret>, StoreError> {
        self.read(move |conn| match rows::find(conn, scope, id)? {
            Some(_) => rows::secrets(conn, id),
            None => Err(StoreError::NotFound),
        })
        .await
    }

    /// The current secret, encrypted; only of a revealable key.
    pub async fn sealed(&self, scope: OwnerScope, id: KeyId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |conn| {
            if rows::find(conn, scope, id)?.is_none() {
                return Err(StoreError::NotFound);
            }
            // The current secret only: an older one, though sealed, is on its way out.
            let found = sql::first(
                conn,
                "SELECT b.sealed FROM key_secrets s
                 LEFT JOIN sealed_secrets b ON b.key_id = s.key_id AND b.secret_id = s.id
                 WHERE s.key_id = $1 ORDER BY s.created_at DESC, s.id DESC LIMIT 1",
                [id.as_bytes()],
                |c| Ok(c.take()?),
            )?;
            Ok(found.flatten())
        })
        .await
    }

    /// The quota as it is now.
    pub async fn quota(&self, id: KeyId) -> Result<Option<Quota>, StoreError> {
        self.read(move |conn| {
            let found = sql::first(
                conn,
                "SELECT balance, last_refill_at, refill_amount, refill_interval_ms, refill_mode
                 FROM quotas WHERE key_id = $1 AND state <> 'removed'",
                [id.as_bytes()],
                rows::quota,
            )?;
            Ok(found.flatten())
        })
        .await
    }

    /// Writes what the journal gathered, in small commits. No audit, no feed: none of it can change a decision.
    pub async fn touch_keys(&self, touches: Vec<KeyTouch>) -> Result<(), StoreError> {
        let mut rest = touches.into_iter();
        loop {
            let some: Vec<KeyTouch> = rest.by_ref().take(TOUCHES_PER_COMMIT).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.write(move |tx| some.iter().try_for_each(|touch| write::touch(tx.conn, touch))).await?;
        }
    }

    /// Deletes secrets whose overlap is over.
    pub async fn purge_secrets(&self) -> Result<u64, StoreError> {
        self.write(|tx| {
            let done = tx.execute("DELETE FROM key_secrets WHERE expires_at <= $1", params![tx.now.0])?;
            Ok(done as u64)
        })
        .await
    }
}
