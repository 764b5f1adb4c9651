//! Exchanging the token of a session for a new one. It stays the same sign-in: it began when it began, and whatever
//! ends it ends it with every token it had.

use domain::{
    Millis, SessionId,
    decision::Allowed,
    limits::SESSION_GRACE_MS,
    secret::{Recipe, Secret},
    user::Session,
};

use crate::{Keys, KeysError};

/// What came of the wish for a new token.
#[derive(Clone, Debug)]
pub enum Renewed {
    /// Shown once; only its digest is kept.
    Now(Secret),
    /// Another request was first: the new token is on its way with that one's answer.
    Already,
}

impl Keys {
    /// A new token for the session of this one, which must be the caller's own. The old one stays good for
    /// [`SESSION_GRACE_MS`], and of several who ask at once one is answered.
    pub async fn renew_session(
        &self,
        allowed: &Allowed,
        token: &Secret,
        ends: Millis,
    ) -> Result<Renewed, KeysError> {
        let old = self.session(allowed, token).await?;
        if was_renewed(&old) {
            return Ok(Renewed::Already);
        }
        let (new, at) = (self.new_token(), allowed.at());
        let session = Session {
            id: SessionId::new(at, self.entropy()),
            digest: self.inner.digester.digest(new.expose()),
            updated_at: at,
            expires_at: ends,
            ip: allowed.ip().map(|ip| ip.to_string()).or_else(|| old.ip.clone()),
            ..old.clone()
        };
        let done = self.store().replace_session(old, session, at.plus(SESSION_GRACE_MS)).await?;
        Ok(if done { Renewed::Now(new) } else { Renewed::Already })
    }

    /// Whether this is the token of a session that has another one by now. For telling why it is refused; it is no
    /// way to find sessions: who asks holds the token.
    pub async fn session_was_renewed(&self, token: &Secret) -> Result<bool, KeysError> {
        for recipe in [Recipe::HmacSha256, Recipe::Sha256] {
            let Some(digest) = self.inner.digester.digest_as(recipe, token.expose()) else { continue };
            if let Some(session) = self.store().session(digest).await? {
                return Ok(was_renewed(&session));
            }
        }
        Ok(false)
    }
}

/// An exchange is what leaves a session that ends so soon after it was touched.
fn was_renewed(session: &Session) -> bool {
    session.updated_at > session.created_at
        && session.expires_at.since(session.updated_at) <= SESSION_GRACE_MS
}

/// Whether `other` is the same sign-in under another token, before or after an exchange.
pub(super) fn is_same_sign_in(ended: &Session, other: &Session) -> bool {
    let together = other.user == ended.user && other.created_at == ended.created_at;
    together && (was_renewed(other) || (was_renewed(ended) && other.updated_at >= ended.updated_at))
}
