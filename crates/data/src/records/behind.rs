//! The rows behind a link of one record: listed, and linked or unlinked. Linking needs the right to change
//! the record the link belongs to, and, where the key is kept in the other rows, to change it there.

use std::sync::Arc;

use domain::{
    FieldNo,
    access::Op,
    catalog::{Field, LinkKind, Table},
    decision::Allowed,
    limits,
    query::{
        BindError, BoundCmp, BoundFilter, BoundStep, BoundThrough, BoundWrite, CmpOp, Filter, Query, Term,
        bind_with, coerce, step,
    },
    value::Value,
};
use serde_json::Value as Json;
use store::ReadBack;

use super::{Follow, Records, Values, Which, follow::beside, read::both, upsert, which};
use crate::{
    Data, DataError,
    links::{Caller, Roles, table},
    rights,
};

/// How the rows behind a link change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    Add,
    Remove,
    /// These and no others.
    Set,
}

/// One record and one of its links.
struct Near<'t> {
    field: &'t Field,
    kind: LinkKind,
    /// The record's value of the link's key.
    key: Value,
}

impl Data {
    /// The rows behind `link` of the record `source`, as far as they may be read. `None`: there is no such
    /// record that may be read.
    pub async fn list_behind(
        &self,
        allowed: &Allowed,
        source: &Json,
        link: &str,
        query: &Query,
        follow: &[Follow],
    ) -> Result<Option<Records>, DataError> {
        let from = rights::table(allowed)?;
        let Some(near) = self.near(allowed, source, link, Op::RecordRead).await? else { return Ok(None) };
        let links = Caller(allowed);
        let (step, alts) = step(near.field, from, allowed.subject(), &links)?;
        let mut bound = bind_with(query, &step.target, &alts, allowed.subject(), &links, &Roles(allowed))?;
        let keys = self.far_keys(&step, &near.key).await?;
        let here = BoundFilter::Cmp(BoundCmp { field: step.target_key, op: CmpOp::In, values: keys });
        bound.filter = both(std::mem::replace(&mut bound.filter, BoundFilter::Never), here);
        let added = beside(&step.target, &mut bound, follow);
        let (offset, limit) = (bound.offset, bound.limit);
        let page = self.store.list_records(&step.target, bound).await?;
        let mut records = Records {
            table: step.target,
            select: page.select,
            rows: page.rows,
            total: page.total,
            offset,
            limit,
            beside: added,
            linked: Vec::new(),
        };
        self.follow(allowed, &mut records, follow, 0).await?;
        Ok(Some(records))
    }

    /// Links or unlinks. `NotFound`: there is no such record, or no such target, that may be seen.
    pub async fn link(
        &self,
        allowed: &Allowed,
        source: &Json,
        link: &str,
        targets: &[Json],
        how: Linking,
    ) -> Result<(), DataError> {
        if targets.len() > limits::RECORDS_PER_WRITE_MAX {
            let message = format!("at most {} records can be linked at once", limits::RECORDS_PER_WRITE_MAX);
            return Err(BindError::TooMuch(message).into());
        }
        let from = rights::table(allowed)?;
        let near = self.near(allowed, source, link, Op::RecordUpdate).await?.ok_or(DataError::OutOfScope)?;
        let (step, _) = step(near.field, from, allowed.subject(), &Caller(allowed))?;
        let keys = self.visible(&step, near.kind, targets).await?;
        match near.kind {
            LinkKind::Here => self.link_here(allowed, source, &near, targets, how).await,
            LinkKind::OneThere | LinkKind::ManyThere => self.link_there(allowed, &near, targets, how).await,
            LinkKind::Through => self.link_through(allowed, &step, &near.key, keys, how).await,
        }
    }

    /// What a new record must hold to be behind `link` of `source`; `None`: nothing, it is linked afterwards.
    pub async fn behind(
        &self,
        allowed: &Allowed,
        source: &Json,
        link: &str,
    ) -> Result<Option<(String, Json)>, DataError> {
        let near = self.near(allowed, source, link, Op::RecordRead).await?.ok_or(DataError::NotFound)?;
        let Some(link) = &near.field.link else { return Ok(None) };
        Ok(match near.kind {
            LinkKind::OneThere | LinkKind::ManyThere => Some((link.target_key.clone(), plain(&near.key))),
            LinkKind::Here | LinkKind::Through => None,
        })
    }

    /// The table a link of the call's table leads to.
    pub fn linked_table(&self, allowed: &Allowed, link: &str) -> Result<Arc<Table>, DataError> {
        let from = rights::table(allowed)?;
        let unknown = || BindError::UnknownField(link.to_owned());
        let link = from.field(link).and_then(|f| f.link.as_ref()).ok_or_else(unknown)?;
        Ok(table(allowed, from, &link.target).ok_or_else(unknown)?)
    }

    /// The proof for an operation on the table behind a link of the call's table.
    pub fn implied_behind(&self, allowed: &Allowed, link: &str, op: Op) -> Result<Allowed, DataError> {
        let target = self.linked_table(allowed, link)?;
        allowed.implied(op, &target).ok_or(DataError::OutOfScope)
    }

    /// The record, if `op` may be done to it with this link.
    async fn near<'t>(
        &self,
        allowed: &'t Allowed,
        source: &Json,
        link: &str,
        op: Op,
    ) -> Result<Option<Near<'t>>, DataError> {
        let from = rights::table(allowed)?;
        let unknown = || BindError::UnknownField(link.to_owned());
        let field = from.field(link).ok_or_else(unknown)?;
        let said = field.link.as_ref().ok_or_else(unknown)?;
        let key = from.field(&said.key).ok_or_else(unknown)?;
        let alts = rights::bound_rows(allowed, from, &rights::alternatives(allowed, op))?;
        let alts = rights::covering(alts, &[field.no]);
        if field.hidden || alts.is_empty() {
            return Err(BindError::ForbiddenField(link.to_owned()).into());
        }
        let mut query =
            which::counting(alts, which::by_keys(from, &which::keys(from, std::slice::from_ref(source))?)?);
        (query.count, query.limit, query.select) = (false, 1, vec![key.no]);
        let page = self.store.list_records(from, query).await?;
        let key = page.rows.into_iter().next().and_then(|row| row.into_iter().next());
        Ok(key.map(|key| Near { field, kind: said.kind, key: key.unwrap_or(Value::Null) }))
    }

    /// Keys of the targets by which the step finds its rows.
    async fn far_keys(&self, step: &BoundStep, key: &Value) -> Result<Vec<Value>, DataError> {
        match &step.through {
            _ if key.is_null() => Ok(Vec::new()),
            None => Ok(vec![key.clone()]),
            Some(through) => self.paired(through, key).await,
        }
    }

    async fn paired(&self, through: &BoundThrough, key: &Value) -> Result<Vec<Value>, DataError> {
        let mut query = which::counting(which::every_row(), equal(through.from, key));
        (query.count, query.limit, query.select) = (false, limits::LINKED_ROWS_MAX, vec![through.to]);
        let page = self.store.list_records(&through.table, query).await?;
        Ok(page.rows.into_iter().flatten().flatten().filter(|value| !value.is_null()).collect())
    }

    /// The targets as typed keys; refused unless every one of them is a row that may be seen.
    async fn visible(
        &self,
        step: &BoundStep,
        kind: LinkKind,
        targets: &[Json],
    ) -> Result<Vec<Value>, DataError> {
        let by = match kind {
            LinkKind::Here | LinkKind::Through => step.target.field_by_no(step.target_key),
            LinkKind::OneThere | LinkKind::ManyThere => step.target.primary(),
        };
        let by = by.ok_or(DataError::NotFound)?;
        let mut keys: Vec<Value> = Vec::with_capacity(targets.len());
        for target in targets {
            let key = coerce(by, target)?;
            if !key.is_null() && !keys.contains(&key) {
                keys.push(key);
            }
        }
        if keys.is_empty() {
            return Ok(keys);
        }
        let named = BoundFilter::Cmp(BoundCmp { field: by.no, op: CmpOp::In, values: keys.clone() });
        let there = self.store.count_records(&step.target, which::counting(step.alts.clone(), named)).await?;
        if there < keys.len() as u64 { Err(DataError::NotFound) } else { Ok(keys) }
    }

    async fn link_here(
        &self,
        allowed: &Allowed,
        source: &Json,
        near: &Near<'_>,
        targets: &[Json],
        how: Linking,
    ) -> Result<(), DataError> {
        let Some(link) = &near.field.link else { return Err(DataError::NotFound) };
        let value = match (how, targets) {
            (Linking::Add, []) => return Ok(()),
            (Linking::Set, []) => Json::Null,
            (Linking::Add | Linking::Set, [one]) => one.clone(),
            (Linking::Add | Linking::Set, _) => {
                return Err(DataError::invalid("only one record can be linked"));
            }
            // Another one than the linked one is not linked: nothing to do.
            (Linking::Remove, targets) => match targets.iter().any(|t| same(t, &plain(&near.key))) {
                true => Json::Null,
                false => return Ok(()),
            },
        };
        let values = Values::from_iter([(link.key.clone(), value)]);
        let written = self.update(allowed, &Which::Keys(vec![source.clone()]), &values, true).await?;
        if written.records.rows.is_empty() { Err(DataError::OutOfScope) } else { Ok(()) }
    }

    async fn link_there(
        &self,
        allowed: &Allowed,
        near: &Near<'_>,
        targets: &[Json],
        how: Linking,
    ) -> Result<(), DataError> {
        let Some(link) = &near.field.link else { return Err(DataError::NotFound) };
        let there = self.implied_behind(allowed, &near.field.name, Op::RecordUpdate)?;
        let primary = which::primary(rights::table(&there)?)?.name.clone();
        let ours = Filter::eq(&link.target_key, plain(&near.key));
        let list = |op| Filter::Cmp {
            field: primary.clone(),
            op,
            terms: targets.iter().cloned().map(Term::Literal).collect(),
        };
        let gone = match how {
            Linking::Add => None,
            Linking::Remove => Some(Filter::And(vec![ours, list(CmpOp::In)])),
            Linking::Set if targets.is_empty() => Some(ours),
            Linking::Set => Some(Filter::And(vec![ours, list(CmpOp::NotIn)])),
        };
        let set = |value: Json| Values::from_iter([(link.target_key.clone(), value)]);
        if let Some(gone) = gone {
            self.update(&there, &Which::Filter(gone), &set(Json::Null), true).await?;
        }
        if how != Linking::Remove && !targets.is_empty() {
            let which = Which::Keys(targets.to_vec());
            let written = self.update(&there, &which, &set(plain(&near.key)), true).await?;
            if written.records.rows.is_empty() {
                return Err(DataError::OutOfScope);
            }
        }
        Ok(())
    }

    async fn link_through(
        &self,
        allowed: &Allowed,
        step: &BoundStep,
        key: &Value,
        keys: Vec<Value>,
        how: Linking,
    ) -> Result<(), DataError> {
        let Some(through) = &step.through else { return Err(DataError::NotFound) };
        if key.is_null() {
            return Err(DataError::NotFound);
        }
        // Look, then write: one at a time, or a pair could be there twice.
        let _alone = self.upserts.lock().await;
        let there = self.paired(through, key).await?;
        let gone: Vec<Value> = match how {
            Linking::Add => Vec::new(),
            Linking::Remove => keys.clone(),
            Linking::Set => there.iter().filter(|k| !keys.contains(k)).cloned().collect(),
        };
        if !gone.is_empty() {
            let to = BoundFilter::Cmp(BoundCmp { field: through.to, op: CmpOp::In, values: gone });
            let which = store::Which::Matching(BoundFilter::And(vec![equal(through.from, key), to]));
            self.store.delete_records(&through.table, which, which::every_row()).await?;
        }
        let new = keys.into_iter().filter(|k| how != Linking::Remove && !there.contains(k));
        let rows = self.new_pairs(allowed, through, key, new)?;
        if !rows.is_empty() {
            let (alts, back) = (which::every_row(), ReadBack::default());
            self.store.create_records(&through.table, rows, alts, back).await?;
        }
        Ok(())
    }

    fn new_pairs(
        &self,
        allowed: &Allowed,
        through: &BoundThrough,
        key: &Value,
        new: impl Iterator<Item = Value>,
    ) -> Result<Vec<BoundWrite>, DataError> {
        let mut rows = Vec::new();
        let mut broken = Vec::new();
        for to in new {
            let values = vec![(through.from, key.clone()), (through.to, to)];
            let mut write = BoundWrite { values, dropped: Vec::new() };
            self.fill_new(allowed, &through.table, &mut write, &mut broken)?;
            rows.push(write);
        }
        if broken.is_empty() { Ok(rows) } else { Err(DataError::Validation(broken)) }
    }
}

fn equal(field: FieldNo, value: &Value) -> BoundFilter {
    BoundFilter::Cmp(BoundCmp { field, op: CmpOp::Eq, values: vec![value.clone()] })
}

fn plain(value: &Value) -> Json {
    upsert::key(value).unwrap_or(Json::Null)
}

/// Keys of an address are texts.
fn same(a: &Json, b: &Json) -> bool {
    let text = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    !b.is_null() && text(a) == text(b)
}
