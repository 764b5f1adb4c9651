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

use super::{
    password::Verified,
    throttle::{Account, Attempt},
};
use crate::{Keys, KeysError, NewUser};

/// A session token is this and 43 base62 characters (256 bits).
pub const SESSION_PREFIX: &str = "kws_";
const TOKEN_CHARS: usize = 43;
/// Of what a browser says about itself.
const USER_AGENT_CHARS_MAX: usize = 255;
/// Once more after a hash that was replaced in the meantime.
const HASHES_TRIED_MAX: usize = 2;

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
        self.sign_in_for(sign_in, limits::SESSION_LIFE_MS).await
    }

    /// The same, with a session of another length.
    pub async fn sign_in_for(&self, sign_in: SignIn, life_ms: i64) -> Result<SignedIn, KeysError> {
        let SignIn { account, password, ip, user_agent } = sign_in;
        if account.trim().is_empty() {
            return Err(KeysError::invalid("account", "is needed: an email address or a username"));
        }
        // Before anything is looked at: whatever ends sessions from now on ends the one that begins here.
        let now = self.inner.clock.now();
        let user = self.named_user(account.trim()).await?;
        let counted = user.as_ref().map_or(Account::Typed(account.trim()), |user| Account::Known(user.id));
        let attempt = self.begin(counted, ip, now)?;
        let opened = self.open(user, &password, |user| {
            let (session, token) = self.new_session(user, ip, user_agent.clone(), now);
            (Session { expires_at: now.plus(life_ms), ..session }, token)
        });
        match opened.await {
            Ok(Some(signed_in)) => {
                self.inner.throttle.succeeded(attempt);
                Ok(signed_in)
            }
            Ok(None) => {
                tracing::info!("sign-in refused");
                Err(KeysError::WrongCredentials)
            }
            Err(error) => {
                self.inner.throttle.abandoned(attempt);
                Err(error)
            }
        }
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

    /// The old password of a user who is signed in: counted like a sign-in. Answers the hash it was verified by.
    pub(crate) async fn check_attempt(
        &self,
        user: &User,
        ip: Option<IpAddr>,
        now: Millis,
        password: &Secret,
    ) -> Result<String, KeysError> {
        let attempt = self.begin(Account::Known(user.id), ip, now)?;
        match self.verify_stored(Some(user), password).await {
            Ok((Verified::Right | Verified::RightButOld, Some(hash))) => {
                self.inner.throttle.succeeded(attempt);
                Ok(hash)
            }
            Ok(_) => Err(KeysError::WrongCredentials),
            Err(error) => {
                self.inner.throttle.abandoned(attempt);
                Err(error)
            }
        }
    }

    fn begin(&self, account: Account<'_>, ip: Option<IpAddr>, now: Millis) -> Result<Attempt, KeysError> {
        let ip = ip.filter(|_| self.inner.slow_addresses);
        let attempt = self.inner.throttle.begin(account, ip, now);
        attempt.map_err(|retry_after_ms| KeysError::TooManyAttempts { retry_after_ms })
    }

    async fn named_user(&self, account: &str) -> Result<Option<User>, KeysError> {
        Ok(match account.contains('@') {
            true => self.store().user_by_email(&account.to_lowercase()).await?,
            false => self.store().user_by_username(account).await?,
        })
    }

    /// What verifying tells, and the hash it was done by. Always one hash of work.
    async fn verify_stored(
        &self,
        user: Option<&User>,
        password: &Secret,
    ) -> Result<(Verified, Option<String>), KeysError> {
        let stored = match user {
            Some(user) => self.store().password_hash(user.id).await?,
            None => None,
        };
        Ok((self.inner.passwords.verify(password, stored.clone()).await?, stored))
    }

    /// A session, when the account exists, is active and has this password still when the session begins.
    async fn open(
        &self,
        user: Option<User>,
        password: &Secret,
        session: impl Fn(&User) -> (Session, Secret),
    ) -> Result<Option<SignedIn>, KeysError> {
        // While it is verified, the password may be changed, or only hashed anew: then the new hash decides.
        for _ in 0..HASHES_TRIED_MAX {
            let (verified, stored) = self.verify_stored(user.as_ref(), password).await?;
            let user = user.as_ref().filter(|user| user.active && verified != Verified::Wrong);
            let (Some(user), Some(hash)) = (user, stored) else { return Ok(None) };
            let (session, token) = session(user);
            if !self.store().create_session_if(session.clone(), hash.clone()).await? {
                continue;
            }
            tracing::info!(user = %user.id, "signed in");
            if verified == Verified::RightButOld {
                self.renew_hash(user, password, hash).await;
            }
            return Ok(Some(SignedIn { session, user: user.clone(), token }));
        }
        Ok(None)
    }

    /// The same password at today's cost. The next sign-in does it when this one cannot.
    async fn renew_hash(&self, user: &User, password: &Secret, old: String) {
        let Ok(new) = self.inner.passwords.hash(password, self.entropy()).await else { return };
        let by = Actor { user: Some(user.id), ..Actor::default() };
        // A password changed in the meantime stays.
        let patch =
            UserPatch { password_hash: Some(Some(new)), password_was: Some(old), ..UserPatch::default() };
        if let Err(error) = self.store().patch_user(&by, user.id, patch).await {
            tracing::debug!(user = %user.id, %error, "the password hash was not renewed");
        }
    }

    pub(super) fn new_token(&self) -> Secret {
        Secret::new(format!("{SESSION_PREFIX}{}", random_text(TOKEN_CHARS, BASE62, self.entropy())))
    }

    /// For who has proved already who they are.
    async fn begin_session(
        &self,
        user: User,
        ip: Option<IpAddr>,
        user_agent: Option<String>,
        now: Millis,
    ) -> Result<SignedIn, KeysError> {
        let (session, token) = self.new_session(&user, ip, user_agent, now);
        self.store().create_session(session.clone()).await?;
        tracing::info!(user = %user.id, "signed in");
        Ok(SignedIn { session, user, token })
    }

    fn new_session(
        &self,
        user: &User,
        ip: Option<IpAddr>,
        user_agent: Option<String>,
        now: Millis,
    ) -> (Session, Secret) {
        let token = self.new_token();
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
        (session, token)
    }
}
