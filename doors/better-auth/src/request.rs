//! One request, once everything that is the same for all routes has been done with it.

use std::{net::IpAddr, sync::Arc};

use axum::http::{HeaderMap, header::USER_AGENT};
use domain::{UserId, access::Op, decision::Allowed, secret::Secret};
use guard::{Call, Credential, PlaceName, profile::NATIVE};
use serde_json::Value;

use crate::{
    caller::{Caller, Who},
    check::Fields,
    failure::{self, Failure},
    state::Inner,
};

pub struct Request {
    pub inner: Arc<Inner>,
    pub caller: Caller,
    pub headers: HeaderMap,
    pub query: Value,
    /// `None`: no body came, or none that said what it is.
    pub body: Option<Value>,
    pub ip: Option<IpAddr>,
}

impl Request {
    pub fn body(&self) -> Fields<'_> {
        Fields::body(self.body.as_ref())
    }

    pub fn query(&self) -> Fields<'_> {
        Fields::query(&self.query)
    }

    /// Whoever is signed in: in person, or through a key that stands for a session.
    pub fn anybody(&self) -> Option<&Allowed> {
        match &self.caller.who {
            Who::Nobody => None,
            Who::Session { allowed, .. } | Who::Key { allowed, .. } => Some(allowed),
        }
    }

    pub fn signed_in(&self) -> Result<&Allowed, Failure> {
        self.anybody().ok_or_else(|| failure::UNAUTHORIZED.into())
    }

    /// Somebody signed in by themselves: what a key must never do in their name.
    pub fn in_person(&self) -> Result<(&Allowed, &Secret), Failure> {
        match &self.caller.who {
            Who::Nobody => Err(failure::UNAUTHORIZED.into()),
            Who::Session { allowed, token } => Ok((allowed, token)),
            Who::Key { .. } => Err(failure::KEY_CANNOT_DO_THIS.into()),
        }
    }

    /// The operator, by a root key as bearer: what the original only knows inside its own process.
    pub async fn server(&self, op: Op) -> Option<Allowed> {
        let credential = Credential::Key(self.caller.bearer_key.clone()?);
        let call = Call::new(op, PlaceName::Server);
        self.inner.guard.check(&NATIVE, &credential, self.ip, &call).await.ok()
    }

    /// [`Self::server`] for who may act for everybody.
    pub async fn operator(&self, op: Op) -> Option<Allowed> {
        self.server(op).await.filter(|allowed| allowed.principal().operator)
    }

    pub fn user_agent(&self) -> Option<String> {
        self.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }
}

/// The user a proof is about; there always is one behind a session.
pub fn user_of(allowed: &Allowed) -> Result<UserId, Failure> {
    allowed.principal().user.ok_or_else(|| failure::UNAUTHORIZED.into())
}
