//! Changing a key: only what is named. The balance changes through the ledger, never beside it.

use domain::{
    KeyId,
    access::Scopes,
    decision::Allowed,
    key::{Key, Permissions},
    limit::{RateLimit, Refill},
    limits,
};
use store::{KeyPatch, QuotaPatch};

use super::create::{end_of, optional};
use crate::{
    Expires, Keys, KeysError, check,
    rights::{Caller, scope_of},
};

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
        let caller = self.caller(allowed).await?;
        let key = self.own_key(&caller, id).await?;
        check_values(&key, &change)?;
        check_own_quota(&caller, &key, &change)?;
        let patch = self.patch(&caller, &key, change).await?;
        let after = patched(&key, &patch);
        self.check_rank(&caller, &after, after.role != key.role).await?;
        Ok(self.store().update_key(&allowed.actor(), caller.scope(), id, patch).await?)
    }

    pub async fn enable(&self, allowed: &Allowed, id: KeyId) -> Result<Key, KeysError> {
        self.update(allowed, id, KeyChange { enabled: Some(true), ..KeyChange::default() }).await
    }

    /// Allowed even for keys the caller could not have issued: switching off only takes away.
    pub async fn disable(&self, allowed: &Allowed, id: KeyId) -> Result<Key, KeysError> {
        let patch = KeyPatch { enabled: Some(false), ..KeyPatch::default() };
        Ok(self.store().update_key(&allowed.actor(), scope_of(allowed), id, patch).await?)
    }

    /// A key the caller can see. What is not theirs does not exist.
    pub(super) async fn own_key(&self, caller: &Caller<'_>, id: KeyId) -> Result<Key, KeysError> {
        self.store().key(caller.scope(), id).await?.ok_or(KeysError::NotFound)
    }

    async fn patch(&self, caller: &Caller<'_>, key: &Key, change: KeyChange) -> Result<KeyPatch, KeysError> {
        let role = match change.role {
            Some(Some(text)) => Some(Some(self.role_for_key(&text).await?)),
            Some(None) => Some(None),
            None => None,
        };
        let expires_at = match change.expires {
            Some(expires) => Some(end_of(expires, caller.allowed.at(), caller.end())?),
            None => None,
        };
        let hosts = change.hosts.as_deref().map(check::hosts).transpose()?;
        Ok(KeyPatch {
            name: change.name,
            description: change.description,
            role,
            permissions: change.permissions,
            scopes: change.scopes,
            hosts,
            enabled: change.enabled,
            expires_at,
            rate_limit: change.rate_limit,
            metadata: change.metadata,
            extra: change.extra,
            quota: quota_patch(key, change.remaining, change.refill)?,
            ..KeyPatch::default()
        })
    }
}

fn quota_patch(
    key: &Key,
    remaining: Option<Remaining>,
    refill: Option<Option<Refill>>,
) -> Result<QuotaPatch, KeysError> {
    let mut patch = QuotaPatch { refill, ..QuotaPatch::default() };
    match remaining {
        None => {}
        Some(Remaining::Unlimited) => patch.remaining = Some(None),
        Some(Remaining::Set(units)) => {
            check::remaining(units)?;
            patch.remaining = Some(Some(units));
        }
        Some(Remaining::Add(units)) => {
            let quota =
                key.quota.ok_or_else(|| KeysError::invalid("remaining", "the key has no quota to add to"))?;
            // Too much is refused by what is left now; the store adds to what is left when it writes.
            check::remaining(quota.balance.remaining.saturating_add(units).max(0))?;
            patch.add = Some(units);
        }
    }
    Ok(patch)
}

/// A key does not top itself up.
fn check_own_quota(caller: &Caller<'_>, key: &Key, change: &KeyChange) -> Result<(), KeysError> {
    let itself = caller.key.as_ref().is_some_and(|own| own.id == key.id && own.quota.is_some());
    if itself && (change.remaining.is_some() || change.refill.is_some()) {
        return Err(KeysError::not_allowed("a key cannot change its own quota"));
    }
    Ok(())
}

/// The key as it would be, for judging it before anything is written.
fn patched(key: &Key, patch: &KeyPatch) -> Key {
    let mut after = key.clone();
    if let Some(role) = patch.role {
        after.role = role;
    }
    if let Some(permissions) = &patch.permissions {
        after.permissions = permissions.clone();
    }
    if let Some(scopes) = &patch.scopes {
        after.scopes = scopes.clone();
    }
    if let Some(hosts) = &patch.hosts {
        after.hosts = hosts.clone();
    }
    if let Some(expires_at) = patch.expires_at {
        after.expires_at = expires_at;
    }
    if let Some(rate_limit) = patch.rate_limit {
        after.rate_limit = rate_limit;
    }
    after
}

fn check_values(key: &Key, change: &KeyChange) -> Result<(), KeysError> {
    let max = limits::KEY_NAME_CHARS_MAX;
    named(&change.name, |text| check::line("name", text, max))?;
    named(&change.description, |text| check::lines("description", text, max))?;
    named(&change.permissions, check::permissions)?;
    named(&change.scopes, check::scopes)?;
    named(&change.rate_limit, check::rate_limit)?;
    named(&change.metadata, |text| check::json("metadata", text, limits::KEY_METADATA_BYTES_MAX))?;
    named(&change.extra, |text| check::json("extra", text, limits::KEY_METADATA_BYTES_MAX))?;
    let has_quota = match change.remaining {
        Some(Remaining::Unlimited) => false,
        Some(Remaining::Set(_)) => true,
        Some(Remaining::Add(_)) | None => key.quota.is_some(),
    };
    named(&change.refill, |refill| check::refill(refill, has_quota))
}

fn named<T>(
    change: &Option<Option<T>>,
    check: impl Fn(&T) -> Result<(), KeysError>,
) -> Result<(), KeysError> {
    change.as_ref().map_or(Ok(()), |value| optional(value, check))
}
