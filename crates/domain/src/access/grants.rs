//! Grants: what a role says, as it is stored. Places are named as people wrote them (id or name), so a
//! grant can precede its table; compiling resolves them against the catalog of the moment.

use serde::{Deserialize, Serialize};

use super::{Cond, Ops};

/// Where an entry applies. Deeper entries replace shallower ones, operation by operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reach {
    Everywhere,
    Workspace(String),
    Base(String),
    Table { base: String, table: String },
}

/// A limit on record operations of one entry: these fields on these rows. Several limits for the same
/// operation are alternatives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub ops: Ops,
    /// Every condition must hold; none: all rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Cond>,
    /// Names of fields; `None`: all fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
}

/// At this place, the operations in `set` are decided here: those in `allow` are granted, the rest denied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub reach: Reach,
    /// Left out: the same as `allow`.
    #[serde(default)]
    pub set: Option<Ops>,
    pub allow: Ops,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
}

impl Entry {
    pub fn set(&self) -> Ops {
        self.set.unwrap_or(self.allow)
    }
}

/// All entries of one role. Empty grants nothing.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub Vec<Entry>);
