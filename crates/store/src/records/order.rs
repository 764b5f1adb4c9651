//! Moving a record within an order, or to another part of it: one transaction, in which the records between the
//! old and the new place move by one. Never decides who may: that comes as alternatives.

use domain::{
    FieldNo,
    catalog::{Field, FieldKind, Special, Table},
    query::BoundAlt,
    value::Value,
};
use sea_query::{Alias, Expr, ExprTrait, Order, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::Built,
    writer::Tx,
};

use super::{
    filter::{any, granted, unlimited},
    read::{self, Id, identity},
    special::{self, edge, next_place, number, put, same},
    to_sql, write,
};

/// A record is to be moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The field that holds the places.
    pub field: FieldNo,
    /// Primary key of the record.
    pub key: Value,
    pub to: Spot,
    /// Into this part of the order first.
    pub part: Option<Value>,
    /// Written when the record changes to another part.
    pub stamps: Vec<(FieldNo, Value)>,
    /// Within which rows the record may be changed.
    pub alts: Vec<BoundAlt>,
    /// Within which rows it, and the record it is put beside, may be seen.
    pub seen: Vec<BoundAlt>,
}

/// Where to.
#[derive(Clone, Debug, PartialEq)]
pub enum Spot {
    After(Value),
    /// The other one makes room towards where this one comes from.
    PlaceOf(Value),
    First,
    /// Behind all others of its part.
    Last,
}

#[derive(Clone, Debug)]
struct Found {
    id: Id,
    place: Option<i64>,
    part: Value,
}

struct Mover<'a> {
    tx: &'a Tx<'a>,
    table: &'a Table,
    field: FieldNo,
    within: Option<FieldNo>,
}

/// `NotFound`: one of the records is not there. `Row`: it may not be moved so.
pub(super) fn carry_out(tx: &mut Tx<'_>, table: &Table, what: Move) -> Result<(), StoreError> {
    let field = table.field_by_no(what.field).ok_or(StoreError::NotFound)?;
    let Some(Special::Order { within }) = &field.special else { return Err(StoreError::NotFound) };
    let within = table.order_part(within.as_deref()).map(|scope| scope.no);
    let mover = Mover { tx, table, field: what.field, within };
    let id = mover.carry_out(&what, within)?;
    // Rows can be told apart by their places, or by the part they are in.
    let mine: Vec<FieldNo> = id.1.into_iter().collect();
    let kept = unlimited(&what.alts)
        || write::all_match(tx, table, std::slice::from_ref(&id.0), &granted(&mine, &what.alts, table))?;
    if !kept {
        return Err(StoreError::Row);
    }
    tx.records_changed(table.no);
    Ok(())
}

impl Mover<'_> {
    /// Answers the record, and the field by which it changed to another part.
    fn carry_out(&self, what: &Move, within: Option<FieldNo>) -> Result<(Id, Option<FieldNo>), StoreError> {
        let mut source = self.find(&what.key, &what.seen)?.ok_or(StoreError::NotFound)?;
        self.find(&what.key, &what.alts)?.ok_or(StoreError::Row)?;
        let beside = match &what.to {
            Spot::After(key) | Spot::PlaceOf(key) => Some(key),
            Spot::First | Spot::Last => None,
        };
        let part = match beside {
            Some(key) => self.find(key, &what.seen)?.ok_or(StoreError::NotFound)?.part,
            None => what.part.clone().unwrap_or_else(|| source.part.clone()),
        };
        let mut changed = None;
        if let Some(no) = within.filter(|_| part != source.part) {
            self.change_part(what, &source.id, no, &part)?;
            changed = Some(no);
            source.part = part;
        }
        number(self.tx.conn, self.table, self.field, self.within, Some(&source.part))?;
        let from = self.find(&what.key, &every_row())?.ok_or(StoreError::NotFound)?.place;
        // One that just came was numbered behind all others.
        let from = from.ok_or(StoreError::NotFound)?;
        let at = match beside {
            Some(key) => self.find(key, &every_row())?.ok_or(StoreError::NotFound)?.place,
            None => None,
        };
        let to = self.make_room(&source, from, at, &what.to)?;
        put(self.tx.conn, self.table, &source.id, &[(self.field, Value::Int(to))])?;
        Ok((source.id, changed))
    }

    fn change_part(&self, what: &Move, id: &Id, no: FieldNo, part: &Value) -> Result<(), StoreError> {
        // What no writer may choose, a move may not choose either.
        let sealed =
            |f: &Field| f.system.is_some() || f.primary || f.special.as_ref().is_some_and(Special::sealed);
        if self.table.field_by_no(no).is_none_or(sealed) {
            return Err(StoreError::Row);
        }
        let allowed = granted(&[no], &what.alts, self.table);
        if !unlimited(&what.alts)
            && !write::all_match(self.tx, self.table, std::slice::from_ref(id), &allowed)?
        {
            return Err(StoreError::Row);
        }
        let mut values = vec![(no, part.clone()), (self.field, Value::Null)];
        values.extend(what.stamps.iter().cloned());
        put(self.tx.conn, self.table, id, &values)?;
        special::compute(self.tx.conn, self.table, std::slice::from_ref(id), Some(&values))
    }

    /// Moves what lies between by one; answers the place that is free then.
    fn make_room(&self, source: &Found, from: i64, at: Option<i64>, to: &Spot) -> Result<i64, StoreError> {
        let scope = self.scope(source);
        let conn = self.tx.conn;
        match (to, at) {
            (Spot::First, _) => {
                let first = edge(conn, self.table, self.field, scope.as_ref(), Order::Asc)?;
                Ok(first.filter(|first| *first < from).map_or(from, |first| first.saturating_sub(1)))
            }
            (Spot::Last, _) => {
                let next = next_place(conn, self.table, self.field, scope.as_ref())?;
                Ok(if next == from.saturating_add(1) { from } else { next })
            }
            (Spot::After(_) | Spot::PlaceOf(_), Some(at)) if from < at => {
                self.shift(source, from.saturating_add(1), at, -1)?;
                Ok(at)
            }
            (Spot::After(_), Some(at)) if from > at => {
                self.shift(source, at.saturating_add(1), from.saturating_sub(1), 1)?;
                Ok(at.saturating_add(1))
            }
            (Spot::PlaceOf(_), Some(at)) if from > at => {
                self.shift(source, at, from.saturating_sub(1), 1)?;
                Ok(at)
            }
            // Writers may give two records the same place.
            (Spot::After(_) | Spot::PlaceOf(_), Some(at)) => {
                let last = next_place(conn, self.table, self.field, scope.as_ref())?;
                self.shift(source, at.saturating_add(1), last, 1)?;
                Ok(at.saturating_add(1))
            }
            _ => Ok(from),
        }
    }

    fn shift(&self, source: &Found, first: i64, last: i64, by: i64) -> Result<(), StoreError> {
        if first > last {
            return Ok(());
        }
        let col = Alias::new(column(self.field));
        let mut update = Query::update();
        update
            .table(Alias::new(table_name(self.table.no)))
            .value(col.clone(), Expr::col(col.clone()).add(by))
            .and_where(Expr::col(col).between(first, last));
        if let Some((no, value)) = self.scope(source) {
            update.and_where(same(no, &value));
        }
        Built::of(&update).execute(self.tx.conn)?;
        Ok(())
    }

    fn scope(&self, source: &Found) -> Option<(FieldNo, Value)> {
        self.within.map(|no| (no, source.part.clone()))
    }

    fn find(&self, key: &Value, alts: &[BoundAlt]) -> Result<Option<Found>, StoreError> {
        let id = Alias::new(identity(self.table));
        let mut select = Query::select();
        select.column(id.clone()).column(Alias::new(column(self.field)));
        match self.within {
            Some(no) => select.column(Alias::new(column(no))),
            None => select.expr(Expr::cust("NULL")),
        };
        select.from(Alias::new(table_name(self.table.no)));
        select.and_where(Expr::col(id).eq(Expr::val(to_sql(key.clone()))));
        any(alts, self.table).into_expr().map(|expr| select.and_where(expr));
        let kind = self.within.and_then(|no| self.table.field_by_no(no)).map_or(FieldKind::Text, |f| f.kind);
        let mut found = None;
        Built::of(&select).for_each(self.tx.conn, &mut |row| {
            let part = read::value(row.get_ref(2)?, kind)?;
            found = Some(Found { id: Id::read(row, 0)?, place: row.get(1)?, part });
            Ok(())
        })?;
        Ok(found)
    }
}

fn every_row() -> Vec<BoundAlt> {
    use domain::{access::Fields, query::BoundFilter};
    vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }]
}
