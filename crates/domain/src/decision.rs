//! Decisions: the gates, their order as data, the reasons they give, and the proof of having passed.
//!
//! [`Allowed`] is that proof. Services take `&Allowed`; only the guard makes one (a lint keeps everyone
//! else from calling its constructor).

use std::sync::Arc;

use crate::{
    DecisionId, KeyId, Millis, RoleId, UserId,
    access::{Alt, Layer, Op, Place, both},
    catalog::{Base, Catalog, Table},
    key::{KeyKind, Owner},
    query::Subject,
};

/// One check. Which ones a door asks, and in which order, is its [`Profile`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Gate {
    /// A credential came and is well formed.
    Present,
    /// A live key or session has this digest.
    Known,
    Enabled,
    Expired,
    /// The owner is active; still an administrator, for administration keys.
    Owner,
    Host,
    Rate,
    /// Path and resource exist.
    Resource,
    /// The key's scopes contain the place.
    Scope,
    /// The role layer allows the operation.
    Role,
    /// The key layer allows it.
    Level,
    /// Rules of the table allow it.
    Rule,
    /// The free permission map satisfies what was asked.
    Permissions,
    Quota,
}

impl Gate {
    pub const ALL: [Self; 14] = [
        Self::Present,
        Self::Known,
        Self::Enabled,
        Self::Expired,
        Self::Owner,
        Self::Host,
        Self::Rate,
        Self::Resource,
        Self::Scope,
        Self::Role,
        Self::Level,
        Self::Rule,
        Self::Permissions,
        Self::Quota,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Known => "known",
            Self::Enabled => "enabled",
            Self::Expired => "expired",
            Self::Owner => "owner",
            Self::Host => "host",
            Self::Rate => "rate",
            Self::Resource => "resource",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Level => "level",
            Self::Rule => "rule",
            Self::Permissions => "permissions",
            Self::Quota => "quota",
        }
    }
}

/// Why a call was refused. Stable codes: part of the public API.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Reason {
    Missing,
    Malformed,
    Unknown,
    Disabled,
    Expired,
    OwnerInactive,
    /// The subject does not hold the role it asked to act in, or none at all.
    RoleNotHeld,
    Host,
    Rate,
    NotFound,
    Scope,
    Role,
    /// A field was mentioned that may not be.
    Field,
    Level,
    Rule,
    Permissions,
    Quota,
    /// The record is not one of the visible ones; answered by the store.
    Row,
}

impl Reason {
    pub const ALL: [Self; 18] = [
        Self::Missing,
        Self::Malformed,
        Self::Unknown,
        Self::Disabled,
        Self::Expired,
        Self::OwnerInactive,
        Self::RoleNotHeld,
        Self::Host,
        Self::Rate,
        Self::NotFound,
        Self::Scope,
        Self::Role,
        Self::Field,
        Self::Level,
        Self::Rule,
        Self::Permissions,
        Self::Quota,
        Self::Row,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::OwnerInactive => "owner_inactive",
            Self::RoleNotHeld => "role_not_held",
            Self::Host => "host",
            Self::Rate => "rate",
            Self::NotFound => "not_found",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Field => "field",
            Self::Level => "level",
            Self::Rule => "rule",
            Self::Permissions => "permissions",
            Self::Quota => "quota",
            Self::Row => "row",
        }
    }
}

/// The order of checks of one door (or one kind of call), as data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    pub name: &'static str,
    pub gates: &'static [Gate],
}

/// What happened at each gate, in order: everything before `failed` passed, nothing after it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trace {
    pub gates: &'static [Gate],
    pub failed: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepOutcome {
    Passed,
    Failed,
    NotAsked,
}

impl StepOutcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotAsked => "not_asked",
        }
    }
}

impl Trace {
    pub fn steps(&self) -> impl Iterator<Item = (Gate, StepOutcome)> {
        let failed = self.failed.unwrap_or(usize::MAX);
        self.gates.iter().enumerate().map(move |(i, gate)| {
            let outcome = match i.cmp(&failed) {
                std::cmp::Ordering::Less => StepOutcome::Passed,
                std::cmp::Ordering::Equal => StepOutcome::Failed,
                std::cmp::Ordering::Greater => StepOutcome::NotAsked,
            };
            (*gate, outcome)
        })
    }
}

/// A refusal. Doors turn it into their own words; the reason is what is logged and counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Denied {
    pub id: DecisionId,
    pub reason: Reason,
    pub trace: Trace,
    pub at: Millis,
    pub key: Option<KeyId>,
    pub user: Option<UserId>,
    pub op: Option<Op>,
    /// The resource as the client named it.
    pub resource: Option<String>,
    /// For rate and quota: when a retry can succeed.
    pub retry_after_ms: Option<i64>,
    /// For rate: the limit and its window.
    pub rate: Option<crate::limit::RateLimit>,
}

/// Who a request acts as, once a credential was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    pub key: Option<KeyId>,
    pub key_kind: Option<KeyKind>,
    pub user: Option<UserId>,
    pub owner: Owner,
    /// The role the key is bound to, or the one a session chose; `None`: all roles of the user.
    pub role: Option<RoleId>,
    /// May do what only operators may: its layers allow `settings` on the server.
    pub operator: bool,
    /// The key's own end; nothing it makes may outlive it.
    pub expires_at: Option<Millis>,
    /// Of the session the call came with, if it came with one.
    pub session: Option<SessionTimes>,
}

/// When a session began, was last prolonged, and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    pub began: Millis,
    pub renewed: Millis,
    pub ends: Millis,
}

/// What the request is about, resolved.
#[derive(Clone, Debug)]
pub enum Target {
    Server,
    Base(Arc<Base>),
    Table(Arc<Table>),
}

impl Target {
    pub fn place(&self) -> Place {
        match self {
            Self::Server => Place::SERVER,
            Self::Base(base) => Place { workspace: Some(base.workspace), base: Some(base.id), table: None },
            Self::Table(table) => Place::of(table),
        }
    }
}

/// Proof that a call passed every gate, with everything a service needs so that it has nothing left to ask.
#[derive(Clone, Debug)]
pub struct Allowed {
    id: DecisionId,
    at: Millis,
    principal: Principal,
    op: Option<Op>,
    target: Target,
    /// What the layers together leave, everywhere: for operations a call implies besides its own.
    layers: Vec<Arc<Layer>>,
    /// Alternatives of `op` at `target`; never empty.
    alts: Vec<Alt>,
    subject: Subject,
    catalog: Arc<Catalog>,
    ip: Option<std::net::IpAddr>,
}

/// The parts of an [`Allowed`].
#[derive(Clone, Debug)]
pub struct AllowedParts {
    pub id: DecisionId,
    pub at: Millis,
    pub principal: Principal,
    pub op: Option<Op>,
    pub target: Target,
    pub layers: Vec<Arc<Layer>>,
    pub alts: Vec<Alt>,
    pub subject: Subject,
    pub catalog: Arc<Catalog>,
    pub ip: Option<std::net::IpAddr>,
}

impl Allowed {
    /// Only the guard (and the test world) may call this: it asserts that every gate was passed.
    pub fn assert_passed(parts: AllowedParts) -> Self {
        let AllowedParts { id, at, principal, op, target, layers, alts, subject, catalog, ip } = parts;
        Self { id, at, principal, op, target, layers, alts, subject, catalog, ip }
    }

    /// The same proof, acting for another owner: its keys are seen and made, nothing more is allowed. Only a
    /// service that has made sure the caller may speak for that owner may call this.
    pub fn on_behalf_of(&self, owner: Owner) -> Self {
        let principal = Principal { owner, ..self.principal.clone() };
        Self { principal, ..self.clone() }
    }

    pub fn id(&self) -> DecisionId {
        self.id
    }

    /// The request's one reading of the clock.
    pub fn at(&self) -> Millis {
        self.at
    }

    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// `None` when the call only needed to know who is asking.
    pub fn op(&self) -> Option<Op> {
        self.op
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    pub fn table(&self) -> Option<&Arc<Table>> {
        match &self.target {
            Target::Table(table) => Some(table),
            Target::Server | Target::Base(_) => None,
        }
    }

    /// Which fields on which rows; any one of them suffices.
    pub fn alternatives(&self) -> &[Alt] {
        &self.alts
    }

    /// The alternatives of another operation at the same or another place: empty when it is not allowed.
    pub fn alternatives_of(&self, op: Op, place: &Place) -> Vec<Alt> {
        let mut cells = self.layers.iter().map(|layer| layer.cell(place));
        let Some(first) = cells.next() else { return Vec::new() };
        cells.fold(first.clone(), |all, cell| all.meet(cell)).alternatives(op).to_vec()
    }

    /// The same proof for an operation this call implies at another table; `None` when it is not allowed
    /// there.
    pub fn implied(&self, op: Op, table: &Arc<Table>) -> Option<Self> {
        let alts = self.alternatives_of(op, &Place::of(table));
        let target = Target::Table(Arc::clone(table));
        (!alts.is_empty()).then(|| Self { op: Some(op), target, alts, ..self.clone() })
    }

    /// The same proof for another operation in the same place, only as far as this call's own operation allows it
    /// too: of an export what may be read as well. `None`: nothing is left.
    pub fn narrowed(&self, op: Op) -> Option<Self> {
        let alts = both(&self.alts, &self.alternatives_of(op, &self.target.place()), op);
        (!alts.is_empty()).then(|| Self { op: Some(op), alts, ..self.clone() })
    }

    /// Whether another operation would be allowed as well.
    pub fn also(&self, op: Op, place: &Place) -> bool {
        !self.layers.is_empty() && self.layers.iter().all(|layer| layer.cell(place).allows(op))
    }

    /// Whether `layer` allows nothing beyond what this caller may do: what they can hand on. Judged against
    /// the catalog of the call.
    pub fn covers(&self, layer: &Layer) -> bool {
        !self.layers.is_empty() && self.layers.iter().all(|own| layer.within(own, &self.catalog))
    }

    /// Who the row conditions are about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub fn ip(&self) -> Option<std::net::IpAddr> {
        self.ip
    }

    /// For the audit entry of a change.
    pub fn actor(&self) -> crate::audit::Actor {
        crate::audit::Actor {
            user: self.principal.user,
            key: self.principal.key,
            ip: self.ip.map(|ip| ip.to_string()),
        }
    }
}
