//! Keys and secrets out of rows and into them.

use domain::{
    KeyId, OrgId, RoleId, SecretId, UserId,
    host::AllowedHosts,
    key::{Gone, Key, KeyKind, KeySecret, Owner, Quota},
    limit::{Balance, RateLimit, Refill, RefillMode, WindowRule},
    secret::Recipe,
};
use rusqlite::{Connection, params};

use crate::{
    OwnerScope, StoreError,
    sql::{self, Columns, damaged, from_json, to_json},
};

/// In the order [`read`] takes them.
pub(crate) const COLUMNS: &str = "k.num, k.id, k.kind, k.owner_kind, k.owner_id, k.name, k.description, \
    k.role_id, k.permissions, k.scopes, k.hosts, k.enabled, k.expires_at, k.rate_max, k.rate_window_ms, \
    k.rate_rule, k.rate_enabled, k.metadata, k.prefix, k.start, k.revealable, k.door, k.extra, k.created_at, \
    k.created_by, k.updated_at, k.gone, u.last_used_at, u.last_used_from, u.request_count, u.last_request_at, \
    q.balance, q.last_refill_at, q.refill_amount, q.refill_interval_ms, q.refill_mode";

/// How many those are.
pub(crate) const COLUMN_COUNT: usize = 36;

pub(crate) const TABLES: &str = "keys k LEFT JOIN key_uses u ON u.key_id = k.id \
    LEFT JOIN quotas q ON q.key_id = k.id AND q.state <> 'removed'";

pub(crate) const SECRET_COLUMNS: &str = "s.key_id, s.id, s.digest, s.recipe, s.created_at, s.expires_at";

pub(crate) fn read(c: &mut Columns<'_>) -> Result<Key, StoreError> {
    Ok(Key {
        num: c.take()?,
        id: KeyId(c.uuid()?),
        kind: KeyKind::parse(&c.take::<String>()?).ok_or_else(|| damaged("kind of key"))?,
        owner: owner(c)?,
        name: c.take()?,
        description: c.take()?,
        role: c.maybe_uuid()?.map(RoleId),
        permissions: json(c, "permission map")?,
        scopes: json(c, "list of scopes")?,
        hosts: json::<AllowedHosts>(c, "list of hosts")?.unwrap_or_default(),
        enabled: c.take()?,
        expires_at: c.maybe_millis()?,
        rate_limit: rate_limit(c)?,
        metadata: c.take()?,
        prefix: c.take()?,
        start: c.take()?,
        revealable: c.take()?,
        door: c.take()?,
        extra: c.take()?,
        created_at: c.millis()?,
        created_by: c.maybe_uuid()?.map(UserId),
        updated_at: c.millis()?,
        gone: gone(c)?,
        last_used_at: c.maybe_millis()?,
        last_used_from: c.take()?,
        request_count: c.take::<Option<u32>>()?.unwrap_or_default(),
        last_request_at: c.maybe_millis()?,
        quota: quota(c)?,
    })
}

/// Columns `balance` to `refill_mode`.
pub(crate) fn quota(c: &mut Columns<'_>) -> Result<Option<Quota>, StoreError> {
    let (remaining, at): (Option<i64>, _) = (c.take()?, c.maybe_millis()?);
    let refill = refill(c)?;
    let balance = remaining.zip(at).map(|(remaining, last_refill_at)| Balance { remaining, last_refill_at });
    Ok(balance.map(|balance| Quota { balance, refill }))
}

pub(crate) fn refill(c: &mut Columns<'_>) -> Result<Option<Refill>, StoreError> {
    let (amount, interval): (Option<i64>, Option<i64>) = (c.take()?, c.take()?);
    let mode = match c.take::<Option<String>>()?.as_deref() {
        Some("add") => RefillMode::Add,
        _ => RefillMode::Reset,
    };
    Ok(amount.zip(interval).map(|(amount, interval_ms)| Refill { amount, interval_ms, mode }))
}

pub(crate) fn refill_mode(refill: &Refill) -> &'static str {
    match refill.mode {
        RefillMode::Reset => "reset",
        RefillMode::Add => "add",
    }
}

pub(crate) fn read_secret(c: &mut Columns<'_>) -> Result<KeySecret, StoreError> {
    Ok(KeySecret {
        key: KeyId(c.uuid()?),
        id: SecretId(c.uuid()?),
        digest: c.digest()?,
        recipe: Recipe::from_code(c.take()?).ok_or_else(|| damaged("digest recipe"))?,
        created_at: c.millis()?,
        expires_at: c.maybe_millis()?,
    })
}

/// One key, gone or not, if the scope sees it.
pub(crate) fn find(conn: &Connection, scope: OwnerScope, id: KeyId) -> Result<Option<Key>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE k.id = $1");
    let key = sql::first(conn, &sql, [id.as_bytes()], read)?;
    Ok(key.filter(|key| scope.sees(key.owner)))
}

/// Newest first.
pub(crate) fn secrets(conn: &Connection, id: KeyId) -> Result<Vec<KeySecret>, StoreError> {
    let sql = format!(
        "SELECT {SECRET_COLUMNS} FROM key_secrets s WHERE s.key_id = $1 ORDER BY s.created_at DESC, s.id DESC"
    );
    sql::rows(conn, &sql, [id.as_bytes()], read_secret)
}

/// A `num` that was never given out is kept (imports bring theirs); otherwise the next one is given.
pub(crate) fn insert(conn: &Connection, key: &Key) -> Result<i64, StoreError> {
    let (owner_kind, owner_id) = owner_columns(&key.owner);
    let rate = key.rate_limit.as_ref();
    sql::execute(
        conn,
        "INSERT INTO keys (id, kind, owner_kind, owner_id, name, description, role_id, permissions, scopes,
           hosts, enabled, expires_at, rate_max, rate_window_ms, rate_rule, rate_enabled, metadata, prefix,
           start, revealable, door, extra, created_at, created_by, updated_at, num)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
           $21, $22, $23, $24, $25,
           (SELECT $26 WHERE $26 > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'keys'), 0)))",
        params![
            key.id.as_bytes(),
            key.kind.name(),
            owner_kind,
            owner_id,
            key.name,
            key.description,
            key.role.as_ref().map(RoleId::as_bytes),
            key.permissions.as_ref().map(to_json).transpose()?,
            key.scopes.as_ref().map(to_json).transpose()?,
            hosts_column(&key.hosts)?,
            key.enabled,
            key.expires_at.map(|at| at.0),
            rate.map(|r| r.max),
            rate.map(|r| r.window_ms),
            rate.map(rate_rule),
            rate.map(|r| r.enabled),
            key.metadata,
            key.prefix,
            key.start,
            key.revealable,
            key.door,
            key.extra,
            key.created_at.0,
            key.created_by.as_ref().map(UserId::as_bytes),
            key.updated_at.0,
            key.num,
        ],
    )?;
    Ok(conn.last_insert_rowid())
}

pub(crate) fn insert_secret(
    conn: &Connection,
    secret: &KeySecret,
    sealed: Option<&[u8]>,
) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO key_secrets (key_id, id, digest, recipe, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            secret.key.as_bytes(),
            secret.id.as_bytes(),
            secret.digest.0,
            secret.recipe as u8,
            secret.created_at.0,
            secret.expires_at.map(|at| at.0)
        ],
    )?;
    if let Some(sealed) = sealed {
        sql::execute(
            conn,
            "INSERT INTO sealed_secrets (key_id, secret_id, sealed) VALUES ($1, $2, $3)",
            params![secret.key.as_bytes(), secret.id.as_bytes(), sealed],
        )?;
    }
    Ok(())
}

/// What imported keys bring along.
pub(crate) fn insert_use(conn: &Connection, key: &Key) -> Result<(), StoreError> {
    if key.last_used_at.is_none() && key.last_request_at.is_none() && key.request_count == 0 {
        return Ok(());
    }
    sql::execute(
        conn,
        "INSERT INTO key_uses (key_id, last_used_at, last_used_from, request_count, last_request_at)
         VALUES ($1, $2, $3, $4, $5)",
        params![
            key.id.as_bytes(),
            key.last_used_at.map(|at| at.0),
            key.last_used_from,
            key.request_count,
            key.last_request_at.map(|at| at.0)
        ],
    )?;
    Ok(())
}

pub(crate) fn owner_columns(owner: &Owner) -> (&'static str, Option<&[u8; 16]>) {
    match owner {
        Owner::User(id) => ("user", Some(id.as_bytes())),
        Owner::Organization(id) => ("organization", Some(id.as_bytes())),
        Owner::Server => ("server", None),
    }
}

pub(crate) fn hosts_column(hosts: &AllowedHosts) -> Result<Option<String>, StoreError> {
    if hosts.is_any() { Ok(None) } else { to_json(hosts).map(Some) }
}

pub(crate) fn rate_rule(limit: &RateLimit) -> &'static str {
    match limit.rule {
        WindowRule::Fixed => "fixed",
        WindowRule::SinceLastAccepted => "since_last_accepted",
    }
}

fn owner(c: &mut Columns<'_>) -> Result<Owner, StoreError> {
    let (kind, id) = (c.take::<String>()?, c.maybe_uuid()?);
    match (kind.as_str(), id) {
        ("user", Some(id)) => Ok(Owner::User(UserId(id))),
        ("organization", Some(id)) => Ok(Owner::Organization(OrgId(id))),
        ("server", None) => Ok(Owner::Server),
        _ => Err(damaged("owner of a key")),
    }
}

fn rate_limit(c: &mut Columns<'_>) -> Result<Option<RateLimit>, StoreError> {
    let (max, window): (Option<u32>, Option<i64>) = (c.take()?, c.take()?);
    let rule = match c.take::<Option<String>>()?.as_deref() {
        Some("since_last_accepted") => WindowRule::SinceLastAccepted,
        _ => WindowRule::Fixed,
    };
    let enabled = c.take::<Option<bool>>()?.unwrap_or(true);
    Ok(max.zip(window).map(|(max, window_ms)| RateLimit { max, window_ms, rule, enabled }))
}

fn gone(c: &mut Columns<'_>) -> Result<Option<Gone>, StoreError> {
    match c.take::<Option<String>>()?.as_deref() {
        None => Ok(None),
        Some("spent") => Ok(Some(Gone::Spent)),
        // Anything else that ended a key ends it here, too.
        Some(_) => Ok(Some(Gone::Revoked)),
    }
}

fn json<T: serde::de::DeserializeOwned>(c: &mut Columns<'_>, what: &str) -> Result<Option<T>, StoreError> {
    // A restriction that cannot be read must fail, not fall away.
    c.take::<Option<String>>()?.map(|text| from_json(&text, what)).transpose()
}
