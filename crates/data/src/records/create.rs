//! Making records: all of a batch, or none.

use std::collections::BTreeSet;

use domain::{
    FieldNo,
    access::Op,
    catalog::Table,
    decision::Allowed,
    limits,
    query::{BindError, BoundAlt, BoundWrite, bind_create},
    value::Value,
};

use super::{Draft, Written, fill::made_later, together::Plan, which, written};
use crate::{Data, DataError, rights};

impl Data {
    /// Makes all of the records, with everything that is to be linked with them, or none. `strict`: a value or
    /// a link that may not be written is an error.
    pub async fn create<D: Into<Draft>>(
        &self,
        allowed: &Allowed,
        drafts: Vec<D>,
        strict: bool,
    ) -> Result<Written, DataError> {
        let drafts: Vec<Draft> = drafts.into_iter().map(Into::into).collect();
        if drafts.iter().any(|draft| !draft.links.is_empty()) {
            let mut plan = Plan::new(self, strict);
            let bound =
                drafts.iter().map(|draft| plan.create(allowed, draft, None, 0)).collect::<Result<_, _>>()?;
            return self.carry_out(allowed, plan.finish()?, bound, true).await;
        }
        if drafts.len() > limits::RECORDS_PER_WRITE_MAX {
            let message = format!("at most {} records can be made at once", limits::RECORDS_PER_WRITE_MAX);
            return Err(BindError::TooMuch(message).into());
        }
        let table = rights::table(allowed)?;
        let alts = rights::for_new_rows(rights::alternatives(allowed, Op::RecordCreate));
        let key = which::primary(table)?.no;
        let mut writes = Vec::with_capacity(drafts.len());
        for draft in &drafts {
            writes.push(bind_create(&draft.values, table, &alts, strict)?);
        }
        let dropped = dropped(&writes);
        let own: Vec<Vec<(FieldNo, Value)>> = writes.iter().map(|w| w.values.clone()).collect();
        let rows = common(rights::bound_rows(allowed, table, &alts)?, &own)?;
        let mut broken = Vec::new();
        for write in &mut writes {
            self.fill_new(allowed, table, write, &mut broken)?;
        }
        if !broken.is_empty() {
            return Err(DataError::Validation(broken));
        }
        self.seal_passwords(table, &mut writes).await?;
        let set = writes.iter().map(|w| set_fields(w, table, key)).collect();
        let own_fields = own.iter().flatten().map(|(no, _)| *no).collect();
        let back = written::read_back(allowed, table, &own_fields)?;
        let page = self.store.create_records(table, writes, rows, back).await?;
        Ok(Written { records: written::records(table, page, &own), set, dropped, created: true })
    }
}

/// The alternatives every record of the batch fits. A batch whose records need different ones must be sent
/// in parts: it is refused rather than written with more rights than one record has.
fn common(alts: Vec<BoundAlt>, own: &[Vec<(FieldNo, Value)>]) -> Result<Vec<BoundAlt>, DataError> {
    let all: BTreeSet<FieldNo> = own.iter().flatten().map(|(no, _)| *no).collect();
    let alts = rights::covering(alts, &all.into_iter().collect::<Vec<_>>());
    if alts.is_empty() { Err(DataError::OutOfScope) } else { Ok(alts) }
}

fn set_fields(write: &BoundWrite, table: &Table, key: FieldNo) -> Vec<FieldNo> {
    let mut fields: Vec<FieldNo> = write.values.iter().map(|(no, _)| *no).collect();
    for no in made_later(table).chain([key]) {
        if !fields.contains(&no) {
            fields.push(no);
        }
    }
    fields.sort_unstable();
    fields
}

fn dropped(writes: &[BoundWrite]) -> Vec<String> {
    writes.iter().flat_map(|w| &w.dropped).collect::<BTreeSet<_>>().into_iter().cloned().collect()
}
