//! Sessions: signing in with a password, and what ends it.

use std::net::IpAddr;

use domain::{
    SessionId, UserId,
    decision::Allowed,
    secret::Secret,
    user::{Session, User},
};

use crate::{Keys, KeysError};

mod password;

pub use password::{HashScheme, PasswordCost};

/// A session token is this and 43 base62 characters.
pub const SESSION_PREFIX: &str = "kws_";

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
        let _ = sign_in;
        todo!()
    }

    /// Ends the session of this token, if it is one of the caller's own.
    pub async fn sign_out(&self, allowed: &Allowed, token: &Secret) -> Result<(), KeysError> {
        let _ = (allowed, token);
        todo!()
    }

    /// Ends all sessions of a user: the caller's own (`None`), or, for who may manage users, another's.
    pub async fn sign_out_everywhere(
        &self,
        allowed: &Allowed,
        user: Option<UserId>,
    ) -> Result<(), KeysError> {
        let _ = (allowed, user);
        todo!()
    }

    /// The live sessions of a user, as in [`Keys::sign_out_everywhere`]. Newest first.
    pub async fn sessions(
        &self,
        allowed: &Allowed,
        user: Option<UserId>,
    ) -> Result<Vec<Session>, KeysError> {
        let _ = (allowed, user);
        todo!()
    }

    /// Ends one session of the caller's own user, or, for who may manage users, of any.
    pub async fn end_session(&self, allowed: &Allowed, id: SessionId) -> Result<(), KeysError> {
        let _ = (allowed, id);
        todo!()
    }
}
