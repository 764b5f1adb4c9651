//! The catalog's own tables.

use std::sync::Arc;

use domain::{
    BaseId, FieldNo, TableId, WorkspaceId,
    catalog::{Base, Catalog, Field, FieldKind, SystemField, Table, Workspace},
    time::{SharedClock, SharedEntropy},
};
use rusqlite::{Connection, params};

use crate::{
    StoreError,
    sql::{self, Columns, damaged},
};

/// The whole catalog, as of this transaction.
pub(crate) fn read(conn: &Connection, version: u64) -> Result<Catalog, StoreError> {
    let workspaces = sql::rows(conn, "SELECT id, name, created_at FROM workspaces", [], |c| {
        Ok(Workspace { id: WorkspaceId(c.uuid()?), name: c.take()?, created_at: c.millis()? })
    })?;
    let bases = sql::rows(conn, "SELECT id, workspace_id, name, created_at FROM bases", [], |c| {
        Ok(Base {
            id: BaseId(c.uuid()?),
            workspace: WorkspaceId(c.uuid()?),
            name: c.take()?,
            created_at: c.millis()?,
        })
    })?;
    let tables = sql::rows(conn, &format!("SELECT {TABLE} ORDER BY t.no"), [], read_table)?
        .into_iter()
        .map(|table| with_fields(conn, table).map(Arc::new))
        .collect::<Result<_, _>>()?;
    Ok(Catalog::new(version, workspaces, bases, tables))
}

/// The base `main` of the workspace `main`; makes both in an empty database.
pub(crate) fn first_base(
    conn: &mut Connection,
    clock: &SharedClock,
    entropy: &SharedEntropy,
) -> Result<BaseId, StoreError> {
    let tx = conn.transaction()?;
    let there = sql::first(&tx, "SELECT value FROM meta WHERE name = 'main_base'", [], |c| {
        c.take::<String>()?.parse().map_err(|_| damaged("main base"))
    })?;
    if let Some(id) = there {
        return Ok(id);
    }
    let now = clock.now();
    let name = "main".to_owned();
    let workspace =
        Workspace { id: WorkspaceId::new(now, entropy.as_ref()), name: name.clone(), created_at: now };
    insert_workspace(&tx, &workspace)?;
    let base =
        Base { id: BaseId::new(now, entropy.as_ref()), workspace: workspace.id, name, created_at: now };
    insert_base(&tx, &base)?;
    sql::execute(&tx, "INSERT INTO meta (name, value) VALUES ('main_base', $1)", [base.id.to_string()])?;
    tx.commit()?;
    Ok(base.id)
}

fn insert_workspace(conn: &Connection, workspace: &Workspace) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)",
        params![workspace.id.as_bytes(), workspace.name, workspace.created_at.0],
    )?;
    Ok(())
}

pub(super) fn insert_base(conn: &Connection, base: &Base) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO bases (id, workspace_id, name, created_at) VALUES ($1, $2, $3, $4)",
        params![base.id.as_bytes(), base.workspace.as_bytes(), base.name, base.created_at.0],
    )?;
    Ok(())
}

pub(super) fn workspace_of(conn: &Connection, base: BaseId) -> Result<WorkspaceId, StoreError> {
    let sql = "SELECT workspace_id FROM bases WHERE id = $1";
    sql::first(conn, sql, [base.as_bytes()], |c| Ok(WorkspaceId(c.uuid()?)))?.ok_or(StoreError::NotFound)
}

/// The table as it is in this transaction, which may be newer than the published catalog.
pub(super) fn table(conn: &Connection, base: BaseId, id: TableId) -> Result<Table, StoreError> {
    let sql = format!("SELECT {TABLE} WHERE t.base_id = $1 AND t.id = $2");
    let table = sql::first(conn, &sql, [base.as_bytes(), id.as_bytes()], read_table)?;
    with_fields(conn, table.ok_or(StoreError::NotFound)?)
}

/// People, and some databases, cannot keep names apart that differ only in case.
pub(super) fn free_name(conn: &Connection, base: BaseId, name: &str) -> Result<(), StoreError> {
    let sql = "SELECT no FROM tables WHERE base_id = $1 AND name = $2 COLLATE NOCASE";
    let taken: Option<u32> = sql::first(conn, sql, params![base.as_bytes(), name], |c| Ok(c.take()?))?;
    match taken {
        Some(_) => Err(StoreError::Conflict("name".to_owned())),
        None => Ok(()),
    }
}

pub(super) fn insert_table(conn: &Connection, table: &Table) -> Result<u32, StoreError> {
    sql::execute(
        conn,
        "INSERT INTO tables (id, base_id, name, title, extra, next_field_no, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            table.id.as_bytes(),
            table.base.as_bytes(),
            table.name,
            table.title,
            table.extra,
            table.fields.len() as i64 + 1,
            table.created_at.0
        ],
    )?;
    u32::try_from(conn.last_insert_rowid()).map_err(|_| StoreError::Full)
}

pub(super) fn insert_field(conn: &Connection, table_no: u32, field: &Field) -> Result<(), StoreError> {
    let written = sql::execute(
        conn,
        "INSERT INTO fields (table_no, no, name, title, kind, system, is_primary, required, is_unique, hidden,
           default_value, extra, link, special)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            table_no,
            field.no.0,
            field.name,
            field.title,
            field.kind.name(),
            field.system.map(system_name),
            field.primary,
            field.required,
            field.unique,
            field.hidden,
            field.default,
            field.extra,
            field.link.as_ref().map(sql::to_json).transpose()?,
            field.special.as_ref().map(sql::to_json).transpose()?
        ],
    );
    name_taken(written, field)
}

pub(super) fn update_field(conn: &Connection, table_no: u32, field: &Field) -> Result<(), StoreError> {
    let written = sql::execute(
        conn,
        "UPDATE fields SET name = $1, title = $2, required = $3, is_unique = $4, hidden = $5, default_value = $6,
           extra = $7, special = $8, link = $9 WHERE table_no = $10 AND no = $11",
        params![
            field.name,
            field.title,
            field.required,
            field.unique,
            field.hidden,
            field.default,
            field.extra,
            field.special.as_ref().map(sql::to_json).transpose()?,
            field.link.as_ref().map(sql::to_json).transpose()?,
            table_no,
            field.no.0
        ],
    );
    name_taken(written, field)
}

fn name_taken(written: Result<usize, StoreError>, field: &Field) -> Result<(), StoreError> {
    match written {
        Err(StoreError::Conflict(_)) => Err(StoreError::Conflict(field.name.clone())),
        other => other.map(|_| ()),
    }
}

const TABLE: &str = "t.no, t.id, t.base_id, b.workspace_id, t.name, t.title, t.extra, t.created_at
    FROM tables t JOIN bases b ON b.id = t.base_id";

fn read_table(c: &mut Columns<'_>) -> Result<Table, StoreError> {
    Ok(Table {
        no: c.take()?,
        id: TableId(c.uuid()?),
        base: BaseId(c.uuid()?),
        workspace: WorkspaceId(c.uuid()?),
        name: c.take()?,
        title: c.take()?,
        extra: c.take()?,
        created_at: c.millis()?,
        fields: Vec::new(),
    })
}

fn with_fields(conn: &Connection, mut table: Table) -> Result<Table, StoreError> {
    let sql =
        "SELECT no, name, title, kind, system, is_primary, required, is_unique, hidden, default_value, extra,
               link, special FROM fields WHERE table_no = $1 ORDER BY no";
    table.fields = sql::rows(conn, sql, [table.no], |c| {
        Ok(Field {
            no: FieldNo(c.take()?),
            name: c.take()?,
            title: c.take()?,
            kind: FieldKind::parse(&c.take::<String>()?).ok_or_else(|| damaged("kind of field"))?,
            system: match c.take::<Option<String>>()? {
                Some(name) => Some(parse_system(&name).ok_or_else(|| damaged("system field"))?),
                None => None,
            },
            primary: c.take()?,
            required: c.take()?,
            unique: c.take()?,
            hidden: c.take()?,
            default: c.take()?,
            extra: c.take()?,
            link: match c.take::<Option<String>>()? {
                Some(text) => Some(sql::from_json(&text, "link of a field")?),
                None => None,
            },
            special: match c.take::<Option<String>>()? {
                Some(text) => Some(sql::from_json(&text, "special of a field")?),
                None => None,
            },
        })
    })?;
    Ok(table)
}

/// The stored name; part of the schema, never changed.
fn system_name(system: SystemField) -> &'static str {
    match system {
        SystemField::AutoId => "auto_id",
        SystemField::Snowflake => "snowflake",
        SystemField::CreatedAt => "created_at",
        SystemField::UpdatedAt => "updated_at",
        SystemField::CreatedBy => "created_by",
        SystemField::UpdatedBy => "updated_by",
        SystemField::CreatedByKey => "created_by_key",
    }
}

fn parse_system(name: &str) -> Option<SystemField> {
    use SystemField::*;
    [AutoId, Snowflake, CreatedAt, UpdatedAt, CreatedBy, UpdatedBy, CreatedByKey]
        .into_iter()
        .find(|system| system_name(*system) == name)
}
