//! Lists of keys: filters, orders, pages; and the one big list at start.

use domain::{
    KeyId, Millis,
    key::{Key, KeySecret},
};
use rusqlite::Connection;
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::{
    Listed, LiveKey, OwnerScope, StoreError,
    sql::{self, Built, Columns, like_contains},
};

use super::{KeyList, KeySort, rows};

pub(super) fn keys(
    conn: &Connection,
    scope: OwnerScope,
    list: &KeyList,
    now: Millis,
) -> Result<Listed<Key>, StoreError> {
    let total = match list.count {
        true => {
            let mut select = from_keys("count(*)");
            filter(&mut select, scope, list, now);
            Some(Built::of(&select).count(conn)?)
        }
        false => None,
    };
    let mut select = from_keys(rows::COLUMNS);
    filter(&mut select, scope, list, now);
    if let Some(cursor) = list.after {
        let Some(cursor) = rows::find(conn, scope, cursor)? else {
            return Ok(Listed { items: Vec::new(), total });
        };
        select.and_where(behind(&cursor, list));
    } else if list.offset > 0 {
        select.offset(list.offset);
    }
    // SQLite wants a limit with an offset.
    select.limit(if list.limit == 0 { i64::MAX as u64 } else { list.limit });
    let order = if list.descending { Order::Desc } else { Order::Asc };
    select.order_by_expr(sort_expr(list.sort), order.clone()).order_by_expr(Expr::cust("k.num"), order);
    let mut items = Vec::new();
    Built::of(&select).for_each(conn, &mut |row| {
        items.push(rows::read(&mut Columns::of(row))?);
        Ok(())
    })?;
    Ok(Listed { items, total })
}

fn from_keys(columns: &'static str) -> SelectStatement {
    let mut select = Query::select();
    select
        .expr(Expr::cust(columns))
        .from_as("keys", "k")
        .join_as(sea_query::JoinType::LeftJoin, "key_uses", "u", Expr::cust("u.key_id = k.id"))
        .join_as(
            sea_query::JoinType::LeftJoin,
            "quotas",
            "q",
            Expr::cust("q.key_id = k.id AND q.state <> 'removed'"),
        );
    select
}

fn filter(select: &mut SelectStatement, scope: OwnerScope, list: &KeyList, now: Millis) {
    let col = |name: &'static str| Expr::col(("k", name));
    if let OwnerScope::Of(owner) = scope {
        let (kind, id) = rows::owner_columns(&owner);
        select.and_where(col("owner_kind").eq(kind));
        if let Some(id) = id {
            select.and_where(col("owner_id").eq(id.to_vec()));
        }
    }
    select.and_where(if list.gone { col("gone").is_not_null() } else { col("gone").is_null() });
    let mut add = |condition: Option<Expr>| {
        if let Some(condition) = condition {
            select.and_where(condition);
        }
    };
    add(list.kind.map(|kind| col("kind").eq(kind.name())));
    add(list.role.map(|id| col("role_id").eq(id.as_bytes().to_vec())));
    add(list.created_by.map(|id| col("created_by").eq(id.as_bytes().to_vec())));
    add(list.door.as_deref().map(|door| col("door").eq(door)));
    add(list.enabled.map(|enabled| col("enabled").eq(i64::from(enabled))));
    add(list.name_contains.as_deref().map(name_contains));
    add(list.expired.map(|expired| match expired {
        true => col("expires_at").lte(now.0),
        false => col("expires_at").is_null().or(col("expires_at").gt(now.0)),
    }));
    add(list.created_from.map(|at| col("created_at").gte(at.0)));
    add(list.created_before.map(|at| col("created_at").lt(at.0)));
}

fn name_contains(text: &str) -> Expr {
    let pattern = Expr::val(like_contains(&text.to_lowercase()));
    Expr::cust_with_exprs("kw_fold(k.name) LIKE ? ESCAPE '\\'", [pattern])
}

/// Never null, so that a cursor can be compared: keys without an end sort last, unnamed and unused ones first.
fn sort_expr(sort: KeySort) -> Expr {
    Expr::cust(match sort {
        KeySort::CreatedAt => "k.created_at",
        KeySort::UpdatedAt => "k.updated_at",
        KeySort::Name => "coalesce(k.name, '')",
        KeySort::ExpiresAt => "coalesce(k.expires_at, 9223372036854775807)",
        KeySort::LastUsedAt => "coalesce(u.last_used_at, 0)",
        KeySort::Num => "k.num",
    })
}

fn sort_value(key: &Key, sort: KeySort) -> Expr {
    match sort {
        KeySort::CreatedAt => Expr::val(key.created_at.0),
        KeySort::UpdatedAt => Expr::val(key.updated_at.0),
        KeySort::Name => Expr::val(key.name.clone().unwrap_or_default()),
        KeySort::ExpiresAt => Expr::val(key.expires_at.map_or(i64::MAX, |at| at.0)),
        KeySort::LastUsedAt => Expr::val(key.last_used_at.map_or(0, |at| at.0)),
        KeySort::Num => Expr::val(key.num),
    }
}

/// Keys that come after the cursor in the order of the list.
fn behind(cursor: &Key, list: &KeyList) -> Expr {
    let (column, value) = (sort_expr(list.sort), sort_value(cursor, list.sort));
    let (num, at) = (Expr::cust("k.num"), cursor.num);
    let same = column.clone().eq(value.clone());
    match list.descending {
        false => column.gt(value).or(same.and(num.gt(at))),
        true => column.lt(value).or(same.and(num.lt(at))),
    }
}

/// One pass over keys and secrets, in the order of `num`; no query per key.
pub(super) fn load_live(conn: &Connection, each: &mut dyn FnMut(LiveKey)) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT {}, {} FROM {} LEFT JOIN key_secrets s ON s.key_id = k.id WHERE k.gone IS NULL ORDER BY k.num",
        rows::COLUMNS,
        rows::SECRET_COLUMNS,
        rows::TABLES
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found = statement.query([])?;
    let mut current: Option<LiveKey> = None;
    let mut count = 0;
    let mut give = |live: Option<LiveKey>| {
        if let Some(mut live) = live {
            live.secrets.sort_by_key(|s| std::cmp::Reverse((s.created_at, s.id)));
            count += 1;
            each(live);
        }
    };
    while let Some(row) = found.next()? {
        let num: i64 = row.get(0)?;
        let same = current.as_ref().is_some_and(|live| live.key.num == num);
        if !same {
            give(current.take());
        }
        let mut c = Columns::of(row);
        let live = match &mut current {
            Some(live) => {
                c.skip(rows::COLUMN_COUNT);
                live
            }
            None => current.insert(LiveKey { key: rows::read(&mut c)?, secrets: Vec::new() }),
        };
        live.secrets.extend(secret(&mut c)?);
    }
    give(current);
    Ok(count)
}

/// A key without any secret has one row of nulls.
fn secret(c: &mut Columns<'_>) -> Result<Option<KeySecret>, StoreError> {
    if c.next_is_null()? { Ok(None) } else { rows::read_secret(c).map(Some) }
}

/// Expired keys that are not tombstones yet, of the doors whose name begins with this.
pub(super) fn expired(conn: &Connection, door_prefix: &str, now: Millis) -> Result<Vec<KeyId>, StoreError> {
    let sql =
        "SELECT id FROM keys WHERE gone IS NULL AND expires_at <= $1 AND substr(door, 1, length($2)) = $2";
    sql::rows(conn, sql, rusqlite::params![now.0, door_prefix], |c| Ok(KeyId(c.uuid()?)))
}

/// Live keys a user or an organization owns.
pub(super) fn owned(conn: &Connection, owner: domain::key::Owner) -> Result<Vec<KeyId>, StoreError> {
    let (kind, id) = rows::owner_columns(&owner);
    let sql = "SELECT id FROM keys WHERE owner_kind = $1 AND owner_id = $2 AND gone IS NULL";
    sql::rows(conn, sql, rusqlite::params![kind, id], |c| Ok(KeyId(c.uuid()?)))
}
