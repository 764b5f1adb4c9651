//! A store in memory, a clock moved by hand, chance that repeats, and short ways to make keys, users and roles.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use domain::{
    Clock, Entropy, KeyId, Millis, RoleId, SecretId, UserId,
    access::{Grants, Op},
    audit::Actor,
    catalog::{Field, FieldKind, SystemField, Table},
    decision::{Allowed, Denied},
    host::AllowedHosts,
    key::{Key, KeyKind, KeySecret, Owner},
    secret::{Digester, Secret, generate},
    user::{Role, User},
};
use guard::{Call, Credential, Guard, GuardOptions, PlaceName, Verdict, VerifyCall, profile::NATIVE};
use store::{NewKey, NewTable, NewUser, Options, Place, Store};

pub struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Relaxed))
    }
}

/// A simple generator: different every time, the same in every run.
pub struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, into: &mut [u8]) {
        for byte in into {
            let mut x = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed);
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (x >> 56) as u8 ^ (x >> 24) as u8;
        }
    }
}

pub struct World {
    pub clock: Arc<ManualClock>,
    pub entropy: Arc<Seeded>,
    pub store: Store,
    pub guard: Guard,
    pub digester: Digester,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Digester::default(), None).await
    }

    pub async fn with(digester: Digester, root: Option<&Secret>) -> Self {
        let clock = Arc::new(ManualClock(AtomicI64::new(1_795_000_000_000)));
        let entropy = Arc::new(Seeded(AtomicU64::new(7)));
        let store =
            Store::open(Options { place: Place::Memory, clock: clock.clone(), entropy: entropy.clone() })
                .unwrap();
        let root_key = root.map(|secret| digester.digest(secret.expose()));
        let options = GuardOptions {
            clock: clock.clone(),
            entropy: entropy.clone(),
            digester: digester.clone(),
            root_key,
        };
        let guard = Guard::open(store.clone(), options).await.unwrap();
        Self { clock, entropy, store, guard, digester }
    }

    /// The same data after a restart.
    pub async fn reopened(&self) -> Guard {
        let options = GuardOptions {
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            digester: self.digester.clone(),
            root_key: None,
        };
        Guard::open(self.store.clone(), options).await.unwrap()
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    pub fn advance(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Relaxed);
    }

    pub fn secret(&self) -> Secret {
        generate("live", &*self.entropy)
    }

    pub fn key_secret(&self, key: KeyId, secret: &Secret) -> KeySecret {
        KeySecret {
            id: SecretId::new(self.now(), &*self.entropy),
            key,
            digest: self.digester.digest(secret.expose()),
            recipe: self.digester.recipe(),
            created_at: self.now(),
            expires_at: None,
        }
    }

    pub async fn key(&self, change: impl FnOnce(&mut Key)) -> (Secret, KeyId) {
        let secret = self.secret();
        let id = self.key_with(&secret, |_| {}, change).await;
        (secret, id)
    }

    pub async fn key_with(
        &self,
        secret: &Secret,
        stored: impl FnOnce(&mut KeySecret),
        change: impl FnOnce(&mut Key),
    ) -> KeyId {
        let mut key = self.plain_key();
        change(&mut key);
        let id = key.id;
        let mut one = self.key_secret(id, secret);
        stored(&mut one);
        let new = NewKey { key, secrets: vec![one], sealed: None, idempotency: None };
        self.store.insert_key(&Actor::default(), new).await.unwrap().id
    }

    pub fn plain_key(&self) -> Key {
        Key {
            id: KeyId::new(self.now(), &*self.entropy),
            num: 0,
            kind: KeyKind::Standard,
            owner: Owner::Server,
            name: Some("a key".to_owned()),
            description: None,
            role: None,
            permissions: None,
            scopes: None,
            hosts: AllowedHosts::ANY,
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
        }
    }

    pub async fn role(&self, name: &str, grants: Grants) -> RoleId {
        let role = Role {
            id: RoleId::new(self.now(), &*self.entropy),
            name: name.to_owned(),
            title: None,
            description: None,
            root: false,
            builtin: false,
            default: false,
            grants,
            extra: None,
            created_at: self.now(),
            updated_at: self.now(),
        };
        self.store.create_role(&Actor::default(), role).await.unwrap().id
    }

    pub async fn user(&self, name: &str, roles: &[RoleId], change: impl FnOnce(&mut User)) -> UserId {
        let mut user = User {
            id: UserId::new(self.now(), &*self.entropy),
            num: 0,
            email: None,
            username: Some(name.to_owned()),
            name: None,
            active: true,
            root: false,
            roles: roles.to_vec(),
            default_role: None,
            extra: None,
            created_at: self.now(),
            updated_at: self.now(),
            sessions_valid_from: Millis(0),
        };
        change(&mut user);
        self.store.create_user(&Actor::default(), NewUser { user, password_hash: None }).await.unwrap().id
    }

    /// A table with a primary key and a title in the base `main`.
    pub async fn table(&self, name: &str) -> Arc<Table> {
        let base = self.guard.catalog().base("main").unwrap().id;
        let field = |no: u32, name: &str, kind, system| Field {
            system,
            primary: system.is_some(),
            ..Field::new(domain::FieldNo(no), name, kind)
        };
        let fields = vec![
            field(0, "id", FieldKind::BigInt, Some(SystemField::AutoId)),
            field(1, "title", FieldKind::Text, None),
        ];
        let new = NewTable { base, name: name.to_owned(), title: None, fields, extra: None };
        self.store.create_table(&Actor::default(), new).await.unwrap()
    }

    pub async fn verify(&self, secret: &Secret) -> Verdict {
        self.guard.verify(&VerifyCall::new(secret)).await
    }

    pub async fn verify_from(&self, secret: &Secret, ip: &str) -> Verdict {
        let ip: IpAddr = ip.parse().unwrap();
        self.guard.verify(&VerifyCall { ip: Some(ip), ..VerifyCall::new(secret) }).await
    }

    pub async fn check(&self, secret: &Secret, op: Op, place: PlaceName<'_>) -> Result<Allowed, Denied> {
        self.guard.check(&NATIVE, &Credential::Key(secret.clone()), None, &Call::new(op, place)).await
    }
}
