//! Reading: lists and single records.

use domain::{
    access::Op,
    decision::Allowed,
    query::{BoundFilter, BoundQuery, Query, bind_filter_with, bind_with},
};

use super::{Follow, Record, Records, Which, follow::beside, which};
use crate::{
    Data, DataError,
    links::{Caller, Roles},
    rights,
};

impl Data {
    /// The records that match, page by page; values the caller may not read in a row are absent from it.
    pub async fn list(&self, allowed: &Allowed, query: &Query) -> Result<Records, DataError> {
        self.list_bound(allowed, self.bind_read(allowed, query)?).await
    }

    /// The same, with what the links `follow` names lead to: one statement more per link, not per record.
    pub async fn list_following(
        &self,
        allowed: &Allowed,
        query: &Query,
        follow: &[Follow],
    ) -> Result<Records, DataError> {
        let mut bound = self.bind_read(allowed, query)?;
        let table = rights::table(allowed)?;
        let beside = beside(table, &mut bound, follow);
        let mut records = self.list_bound(allowed, bound).await?;
        records.beside = beside;
        self.follow(allowed, &mut records, follow, 0).await?;
        Ok(records)
    }

    /// As [`Data::get`], with what links lead to; none or one record.
    pub async fn get_following(
        &self,
        allowed: &Allowed,
        which: &Which,
        query: &Query,
        follow: &[Follow],
    ) -> Result<Records, DataError> {
        let mut bound = self.bind_one(allowed, which, query)?;
        let beside = beside(rights::table(allowed)?, &mut bound, follow);
        let mut records = self.list_bound(allowed, bound).await?;
        records.beside = beside;
        self.follow(allowed, &mut records, follow, 0).await?;
        Ok(records)
    }

    /// One record: by key, or the first that matches. `query` says which fields (and, for a filter, the
    /// order); its own filter holds as well.
    pub async fn get(
        &self,
        allowed: &Allowed,
        which: &Which,
        query: &Query,
    ) -> Result<Option<Record>, DataError> {
        let bound = self.bind_one(allowed, which, query)?;
        Ok(self.list_bound(allowed, bound).await?.first())
    }

    fn bind_one(&self, allowed: &Allowed, which: &Which, query: &Query) -> Result<BoundQuery, DataError> {
        let mut bound = self.bind_read(allowed, query)?;
        let table = rights::table(allowed)?;
        let also = match which {
            // A key addresses the record; it is no question about the field.
            Which::Keys(keys) => which::by_keys(table, &which::keys(table, keys)?)?,
            Which::Filter(filter) => {
                let alts = rights::alternatives(allowed, Op::RecordRead);
                bind_filter_with(filter, table, &alts, allowed.subject(), &Caller(allowed))?
            }
        };
        bound.filter = both(bound.filter, also);
        (bound.offset, bound.limit, bound.count) = (0, 1, false);
        Ok(bound)
    }

    fn bind_read(&self, allowed: &Allowed, query: &Query) -> Result<BoundQuery, DataError> {
        let table = rights::table(allowed)?;
        let alts = rights::alternatives(allowed, Op::RecordRead);
        if alts.is_empty() {
            return Err(DataError::OutOfScope);
        }
        let bound = bind_with(query, table, &alts, allowed.subject(), &Caller(allowed), &Roles(allowed))?;
        rights::reachable(&bound.alts)?;
        Ok(bound)
    }

    async fn list_bound(&self, allowed: &Allowed, bound: BoundQuery) -> Result<Records, DataError> {
        let table = rights::table(allowed)?;
        let (offset, limit) = (bound.offset, bound.limit);
        let page = self.store.list_records(table, bound).await?;
        Ok(Records {
            table: table.clone(),
            select: page.select,
            rows: page.rows,
            total: page.total,
            offset,
            limit,
            beside: Vec::new(),
            linked: Vec::new(),
        })
    }
}

pub(super) fn both(a: BoundFilter, b: BoundFilter) -> BoundFilter {
    let nothing = BoundFilter::And(Vec::new());
    match (a == nothing, b == nothing) {
        (true, _) => b,
        (_, true) => a,
        (false, false) => BoundFilter::And(vec![a, b]),
    }
}
