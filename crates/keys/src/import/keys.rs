//! Imported keys: the digest comes as it is, so the secret keeps working; what is dead comes without one.

use domain::{
    KeyId, SecretId,
    key::{Gone, Key, KeyKind, KeySecret, Owner},
    limits,
    secret::Recipe,
};
use store::OwnerScope;

use super::{
    ImportKey, ImportOwner, Outcome,
    apply::{Became, Run},
    fit, marked, num, origin,
};
use crate::KeysError;

impl Run<'_> {
    pub(super) async fn key(
        &mut self,
        table: &str,
        foreign: &str,
        key: ImportKey,
        notes: &mut Vec<String>,
    ) -> Result<Became, KeysError> {
        let (at, entropy) = origin(&self.source, table, foreign, key.created_at);
        let id = KeyId::new(at, &entropy);
        if let Some(line) = self.already(id, &key).await? {
            return Ok(line);
        }
        if let Some(digest) = key.digest {
            if let Some(other) = self.taken.digests.get(&digest) {
                return Ok(Became::refused(format!("the same secret as row {other}")));
            }
            if self.keys.store().key_with_digest(digest).await?.is_some() {
                return Ok(Became::refused("another key here has the same secret"));
            }
        }
        let owner = match self.owner(&key, notes) {
            Ok(owner) => owner,
            Err(reason) => return Ok(Became::refused(reason)),
        };
        let role = match &key.role {
            None => None,
            Some(name) => match self.roles.get(name) {
                Some(role) => Some(role.id),
                None => return Ok(Became::refused(format!("its role {name:?} is not imported"))),
            },
        };
        let holds = owner.user().and_then(|user| self.held.get(&user)).zip(role);
        if holds.is_some_and(|(held, role)| !held.contains(&role)) {
            notes.push(
                "its owner does not hold its role: it is refused until they do, as it was there".to_owned(),
            );
        }
        if key.expires_at.is_some_and(|end| end <= self.allowed.at()) {
            notes.push("expired".to_owned());
        } else if !key.enabled {
            notes.push("disabled".to_owned());
        }
        let digest = key.digest;
        let made = self.record(id, foreign, key, owner, role, notes);
        match digest {
            Some(digest) => {
                self.taken.digests.insert(digest, foreign.to_owned());
                self.pending.push((with_secret(made, digest, SecretId::new(at, &entropy)), self.lines.len()));
                Ok(Became::of(Outcome::New, id))
            }
            None => self.bury(made).await,
        }
    }

    /// A key that an earlier run made. One that has died there since dies here too.
    async fn already(&self, id: KeyId, key: &ImportKey) -> Result<Option<Became>, KeysError> {
        let store = self.keys.store();
        if let Some(live) = store.key(OwnerScope::All, id).await? {
            if key.digest.is_some() {
                return Ok(Some(Became::of(Outcome::There, live.id)));
            }
            if self.options.apply {
                store.revoke_key(&self.allowed.actor(), OwnerScope::All, id, Gone::Revoked).await?;
            }
            return Ok(Some(Became::of(Outcome::Tombstone, id).because("dead there by now, and so here")));
        }
        match store.secrets(OwnerScope::All, id).await {
            Ok(_) => Ok(Some(Became::of(Outcome::There, id).because("a tombstone; it stays dead"))),
            Err(store::StoreError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn owner(&self, key: &ImportKey, notes: &mut Vec<String>) -> Result<Owner, String> {
        match &key.owner {
            ImportOwner::User(id) => match self.users.get(id) {
                Some(user) => Ok(Owner::User(*user)),
                None => Err(format!("its owner, user {id}, is not imported")),
            },
            ImportOwner::Anybody(id) => match (self.users.get(id), self.organization_id(id)) {
                (Some(user), _) => Ok(Owner::User(*user)),
                (None, Some(organization)) => Ok(Owner::Organization(organization)),
                // It can come when they do.
                (None, None) if self.stayed.contains(id) => Err(format!("its owner {id} is refused")),
                (None, None) => {
                    notes.push(format!("its owner {id:?} is nobody there either: it belongs to the server"));
                    Ok(Owner::Server)
                }
            },
        }
    }

    fn record(
        &self,
        id: KeyId,
        foreign: &str,
        key: ImportKey,
        owner: Owner,
        role: Option<domain::RoleId>,
        notes: &mut Vec<String>,
    ) -> Key {
        let created_at = key.created_at.unwrap_or(self.allowed.at());
        Key {
            id,
            num: num(key.num),
            // Whatever it was called there: nothing imported replaces a role.
            kind: KeyKind::Standard,
            owner,
            name: fit("name", key.name, limits::KEY_NAME_CHARS_MAX, notes),
            description: None,
            role,
            permissions: key.permissions,
            scopes: key.scopes,
            hosts: domain::host::AllowedHosts::ANY,
            enabled: key.enabled,
            expires_at: key.expires_at,
            rate_limit: key.rate_limit,
            quota: key.quota,
            metadata: key.metadata,
            prefix: key.prefix,
            start: key.start,
            revealable: false,
            door: Some(key.door),
            extra: marked(key.extra, &self.source, foreign),
            created_at,
            created_by: owner.user(),
            updated_at: key.updated_at.unwrap_or(created_at),
            last_used_at: key.last_used_at,
            last_used_from: None,
            request_count: key.window.count,
            last_request_at: (key.window.count > 0).then_some(key.window.mark),
            gone: None,
        }
    }

    /// First without a secret, then revoked: whatever happens in between, nothing ever opens it.
    async fn bury(&mut self, key: Key) -> Result<Became, KeysError> {
        let id = key.id;
        if self.options.apply {
            // In their order, so that each finds its number free.
            self.flush().await?;
            let (store, by) = (self.keys.store(), self.allowed.actor());
            let new = store::NewKey { key, secrets: Vec::new(), sealed: None, idempotency: None };
            store.insert_key(&by, new).await?;
            store.revoke_key(&by, OwnerScope::All, id, Gone::Revoked).await?;
        }
        Ok(Became::of(Outcome::Tombstone, id).because("dead there, so dead here"))
    }

    /// Writes the keys gathered so far. When they cannot go together, one by one, so that only the one that
    /// cannot be written says so.
    pub(super) async fn flush(&mut self) -> Result<(), KeysError> {
        self.flush_users().await?;
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() || !self.options.apply {
            return Ok(());
        }
        let by = self.allowed.actor();
        let all = pending.iter().map(|(new, _)| new.clone()).collect();
        if self.keys.store().insert_keys(&by, all).await.is_ok() {
            return Ok(());
        }
        for (new, at) in pending {
            if let Err(error) = self.keys.store().insert_key(&by, new).await {
                self.not_written(at, &error)?;
            }
        }
        Ok(())
    }

    /// What is wrong with one row is said in its line; what is wrong with the disk ends the run, and the next one
    /// goes on from there.
    pub(super) fn not_written(&mut self, at: usize, error: &store::StoreError) -> Result<(), KeysError> {
        use store::StoreError::{Backend, Busy, Full};
        if matches!(error, Backend(_) | Busy | Full) {
            return Err(KeysError::from(error.clone()));
        }
        if let Some(line) = self.lines.get_mut(at) {
            line.outcome = Outcome::Refused;
            line.reason = Some(format!("it could not be written: {error}"));
            line.here = None;
        }
        Ok(())
    }
}

fn with_secret(key: Key, digest: domain::secret::Digest, id: SecretId) -> store::NewKey {
    let secret = KeySecret {
        id,
        key: key.id,
        digest,
        recipe: Recipe::Sha256,
        created_at: key.created_at,
        expires_at: None,
    };
    store::NewKey { key, secrets: vec![secret], sealed: None, idempotency: None }
}
