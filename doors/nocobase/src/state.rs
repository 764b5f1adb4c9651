//! What the door is given at the start.

use std::sync::Arc;

use data::Data;
use domain::{
    secret::Secret,
    time::{SharedClock, SharedEntropy},
};
use guard::Guard;
use http_kit::TrustedProxies;
use keys::Keys;

use crate::{
    BasePath, Mail, PageSettings, TokenPolicy, lost_password, role_mode::Kept, rules, token::Signer,
};

/// Settings of this door.
#[derive(Clone)]
pub struct NocobaseSettings {
    /// Where clients reach the server (`https://api.example`), without a slash at the end.
    pub base_url: String,
    /// Signs and checks the tokens of API keys; its bytes are used as they stand.
    pub app_key: Secret,
    /// What the tokens of imported keys may be signed with besides, as raw bytes.
    pub jwt_secret: Option<Arc<[u8]>>,
    /// Whose forwarding headers are believed.
    pub trusted: Arc<TrustedProxies>,
    /// Whether `?token=` is read when there is no Authorization header. Off: secrets do not belong in URLs.
    pub query_token: bool,
    /// Records a list with `paginate=false` may answer; beyond, it is refused rather than cut.
    pub unpaged_rows_max: u64,
    /// A path of the door's own, besides `/api/`.
    pub base_path: Option<BasePath>,
    pub tokens: TokenPolicy,
    /// Whether signing in also sets cookies, and they are read.
    pub cookies: bool,
    /// Pages besides our own that may have them.
    pub trusted_origins: Vec<String>,
    /// For letters about lost passwords; `None`: there is no mail.
    pub mail: Option<Mail>,
    pub page: PageSettings,
}

impl NocobaseSettings {
    pub fn new(base_url: impl Into<String>, app_key: Secret) -> Self {
        Self {
            base_url: base_url.into(),
            app_key,
            jwt_secret: None,
            trusted: Arc::default(),
            query_token: false,
            unpaged_rows_max: domain::limits::UNPAGED_ROWS_DEFAULT,
            base_path: None,
            tokens: TokenPolicy::default(),
            cookies: false,
            trusted_origins: Vec::new(),
            mail: None,
            page: PageSettings::default(),
        }
    }
}

/// Everything the door needs. Cheap to clone.
#[derive(Clone)]
pub struct NocobaseState {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub guard: Guard,
    pub keys: Keys,
    pub data: Data,
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
    pub signer: Signer,
    pub settings: NocobaseSettings,
    /// Held while the notes of a role or a collection are read, changed and written back, so that two
    /// screens saving at once do not undo each other.
    pub editing: tokio::sync::Mutex<()>,
    /// As it was last read or set; nothing else changes it.
    pub role_mode: tokio::sync::OnceCell<Kept>,
    pub rules: rules::Known,
    /// Turns for making and reading sheets: each takes a thread and some memory.
    pub sheets: Arc<tokio::sync::Semaphore>,
    /// Letters that may be on their way at once.
    pub letters: Arc<tokio::sync::Semaphore>,
}

impl NocobaseState {
    pub fn new(
        guard: Guard,
        keys: Keys,
        data: Data,
        clock: SharedClock,
        entropy: SharedEntropy,
        settings: NocobaseSettings,
    ) -> Self {
        let signer = Signer::new(&settings.app_key).reading(settings.jwt_secret.as_deref());
        Self {
            inner: Arc::new(Inner {
                guard,
                keys,
                data,
                clock,
                entropy,
                signer,
                settings,
                editing: tokio::sync::Mutex::default(),
                role_mode: tokio::sync::OnceCell::default(),
                rules: rules::Known::default(),
                sheets: Arc::new(tokio::sync::Semaphore::new(domain::limits::SHEETS_AT_ONCE)),
                letters: lost_password::letters(),
            }),
        }
    }
}
