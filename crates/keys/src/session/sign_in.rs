//! Signing in. A wrong account and a wrong password take the same time and give the same answer.

use std::net::IpAddr;

use domain::{
    Millis, SessionId,
    audit::Actor,
    decision::Allowed,
    limits,
    secret::{BASE62, Secret, random_text},
    user::{Session, User},
};
use store::UserPatch;

use super::password::Verified;
use crate::{Keys, KeysError, NewUser};

/// A session token is this and 43 base62 characters (256 bits).
pub const SESSION_PREFIX: &str = "kws_";
const TOKEN_CHARS: usize = 43;
/// Of what a browser says about itself.
const USER_AGENT_CHARS_MAX: usize = 255;

#[derive(Clone, Debug)]
pub struct SignIn {
    /// Email or username.
    pub account: String,
    pub password: Secret,
    /// Where from; failures are counted per address too.
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

#[derive(Clone, Debug)]
pub struct SignedIn {
    pub session: Session,
    pub user: User,
    /// Shown once; only its digest is kept.
    pub token: Secret,
}

impl Keys {
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, KeysError> {
        let SignIn { account, password, ip, user_agent } = sign_in;
        if account.trim().is_empty() {
            return Err(KeysError::invalid("account", "is needed: an email address or a username"));
        }
        let now = self.inner.clock.now();
        let attempt = self.begin(&account, ip, now)?;
        let found = self.find_and_verify(account.trim(), &password).await;
        let user = match found {
            Ok(Some(user)) => user,
            Ok(None) => {
                tracing::info!("sign-in refused");
                return Err(KeysError::WrongCredentials);
            }
            Err(error) => {
                self.inner.throttle.abandoned(attempt);
                return Err(error);
            }
        };
        self.inner.throttle.succeeded(attempt);
        self.begin_session(user, ip, user_agent, now).await
    }

    /// [`Keys::sign_up`], and at once a session of the new user.
    pub async fn sign_up_and_in(
        &self,
        new: NewUser,
        ip: Option<IpAddr>,
        user_agent: Option<String>,
    ) -> Result<SignedIn, KeysError> {
        let user = self.sign_up(new).await?;
        self.begin_session(user, ip, user_agent, self.inner.clock.now()).await
    }

    /// Another session for who is signed in already. Keys cannot: a session is more than any of them.
    pub async fn another_session(
        &self,
        allowed: &Allowed,
        user_agent: Option<String>,
    ) -> Result<SignedIn, KeysError> {
        if allowed.principal().key_kind.is_some() {
            return Err(KeysError::not_allowed("a key cannot sign in"));
        }
        let user = self.me(allowed).await?;
        // Never before the moment that ended all others.
        let now = self.inner.clock.now().max(allowed.at());
        self.begin_session(user, allowed.ip(), user_agent, now).await
    }

    /// The old password of a user who is signed in: counted like a sign-in.
    pub(crate) async fn check_attempt(
        &self,
        user: &User,
        ip: Option<IpAddr>,
        now: Millis,
        password: &Secret,
    ) -> Result<(), KeysError> {
        let attempt = self.begin(&user.id.to_string(), ip, now)?;
        let stored = self.store().password_hash(user.id).await?;
        match self.inner.passwords.verify(password, stored).await? {
            Verified::Wrong => Err(KeysError::WrongCredentials),
            Verified::Right | Verified::RightButOld => {
                self.inner.throttle.succeeded(attempt);
                Ok(())
            }
        }
    }

    fn begin(
        &self,
        account: &str,
        ip: Option<IpAddr>,
        now: Millis,
    ) -> Result<super::throttle::Attempt, KeysError> {
        let ip = ip.filter(|_| self.inner.slow_addresses);
        let attempt = self.inner.throttle.begin(account.trim(), ip, now);
        attempt.map_err(|retry_after_ms| KeysError::TooManyAttempts { retry_after_ms })
    }

    /// The user, when the account exists, is active and has this password. Always one hash of work.
    async fn find_and_verify(&self, account: &str, password: &Secret) -> Result<Option<User>, KeysError> {
        let user = match account.contains('@') {
            true => self.store().user_by_email(&account.to_lowercase()).await?,
            false => self.store().user_by_username(account).await?,
        };
        let stored = match &user {
            Some(user) => self.store().password_hash(user.id).await?,
            None => None,
        };
        let verified = self.inner.passwords.verify(password, stored).await?;
        let Some(user) = user.filter(|user| user.active && verified != Verified::Wrong) else {
            return Ok(None);
        };
        if verified == Verified::RightButOld {
            let password_hash = Some(Some(self.inner.passwords.hash(password, self.entropy()).await?));
            let by = Actor { user: Some(user.id), ..Actor::default() };
            self.store()
                .patch_user(&by, user.id, UserPatch { password_hash, ..UserPatch::default() })
                .await?;
        }
        Ok(Some(user))
    }

    async fn begin_session(
        &self,
        user: User,
        ip: Option<IpAddr>,
        user_agent: Option<String>,
        now: Millis,
    ) -> Result<SignedIn, KeysError> {
        let token = format!("{SESSION_PREFIX}{}", random_text(TOKEN_CHARS, BASE62, self.entropy()));
        let token = Secret::new(token);
        let session = Session {
            id: SessionId::new(now, self.entropy()),
            digest: self.inner.digester.digest(token.expose()),
            user: user.id,
            created_at: now,
            updated_at: now,
            expires_at: now.plus(limits::SESSION_LIFE_MS),
            ip: ip.map(|ip| ip.to_string()),
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect()),
            organization: None,
        };
        self.store().create_session(session.clone()).await?;
        tracing::info!(user = %user.id, "signed in");
        Ok(SignedIn { session, user, token })
    }
}
