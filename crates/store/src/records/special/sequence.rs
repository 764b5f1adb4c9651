//! Sequences: the count of each number in one, kept beside the records and changed in the transaction that writes
//! them. A write that fails gives its numbers back.

use domain::{
    Millis,
    catalog::{Field, Table},
    sequence::{Count, Sequence},
};
use rusqlite::{Connection, params};
use sea_query::{Alias, Expr, ExprTrait, Query};

use crate::{
    StoreError,
    catalog::{column, table_name},
    sql::{self, Built},
    writer::Tx,
};

pub(super) fn next_text(
    tx: &Tx<'_>,
    table: &Table,
    field: &Field,
    sequence: &Sequence,
) -> Result<String, StoreError> {
    let mut numbers = Vec::new();
    for (at, number) in sequence.numbers().enumerate() {
        let last = match count(tx.conn, table, field, &number.key)? {
            Some(count) => Some(count),
            None => written_before(tx, table, field, sequence, at)?,
        };
        let next = number.next(last, tx.now);
        keep(tx, table, field, &number.key, next)?;
        numbers.push(next);
    }
    Ok(sequence.write(&numbers, tx.now, tx.entropy()))
}

/// A writer's own value counts as given out; but for the last there is: nobody can use up all numbers at once.
pub(super) fn raise(
    tx: &Tx<'_>,
    table: &Table,
    field: &Field,
    sequence: &Sequence,
    text: &str,
) -> Result<(), StoreError> {
    for (number, given) in sequence.numbers().zip(sequence.read(text).unwrap_or_default()) {
        if let Some(last) = count(tx.conn, table, field, &number.key)?
            && given > last.current
            && !number.is_last(given)
        {
            keep(tx, table, field, &number.key, given)?;
        }
    }
    Ok(())
}

fn count(conn: &Connection, table: &Table, field: &Field, key: &str) -> Result<Option<Count>, StoreError> {
    let sql = "SELECT current, at FROM counts_up WHERE table_no = $1 AND field_no = $2 AND key = $3";
    sql::first(conn, sql, params![table.no, field.no.0, key], |c| {
        Ok(Count { current: c.take()?, at: c.millis()? })
    })
}

fn keep(tx: &Tx<'_>, table: &Table, field: &Field, key: &str, current: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO counts_up (table_no, field_no, key, current, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (table_no, field_no, key) DO UPDATE SET current = excluded.current, at = excluded.at";
    tx.execute(sql, params![table.no, field.no.0, key, current, tx.now.0])?;
    Ok(())
}

/// The first count goes on from what is there, imported records say: the greatest number in them.
fn written_before(
    tx: &Tx<'_>,
    table: &Table,
    field: &Field,
    sequence: &Sequence,
    at: usize,
) -> Result<Option<Count>, StoreError> {
    let col = Alias::new(column(field.no));
    let mut select = Query::select();
    select.column(col.clone()).from(Alias::new(table_name(table.no)));
    select.and_where(Expr::col(col).is_not_null());
    let mut greatest = None;
    Built::of(&select).for_each(tx.conn, &mut |row| {
        let text: String = row.get(0)?;
        let number = sequence.read(&text).and_then(|numbers| numbers.get(at).copied());
        let counted = sequence.numbers().nth(at);
        greatest = Ord::max(greatest, number.filter(|n| counted.is_some_and(|counted| !counted.is_last(*n))));
        Ok(())
    })?;
    Ok(greatest.map(|current| Count { current, at: Millis(tx.now.0) }))
}
