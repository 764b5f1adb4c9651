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
use store::StoreError;

use super::{Draft, Written, fill::made_later, together::Plan, which, written};
use crate::{BatchError, Data, DataError, rights};

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
        self.create_at(allowed, &drafts, strict, limits::RECORDS_PER_WRITE_MAX, &mut None).await
    }

    /// As [`Data::create`] for a batch of `most` records or fewer; tells which of them is wrong.
    pub async fn create_batch(
        &self,
        allowed: &Allowed,
        drafts: &[Draft],
        most: usize,
    ) -> Result<Written, BatchError> {
        let mut at = None;
        let done = self.create_at(allowed, drafts, false, most, &mut at).await;
        // Of a single one there is nothing to find out.
        let at = if drafts.len() == 1 { Some(0) } else { at };
        done.map_err(|error| BatchError { at, error })
    }

    /// `at`: the record that is looked at, and so the one an error is about.
    async fn create_at(
        &self,
        allowed: &Allowed,
        drafts: &[Draft],
        strict: bool,
        most: usize,
        at: &mut Option<usize>,
    ) -> Result<Written, DataError> {
        if drafts.iter().any(|draft| !draft.links.is_empty()) {
            let mut plan = Plan::new(self, strict, most);
            let mut bound = Vec::with_capacity(drafts.len());
            for (place, draft) in drafts.iter().enumerate() {
                *at = Some(place);
                bound.push(plan.create(allowed, draft, None, 0)?);
            }
            *at = None;
            return self.carry_out(allowed, plan.finish()?, bound, true, at).await;
        }
        if drafts.len() > most {
            return Err(BindError::TooMuch(format!("at most {most} records can be made at once")).into());
        }
        let table = rights::table(allowed)?;
        let alts = rights::for_new_rows(rights::alternatives(allowed, Op::RecordCreate));
        let key = which::primary(table)?.no;
        let mut writes = Vec::with_capacity(drafts.len());
        for (place, draft) in drafts.iter().enumerate() {
            *at = Some(place);
            writes.push(bind_create(&draft.values, table, &alts, strict)?);
        }
        *at = None;
        let dropped = dropped(&writes);
        let own: Vec<Vec<(FieldNo, Value)>> = writes.iter().map(|w| w.values.clone()).collect();
        let rows = common(rights::bound_rows(allowed, table, &alts)?, &own)?;
        let mut broken = Vec::new();
        for (place, write) in writes.iter_mut().enumerate() {
            let known = broken.len();
            self.fill_new(allowed, table, write, &mut broken)?;
            if known == 0 && !broken.is_empty() {
                *at = Some(place);
            }
        }
        if !broken.is_empty() {
            return Err(DataError::Validation(broken));
        }
        self.seal_passwords(table, &mut writes).await?;
        let set = writes.iter().map(|w| set_fields(w, table, key)).collect();
        let own_fields = own.iter().flatten().map(|(no, _)| *no).collect();
        let back = written::read_back(allowed, table, &own_fields)?;
        let page = self.store.create_records(table, writes, rows, back).await;
        let page = page.map_err(|error| placed(error, at))?;
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

/// Takes the place out of an error that tells it.
pub(super) fn placed(error: StoreError, at: &mut Option<usize>) -> DataError {
    if let StoreError::InRow { row, .. } = &error {
        *at = Some(*row);
    }
    error.into()
}
