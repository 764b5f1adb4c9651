//! Roles, users and the catalog as the guard holds them, and the compiled layers that hang on them. A layer is
//! compiled when it is first needed after a change, never per request.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use arc_swap::ArcSwapOption;
use domain::{
    RoleId,
    access::Layer,
    catalog::Catalog,
    query::UserMore,
    user::{Role, User},
};

use crate::CachedKey;

/// Something that was worked out, a compiled layer mostly, and the version of what it was worked out from.
pub(crate) struct Memo<T = Layer>(ArcSwapOption<(u64, Arc<T>)>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(ArcSwapOption::empty())
    }
}

impl<T> Memo<T> {
    pub(crate) fn get_or(&self, version: u64, compile: impl FnOnce() -> T) -> Arc<T> {
        if let Some(kept) = self.0.load().as_ref().filter(|kept| kept.0 == version) {
            return kept.1.clone();
        }
        let made = Arc::new(compile());
        self.0.store(Some(Arc::new((version, made.clone()))));
        made
    }
}

/// A yes or no in the lowest bit, and above it the version of what it was worked out from, plus one.
#[derive(Default)]
struct MemoFlag(AtomicU64);

impl MemoFlag {
    fn get_or(&self, version: u64, work_out: impl FnOnce() -> bool) -> bool {
        let kept = self.0.load(Relaxed);
        if kept >> 1 == version + 1 {
            return kept & 1 == 1;
        }
        let flag = work_out();
        self.0.store((version + 1) << 1 | u64::from(flag), Relaxed);
        flag
    }
}

/// A role; replaced as a whole when it changes, so only the catalog can outdate its layer.
pub(crate) struct LiveRole {
    pub(crate) role: Role,
    /// For handing out without a copy.
    pub(crate) name: Arc<str>,
    layer: Memo,
}

impl LiveRole {
    pub(crate) fn new(role: Role) -> Self {
        Self { name: role.name.as_str().into(), role, layer: Memo::default() }
    }
}

/// A user; replaced as a whole when it changes.
pub(crate) struct LiveUser {
    pub(crate) user: User,
    joined: Memo,
    administrator: MemoFlag,
    more: Memo<UserMore>,
}

impl LiveUser {
    pub(crate) fn new(user: User) -> Self {
        Self { user, joined: Memo::default(), administrator: MemoFlag::default(), more: Memo::default() }
    }

    pub(crate) fn holds(&self, role: RoleId) -> bool {
        self.user.roles.contains(&role)
    }
}

/// All roles and the catalog at one moment. `epoch` grows with every change of either.
pub(crate) struct Access {
    pub(crate) epoch: u64,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) roles: HashMap<RoleId, Arc<LiveRole>>,
    pub(crate) top: Arc<Layer>,
    pub(crate) nothing: Arc<Layer>,
}

impl Access {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        Self {
            epoch: 0,
            catalog,
            roles: HashMap::new(),
            top: Arc::new(Layer::top()),
            nothing: Arc::new(Layer::default()),
        }
    }

    pub(crate) fn with_catalog(&self, catalog: Arc<Catalog>) -> Self {
        Self { catalog, ..self.next() }
    }

    pub(crate) fn with_role(&self, id: RoleId, role: Option<Role>) -> Self {
        let mut next = self.next();
        match role {
            Some(role) => next.roles.insert(id, Arc::new(LiveRole::new(role))),
            None => next.roles.remove(&id),
        };
        next
    }

    fn next(&self) -> Self {
        Self {
            epoch: self.epoch + 1,
            catalog: self.catalog.clone(),
            roles: self.roles.clone(),
            top: self.top.clone(),
            nothing: self.nothing.clone(),
        }
    }

    /// A role by id or name.
    pub(crate) fn find_role(&self, id_or_name: &str) -> Option<&Arc<LiveRole>> {
        let by_id = id_or_name.parse().ok().and_then(|id: RoleId| self.roles.get(&id));
        by_id.or_else(|| self.roles.values().find(|r| r.role.name == id_or_name))
    }

    /// Who came without credentials, in the role of this name, if it was made for them. Everything is never given
    /// to strangers.
    pub(crate) fn stranger(&self, role: &str) -> Option<CachedKey> {
        let role = &self.roles.values().find(|live| live.role.name == role)?.role;
        role.lets_strangers_in().then(|| CachedKey::stranger(role.id))
    }

    pub(crate) fn layer_of(&self, role: &LiveRole) -> Arc<Layer> {
        if role.role.root {
            return self.top.clone();
        }
        role.layer.get_or(self.catalog.version, || Layer::from_grants(&role.role.grants, &self.catalog))
    }

    /// All roles of a user, joined.
    pub(crate) fn layer_of_user(&self, user: &LiveUser) -> Arc<Layer> {
        let mut held = self.held(user);
        let Some(first) = held.next() else { return self.nothing.clone() };
        let rest: Vec<_> = held.collect();
        if rest.is_empty() {
            return self.layer_of(first);
        }
        user.joined.get_or(self.epoch, || {
            rest.iter()
                .fold((*self.layer_of(first)).clone(), |all, r| all.join(&self.layer_of(r), &self.catalog))
        })
    }

    /// The roles a user holds and that exist.
    pub(crate) fn held<'a>(&'a self, user: &'a LiveUser) -> impl Iterator<Item = &'a Arc<LiveRole>> {
        user.user.roles.iter().filter_map(|id| self.roles.get(id))
    }

    /// What conditions on records may ask of a user besides the names.
    pub(crate) fn more_of(&self, user: &LiveUser) -> Arc<UserMore> {
        user.more.get_or(self.epoch, || UserMore {
            title: user.user.name.clone(),
            notes: user.user.extra.clone(),
            roles: self.held(user).map(|role| role.role.name.clone()).collect(),
        })
    }

    /// The role a user acts in when it must be one: the default, else the first held by name, so that it does not
    /// depend on the order in which roles were given.
    pub(crate) fn main_role<'a>(&'a self, user: &'a LiveUser) -> Option<&'a Arc<LiveRole>> {
        let default = user.user.default_role.filter(|id| user.holds(*id));
        let chosen = default.and_then(|id| self.roles.get(&id));
        chosen.or_else(|| self.held(user).min_by(|a, b| a.role.name.cmp(&b.role.name)))
    }

    /// Still an administrator: root, or the roles together leave nothing out. No single right suffices, because
    /// what an administrator's key may do is everything.
    pub(crate) fn is_administrator(&self, user: &LiveUser) -> bool {
        if user.user.root {
            return true;
        }
        user.administrator.get_or(self.epoch, || self.top.within(&self.layer_of_user(user), &self.catalog))
    }

    /// Root itself, or through a root role.
    pub(crate) fn is_root(&self, user: &LiveUser) -> bool {
        user.user.root || self.held(user).any(|r| r.role.root)
    }
}
