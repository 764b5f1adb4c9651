//! One field made, changed or dropped, in a transaction that is somebody else's; what the records that are there get
//! or lose by it.

use domain::{
    FieldNo,
    catalog::{Field, Special, Table},
};
use rusqlite::Connection;

use super::{FieldPatch, ddl, rows};
use crate::{StoreError, sql, writer::Tx};

pub(super) fn add(tx: &mut Tx<'_>, table: &mut Table, field: Field) -> Result<(), StoreError> {
    let next = "SELECT next_field_no FROM tables WHERE no = $1";
    let no: u32 = tx.conn.query_row(next, [table.no], |row| row.get(0))?;
    tx.execute("UPDATE tables SET next_field_no = $1 WHERE no = $2", [no + 1, table.no])?;
    // The primary key is made with the table.
    let field = Field { no: FieldNo(no), primary: false, ..field };
    rows::insert_field(tx.conn, table.no, &field)?;
    if ddl::has_column(&field) {
        tx.conn.execute_batch(&ddl::add_column(table.no, &field))?;
        fill(tx.conn, table.no, &field)?;
    }
    if field.unique {
        unique(tx.conn, table.no, &field)?;
    }
    table.fields.push(field.clone());
    begin(tx.conn, table, &field)?;
    tx.records_changed(table.no);
    Ok(())
}

/// Making a field unique fails with `Conflict(<field name>)` when its values are not.
pub(super) fn patch(
    tx: &mut Tx<'_>,
    table: &mut Table,
    no: FieldNo,
    patch: FieldPatch,
) -> Result<(), StoreError> {
    let was = table.fields.iter_mut().find(|field| field.no == no).ok_or(StoreError::NotFound)?;
    let now = patched(was.clone(), patch);
    rows::update_field(tx.conn, table.no, &now)?;
    if now.unique != was.unique && !was.primary {
        match now.unique {
            true => unique(tx.conn, table.no, &now)?,
            false => tx.conn.execute_batch(&ddl::drop_unique(table.no, no))?,
        }
    }
    let was = std::mem::replace(was, now.clone());
    if now.special != was.special {
        tx.conn.execute_batch(&ddl::drop_order(table.no, no))?;
        begin(tx.conn, table, &now)?;
        tx.records_changed(table.no);
    }
    Ok(())
}

/// With all of its values. `Conflict("primary")`: the primary key cannot be dropped.
pub(super) fn drop(tx: &mut Tx<'_>, table: &mut Table, no: FieldNo) -> Result<(), StoreError> {
    let gone = table.field_by_no(no).ok_or(StoreError::NotFound)?;
    if gone.primary {
        return Err(StoreError::Conflict("primary".to_owned()));
    }
    let column = ddl::has_column(gone);
    if column {
        tx.conn.execute_batch(&ddl::drop_unique(table.no, no))?;
        // An index on the column would hold it back: its own, or that of an order it divides.
        for order in table.fields.iter().filter(|f| matches!(f.special, Some(Special::Order { .. }))) {
            tx.conn.execute_batch(&ddl::drop_order(table.no, order.no))?;
        }
        tx.conn.execute_batch(&ddl::drop_column(table.no, no))?;
    }
    tx.execute("DELETE FROM fields WHERE table_no = $1 AND no = $2", [table.no, no.0])?;
    tx.execute("DELETE FROM counts_up WHERE table_no = $1 AND field_no = $2", [table.no, no.0])?;
    table.fields.retain(|field| field.no != no);
    if column {
        table.fields.iter().try_for_each(|field| ordered(tx.conn, table, field))?;
    }
    tx.records_changed(table.no);
    Ok(())
}

fn patched(mut field: Field, patch: FieldPatch) -> Field {
    field.name = patch.name.unwrap_or(field.name);
    field.title = patch.title.unwrap_or(field.title);
    field.required = patch.required.unwrap_or(field.required);
    field.unique = patch.unique.unwrap_or(field.unique);
    field.hidden = patch.hidden.unwrap_or(field.hidden);
    field.default = patch.default.unwrap_or(field.default);
    field.extra = patch.extra.unwrap_or(field.extra);
    field.special = patch.special.unwrap_or(field.special);
    if let (Some(link), Some(on_delete)) = (&mut field.link, patch.on_delete) {
        link.on_delete = on_delete;
    }
    field
}

/// What a field with a rule of its own needs, and what the records that are there get by it.
fn begin(conn: &Connection, table: &Table, field: &Field) -> Result<(), StoreError> {
    ordered(conn, table, field)?;
    crate::records::special::fill(conn, table, field)
}

/// The last place of an order is looked up whenever a record is made.
pub(super) fn ordered(conn: &Connection, table: &Table, field: &Field) -> Result<(), StoreError> {
    let Some(Special::Order { within }) = &field.special else { return Ok(()) };
    let within = table.order_part(within.as_deref()).map(|scope| scope.no);
    Ok(conn.execute_batch(&ddl::create_order(table.no, field.no, within))?)
}

/// Records that are there already get the default of a new field.
fn fill(conn: &Connection, table_no: u32, field: &Field) -> Result<(), StoreError> {
    let Some(default) = &field.default else { return Ok(()) };
    let literal = sql::from_json::<serde_json::Value>(default, "default of a field")?;
    let Ok(value) = domain::query::coerce(field, &literal) else { return Ok(()) };
    ddl::fill(table_no, field.no, value).execute(conn)?;
    Ok(())
}

fn unique(conn: &Connection, table_no: u32, field: &Field) -> Result<(), StoreError> {
    match conn.execute_batch(&ddl::create_unique(table_no, field.no)).map_err(StoreError::from) {
        Err(StoreError::Conflict(_)) => Err(StoreError::Conflict(field.name.clone())),
        other => other,
    }
}
