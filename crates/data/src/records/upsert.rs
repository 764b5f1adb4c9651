//! Look first, then write. Upserts of one server wait for each other, so that two of them never both find
//! nothing and both create.

use domain::{
    access::Op,
    decision::Allowed,
    query::{CmpOp, Filter, Query, Term},
    value::Value,
};

use super::{Record, Records, Values, Which, Written, which};
use crate::{Data, DataError, rights};

impl Data {
    /// The first record whose `keys` equal those of `values`, or a new one.
    pub async fn first_or_create(
        &self,
        allowed: &Allowed,
        keys: &[String],
        values: Values,
        strict: bool,
    ) -> Result<Written, DataError> {
        let _alone = self.upserts.lock().await;
        match self.find(allowed, keys, &values).await? {
            Some(record) => Ok(found(record)),
            None => self.create(allowed, vec![values], strict).await,
        }
    }

    /// Updates the first such record, or makes it.
    pub async fn update_or_create(
        &self,
        allowed: &Allowed,
        keys: &[String],
        values: Values,
        strict: bool,
    ) -> Result<Written, DataError> {
        let _alone = self.upserts.lock().await;
        let table = rights::table(allowed)?;
        let Some(record) = self.find(allowed, keys, &values).await? else {
            return self.create(allowed, vec![values], strict).await;
        };
        if rights::alternatives(allowed, Op::RecordUpdate).is_empty() {
            return Err(DataError::OutOfScope);
        }
        let primary = which::primary(table)?;
        let key = record.value(&primary.name).and_then(key).ok_or(DataError::OutOfScope)?;
        let written = self.update(allowed, &Which::key(key), &values, strict).await?;
        if written.records.rows.is_empty() { Err(DataError::OutOfScope) } else { Ok(written) }
    }

    async fn find(
        &self,
        allowed: &Allowed,
        keys: &[String],
        values: &Values,
    ) -> Result<Option<Record>, DataError> {
        if keys.is_empty() {
            return Err(DataError::invalid("name the fields by which to look for the record"));
        }
        let mut parts = Vec::with_capacity(keys.len());
        for key in keys {
            let value = values.get(key).ok_or_else(|| DataError::invalid(format!("{key} is missing")))?;
            let terms = vec![Term::Literal(value.clone())];
            parts.push(Filter::Cmp { field: key.clone(), op: CmpOp::Eq, terms });
        }
        self.get(allowed, &Which::Filter(Filter::And(parts)), &Query::default()).await
    }
}

pub(super) fn key(value: &Value) -> Option<serde_json::Value> {
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
