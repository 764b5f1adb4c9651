//! Sessions of signed-in users. Looked up by digest; the token itself is nowhere here.

use domain::{Millis, OrgId, SessionId, UserId, secret::Digest, user::Session};
use rusqlite::{Connection, params};

use crate::{
    Change, Store, StoreError,
    sql::{self, Columns},
    writer::Tx,
};

use super::users;

impl Store {
    pub async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        self.write(move |tx| insert(tx, session)).await
    }

    /// Begins a session only if this is still the user's password hash, as it was when the password was
    /// verified. `false`: it is not, and nothing was written.
    pub async fn create_session_if(
        &self,
        session: Session,
        password_hash: String,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            if users::password(tx.conn, session.user)? != Some(password_hash) {
                return Ok(false);
            }
            insert(tx, session)?;
            Ok(true)
        })
        .await
    }

    /// Prolongs a session.
    pub async fn touch_session(
        &self,
        id: SessionId,
        at: Millis,
        expires_at: Millis,
    ) -> Result<Session, StoreError> {
        self.write(move |tx| {
            tx.execute(
                "UPDATE sessions SET updated_at = $1, expires_at = $2 WHERE id = $3",
                params![at.0, expires_at.0, id.as_bytes()],
            )?;
            let sql = format!("SELECT {COLUMNS} FROM sessions WHERE id = $1");
            let session = sql::first(tx.conn, &sql, [id.as_bytes()], read)?.ok_or(StoreError::NotFound)?;
            publish(tx, session.clone())?;
            Ok(session)
        })
        .await
    }

    /// Puts `new` in the place of a session, unless that has changed since it was last touched (`false`). The old
    /// one stays good until `grace_end`, or its own end.
    pub async fn replace_session(
        &self,
        old: Session,
        new: Session,
        grace_end: Millis,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let found = find(tx.conn, old.digest)?.ok_or(StoreError::NotFound)?;
            if found != old {
                return Ok(false);
            }
            let replaced =
                Session { updated_at: new.updated_at, expires_at: old.expires_at.min(grace_end), ..old };
            tx.execute(
                "UPDATE sessions SET updated_at = $1, expires_at = $2 WHERE id = $3",
                params![replaced.updated_at.0, replaced.expires_at.0, replaced.id.as_bytes()],
            )?;
            publish(tx, replaced)?;
            insert(tx, new)?;
            Ok(true)
        })
        .await
    }

    /// Which organization a session is about.
    pub async fn set_session_organization(
        &self,
        id: SessionId,
        organization: Option<OrgId>,
    ) -> Result<Session, StoreError> {
        self.write(move |tx| {
            tx.execute(
                "UPDATE sessions SET organization_id = $1 WHERE id = $2",
                params![organization.as_ref().map(OrgId::as_bytes), id.as_bytes()],
            )?;
            let sql = format!("SELECT {COLUMNS} FROM sessions WHERE id = $1");
            let session = sql::first(tx.conn, &sql, [id.as_bytes()], read)?.ok_or(StoreError::NotFound)?;
            publish(tx, session.clone())?;
            Ok(session)
        })
        .await
    }

    pub async fn session(&self, digest: Digest) -> Result<Option<Session>, StoreError> {
        self.read(move |conn| find(conn, digest)).await
    }

    /// Those not yet over at `now`; of one user or of all.
    pub async fn sessions(&self, of: Option<UserId>, now: Millis) -> Result<Vec<Session>, StoreError> {
        self.read(move |conn| {
            let (sql, user) = match of {
                Some(user) => ("expires_at > $1 AND user_id = $2", Some(user)),
                None => ("expires_at > $1 AND $2 IS NULL", None),
            };
            let sql = format!("SELECT {COLUMNS} FROM sessions WHERE {sql} ORDER BY created_at, id");
            sql::rows(conn, &sql, params![now.0, user.as_ref().map(UserId::as_bytes)], read)
        })
        .await
    }

    /// Gone already: nothing happens.
    pub async fn delete_session(&self, digest: Digest) -> Result<(), StoreError> {
        self.write(move |tx| end(tx, digest)).await
    }

    /// Ends all sessions of a user but one, if given. Answers how many.
    pub async fn delete_sessions_of(&self, user: UserId, but: Option<Digest>) -> Result<u64, StoreError> {
        self.write(move |tx| end_all(tx, user, but)).await
    }

    /// Deletes sessions that were over at `now`.
    pub async fn purge_sessions(&self, now: Millis) -> Result<u64, StoreError> {
        self.write(move |tx| {
            let sql = "SELECT digest FROM sessions WHERE expires_at <= $1";
            let over = sql::rows(tx.conn, sql, [now.0], |c| Ok(c.digest()?))?;
            over.iter().try_for_each(|digest| end(tx, *digest))?;
            Ok(over.len() as u64)
        })
        .await
    }
}

const COLUMNS: &str =
    "digest, id, user_id, created_at, updated_at, expires_at, ip, user_agent, organization_id";

fn read(c: &mut Columns<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        digest: c.digest()?,
        id: SessionId(c.uuid()?),
        user: UserId(c.uuid()?),
        created_at: c.millis()?,
        updated_at: c.millis()?,
        expires_at: c.millis()?,
        ip: c.take()?,
        user_agent: c.take()?,
        organization: c.maybe_uuid()?.map(OrgId),
    })
}

fn find(conn: &Connection, digest: Digest) -> Result<Option<Session>, StoreError> {
    sql::first(conn, &format!("SELECT {COLUMNS} FROM sessions WHERE digest = $1"), [digest.0], read)
}

pub(super) fn insert(tx: &mut Tx<'_>, session: Session) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sessions (digest, id, user_id, created_at, updated_at, expires_at, ip, user_agent,
           organization_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            session.digest.0,
            session.id.as_bytes(),
            session.user.as_bytes(),
            session.created_at.0,
            session.updated_at.0,
            session.expires_at.0,
            session.ip,
            session.user_agent,
            session.organization.as_ref().map(OrgId::as_bytes)
        ],
    )?;
    publish(tx, session)
}

fn publish(tx: &mut Tx<'_>, session: Session) -> Result<(), StoreError> {
    let id = session.id;
    tx.changed("session", id.as_bytes(), Change::Session(session))
}

fn end(tx: &mut Tx<'_>, digest: Digest) -> Result<(), StoreError> {
    let Some(session) = find(tx.conn, digest)? else { return Ok(()) };
    tx.execute("DELETE FROM sessions WHERE digest = $1", [digest.0])?;
    tx.changed("session", session.id.as_bytes(), Change::SessionGone(digest))
}

pub(super) fn end_all(tx: &mut Tx<'_>, user: UserId, but: Option<Digest>) -> Result<u64, StoreError> {
    let sql = "SELECT digest FROM sessions WHERE user_id = $1";
    let mut digests = sql::rows(tx.conn, sql, [user.as_bytes()], |c| Ok(c.digest()?))?;
    digests.retain(|digest| Some(*digest) != but);
    digests.iter().try_for_each(|digest| end(tx, *digest))?;
    Ok(digests.len() as u64)
}
