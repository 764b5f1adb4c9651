//! Links that let somebody set a new password once: kept by digest, until they are used or over, or the password
//! or the address they stand for is another. The link itself is nowhere here.

use domain::{Millis, UserId, audit::Actor, secret::Digest, user::User};
use rusqlite::{Connection, params};

use crate::{Store, StoreError, sql, writer::Tx};

use super::{UserPatch, users};

/// Of one user; the ones that end first make room.
const LINKS_PER_USER_MAX: i64 = 5;

impl Store {
    pub async fn create_password_link(
        &self,
        digest: Digest,
        user: UserId,
        expires_at: Millis,
    ) -> Result<(), StoreError> {
        self.write(move |tx| insert(tx, digest, user, expires_at)).await
    }

    /// Whose a link is that can still be used at `now`.
    pub async fn password_link(&self, digest: Digest, now: Millis) -> Result<Option<User>, StoreError> {
        self.read(move |conn| find(conn, digest, now)).await
    }

    /// Uses a link up: the user has this password hash from now on, all their sessions and other links are over.
    /// `None`: it cannot be used any more, and nothing was written.
    pub async fn use_password_link(
        &self,
        digest: Digest,
        password_hash: String,
    ) -> Result<Option<User>, StoreError> {
        self.write(move |tx| {
            let Some(user) = find(tx.conn, digest, tx.now)? else { return Ok(None) };
            let patch = UserPatch {
                password_hash: Some(Some(password_hash)),
                end_sessions: true,
                ..UserPatch::default()
            };
            // Takes this link with it, and every other one.
            let user = users::patch_user(tx, &Actor::default(), user.id, &patch)?;
            tx.audit(&Actor::default(), "user.password_link", &format!("user/{}", user.id), None)?;
            Ok(Some(user))
        })
        .await
    }
}

fn insert(tx: &Tx<'_>, digest: Digest, user: UserId, expires_at: Millis) -> Result<(), StoreError> {
    users::find(tx.conn, user)?.ok_or(StoreError::NotFound)?;
    tx.execute("DELETE FROM password_links WHERE expires_at <= $1", [tx.now.0])?;
    tx.execute(
        "DELETE FROM password_links WHERE user_id = $1 AND digest NOT IN (SELECT digest FROM password_links
           WHERE user_id = $1 ORDER BY expires_at DESC, digest LIMIT $2)",
        params![user.as_bytes(), LINKS_PER_USER_MAX - 1],
    )?;
    tx.execute(
        "INSERT INTO password_links (digest, user_id, expires_at) VALUES ($1, $2, $3)",
        params![digest.0, user.as_bytes(), expires_at.0],
    )?;
    Ok(())
}

/// Only of users who may come in.
fn find(conn: &Connection, digest: Digest, now: Millis) -> Result<Option<User>, StoreError> {
    let sql = "SELECT user_id FROM password_links WHERE digest = $1 AND expires_at > $2";
    let user = sql::first(conn, sql, params![digest.0, now.0], |c| Ok(UserId(c.uuid()?)))?;
    let user = user.map(|id| users::find(conn, id)).transpose()?.flatten();
    Ok(user.filter(|user| user.active))
}

/// All links of a user.
pub(super) fn forget(conn: &Connection, user: UserId) -> Result<(), StoreError> {
    sql::execute(conn, "DELETE FROM password_links WHERE user_id = $1", [user.as_bytes()])?;
    Ok(())
}
