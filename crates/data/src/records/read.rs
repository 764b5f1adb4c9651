//! Reading: lists and single records.

use domain::{
    access::Op,
    decision::Allowed,
    query::{BoundFilter, BoundQuery, Query, Select, bind_filter_with, bind_with},
    value::Value,
};

use super::{Follow, Linked, Pairs, Record, Records, Row, Which, follow::beside, which};
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

    /// What written records are linked with, as far as the caller may read it. Where that cannot be said, nothing
    /// is: what was written stays written.
    pub async fn show_links(&self, allowed: &Allowed, records: &mut Records, follow: &[Follow]) {
        if let Ok(linked) = self.links_of(allowed, records, follow).await {
            records.linked = linked;
        }
    }

    async fn links_of(
        &self,
        allowed: &Allowed,
        of: &Records,
        follow: &[Follow],
    ) -> Result<Vec<Linked>, DataError> {
        let table = rights::table(allowed)?;
        let primary = which::primary(table)?;
        let keys_in = |records: &Records| {
            let at = records.select.iter().position(|no| *no == primary.no);
            let key = |row: &Row| row.get(at?)?.clone();
            records.rows.iter().map(key).collect::<Vec<Option<Value>>>()
        };
        let keys = keys_in(of);
        let query = Query { select: Select::Only(vec![primary.name.clone()]), ..Query::default() };
        let mut bound = self.bind_read(allowed, &query)?;
        bound.filter = which::by_keys(table, &keys.iter().flatten().cloned().collect::<Vec<_>>())?;
        beside(table, &mut bound, follow);
        let mut found = self.list_bound(allowed, bound).await?;
        self.follow(allowed, &mut found, follow, 0).await?;
        let there = keys_in(&found);
        let places: Vec<Option<usize>> =
            keys.iter().map(|key| there.iter().position(|other| key.is_some() && other == key)).collect();
        let placed = |linked: Linked| {
            let of_row = places.iter().map(|place| linked.of_row.get((*place)?)?.clone()).collect();
            let pairs = linked.pairs.map(|pairs| Pairs {
                of_row: places
                    .iter()
                    .map(|at| at.and_then(|at| pairs.of_row.get(at).cloned()))
                    .map(Option::unwrap_or_default)
                    .collect(),
                ..pairs
            });
            Linked { of_row, pairs, ..linked }
        };
        Ok(found.linked.into_iter().map(placed).collect())
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
