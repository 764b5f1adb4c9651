//! A cell: what one layer allows in one place. Operations as bits; for record operations, alternatives
//! that pair rows with fields, so that two roles never add up to a right neither of them gives.

use std::{collections::BTreeMap, collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{FieldNo, limits, query::Filter};

use super::{Op, Ops};

/// One condition on rows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cond {
    /// The subject created the row: the user, or the key itself when it has no user.
    Own,
    /// A stored filter; its variables are filled in per request.
    Matching(Arc<Filter>),
}

/// Which rows: those for which every condition holds. No condition: all of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows(Vec<Cond>);

impl Rows {
    pub const ALL: Self = Self(Vec::new());

    pub fn of(cond: Cond) -> Self {
        Self(vec![cond])
    }

    pub fn conds(&self) -> &[Cond] {
        &self.0
    }

    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    fn meet(&self, other: &Self) -> Self {
        let mut both = self.0.clone();
        both.extend(other.0.iter().filter(|c| !self.0.contains(c)).cloned());
        Self(both)
    }

    /// Every row of `self` is surely one of `other`: `self` has all of its conditions.
    fn within(&self, other: &Self) -> bool {
        other.0.iter().all(|c| self.0.contains(c))
    }
}

impl FromIterator<Cond> for Rows {
    fn from_iter<T: IntoIterator<Item = Cond>>(conds: T) -> Self {
        conds.into_iter().fold(Self::ALL, |all, cond| all.meet(&Self::of(cond)))
    }
}

/// Which fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fields {
    All,
    Only(BTreeSet<FieldNo>),
}

impl Fields {
    pub fn has(&self, no: FieldNo) -> bool {
        match self {
            Self::All => true,
            Self::Only(set) => set.contains(&no),
        }
    }

    fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, f) | (f, Self::All) => f.clone(),
            (Self::Only(a), Self::Only(b)) => Self::Only(a.intersection(b).copied().collect()),
        }
    }

    fn within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::All, Self::Only(_)) => false,
            (Self::Only(a), Self::Only(b)) => a.is_subset(b),
        }
    }

    fn is_none(&self) -> bool {
        matches!(self, Self::Only(set) if set.is_empty())
    }
}

/// These fields on these rows.
#[derive(Clone, PartialEq, Debug)]
pub struct Alt {
    pub rows: Rows,
    pub fields: Fields,
}

impl Alt {
    pub const FULL: Self = Self { rows: Rows::ALL, fields: Fields::All };

    fn within(&self, other: &Self) -> bool {
        self.rows.within(&other.rows) && self.fields.within(&other.fields)
    }
}

/// What is allowed in one place. The default allows nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    ops: Ops,
    /// Only for record operations that are limited; an allowed operation not listed here is unlimited.
    limits: Option<Arc<BTreeMap<Op, Vec<Alt>>>>,
}

/// A role combination leaves more alternatives than a query may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the combination leaves more than {max} row-and-field alternatives for {0:?}", max = limits::ALTERNATIVES_MAX)]
pub struct TooManyAlternatives(pub Op);

const FULL: &[Alt] = &[Alt::FULL];

/// The alternatives both of two operations leave, where one is the other with more to it.
pub fn both(a: &[Alt], b: &[Alt], op: Op) -> Vec<Alt> {
    undominated(meet(a, b), op)
}

fn meet(some: &[Alt], others: &[Alt]) -> Vec<Alt> {
    let met = |a: &Alt, b: &Alt| Alt { rows: a.rows.meet(&b.rows), fields: a.fields.meet(&b.fields) };
    some.iter().flat_map(|a| others.iter().map(move |b| met(a, b))).collect()
}

impl Cell {
    pub const NOTHING: Self = Self { ops: Ops::NONE, limits: None };
    pub const EVERYTHING: Self = Self { ops: Ops::ALL, limits: None };

    pub fn unlimited(ops: Ops) -> Self {
        Self { ops, limits: None }
    }

    pub fn ops(&self) -> Ops {
        self.ops
    }

    pub fn allows(&self, op: Op) -> bool {
        self.ops.has(op)
    }

    /// The alternatives of `op`: any one of them suffices. Empty when the operation is not allowed.
    pub fn alternatives(&self, op: Op) -> &[Alt] {
        if !self.ops.has(op) {
            return &[];
        }
        match self.limits.as_ref().and_then(|l| l.get(&op)) {
            Some(alts) => alts,
            None => FULL,
        }
    }

    /// `ops` decided anew by a deeper level: those in `allow` with their `limits`, the others denied.
    pub(super) fn replace(&self, set: Ops, allow: Ops, limited: &BTreeMap<Op, Vec<Alt>>) -> Self {
        let mut parts: BTreeMap<Op, Vec<Alt>> = self.limits.as_deref().cloned().unwrap_or_default();
        parts.retain(|op, _| !set.has(*op));
        parts.extend(
            limited.iter().filter(|(op, _)| set.has(**op) && allow.has(**op)).map(|(o, a)| (*o, a.clone())),
        );
        Self::build(self.ops.without(set).or(set.and(allow)), parts)
    }

    /// What either allows. For the roles of one subject.
    pub fn join(&self, other: &Self) -> Self {
        if self.limits.is_none() && other.limits.is_none() {
            return Self::unlimited(self.ops.or(other.ops));
        }
        let mut parts = BTreeMap::new();
        for op in self.limited_ops().or(other.limited_ops()).iter() {
            let mut alts = self.alternatives(op).to_vec();
            alts.extend_from_slice(other.alternatives(op));
            parts.insert(op, alts);
        }
        Self::build(self.ops.or(other.ops), parts)
    }

    /// What both allow. For independent limits.
    pub fn meet(&self, other: &Self) -> Self {
        let ops = self.ops.and(other.ops);
        if self.limits.is_none() && other.limits.is_none() {
            return Self::unlimited(ops);
        }
        let mut parts = BTreeMap::new();
        for op in self.limited_ops().or(other.limited_ops()).and(ops).iter() {
            parts.insert(op, meet(self.alternatives(op), other.alternatives(op)));
        }
        Self::build(ops, parts)
    }

    /// Nothing is allowed here that `other` does not allow: every alternative lies within one of the other's.
    pub fn within(&self, other: &Self) -> bool {
        let limited = self.limited_ops().or(other.limited_ops()).and(self.ops);
        self.ops.without(other.ops).is_empty()
            && limited.iter().all(|op| {
                self.alternatives(op)
                    .iter()
                    .all(|alt| other.alternatives(op).iter().any(|wide| alt.within(wide)))
            })
    }

    /// Refuses a cell no query could carry; asked when a role is saved or combined.
    pub fn check_size(&self) -> Result<(), TooManyAlternatives> {
        match self
            .limits
            .iter()
            .flat_map(|l| l.iter())
            .find(|(_, alts)| alts.len() > limits::ALTERNATIVES_MAX)
        {
            Some((op, _)) => Err(TooManyAlternatives(*op)),
            None => Ok(()),
        }
    }

    fn limited_ops(&self) -> Ops {
        self.limits.iter().flat_map(|l| l.keys().copied()).collect()
    }

    /// Drops empty and dominated alternatives, and with the last one the operation itself.
    fn build(mut ops: Ops, parts: BTreeMap<Op, Vec<Alt>>) -> Self {
        let mut kept = BTreeMap::new();
        for (op, alts) in parts {
            let alts = undominated(alts, op);
            if alts.is_empty() {
                ops = ops.without(op.bit());
            } else if alts.as_slice() != FULL {
                kept.insert(op, alts);
            }
        }
        Self { ops, limits: (!kept.is_empty()).then(|| Arc::new(kept)) }
    }
}

fn undominated(alts: Vec<Alt>, op: Op) -> Vec<Alt> {
    let mut kept: Vec<Alt> = Vec::new();
    for alt in alts {
        // Deleting names no fields; for everything else, no field means nothing to do.
        let empty = alt.fields.is_none() && op != Op::RecordDelete;
        if empty || kept.iter().any(|k| alt.within(k)) {
            continue;
        }
        kept.retain(|k| !k.within(&alt));
        kept.push(alt);
    }
    kept
}
