//! The service behind key, role, user, session, usage and audit management.
//!
//! Every function takes the proof that the guard let the call pass ([`domain::decision::Allowed`]); only
//! signing in and the first start have none. What is decided here goes beyond the guard: nobody hands out
//! more than they hold, a key never issues a key that outlives or outranks it, and what is not yours does
//! not exist.
//! This crate never asks the guard, never names a status code or a dialect, never writes SQL, and never
//! logs or stores a secret in plain.

mod audit;
mod bootstrap;
mod check;
mod error;
pub mod import;
mod key;
mod ledger;
mod once;
mod org;
mod page;
mod rights;
mod role;
mod session;
mod setting;
mod usage;
mod user;

use std::sync::Arc;

use domain::{
    secret::Digester,
    time::{SharedClock, SharedEntropy},
};
use session::{LETTERS, Passwords, SIGN_INS, Throttle};
use store::Store;

pub use audit::AuditQuery;
pub use bootstrap::{ROLE_ADMIN, ROLE_MEMBER, ROLE_ROOT, builtin_grants};
pub use error::KeysError;
pub use key::{Expires, KeyChange, KeyOrder, KeyQuery, NewKey, Remaining, Rotate, Sealer};
pub use once::Once;
pub use org::{NewOrganization, ORGANIZATION_OWNER};
pub use page::{Page, PageRequest};
pub use role::{NewRole, RoleChange};
pub use session::{PasswordCost, Renewed, SESSION_PREFIX, ScryptHash, SignIn, SignedIn};
pub use usage::UsageQuery;
pub use user::{NewUser, PasswordLink, UserChange, UserQuery};

/// Values the store hands through unchanged.
pub use store::{
    Foreign, ForeignNames, ForeignRow, ForeignTable, LedgerEntry, LedgerKind, Member, StoreError, UsageCount,
};

/// What the service is given at the start.
pub struct KeysOptions {
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
    pub digester: Digester,
    /// Without one, no key can be made revealable.
    pub sealer: Option<Sealer>,
    pub password_cost: PasswordCost,
    /// Password hashes computed at the same time; each takes tens of milliseconds of one core.
    pub password_parallel: usize,
    /// Whether strangers may make an account for themselves.
    pub signup_open: bool,
    /// Whether failed sign-ins are counted per address too, not only per account.
    pub slow_addresses: bool,
}

impl KeysOptions {
    pub fn new(clock: SharedClock, entropy: SharedEntropy, digester: Digester) -> Self {
        Self {
            clock,
            entropy,
            digester,
            sealer: None,
            password_cost: PasswordCost::default(),
            password_parallel: 2,
            signup_open: false,
            slow_addresses: true,
        }
    }
}

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    entropy: SharedEntropy,
    digester: Digester,
    sealer: Option<Sealer>,
    signup_open: bool,
    slow_addresses: bool,
    passwords: Passwords,
    throttle: Throttle,
    /// Of letters about lost passwords.
    letters: Throttle,
    /// Held while deciding whether a root user is the last one, so that two cannot leave at once.
    last_root: tokio::sync::Mutex<()>,
}

impl Keys {
    pub fn new(store: Store, options: KeysOptions) -> Self {
        let passwords = Passwords::new(options.password_cost, options.password_parallel);
        let KeysOptions { clock, entropy, digester, sealer, signup_open, slow_addresses, .. } = options;
        let (throttle, letters) = (Throttle::new(SIGN_INS), Throttle::new(LETTERS));
        let last_root = tokio::sync::Mutex::default();
        let inner = Inner {
            store,
            clock,
            entropy,
            digester,
            sealer,
            signup_open,
            slow_addresses,
            passwords,
            throttle,
            letters,
            last_root,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether strangers may make an account for themselves.
    pub fn signup_open(&self) -> bool {
        self.inner.signup_open
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn entropy(&self) -> &dyn domain::Entropy {
        &*self.inner.entropy
    }
}
