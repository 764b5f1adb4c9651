//! Workspaces, bases, tables and fields: the catalog rows and, in the same transaction, the physical tables.
//! Physical names are `t<no>` and `f<no>`; no text of a client ever names anything in SQL.

mod ddl;
mod rows;

use std::sync::Arc;

use domain::{
    BaseId, FieldNo, TableId, WorkspaceId,
    audit::Actor,
    catalog::{Base, Catalog, Field, OnDelete, Special, Table, Workspace},
};

use rusqlite::{Connection, params};

use crate::{Store, StoreError, sql, writer::Tx};

pub(crate) use ddl::{column, table_name};
pub(crate) use rows::{first_base, read};

/// A table to create. `no` of each field is given by the store, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTable {
    pub base: BaseId,
    pub name: String,
    pub title: Option<String>,
    pub fields: Vec<Field>,
    pub extra: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TablePatch {
    pub name: Option<String>,
    pub title: Option<Option<String>>,
    pub extra: Option<Option<String>>,
}

/// The kind of a field and whether it is the primary key stay as they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldPatch {
    pub name: Option<String>,
    pub title: Option<Option<String>>,
    pub required: Option<bool>,
    pub unique: Option<bool>,
    pub hidden: Option<bool>,
    pub default: Option<Option<String>>,
    pub extra: Option<Option<String>>,
    /// Records that are there are given what the new rule makes of them.
    pub special: Option<Option<Special>>,
    /// Of a link.
    pub on_delete: Option<OnDelete>,
}

impl Store {
    /// The catalog of this moment; no IO.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.shared().catalog()
    }

    pub async fn create_workspace(&self, by: &Actor, name: &str) -> Result<Workspace, StoreError> {
        let (by, name) = (by.clone(), name.to_owned());
        self.write(move |tx| {
            let workspace =
                Workspace { id: WorkspaceId::new(tx.now, tx.entropy()), name, created_at: tx.now };
            rows::insert_workspace(tx.conn, &workspace)?;
            tx.audit(&by, "workspace.create", &format!("workspace/{}", workspace.id), None)?;
            tx.catalog_changed()?;
            Ok(workspace)
        })
        .await
    }

    pub async fn create_base(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Base, StoreError> {
        let (by, name) = (by.clone(), name.to_owned());
        self.write(move |tx| {
            let base = Base { id: BaseId::new(tx.now, tx.entropy()), workspace, name, created_at: tx.now };
            rows::insert_base(tx.conn, &base)?;
            tx.audit(&by, "base.create", &format!("base/{}", base.id), None)?;
            tx.catalog_changed()?;
            Ok(base)
        })
        .await
    }

    /// `Conflict("name")`: the base has a table of that name; `Conflict(<field name>)`: a field twice.
    pub async fn create_table(&self, by: &Actor, new: NewTable) -> Result<Arc<Table>, StoreError> {
        let by = by.clone();
        self.write(move |tx| create_table(tx, &by, new)).await
    }

    pub async fn patch_table(
        &self,
        by: &Actor,
        base: BaseId,
        id: TableId,
        patch: TablePatch,
    ) -> Result<Arc<Table>, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let mut table = rows::table(tx.conn, base, id)?;
            table.name = patch.name.unwrap_or(table.name);
            table.title = patch.title.unwrap_or(table.title);
            table.extra = patch.extra.unwrap_or(table.extra);
            tx.execute(
                "UPDATE tables SET name = $1, title = $2, extra = $3 WHERE no = $4",
                params![table.name, table.title, table.extra, table.no],
            )?;
            announce(tx, &by, "table.update", table)
        })
        .await
    }

    /// With all of its records.
    pub async fn drop_table(&self, by: &Actor, base: BaseId, id: TableId) -> Result<(), StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let table = rows::table(tx.conn, base, id)?;
            tx.conn.execute_batch(&ddl::drop_table(table.no))?;
            tx.execute("DELETE FROM tables WHERE no = $1", [table.no])?;
            announce(tx, &by, "table.delete", table).map(|_| ())
        })
        .await
    }

    pub async fn add_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: Field,
    ) -> Result<Arc<Table>, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let old = rows::table(tx.conn, base, table)?;
            let no: u32 =
                tx.conn.query_row("SELECT next_field_no FROM tables WHERE no = $1", [old.no], |row| {
                    row.get(0)
                })?;
            tx.execute("UPDATE tables SET next_field_no = $1 WHERE no = $2", [no + 1, old.no])?;
            // The primary key is made with the table.
            let field = Field { no: FieldNo(no), primary: false, ..field };
            rows::insert_field(tx.conn, old.no, &field)?;
            if ddl::has_column(&field) {
                tx.conn.execute_batch(&ddl::add_column(old.no, &field))?;
                fill(tx.conn, old.no, &field)?;
            }
            if field.unique {
                unique(tx.conn, old.no, &field)?;
            }
            let new = rows::table(tx.conn, base, table)?;
            begin(tx.conn, &new, &field)?;
            tx.records_changed(old.no);
            announce(tx, &by, "field.create", new)
        })
        .await
    }

    /// Making a field unique fails with `Conflict(<field name>)` when its values are not.
    pub async fn patch_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: FieldNo,
        patch: FieldPatch,
    ) -> Result<Arc<Table>, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let old = rows::table(tx.conn, base, table)?;
            let was = old.field_by_no(field).ok_or(StoreError::NotFound)?.clone();
            let now = patched(was.clone(), patch);
            rows::update_field(tx.conn, old.no, &now)?;
            if now.unique != was.unique && !was.primary {
                match now.unique {
                    true => unique(tx.conn, old.no, &now)?,
                    false => tx.conn.execute_batch(&ddl::drop_unique(old.no, field))?,
                }
            }
            let new = rows::table(tx.conn, base, table)?;
            if now.special != was.special {
                tx.conn.execute_batch(&ddl::drop_order(old.no, field))?;
                begin(tx.conn, &new, &now)?;
                tx.records_changed(old.no);
            }
            announce(tx, &by, "field.update", new)
        })
        .await
    }

    /// With all of its values. `Conflict("primary")`: the primary key cannot be dropped.
    pub async fn drop_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: FieldNo,
    ) -> Result<Arc<Table>, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let old = rows::table(tx.conn, base, table)?;
            let gone = old.field_by_no(field).ok_or(StoreError::NotFound)?;
            if gone.primary {
                return Err(StoreError::Conflict("primary".to_owned()));
            }
            if ddl::has_column(gone) {
                tx.conn.execute_batch(&ddl::drop_unique(old.no, field))?;
                // An index on the column would hold it back: its own, or that of an order it divides.
                for order in old.fields.iter().filter(|f| matches!(f.special, Some(Special::Order { .. }))) {
                    tx.conn.execute_batch(&ddl::drop_order(old.no, order.no))?;
                }
                tx.conn.execute_batch(&ddl::drop_column(old.no, field))?;
            }
            tx.execute("DELETE FROM fields WHERE table_no = $1 AND no = $2", [old.no, field.0])?;
            tx.execute("DELETE FROM counts_up WHERE table_no = $1 AND field_no = $2", [old.no, field.0])?;
            let new = rows::table(tx.conn, base, table)?;
            if ddl::has_column(gone) {
                new.fields.iter().try_for_each(|field| ordered(tx.conn, &new, field))?;
            }
            tx.records_changed(old.no);
            announce(tx, &by, "field.delete", new)
        })
        .await
    }
}

fn create_table(tx: &mut Tx<'_>, by: &Actor, new: NewTable) -> Result<Arc<Table>, StoreError> {
    let NewTable { base, name, title, fields, extra } = new;
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
    table.fields.iter().try_for_each(|field| ordered(tx.conn, &table, field))?;
    announce(tx, by, "table.create", table)
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
fn ordered(conn: &Connection, table: &Table, field: &Field) -> Result<(), StoreError> {
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

fn announce(tx: &mut Tx<'_>, by: &Actor, action: &str, table: Table) -> Result<Arc<Table>, StoreError> {
    let detail = sql::to_json(&serde_json::json!({ "name": table.name }))?;
    tx.audit(by, action, &format!("table/{}", table.id), Some(&detail))?;
    tx.catalog_changed()?;
    Ok(Arc::new(table))
}
