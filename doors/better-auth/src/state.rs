//! What the door is given at the start.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use domain::{
    Millis,
    secret::Secret,
    time::{DAY_MS, SharedClock, SharedEntropy},
};
use guard::Guard;
use http_kit::TrustedProxies;
use keys::Keys;

use crate::{
    Configurations,
    cookie::{self, Signer},
    slow::Slow,
};

/// What `GET /api-key/list` answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListShape {
    /// `{"apiKeys", "total"}`: clients since 1.5.
    #[default]
    Newer,
    /// A bare array: clients before that.
    Older,
}

/// Settings of this door.
#[derive(Clone)]
pub struct BetterAuthSettings {
    /// Where clients reach the server (`https://api.example`), without a slash at the end.
    pub base_url: String,
    /// Origins besides that whose pages may use cookies; `*` stands for a part of a host.
    pub trusted_origins: Vec<String>,
    /// Signs cookies and bearer tokens; its bytes are used as they stand.
    pub secret: Secret,
    /// Whose forwarding headers are believed.
    pub trusted: Arc<TrustedProxies>,
    pub configurations: Configurations,
    pub list: ListShape,
    /// Keys and sessions may be of organizations. Without: as the original without its plugin for them.
    pub organizations: bool,
    /// Beginning of the names of cookies.
    pub cookie_prefix: String,
    /// How young a session must be that lists the others; 0: of any age.
    pub fresh_age_ms: i64,
    /// A bearer without a signature opens nothing.
    pub signed_bearers: bool,
    /// Strangers may make accounts; otherwise only who holds a root key makes them.
    pub signup_open: bool,
    /// At most so many requests per address and path as the original allows in production.
    pub ip_rate_limit: bool,
}

impl BetterAuthSettings {
    pub fn new(base_url: impl Into<String>, secret: Secret) -> Self {
        Self {
            base_url: base_url.into(),
            trusted_origins: Vec::new(),
            secret,
            trusted: Arc::default(),
            configurations: Configurations::default(),
            list: ListShape::default(),
            organizations: true,
            cookie_prefix: cookie::PREFIX.to_owned(),
            fresh_age_ms: DAY_MS,
            signed_bearers: false,
            signup_open: false,
            ip_rate_limit: false,
        }
    }
}

/// Everything the door needs. Cheap to clone.
#[derive(Clone)]
pub struct BetterAuthState {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub guard: Guard,
    pub keys: Keys,
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
    pub settings: BetterAuthSettings,
    pub signer: Signer,
    pub slow: Slow,
    /// When expired keys were last cleared away.
    cleared_at: AtomicI64,
}

impl BetterAuthState {
    pub fn new(
        guard: Guard,
        keys: Keys,
        clock: SharedClock,
        entropy: SharedEntropy,
        settings: BetterAuthSettings,
    ) -> Self {
        let signer = Signer::new(&settings.secret, settings.base_url.starts_with("https://"))
            .named(&settings.cookie_prefix)
            .signed_only(settings.signed_bearers);
        let (slow, cleared_at) = (Slow::default(), AtomicI64::new(i64::MIN));
        Self { inner: Arc::new(Inner { guard, keys, clock, entropy, settings, signer, slow, cleared_at }) }
    }
}

impl Inner {
    /// Whether it is time to clear expired keys away; says so to one caller only.
    pub fn time_to_clear(&self, now: Millis, every_ms: i64) -> bool {
        let last = self.cleared_at.load(Relaxed);
        let due = now.0.saturating_sub(last) >= every_ms;
        due && self.cleared_at.compare_exchange(last, now.0, Relaxed, Relaxed).is_ok()
    }
}
