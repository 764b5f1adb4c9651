//! The rows of a table of pairs: which rows they link, and what of them is shown beside what they lead to. Of a
//! table that holds nothing but pairs that is what the link tells anyway; of any other one what its own rights let
//! its reader see.

use std::collections::{HashMap, HashSet};

use domain::{
    FieldNo,
    access::{Fields, Op, Place},
    catalog::{Field, FieldKind, Table},
    decision::Allowed,
    limits,
    query::{BoundAlt, BoundFilter, BoundQuery, BoundSort, BoundStep, BoundThrough, bind_rows_with},
    value::Value,
};

use super::{
    Linked, Pairs, Records,
    follow::{Key, bounded, one_of},
    read::both,
    which,
};
use crate::{Data, DataError, links::Roles};

/// What pairs link, and the pairs themselves.
pub(super) struct Paired {
    /// Per key of this side those of the other one, each with the row that pairs them.
    pub of: HashMap<Key, Vec<(Key, usize)>>,
    /// `None`: nothing of them is shown.
    shown: Option<Records>,
    /// Which of them may be seen.
    seen: Vec<bool>,
}

/// How pairs are read to be shown.
struct View {
    alts: Vec<BoundAlt>,
    select: Vec<FieldNo>,
    /// Keys that may not be shown, though they are read.
    covered: Vec<FieldNo>,
    /// Not every row may be seen: one that shows nothing but its keys may not.
    some: bool,
}

impl Paired {
    /// The row at `at`, if it may be seen.
    pub fn seen(&self, at: usize) -> Option<usize> {
        self.seen.get(at).copied().unwrap_or_default().then_some(at)
    }

    pub fn shown(self, of_row: Vec<Vec<Option<usize>>>) -> Option<Pairs> {
        Some(Pairs { records: self.shown?, of_row })
    }
}

impl Data {
    /// Which keys of the other side each key of this side is paired with, by one statement. `among`: only these of
    /// the other side. `shown`: what to show of them is read as well; it says whether that may be the other key.
    pub(super) async fn pairs(
        &self,
        allowed: &Allowed,
        through: &BoundThrough,
        keys: &[Key],
        among: Option<Vec<Key>>,
        shown: Option<bool>,
    ) -> Result<Paired, DataError> {
        let view = shown.and_then(|other| view(allowed, through, other));
        let filter = one_of(through.from, keys.to_vec());
        let query = BoundQuery {
            alts: view.as_ref().map_or_else(which::every_row, |view| view.alts.clone()),
            filter: both(filter, among.map_or(BoundFilter::And(Vec::new()), |keys| one_of(through.to, keys))),
            sort: which::primary(&through.table).map(|f| BoundSort::own(f.no, false)).into_iter().collect(),
            select: view.as_ref().map_or_else(|| vec![through.from, through.to], |view| view.select.clone()),
            offset: 0,
            limit: limits::LINKED_ROWS_MAX + 1,
            count: false,
        };
        let page = self.store.list_records(&through.table, query).await?;
        bounded(page.rows.len() as u64)?;
        let column = |no: FieldNo| page.select.iter().position(|n| *n == no);
        let (Some(from), Some(to)) = (column(through.from), column(through.to)) else {
            return Err(DataError::NotFound);
        };
        let mut of: HashMap<Key, Vec<(Key, usize)>> = HashMap::new();
        let mut known = HashSet::new();
        for (at, row) in page.rows.iter().enumerate() {
            let key = |at: usize| row.get(at)?.as_ref().and_then(Key::of);
            if let (Some(from), Some(to)) = (key(from), key(to))
                && known.insert((from.clone(), to.clone()))
            {
                of.entry(from).or_default().push((to, at));
            }
        }
        let Some(view) = view else { return Ok(Paired { of, shown: None, seen: Vec::new() }) };
        let others = |row: &Vec<Option<Value>>| {
            row.iter().enumerate().any(|(at, value)| value.is_some() && at != from && at != to)
        };
        let seen = page.rows.iter().map(|row| !view.some || others(row)).collect();
        let limit = page.rows.len() as u64;
        let shown = Records {
            table: through.table.clone(),
            select: page.select,
            rows: page.rows,
            total: None,
            offset: 0,
            limit,
            beside: view.covered,
            linked: Vec::new(),
        };
        Ok(Paired { of, shown: Some(shown), seen })
    }

    /// To each record of a page the row that pairs it with the record whose key is `key`.
    pub(super) async fn show_pairs(
        &self,
        allowed: &Allowed,
        records: &mut Records,
        step: &BoundStep,
        key: &Value,
        shown: bool,
    ) -> Result<(), DataError> {
        let (Some(through), Some(key)) = (&step.through, Key::of(key)) else { return Ok(()) };
        let Some(at) = records.select.iter().position(|no| *no == step.target_key) else { return Ok(()) };
        let of_page: Vec<Option<Key>> =
            records.rows.iter().map(|row| row.get(at)?.as_ref().and_then(Key::of)).collect();
        let among = of_page.iter().flatten().cloned().collect();
        let from = std::slice::from_ref(&key);
        let paired = self.pairs(allowed, through, from, Some(among), Some(shown)).await?;
        let by: HashMap<Key, usize> = paired.of.get(&key).into_iter().flatten().cloned().collect();
        let row = |other: &Option<Key>| paired.seen(*by.get(other.as_ref()?)?).map(|at| vec![at]);
        let of_row = of_page.iter().map(row).collect();
        let (field, name) = (through.from, through.table.name.clone());
        if let Some(pairs) = paired.shown {
            records.linked.push(Linked { field, name, many: false, records: pairs, of_row, pairs: None });
        }
        Ok(())
    }
}

/// Whether records at the end of the step can carry their pair: none of their own fields is called like it.
pub(super) fn carried(step: &BoundStep) -> bool {
    step.through.as_ref().is_some_and(|through| step.target.field(&through.table.name).is_none())
}

/// `None`: none of the pairs may be seen.
fn view(allowed: &Allowed, through: &BoundThrough, other: bool) -> Option<View> {
    let table = &through.table;
    let shown =
        |field: &&Field| !field.hidden && !matches!(field.kind, FieldKind::Link | FieldKind::Password);
    let mut covered = if other { Vec::new() } else { vec![through.to] };
    let keys = [through.from, through.to];
    if bare(table, &keys) {
        let select = table.fields.iter().filter(shown).map(|f| f.no).chain(keys).collect();
        return Some(View { alts: which::every_row(), select: once_each(select), covered, some: false });
    }
    let rights = allowed.alternatives_of(Op::RecordRead, &Place::of(table));
    if rights.is_empty() {
        return None;
    }
    let everywhere = |no: &FieldNo| rights.iter().all(|alt| alt.fields.has(*no));
    let hidden = |no: &FieldNo| table.field_by_no(*no).is_none_or(|field| field.hidden);
    covered.extend(keys.into_iter().filter(|no| !everywhere(no) || hidden(no)));
    let readable = |field: &&Field| rights.iter().any(|alt| alt.fields.has(field.no));
    let select = table.fields.iter().filter(shown).filter(readable).map(|f| f.no).chain(keys).collect();
    // A condition that cannot be followed any more shows nothing.
    let Ok(mut alts) = bind_rows_with(&rights, table, allowed.subject(), &Roles(allowed)) else {
        return None;
    };
    let all = BoundFilter::And(Vec::new());
    let some = !alts.iter().any(|alt| alt.rows == all);
    // The link itself is no secret of the pair: its keys are read in every row.
    alts.push(BoundAlt { rows: all, fields: Fields::Only(keys.into()) });
    Some(View { alts, select: once_each(select), covered, some })
}

/// Holds pairs and nothing else.
fn bare(table: &Table, keys: &[FieldNo]) -> bool {
    table.fields.iter().all(|f| f.primary || f.kind == FieldKind::Link || keys.contains(&f.no))
}

fn once_each(mut fields: Vec<FieldNo>) -> Vec<FieldNo> {
    let mut known = HashSet::new();
    fields.retain(|no| known.insert(*no));
    fields
}
