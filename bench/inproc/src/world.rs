//! A store, a clock and entropy for measuring: the real ones.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use domain::{
    KeyId, Millis, SecretId,
    key::{Key, KeyKind, KeySecret, Owner},
    secret::{Digester, Secret, generate},
    time::{Clock, Entropy},
};
use store::{NewKey, Options, Place, Store};

use crate::Outcome;

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, into: &mut [u8]) {
        // Zeros instead of chance would only make the secrets of a benchmark guessable.
        let _ = getrandom::fill(into);
    }
}

pub fn open(folder: PathBuf) -> Outcome<Store> {
    let place = Place::Folder(folder);
    Ok(Store::open(Options { place, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) })?)
}

/// An ordinary key: a name, no limits, no end.
pub fn new_key(number: usize) -> (NewKey, Secret) {
    let now = SystemClock.now();
    let digester = Digester::default();
    let secret = generate(KeyKind::Standard.label(), &SystemEntropy);
    let id = KeyId::new(now, &SystemEntropy);
    let stored = KeySecret {
        id: SecretId::new(now, &SystemEntropy),
        key: id,
        digest: digester.digest(secret.expose()),
        recipe: digester.recipe(),
        created_at: now,
        expires_at: None,
    };
    (
        NewKey { key: key(id, number, now, &secret), secrets: vec![stored], sealed: None, idempotency: None },
        secret,
    )
}

fn key(id: KeyId, number: usize, now: Millis, secret: &Secret) -> Key {
    Key {
        id,
        num: 0,
        kind: KeyKind::Standard,
        owner: Owner::Server,
        name: Some(format!("key {number}")),
        description: None,
        role: None,
        permissions: None,
        scopes: None,
        hosts: Default::default(),
        enabled: true,
        expires_at: None,
        rate_limit: None,
        quota: None,
        metadata: None,
        prefix: None,
        start: Some(secret.start(14)),
        revealable: false,
        door: None,
        extra: None,
        created_at: now,
        created_by: None,
        updated_at: now,
        last_used_at: None,
        last_used_from: None,
        request_count: 0,
        last_request_at: None,
        gone: None,
    }
}
