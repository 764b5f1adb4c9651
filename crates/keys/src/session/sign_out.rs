//! Ending sessions: one, or all of a user.

use domain::{
    SessionId, UserId,
    decision::Allowed,
    secret::{Recipe, Secret},
};
use store::UserPatch;

use super::{check_in_person, may_manage_users, whose};
use crate::{Keys, KeysError};

impl Keys {
    /// Ends the session of this token, if it is one of the caller's own.
    pub async fn sign_out(&self, allowed: &Allowed, token: &Secret) -> Result<(), KeysError> {
        // A session may be older than the pepper.
        for recipe in [Recipe::HmacSha256, Recipe::Sha256] {
            let Some(digest) = self.inner.digester.digest_as(recipe, token.expose()) else { continue };
            let session = self.store().session(digest).await?;
            if session.is_some_and(|session| Some(session.user) == allowed.principal().user) {
                return Ok(self.store().delete_session(digest).await?);
            }
        }
        Err(KeysError::NotFound)
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
