//! One table made, changed or dropped, in a transaction that is somebody else's.

use domain::{
    FieldNo, TableId,
    catalog::{Field, Table},
};
use rusqlite::params;

use super::{NewTable, TablePatch, ddl, field, rows};
use crate::{StoreError, writer::Tx};

pub(super) fn create(tx: &Tx<'_>, new: NewTable) -> Result<Table, StoreError> {
    let NewTable { base, name, title, fields, extra } = new;
    rows::free_name(tx.conn, base, &name)?;
    let fields = fields.into_iter().zip(1..).map(|(field, no)| Field { no: FieldNo(no), ..field });
    let mut table = Table {
        id: TableId::new(tx.now, tx.entropy()),
        no: 0,
        workspace: rows::workspace_of(tx.conn, base)?,
        base,
        name,
        title,
        fields: fields.collect(),
        extra,
        created_at: tx.now,
    };
    table.no = rows::insert_table(tx.conn, &table)?;
    for field in &table.fields {
        rows::insert_field(tx.conn, table.no, field)?;
    }
    tx.conn.execute_batch(&ddl::create_table(&table))?;
    for field in table.fields.iter().filter(|field| field.unique && !field.primary) {
        tx.conn.execute_batch(&ddl::create_unique(table.no, field.no))?;
    }
    table.fields.iter().try_for_each(|field| field::ordered(tx.conn, &table, field))?;
    Ok(table)
}

pub(super) fn patch(tx: &Tx<'_>, table: &mut Table, patch: TablePatch) -> Result<(), StoreError> {
    let TablePatch { name, title, extra } = patch;
    if let Some(name) = name {
        if !name.eq_ignore_ascii_case(&table.name) {
            rows::free_name(tx.conn, table.base, &name)?;
        }
        table.name = name;
    }
    table.title = title.unwrap_or(table.title.take());
    table.extra = extra.unwrap_or(table.extra.take());
    tx.execute(
        "UPDATE tables SET name = $1, title = $2, extra = $3 WHERE no = $4",
        params![table.name, table.title, table.extra, table.no],
    )?;
    Ok(())
}

/// With all of its records.
pub(super) fn drop(tx: &Tx<'_>, table: &Table) -> Result<(), StoreError> {
    tx.conn.execute_batch(&ddl::drop_table(table.no))?;
    tx.execute("DELETE FROM tables WHERE no = $1", [table.no])?;
    Ok(())
}
