//! A small world: a store in memory, a clock that is moved by hand, chance that repeats, and the proof of
//! having passed the guard, made here as the guard would make it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use domain::{
    DecisionId, Millis,
    access::{Layer, Op, Place as At},
    decision::{Allowed, AllowedParts, Principal, Target},
    key::{Key, KeyKind, Owner},
    query::Subject,
    secret::{Digester, Secret},
    time::{Clock, Entropy},
    user::User,
};
use keys::{Keys, KeysOptions, NewRole, NewUser, PasswordCost, Sealer};
use store::{Options, OwnerScope, Place, Store};

pub const NOW: Millis = Millis(1_800_000_000_000);

pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// Different every time, the same in every run.
pub struct Counter(AtomicU64);

impl Counter {
    pub fn new(start: u64) -> Self {
        Self(AtomicU64::new(start))
    }
}

impl Entropy for Counter {
    fn fill(&self, into: &mut [u8]) {
        for byte in into {
            let n = self.0.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *byte = (n >> 40) as u8;
        }
    }
}

pub struct World {
    pub keys: Keys,
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub root: User,
}

pub async fn world() -> World {
    world_with(|_| {}).await
}

pub async fn world_with(adjust: impl FnOnce(&mut KeysOptions)) -> World {
    let (store, keys, clock) = bare(adjust);
    let root =
        keys.first_administrator(Some("root@example.org".into()), Some("root".into()), pw("root password"));
    let root = root.await.unwrap().unwrap();
    World { keys, store, clock, root }
}

/// Without anybody in it.
pub fn bare(adjust: impl FnOnce(&mut KeysOptions)) -> (Store, Keys, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock(NOW.0.into()));
    let entropy = Arc::new(Counter::new(1));
    let options = Options { place: Place::Memory, clock: clock.clone(), entropy: entropy.clone() };
    let store = Store::open(options).unwrap();
    let mut options = KeysOptions::new(clock.clone(), entropy, Digester::default());
    options.password_cost = PasswordCost::CHEAPEST;
    options.sealer = Some(Sealer::new([7; 32]));
    adjust(&mut options);
    (store.clone(), Keys::new(store, options), clock)
}

pub fn pw(text: &str) -> Secret {
    Secret::new(text)
}

impl World {
    /// Signed in as this user, in all of their roles.
    pub async fn as_user(&self, user: &User) -> Allowed {
        let user = self.store.user(user.id).await.unwrap().unwrap();
        let layer = self.rights_of(&user).await;
        let principal = Principal {
            key: None,
            key_kind: None,
            user: Some(user.id),
            owner: Owner::User(user.id),
            role: None,
            operator: layer.cell(&At::SERVER).allows(Op::Settings),
            expires_at: None,
            session: None,
        };
        self.allow(principal, vec![Arc::new(layer)])
    }

    pub async fn as_root(&self) -> Allowed {
        self.as_user(&self.root).await
    }

    /// With this key.
    pub async fn as_key(&self, key: &Key) -> Allowed {
        let key = self.store.key(OwnerScope::All, key.id).await.unwrap().unwrap();
        let catalog = self.store.catalog();
        let role = match (key.kind, key.role, key.owner) {
            (KeyKind::Root | KeyKind::Administration, ..) => Layer::top(),
            (_, Some(role), _) => {
                let role = self.store.role(role).await.unwrap().unwrap();
                if role.root { Layer::top() } else { Layer::from_grants(&role.grants, &catalog) }
            }
            (_, None, Owner::User(id)) => {
                let owner = self.store.user(id).await.unwrap().unwrap();
                self.rights_of(&owner).await
            }
            _ => Layer::default(),
        };
        let scopes =
            key.scopes.as_ref().map_or_else(Layer::top, |scopes| Layer::from_scopes(scopes, &catalog));
        let layers = vec![Arc::new(role), Arc::new(scopes)];
        let principal = Principal {
            key: Some(key.id),
            key_kind: Some(key.kind),
            user: key.owner.user(),
            owner: key.owner,
            role: key.role,
            operator: layers.iter().all(|l| l.cell(&At::SERVER).allows(Op::Settings)),
            expires_at: key.expires_at,
            session: None,
        };
        self.allow(principal, layers)
    }

    async fn rights_of(&self, user: &User) -> Layer {
        if user.root {
            return Layer::top();
        }
        let catalog = self.store.catalog();
        let mut all = Layer::default();
        for id in &user.roles {
            let role = self.store.role(*id).await.unwrap().unwrap();
            let layer = if role.root { Layer::top() } else { Layer::from_grants(&role.grants, &catalog) };
            all = all.join(&layer, &catalog);
        }
        all
    }

    fn allow(&self, principal: Principal, layers: Vec<Arc<Layer>>) -> Allowed {
        let parts = AllowedParts {
            id: DecisionId::from_bytes([9; 16]),
            at: self.clock.now(),
            principal,
            op: None,
            target: Target::Server,
            layers,
            alts: Vec::new(),
            subject: Subject::default(),
            catalog: self.store.catalog(),
            ip: Some("192.0.2.1".parse().unwrap()),
        };
        #[expect(clippy::disallowed_methods, reason = "stands for the guard in these tests")]
        Allowed::assert_passed(parts)
    }

    /// A user who can sign in with `<name> password` and holds these roles.
    pub async fn user(&self, name: &str, roles: &[&str]) -> User {
        let new = NewUser {
            username: Some(name.into()),
            password: Some(pw(&format!("{name} password"))),
            roles: Some(roles.iter().map(|role| (*role).to_owned()).collect()),
            ..NewUser::default()
        };
        self.keys.create_user(&self.as_root().await, new).await.unwrap()
    }

    /// A role whose grants are written as JSON: `[{"reach":"everywhere","allow":["key.manage"]}]`.
    pub async fn role(&self, name: &str, grants: serde_json::Value) -> domain::user::Role {
        let grants = serde_json::from_value(grants).unwrap();
        let new = NewRole { name: name.into(), grants, ..NewRole::default() };
        self.keys.create_role(&self.as_root().await, new).await.unwrap()
    }
}

/// `[{"reach":"everywhere","allow":[…]}]`
pub fn everywhere(ops: &[&str]) -> serde_json::Value {
    serde_json::json!([{ "reach": "everywhere", "allow": ops }])
}

macro_rules! refused {
    ($result:expr, $pattern:pat) => {
        match $result {
            Err($pattern) => {}
            other => panic!("expected {}, got {:?}", stringify!($pattern), other.map(|_| "Ok")),
        }
    };
}
pub(crate) use refused;
