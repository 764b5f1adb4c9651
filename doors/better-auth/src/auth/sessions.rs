//! Which session this is, which others there are, and ending them. Tokens of other sessions are known to
//! nobody, this server included: each is called by a handle that can only end it.

use axum::http::header::{CACHE_CONTROL, PRAGMA};
use domain::{
    KeyId, Millis, SessionId,
    decision::Allowed,
    limits::SESSION_LIFE_MS,
    secret::Secret,
    time::DAY_MS,
    user::{Session, User},
};
use guard::{Call, Credential};
use keys::KeysError;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    caller::Who,
    failure::{self, Failure},
    kept::Kept,
    organizations::called,
    profile::SESSION,
    record,
    request::Request,
    state::Inner,
};

/// A handle is this and the id of the session. No session token begins like it.
const HANDLE: &str = "session:";

/// The proof for a token that was just made.
pub async fn proof(request: &Request, token: &Secret) -> Result<Allowed, Failure> {
    let credential = Credential::Session(token.clone());
    let checked = request.inner.guard.check(&SESSION, &credential, request.ip, &Call::who()).await;
    checked.map_err(|_| failure::UNAUTHORIZED.into())
}

pub async fn post(_request: &Request) -> Result<Answer, Failure> {
    Err(failure::METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED.into())
}

pub async fn get(request: &Request) -> Result<Answer, Failure> {
    let inner = &request.inner;
    match &request.caller.who {
        Who::Nobody => {
            let answer = private(Answer::new(Value::Null));
            Ok(if request.caller.presented { answer.headers(inner.signer.end()) } else { answer })
        }
        Who::Key { allowed, token } => {
            let user = inner.keys.me(allowed).await?;
            let session = json!({
                "id": allowed.principal().key.map(|id| key_id(inner, id)),
                "token": token.expose(),
                "userId": record::user_id(&user),
                "userAgent": request.user_agent(),
                "ipAddress": request.ip.map(|ip| ip.to_string()),
                "createdAt": record::date(allowed.at()),
                "updatedAt": record::date(allowed.at()),
                "expiresAt": record::date(allowed.principal().expires_at.unwrap_or(allowed.at().plus(SESSION_LIFE_MS))),
            });
            Ok(private(Answer::new(json!({ "session": session, "user": record::user(&user) }))))
        }
        Who::Session { allowed, token } => {
            let user = inner.keys.me(allowed).await?;
            let session = inner.keys.session(allowed, token).await?;
            let (session, prolonged) = prolong(request, allowed, session).await?;
            let shown = shown(inner, allowed, &session, token.expose(), &user).await?;
            let body = json!({ "session": shown, "user": record::user(&user) });
            let answer = private(Answer::new(body));
            let max_age_s = session.expires_at.since(allowed.at()).div_euclid(1_000);
            Ok(if prolonged { answer.headers(inner.signer.begin(token, Some(max_age_s))) } else { answer })
        }
    }
}

fn private(answer: Answer) -> Answer {
    answer.header(CACHE_CONTROL, "no-store").header(PRAGMA, "no-cache")
}

/// A session in use goes on, a day after it was last prolonged; one that is not remembered does not.
async fn prolong(request: &Request, allowed: &Allowed, session: Session) -> Result<(Session, bool), Failure> {
    let off = request.query.get("disableRefresh").and_then(Value::as_str) == Some("true");
    let young = allowed.at().since(session.updated_at) < DAY_MS;
    if off || young || request.inner.signer.forgets(&request.headers) {
        return Ok((session, false));
    }
    let end = allowed.at().plus(SESSION_LIFE_MS);
    Ok((request.inner.keys.set_session_end(allowed, session.id, end).await?, true))
}

pub async fn list(request: &Request) -> Result<Answer, Failure> {
    let (allowed, token) = request.in_person()?;
    let keys = &request.inner.keys;
    let own = keys.session(allowed, token).await?;
    check_fresh(&request.inner, &own, allowed.at())?;
    let (user, sessions) = (keys.me(allowed).await?, keys.sessions(allowed, None).await?);
    let mut all = Vec::with_capacity(sessions.len());
    for session in &sessions {
        let handle = format!("{HANDLE}{}", session.id);
        let token = if session.id == own.id { token.expose() } else { handle.as_str() };
        all.push(shown(&request.inner, allowed, session, token, &user).await?);
    }
    Ok(Answer::new(Value::Array(all)))
}

/// The session as the wire shows it; which organization it is about only where there are any.
async fn shown(
    inner: &Inner,
    allowed: &Allowed,
    session: &Session,
    token: &str,
    user: &User,
) -> Result<Value, Failure> {
    let organization = match inner.settings.organizations {
        true => Some(called(inner, allowed, session.organization).await?),
        false => None,
    };
    Ok(record::session(session, token, user, organization))
}

/// What a key is called here.
fn key_id(inner: &Inner, id: KeyId) -> String {
    let old = inner.guard.key(id).and_then(|key| Kept::read(key.extra()).old_id);
    old.unwrap_or_else(|| id.to_string())
}

fn check_fresh(inner: &Inner, session: &Session, now: Millis) -> Result<(), Failure> {
    let within_ms = inner.settings.fresh_age_ms;
    match within_ms == 0 || now.since(session.created_at) < within_ms {
        true => Ok(()),
        false => Err(failure::SESSION_NOT_FRESH.into()),
    }
}

/// By token or by handle. What is not the caller's is left alone, and nobody is told.
pub async fn revoke(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    let token = fields.text("token");
    fields.finish()?;
    let (allowed, _) = request.in_person()?;
    let keys = &request.inner.keys;
    let ended = match token.strip_prefix(HANDLE).and_then(|id| id.parse::<SessionId>().ok()) {
        Some(id) => match keys.sessions(allowed, None).await?.iter().any(|session| session.id == id) {
            true => keys.end_session(allowed, id).await,
            false => Ok(()),
        },
        None => keys.sign_out(allowed, &Secret::new(token)).await,
    };
    match ended {
        Ok(()) | Err(KeysError::NotFound) => Ok(done()),
        Err(error) => Err(error.into()),
    }
}

pub async fn revoke_all(request: &Request) -> Result<Answer, Failure> {
    let (allowed, _) = request.in_person()?;
    request.inner.keys.sign_out_everywhere(allowed, None).await?;
    Ok(done())
}

pub async fn revoke_others(request: &Request) -> Result<Answer, Failure> {
    let (allowed, token) = request.in_person()?;
    let keys = &request.inner.keys;
    let own = keys.session(allowed, token).await?;
    for session in keys.sessions(allowed, None).await?.iter().filter(|session| session.id != own.id) {
        match keys.end_session(allowed, session.id).await {
            Ok(()) | Err(KeysError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done())
}

pub fn done() -> Answer {
    Answer::new(json!({ "status": true }))
}
