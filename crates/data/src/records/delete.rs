//! Removing records.

use domain::{access::Op, catalog::Table, decision::Allowed, query::BoundFilter};
use store::StoreError;

use super::{Which, which};
use crate::{Data, DataError, rights};

impl Data {
    /// How many were removed. By key: [`DataError::OutOfScope`], and nothing is removed, when one of them
    /// exists but may not be deleted. By filter: only rows that may be deleted match.
    pub async fn delete(&self, allowed: &Allowed, which: &Which) -> Result<u64, DataError> {
        let table = rights::table(allowed)?;
        let alts = rights::alternatives(allowed, Op::RecordDelete);
        let rows = rights::bound_rows(allowed, table, &alts)?;
        let bound = which::bound(allowed, table, which)?;
        let limited = rights::any_of(&rows) != BoundFilter::And(Vec::new());
        if limited && let store::Which::Keys(keys) = &bound {
            let named = which::by_keys(table, keys)?;
            let existing = which::counting(which::every_row(), named.clone());
            let deletable = which::counting(rows.clone(), named);
            // The rows themselves are judged again by the deletion; this only chooses the answer.
            if self.store.count_records(table, existing).await?
                > self.store.count_records(table, deletable).await?
            {
                return Err(DataError::OutOfScope);
            }
        }
        let deleted = self.store.delete_records(table, bound, rows).await;
        deleted.map_err(|error| match error {
            // Whoever may not read what holds the keys is not told what it is called.
            StoreError::Held(name) if !may_read(allowed, table, &name) => {
                DataError::invalid("other records are linked with it")
            }
            error => error.into(),
        })
    }
}

fn may_read(allowed: &Allowed, beside: &Table, name: &str) -> bool {
    let holder = allowed.catalog().table(beside.base, name);
    holder.is_some_and(|holder| allowed.implied(Op::RecordRead, holder).is_some())
}
