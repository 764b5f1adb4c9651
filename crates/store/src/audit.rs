//! The audit trail. Changes write their event in their own transaction; refusals come in batches.

use domain::{
    AuditId, KeyId, Millis, UserId,
    audit::{Actor, AuditEvent},
};

use rusqlite::{Connection, params};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::{
    Listed, Store, StoreError,
    sql::{self, Built, Columns, like_escape},
};

/// Events in one transaction: small commits, so that debits get their turn in between.
const EVENTS_PER_COMMIT: usize = 512;

/// Which events, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditList {
    pub user: Option<UserId>,
    pub key: Option<KeyId>,
    /// The whole action, or its beginning up to a dot: `key`.
    pub action: Option<String>,
    pub target: Option<String>,
    pub from: Option<Millis>,
    /// Exclusive.
    pub before: Option<Millis>,
    /// Continue behind this event.
    pub after: Option<AuditId>,
    pub offset: u64,
    /// 0: no limit.
    pub limit: u64,
    pub count: bool,
}

impl Store {
    /// Events that belong to no change: refusals, sign-ins.
    pub async fn append_audit(&self, events: Vec<AuditEvent>) -> Result<(), StoreError> {
        let mut rest = events.into_iter();
        loop {
            let some: Vec<AuditEvent> = rest.by_ref().take(EVENTS_PER_COMMIT).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.write(move |tx| some.iter().try_for_each(|event| insert(tx.conn, event))).await?;
        }
    }

    pub async fn audit(&self, list: AuditList) -> Result<Listed<AuditEvent>, StoreError> {
        self.read(move |conn| events(conn, &list)).await
    }
}

pub(crate) fn insert(conn: &Connection, event: &AuditEvent) -> Result<(), StoreError> {
    sql::execute(
        conn,
        "INSERT INTO audit (id, at, user_id, key_id, ip, action, target, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            event.id.as_bytes(),
            event.at.0,
            event.actor.user.as_ref().map(UserId::as_bytes),
            event.actor.key.as_ref().map(KeyId::as_bytes),
            event.actor.ip,
            event.action,
            event.target,
            event.detail
        ],
    )?;
    Ok(())
}

fn events(conn: &Connection, list: &AuditList) -> Result<Listed<AuditEvent>, StoreError> {
    let total = match list.count {
        true => {
            let mut select = Query::select();
            select.expr(Expr::cust("count(*)")).from("audit");
            filter(&mut select, list);
            Some(Built::of(&select).count(conn)?)
        }
        false => None,
    };
    let mut select = Query::select();
    select.expr(Expr::cust("id, at, user_id, key_id, ip, action, target, detail")).from("audit");
    filter(&mut select, list);
    if let Some(after) = list.after {
        select.and_where(Expr::col("id").lt(after.as_bytes().to_vec()));
    }
    select.limit(if list.limit == 0 { i64::MAX as u64 } else { list.limit }).offset(list.offset);
    // Ids begin with the time.
    select.order_by("id", Order::Desc);
    let mut items = Vec::new();
    Built::of(&select).for_each(conn, &mut |row| {
        items.push(read(&mut Columns::of(row))?);
        Ok(())
    })?;
    Ok(Listed { items, total })
}

fn filter(select: &mut SelectStatement, list: &AuditList) {
    let mut add = |condition: Option<Expr>| {
        if let Some(condition) = condition {
            select.and_where(condition);
        }
    };
    add(list.user.map(|id| Expr::col("user_id").eq(id.as_bytes().to_vec())));
    add(list.key.map(|id| Expr::col("key_id").eq(id.as_bytes().to_vec())));
    add(list.action.as_deref().map(|action| {
        let below = Expr::val(format!("{}.%", like_escape(action)));
        Expr::col("action").eq(action).or(Expr::cust_with_exprs("action LIKE ? ESCAPE '\\'", [below]))
    }));
    add(list.target.as_deref().map(|target| Expr::col("target").eq(target)));
    add(list.from.map(|at| Expr::col("at").gte(at.0)));
    add(list.before.map(|at| Expr::col("at").lt(at.0)));
}

fn read(c: &mut Columns<'_>) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        id: AuditId(c.uuid()?),
        at: c.millis()?,
        actor: Actor { user: c.maybe_uuid()?.map(UserId), key: c.maybe_uuid()?.map(KeyId), ip: c.take()? },
        action: c.take()?,
        target: c.take()?,
        detail: c.take()?,
    })
}
