//! The end of a user, and the rule that somebody stays who can administer the server.

use domain::{UserId, decision::Allowed, user::User};
use store::UserList;

use crate::{Keys, KeysError};

/// Users looked at in one go while searching for root.
const BATCH: u64 = 1_000;

impl Keys {
    /// Removes the user and revokes their keys. The last active root user stays.
    pub async fn delete_user(&self, allowed: &Allowed, id: UserId) -> Result<(), KeysError> {
        let caller = self.caller(allowed).await?;
        let user = self.manageable_user(&caller, id).await?;
        let _decided = self.inner.last_root.lock().await;
        self.check_not_last_root(&user).await?;
        self.store().delete_user(&allowed.actor(), id).await?;
        tracing::info!(user = %id, "user deleted");
        Ok(())
    }

    /// Hold `last_root` from here until the change is written.
    pub(super) async fn check_not_last_root(&self, user: &User) -> Result<(), KeysError> {
        if !user.root || !user.active || self.another_root(Some(user.id)).await? {
            return Ok(());
        }
        Err(KeysError::not_allowed(
            "the last active root user must stay: nobody else could administer the server",
        ))
    }

    /// Whether there is an active root user besides `but`.
    pub(crate) async fn another_root(&self, but: Option<UserId>) -> Result<bool, KeysError> {
        let mut offset = 0;
        loop {
            let list = UserList { active: Some(true), offset, limit: BATCH, ..UserList::default() };
            let users = self.store().users(list).await?.items;
            if users.iter().any(|user| user.root && Some(user.id) != but) {
                return Ok(true);
            }
            if (users.len() as u64) < BATCH {
                return Ok(false);
            }
            offset += BATCH;
        }
    }
}
