//! Which sessions a user has.

use domain::{UserId, decision::Allowed, user::Session};

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
}
