//! Binding: names become fields, literals become typed values, variables are filled in, and a field that
//! may not be mentioned is refused. One function for all filter languages.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    FieldNo, Millis,
    access::{Alt, Fields},
    catalog::{Field, FieldKind, Table},
    limits,
    value::Value,
};

use super::{
    BoundInside, CmpOp, Query, Select, condition,
    linked::{BoundLinked, BoundStep, Links, NoLinks, step},
};

/// Who a row condition is about.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Subject {
    /// `num` of the user the request acts as.
    pub user_num: Option<i64>,
    pub user_email: Option<String>,
    pub user_name: Option<String>,
    /// What few conditions ask for; shared, because every request carries it.
    pub user_more: Option<Arc<UserMore>>,
    /// `num` of the key; owns records only when there is no user.
    pub key_num: Option<i64>,
    pub role: Option<String>,
    pub now: Millis,
}

/// More of the user a row condition is about.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct UserMore {
    /// The name to show.
    pub title: Option<String>,
    /// What dialects keep with the user, as JSON text.
    pub notes: Option<String>,
    /// Names of the roles held.
    pub roles: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    #[error("there is no field {0:?}")]
    UnknownField(String),
    /// The field exists but may not be mentioned here.
    #[error("the field {0:?} may not be used here")]
    ForbiddenField(String),
    #[error("{field:?}: {message}")]
    BadValue { field: String, message: String },
    #[error("{0}")]
    TooMuch(String),
    #[error("{field:?} is required")]
    Required { field: String },
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundCmp {
    pub field: FieldNo,
    pub op: CmpOp,
    /// Typed as the field is. Empty for operators without operand.
    pub values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BoundFilter {
    And(Vec<BoundFilter>),
    Or(Vec<BoundFilter>),
    Not(Box<BoundFilter>),
    Cmp(BoundCmp),
    /// About what is inside of a JSON value.
    Inside(BoundInside),
    /// About rows this one is linked with.
    Linked(Box<BoundLinked>),
    /// Never true: a condition that cannot be met (no subject to own a row, say).
    Never,
}

/// One alternative with its row condition bound.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundAlt {
    pub rows: BoundFilter,
    pub fields: Fields,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundSort {
    /// Links to follow to the row that has the field; none: it is this row's own.
    pub via: Vec<BoundStep>,
    pub field: FieldNo,
    pub descending: bool,
    /// Otherwise nulls are the least.
    pub nulls_last: bool,
}

impl BoundSort {
    pub fn own(field: FieldNo, descending: bool) -> Self {
        Self { via: Vec::new(), field, descending, nulls_last: false }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundQuery {
    /// Rows must match one of these …
    pub alts: Vec<BoundAlt>,
    /// … and this.
    pub filter: BoundFilter,
    /// Always ends with the primary key, so that pages do not overlap.
    pub sort: Vec<BoundSort>,
    /// Fields to answer with, in the table's order; each is readable in at least one alternative.
    pub select: Vec<FieldNo>,
    pub offset: u64,
    pub limit: u64,
    pub count: bool,
}

/// Values to write, typed; and the names that were dropped because they may not be written.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BoundWrite {
    pub values: Vec<(FieldNo, Value)>,
    pub dropped: Vec<String>,
}

/// Binds a read. `alts` are the alternatives of the decision. No link can be followed.
pub fn bind(query: &Query, table: &Table, alts: &[Alt], subject: &Subject) -> Result<BoundQuery, BindError> {
    bind_with(query, table, alts, subject, &NoLinks, &NoLinks)
}

/// Binds a read. Links the client names are followed by `links`, those of row conditions by `trusted`.
pub fn bind_with(
    query: &Query,
    table: &Table,
    alts: &[Alt],
    subject: &Subject,
    links: &dyn Links,
    trusted: &dyn Links,
) -> Result<BoundQuery, BindError> {
    let (offset, limit) = match query.page {
        Some(page) => (page.offset.min(i64::MAX as u64), page.limit.min(limits::PAGE_SIZE_MAX)),
        None => (0, query.ceiling.unwrap_or(limits::PAGE_SIZE_MAX).min(limits::UNPAGED_ROWS_MAX + 1)),
    };
    Ok(BoundQuery {
        alts: bind_rows_with(alts, table, subject, trusted)?,
        filter: bind_filter_with(&query.filter, table, alts, subject, links)?,
        sort: bind_sort(query, table, alts, subject, links)?,
        select: bind_select(&query.select, query.strict, table, alts)?,
        offset,
        limit,
        count: query.count,
    })
}

/// Binds a client's filter alone: only fields that may be read in every alternative can be mentioned.
pub fn bind_filter(
    filter: &super::Filter,
    table: &Table,
    alts: &[Alt],
    subject: &Subject,
) -> Result<BoundFilter, BindError> {
    bind_filter_with(filter, table, alts, subject, &NoLinks)
}

/// As [`bind_filter`]; what it says of linked rows must be readable of every one of them.
pub fn bind_filter_with(
    filter: &super::Filter,
    table: &Table,
    alts: &[Alt],
    subject: &Subject,
    links: &dyn Links,
) -> Result<BoundFilter, BindError> {
    condition::bind(filter, table, subject, links, |field| in_all(field, alts))
}

/// Binds only the row conditions of alternatives. They are the role's words, not the client's: they may
/// mention fields the client may not read.
pub fn bind_rows(alts: &[Alt], table: &Table, subject: &Subject) -> Result<Vec<BoundAlt>, BindError> {
    bind_rows_with(alts, table, subject, &NoLinks)
}

/// As [`bind_rows`], with conditions on linked rows.
pub fn bind_rows_with(
    alts: &[Alt],
    table: &Table,
    subject: &Subject,
    trusted: &dyn Links,
) -> Result<Vec<BoundAlt>, BindError> {
    alts.iter()
        .map(|alt| {
            let rows = condition::rows(&alt.rows, table, subject, trusted)?;
            Ok(BoundAlt { rows, fields: alt.fields.clone() })
        })
        .collect()
}

/// What a filter or a sort mentions shows in which rows come back, so it must be readable whichever
/// alternative lets the row in.
pub(super) fn in_all(field: &Field, alts: &[Alt]) -> bool {
    !field.hidden && !alts.is_empty() && alts.iter().all(|alt| alt.fields.has(field.no))
}

fn in_any(field: &Field, alts: &[Alt]) -> bool {
    !field.hidden && alts.iter().any(|alt| alt.fields.has(field.no))
}

fn bind_sort(
    query: &Query,
    table: &Table,
    alts: &[Alt],
    subject: &Subject,
    links: &dyn Links,
) -> Result<Vec<BoundSort>, BindError> {
    if query.sort.len() > limits::SORT_KEYS_MAX {
        return Err(BindError::TooMuch(format!("more than {} sort keys", limits::SORT_KEYS_MAX)));
    }
    let mut bound: Vec<BoundSort> = Vec::with_capacity(query.sort.len() + 1);
    let push = |bound: &mut Vec<BoundSort>, next: BoundSort| {
        // A second mention of a field cannot change the order any more.
        if bound.iter().all(|known| known.field != next.field || known.via != next.via) {
            bound.push(next);
        }
    };
    for key in &query.sort {
        let (via, field) = path(&key.field, table, alts, subject, links)?;
        push(&mut bound, BoundSort { via, field, descending: key.descending, nulls_last: query.nulls_last });
    }
    if let Some(primary) = table.primary() {
        push(&mut bound, BoundSort::own(primary.no, false));
    }
    Ok(bound)
}

fn sortable(name: &str, table: &Table, alts: &[Alt]) -> Result<FieldNo, BindError> {
    let field = table.field(name).ok_or_else(|| BindError::UnknownField(name.to_owned()))?;
    match field {
        field if !in_all(field, alts) => Err(BindError::ForbiddenField(name.to_owned())),
        field if field.kind == FieldKind::Link => Err(BindError::UnknownField(name.to_owned())),
        field => Ok(field.no),
    }
}

/// A field, or `owner.nickname`: only along links to one row, since of several nobody knows which is meant.
pub(super) fn path(
    path: &str,
    table: &Table,
    alts: &[Alt],
    subject: &Subject,
    links: &dyn Links,
) -> Result<(Vec<BoundStep>, FieldNo), BindError> {
    let Some((steps, last)) = path.rsplit_once('.') else {
        return Ok((Vec::new(), sortable(path, table, alts)?));
    };
    let mut via: Vec<BoundStep> = Vec::new();
    let mut here: Vec<Alt> = alts.to_vec();
    for name in steps.split('.') {
        if via.len() >= limits::LINK_DEPTH_MAX {
            return Err(BindError::TooMuch(format!("more than {} links in a row", limits::LINK_DEPTH_MAX)));
        }
        let from = via.last().map_or(table, |step| &step.target);
        let field = from.field(name).ok_or_else(|| BindError::UnknownField(path.to_owned()))?;
        if !in_all(field, &here) {
            return Err(BindError::ForbiddenField(path.to_owned()));
        }
        if field.link.as_ref().is_some_and(|link| link.kind.many()) {
            let message = "cannot be sorted by: there may be several".to_owned();
            return Err(BindError::BadValue { field: path.to_owned(), message });
        }
        let (step, next) = step(field, from, subject, links)?;
        via.push(step);
        here = next;
    }
    let target = via.last().map_or(table, |step| &step.target);
    let field = sortable(last, target, &here)?;
    Ok((via, field))
}

fn bind_select(
    select: &Select,
    strict: bool,
    table: &Table,
    alts: &[Alt],
) -> Result<Vec<FieldNo>, BindError> {
    let readable = table.fields.iter().filter(|f| f.kind != FieldKind::Link && in_any(f, alts));
    match select {
        Select::All => Ok(readable.map(|f| f.no).collect()),
        Select::Only(names) => {
            let named = resolve(names, table, true)?;
            if strict && let Some(field) = named.iter().find(|f| !in_any(f, alts)) {
                return Err(BindError::ForbiddenField(field.name.clone()));
            }
            let wanted: BTreeSet<FieldNo> = named.iter().map(|f| f.no).collect();
            Ok(readable.map(|f| f.no).filter(|no| wanted.contains(no)).collect())
        }
        Select::Except(names) => {
            let unwanted: BTreeSet<FieldNo> = resolve(names, table, strict)?.iter().map(|f| f.no).collect();
            Ok(readable.map(|f| f.no).filter(|no| !unwanted.contains(no)).collect())
        }
    }
}

fn resolve<'t>(names: &[String], table: &'t Table, strict: bool) -> Result<Vec<&'t Field>, BindError> {
    if names.len() > 2 * limits::FIELDS_PER_TABLE_MAX {
        return Err(BindError::TooMuch("too many fields are named".to_owned()));
    }
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        match table.field(name) {
            Some(field) => fields.push(field),
            None if strict => return Err(BindError::UnknownField(name.clone())),
            None => {}
        }
    }
    Ok(fields)
}
