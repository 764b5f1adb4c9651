//! A person changes their own password.

use domain::{decision::Allowed, secret::Secret};
use store::{StoreError, UserPatch};

use crate::{Keys, KeysError, check};

impl Keys {
    /// Knowing the old one. All sessions end, the one that asks too; keys cannot do this.
    pub async fn change_password(
        &self,
        allowed: &Allowed,
        old: Secret,
        new: Secret,
    ) -> Result<(), KeysError> {
        self.replace_password(allowed, old, new, true).await
    }

    /// The same for dialects in which the sessions go on.
    pub async fn change_password_only(
        &self,
        allowed: &Allowed,
        old: Secret,
        new: Secret,
    ) -> Result<(), KeysError> {
        self.replace_password(allowed, old, new, false).await
    }

    async fn replace_password(
        &self,
        allowed: &Allowed,
        old: Secret,
        new: Secret,
        end_sessions: bool,
    ) -> Result<(), KeysError> {
        let user = self.me(allowed).await?;
        // A key that could would turn into everything its owner is.
        if allowed.principal().key_kind.is_some() {
            return Err(KeysError::not_allowed("a key cannot change a password"));
        }
        // Checked first: a wrong new password must not cost an attempt.
        check::password(&new)?;
        let verified = self.check_attempt(&user, allowed.ip(), allowed.at(), &old).await?;
        let patch = UserPatch {
            password_hash: Some(Some(self.hash_new_password(&new).await?)),
            // Of two who know the old password, the second finds that it is the old one no more.
            password_was: Some(verified),
            end_sessions,
            ..UserPatch::default()
        };
        match self.store().patch_user(&allowed.actor(), user.id, patch).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict(_)) => Err(KeysError::WrongCredentials),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn hash_new_password(&self, password: &Secret) -> Result<String, KeysError> {
        check::password(password)?;
        self.inner.passwords.hash(password, self.entropy()).await
    }
}
