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
        BindError, BoundCmp, BoundFilter, BoundStep, BoundThrough, BoundWrite, CmpOp, Query, bind_with, step,
    },
    value::Value,
};
use serde_json::Value as Json;
use store::{After, End, Linking};

use super::{
    Draft, Follow, Other, Records, Values, Which, Written,
    follow::{beside, shows_key},
    pairs::carried,
    read::both,
    together::{Plan, covering, holds_keys, implied},
    upsert, which,
};
use crate::{
    Data, DataError,
    links::{Caller, Roles, table},
    rights,
};

/// One record and one of its links.
struct Near<'t> {
    field: &'t Field,
    /// The record's value of the link's key.
    key: Value,
}

impl Data {
    /// The rows behind `link` of the record `source`, as far as they may be read; with `pair` beside each the row
    /// that pairs it, where there is one. `None`: there is no such record that may be read.
    pub async fn list_behind(
        &self,
        allowed: &Allowed,
        source: &Json,
        link: &str,
        query: &Query,
        follow: &[Follow],
        pair: bool,
    ) -> Result<Option<Records>, DataError> {
        let from = rights::table(allowed)?;
        let Some(near) = self.near(allowed, source, link, Op::RecordRead).await? else { return Ok(None) };
        let links = Caller(allowed);
        let (step, alts) = step(near.field, from, allowed.subject(), &links)?;
        let mut bound = bind_with(query, &step.target, &alts, allowed.subject(), &links, &Roles(allowed))?;
        let keys = self.far_keys(&step, &near.key).await?;
        let here = BoundFilter::Cmp(BoundCmp { field: step.target_key, op: CmpOp::In, values: keys });
        bound.filter = both(std::mem::replace(&mut bound.filter, BoundFilter::Never), here);
        let mut added = beside(&step.target, &mut bound, follow);
        let pair = pair && carried(&step);
        if pair && !bound.select.contains(&step.target_key) {
            bound.select.push(step.target_key);
            added.push(step.target_key);
        }
        let (offset, limit) = (bound.offset, bound.limit);
        let page = self.store.list_records(&step.target, bound).await?;
        let mut records = Records {
            table: step.target.clone(),
            select: page.select,
            rows: page.rows,
            total: page.total,
            offset,
            limit,
            beside: added,
            linked: Vec::new(),
        };
        self.follow(allowed, &mut records, follow, 0).await?;
        if pair {
            self.show_pairs(allowed, &mut records, &step, &near.key, shows_key(&step, &alts)).await?;
        }
        Ok(Some(records))
    }

    /// Links or unlinks, all of it or nothing. `NotFound`: there is no such target that may be seen.
    pub async fn link(
        &self,
        allowed: &Allowed,
        source: &Json,
        link: &str,
        targets: &[Other],
        how: Linking,
    ) -> Result<(), DataError> {
        let kind = rights::table(allowed)?.field(link).and_then(|f| f.link.as_ref()).map(|l| l.kind);
        let held = match (kind, how) {
            (Some(LinkKind::Here), Linking::Add) if targets.is_empty() => return Ok(()),
            (Some(LinkKind::Here), Linking::Remove | Linking::Toggle) => {
                match self.near(allowed, source, link, Op::RecordUpdate).await? {
                    Some(near) => plain(&near.key),
                    None => return Err(self.unwritable(allowed, source).await?),
                }
            }
            _ => Json::Null,
        };
        let linked = targets.iter().any(|target| target.key().is_some_and(|key| same(key, &held)));
        let targets = match (kind, how) {
            // Another one than the linked one is not linked: nothing to do.
            (Some(LinkKind::Here), Linking::Remove) if !linked => return Ok(()),
            (Some(LinkKind::Here), Linking::Remove) => &[],
            (Some(LinkKind::Here), Linking::Toggle) if linked => &[],
            _ => targets,
        };
        let draft = Draft::linking(link, how, targets.to_vec());
        let written = self.update(allowed, &Which::Keys(vec![source.clone()]), draft, true).await?;
        if written.records.rows.is_empty() { Err(self.unwritable(allowed, source).await?) } else { Ok(()) }
    }

    /// Why a record cannot be linked with anything: nobody who sees it is told that it is not there.
    async fn unwritable(&self, allowed: &Allowed, source: &Json) -> Result<DataError, DataError> {
        let seen = self.get(allowed, &Which::key(source.clone()), &Query::default()).await?;
        Ok(if seen.is_none() { DataError::NotFound } else { DataError::OutOfScope })
    }

    /// Makes records behind `link` of `source`: all of them made and linked, or none. `NotFound`: there is no
    /// such source that may be read.
    pub async fn create_behind<D: Into<Draft>>(
        &self,
        allowed: &Allowed,
        source: &Json,
        link: &str,
        drafts: Vec<D>,
        strict: bool,
    ) -> Result<Written, DataError> {
        let from = rights::table(allowed)?;
        let unknown = || BindError::UnknownField(link.to_owned());
        let kind = from.field(link).and_then(|f| f.link.as_ref()).ok_or_else(unknown)?.kind;
        // Where the new record itself holds the key, nothing of the source is changed.
        let holds = matches!(kind, LinkKind::OneThere | LinkKind::ManyThere);
        let op = if holds { Op::RecordRead } else { Op::RecordUpdate };
        let near = self.near(allowed, source, link, op).await?.ok_or(DataError::NotFound)?;
        let (step, _) = step(near.field, from, allowed.subject(), &Caller(allowed))?;
        let there = implied(allowed, Op::RecordCreate, &step.target)?;
        if near.key.is_null() && kind != LinkKind::Here {
            return Err(DataError::NotFound);
        }
        if holds && !holds_keys(&step.target, step.target_key) {
            return Err(BindError::ForbiddenField(link.to_owned()).into());
        }
        if !kind.many() && drafts.len() > 1 {
            return Err(DataError::invalid("only one record can be linked"));
        }
        let mut plan = Plan::new(self, strict, limits::RECORDS_PER_WRITE_MAX);
        let mut bound = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let held = holds.then(|| (step.target_key, Some(near.key.clone())));
            let mut draft = draft.into();
            let pair = std::mem::take(&mut draft.pair);
            let mut one = plan.create(&there, &draft, held, 0)?;
            if !holds {
                one.deed.after.push(linked_from(&mut plan, allowed, source, &near, step.clone(), &pair)?);
            }
            bound.push(one);
        }
        self.carry_out(&there, plan.finish()?, bound, true, &mut None).await
    }

    /// The table a link of `from` leads to.
    pub fn linked_table(&self, allowed: &Allowed, from: &Table, link: &str) -> Result<Arc<Table>, DataError> {
        let unknown = || BindError::UnknownField(link.to_owned());
        let link = from.field(link).and_then(|f| f.link.as_ref()).ok_or_else(unknown)?;
        Ok(table(allowed, from, &link.target).ok_or_else(unknown)?)
    }

    /// The proof for an operation on the table behind a link of the call's table.
    pub fn implied_behind(&self, allowed: &Allowed, link: &str, op: Op) -> Result<Allowed, DataError> {
        let target = self.linked_table(allowed, rights::table(allowed)?, link)?;
        implied(allowed, op, &target)
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
        Ok(key.map(|key| Near { field, key: key.unwrap_or(Value::Null) }))
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
}

/// The link of a new record back to the source it is made behind.
fn linked_from(
    plan: &mut Plan<'_>,
    allowed: &Allowed,
    source: &Json,
    near: &Near<'_>,
    step: BoundStep,
    pair: &Values,
) -> Result<After, DataError> {
    let from = rights::table(allowed)?;
    let alts = rights::alternatives(allowed, Op::RecordUpdate);
    let seen = covering(allowed, from, &alts, &[near.field.no])?;
    let BoundStep { key, target_key, through, .. } = step;
    let (by, named, end) = match through {
        Some(through) => {
            let pairs = vec![plan.pair(allowed, &through, pair)?];
            let BoundThrough { table, from, to } = through;
            let through = BoundThrough { table, from: to, to: from };
            (key, vec![near.key.clone()], End::Through { through, pairs })
        }
        None if !holds_keys(from, key) => {
            return Err(BindError::ForbiddenField(near.field.name.clone()).into());
        }
        None => {
            let mut write = BoundWrite::default();
            plan.stamp(allowed, from, &mut write)?;
            let named = which::keys(from, std::slice::from_ref(source))?;
            (which::primary(from)?.no, named, End::There { field: key, write, alts: seen.clone() })
        }
    };
    Ok(After {
        link: None,
        key: target_key,
        how: Linking::Add,
        target: Arc::clone(from),
        seen,
        by,
        named,
        changed: Vec::new(),
        made: Vec::new(),
        end,
    })
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
