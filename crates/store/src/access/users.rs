//! Users and the roles they hold. Password hashes lie apart and are read by nothing but sign-in.

use domain::{
    Millis, RoleId, UserId,
    audit::Actor,
    key::Owner,
    user::{Session, User},
};
use rusqlite::{Connection, params};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, Value};

use crate::{
    Change, Listed, Store, StoreError,
    keys::revoke_owned,
    sql::{self, Built, Columns, like_contains, to_json},
    writer::Tx,
};

use super::{NewUser, UserList, UserPatch, UserSort, password_links, sessions};

impl Store {
    /// A `num` that was never given out is kept (imports bring theirs); otherwise the next one is given.
    pub async fn create_user(&self, by: &Actor, new: NewUser) -> Result<User, StoreError> {
        let by = by.clone();
        self.write(move |tx| create(tx, &by, &new)).await
    }

    /// Each comes with their sessions; all of them or none.
    pub async fn create_users_signed_in(
        &self,
        by: &Actor,
        new: Vec<(NewUser, Vec<Session>)>,
    ) -> Result<(), StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            for (new, begun) in new {
                create(tx, &by, &new)?;
                begun.into_iter().try_for_each(|session| sessions::insert(tx, session))?;
            }
            Ok(())
        })
        .await
    }

    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |conn| find(conn, id)).await
    }

    pub async fn user_by_num(&self, num: i64) -> Result<Option<User>, StoreError> {
        self.read(move |conn| one(conn, "num = $1", [num])).await
    }

    /// Ignoring case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        let email = email.to_owned();
        self.read(move |conn| one(conn, "lower(email) = lower($1)", [email])).await
    }

    /// Ignoring case.
    pub async fn user_by_username(&self, username: &str) -> Result<Option<User>, StoreError> {
        let username = username.to_owned();
        self.read(move |conn| one(conn, "lower(username) = lower($1)", [username])).await
    }

    pub async fn users(&self, list: UserList) -> Result<Listed<User>, StoreError> {
        self.read(move |conn| users(conn, &list)).await
    }

    pub async fn patch_user(&self, by: &Actor, id: UserId, patch: UserPatch) -> Result<User, StoreError> {
        let by = by.clone();
        self.write(move |tx| patch_user(tx, &by, id, &patch)).await
    }

    /// Ends the user's sessions and revokes the keys the user owns.
    pub async fn delete_user(&self, by: &Actor, id: UserId) -> Result<(), StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            find(tx.conn, id)?.ok_or(StoreError::NotFound)?;
            revoke_owned(tx, &by, Owner::User(id))?;
            sessions::end_all(tx, id, None)?;
            tx.execute("DELETE FROM users WHERE id = $1", [id.as_bytes()])?;
            tx.audit(&by, "user.delete", &format!("user/{id}"), None)?;
            tx.changed("user", id.as_bytes(), Change::UserGone(id))
        })
        .await
    }

    /// For sign-in only.
    pub async fn password_hash(&self, id: UserId) -> Result<Option<String>, StoreError> {
        self.read(move |conn| password(conn, id)).await
    }

    /// Gives a user a role; already held: nothing happens.
    pub async fn add_user_role(&self, by: &Actor, user: UserId, role: RoleId) -> Result<User, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let mut roles = find(tx.conn, user)?.ok_or(StoreError::NotFound)?.roles;
            if !roles.contains(&role) {
                roles.push(role);
            }
            patch_user(tx, &by, user, &UserPatch { roles: Some(roles), ..UserPatch::default() })
        })
        .await
    }

    pub async fn remove_user_role(&self, by: &Actor, user: UserId, role: RoleId) -> Result<User, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let mut roles = find(tx.conn, user)?.ok_or(StoreError::NotFound)?.roles;
            roles.retain(|held| *held != role);
            patch_user(tx, &by, user, &UserPatch { roles: Some(roles), ..UserPatch::default() })
        })
        .await
    }
}

const COLUMNS: &str = "num, id, email, username, name, active, root, default_role, extra, created_at, updated_at, \
    sessions_valid_from";

/// Without the roles.
fn read(c: &mut Columns<'_>) -> Result<User, StoreError> {
    Ok(User {
        num: c.take()?,
        id: UserId(c.uuid()?),
        email: c.take()?,
        username: c.take()?,
        name: c.take()?,
        active: c.take()?,
        root: c.take()?,
        default_role: c.maybe_uuid()?.map(RoleId),
        extra: c.take()?,
        created_at: c.millis()?,
        updated_at: c.millis()?,
        sessions_valid_from: c.millis()?,
        roles: Vec::new(),
    })
}

fn with_roles(conn: &Connection, mut user: User) -> Result<User, StoreError> {
    let sql = "SELECT role_id FROM user_roles WHERE user_id = $1 ORDER BY position";
    user.roles = sql::rows(conn, sql, [user.id.as_bytes()], |c| Ok(RoleId(c.uuid()?)))?;
    Ok(user)
}

/// `condition` is text of this file.
fn one(
    conn: &Connection,
    condition: &str,
    params: impl rusqlite::Params,
) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
    let user = sql::first(conn, &sql, params, read)?;
    user.map(|user| with_roles(conn, user)).transpose()
}

pub(super) fn find(conn: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    one(conn, "id = $1", [id.as_bytes()])
}

fn create(tx: &mut Tx<'_>, by: &Actor, new: &NewUser) -> Result<User, StoreError> {
    insert(tx.conn, &new.user)?;
    set_roles(tx.conn, new.user.id, &new.user.roles)?;
    set_password(tx.conn, new.user.id, new.password_hash.as_deref())?;
    announce(tx, by, "user.create", new.user.id, None)
}

fn insert(conn: &Connection, user: &User) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO users (id, email, username, name, active, root, default_role, extra, created_at, updated_at,
           sessions_valid_from, num) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
           (SELECT $12 WHERE $12 > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'users'), 0)))",
        params![
            user.id.as_bytes(),
            user.email,
            user.username,
            user.name,
            user.active,
            user.root,
            user.default_role.as_ref().map(RoleId::as_bytes),
            user.extra,
            user.created_at.0,
            user.updated_at.0,
            user.sessions_valid_from.0,
            user.num
        ],
    )?;
    Ok(())
}

fn set_roles(conn: &Connection, id: UserId, roles: &[RoleId]) -> Result<(), StoreError> {
    sql::execute(conn, "DELETE FROM user_roles WHERE user_id = $1", [id.as_bytes()])?;
    for (position, role) in roles.iter().enumerate() {
        sql::execute(
            conn,
            "INSERT INTO user_roles (user_id, role_id, position) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            params![id.as_bytes(), role.as_bytes(), position as i64],
        )?;
    }
    Ok(())
}

pub(super) fn password(conn: &Connection, id: UserId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT hash FROM passwords WHERE user_id = $1";
    sql::first(conn, sql, [id.as_bytes()], |c| Ok(c.take()?))
}

/// Replaces the hash. Links that would set another one are void with it.
fn set_password(conn: &Connection, id: UserId, hash: Option<&str>) -> Result<(), StoreError> {
    sql::execute(conn, "DELETE FROM passwords WHERE user_id = $1", [id.as_bytes()])?;
    password_links::forget(conn, id)?;
    if let Some(hash) = hash {
        let sql = "INSERT INTO passwords (user_id, hash) VALUES ($1, $2)";
        sql::execute(conn, sql, params![id.as_bytes(), hash])?;
    }
    Ok(())
}

pub(super) fn patch_user(
    tx: &mut Tx<'_>,
    by: &Actor,
    id: UserId,
    patch: &UserPatch,
) -> Result<User, StoreError> {
    if patch.password_was.is_some() && password(tx.conn, id)? != patch.password_was {
        return Err(StoreError::Conflict("password".to_owned()));
    }
    let columns = columns(patch, tx.now);
    let mut names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut update = Query::update();
    update.table("users").value("updated_at", tx.now.0).and_where(Expr::col("id").eq(id.as_bytes().to_vec()));
    for (name, value) in columns {
        update.value(name, value);
    }
    if Built::of(&update).execute(tx.conn)? == 0 {
        return Err(StoreError::NotFound);
    }
    if let Some(roles) = &patch.roles {
        set_roles(tx.conn, id, roles)?;
        names.push("roles");
    }
    if let Some(hash) = &patch.password_hash {
        set_password(tx.conn, id, hash.as_deref())?;
        names.push("password");
    }
    // A link that went to the address before must not open what belongs to the next one.
    if patch.email.is_some() || patch.active == Some(false) {
        password_links::forget(tx.conn, id)?;
    }
    if patch.end_sessions {
        sessions::end_all(tx, id, None)?;
    }
    let detail = to_json(&serde_json::json!({ "changed": names }))?;
    announce(tx, by, "user.update", id, Some(&detail))
}

/// Only what the patch names.
fn columns(patch: &UserPatch, now: Millis) -> Vec<(&'static str, Value)> {
    let mut set: Vec<(&'static str, Value)> = Vec::new();
    let mut text = |name, value: &Option<Option<String>>| {
        if let Some(value) = value {
            set.push((name, value.clone().into()));
        }
    };
    text("email", &patch.email);
    text("username", &patch.username);
    text("name", &patch.name);
    text("extra", &patch.extra);
    set.extend(patch.active.map(|on| ("active", i64::from(on).into())));
    set.extend(patch.root.map(|on| ("root", i64::from(on).into())));
    set.extend(patch.default_role.map(|role| ("default_role", role.map(|id| id.as_bytes().to_vec()).into())));
    // The moment of the write, not of the call: whoever signed in between the two did so before it.
    let valid_from = if patch.end_sessions { Some(now) } else { patch.sessions_valid_from };
    set.extend(valid_from.map(|at| ("sessions_valid_from", at.0.into())));
    set
}

fn announce(
    tx: &mut Tx<'_>,
    by: &Actor,
    action: &str,
    id: UserId,
    detail: Option<&str>,
) -> Result<User, StoreError> {
    tx.audit(by, action, &format!("user/{id}"), detail)?;
    publish(tx, id)
}

/// Tells the subscribers what a user is now.
pub(super) fn publish(tx: &mut Tx<'_>, id: UserId) -> Result<User, StoreError> {
    let user = find(tx.conn, id)?.ok_or(StoreError::NotFound)?;
    tx.changed("user", id.as_bytes(), Change::User(user.clone()))?;
    Ok(user)
}

fn users(conn: &Connection, list: &UserList) -> Result<Listed<User>, StoreError> {
    let total = match list.count {
        true => {
            let mut select = Query::select();
            select.expr(Expr::cust("count(*)")).from("users");
            filter(&mut select, list);
            Some(Built::of(&select).count(conn)?)
        }
        false => None,
    };
    let mut select = Query::select();
    select.expr(Expr::cust(COLUMNS)).from("users");
    filter(&mut select, list);
    let order = if list.descending { Order::Desc } else { Order::Asc };
    let by = match list.sort {
        UserSort::Num => "num",
        UserSort::CreatedAt => "created_at",
        UserSort::Email => "lower(email)",
        UserSort::Name => "name",
    };
    select.order_by_expr(Expr::cust(by), order.clone()).order_by("num", order);
    select.limit(if list.limit == 0 { i64::MAX as u64 } else { list.limit }).offset(list.offset);
    let mut items = Vec::new();
    Built::of(&select).for_each(conn, &mut |row| {
        items.push(read(&mut Columns::of(row))?);
        Ok(())
    })?;
    let items = items.into_iter().map(|user| with_roles(conn, user)).collect::<Result<_, _>>()?;
    Ok(Listed { items, total })
}

fn filter(select: &mut SelectStatement, list: &UserList) {
    if let Some(text) = &list.search {
        let pattern = || Expr::val(like_contains(&text.to_lowercase()));
        let part =
            |name: &str| Expr::cust_with_exprs(format!("kw_fold({name}) LIKE ? ESCAPE '\\'"), [pattern()]);
        select.and_where(part("email").or(part("username")).or(part("name")));
    }
    if let Some(role) = list.role {
        select.and_where(Expr::cust_with_exprs(
            "EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = users.id AND r.role_id = ?)",
            [Expr::val(role.as_bytes().to_vec())],
        ));
    }
    if let Some(active) = list.active {
        select.and_where(Expr::col("active").eq(i64::from(active)));
    }
}
