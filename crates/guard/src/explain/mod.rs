//! Dry runs: every gate answered without spending or counting anything, the rule that decided, and the
//! smallest changes that would have allowed the call.

mod apply;
mod report;
mod rule;
mod suggest;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, sync::Arc};

use domain::{
    BaseId, KeyId, Millis, RoleId, TableId, UserId,
    access::{Op, Scope},
    catalog::Catalog,
    decision::{Gate, Profile, Reason, StepOutcome, Trace},
    key::{Key, Permissions},
    secret::Secret,
    user::{Role, User},
};

use crate::{CachedKey, PlaceName, profile};

pub(crate) use report::{explain, subject_key};

/// Who would be asking.
#[derive(Clone, Copy, Debug)]
pub enum DrySubject<'a> {
    Secret(&'a Secret),
    Key(KeyId),
    /// A session of this user.
    User(UserId),
}

/// A call that is not made.
#[derive(Clone, Copy, Debug)]
pub struct DryRun<'a> {
    pub subject: DrySubject<'a>,
    pub op: Option<Op>,
    pub place: PlaceName<'a>,
    pub role: Option<&'a str>,
    pub permissions: Option<&'a Permissions>,
    pub ip: Option<IpAddr>,
    /// The time of the call; `None`: now.
    pub now: Option<Millis>,
    pub cost: i64,
    pub profile: &'static Profile,
}

impl<'a> DryRun<'a> {
    pub fn new(subject: DrySubject<'a>) -> Self {
        Self {
            subject,
            op: None,
            place: PlaceName::Server,
            role: None,
            permissions: None,
            ip: None,
            now: None,
            cost: 1,
            profile: &profile::VERIFY,
        }
    }
}

/// What one gate would say. A gate can only be `NotAsked` when another one left it nothing to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct GateReport {
    pub gate: Gate,
    pub outcome: StepOutcome,
    pub reason: Option<Reason>,
    /// For people, when the gate failed: `the key expired at …`.
    pub detail: String,
}

/// The rule that decided: what allowed the call, or what is missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// No rule was asked: a gate about the credential decided, or no operation was named.
    Gate(Gate),
    /// Nothing was asked that a rule could decide.
    NoneAsked,
    /// The subject holds everything: root user, root role, root key, administration key.
    Everything { why: &'static str },
    /// An entry of a role, by its index in the role's grants, allows it.
    RoleEntry { role: RoleId, role_name: String, entry: usize },
    /// None of these roles has an entry that allows it.
    NoRoleEntry { roles: Vec<String> },
    /// No scope of the key allows it.
    NoKeyScope { scopes: usize },
}

/// One change that, with the others of its explanation, makes the call pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Suggestion {
    /// Enable the key.
    Enable {
        key: KeyId,
    },
    ExtendExpiry {
        key: KeyId,
        until: Millis,
    },
    ActivateOwner {
        user: UserId,
    },
    /// Administration and root keys need an owner who is an administrator.
    MakeOwnerRoot {
        user: UserId,
    },
    AddHost {
        key: KeyId,
        ip: IpAddr,
    },
    RaiseRate {
        key: KeyId,
        max: u32,
    },
    AddScope {
        key: KeyId,
        scope: Scope,
    },
    /// Give a role the operation at the place; neither base nor table: on the server.
    GrantRole {
        role: RoleId,
        op: Op,
        base: Option<BaseId>,
        table: Option<TableId>,
    },
    /// Give the user a role.
    AssignRole {
        user: UserId,
        role: RoleId,
    },
    /// Bind the key to a role.
    BindRole {
        key: KeyId,
        role: RoleId,
    },
    GrantPermissions {
        key: KeyId,
        missing: Permissions,
    },
    TopUp {
        key: KeyId,
        by: i64,
    },
    /// The refill that is due sets the balance to less than the call costs.
    RaiseRefill {
        key: KeyId,
        amount: i64,
    },
}

/// The records a decision about one subject is made from.
#[derive(Clone, Debug)]
pub struct Records {
    pub key: Option<Key>,
    pub users: Vec<User>,
    pub roles: Vec<Role>,
    pub catalog: Arc<Catalog>,
}

/// The whole answer of a dry run.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub allowed: bool,
    pub reason: Option<Reason>,
    pub trace: Trace,
    pub at: Millis,
    /// Every gate of the profile, in its order, also those behind the one that failed.
    pub gates: Vec<GateReport>,
    pub rule: Rule,
    /// Applied together they flip the answer; each of them is needed. Empty when allowed, and when no change
    /// of settings can help (`impossible` says why).
    pub suggestions: Vec<Suggestion>,
    /// Why nothing can be suggested: one sentence per obstacle.
    pub impossible: Vec<String>,
    pub key: Option<Arc<CachedKey>>,
    pub retry_after_ms: Option<i64>,
}
