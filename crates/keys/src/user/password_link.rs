//! A new password for who lost the old one: a link that sets one, once and for an hour. It is given to who may
//! manage the user, or sent to the user's own address. Only its digest is kept; whoever holds the link is believed.

use std::net::IpAddr;

use domain::{
    Millis, UserId,
    decision::Allowed,
    limits,
    secret::{BASE62, Secret, random_text},
    user::User,
};

use crate::{Keys, KeysError, check, session::Account};

/// 43 base62 characters are 256 bits.
const TOKEN_CHARS: usize = 43;
const PREFIX: &str = "kwp_";

/// What sets a new password.
#[derive(Clone, Debug)]
pub struct PasswordLink {
    /// Shown once.
    pub token: Secret,
    pub expires_at: Millis,
}

impl Keys {
    /// For who may manage the user (and could as well set a password), to be handed over by other means.
    pub async fn password_link(&self, allowed: &Allowed, id: UserId) -> Result<PasswordLink, KeysError> {
        let caller = self.caller(allowed).await?;
        let user = self.manageable_user(&caller, id).await?;
        if !user.active {
            return Err(KeysError::not_allowed("the user is disabled"));
        }
        let link = self.new_password_link(user.id).await?;
        self.note(allowed, "user.password_link.create", format!("user/{}", user.id)).await?;
        Ok(link)
    }

    /// Counts a stranger's wish for a letter to this address. The answer does not depend on whether there is such
    /// an account; too many: `TooManyAttempts`.
    pub fn count_lost_password(&self, email: &str, ip: Option<IpAddr>) -> Result<(), KeysError> {
        let ip = ip.filter(|_| self.inner.slow_addresses);
        let counted = self.inner.letters.begin(Account::Typed(email.trim()), ip, self.inner.clock.now());
        counted.map(|_| ()).map_err(|retry_after_ms| KeysError::TooManyAttempts { retry_after_ms })
    }

    /// A link to be sent to the address of this account, and nowhere else. `None`: there is no such account, it is
    /// disabled, or it has no password to be lost. How long this takes tells which: nobody must wait for it.
    pub async fn password_link_for(&self, email: &str) -> Result<Option<(User, PasswordLink)>, KeysError> {
        let user = self.store().user_by_email(&email.trim().to_lowercase()).await?;
        let Some(user) = user.filter(|user| user.active && user.email.is_some()) else { return Ok(None) };
        if self.store().password_hash(user.id).await?.is_none() {
            return Ok(None);
        }
        let link = self.new_password_link(user.id).await?;
        Ok(Some((user, link)))
    }

    /// Whether a link can still be used.
    pub async fn password_link_holds(&self, token: &Secret) -> Result<bool, KeysError> {
        let digest = self.inner.digester.digest(token.expose());
        Ok(self.store().password_link(digest, self.inner.clock.now()).await?.is_some())
    }

    /// Sets the password, ends all sessions of the user, and voids the link. One that cannot be used (any more):
    /// `WrongCredentials`. A password that cannot be accepted does not use it up.
    pub async fn use_password_link(&self, token: &Secret, new: Secret) -> Result<User, KeysError> {
        // Before the costly hash, so that nobody without a link can have one made.
        if !self.password_link_holds(token).await? {
            return Err(KeysError::WrongCredentials);
        }
        check::password(&new)?;
        let hash = self.hash_new_password(&new).await?;
        let digest = self.inner.digester.digest(token.expose());
        // Of two at once, the second finds it used.
        let user = self.store().use_password_link(digest, hash).await?.ok_or(KeysError::WrongCredentials)?;
        tracing::info!(user = %user.id, "a password was set by link");
        Ok(user)
    }

    async fn new_password_link(&self, user: UserId) -> Result<PasswordLink, KeysError> {
        let token = Secret::new(format!("{PREFIX}{}", random_text(TOKEN_CHARS, BASE62, self.entropy())));
        let expires_at = self.inner.clock.now().plus(limits::PASSWORD_LINK_LIFE_MS);
        let digest = self.inner.digester.digest(token.expose());
        self.store().create_password_link(digest, user, expires_at).await?;
        Ok(PasswordLink { token, expires_at })
    }
}
