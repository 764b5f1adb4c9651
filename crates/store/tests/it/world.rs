//! A store, a clock that moves when told to, chance that repeats itself, and short words for long records.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use domain::{
    Clock, Entropy, KeyId, Millis, RoleId, SecretId, UserId,
    access::Grants,
    audit::Actor,
    host::AllowedHosts,
    key::{Key, KeyKind, KeySecret, Owner, Quota},
    limit::{Balance, Refill},
    secret::{Digest, Recipe},
    user::{Role, User},
};
use store::{NewKey, NewUser, Options, Place, Store};

pub const T0: i64 = 1_790_000_000_000;

pub struct World {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub entropy: Arc<Seeded>,
    /// Kept as long as the store is.
    pub folder: Option<tempfile::TempDir>,
}

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

pub struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, into: &mut [u8]) {
        for chunk in into.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

pub fn by() -> Actor {
    Actor::default()
}

/// Both kinds of store: what is promised of one is promised of the other.
pub fn both() -> [World; 2] {
    [World::memory(), World::disk()]
}

impl World {
    pub fn memory() -> Self {
        Self::at(Place::Memory, None)
    }

    pub fn disk() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::at(Place::Folder(folder.path().to_owned()), Some(folder))
    }

    pub fn at(place: Place, folder: Option<tempfile::TempDir>) -> Self {
        let (clock, entropy) = (Arc::new(ManualClock(T0.into())), Arc::new(Seeded(7.into())));
        let options = Options { place, clock: clock.clone(), entropy: entropy.clone() };
        let store = Store::open(options).unwrap();
        Self { store, clock, entropy, folder }
    }

    pub fn options(&self, place: Place) -> Options {
        Options { place, clock: self.clock.clone(), entropy: self.entropy.clone() }
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    pub fn digest(&self) -> Digest {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        Digest(bytes)
    }

    pub fn secret(&self, key: KeyId) -> KeySecret {
        KeySecret {
            id: SecretId::new(self.now(), self.entropy.as_ref()),
            key,
            digest: self.digest(),
            recipe: Recipe::Sha256,
            created_at: self.now(),
            expires_at: None,
        }
    }

    pub fn new_key(&self, name: &str) -> NewKey {
        let id = KeyId::new(self.now(), self.entropy.as_ref());
        let key = Key {
            id,
            num: 0,
            kind: KeyKind::Standard,
            owner: Owner::Server,
            name: Some(name.to_owned()),
            description: None,
            role: None,
            permissions: None,
            scopes: None,
            hosts: AllowedHosts::default(),
            enabled: true,
            expires_at: None,
            rate_limit: None,
            quota: None,
            metadata: None,
            prefix: None,
            start: None,
            revealable: false,
            door: None,
            extra: None,
            created_at: self.now(),
            created_by: None,
            updated_at: self.now(),
            last_used_at: None,
            last_used_from: None,
            request_count: 0,
            last_request_at: None,
            gone: None,
        };
        NewKey { key, secrets: vec![self.secret(id)], sealed: None, idempotency: None }
    }

    pub fn quota(&self, remaining: i64, refill: Option<Refill>) -> Option<Quota> {
        Some(Quota { balance: Balance { remaining, last_refill_at: self.now() }, refill })
    }

    pub async fn key(&self, name: &str) -> Key {
        self.store.insert_key(&by(), self.new_key(name)).await.unwrap()
    }

    pub async fn key_with(&self, change: impl FnOnce(&mut Key)) -> Key {
        let mut new = self.new_key("key");
        change(&mut new.key);
        self.store.insert_key(&by(), new).await.unwrap()
    }

    pub fn new_user(&self, email: &str) -> User {
        User {
            id: UserId::new(self.now(), self.entropy.as_ref()),
            num: 0,
            email: Some(email.to_owned()),
            username: None,
            name: None,
            active: true,
            root: false,
            roles: Vec::new(),
            default_role: None,
            extra: None,
            created_at: self.now(),
            updated_at: self.now(),
            sessions_valid_from: self.now(),
        }
    }

    pub async fn user(&self, email: &str) -> User {
        let user = self.new_user(email);
        self.store.create_user(&by(), NewUser { user, password_hash: None }).await.unwrap()
    }

    pub async fn role(&self, name: &str) -> Role {
        let role = Role {
            id: RoleId::new(self.now(), self.entropy.as_ref()),
            name: name.to_owned(),
            title: None,
            description: None,
            root: false,
            builtin: false,
            default: false,
            grants: Grants::default(),
            extra: None,
            created_at: self.now(),
            updated_at: self.now(),
        };
        self.store.create_role(&by(), role).await.unwrap()
    }
}
