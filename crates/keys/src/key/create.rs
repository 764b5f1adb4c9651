//! Issuing a key. Its secret leaves here once and is never seen again, unless the key is revealable.

use domain::{
    Millis,
    access::Scopes,
    decision::Allowed,
    key::{Key, KeyKind, Owner, Permissions},
    limit::{RateLimit, Refill},
    secret::{Recipe, Secret},
};

use crate::{Keys, KeysError, Once};

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
        let _ = (allowed, new);
        todo!()
    }

    /// Issues a key whose secret the door makes in its own format. `make` sees the key as it will be
    /// stored, except `num`, `start` (not known yet).
    pub async fn create_with(
        &self,
        allowed: &Allowed,
        new: NewKey,
        make: impl FnOnce(&Key) -> Secret + Send,
    ) -> Result<(Key, Secret), KeysError> {
        let _ = (allowed, new, make);
        todo!()
    }
}
