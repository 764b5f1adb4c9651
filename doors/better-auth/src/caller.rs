//! Who is calling: a session by bearer or cookie, a key that stands for one, or nobody. What a root key in the
//! bearer may do besides is asked only by the routes that know it.

use std::net::IpAddr;

use axum::http::{HeaderMap, StatusCode};
use domain::{
    decision::{Allowed, Reason},
    key::Owner,
    secret::Secret,
};
use guard::{CachedKey, Call, Credential, LEDGER_RETRY_MS};
use http_kit::{Presented, credential};

use crate::{
    Configuration,
    config::References,
    denied,
    failure::{self, Failure},
    keys::config_of,
    profile::{SESSION, VERIFY, VERIFY_UNLIMITED},
    state::Inner,
};

/// On whose behalf a request runs.
pub enum Who {
    Nobody,
    Session {
        allowed: Allowed,
        token: Secret,
    },
    /// A key of a configuration that lets keys stand for sessions.
    Key {
        allowed: Allowed,
        token: Secret,
    },
}

pub struct Caller {
    pub who: Who,
    /// What came as a bearer and is a key: perhaps the operator's.
    pub bearer_key: Option<Secret>,
    /// A token came, whether or not it opened a session.
    pub presented: bool,
    /// It is a session of somebody who is switched off.
    pub banned: bool,
}

pub async fn read(inner: &Inner, headers: &HeaderMap, ip: Option<IpAddr>) -> Result<Caller, Failure> {
    let by_key = match standing_for_session(inner, headers) {
        Some((text, configuration)) => Some(by_api_key(inner, text, configuration, ip).await?),
        None => None,
    };
    let bearer = match credential::bearer(headers) {
        Presented::Secret(secret) => Some(secret),
        Presented::Nothing | Presented::Unusable => None,
    };
    let bearer_key = bearer.clone().filter(|secret| inner.guard.find(secret).is_some());
    let cookie = inner.signer.session(headers);
    if let Some(who) = by_key {
        return Ok(Caller { who, bearer_key, presented: true, banned: false });
    }
    let bearer =
        bearer.filter(|_| bearer_key.is_none()).and_then(|secret| inner.signer.bearer(secret.expose()));
    let presented = bearer.is_some() || cookie.is_some() || bearer_key.is_some();
    // A bearer stands for a cookie of the same request, whether or not it opens anything.
    let mut banned = false;
    if let Some(token) = bearer.or(cookie) {
        let checked =
            inner.guard.check(&SESSION, &Credential::Session(token.clone()), ip, &Call::who()).await;
        match checked {
            Ok(allowed) => {
                return Ok(Caller { who: Who::Session { allowed, token }, bearer_key, presented, banned });
            }
            Err(refused) => banned = refused.reason == Reason::OwnerInactive,
        }
    }
    Ok(Caller { who: Who::Nobody, bearer_key, presented, banned })
}

/// The key in a header that some configuration takes for a session, and that configuration.
fn standing_for_session<'i>(inner: &'i Inner, headers: &HeaderMap) -> Option<(Secret, &'i Configuration)> {
    let mut candidates =
        inner.settings.configurations.iter().filter(|c| c.session_for_keys).filter_map(|c| {
            let text = c.headers.iter().find_map(|name| {
                headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty())
            });
            Some((text?.to_owned(), c))
        });
    let first = candidates.next()?;
    let secret = Secret::new(first.0.clone());
    // Several configurations may share a header: the key itself says which is meant.
    let own = inner.guard.find(&secret).and_then(|key| config_of(key.door()).map(str::to_owned));
    let meant =
        own.and_then(|id| candidates.find(|(text, c)| *text == first.0 && c.id == id && first.1.id != id));
    let (text, configuration) = meant.unwrap_or(first);
    Some((Secret::new(text), configuration))
}

async fn by_api_key(
    inner: &Inner,
    text: Secret,
    configuration: &Configuration,
    ip: Option<IpAddr>,
) -> Result<Who, Failure> {
    if text.expose().len() < configuration.key_length {
        return Err(Failure::from(failure::INVALID_API_KEY).with_status(StatusCode::FORBIDDEN));
    }
    let key = inner.guard.find(&text);
    if let Some(key) = &key
        && config_of(key.door()) != Some(&configuration.id)
    {
        return Err(failure::INVALID_API_KEY.into());
    }
    let profile = if configuration.rate.enabled { &VERIFY } else { &VERIFY_UNLIMITED };
    let credential = Credential::Key(text.clone());
    let allowed = match inner.guard.check(profile, &credential, ip, &Call::who()).await {
        Ok(allowed) => allowed,
        // Whoever is deleted took their keys along: this one is there and may not act.
        Err(refused) if refused.reason == Reason::OwnerInactive => return Err(failure::USER_BANNED.into()),
        Err(refused) => {
            if let Some(key) = &key {
                bury(inner, key, refused.reason, refused.retry_after_ms).await?;
            }
            return Err(denied::failure(refused.reason, refused.retry_after_ms));
        }
    };
    // An organization signs in nowhere, and nobody neither.
    let is_person = matches!(allowed.principal().owner, Owner::User(_));
    if configuration.references == References::Organization || !is_person {
        return Err(no_owner());
    }
    Ok(Who::Key { allowed, token: text })
}

fn no_owner() -> Failure {
    failure::INVALID_REFERENCE_ID_FROM_API_KEY.into()
}

/// A quota that the ledger could not debit, and so refused: it did not say that nothing is left.
fn uncounted(inner: &Inner, key: &CachedKey, retry_after_ms: Option<i64>) -> bool {
    retry_after_ms == Some(LEDGER_RETRY_MS) && !key.known_empty(inner.clock.now())
}

/// Keys that have come to their end are gone after their first refused use. `Err`: this one has not; what it has left
/// could not be counted.
pub async fn bury(
    inner: &Inner,
    key: &CachedKey,
    reason: Reason,
    retry_after_ms: Option<i64>,
) -> Result<(), Failure> {
    let over = match reason {
        Reason::Expired => true,
        Reason::Quota if uncounted(inner, key, retry_after_ms) => {
            return Err(failure::FAILED_TO_UPDATE_API_KEY.into());
        }
        Reason::Quota => !crate::kept::Kept::read(key.extra()).has_refill(key.refill().as_ref()),
        _ => false,
    };
    if over && !key.is_virtual() {
        inner.keys.retire(key.id()).await.map_err(failure::not_changed)?;
    }
    Ok(())
}
