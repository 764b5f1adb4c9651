//! Changes of keys. Each writes its audit event and its feed position in the same transaction.

use domain::{
    KeyId, RoleId,
    audit::Actor,
    key::{Gone, Key, KeySecret, Owner},
    limits::KEY_SECRETS_MAX,
};
use rusqlite::{Connection, params};
use sea_query::{Expr, ExprTrait, Query, Value};

use crate::{
    Change, LiveKey, OwnerScope, StoreError, idempotency, ledger,
    sql::{self, Built, to_json},
    writer::Tx,
};

use super::{KeyPatch, KeyTouch, NewKey, Rotation, list, rows};

pub(super) fn insert(tx: &mut Tx<'_>, by: &Actor, new: NewKey) -> Result<Key, StoreError> {
    let key = insert_quietly(tx, new)?;
    tx.audit(by, "key.create", &format!("key/{}", key.id), None)?;
    Ok(key)
}

/// Many keys at once: one event for all of them. Who made each of them is in its record.
pub(super) fn insert_many(tx: &mut Tx<'_>, by: &Actor, new: Vec<NewKey>) -> Result<Vec<Key>, StoreError> {
    let keys = new.into_iter().map(|new| insert_quietly(tx, new)).collect::<Result<Vec<_>, _>>()?;
    if let (Some(first), Some(last)) = (keys.first(), keys.last()) {
        let detail = serde_json::json!({ "count": keys.len(), "last": last.id });
        tx.audit(by, "key.create_many", &format!("key/{}", first.id), Some(&to_json(&detail)?))?;
    }
    Ok(keys)
}

fn insert_quietly(tx: &mut Tx<'_>, new: NewKey) -> Result<Key, StoreError> {
    let NewKey { mut key, mut secrets, sealed, idempotency } = new;
    if let Some(mark) = idempotency {
        idempotency::remember(tx, &mark, &key.id.to_string())?;
    }
    key.num = rows::insert(tx.conn, &key)?;
    key.gone = None;
    rows::insert_use(tx.conn, &key)?;
    if let Some(quota) = &mut key.quota {
        quota.balance.remaining = Ord::max(quota.balance.remaining, 0);
        ledger::grant(tx.conn, key.id, quota, tx.now, 1)?;
    }
    let mut sealed = sealed.as_deref();
    for secret in &mut secrets {
        secret.key = key.id;
        rows::insert_secret(tx.conn, secret, sealed.take())?;
    }
    tx.changed("key", key.id.as_bytes(), Change::Key(LiveKey { key: key.clone(), secrets }))?;
    Ok(key)
}

pub(super) fn update(
    tx: &mut Tx<'_>,
    by: &Actor,
    scope: OwnerScope,
    id: KeyId,
    patch: &KeyPatch,
) -> Result<Key, StoreError> {
    let key = live(tx.conn, scope, id)?;
    let columns = columns(patch)?;
    let mut names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut update = Query::update();
    update.table("keys").value("updated_at", tx.now.0).and_where(Expr::col("num").eq(key.num));
    for (name, value) in columns {
        update.value(name, value);
    }
    Built::of(&update).execute(tx.conn)?;
    if ledger::change(tx.conn, id, &patch.quota, tx.now)? {
        names.push("quota");
    }
    let detail = to_json(&serde_json::json!({ "changed": names }))?;
    announce(tx, by, "key.update", id, Some(&detail))
}

/// Only what the patch names.
fn columns(patch: &KeyPatch) -> Result<Vec<(&'static str, Value)>, StoreError> {
    let mut set: Vec<(&'static str, Value)> = Vec::new();
    let mut text = |name, value: &Option<Option<String>>| {
        if let Some(value) = value {
            set.push((name, value.clone().into()));
        }
    };
    text("name", &patch.name);
    text("description", &patch.description);
    text("metadata", &patch.metadata);
    text("prefix", &patch.prefix);
    text("door", &patch.door);
    text("extra", &patch.extra);
    if let Some(kind) = patch.kind {
        set.push(("kind", kind.name().into()));
    }
    if let Some(owner) = &patch.owner {
        let (kind, id) = rows::owner_columns(owner);
        set.push(("owner_kind", kind.into()));
        set.push(("owner_id", id.map(|id| id.to_vec()).into()));
    }
    if let Some(role) = &patch.role {
        set.push(("role_id", role.as_ref().map(|id: &RoleId| id.as_bytes().to_vec()).into()));
    }
    if let Some(permissions) = &patch.permissions {
        set.push(("permissions", permissions.as_ref().map(to_json).transpose()?.into()));
    }
    if let Some(scopes) = &patch.scopes {
        set.push(("scopes", scopes.as_ref().map(to_json).transpose()?.into()));
    }
    if let Some(hosts) = &patch.hosts {
        set.push(("hosts", rows::hosts_column(hosts)?.into()));
    }
    if let Some(enabled) = patch.enabled {
        set.push(("enabled", i64::from(enabled).into()));
    }
    if let Some(at) = patch.expires_at {
        set.push(("expires_at", at.map(|at| at.0).into()));
    }
    if let Some(rate) = &patch.rate_limit {
        let rate = rate.as_ref();
        set.push(("rate_max", rate.map(|r| i64::from(r.max)).into()));
        set.push(("rate_window_ms", rate.map(|r| r.window_ms).into()));
        set.push(("rate_rule", rate.map(rows::rate_rule).map(str::to_owned).into()));
        set.push(("rate_enabled", rate.map(|r| i64::from(r.enabled)).into()));
    }
    Ok(set)
}

pub(crate) fn revoke(
    tx: &mut Tx<'_>,
    by: &Actor,
    scope: OwnerScope,
    id: KeyId,
    how: Gone,
) -> Result<Key, StoreError> {
    live(tx.conn, scope, id)?;
    let how = match how {
        Gone::Revoked => "revoked",
        Gone::Spent => "spent",
    };
    tx.execute(
        "UPDATE keys SET gone = $1, gone_at = $2, updated_at = $2 WHERE id = $3",
        params![how, tx.now.0, id.as_bytes()],
    )?;
    tx.execute("DELETE FROM key_secrets WHERE key_id = $1", params![id.as_bytes()])?;
    tx.execute("UPDATE quotas SET state = 'gone' WHERE key_id = $1 AND state = 'active'", [id.as_bytes()])?;
    announce(tx, by, "key.revoke", id, Some(&format!("{{\"how\":\"{how}\"}}")))
}

/// A tombstone for a key that is dead as of now; any other stays.
pub(super) fn retire(tx: &mut Tx<'_>, by: &Actor, id: KeyId) -> Result<bool, StoreError> {
    let key = rows::find(tx.conn, OwnerScope::All, id)?.filter(|key| key.gone.is_none());
    let now = tx.now;
    let dead = key.is_some_and(|key| {
        let spent = key.quota.is_some_and(|q| q.balance.remaining <= 0 && q.refill.is_none());
        spent || key.expires_at.is_some_and(|end| end <= now)
    });
    if dead {
        revoke(tx, by, OwnerScope::All, id, Gone::Spent)?;
    }
    Ok(dead)
}

/// Every key of an owner that is about to go.
pub(crate) fn revoke_owned(tx: &mut Tx<'_>, by: &Actor, owner: Owner) -> Result<(), StoreError> {
    for id in list::owned(tx.conn, owner)? {
        revoke(tx, by, OwnerScope::All, id, Gone::Revoked)?;
    }
    Ok(())
}

pub(super) fn rotate(
    tx: &mut Tx<'_>,
    by: &Actor,
    scope: OwnerScope,
    id: KeyId,
    rotation: Rotation,
) -> Result<LiveKey, StoreError> {
    live(tx.conn, scope, id)?;
    let now = tx.now;
    // Overlapping never prolongs a secret that was already on its way out.
    let until = rotation.overlap_until.filter(|until| *until > now).unwrap_or(now);
    tx.execute(
        "UPDATE key_secrets SET expires_at = min(coalesce(expires_at, $1), $1) WHERE key_id = $2",
        params![until.0, id.as_bytes()],
    )?;
    tx.execute(
        "DELETE FROM key_secrets WHERE key_id = $1 AND expires_at <= $2",
        params![id.as_bytes(), now.0],
    )?;
    for old in rows::secrets(tx.conn, id)?.iter().skip(KEY_SECRETS_MAX.saturating_sub(1)) {
        tx.execute(
            "DELETE FROM key_secrets WHERE key_id = $1 AND id = $2",
            params![id.as_bytes(), old.id.as_bytes()],
        )?;
    }
    let secret = KeySecret { key: id, ..rotation.secret };
    rows::insert_secret(tx.conn, &secret, rotation.sealed.as_deref())?;
    tx.execute(
        "UPDATE keys SET start = $1, updated_at = $2 WHERE id = $3",
        params![rotation.start, now.0, id.as_bytes()],
    )?;
    if let Some(prefix) = &rotation.prefix {
        tx.execute("UPDATE keys SET prefix = $1 WHERE id = $2", params![prefix, id.as_bytes()])?;
    }
    let key = announce(tx, by, "key.rotate", id, None)?;
    Ok(LiveKey { key, secrets: rows::secrets(tx.conn, id)? })
}

pub(super) fn touch(conn: &Connection, touch: &KeyTouch) -> Result<(), StoreError> {
    let at = touch.last_used_at.map(|at| at.0);
    let (count, mark) = (touch.window.map(|w| w.count), touch.window.map(|w| w.mark.0));
    // A key that is unknown here is passed over.
    sql::execute(
        conn,
        "INSERT INTO key_uses (key_id, last_used_at, last_used_from, request_count, last_request_at)
         SELECT $1, $2, $3, coalesce($4, 0), $5 WHERE EXISTS (SELECT 1 FROM keys WHERE id = $1)
         ON CONFLICT (key_id) DO UPDATE SET
           last_used_at = coalesce(excluded.last_used_at, last_used_at),
           last_used_from = coalesce(excluded.last_used_from, last_used_from),
           request_count = coalesce($4, request_count),
           last_request_at = coalesce(excluded.last_request_at, last_request_at)",
        params![touch.key.as_bytes(), at, touch.last_used_from, count, mark],
    )?;
    Ok(())
}

fn live(conn: &Connection, scope: OwnerScope, id: KeyId) -> Result<Key, StoreError> {
    rows::find(conn, scope, id)?.filter(|key| key.gone.is_none()).ok_or(StoreError::NotFound)
}

/// Audit, feed and the subscribers: the key as it is now.
fn announce(
    tx: &mut Tx<'_>,
    by: &Actor,
    action: &str,
    id: KeyId,
    detail: Option<&str>,
) -> Result<Key, StoreError> {
    let key = rows::find(tx.conn, OwnerScope::All, id)?.ok_or(StoreError::NotFound)?;
    let secrets = rows::secrets(tx.conn, id)?;
    tx.audit(by, action, &format!("key/{id}"), detail)?;
    tx.changed("key", id.as_bytes(), Change::Key(LiveKey { key: key.clone(), secrets }))?;
    Ok(key)
}
