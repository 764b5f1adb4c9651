//! One request on its way through the gates: what was asked, what was found so far. Gates read it, and write
//! down what later ones need.

use std::{net::IpAddr, sync::Arc};

use domain::{
    Millis, UserId,
    access::{Layer, Op, Place},
    decision::{Gate, Reason, Target},
    key::{KeyKind, Owner, Permissions},
    limit::RateVerdict,
    secret::{Digester, Secret},
};

use crate::{
    CachedKey, Call, Credential, PlaceName, VerifyCall,
    access::{Access, LiveRole, LiveUser},
    cache::{Cache, LiveSession},
};

/// What came as a credential, before it was looked at.
#[derive(Clone, Copy)]
pub(crate) enum Presented<'a> {
    Nothing,
    Garbage,
    Text {
        secret: &'a Secret,
        key: bool,
        session: bool,
    },
    /// A dry run by id: known without a secret.
    Key(&'a Arc<CachedKey>),
    UnknownKey,
    User(UserId),
    /// Nobody, in the role of this name.
    Stranger(&'static str),
}

impl<'a> From<&'a Credential> for Presented<'a> {
    fn from(credential: &'a Credential) -> Self {
        match credential {
            Credential::None => Self::Nothing,
            Credential::Malformed => Self::Garbage,
            Credential::Key(secret) => Self::Text { secret, key: true, session: false },
            Credential::Session(secret) => Self::Text { secret, key: false, session: true },
            Credential::Either(secret) => Self::Text { secret, key: true, session: true },
            Credential::Stranger(role) => Self::Stranger(role),
        }
    }
}

/// Who it turned out to be.
pub(crate) enum Who {
    Nobody,
    Key(Arc<CachedKey>),
    Session(LiveSession),
}

/// What is asked.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) op: Option<Op>,
    pub(crate) place: PlaceName<'a>,
    pub(crate) role: Option<&'a str>,
    pub(crate) single_role: bool,
    pub(crate) permissions: Option<&'a Permissions>,
    pub(crate) cost: i64,
}

impl<'a> From<&Call<'a>> for Ask<'a> {
    fn from(call: &Call<'a>) -> Self {
        let Call { op, place, role, single_role, cost } = *call;
        Self { op, place, role, single_role, permissions: None, cost }
    }
}

impl<'a> From<&VerifyCall<'a>> for Ask<'a> {
    fn from(call: &VerifyCall<'a>) -> Self {
        let VerifyCall { permissions, op, place, cost, .. } = *call;
        Self { op, place, role: None, single_role: false, permissions, cost }
    }
}

pub(crate) struct Ctx<'a> {
    pub(crate) cache: &'a Cache,
    pub(crate) digester: &'a Digester,
    pub(crate) now: Millis,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) presented: Presented<'a>,
    pub(crate) ask: Ask<'a>,
    /// Answer without taking anything.
    pub(crate) peek: bool,

    pub(crate) who: Who,
    pub(crate) user: Option<Arc<LiveUser>>,
    pub(crate) target: Option<Target>,
    pub(crate) rate: Option<RateVerdict>,
    pub(crate) remaining: Option<i64>,
    pub(crate) retry_after_ms: Option<i64>,
    access: Option<Arc<Access>>,
    roles: Option<Arc<Layer>>,
    scopes: Option<Option<Arc<Layer>>>,
}

/// The first gate that said no.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Failed {
    pub(crate) at: usize,
    pub(crate) reason: Reason,
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(
        cache: &'a Cache,
        digester: &'a Digester,
        now: Millis,
        peer: Option<IpAddr>,
        presented: Presented<'a>,
        ask: Ask<'a>,
    ) -> Self {
        Self {
            cache,
            digester,
            now,
            peer,
            presented,
            ask,
            peek: false,
            who: Who::Nobody,
            user: None,
            target: None,
            rate: None,
            remaining: None,
            retry_after_ms: None,
            access: None,
            roles: None,
            scopes: None,
        }
    }

    pub(crate) fn key(&self) -> Option<&Arc<CachedKey>> {
        match &self.who {
            Who::Key(key) => Some(key),
            Who::Nobody | Who::Session(_) => None,
        }
    }

    /// The user behind it all, if there is one.
    pub(crate) fn user_id(&self) -> Option<UserId> {
        match &self.who {
            Who::Nobody => None,
            Who::Key(key) => key.owner().user(),
            Who::Session(session) => Some(session.user),
        }
    }

    /// Roles and catalog, the same for all gates of one request.
    pub(crate) fn access(&mut self) -> Arc<Access> {
        self.access.get_or_insert_with(|| self.cache.access()).clone()
    }

    pub(crate) fn load_user(&mut self) -> Option<Arc<LiveUser>> {
        if self.user.is_none() {
            self.user = self.user_id().and_then(|id| self.cache.user(id));
        }
        self.user.clone()
    }

    pub(crate) fn place(&self) -> Place {
        self.target.as_ref().map_or(Place::SERVER, Target::place)
    }

    /// The role layer: what the subject may do, whatever the key narrows. Nothing, when in doubt.
    pub(crate) fn role_layer(&mut self) -> Arc<Layer> {
        if self.roles.is_none() {
            self.roles = Some(self.compile_roles());
        }
        self.roles.clone().unwrap_or_default()
    }

    fn compile_roles(&mut self) -> Arc<Layer> {
        let access = self.access();
        if self.key().is_some_and(|k| replaces_roles(k.kind())) {
            return access.top.clone();
        }
        let user = self.load_user();
        match (self.role_choice(), user) {
            (RoleChoice::One(role), _) => access.layer_of(&role),
            (RoleChoice::Missing, _) => access.nothing.clone(),
            (RoleChoice::AllHeld, Some(user)) if user.user.root => access.top.clone(),
            (RoleChoice::AllHeld, Some(user)) => access.layer_of_user(&user),
            (RoleChoice::AllHeld, None) => access.nothing.clone(),
        }
    }

    /// The role to act in: the key's own, else the chosen one, else all (or the main one).
    pub(crate) fn role_choice(&mut self) -> RoleChoice {
        let access = self.access();
        if let Some(bound) = self.key().and_then(|k| k.role()) {
            return access.roles.get(&bound).map_or(RoleChoice::Missing, |r| RoleChoice::One(r.clone()));
        }
        let Some(user) = self.load_user() else { return RoleChoice::AllHeld };
        match self.ask.role {
            Some(name) => access.find_role(name).map_or(RoleChoice::Missing, |r| RoleChoice::One(r.clone())),
            None if self.ask.single_role && !user.user.root => {
                access.main_role(&user).map_or(RoleChoice::AllHeld, |r| RoleChoice::One(r.clone()))
            }
            None => RoleChoice::AllHeld,
        }
    }

    /// The key layer; `None`: it narrows nothing.
    pub(crate) fn scope_layer(&mut self) -> Option<Arc<Layer>> {
        if self.scopes.is_none() {
            self.scopes = Some(self.compile_scopes());
        }
        self.scopes.clone().flatten()
    }

    fn compile_scopes(&mut self) -> Option<Arc<Layer>> {
        let key = self.key().filter(|k| k.kind() != KeyKind::Legacy)?.clone();
        let scopes = key.scopes()?;
        let catalog = self.access().catalog.clone();
        Some(key.scope_layer.get_or(catalog.version, || Layer::from_scopes(scopes, &catalog)))
    }

    /// Whose call this is, once known.
    pub(crate) fn owner(&self) -> Owner {
        match &self.who {
            Who::Nobody => Owner::Server,
            Who::Key(key) => key.owner(),
            Who::Session(session) => Owner::User(session.user),
        }
    }
}

/// Administration and root keys: their role part is replaced by everything.
pub(crate) fn replaces_roles(kind: KeyKind) -> bool {
    match kind {
        KeyKind::Administration | KeyKind::Root => true,
        KeyKind::Standard | KeyKind::Legacy => false,
    }
}

pub(crate) enum RoleChoice {
    AllHeld,
    One(Arc<LiveRole>),
    /// A role was named that does not exist (any more).
    Missing,
}

/// Whether a slot of the rate window is returned when the quota refuses: they stand side by side at the end.
pub(crate) fn both_or_neither(gates: &[Gate]) -> bool {
    matches!(gates, [.., Gate::Rate, Gate::Quota] | [.., Gate::Quota, Gate::Rate])
}
