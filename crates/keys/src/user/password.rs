//! A person changes their own password.

use domain::{decision::Allowed, secret::Secret};
use store::UserPatch;

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
        self.check_attempt(&user, allowed.ip(), allowed.at(), &old).await?;
        let password_hash = Some(Some(self.hash_new_password(&new).await?));
        let sessions_valid_from = end_sessions.then_some(allowed.at());
        let patch = UserPatch { password_hash, sessions_valid_from, ..UserPatch::default() };
        self.store().patch_user(&allowed.actor(), user.id, patch).await?;
        if end_sessions {
            self.store().delete_sessions_of(user.id, None).await?;
        }
        Ok(())
    }

    pub(crate) async fn hash_new_password(&self, password: &Secret) -> Result<String, KeysError> {
        check::password(password)?;
        self.inner.passwords.hash(password, self.entropy()).await
    }
}
