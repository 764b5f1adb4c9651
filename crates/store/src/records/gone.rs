//! Deleting records, and what that means for those that hold their keys: as the schema says, whoever deletes, as a
//! database would do it. All in one transaction, within a bound.
//! Never asks who may: that is asked of the records a caller names, not of what goes with them.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    FieldNo,
    access::Fields,
    catalog::{Catalog, Link, LinkKind, LinkTarget, OnDelete, Table},
    limits::DELETED_WITH_MAX,
    query::{BoundAlt, BoundCmp, BoundFilter, BoundWrite, CmpOp},
    value::Value,
};
use sea_query::{Alias, Expr, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::Built,
    writer::Tx,
};

use super::{
    Which,
    filter::{any, cond},
    read, write,
};

/// Keys looked for by one statement.
const KEYS_AT_ONCE: usize = 1_000;

/// Records that hold keys of the deleted ones.
struct Holder {
    table: Arc<Table>,
    field: FieldNo,
    /// The field of the deleted record that is the key.
    key: FieldNo,
    then: OnDelete,
}

/// Keys that went, and where they may be held.
type Todo = (Holder, Vec<Value>);

/// Answers how many of the named records were deleted; not what went with them.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    table: &Arc<Table>,
    which: &Which,
    alts: &[BoundAlt],
) -> Result<u64, StoreError> {
    let rows = any(alts, table).and(write::selected(which, table));
    let (count, mut todo) = remove(tx, table, rows.into_expr(), holders(catalog, table))?;
    let mut touched = 0;
    while let Some((holder, keys)) = todo.pop() {
        for some in keys.chunks(KEYS_AT_ONCE) {
            let held =
                BoundFilter::Cmp(BoundCmp { field: holder.field, op: CmpOp::In, values: some.to_vec() });
            touched += match holder.then() {
                OnDelete::Keep => 0,
                OnDelete::Refuse => match exists(tx, &holder.table, &held)? {
                    true => return Err(StoreError::Held(holder.table.name.clone())),
                    false => 0,
                },
                OnDelete::Clear => {
                    let values = vec![(holder.field, Value::Null)];
                    let write = BoundWrite { values, dropped: Vec::new() };
                    write::update(tx, &holder.table, &Which::Matching(held), &write, &every_row())?.len()
                }
                OnDelete::Delete => {
                    let rows = cond(&held, &holder.table).into_expr();
                    let (gone, more) = remove(tx, &holder.table, rows, holders(catalog, &holder.table))?;
                    todo.extend(more);
                    gone
                }
            };
            if touched > DELETED_WITH_MAX {
                return Err(StoreError::TooMuchHeld);
            }
        }
    }
    Ok(count as u64)
}

impl Holder {
    /// A key that must be there cannot be taken away.
    fn then(&self) -> OnDelete {
        let kept = |no| self.table.field_by_no(no).is_none_or(|field| field.required || field.primary);
        if self.then == OnDelete::Clear && kept(self.field) { OnDelete::Refuse } else { self.then }
    }
}

/// Deletes rows; answers how many, and which keys went with them.
fn remove(
    tx: &mut Tx<'_>,
    table: &Table,
    rows: Option<Expr>,
    holders: Vec<Holder>,
) -> Result<(usize, Vec<Todo>), StoreError> {
    let mut delete = Query::delete();
    delete.from_table(Alias::new(table_name(table.no)));
    rows.map(|rows| delete.and_where(rows));
    let mut keys = vec![Vec::new(); holders.len()];
    let mut count = 0;
    if holders.is_empty() {
        count = Built::of(&delete).execute(tx.conn)?;
    } else {
        let key = |holder: &Holder| Alias::new(column(holder.key));
        delete.returning(Query::returning().columns(holders.iter().map(key)));
        let kind = |holder: &Holder| table.field_by_no(holder.key).map(|field| field.kind);
        let kinds = holders.iter().map(kind).collect::<Option<Vec<_>>>().ok_or(StoreError::NotFound)?;
        Built::of(&delete).for_each(tx.conn, &mut |row| {
            count += 1;
            for (at, (keys, kind)) in keys.iter_mut().zip(&kinds).enumerate() {
                let value = read::value(row.get_ref(at)?, *kind)?;
                keys.extend((!value.is_null()).then_some(value));
            }
            Ok(())
        })?;
    }
    if count > 0 {
        tx.records_changed(table.no);
    }
    Ok((count, holders.into_iter().zip(keys).filter(|(_, keys)| !keys.is_empty()).collect()))
}

/// Where keys of this table's records are held, each place once: as links say on either side. Pairs always go with
/// what they join.
fn holders(catalog: &Catalog, table: &Table) -> Vec<Holder> {
    let mut found: BTreeMap<(u32, FieldNo, FieldNo), Holder> = BTreeMap::new();
    for owner in catalog.tables.values().filter(|owner| owner.base == table.base) {
        let links = owner.fields.iter().filter_map(|field| field.link.as_ref());
        for holder in links.flat_map(|link| held(catalog, table, owner, link)) {
            let place = (holder.table.no, holder.field, holder.key);
            match found.get(&place) {
                Some(known) if caution(known.then) >= caution(holder.then) => {}
                _ => drop(found.insert(place, holder)),
            }
        }
    }
    found.into_values().collect()
}

/// Where the two sides of a link say different things, the one that destroys less holds.
fn caution(then: OnDelete) -> u8 {
    match then {
        OnDelete::Keep => 0,
        OnDelete::Delete => 1,
        OnDelete::Clear => 2,
        OnDelete::Refuse => 3,
    }
}

/// Where a link of `owner` puts keys of records of `table`.
fn held(catalog: &Catalog, table: &Table, owner: &Arc<Table>, link: &Link) -> Vec<Holder> {
    let named = |name: &str| catalog.table(owner.base, name).cloned();
    let holder = |held: Option<Arc<Table>>, field: &str, key: &str, then| {
        let held = held?;
        let field = held.field(field).filter(|field| field.link.is_none())?.no;
        let key = table.field(key).filter(|key| key.link.is_none())?.no;
        Some(Holder { table: held, field, key, then })
    };
    let (ours, theirs) =
        (owner.id == table.id, matches!(&link.target, LinkTarget::Table(name) if *name == table.name));
    let target = match &link.target {
        LinkTarget::Table(name) => named(name),
        LinkTarget::Users => None,
    };
    let found = match (link.kind, &link.through) {
        (LinkKind::Through, Some(through)) => {
            let from =
                ours.then(|| holder(named(&through.table), &through.from, &link.key, OnDelete::Delete));
            let to = theirs
                .then(|| holder(named(&through.table), &through.to, &link.target_key, OnDelete::Delete));
            [from.flatten(), to.flatten()]
        }
        _ if link.on_delete == OnDelete::Keep => [None, None],
        (LinkKind::Here, _) if theirs => {
            [holder(Some(Arc::clone(owner)), &link.key, &link.target_key, link.on_delete), None]
        }
        (LinkKind::OneThere | LinkKind::ManyThere, _) if ours => {
            [holder(target, &link.target_key, &link.key, link.on_delete), None]
        }
        _ => [None, None],
    };
    found.into_iter().flatten().collect()
}

fn exists(tx: &Tx<'_>, table: &Table, filter: &BoundFilter) -> Result<bool, StoreError> {
    let mut select = Query::select();
    select.expr(Expr::cust("count(*)")).from(Alias::new(table_name(table.no)));
    cond(filter, table).into_expr().map(|expr| select.and_where(expr));
    Ok(Built::of(&select).count(tx.conn)? > 0)
}

fn every_row() -> Vec<BoundAlt> {
    vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }]
}
