//! A live key as the guard keeps it: small, immutable, replaced as a whole when the key changes. What happens
//! to a key's limits is in [`Counters`], shared by all its versions.
//!
//! Budget: 400 bytes a key with everything (map entry, this, counters, indexes); seldom used parts are boxed.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use domain::{
    KeyId, Millis, RoleId, UserId,
    access::Scopes,
    host::AllowedHosts,
    key::{Key, KeyKind, KeySecret, Owner, Permissions, Quota},
    limit::{RateLimit, Refill, WindowState},
    secret::Digest,
};

use crate::{access::Memo, counters::Counters, journal::Uses, short_text::ShortText};

const NONE: i64 = i64::MIN;
const FOREVER: i64 = i64::MAX;

/// The tail of a digest: enough to recognise one of a key's own secrets.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Tail([u8; 8]);

impl Tail {
    pub(crate) fn of(digest: &Digest) -> Self {
        Self(digest.0.last_chunk().copied().unwrap_or_default())
    }
}

impl std::hash::Hash for Tail {
    fn hash<H: std::hash::Hasher>(&self, to: &mut H) {
        to.write(&self.0);
    }
}

impl papaya::Equivalent<Digest> for Tail {
    fn equivalent(&self, digest: &Digest) -> bool {
        *self == Self::of(digest)
    }
}

/// A live key. Made by the cache; read by whoever answers a verification.
///
/// In this order: what every verification looks at is in one cache line, what most look at in the next. With a
/// million keys in no order, a line more is a tenth of a microsecond.
#[repr(C)]
pub struct CachedKey {
    counters: Option<Arc<Counters>>,
    rare: Option<Box<Rare>>,
    expires_at: i64,
    pub(crate) uses: Uses,
    last_used: AtomicI64,
    kind: KeyKind,
    enabled: bool,
    has_quota: bool,
    revealable: bool,
    made_by_owner: bool,
    is_virtual: bool,

    owner: Owner,
    role: Option<RoleId>,
    rate_limit: Option<RateLimit>,
    /// No unit is left before this moment: such calls are refused without asking the ledger. Belongs to this
    /// version of the key; a top-up makes a new version, so a late writer can only mark the old one.
    empty_until: AtomicI64,
    pub(crate) scope_layer: Memo,

    tail: Tail,
    id: KeyId,
    num: i64,
    created_at: Millis,
    updated_at: Millis,
    name: Option<ShortText>,
    start: Option<ShortText>,
}

/// What few keys have.
#[derive(Default, PartialEq)]
struct Rare {
    description: Option<Box<str>>,
    permissions: Option<Permissions>,
    scopes: Option<Scopes>,
    hosts: AllowedHosts,
    metadata: Option<Box<str>>,
    prefix: Option<Box<str>>,
    door: Option<Box<str>>,
    extra: Option<Box<str>>,
    refill: Option<Refill>,
    created_by: Option<UserId>,
    /// All secrets with their ends, when there are several or the one has an end.
    secrets: Box<[(Tail, Option<Millis>)]>,
}

impl CachedKey {
    /// `before` is the version this one replaces.
    pub(crate) fn new(key: Key, secrets: &[KeySecret], before: Option<&Self>) -> Self {
        let counters = counters(&key, before);
        let last_used = before.map(|b| b.last_used.load(Relaxed));
        let made_by_owner = key.created_by.is_some() && key.owner.user() == key.created_by;
        let with_ends = secrets.len() > 1 || secrets.iter().any(|s| s.expires_at.is_some());
        let rare = Rare {
            description: key.description.map(String::into_boxed_str),
            permissions: key.permissions,
            scopes: key.scopes,
            hosts: key.hosts,
            metadata: key.metadata.map(String::into_boxed_str),
            prefix: key.prefix.map(String::into_boxed_str),
            door: key.door.map(String::into_boxed_str),
            extra: key.extra.map(String::into_boxed_str),
            refill: key.quota.and_then(|q| q.refill),
            created_by: key.created_by.filter(|_| !made_by_owner),
            secrets: secrets
                .iter()
                .filter(|_| with_ends)
                .map(|s| (Tail::of(&s.digest), s.expires_at))
                .collect(),
        };
        Self {
            id: key.id,
            counters,
            uses: Uses::default(),
            last_used: AtomicI64::new(last_used.unwrap_or(key.last_used_at.map_or(NONE, |at| at.0))),
            rare: (rare != Rare::default()).then(|| Box::new(rare)),
            expires_at: key.expires_at.map_or(FOREVER, |at| at.0),
            rate_limit: key.rate_limit,
            empty_until: AtomicI64::new(key.quota.map_or(NONE, |q| known_empty(&q))),
            owner: key.owner,
            role: key.role,
            kind: key.kind,
            enabled: key.enabled,
            has_quota: key.quota.is_some(),
            revealable: key.revealable,
            made_by_owner,
            is_virtual: false,
            scope_layer: Memo::default(),
            tail: secrets.first().map_or(Tail([0; 8]), |s| Tail::of(&s.digest)),
            num: key.num,
            created_at: key.created_at,
            updated_at: key.updated_at,
            name: key.name.map(ShortText::new),
            start: key.start.map(ShortText::new),
        }
    }

    /// The operator's key from the configuration: in no table.
    pub(crate) fn root(digest: &Digest) -> Self {
        Self {
            kind: KeyKind::Root,
            tail: Tail::of(digest),
            name: Some(ShortText::new("KEYWARD_ROOT_KEY".to_owned())),
            ..Self::of_nobody()
        }
    }

    /// What a caller without credentials acts as: nobody, in this role.
    pub(crate) fn stranger(role: RoleId) -> Self {
        Self { role: Some(role), ..Self::of_nobody() }
    }

    fn of_nobody() -> Self {
        Self {
            id: KeyId::from_bytes([0; 16]),
            counters: None,
            uses: Uses::default(),
            last_used: AtomicI64::new(NONE),
            rare: None,
            expires_at: FOREVER,
            rate_limit: None,
            empty_until: AtomicI64::new(NONE),
            owner: Owner::Server,
            role: None,
            kind: KeyKind::Standard,
            enabled: true,
            has_quota: false,
            revealable: false,
            made_by_owner: false,
            is_virtual: true,
            scope_layer: Memo::default(),
            tail: Tail([0; 8]),
            num: 0,
            created_at: Millis::ZERO,
            updated_at: Millis::ZERO,
            name: None,
            start: None,
        }
    }

    pub(crate) fn id_ref(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn tails(&self) -> impl Iterator<Item = Tail> {
        let listed = self.rare.as_ref().map_or(&[][..], |r| &r.secrets);
        std::iter::once(self.tail).filter(|_| listed.is_empty()).chain(listed.iter().map(|(tail, _)| *tail))
    }

    /// Whether the secret with this digest still works, or its overlap is over.
    pub(crate) fn admits(&self, digest: &Digest, now: Millis) -> bool {
        let Some(rare) = self.rare.as_ref().filter(|r| !r.secrets.is_empty()) else { return true };
        let tail = Tail::of(digest);
        rare.secrets.iter().any(|(t, end)| *t == tail && end.is_none_or(|end| now < end))
    }

    /// Whether no unit is left, as far as the ledger has said so.
    pub fn known_empty(&self, now: Millis) -> bool {
        now.0 < self.empty_until.load(Relaxed)
    }

    /// When the next refill is due, if this version of the key is known to be empty and has one.
    pub(crate) fn empty_until(&self) -> Option<Millis> {
        let until = self.empty_until.load(Relaxed);
        (until != FOREVER && until != NONE).then_some(Millis(until))
    }

    /// Of a key that has, or had, a limit.
    pub(crate) fn counters(&self) -> Option<&Counters> {
        self.counters.as_deref()
    }

    fn set_remaining(&self, remaining: i64) {
        if let Some(counters) = &self.counters {
            counters.set_remaining(remaining);
        }
    }

    pub(crate) fn used(&self, at: Millis) {
        self.last_used.store(at.0, Relaxed);
    }

    /// Notes what the ledger said last.
    pub(crate) fn note_quota(&self, quota: &Quota) {
        self.set_remaining(quota.balance.remaining);
        if quota.balance.remaining <= 0 {
            self.empty_until.store(known_empty(quota), Relaxed);
        }
    }
}

impl CachedKey {
    /// Notes that the ledger refused.
    pub(crate) fn note_exhausted(&self, remaining: i64, next_refill_at: Option<Millis>) {
        self.set_remaining(remaining);
        if remaining > 0 {
            return;
        }
        match (next_refill_at, self.refill()) {
            (Some(at), _) => self.empty_until.store(at.0, Relaxed),
            (None, None) => self.empty_until.store(FOREVER, Relaxed),
            // A refill that is too small for this call may do for another.
            (None, Some(_)) => {}
        }
    }
}

/// The counters of the version before, or new ones when a limit needs some.
fn counters(key: &Key, before: Option<&CachedKey>) -> Option<Arc<Counters>> {
    let limited = key.rate_limit.is_some() || key.quota.is_some();
    let kept = before.and_then(|b| b.counters.clone());
    let counters = kept.or_else(|| limited.then(|| Arc::new(Counters::of(key))));
    if let (Some(counters), Some(quota)) = (&counters, key.quota) {
        counters.set_remaining(quota.balance.remaining);
    }
    counters
}

/// Until when a balance of nothing stays nothing.
fn known_empty(quota: &Quota) -> i64 {
    if quota.balance.remaining > 0 {
        return NONE;
    }
    match quota.refill {
        Some(r) if r.amount > 0 && r.interval_ms > 0 => {
            quota.balance.last_refill_at.plus(r.interval_ms).plus(1).0
        }
        _ => FOREVER,
    }
}

static ANY_HOST: AllowedHosts = AllowedHosts::ANY;

impl CachedKey {
    pub fn id(&self) -> KeyId {
        self.id
    }
    pub fn num(&self) -> i64 {
        self.num
    }
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
    pub fn owner(&self) -> Owner {
        self.owner
    }
    pub fn role(&self) -> Option<RoleId> {
        self.role
    }
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(ShortText::as_str)
    }
    pub fn description(&self) -> Option<&str> {
        self.rare.as_ref()?.description.as_deref()
    }
    pub fn permissions(&self) -> Option<&Permissions> {
        self.rare.as_ref()?.permissions.as_ref()
    }
    pub fn scopes(&self) -> Option<&Scopes> {
        self.rare.as_ref()?.scopes.as_ref()
    }
    pub fn hosts(&self) -> &AllowedHosts {
        self.rare.as_ref().map_or(&ANY_HOST, |r| &r.hosts)
    }
    pub fn enabled(&self) -> bool {
        self.enabled
    }
    pub fn expires_at(&self) -> Option<Millis> {
        (self.expires_at != FOREVER).then_some(Millis(self.expires_at))
    }
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.rate_limit
    }
    pub fn has_quota(&self) -> bool {
        self.has_quota
    }
    pub fn refill(&self) -> Option<Refill> {
        self.rare.as_ref()?.refill
    }
    /// Uses left when last heard of; the ledger knows exactly.
    pub fn remaining(&self) -> Option<i64> {
        self.counters().map(|c| c.remaining()).filter(|_| self.has_quota)
    }
    /// JSON text.
    pub fn metadata(&self) -> Option<&str> {
        self.rare.as_ref()?.metadata.as_deref()
    }
    pub fn prefix(&self) -> Option<&str> {
        self.rare.as_ref()?.prefix.as_deref()
    }
    pub fn start(&self) -> Option<&str> {
        self.start.as_ref().map(ShortText::as_str)
    }
    pub fn revealable(&self) -> bool {
        self.revealable
    }
    pub fn door(&self) -> Option<&str> {
        self.rare.as_ref()?.door.as_deref()
    }
    /// JSON text.
    pub fn extra(&self) -> Option<&str> {
        self.rare.as_ref()?.extra.as_deref()
    }
    pub fn created_at(&self) -> Millis {
        self.created_at
    }
    pub fn created_by(&self) -> Option<UserId> {
        if self.made_by_owner { self.owner.user() } else { self.rare.as_ref()?.created_by }
    }
    pub fn updated_at(&self) -> Millis {
        self.updated_at
    }
    /// Of this process, or as stored when it started.
    pub fn last_used_at(&self) -> Option<Millis> {
        let at = self.last_used.load(Relaxed);
        (at != NONE).then_some(Millis(at))
    }
    /// Accepted requests in the current window and its mark, as they are now.
    pub fn window(&self) -> WindowState {
        self.counters().map(|c| c.window()).unwrap_or_default()
    }
    /// The virtual key of `KEYWARD_ROOT_KEY`: in no table, never counted.
    pub fn is_virtual(&self) -> bool {
        self.is_virtual
    }
}

impl std::fmt::Debug for CachedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CachedKey").field("id", &self.id).field("name", &self.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_key_stays_within_its_budget() {
        // 400 bytes with everything: map entry 48, two indexes of 19, this with its Arc and the allocator's word;
        // counters 48 more for a key with limits.
        assert!(size_of::<CachedKey>() <= 216, "{}", size_of::<CachedKey>());
    }

    #[test]
    fn what_every_verification_looks_at_comes_first() {
        use std::mem::offset_of;
        assert_eq!(offset_of!(CachedKey, counters), 0);
        assert!(offset_of!(CachedKey, is_virtual) < 48, "one cache line with the counts of the Arc");
    }
}
