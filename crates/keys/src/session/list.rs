//! Which sessions a user has, and what they change about their own.

use domain::{
    Millis, OrgId, SessionId, UserId,
    decision::Allowed,
    limits,
    secret::{Recipe, Secret},
    user::Session,
};

use super::whose;
use crate::{Keys, KeysError};

impl Keys {
    /// The live sessions of a user, newest first: the caller's own (`None`), or, for who may manage users,
    /// another's.
    pub async fn sessions(&self, allowed: &Allowed, user: Option<UserId>) -> Result<Vec<Session>, KeysError> {
        let user = whose(allowed, user)?;
        let mut sessions = self.store().sessions(Some(user), allowed.at()).await?;
        sessions.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(sessions)
    }

    /// The session of this token, if it is one of the caller's own.
    pub async fn session(&self, allowed: &Allowed, token: &Secret) -> Result<Session, KeysError> {
        // A session may be older than the pepper.
        for recipe in [Recipe::HmacSha256, Recipe::Sha256] {
            let Some(digest) = self.inner.digester.digest_as(recipe, token.expose()) else { continue };
            let session = self.store().session(digest).await?;
            if let Some(session) = session.filter(|session| Some(session.user) == allowed.principal().user) {
                return Ok(session);
            }
        }
        Err(KeysError::NotFound)
    }

    /// Moves the end of one of the caller's own sessions; never further away than a new one's.
    pub async fn set_session_end(
        &self,
        allowed: &Allowed,
        id: SessionId,
        end: Millis,
    ) -> Result<Session, KeysError> {
        let id = self.own_session(allowed, id).await?;
        let end = end.min(allowed.at().plus(limits::SESSION_LIFE_MS));
        Ok(self.store().touch_session(id, allowed.at(), end).await?)
    }

    /// Which organization one of the caller's own sessions is about; one they belong to, or none.
    pub async fn set_session_organization(
        &self,
        allowed: &Allowed,
        id: SessionId,
        organization: Option<OrgId>,
    ) -> Result<Session, KeysError> {
        let id = self.own_session(allowed, id).await?;
        if let Some(organization) = organization {
            self.organization(allowed, organization).await?;
        }
        Ok(self.store().set_session_organization(id, organization).await?)
    }

    async fn own_session(&self, allowed: &Allowed, id: SessionId) -> Result<SessionId, KeysError> {
        if allowed.principal().key_kind.is_some() {
            return Err(KeysError::not_allowed("a key cannot change sessions"));
        }
        let sessions = self.sessions(allowed, None).await?;
        sessions.iter().any(|session| session.id == id).then_some(id).ok_or(KeysError::NotFound)
    }
}
