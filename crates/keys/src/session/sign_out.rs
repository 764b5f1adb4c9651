//! Ending sessions: one, or all of a user.

use domain::{
    SessionId, UserId,
    decision::Allowed,
    secret::{Recipe, Secret},
    user::Session,
};
use store::UserPatch;

use super::{check_in_person, may_manage_users, renew::is_same_sign_in, whose};
use crate::{Keys, KeysError};

impl Keys {
    /// Ends the session of this token, if it is one of the caller's own.
    pub async fn sign_out(&self, allowed: &Allowed, token: &Secret) -> Result<(), KeysError> {
        // A session may be older than the pepper.
        for recipe in [Recipe::HmacSha256, Recipe::Sha256] {
            let Some(digest) = self.inner.digester.digest_as(recipe, token.expose()) else { continue };
            let session = self.store().session(digest).await?;
            if let Some(session) = session.filter(|s| Some(s.user) == allowed.principal().user) {
                return self.end_with_all_tokens(allowed, session).await;
            }
        }
        Err(KeysError::NotFound)
    }

    /// Whatever other token the same sign-in has, because this one was exchanged or came of an exchange.
    async fn end_with_all_tokens(&self, allowed: &Allowed, session: Session) -> Result<(), KeysError> {
        let others = self.store().sessions(Some(session.user), allowed.at()).await?;
        for other in others.iter().filter(|other| is_same_sign_in(&session, other)) {
            self.store().delete_session(other.digest).await?;
        }
        Ok(self.store().delete_session(session.digest).await?)
    }

    /// Ends all sessions of a user: the caller's own (`None`), or, for who may manage users, another's.
    pub async fn sign_out_everywhere(
        &self,
        allowed: &Allowed,
        user: Option<UserId>,
    ) -> Result<(), KeysError> {
        let user = whose(allowed, user)?;
        let patch = UserPatch { end_sessions: true, ..UserPatch::default() };
        self.store().patch_user(&allowed.actor(), user, patch).await?;
        Ok(())
    }

    /// Ends one session of the caller's own user, or, for who may manage users, of any.
    pub async fn end_session(&self, allowed: &Allowed, id: SessionId) -> Result<(), KeysError> {
        check_in_person(allowed)?;
        let of = match may_manage_users(allowed) {
            true => None,
            false => Some(allowed.principal().user.ok_or(KeysError::NotFound)?),
        };
        let sessions = self.store().sessions(of, allowed.at()).await?;
        let session = sessions.into_iter().find(|session| session.id == id).ok_or(KeysError::NotFound)?;
        Ok(self.store().delete_session(session.digest).await?)
    }
}
