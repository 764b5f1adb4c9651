//! Look first, then write. Upserts of one server wait for each other, so that two of them never both find
//! nothing and both create.

use domain::{
    access::Op,
    catalog::Table,
    decision::Allowed,
    query::{CmpOp, Filter, Page, Query, Term},
    value::Value,
};
use serde_json::Value as Json;
use store::Linking;

use super::{Draft, Other, Record, Records, Which, Written, which};
use crate::{Data, DataError, rights};

/// What happens with a record that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Kept,
    Updated,
}

impl Data {
    /// The first record whose `keys` equal those of the draft, or a new one.
    pub async fn first_or_create(
        &self,
        allowed: &Allowed,
        keys: &[String],
        draft: impl Into<Draft>,
        strict: bool,
    ) -> Result<Written, DataError> {
        self.upsert(allowed, keys, draft.into(), strict, Found::Kept).await
    }

    /// Updates the first such record, or makes it.
    pub async fn update_or_create(
        &self,
        allowed: &Allowed,
        keys: &[String],
        draft: impl Into<Draft>,
        strict: bool,
    ) -> Result<Written, DataError> {
        self.upsert(allowed, keys, draft.into(), strict, Found::Updated).await
    }

    async fn upsert(
        &self,
        allowed: &Allowed,
        keys: &[String],
        draft: Draft,
        strict: bool,
        then: Found,
    ) -> Result<Written, DataError> {
        let _alone = self.upserts.lock().await;
        let table = rights::table(allowed)?;
        let wanted = Which::Filter(wanted(table, keys, &draft)?);
        match self.get(allowed, &wanted, &Query::default()).await? {
            None => self.create(allowed, vec![draft], strict).await,
            Some(record) if then == Found::Kept => Ok(found(record)),
            Some(record) => {
                if rights::alternatives(allowed, Op::RecordUpdate).is_empty() {
                    return Err(DataError::OutOfScope);
                }
                self.update_found(allowed, &record, draft, strict).await
            }
        }
    }

    /// The same among the records behind a link of `source`; a new one is made behind it.
    pub async fn upsert_behind(
        &self,
        allowed: &Allowed,
        (source, link): (&Json, &str),
        keys: &[String],
        draft: Draft,
        strict: bool,
        then: Found,
    ) -> Result<Written, DataError> {
        let _alone = self.upserts.lock().await;
        let target = self.linked_table(allowed, rights::table(allowed)?, link)?;
        let page = Some(Page { offset: 0, limit: 1 });
        let query = Query { filter: wanted(&target, keys, &draft)?, page, ..Query::default() };
        let there =
            self.list_behind(allowed, source, link, &query, &[], false).await?.ok_or(DataError::NotFound)?;
        match there.first() {
            None => self.create_behind(allowed, source, link, vec![draft], strict).await,
            Some(record) if then == Found::Kept => Ok(found(record)),
            Some(record) if !draft.pair.is_empty() => {
                self.pair_found(allowed, (source, link), &record, draft).await?;
                let there = self.list_behind(allowed, source, link, &query, &[], false).await?;
                Ok(found(there.and_then(Records::first).ok_or(DataError::OutOfScope)?))
            }
            Some(record) => {
                let there = self.implied_behind(allowed, link, Op::RecordUpdate)?;
                self.update_found(&there, &record, draft, strict).await
            }
        }
    }

    /// Changes a record together with the row that pairs it, as a change of the link.
    async fn pair_found(
        &self,
        allowed: &Allowed,
        (source, link): (&Json, &str),
        record: &Record,
        draft: Draft,
    ) -> Result<(), DataError> {
        let said = rights::table(allowed)?.field(link).and_then(|field| field.link.as_ref());
        let named_by = said.and_then(|said| record.value(&said.target_key)).and_then(key);
        let other = Other::Changed(named_by.ok_or(DataError::OutOfScope)?, draft);
        self.link(allowed, source, link, &[other], Linking::Add).await
    }

    async fn update_found(
        &self,
        allowed: &Allowed,
        record: &Record,
        draft: Draft,
        strict: bool,
    ) -> Result<Written, DataError> {
        let primary = which::primary(&record.table)?;
        let key = record.value(&primary.name).and_then(key).ok_or(DataError::OutOfScope)?;
        let written = self.update(allowed, &Which::key(key), draft, strict).await?;
        if written.records.rows.is_empty() { Err(DataError::OutOfScope) } else { Ok(written) }
    }
}

/// Records that have the draft's values in the fields `keys`.
fn wanted(table: &Table, keys: &[String], draft: &Draft) -> Result<Filter, DataError> {
    if keys.is_empty() {
        return Err(DataError::invalid("name the fields by which to look for the record"));
    }
    let mut parts = Vec::with_capacity(keys.len());
    for key in keys {
        let value = wanted_value(table, key, draft);
        let value = value.ok_or_else(|| DataError::invalid(format!("{key} is missing")))?;
        parts.push(Filter::Cmp { field: key.clone(), op: CmpOp::Eq, terms: vec![Term::Literal(value)] });
    }
    Ok(Filter::And(parts))
}

/// What the draft says of a field; or of the one record a link, or the field it rests on, leads to.
fn wanted_value(table: &Table, key: &str, draft: &Draft) -> Option<Json> {
    if let Some(value) = draft.values.get(key) {
        return Some(value.clone());
    }
    let rests = |link: &str| {
        let said = table.field(link).and_then(|field| field.link.as_ref());
        said.is_some_and(|said| said.kind == domain::catalog::LinkKind::Here && said.key == key)
    };
    let link = draft.links.iter().find(|wanted| wanted.link == key || rests(&wanted.link))?;
    match link.targets.as_slice() {
        [] => Some(Json::Null),
        [Other::Key(key) | Other::Changed(key, _)] => Some(key.clone()),
        _ => None,
    }
}

pub(super) fn key(value: &Value) -> Option<Json> {
    match value {
        Value::Int(int) => Some((*int).into()),
        Value::Text(text) => Some(text.as_str().into()),
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::Instant(_) | Value::Json(_) => None,
    }
}

fn found(record: Record) -> Written {
    let Record { table, select, values } = record;
    let set = vec![select.clone()];
    let records = Records {
        table,
        select,
        rows: vec![values],
        total: None,
        offset: 0,
        limit: 1,
        beside: Vec::new(),
        linked: Vec::new(),
    };
    Written { records, set, dropped: Vec::new(), created: false }
}
