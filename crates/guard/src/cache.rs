//! Everything a decision looks at, in memory: live keys by digest, users, roles, sessions, catalog. Follows the
//! change feed: a change is here before its writer has an answer, so the next request sees it.
//!
//! Never asks the store, never counts anything by itself. Readers take no lock; changes come one at a time.

use std::{
    borrow::Borrow,
    collections::HashSet,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use arc_swap::ArcSwap;
use domain::{
    KeyId, Millis, UserId,
    catalog::Catalog,
    decision::SessionTimes,
    secret::{Digest, Digester, Recipe},
    user::{Session, User},
};
use parking_lot::Mutex;
use store::{Change, LiveKey};

use crate::{
    CachedKey,
    access::{Access, LiveUser},
    cached::Tail,
    hash::OwnBytes,
};

pub(crate) struct Cache {
    keys: papaya::HashMap<Digest, Arc<CachedKey>, OwnBytes>,
    /// The same keys by id, for changes and dry runs.
    by_id: Mutex<HashSet<ById, OwnBytes>>,
    users: papaya::HashMap<UserId, Arc<LiveUser>, OwnBytes>,
    sessions: papaya::HashMap<Digest, LiveSession, OwnBytes>,
    access: ArcSwap<Access>,
    /// Changes of `access` build on each other.
    changing: Mutex<()>,
    recipe: Recipe,
    /// The operator's key from the configuration: any text, so its shape says nothing.
    root: std::sync::OnceLock<Digest>,
    /// A live secret was digested by another recipe than new ones are.
    other_recipes: AtomicBool,
}

/// What a request needs of a session.
#[derive(Clone, Copy)]
pub(crate) struct LiveSession {
    pub(crate) user: UserId,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) expires_at: Millis,
}

impl LiveSession {
    pub(crate) fn times(&self) -> SessionTimes {
        SessionTimes { began: self.created_at, renewed: self.updated_at, ends: self.expires_at }
    }
}

impl Cache {
    pub(crate) fn new(recipe: Recipe, catalog: Arc<Catalog>) -> Self {
        Self {
            keys: papaya::HashMap::with_hasher(OwnBytes::default()),
            by_id: Mutex::new(HashSet::default()),
            users: papaya::HashMap::with_hasher(OwnBytes::default()),
            sessions: papaya::HashMap::with_hasher(OwnBytes::default()),
            access: ArcSwap::from_pointee(Access::new(catalog)),
            changing: Mutex::new(()),
            recipe,
            root: std::sync::OnceLock::new(),
            other_recipes: AtomicBool::new(false),
        }
    }

    pub(crate) fn add_root(&self, digest: Digest) {
        self.keys.pin().insert(digest, Arc::new(CachedKey::root(&digest)));
        // Called once, when the guard opens.
        let _ = self.root.set(digest);
    }

    /// Whether `text` is the operator's key. Digests only when there is one.
    pub(crate) fn is_root(&self, text: &str, digester: &Digester) -> bool {
        self.root.get().is_some_and(|root| root.same(&digester.digest(text)))
    }

    pub(crate) fn apply(&self, change: &Change) {
        match change {
            Change::Key(live) => self.put_key(live.clone()),
            Change::User(user) => self.put_user(user.clone()),
            Change::UserGone(id) => {
                self.users.pin().remove(id);
            }
            Change::Role(role) => self.change_access(|access| access.with_role(role.id, Some(role.clone()))),
            Change::RoleGone(id) => self.change_access(|access| access.with_role(*id, None)),
            Change::Session(session) => self.put_session(session),
            Change::SessionGone(digest) => {
                self.sessions.pin().remove(digest);
            }
            Change::Catalog(catalog) => self.change_access(|access| access.with_catalog(catalog.clone())),
        }
    }

    pub(crate) fn put_key(&self, live: LiveKey) {
        let LiveKey { key, secrets } = live;
        let mut by_id = self.by_id.lock();
        let before = by_id.get(&key.id).map(|b| b.0.clone());
        let keys = self.keys.pin();
        let is_own = |tail: &Tail| keys.get(tail).is_some_and(|k| k.id() == key.id);
        if key.gone.is_some() {
            by_id.remove(&key.id);
            before.iter().flat_map(|b| b.tails()).filter(is_own).for_each(|tail| {
                keys.remove(&tail);
            });
            return;
        }
        if secrets.iter().any(|s| s.recipe != self.recipe) {
            self.other_recipes.store(true, Relaxed);
        }
        let stay: Vec<Tail> = secrets.iter().map(|s| Tail::of(&s.digest)).collect();
        let id = key.id;
        let now = Arc::new(CachedKey::new(key, &secrets, before.as_deref()));
        for secret in &secrets {
            keys.insert(secret.digest, now.clone());
        }
        let left = before.iter().flat_map(|b| b.tails()).filter(|tail| !stay.contains(tail));
        left.filter(|tail| keys.get(tail).is_some_and(|k| k.id() == id)).for_each(|tail| {
            keys.remove(&tail);
        });
        by_id.replace(ById(now));
    }

    pub(crate) fn put_user(&self, user: User) {
        self.users.pin().insert(user.id, Arc::new(LiveUser::new(user)));
    }

    pub(crate) fn put_session(&self, session: &Session) {
        let live = LiveSession {
            user: session.user,
            created_at: session.created_at,
            updated_at: session.updated_at,
            expires_at: session.expires_at,
        };
        self.sessions.pin().insert(session.digest, live);
    }

    fn change_access(&self, change: impl FnOnce(&Access) -> Access) {
        let _one_at_a_time = self.changing.lock();
        self.access.store(Arc::new(change(&self.access.load())));
    }

    /// The key with this digest, if the secret still works.
    pub(crate) fn key(&self, digest: &Digest, now: Millis) -> Option<Arc<CachedKey>> {
        self.keys.pin().get(digest).filter(|key| key.admits(digest, now)).cloned()
    }

    pub(crate) fn key_by_id(&self, id: KeyId) -> Option<Arc<CachedKey>> {
        self.by_id.lock().get(&id).map(|k| k.0.clone())
    }

    pub(crate) fn keys_cached(&self) -> usize {
        self.by_id.lock().len()
    }

    pub(crate) fn session(&self, digest: &Digest) -> Option<LiveSession> {
        self.sessions.pin().get(digest).copied()
    }

    pub(crate) fn user(&self, id: UserId) -> Option<Arc<LiveUser>> {
        self.users.pin().get(&id).cloned()
    }

    /// Looks at a user without keeping it.
    pub(crate) fn with_user<T>(&self, id: UserId, look: impl FnOnce(Option<&LiveUser>) -> T) -> T {
        look(self.users.pin().get(&id).map(|user| &**user))
    }

    pub(crate) fn access(&self) -> Arc<Access> {
        self.access.load_full()
    }

    /// Looks at roles and catalog without keeping them.
    pub(crate) fn with_access<T>(&self, look: impl FnOnce(&Access) -> T) -> T {
        look(&self.access.load())
    }

    /// The recipe to try when the usual one finds nothing.
    pub(crate) fn other_recipe(&self) -> Option<Recipe> {
        let other = match self.recipe {
            Recipe::Sha256 => Recipe::HmacSha256,
            Recipe::HmacSha256 => Recipe::Sha256,
        };
        self.other_recipes.load(Relaxed).then_some(other)
    }
}

/// A key, hashed and compared by its id.
struct ById(Arc<CachedKey>);

impl Borrow<KeyId> for ById {
    fn borrow(&self) -> &KeyId {
        self.0.id_ref()
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}

impl Eq for ById {}

impl std::hash::Hash for ById {
    fn hash<H: std::hash::Hasher>(&self, to: &mut H) {
        self.0.id_ref().hash(to);
    }
}
