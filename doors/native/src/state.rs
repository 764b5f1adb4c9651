//! What the door is given at the start. Cheap to clone.

use std::{future::Future, pin::Pin, sync::Arc};

use ::keys::Keys;
use data::Data;
use domain::{RoleId, time::SharedClock};
use guard::Guard;
use http_kit::TrustedProxies;
use serde::Serialize;

use crate::replay::Replays;

/// Asks whether the database answers; the text of an error is for the log.
pub type ReadyCheck = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// One way in, as `GET /v1/endpoints` names it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Endpoint {
    /// The dialect: `native`, `nocobase` …
    #[schema(example = "native")]
    pub door: String,
    /// What a client of that dialect is configured with.
    #[schema(example = "http://127.0.0.1:7420/v1")]
    pub base_url: String,
    /// One sentence: how to present a key there.
    pub about: String,
}

pub struct NativeOptions {
    pub guard: Guard,
    pub keys: Keys,
    pub data: Data,
    pub clock: SharedClock,
    pub trusted: Arc<TrustedProxies>,
    /// Where people reach this server (`http://127.0.0.1:7420`), without a slash at the end. Pages of this
    /// origin may use session cookies.
    pub base_url: String,
    pub endpoints: Vec<Endpoint>,
    pub ready: ReadyCheck,
}

/// See [`NativeOptions`].
#[derive(Clone)]
pub struct NativeState(Arc<Inner>);

pub struct Inner {
    pub guard: Guard,
    pub keys: Keys,
    pub data: Data,
    pub clock: SharedClock,
    pub trusted: Arc<TrustedProxies>,
    pub base_url: String,
    pub endpoints: Vec<Endpoint>,
    pub ready: ReadyCheck,
    pub(crate) replays: Replays,
}

impl NativeState {
    pub fn new(options: NativeOptions) -> Self {
        let NativeOptions { guard, keys, data, clock, trusted, base_url, endpoints, ready } = options;
        Self(Arc::new(Inner {
            guard,
            keys,
            data,
            clock,
            trusted,
            base_url,
            endpoints,
            ready,
            replays: Replays::default(),
        }))
    }
}

impl Inner {
    /// The name of a role, or its id as text when it is gone.
    pub(crate) fn role_name(&self, id: RoleId) -> Arc<str> {
        self.guard.role_name(id).unwrap_or_else(|| id.to_string().into())
    }
}

impl std::ops::Deref for NativeState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
