//! Records that are written together with what they are linked with: all of it or nothing. What is named is
//! looked at inside of the transaction, so nothing can vanish between the look and the write.
//! Never decides what may be seen or written: that comes with each part, as alternatives.

use std::sync::Arc;

use domain::{
    FieldNo,
    access::Fields,
    catalog::Table,
    query::{BoundAlt, BoundCmp, BoundFilter, BoundLinked, BoundStep, BoundThrough, BoundWrite, CmpOp},
    value::Value,
};
use sea_query::{Alias, Expr, ExprTrait, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::Built,
    writer::Tx,
};

use super::{
    Which,
    filter::{Cond, any, cond},
    read::{self, Id, identity},
    write,
};

/// How the rows behind a link change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    Add,
    Remove,
    /// These and no others, as far as they can be seen.
    Set,
    /// What is linked is unlinked, and the other way round.
    Toggle,
}

/// One record to be written, and what happens with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    pub table: Arc<Table>,
    /// `None`: a new record. At most one record may match.
    pub which: Option<Which>,
    pub write: BoundWrite,
    /// Within which rows; they let every written field be written.
    pub alts: Vec<BoundAlt>,
    pub before: Vec<Before>,
    pub after: Vec<After>,
}

/// What must be so before the record is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Before {
    /// Another record is made, and its `key` becomes the value of `field`.
    Made { field: FieldNo, key: FieldNo, deed: Deed },
    /// There is another record with this value that can be seen. It is named as what `link` leads to.
    There { link: String, table: Arc<Table>, seen: Vec<BoundAlt>, by: FieldNo, value: Value },
    /// Another record is changed.
    Changed(Deed),
}

/// What is linked with the record, or unlinked from it, once it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// As what rows of the target are named: a field of the record. `None`: nobody chose them.
    pub link: Option<String>,
    /// The record's field that others are linked by.
    pub key: FieldNo,
    pub how: Linking,
    pub target: Arc<Table>,
    /// Rows of the target that may be seen; the others are as if they were not there.
    pub seen: Vec<BoundAlt>,
    /// Rows of the target are named by this field of theirs.
    pub by: FieldNo,
    /// Each once, none of them null.
    pub named: Vec<Value>,
    /// Of the named ones, those that are changed as well.
    pub changed: Vec<Deed>,
    /// Made, and linked.
    pub made: Vec<Deed>,
    pub end: End,
}

/// Where a link is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// In a field of the target; `write` is what else a change of the target row says.
    There { field: FieldNo, write: BoundWrite, alts: Vec<BoundAlt> },
    /// In a table of pairs; `pairs` are filled in but for the two keys: one per target, those that are made last.
    Through { through: BoundThrough, pairs: Vec<Pair> },
}

/// One row of a table of pairs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pair {
    pub new: BoundWrite,
    /// What changes where the two are paired already.
    pub change: Option<BoundWrite>,
}

/// Answers the record; `None`: there is none that may be changed so, and nothing happened.
pub(super) fn carry_out(tx: &mut Tx<'_>, deed: Deed) -> Result<Option<Id>, StoreError> {
    let Deed { table, which, write: mut values, alts, before, after } = deed;
    if let Some(which) = &which
        && !before.is_empty()
        && write::update(tx, &table, which, &BoundWrite::default(), &alts)?.is_empty()
    {
        return Ok(None);
    }
    let prepared = !before.is_empty();
    for other in before {
        prepare(tx, other, &mut values)?;
    }
    let ids = match &which {
        None => write::create(tx, &table, vec![values], &alts)?,
        Some(which) => write::update(tx, &table, which, &values, &alts)?,
    };
    let id = match ids.as_slice() {
        // What was done for its sake took it out of the rows that may be changed.
        [] if prepared => return Err(StoreError::Row),
        [] => return Ok(None),
        [one] => one.clone(),
        _ => return Err(StoreError::Row),
    };
    let linked = !after.is_empty();
    for link in after {
        hang(tx, &table, &id, link)?;
    }
    // Rows can be told apart by what they are linked with, too.
    if linked && !write::within(tx, &table, &id, &alts)? {
        return Err(StoreError::Row);
    }
    Ok(Some(id))
}

fn prepare(tx: &mut Tx<'_>, other: Before, values: &mut BoundWrite) -> Result<(), StoreError> {
    match other {
        Before::Made { field, key, deed } => {
            let table = deed.table.clone();
            let id = carry_out(tx, deed)?.ok_or(StoreError::Row)?;
            put(values, field, value_of(tx, &table, &id, key)?);
        }
        Before::There { link, table, seen, by, value } => {
            if seen_of(tx, &table, &seen, by, vec![value])?.is_empty() {
                return Err(StoreError::NoTarget(link));
            }
        }
        Before::Changed(deed) => {
            carry_out(tx, deed)?.ok_or(StoreError::Row)?;
        }
    }
    Ok(())
}

fn put(write: &mut BoundWrite, field: FieldNo, value: Value) {
    write.values.retain(|(no, _)| *no != field);
    write.values.push((field, value));
}

fn hang(tx: &mut Tx<'_>, table: &Table, id: &Id, link: After) -> Result<(), StoreError> {
    let key = value_of(tx, table, id, link.key)?;
    if key.is_null() {
        // Nothing can be linked with a record that has no key to be linked by.
        let nothing = link.named.is_empty() && link.made.is_empty();
        return if nothing { Ok(()) } else { Err(StoreError::NotFound) };
    }
    let After { link, how, target, seen, by, named: all, changed, made, end, .. } = link;
    let wanted = all.len();
    let named = seen_of(tx, &target, &seen, by, all)?;
    // What is not there is not linked either: to remove it is done already.
    if named.len() < wanted && how != Linking::Remove {
        return Err(link.map_or(StoreError::NotFound, StoreError::NoTarget));
    }
    match end {
        End::There { field, write, alts } => {
            let held = Held { target: &target, by, field, write, alts: &alts };
            held.change(tx, &key, how, &named)?;
            for mut deed in made {
                put(&mut deed.write, field, key.clone());
                carry_out(tx, deed)?.ok_or(StoreError::Row)?;
            }
        }
        End::Through { through, pairs } => {
            let there = paired(tx, &through, &key, how, &named, seen_behind(&through, &target, by, seen))?;
            let (mut rows, mut pairs) = (Vec::new(), pairs.into_iter());
            let mut row = |pair: Option<Pair>, to: Value| {
                let mut write = pair.unwrap_or_default().new;
                write.values.extend([(through.from, key.clone()), (through.to, to)]);
                rows.push(write);
            };
            for to in named.into_iter().filter(|_| how != Linking::Remove) {
                let pair = pairs.next();
                if !there.contains(&to) {
                    row(pair, to);
                } else if let (false, Some(change)) = (how == Linking::Toggle, pair.and_then(|p| p.change)) {
                    let which = Which::Matching(both(equal(through.from, &key), equal(through.to, &to)));
                    write::update(tx, &through.table, &which, &change, &every_row())?;
                }
            }
            for deed in made {
                let id = carry_out(tx, deed)?.ok_or(StoreError::Row)?;
                row(pairs.next(), value_of(tx, &target, &id, by)?);
            }
            write::create(tx, &through.table, rows, &every_row())?;
        }
    }
    for deed in changed {
        carry_out(tx, deed)?.ok_or(StoreError::Row)?;
    }
    Ok(())
}

/// A link that is kept in the rows of the other side.
struct Held<'a> {
    target: &'a Table,
    by: FieldNo,
    field: FieldNo,
    write: BoundWrite,
    alts: &'a [BoundAlt],
}

impl Held<'_> {
    fn change(&self, tx: &mut Tx<'_>, key: &Value, how: Linking, named: &[Value]) -> Result<(), StoreError> {
        let ours = equal(self.field, key);
        let linked = match how {
            Linking::Set if named.is_empty() => Vec::new(),
            _ => values(
                tx,
                self.target,
                self.by,
                cond(&both(one_of(self.by, named), ours.clone()), self.target),
            )?,
        };
        match how {
            Linking::Add => {}
            // Rows that may not be changed stay linked, as they would in any other change.
            Linking::Set => {
                let others = if named.is_empty() { ours } else { both(ours, none_of(self.by, named)) };
                self.write(tx, others, &Value::Null)?;
            }
            Linking::Remove | Linking::Toggle => self.all(tx, &linked, &Value::Null)?,
        }
        if how != Linking::Remove {
            let new: Vec<Value> = named.iter().filter(|value| !linked.contains(value)).cloned().collect();
            self.all(tx, &new, key)?;
        }
        Ok(())
    }

    /// Every one of them, or none.
    fn all(&self, tx: &mut Tx<'_>, named: &[Value], key: &Value) -> Result<(), StoreError> {
        if named.is_empty() {
            return Ok(());
        }
        let changed = self.write(tx, one_of(self.by, named), key)?;
        if changed < named.len() { Err(StoreError::Row) } else { Ok(()) }
    }

    fn write(&self, tx: &mut Tx<'_>, rows: BoundFilter, key: &Value) -> Result<usize, StoreError> {
        let mut write = self.write.clone();
        write.values.push((self.field, key.clone()));
        write::update(tx, self.target, &Which::Matching(rows), &write, self.alts).map(|ids| ids.len())
    }
}

/// Unlinks; answers which of the named keys were paired before.
fn paired(
    tx: &mut Tx<'_>,
    through: &BoundThrough,
    key: &Value,
    how: Linking,
    named: &[Value],
    seen: BoundFilter,
) -> Result<Vec<Value>, StoreError> {
    let ours = equal(through.from, key);
    let there = match named.is_empty() {
        true => Vec::new(),
        false => {
            let rows = cond(&both(ours.clone(), one_of(through.to, named)), &through.table);
            values(tx, &through.table, through.to, rows)?
        }
    };
    let gone = match how {
        Linking::Add => None,
        Linking::Set if named.is_empty() => Some(both(ours, seen)),
        Linking::Set => Some(both(both(ours, none_of(through.to, named)), seen)),
        Linking::Remove | Linking::Toggle => Some(both(ours, one_of(through.to, &there))),
    };
    if let Some(gone) = gone {
        write::delete(tx, &through.table, &Which::Matching(gone), &every_row())?;
    }
    Ok(there)
}

/// Pairs that lead to rows that can be seen.
fn seen_behind(
    through: &BoundThrough,
    target: &Arc<Table>,
    target_key: FieldNo,
    alts: Vec<BoundAlt>,
) -> BoundFilter {
    let step = BoundStep { key: through.to, target: Arc::clone(target), target_key, through: None, alts };
    let filter = BoundFilter::And(Vec::new());
    BoundFilter::Linked(Box::new(BoundLinked { step, filter, or_none: false }))
}

fn value_of(tx: &Tx<'_>, table: &Table, id: &Id, no: FieldNo) -> Result<Value, StoreError> {
    let kind = table.field_by_no(no).ok_or(StoreError::NotFound)?.kind;
    let mut select = Query::select();
    select.column(Alias::new(column(no))).from(Alias::new(table_name(table.no)));
    select.and_where(Expr::col(Alias::new(identity(table))).eq(Expr::val(id.to_sql())));
    let mut found = None;
    Built::of(&select).for_each(tx.conn, &mut |row| {
        found = Some(read::value(row.get_ref(0)?, kind)?);
        Ok(())
    })?;
    found.ok_or(StoreError::NotFound)
}

/// The values of a field in the rows that match, each once.
fn values(tx: &Tx<'_>, table: &Table, no: FieldNo, rows: Cond) -> Result<Vec<Value>, StoreError> {
    let kind = table.field_by_no(no).ok_or(StoreError::NotFound)?.kind;
    let mut select = Query::select();
    select.distinct().column(Alias::new(column(no))).from(Alias::new(table_name(table.no)));
    rows.into_expr().map(|expr| select.and_where(expr));
    let mut found = Vec::new();
    Built::of(&select).for_each(tx.conn, &mut |row| {
        found.push(read::value(row.get_ref(0)?, kind)?);
        Ok(())
    })?;
    Ok(found)
}

/// Those of the values for which there is a row that can be seen.
fn seen_of(
    tx: &Tx<'_>,
    table: &Table,
    seen: &[BoundAlt],
    by: FieldNo,
    mut named: Vec<Value>,
) -> Result<Vec<Value>, StoreError> {
    if named.is_empty() {
        return Ok(named);
    }
    let there = values(tx, table, by, any(seen, table).and(cond(&one_of(by, &named), table)))?;
    named.retain(|value| there.contains(value));
    Ok(named)
}

fn every_row() -> Vec<BoundAlt> {
    vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }]
}

fn both(a: BoundFilter, b: BoundFilter) -> BoundFilter {
    BoundFilter::And(vec![a, b])
}

fn equal(field: FieldNo, value: &Value) -> BoundFilter {
    BoundFilter::Cmp(BoundCmp { field, op: CmpOp::Eq, values: vec![value.clone()] })
}

fn one_of(field: FieldNo, values: &[Value]) -> BoundFilter {
    BoundFilter::Cmp(BoundCmp { field, op: CmpOp::In, values: values.to_vec() })
}

fn none_of(field: FieldNo, values: &[Value]) -> BoundFilter {
    BoundFilter::Cmp(BoundCmp { field, op: CmpOp::NotIn, values: values.to_vec() })
}
