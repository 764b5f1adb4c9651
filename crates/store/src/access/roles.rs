//! Roles.

use domain::{RoleId, UserId, audit::Actor, user::Role};
use rusqlite::{Connection, params};
use sea_query::{Expr, ExprTrait, Query, Value};

use crate::{
    Change, Store, StoreError,
    sql::{self, Built, Columns, from_json, to_json},
    writer::Tx,
};

use super::{RolePatch, users};

impl Store {
    pub async fn create_role(&self, by: &Actor, role: Role) -> Result<Role, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            insert(tx.conn, &role)?;
            announce(tx, &by, "role.create", role.id, None)
        })
        .await
    }

    pub async fn role(&self, id: RoleId) -> Result<Option<Role>, StoreError> {
        self.read(move |conn| find(conn, id)).await
    }

    pub async fn role_by_name(&self, name: &str) -> Result<Option<Role>, StoreError> {
        let name = name.to_owned();
        self.read(move |conn| {
            let sql = format!("SELECT {COLUMNS} FROM roles WHERE name = $1");
            sql::first(conn, &sql, [name], read)
        })
        .await
    }

    /// All of them, by name.
    pub async fn roles(&self) -> Result<Vec<Role>, StoreError> {
        self.read(|conn| sql::rows(conn, &format!("SELECT {COLUMNS} FROM roles ORDER BY name"), [], read))
            .await
    }

    /// Making one the default makes no other the default.
    pub async fn patch_role(&self, by: &Actor, id: RoleId, patch: RolePatch) -> Result<Role, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let columns = columns(&patch)?;
            let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            let detail = to_json(&serde_json::json!({ "changed": names }))?;
            let mut update = Query::update();
            update.table("roles").value("updated_at", tx.now.0);
            update.and_where(Expr::col("id").eq(id.as_bytes().to_vec()));
            for (name, value) in columns {
                update.value(name, value);
            }
            if Built::of(&update).execute(tx.conn)? == 0 {
                return Err(StoreError::NotFound);
            }
            announce(tx, &by, "role.update", id, Some(&detail))
        })
        .await
    }

    /// Users lose it; keys bound to it keep the binding and so lose every right.
    /// `Conflict("builtin")`: cannot be deleted.
    pub async fn delete_role(&self, by: &Actor, id: RoleId) -> Result<(), StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let role = find(tx.conn, id)?.ok_or(StoreError::NotFound)?;
            if role.builtin {
                return Err(StoreError::Conflict("builtin".to_owned()));
            }
            let holders = sql::rows(
                tx.conn,
                "SELECT id FROM users u WHERE default_role = $1
                   OR EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id AND r.role_id = $1)",
                [id.as_bytes()],
                |c| Ok(UserId(c.uuid()?)),
            )?;
            tx.execute("UPDATE users SET default_role = NULL WHERE default_role = $1", [id.as_bytes()])?;
            tx.execute("DELETE FROM roles WHERE id = $1", [id.as_bytes()])?;
            let detail = to_json(&serde_json::json!({ "name": role.name }))?;
            tx.audit(&by, "role.delete", &format!("role/{id}"), Some(&detail))?;
            tx.changed("role", id.as_bytes(), Change::RoleGone(id))?;
            holders.into_iter().try_for_each(|user| users::publish(tx, user).map(|_| ()))
        })
        .await
    }
}

const COLUMNS: &str =
    "id, name, title, description, root, builtin, is_default, grants, extra, created_at, updated_at";

fn read(c: &mut Columns<'_>) -> Result<Role, StoreError> {
    Ok(Role {
        id: RoleId(c.uuid()?),
        name: c.take()?,
        title: c.take()?,
        description: c.take()?,
        root: c.take()?,
        builtin: c.take()?,
        default: c.take()?,
        grants: from_json(&c.take::<String>()?, "list of grants")?,
        extra: c.take()?,
        created_at: c.millis()?,
        updated_at: c.millis()?,
    })
}

fn find(conn: &Connection, id: RoleId) -> Result<Option<Role>, StoreError> {
    sql::first(conn, &format!("SELECT {COLUMNS} FROM roles WHERE id = $1"), [id.as_bytes()], read)
}

fn insert(conn: &Connection, role: &Role) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO roles (id, name, title, description, root, builtin, is_default, grants, extra, created_at,
           updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            role.id.as_bytes(),
            role.name,
            role.title,
            role.description,
            role.root,
            role.builtin,
            role.default,
            to_json(&role.grants)?,
            role.extra,
            role.created_at.0,
            role.updated_at.0
        ],
    )?;
    Ok(())
}

/// Only what the patch names.
fn columns(patch: &RolePatch) -> Result<Vec<(&'static str, Value)>, StoreError> {
    let mut set: Vec<(&'static str, Value)> = Vec::new();
    set.extend(patch.name.clone().map(|name| ("name", name.into())));
    set.extend(patch.title.clone().map(|title| ("title", title.into())));
    set.extend(patch.description.clone().map(|text| ("description", text.into())));
    set.extend(patch.root.map(|on| ("root", i64::from(on).into())));
    set.extend(patch.default.map(|on| ("is_default", i64::from(on).into())));
    if let Some(grants) = &patch.grants {
        set.push(("grants", to_json(grants)?.into()));
    }
    set.extend(patch.extra.clone().map(|extra| ("extra", extra.into())));
    Ok(set)
}

/// Audit, feed and the subscribers; a new default takes the place of the old one.
fn announce(
    tx: &mut Tx<'_>,
    by: &Actor,
    action: &str,
    id: RoleId,
    detail: Option<&str>,
) -> Result<Role, StoreError> {
    let role = find(tx.conn, id)?.ok_or(StoreError::NotFound)?;
    tx.audit(by, action, &format!("role/{id}"), detail)?;
    tx.changed("role", id.as_bytes(), Change::Role(role.clone()))?;
    if role.default {
        let sql = format!("SELECT {COLUMNS} FROM roles WHERE is_default = 1 AND id <> $1");
        for other in sql::rows(tx.conn, &sql, [id.as_bytes()], read)? {
            tx.execute("UPDATE roles SET is_default = 0 WHERE id = $1", [other.id.as_bytes()])?;
            let id = other.id;
            tx.changed("role", id.as_bytes(), Change::Role(Role { default: false, ..other }))?;
        }
    }
    Ok(role)
}
