//! The world: everything the binary wires together, on memory and without time of its own.

use std::sync::Arc;

use data::Data;
use domain::{
    Clock, Millis,
    access::Op,
    decision::{Allowed, Denied},
    secret::{Digester, Pepper, Secret},
};
use guard::{Call, Credential, Guard, GuardOptions, PlaceName, profile::NATIVE};
use keys::{Keys, KeysOptions, PasswordCost, Sealer};
use store::{Options, Place, Store};

use crate::{Actor, ManualClock, Seeded};

/// How a world begins.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// 32 bytes; `None`: plain digests.
    pub pepper: Option<[u8; 32]>,
    pub signup_open: bool,
    pub seed: u64,
    /// On a real disk, for what a database in memory cannot show.
    pub folder: Option<std::path::PathBuf>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self { pepper: None, signup_open: false, seed: 1, folder: None }
    }
}

pub struct World {
    pub clock: Arc<ManualClock>,
    pub entropy: Arc<Seeded>,
    pub digester: Digester,
    pub store: Store,
    pub guard: Guard,
    pub keys: Keys,
    pub data: Data,
    root: Secret,
}

impl World {
    pub async fn new() -> Self {
        Self::with(WorldOptions::default()).await
    }

    pub async fn with(options: WorldOptions) -> Self {
        let clock = Arc::new(ManualClock::default());
        let entropy = Arc::new(Seeded::new(options.seed));
        let digester = Digester::new(options.pepper.and_then(|bytes| Pepper::new(bytes.to_vec())));
        let place = options.folder.map_or(Place::Memory, Place::Folder);
        let store = Store::open(Options { place, clock: clock.clone(), entropy: entropy.clone() }).unwrap();
        let root = domain::secret::generate("root", &*entropy);
        let guard_options = GuardOptions {
            clock: clock.clone(),
            entropy: entropy.clone(),
            digester: digester.clone(),
            root_key: Some(digester.digest(root.expose())),
        };
        let guard = Guard::open(store.clone(), guard_options).await.unwrap();
        let mut keys_options = KeysOptions::new(clock.clone(), entropy.clone(), digester.clone());
        keys_options.sealer = Some(Sealer::new([7; 32]));
        keys_options.password_cost = PasswordCost::CHEAPEST;
        keys_options.signup_open = options.signup_open;
        let keys = Keys::new(store.clone(), keys_options);
        keys.ensure_builtin_roles().await.unwrap();
        let data = Data::new(store.clone(), clock.clone(), entropy.clone());
        Self { clock, entropy, digester, store, guard, keys, data, root }
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    pub fn advance(&self, ms: i64) {
        self.clock.advance(ms);
    }

    /// The text of the operator's key, as `KEYWARD_ROOT_KEY` would hold it.
    pub fn root(&self) -> &str {
        self.root.expose()
    }

    /// The proof a service wants, got from the guard by the operator's key.
    pub async fn allowed(&self, op: Op, place: PlaceName<'_>) -> Allowed {
        self.check(self.root(), op, place).await.expect("the root key may do everything")
    }

    /// Asks the guard with any secret: of a key or of a session.
    pub async fn check(&self, secret: &str, op: Op, place: PlaceName<'_>) -> Result<Allowed, Denied> {
        let credential = Credential::Either(Secret::new(secret));
        self.guard.check(&NATIVE, &credential, None, &Call::new(op, place)).await
    }

    /// Somebody without a credential in front of a door. See [`Actor::bearer`].
    pub fn nobody(&self, router: axum::Router) -> Actor {
        Actor::new(router)
    }

    /// The operator in front of a door.
    pub fn operator(&self, router: axum::Router) -> Actor {
        Actor::new(router).bearer(self.root())
    }
}
