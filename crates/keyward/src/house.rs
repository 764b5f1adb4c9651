//! The wiring: store, guard, services and doors, made from a configuration. It opens no socket and holds no rule.

use std::{future::Future, path::Path, pin::Pin, sync::Arc, time::Duration};

use data::Data;
use domain::{
    audit::Actor,
    secret::{Digester, Secret},
    time::{SharedClock, SharedEntropy},
};
use door_better_auth::{BetterAuthSettings, BetterAuthState};
use door_native::{Endpoint, NativeOptions, NativeState};
use door_nocobase::{NocobaseSettings, NocobaseState};
use guard::{Guard, GuardOptions};
use http_kit::{Cors, Edge, EdgeOptions, IpRate, TrustedProxies, edge::Edged};
use keys::{Keys, KeysOptions, Sealer};
use store::{Options, Place, Store, StoreError, UserPatch};

use crate::{
    config::{Administrator, Config},
    dispatch::{Dispatch, elsewhere},
    error::Failure,
    key_files::{self, KeyMaterial},
    mail::Smtp,
    system::{SystemClock, SystemEntropy},
    timers::Timers,
};

/// What the store calls its file in the data folder.
pub const DATABASE_FILE: &str = "keyward.db";

/// A request that got no answer after this long is given up.
const DEADLINE: Duration = Duration::from_secs(30);

/// How the process ends when what it knows can no longer be trusted: an internal software error, by sysexits.h.
const EXIT_BROKEN: i32 = 70;

/// Which key is the operator's.
pub enum RootKey {
    Configured(Secret),
    /// A new one of this process; it is never stored and ends with the process.
    Ephemeral,
}

impl RootKey {
    /// The key the guard is to know, and the same again if nobody outside has it yet.
    fn into_keys(self, entropy: &SharedEntropy) -> (Secret, Option<Secret>) {
        match self {
            Self::Configured(key) => (key, None),
            Self::Ephemeral => {
                let key = domain::secret::generate("root", &**entropy);
                (key.clone(), Some(key))
            }
        }
    }
}

pub struct House {
    store: Store,
    pub guard: Guard,
    pub keys: Keys,
    pub data: Data,
    timers: Timers,
    journal: Option<tokio::task::JoinHandle<()>>,
    /// The doors, without what only a socket needs.
    pub dispatch: Dispatch,
    /// What the socket serves.
    pub service: Edged<Dispatch>,
}

impl House {
    /// Opens everything. The secret in the answer is the ephemeral root key; `None` when one is configured.
    pub async fn open(
        config: &Config,
        root: RootKey,
        base_url: &str,
    ) -> Result<(Self, Option<Secret>), Failure> {
        let clock: SharedClock = Arc::new(SystemClock);
        let entropy: SharedEntropy = Arc::new(SystemEntropy);
        prepare_folder(&config.server.data)?;
        let store = open_store(&config.server.data, &clock, &entropy)?;
        // What is on disk could not be made known in memory (a revocation, perhaps): nothing may be decided from
        // that memory any more. Whatever watches over this process starts it anew.
        store.on_broken(|| std::process::exit(EXIT_BROKEN));
        // Only behind the lock of the store: two first starts must not both make key files.
        let material = key_files::load(&config.secrets, &config.server.data, &*entropy)?;
        let (root_key, ephemeral) = root.into_keys(&entropy);
        let guard = open_guard(&store, &clock, &entropy, &material.digester, &root_key).await?;
        let postman = config.mail.as_ref().map(Smtp::new).transpose()?;
        let parts = Parts { config, base_url, clock, entropy, store, guard, material, postman };
        let house = parts.assemble(Timers::new().map_err(internal)?);
        house.keys.ensure_builtin_roles().await.map_err(internal)?;
        Ok((house, ephemeral))
    }

    pub async fn has_administrator(&self) -> Result<bool, Failure> {
        self.keys.has_administrator().await.map_err(internal)
    }

    /// Makes the configured administrator if there is none yet; changes no existing user.
    pub async fn make_first_administrator(&self, wanted: Option<&Administrator>) -> Result<(), Failure> {
        let Some(wanted) = wanted else { return Ok(()) };
        let (email, username) = (Some(wanted.email.clone()), Some(wanted.username.clone()));
        let made = self.keys.first_administrator(email, username, wanted.password.clone()).await;
        let made =
            made.map_err(|e| Failure::usage(format!("the first administrator cannot be made: {e}")))?;
        let Some(user) = made else { return Ok(()) };
        if wanted.name.is_some() {
            let patch = UserPatch { name: Some(wanted.name.clone()), ..UserPatch::default() };
            self.store.patch_user(&Actor::default(), user.id, patch).await.map_err(internal)?;
        }
        tracing::info!(user = %user.id, "made the first administrator");
        Ok(())
    }

    /// Lets buffers be written regularly; a command that ends soon does not need it.
    pub fn start_journal(&mut self) {
        let _there = self.timers.handle().enter();
        self.journal = Some(self.guard.start_journal());
    }

    pub fn timers(&self) -> &tokio::runtime::Handle {
        self.timers.handle()
    }

    /// Writes what is buffered and gives the folder free. Nothing may be asked of the doors any more.
    pub async fn close(self) -> Result<(), Failure> {
        let flushed = self.guard.flush().await;
        // Only now: cut off in the middle of a flush of its own, what it wrote would be written again.
        if let Some(journal) = self.journal {
            journal.abort();
        }
        let flushed = flushed.map_err(|e| Failure::new(format!("buffers could not be written: {e}")));
        self.store.close();
        flushed
    }
}

struct Parts<'a> {
    config: &'a Config,
    base_url: &'a str,
    clock: SharedClock,
    entropy: SharedEntropy,
    store: Store,
    guard: Guard,
    material: KeyMaterial,
    postman: Option<Smtp>,
}

impl Parts<'_> {
    fn assemble(mut self, timers: Timers) -> House {
        let postman = self.postman.take();
        let keys = self.keys();
        let data = Data::new(self.store.clone(), self.clock.clone(), self.entropy.clone());
        let trusted = Arc::new(self.config.access.trusted_proxies.clone());
        let dispatch = Dispatch {
            native: door_native::router(self.native(&keys, &data, &trusted)),
            nocobase: door_nocobase::router(self.nocobase(&keys, &data, &trusted, postman)),
            better_auth: door_better_auth::router(self.better_auth(&keys, &trusted)),
            elsewhere: elsewhere(),
            nocobase_path: self.config.nocobase.base_path.as_ref().map(|path| path.as_str().into()),
        };
        let edge = Edge::new(EdgeOptions {
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            trusted,
            ip_rate: self.config.access.ip_rate_limit.then(|| Arc::new(IpRate::default())),
            cors: Cors::new(&self.config.access.cors_origins),
            deadline: DEADLINE,
        });
        House {
            service: edge.wrap(dispatch.clone()),
            dispatch,
            store: self.store,
            guard: self.guard,
            keys,
            data,
            timers,
            journal: None,
        }
    }

    fn keys(&self) -> Keys {
        let mut options =
            KeysOptions::new(self.clock.clone(), self.entropy.clone(), self.material.digester.clone());
        options.sealer = Some(Sealer::new(self.material.master_key));
        options.signup_open = self.config.access.signup_open;
        options.slow_addresses = self.config.access.ip_rate_limit;
        Keys::new(self.store.clone(), options)
    }

    fn native(&self, keys: &Keys, data: &Data, trusted: &Arc<TrustedProxies>) -> NativeState {
        NativeState::new(NativeOptions {
            guard: self.guard.clone(),
            keys: keys.clone(),
            data: data.clone(),
            clock: self.clock.clone(),
            trusted: trusted.clone(),
            base_url: self.base_url.to_owned(),
            endpoints: endpoints(self.base_url),
            ready: ready(self.store.clone()),
        })
    }

    fn nocobase(
        &self,
        keys: &Keys,
        data: &Data,
        trusted: &Arc<TrustedProxies>,
        postman: Option<Smtp>,
    ) -> NocobaseState {
        let mut settings = NocobaseSettings::new(self.base_url, self.material.app_key.clone());
        settings.trusted = trusted.clone();
        settings.base_path = self.config.nocobase.base_path.clone();
        settings.unpaged_rows_max = self.config.nocobase.unpaged_rows_max;
        settings.query_token = self.config.nocobase.query_token;
        settings.tokens = self.config.nocobase.tokens;
        settings.cookies = self.config.nocobase.cookies;
        settings.trusted_origins = self.named_origins();
        settings.mail = postman.zip(self.config.mail.as_ref()).map(|(postman, mail)| door_nocobase::Mail {
            postman: Arc::new(postman),
            links: mail.links.clone(),
        });
        settings.page = self.config.nocobase.page.clone();
        settings.jwt_secret = self.material.jwt_secret.as_ref().map(|bytes| bytes.as_slice().into());
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        NocobaseState::new(self.guard.clone(), keys.clone(), data.clone(), clock, entropy, settings)
    }

    /// Pages that may bring cookies.
    fn named_origins(&self) -> Vec<String> {
        let origins = self.config.access.cors_origins.iter();
        origins.filter(|origin| *origin != "*").cloned().collect()
    }

    fn better_auth(&self, keys: &Keys, trusted: &Arc<TrustedProxies>) -> BetterAuthState {
        let (config, access) = (&self.config.better_auth, &self.config.access);
        let secret = config.secret.clone().unwrap_or_else(|| cookie_secret(&self.material.app_key));
        let settings = BetterAuthSettings {
            trusted_origins: self.named_origins(),
            trusted: trusted.clone(),
            configurations: config.configurations.clone(),
            list: config.list,
            cookie_prefix: config.cookie_prefix.clone(),
            signed_bearers: config.signed_bearers,
            fresh_age_ms: config.fresh_age_ms,
            organizations: config.organizations,
            signup_open: access.signup_open,
            ip_rate_limit: config.rate_limit,
            ..BetterAuthSettings::new(self.base_url, secret)
        };
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        BetterAuthState::new(self.guard.clone(), keys.clone(), clock, entropy, settings)
    }
}

/// Another secret from the same source: what signs cookies opens no token of another dialect.
fn cookie_secret(app_key: &Secret) -> Secret {
    let digest = Digester::default().digest(&format!("better-auth cookies\n{}", app_key.expose()));
    Secret::new(digest.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn endpoints(base_url: &str) -> Vec<Endpoint> {
    let endpoint = |door: &str, path: &str, about: &str| Endpoint {
        door: door.to_owned(),
        base_url: format!("{base_url}{path}"),
        about: about.to_owned(),
    };
    vec![
        endpoint("native", "/v1", "Authorization: Bearer with a key or a session."),
        endpoint(
            "nocobase",
            "/api",
            "Authorization: Bearer with a key or a sign-in token, as @nocobase/sdk sends it.",
        ),
        endpoint(
            "better-auth",
            "/api/auth",
            "A session by cookie or bearer, as createAuthClient with apiKeyClient() sends it; verification by root key.",
        ),
    ]
}

/// A read, not a write: a full disk must not take a server that can still answer out of service.
fn ready(store: Store) -> door_native::ReadyCheck {
    Arc::new(move || {
        let store = store.clone();
        let check: Pin<Box<dyn Future<Output = Result<(), String>> + Send>> =
            Box::pin(async move { store.schema_version().await.map(|_| ()).map_err(|e| e.to_string()) });
        check
    })
}

/// Makes the folder for its owner only, and finds out now whether it can be written.
fn prepare_folder(data: &Path) -> Result<(), Failure> {
    let shown = data.display();
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let help =
        "choose another folder with --data or KEYWARD_DATA, or give this user the right to write there";
    builder
        .create(data)
        .map_err(|e| Failure::new(format!("cannot make the data folder {shown}: {e}")).help(help))?;
    tempfile::tempfile_in(data)
        .map(|_| ())
        .map_err(|e| Failure::new(format!("cannot write in the data folder {shown}: {e}")).help(help))
}

fn open_store(data: &Path, clock: &SharedClock, entropy: &SharedEntropy) -> Result<Store, Failure> {
    let place = Place::Folder(data.to_path_buf());
    let options = Options { place, clock: clock.clone(), entropy: entropy.clone() };
    Store::open(options).map_err(|error| match error {
        StoreError::Locked(_) => {
            Failure::new(format!("the data folder {} is in use by another keyward", data.display()))
                .help("stop it, or talk to it: add --url http://127.0.0.1:7420 and set KEYWARD_ROOT_KEY")
        }
        StoreError::Newer { found, known } => {
            let message =
                format!("the database has version {found}; this keyward knows versions up to {known}");
            Failure::new(message).help("start the newer keyward that wrote it; an older one would damage it")
        }
        other => Failure::new(format!("cannot open the database in {}: {other}", data.display()))
            .help("keyward doctor looks closer"),
    })
}

async fn open_guard(
    store: &Store,
    clock: &SharedClock,
    entropy: &SharedEntropy,
    digester: &Digester,
    root_key: &Secret,
) -> Result<Guard, Failure> {
    let options = GuardOptions {
        clock: clock.clone(),
        entropy: entropy.clone(),
        digester: digester.clone(),
        root_key: Some(digester.digest(root_key.expose())),
    };
    Guard::open(store.clone(), options).await.map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

#[cfg(test)]
mod tests;
