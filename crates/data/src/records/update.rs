//! Changing records: only those rows for which one alternative allows every written field.

use std::sync::Arc;

use domain::{
    FieldNo,
    access::Op,
    catalog::Table,
    decision::Allowed,
    limits,
    query::{BoundAlt, BoundFilter, BoundQuery, BoundSort, bind_write},
    value::Value,
};
use store::{RecordPage, StoreError};

use super::{Draft, Which, Written, read::both, together::Plan, which, written};
use crate::{Data, DataError, rights};

impl Data {
    /// Changes those of the records that may be changed so; the others stay as they are. When nothing is
    /// left to write, nothing is changed, not even the time of the last change.
    pub async fn update(
        &self,
        allowed: &Allowed,
        which: &Which,
        draft: impl Into<Draft>,
        strict: bool,
    ) -> Result<Written, DataError> {
        let draft = draft.into();
        if !draft.links.is_empty() {
            return self.update_together(allowed, which, &draft, strict).await;
        }
        let table = rights::table(allowed)?;
        let alts = rights::alternatives(allowed, Op::RecordUpdate);
        let mut write = bind_write(&draft.values, table, &alts, strict)?;
        let dropped = std::mem::take(&mut write.dropped);
        let own = write.values.clone();
        let fields: Vec<FieldNo> = own.iter().map(|(no, _)| *no).collect();
        let rows = rights::covering(rights::bound_rows(allowed, table, &alts)?, &fields);
        if rows.is_empty() {
            return Err(DataError::OutOfScope);
        }
        let which = which::bound(allowed, table, which)?;
        let page = if own.is_empty() {
            self.unchanged(allowed, &which, rows).await?
        } else {
            self.fill_changed(allowed, table, &mut write, which::is_one(&which))?;
            let mut writes = [write];
            self.seal_passwords(table, &mut writes).await?;
            let [write] = writes;
            let back = written::read_back(allowed, table, &fields.iter().copied().collect())?;
            let changed = self.store.update_records(table, which, write, rows, back).await;
            changed.map_err(|error| match error {
                StoreError::Row => DataError::CarriedOut,
                other => other.into(),
            })?
        };
        let set = vec![fields; page.rows.len()];
        Ok(Written { records: written::records(table, page, &[own]), set, dropped, created: false })
    }

    /// The same with links. Each of the records gets its own; so which ones they are is found out first, and asked
    /// again when they are written.
    async fn update_together(
        &self,
        allowed: &Allowed,
        which: &Which,
        draft: &Draft,
        strict: bool,
    ) -> Result<Written, DataError> {
        let table = rights::table(allowed)?;
        let keys = match which::bound(allowed, table, which)? {
            store::Which::Keys(keys) => keys,
            store::Which::Matching(filter) => {
                let alts =
                    rights::bound_rows(allowed, table, &rights::alternatives(allowed, Op::RecordUpdate))?;
                self.keys_of(table, alts, filter).await?
            }
        };
        let mut plan = Plan::new(self, strict, limits::RECORDS_PER_WRITE_MAX);
        let one = |key| plan.change(allowed, store::Which::Keys(vec![key]), draft, None, 0);
        let bound = keys.into_iter().map(one).collect::<Result<_, _>>()?;
        let dropped = plan.finish()?;
        self.carry_out(allowed, dropped, bound, false, &mut None).await.map_err(|error| match error {
            DataError::OutOfScope => DataError::CarriedOut,
            other => other,
        })
    }

    /// The keys of the rows that match; one more than can be written at once, if there are that many.
    async fn keys_of(
        &self,
        table: &Arc<Table>,
        alts: Vec<BoundAlt>,
        filter: BoundFilter,
    ) -> Result<Vec<Value>, DataError> {
        let mut query = which::counting(rights::covering(alts, &[]), filter);
        let key = which::primary(table)?.no;
        (query.count, query.limit) = (false, limits::RECORDS_PER_WRITE_MAX as u64 + 1);
        (query.select, query.sort) = (vec![key], vec![BoundSort::own(key, false)]);
        let page = self.store.list_records(table, query).await?;
        Ok(page.rows.into_iter().flatten().flatten().collect())
    }

    /// The rows that would have been changed, as far as they can be read.
    async fn unchanged(
        &self,
        allowed: &Allowed,
        which: &store::Which,
        rows: Vec<BoundAlt>,
    ) -> Result<RecordPage, DataError> {
        let table = rights::table(allowed)?;
        let back = written::read_back(allowed, table, &Default::default())?;
        let filter = both(which::condition(table, which)?, rights::any_of(&rows));
        let sort = vec![BoundSort::own(which::primary(table)?.no, false)];
        let query = BoundQuery {
            alts: back.alts,
            filter,
            sort,
            select: back.select,
            offset: 0,
            limit: limits::PAGE_SIZE_MAX,
            count: false,
        };
        Ok(self.store.list_records(table, query).await?)
    }
}
