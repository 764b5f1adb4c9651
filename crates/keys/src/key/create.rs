//! Issuing a key. Its secret leaves here once and is never seen again, unless the key is revealable.

use crate::{Keys, KeysError, Once, check, once::KEYS_CREATE, rights::Caller};
use domain::{
    KeyId, Millis, RoleId, SecretId,
    access::Scopes,
    decision::Allowed,
    key::{Key, KeyKind, KeySecret, Owner, Permissions, Quota},
    limit::{Balance, RateLimit, Refill},
    limits,
    secret::{NATIVE_PREFIX, Recipe, Secret, Shape, generate, shape},
    time::SECOND_MS,
};

/// When a key ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expires {
    /// After 90 days, or with the key that issues it when that ends earlier.
    #[default]
    Default,
    At(Millis),
    /// Seconds from now.
    In(i64),
    Never,
}

/// What a caller says of a new key. Names of roles, hosts and labels are as they were written.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: Option<String>,
    pub description: Option<String>,
    pub kind: KeyKind,
    /// Id or name of the one role the key acts in.
    pub role: Option<String>,
    /// `None`: the caller's own user (for a key: its owner).
    pub owner: Option<Owner>,
    pub permissions: Option<Permissions>,
    pub scopes: Option<Scopes>,
    /// IPv4, IPv6 or CIDR. Empty: any.
    pub hosts: Vec<String>,
    pub expires: Expires,
    pub enabled: bool,
    pub rate_limit: Option<RateLimit>,
    /// Uses left; `None`: no quota.
    pub remaining: Option<i64>,
    pub refill: Option<Refill>,
    /// JSON text.
    pub metadata: Option<String>,
    /// Label of the native secret (`kw_<prefix>_…`), or the prefix a caller-made secret begins with.
    pub prefix: Option<String>,
    pub revealable: bool,
    /// The dialect configuration the key is made under.
    pub door: Option<String>,
    /// What that dialect keeps with the key, as JSON text.
    pub extra: Option<String>,
    /// Characters of the secret kept as `start`; `None`: the house rule, `Some(0)`: none.
    pub start_chars: Option<usize>,
    /// How the secret is digested; `None`: as configured. Others only for importing.
    pub recipe: Option<Recipe>,
    /// Stored with the key under `keys.create`; ask [`Keys::earlier`] first. Two racing requests end as one
    /// key and one `Conflict` on `idempotency_key`.
    pub once: Option<Once>,
}

impl Default for NewKey {
    fn default() -> Self {
        Self {
            name: None,
            description: None,
            kind: KeyKind::Standard,
            role: None,
            owner: None,
            permissions: None,
            scopes: None,
            hosts: Vec::new(),
            expires: Expires::Default,
            enabled: true,
            rate_limit: None,
            remaining: None,
            refill: None,
            metadata: None,
            prefix: None,
            revealable: false,
            door: None,
            extra: None,
            start_chars: None,
            recipe: None,
            once: None,
        }
    }
}

impl Keys {
    /// Issues a key with a native secret. The secret is shown by this answer only.
    pub async fn create(&self, allowed: &Allowed, new: NewKey) -> Result<(Key, Secret), KeysError> {
        let label = new.prefix.clone().unwrap_or_else(|| new.kind.label().to_owned());
        check::label(&label)?;
        let start_chars = new.start_chars.or(Some(native_start_chars(&label)));
        let entropy = self.inner.entropy.clone();
        self.create_with(allowed, NewKey { start_chars, ..new }, move |_| generate(&label, &*entropy)).await
    }

    /// Issues a key whose secret the door makes in its own format. `make` sees the key as it will be
    /// stored, except `num` and `start`, which are not known yet.
    pub async fn create_with(
        &self,
        allowed: &Allowed,
        new: NewKey,
        make: impl FnOnce(&Key) -> Secret + Send,
    ) -> Result<(Key, Secret), KeysError> {
        let caller = self.caller(allowed).await?;
        let mut key = self.draft(&caller, &new).await?;
        self.check_rank(&caller, &key, true).await?;
        let text = make(&key);
        key.start = start_of(&text, new.start_chars);
        let secret = self.secret_of(&key, &text, new.recipe, allowed.at())?;
        let sealed = if key.revealable { Some(self.seal(key.id, &text)?) } else { None };
        let idempotency = new.once.map(|once| once.mark(allowed, KEYS_CREATE));
        let stored = store::NewKey { key, secrets: vec![secret], sealed, idempotency };
        let key = self.store().insert_key(&allowed.actor(), stored).await?;
        tracing::info!(key = %key.id, "key created");
        Ok((key, text))
    }

    /// The key as asked for, its values checked. What a caller's own key restricts is inherited where the
    /// request says nothing.
    async fn draft(&self, caller: &Caller<'_>, new: &NewKey) -> Result<Key, KeysError> {
        let now = caller.allowed.at();
        check_values(new)?;
        let hosts = check::hosts(&new.hosts)?;
        let role = match &new.role {
            Some(text) => Some(self.role_for_key(text).await?),
            None => None,
        };
        let mut key = Key {
            id: KeyId::new(now, self.entropy()),
            num: 0,
            kind: new.kind,
            owner: new.owner.unwrap_or(caller.owner()),
            name: new.name.clone(),
            description: new.description.clone(),
            role,
            permissions: new.permissions.clone(),
            scopes: new.scopes.clone(),
            hosts,
            enabled: new.enabled,
            expires_at: end_of(new.expires, now, caller.end())?,
            rate_limit: new.rate_limit,
            quota: new.remaining.map(|remaining| Quota {
                balance: Balance { remaining, last_refill_at: now },
                refill: new.refill,
            }),
            metadata: new.metadata.clone(),
            prefix: new.prefix.clone(),
            start: None,
            revealable: new.revealable,
            door: new.door.clone(),
            extra: new.extra.clone(),
            created_at: now,
            created_by: caller.allowed.principal().user,
            updated_at: now,
            last_used_at: None,
            last_used_from: None,
            request_count: 0,
            last_request_at: None,
            gone: None,
        };
        inherit(caller, &mut key);
        Ok(key)
    }

    pub(super) async fn role_for_key(&self, id_or_name: &str) -> Result<RoleId, KeysError> {
        match self.find_role(id_or_name).await? {
            Some(role) => Ok(role.id),
            None => Err(KeysError::invalid("role", format!("there is no role {id_or_name:?}"))),
        }
    }

    /// What is stored of a secret.
    pub(super) fn secret_of(
        &self,
        key: &Key,
        text: &Secret,
        recipe: Option<Recipe>,
        now: Millis,
    ) -> Result<KeySecret, KeysError> {
        if shape(text.expose()) == Shape::Malformed {
            return Err(KeysError::invalid("key", "the secret has a form that could never be accepted"));
        }
        let recipe = recipe.unwrap_or(self.inner.digester.recipe());
        let digest = self.inner.digester.digest_as(recipe, text.expose());
        let digest =
            digest.ok_or_else(|| KeysError::invalid("recipe", "needs a pepper, and none is configured"))?;
        let id = SecretId::new(now, self.entropy());
        Ok(KeySecret { id, key: key.id, digest, recipe, created_at: now, expires_at: None })
    }
}

/// Characters of a native secret shown to tell keys apart: the readable part and a little more.
pub(super) fn native_start_chars(label: &str) -> usize {
    NATIVE_PREFIX.len() + label.len() + 1 + limits::KEY_START_CHARS
}

pub(super) fn start_of(text: &Secret, chars: Option<usize>) -> Option<String> {
    // Never so much that the rest could be guessed.
    let most = text.expose().chars().count() / 2;
    let start = text.start(chars.unwrap_or(limits::KEY_START_CHARS).min(most));
    (!start.is_empty()).then_some(start)
}

/// The moment a key ends. `latest`: the end of the key that issues it.
pub(super) fn end_of(
    expires: Expires,
    now: Millis,
    latest: Option<Millis>,
) -> Result<Option<Millis>, KeysError> {
    let (field, at) = match expires {
        Expires::Never => return Ok(None),
        Expires::Default => {
            let usual = now.plus(limits::KEY_EXPIRES_IN_DEFAULT_S * SECOND_MS);
            return Ok(Some(latest.map_or(usual, |end| end.min(usual))));
        }
        Expires::At(at) => ("expires_at", at),
        Expires::In(seconds) => ("expires_in", now.plus(seconds.saturating_mul(SECOND_MS))),
    };
    check::end(field, at, now)?;
    Ok(Some(at))
}

fn check_values(new: &NewKey) -> Result<(), KeysError> {
    optional(&new.name, |text| check::line("name", text, limits::KEY_NAME_CHARS_MAX))?;
    optional(&new.description, |text| check::lines("description", text, limits::KEY_NAME_CHARS_MAX))?;
    optional(&new.permissions, check::permissions)?;
    optional(&new.scopes, check::scopes)?;
    optional(&new.rate_limit, check::rate_limit)?;
    optional(&new.remaining, |units| check::remaining(*units))?;
    optional(&new.refill, |refill| check::refill(refill, new.remaining.is_some()))?;
    optional(&new.metadata, |text| check::json("metadata", text, limits::KEY_METADATA_BYTES_MAX))?;
    optional(&new.extra, |text| check::json("extra", text, limits::KEY_METADATA_BYTES_MAX))?;
    optional(&new.prefix, |text| check::foreign_prefix(text))
}

pub(super) fn optional<T>(
    value: &Option<T>,
    check: impl Fn(&T) -> Result<(), KeysError>,
) -> Result<(), KeysError> {
    value.as_ref().map_or(Ok(()), check)
}

/// What a key issues carries its restrictions, unless the request names narrower ones.
fn inherit(caller: &Caller<'_>, key: &mut Key) {
    let Some(own) = &caller.key else { return };
    if key.role.is_none() && key.kind == KeyKind::Standard {
        key.role = own.role;
    }
    if key.scopes.is_none() && key.kind != KeyKind::Legacy {
        key.scopes = own.scopes.clone();
    }
    if key.hosts.is_any() {
        key.hosts = own.hosts.clone();
    }
    if key.rate_limit.is_none() {
        key.rate_limit = own.rate_limit;
    }
}
