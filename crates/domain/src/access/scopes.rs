//! Scopes: the part of a key that narrows. Each entry names a place and what may be done there; entries
//! add up. No scopes at all narrow nothing; an empty list allows nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Category, Level, Op, Ops};

/// One place and what the key may do there. No place: everywhere. Neither categories nor operations:
/// everything the role allows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Needs `base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<BTreeMap<Category, Level>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<Op>>,
}

impl Scope {
    pub fn ops(&self) -> Ops {
        if self.categories.is_none() && self.operations.is_none() {
            return Ops::ALL;
        }
        let categories = self.categories.iter().flatten().fold(Ops::NONE, |all, (c, l)| all.or(c.ops(*l)));
        let single: Ops = self.operations.iter().flatten().copied().collect();
        categories.or(single)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(pub Vec<Scope>);
