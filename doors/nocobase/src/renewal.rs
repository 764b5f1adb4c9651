//! Sign-in tokens are exchanged while they are used: one that is older than its life, but not too old, is
//! answered as usual, with a new one in `x-new-token`. The old one stays good for a moment, for requests that
//! were on their way together with the one that was answered. Decides by times alone; what a token opens is
//! the guard's business.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use domain::{
    Millis,
    decision::{Allowed, SessionTimes},
    secret::Secret,
};
use keys::{KeysError, Renewed};

use crate::{denied::SESSION_OVER, failure::Failure, request::Request, state::Inner};

pub const NEW_TOKEN: HeaderName = HeaderName::from_static("x-new-token");

/// How long sign-ins and their tokens last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPolicy {
    /// Of one token, before it is exchanged.
    pub token_ms: i64,
    /// After that, while it can still be exchanged.
    pub renewal_ms: i64,
    /// Of the sign-in, whatever is exchanged.
    pub session_ms: i64,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        const DAY_MS: i64 = 86_400_000;
        Self { token_ms: DAY_MS, renewal_ms: DAY_MS, session_ms: domain::limits::SESSION_LIFE_MS }
    }
}

impl TokenPolicy {
    /// When a token that is given out at `now` opens nothing any more.
    pub fn end(&self, signed_in: Millis, now: Millis) -> Millis {
        let last = now.plus(self.token_ms).plus(self.renewal_ms);
        last.min(signed_in.plus(self.session_ms))
    }

    /// Whether it is time for a new token. Sessions that end later than this door lets any were begun through
    /// another interface, whose clients know nothing of new tokens; those that end at once were exchanged.
    fn is_due(&self, session: &SessionTimes, now: Millis) -> bool {
        let ours = session.ends == self.end(session.began, session.renewed);
        ours && now >= session.renewed.plus(self.token_ms)
    }
}

/// The new token, if it is time for one. `None` also when a request beside this one has just got it.
pub async fn renew(request: &Request, allowed: &Allowed) -> Result<Option<Secret>, Failure> {
    let policy = &request.inner.settings.tokens;
    let Some(session) = allowed.principal().session.filter(|s| policy.is_due(s, allowed.at())) else {
        return Ok(None);
    };
    let Some(old) = &request.session else { return Ok(None) };
    let ends = policy.end(session.began, allowed.at());
    match request.inner.keys.renew_session(allowed, old, ends).await {
        Ok(Renewed::Now(token)) => Ok(Some(token)),
        Ok(Renewed::Already) => Ok(None),
        Err(error) => {
            if !matches!(error, KeysError::NotFound) {
                tracing::warn!(%error, "a sign-in token could not be renewed");
            }
            Err(failed())
        }
    }
}

/// The refusal of a session that is over: one whose token was exchanged is told so.
pub async fn over(inner: &Inner, token: &Secret, refusal: Failure) -> Failure {
    match inner.keys.session_was_renewed(token).await {
        Ok(true) => Failure { decision: refusal.decision, ..failed() },
        Ok(false) | Err(_) => refusal,
    }
}

fn failed() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, SESSION_OVER, Some("TOKEN_RENEW_FAILED"))
}

pub fn header(token: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(token.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn times(began: i64, renewed: i64, ends: i64) -> SessionTimes {
        SessionTimes { began: Millis(began), renewed: Millis(renewed), ends: Millis(ends) }
    }

    #[test]
    fn a_token_is_due_after_its_life_and_never_one_of_another_interface() {
        let policy = TokenPolicy::default();
        let due = |session: SessionTimes, now: i64| policy.is_due(&session, Millis(now));
        assert!(!due(times(0, 0, 2 * DAY), DAY - 1));
        assert!(due(times(0, 0, 2 * DAY), DAY));
        assert!(!due(times(0, 0, 7 * DAY), 3 * DAY), "begun through another interface");
        assert!(!due(times(0, DAY, DAY + 10_000), DAY + 1), "exchanged already");
        // The last token of a sign-in is not exchanged before its own day is over.
        assert_eq!(policy.end(Millis(0), Millis(6 * DAY)), Millis(7 * DAY));
        assert!(!due(times(0, 6 * DAY, 7 * DAY), 7 * DAY - 1));
    }
}
