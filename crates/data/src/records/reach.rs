//! Which of some records another operation would reach, by the very conditions the operation itself is bound
//! to. Reads nothing but keys, and only those it was given.

use domain::{
    access::{Fields, Op},
    decision::Allowed,
    query::{BoundAlt, BoundQuery, BoundSort, coerce},
};

use super::which;
use crate::{Data, DataError, rights};

/// Keys in one statement.
const KEYS_AT_ONCE: usize = 500;

impl Data {
    /// For each of these keys (untyped, of records of the call's table), whether `op` may be done there.
    pub async fn reaches(
        &self,
        allowed: &Allowed,
        op: Op,
        keys: &[serde_json::Value],
    ) -> Result<Vec<bool>, DataError> {
        let table = rights::table(allowed)?;
        let primary = which::primary(table)?;
        let alts = match rights::bound_rows(allowed, table, &rights::alternatives(allowed, op)) {
            Ok(alts) => alts,
            Err(DataError::OutOfScope) => return Ok(vec![false; keys.len()]),
            Err(error) => return Err(error),
        };
        // Only the key is read, and whoever asks has it.
        let alts: Vec<BoundAlt> =
            alts.into_iter().map(|alt| BoundAlt { fields: Fields::All, ..alt }).collect();
        let mut reached = Vec::with_capacity(keys.len());
        for some in keys.chunks(KEYS_AT_ONCE) {
            let query = BoundQuery {
                alts: alts.clone(),
                filter: which::by_keys(table, &which::keys(table, some)?)?,
                sort: vec![BoundSort::own(primary.no, false)],
                select: vec![primary.no],
                offset: 0,
                limit: some.len() as u64,
                count: false,
            };
            let rows = self.store.list_records(table, query).await?.rows;
            let found: Vec<_> = rows.iter().filter_map(|row| row.first()?.as_ref()).collect();
            reached
                .extend(some.iter().map(|key| coerce(primary, key).is_ok_and(|key| found.contains(&&key))));
        }
        Ok(reached)
    }
}
