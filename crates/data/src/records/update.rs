//! Changing records: only those rows for which one alternative allows every written field.

use domain::{
    FieldNo,
    access::Op,
    decision::Allowed,
    limits,
    query::{BoundAlt, BoundQuery, BoundSort, bind_write},
};
use store::{RecordPage, StoreError};

use super::{Values, Which, Written, read::both, which, written};
use crate::{Data, DataError, rights};

impl Data {
    /// Changes those of the records that may be changed so; the others stay as they are. When nothing is
    /// left to write, nothing is changed, not even the time of the last change.
    pub async fn update(
        &self,
        allowed: &Allowed,
        which: &Which,
        values: &Values,
        strict: bool,
    ) -> Result<Written, DataError> {
        let table = rights::table(allowed)?;
        let alts = rights::alternatives(allowed, Op::RecordUpdate);
        let mut write = bind_write(values, table, &alts, strict)?;
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
            self.fill_changed(allowed, table, &mut write)?;
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
