//! Following links for an answer: for all rows of a page together, one statement per link (two where a
//! table of pairs lies between). What may not be seen at the other end is as if it were not there.

use std::{collections::HashMap, pin::Pin, sync::Arc};

use domain::{
    FieldNo,
    access::{Alt, Fields},
    catalog::{FieldKind, Table},
    decision::Allowed,
    limits,
    query::{BindError, BoundCmp, BoundFilter, BoundQuery, BoundStep, CmpOp, Query, bind_with, step},
    value::Value,
};

use super::{Follow, Linked, Records, pairs::carried, read::both};
use crate::{
    Data, DataError,
    links::{Caller, Roles},
};

/// A value by which rows are linked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Int(i64),
    Text(String),
}

impl Key {
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(n) => Some(Self::Int(*n)),
            Value::Text(text) => Some(Self::Text(text.clone())),
            _ => None,
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Int(n) => Value::Int(*n),
            Self::Text(text) => Value::Text(text.clone()),
        }
    }
}

/// Adds to the selection what following the links takes: whether each may be read, and its key. Answers
/// what was added.
pub(super) fn beside(table: &Table, bound: &mut BoundQuery, follow: &[Follow]) -> Vec<FieldNo> {
    let mut added = Vec::new();
    for link in follow.iter().filter_map(|f| table.field(&f.link)).filter(|f| f.kind == FieldKind::Link) {
        let key = link.link.as_ref().and_then(|l| table.field(&l.key));
        for field in key.into_iter().chain([link]) {
            let readable = !field.hidden && bound.alts.iter().any(|alt| alt.fields.has(field.no));
            if readable && !bound.select.contains(&field.no) {
                bound.select.push(field.no);
                added.push(field.no);
            }
        }
    }
    added
}

impl Data {
    /// Fills `records.linked`.
    pub(super) fn follow<'f>(
        &'f self,
        allowed: &'f Allowed,
        records: &'f mut Records,
        follow: &'f [Follow],
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), DataError>> + Send + 'f>> {
        Box::pin(async move {
            if !follow.is_empty() && depth >= limits::LINK_DEPTH_MAX {
                let message = format!("more than {} links in a row", limits::LINK_DEPTH_MAX);
                return Err(BindError::TooMuch(message).into());
            }
            for one in follow {
                if let Some(linked) = self.linked(allowed, records, one, depth).await? {
                    records.linked.push(linked);
                }
            }
            Ok(())
        })
    }

    async fn linked(
        &self,
        allowed: &Allowed,
        from: &Records,
        follow: &Follow,
        depth: usize,
    ) -> Result<Option<Linked>, DataError> {
        let Some(field) = from.table.field(&follow.link) else { return Ok(None) };
        let Some(link) = &field.link else { return Ok(None) };
        let (step, alts) = match step(field, &from.table, allowed.subject(), &Caller(allowed)) {
            Ok(found) => found,
            // Nothing there, or nothing that may be seen.
            Err(BindError::UnknownField(_) | BindError::ForbiddenField(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let column = |no| from.select.iter().position(|n| *n == no);
        let Some(shown) = column(field.no) else { return Ok(None) };
        let key = column(step.key);
        let keys: Vec<Option<Option<Key>>> = from
            .rows
            .iter()
            .map(|row| {
                row.get(shown)?.as_ref()?;
                Some(key.and_then(|at| row.get(at)?.as_ref()).and_then(Key::of))
            })
            .collect();
        let mut wanted: Vec<Key> = keys.iter().flatten().flatten().cloned().collect();
        let pairs = match &step.through {
            None => None,
            Some(through) => {
                let shown = (follow.pair && carried(&step)).then(|| shows_key(&step, &alts));
                Some(self.pairs(allowed, through, &wanted, None, shown).await?)
            }
        };
        if let Some(pairs) = &pairs {
            wanted = pairs.of.values().flatten().map(|(key, _)| key.clone()).collect();
        }
        let query = Query { select: follow.select.clone(), ..Query::default() };
        let mut bound =
            bind_with(&query, &step.target, &alts, allowed.subject(), &Caller(allowed), &Roles(allowed))?;
        let records = self.target_rows(allowed, &step, &mut bound, wanted, follow, depth).await?;
        let by_key = index(&records, step.target_key);
        let rows_of = |key: &Key| by_key.get(key).cloned().unwrap_or_default();
        let (mut of_row, mut pair_of) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
        for shown in keys {
            let mut paired_by = Vec::new();
            of_row.push(shown.map(|key| match (key, &pairs) {
                (None, _) => Vec::new(),
                (Some(key), None) => rows_of(&key),
                (Some(key), Some(pairs)) => {
                    let mut rows = Vec::new();
                    for (other, at) in pairs.of.get(&key).into_iter().flatten() {
                        rows.extend(rows_of(other));
                        paired_by.resize(rows.len(), pairs.seen(*at));
                    }
                    rows
                }
            }));
            pair_of.push(paired_by);
        }
        let pairs = pairs.and_then(|pairs| pairs.shown(pair_of));
        let many = link.kind.many();
        Ok(Some(Linked { field: field.no, name: field.name.clone(), many, records, of_row, pairs }))
    }

    async fn target_rows(
        &self,
        allowed: &Allowed,
        step: &BoundStep,
        bound: &mut BoundQuery,
        wanted: Vec<Key>,
        follow: &Follow,
        depth: usize,
    ) -> Result<Records, DataError> {
        let mut extra = beside(&step.target, bound, &follow.then);
        if !bound.select.contains(&step.target_key) {
            bound.select.push(step.target_key);
            extra.push(step.target_key);
        }
        // It is the value the row was asked for by: to show it tells nothing.
        for alt in &mut bound.alts {
            if let Fields::Only(fields) = &mut alt.fields {
                fields.insert(step.target_key);
            }
        }
        bound.filter =
            both(std::mem::replace(&mut bound.filter, BoundFilter::Never), one_of(step.target_key, wanted));
        bound.limit = limits::LINKED_ROWS_MAX + 1;
        let page = self.store.list_records(&step.target, bound.clone()).await?;
        let count = page.rows.len() as u64;
        bounded(count)?;
        let mut records = Records {
            table: Arc::clone(&step.target),
            select: page.select,
            rows: page.rows,
            total: None,
            offset: 0,
            limit: count,
            beside: extra,
            linked: Vec::new(),
        };
        self.follow(allowed, &mut records, &follow.then, depth + 1).await?;
        Ok(records)
    }
}

pub(super) fn one_of(field: FieldNo, mut keys: Vec<Key>) -> BoundFilter {
    let mut seen = std::collections::HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    if keys.is_empty() {
        return BoundFilter::Never;
    }
    let values = keys.iter().map(Key::value).collect();
    BoundFilter::Cmp(BoundCmp { field, op: CmpOp::In, values })
}

pub(super) fn bounded(rows: u64) -> Result<(), DataError> {
    if rows > limits::LINKED_ROWS_MAX {
        let message = format!(
            "the links of this page lead to more than {} records; ask for a smaller page",
            limits::LINKED_ROWS_MAX
        );
        return Err(BindError::TooMuch(message).into());
    }
    Ok(())
}

/// Whether the key rows of the target are linked by may be shown wherever they are.
pub(super) fn shows_key(step: &BoundStep, alts: &[Alt]) -> bool {
    let field = step.target.field_by_no(step.target_key);
    field.is_some_and(|f| f.primary || (!f.hidden && alts.iter().all(|alt| alt.fields.has(f.no))))
}

fn index(records: &Records, key: FieldNo) -> HashMap<Key, Vec<usize>> {
    let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    let Some(at) = records.select.iter().position(|no| *no == key) else { return by_key };
    for (i, row) in records.rows.iter().enumerate() {
        if let Some(key) = row.get(at).and_then(Option::as_ref).and_then(Key::of) {
            by_key.entry(key).or_default().push(i);
        }
    }
    by_key
}
