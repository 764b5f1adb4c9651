//! The change feed: an ordered position for everything that can change a decision, written in the
//! transaction of the change, and handed to subscribers between its commit and its answer.

use std::sync::Arc;

use domain::{
    RoleId, UserId,
    catalog::Catalog,
    key::{Key, KeySecret},
    secret::Digest,
    user::{Role, Session, User},
};

use crate::{Store, StoreError, sql};

/// A key with its live secrets. Of a key that is gone: no secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveKey {
    pub key: Key,
    pub secrets: Vec<KeySecret>,
}

/// What changed, with the state after it.
#[derive(Clone, Debug)]
pub enum Change {
    /// Also for a key that was revoked: its `gone` is set and it has no secrets.
    Key(LiveKey),
    User(User),
    UserGone(UserId),
    Role(Role),
    RoleGone(RoleId),
    Session(Session),
    SessionGone(Digest),
    Catalog(Arc<Catalog>),
}

/// Who follows the feed.
pub type Subscriber = Box<dyn Fn(&Change) + Send + Sync>;

/// One row of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    pub position: i64,
    /// `key`, `user`, `role`, `session`, `catalog`.
    pub kind: String,
    /// Id of the changed thing; empty for the catalog.
    pub id: Vec<u8>,
}

impl Store {
    /// Calls `each` for every change from now on, on the writer thread: after the commit, before the writer of
    /// the change has its answer. Must be quick and must not call the store and wait.
    pub fn subscribe(&self, each: Subscriber) {
        self.shared().subscribe(each);
    }

    /// Feed rows after `position`, oldest first.
    pub async fn feed(&self, after: i64, limit: u64) -> Result<Vec<FeedEntry>, StoreError> {
        self.read(move |conn| {
            let sql = "SELECT position, kind, id FROM feed WHERE position > $1 ORDER BY position LIMIT $2";
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            sql::rows(conn, sql, [after, limit], |c| {
                Ok(FeedEntry { position: c.take()?, kind: c.take()?, id: c.take()? })
            })
        })
        .await
    }
}
