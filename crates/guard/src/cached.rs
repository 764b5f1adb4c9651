//! A live key as the guard keeps it: small, immutable, replaced as a whole when the key changes. What happens
//! to a key (window, last use) is in [`Counters`], shared by all versions and all secrets of the key, so that
//! a change or a rotation never resets a limiter.
//!
//! Budget: 400 bytes a key with everything (map entry, this, counters, indexes); seldom used parts are boxed.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};

use domain::{
    KeyId, Millis, RoleId, UserId,
    access::Scopes,
    host::AllowedHosts,
    key::{Key, KeyKind, KeySecret, Owner, Permissions, Quota},
    limit::{Packed, RateLimit, RateVerdict, Refill, WindowState, peek, take},
    secret::Digest,
};

use crate::access::Memo;

/// What happens to one key, whatever its settings and secrets become.
#[derive(Debug)]
pub(crate) struct Counters {
    rate: AtomicU64,
    /// For showing only, [`NONE`] without a quota: the ledger decides.
    remaining: AtomicI64,
    last_used: AtomicI64,
}

const NONE: i64 = i64::MIN;
const FOREVER: i64 = i64::MAX;

impl Counters {
    fn of(key: &Key) -> Self {
        let mark = key.last_request_at.unwrap_or_default();
        let window = WindowState { mark, count: if mark == Millis::ZERO { 0 } else { key.request_count } };
        Self {
            rate: AtomicU64::new(if window.count == 0 { 0 } else { Packed::new(window).0 }),
            remaining: AtomicI64::new(NONE),
            last_used: AtomicI64::new(key.last_used_at.map_or(NONE, |at| at.0)),
        }
    }

    pub(crate) fn window(&self) -> WindowState {
        Packed(self.rate.load(Relaxed)).state()
    }

    /// Counts one request if the limit allows it: exact under any number of callers.
    pub(crate) fn take(&self, limit: &RateLimit, now: Millis) -> RateVerdict {
        let mut seen = self.rate.load(Relaxed);
        loop {
            let (next, verdict) = take(limit, Packed(seen).state(), now);
            if matches!(verdict, RateVerdict::Refused { .. }) {
                return verdict;
            }
            match self.rate.compare_exchange_weak(seen, Packed::new(next).0, Relaxed, Relaxed) {
                Ok(_) => return verdict,
                Err(newer) => seen = newer,
            }
        }
    }

    pub(crate) fn peek(&self, limit: &RateLimit, now: Millis) -> RateVerdict {
        peek(limit, self.window(), now)
    }

    /// Returns one counted request to its window. The mark stays: a later caller may have moved it.
    pub(crate) fn give_back(&self) {
        let give = |seen| {
            let state = Packed(seen).state();
            let less = WindowState { count: state.count.checked_sub(1)?, ..state };
            Some(if less.count == 0 { 0 } else { Packed::new(less).0 })
        };
        let _ = self.rate.fetch_update(Relaxed, Relaxed, give);
    }

    pub(crate) fn remaining(&self) -> Option<i64> {
        some(self.remaining.load(Relaxed))
    }

    pub(crate) fn set_remaining(&self, remaining: i64) {
        self.remaining.store(remaining, Relaxed);
    }

    pub(crate) fn used(&self, at: Millis) {
        self.last_used.store(at.0, Relaxed);
    }
}

fn some(value: i64) -> Option<i64> {
    (value != NONE).then_some(value)
}

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
pub struct CachedKey {
    id: KeyId,
    pub(crate) counters: Arc<Counters>,
    rare: Option<Box<Rare>>,
    expires_at: i64,
    rate_limit: Option<RateLimit>,
    /// No unit is left before this moment: such calls are refused without asking the ledger. Belongs to this
    /// version of the key; a top-up makes a new version, so a late writer can only mark the old one.
    empty_until: AtomicI64,
    owner: Owner,
    role: Option<RoleId>,
    kind: KeyKind,
    enabled: bool,
    has_quota: bool,
    revealable: bool,
    made_by_owner: bool,
    is_virtual: bool,
    pub(crate) scope_layer: Memo,
    tail: Tail,
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
        let counters = before.map_or_else(|| Arc::new(Counters::of(&key)), |b| b.counters.clone());
        counters.set_remaining(key.quota.map_or(NONE, |q| q.balance.remaining));
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
        let counters = Counters {
            rate: AtomicU64::new(0),
            remaining: AtomicI64::new(NONE),
            last_used: AtomicI64::new(NONE),
        };
        Self {
            id: KeyId::from_bytes([0; 16]),
            counters: Arc::new(counters),
            rare: None,
            expires_at: FOREVER,
            rate_limit: None,
            empty_until: AtomicI64::new(NONE),
            owner: Owner::Server,
            role: None,
            kind: KeyKind::Root,
            enabled: true,
            has_quota: false,
            revealable: false,
            made_by_owner: false,
            is_virtual: true,
            scope_layer: Memo::default(),
            tail: Tail::of(digest),
            num: 0,
            created_at: Millis::ZERO,
            updated_at: Millis::ZERO,
            name: Some(ShortText::new("KEYWARD_ROOT_KEY".to_owned())),
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

    pub(crate) fn known_empty(&self, now: Millis) -> bool {
        now.0 < self.empty_until.load(Relaxed)
    }

    /// When the next refill is due, if this version of the key is known to be empty and has one.
    pub(crate) fn empty_until(&self) -> Option<Millis> {
        let until = self.empty_until.load(Relaxed);
        (until != FOREVER && until != NONE).then_some(Millis(until))
    }

    /// Notes what the ledger said last.
    pub(crate) fn note_quota(&self, quota: &Quota) {
        self.counters.set_remaining(quota.balance.remaining);
        if quota.balance.remaining <= 0 {
            self.empty_until.store(known_empty(quota), Relaxed);
        }
    }
}

impl CachedKey {
    /// Notes that the ledger refused.
    pub(crate) fn note_exhausted(&self, remaining: i64, next_refill_at: Option<Millis>) {
        self.counters.set_remaining(remaining);
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
        self.counters.remaining().filter(|_| self.has_quota)
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
        some(self.counters.last_used.load(Relaxed)).map(Millis)
    }
    /// Accepted requests in the current window and its mark, as they are now.
    pub fn window(&self) -> WindowState {
        self.counters.window()
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

/// A text that is usually short: up to 22 bytes without an allocation of its own.
enum ShortText {
    Inline(u8, [u8; 22]),
    Heap(Box<str>),
}

impl ShortText {
    fn new(text: String) -> Self {
        let mut bytes = [0; 22];
        match bytes.get_mut(..text.len()) {
            Some(into) => {
                into.copy_from_slice(text.as_bytes());
                Self::Inline(text.len() as u8, bytes)
            }
            None => Self::Heap(text.into_boxed_str()),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Heap(text) => text,
            Self::Inline(len, bytes) => {
                bytes.get(..usize::from(*len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_key_stays_within_its_budget() {
        // Map entry 40 + Arc 16 + this + counters 40, each plus allocator overhead, and two indexes of 19 bytes.
        assert!(size_of::<CachedKey>() <= 192, "{}", size_of::<CachedKey>());
        assert_eq!(size_of::<Option<ShortText>>(), 24);
        assert_eq!(size_of::<Counters>(), 24);
    }

    #[test]
    fn short_and_long_texts_read_back() {
        for text in
            ["", "kw_live_abc123", "exactly 22 bytes long!", "a name that is longer than that", "ключ"]
        {
            assert_eq!(ShortText::new(text.to_owned()).as_str(), text);
        }
    }

    #[test]
    fn a_given_back_request_can_be_taken_again() {
        let counters =
            Counters { rate: AtomicU64::new(0), remaining: AtomicI64::new(0), last_used: AtomicI64::new(0) };
        let limit = RateLimit { max: 1, window_ms: 1_000, rule: Default::default(), enabled: true };
        let now = Millis(1_700_000_000_000);
        assert!(matches!(counters.take(&limit, now), RateVerdict::Accepted { left: 0, .. }));
        assert!(matches!(counters.take(&limit, now), RateVerdict::Refused { .. }));
        counters.give_back();
        assert!(matches!(counters.take(&limit, now), RateVerdict::Accepted { left: 0, .. }));
    }
}
