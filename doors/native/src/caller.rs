//! Who is calling, as the request says it: a bearer key or session token, an `x-api-key`, or a session
//! cookie. A cookie alone may only change things when the page that sent it is ours.

use std::net::IpAddr;

use ::keys::SESSION_PREFIX;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header::HOST, header::ORIGIN, request::Parts},
};
use domain::{DecisionId, access::Op, decision::Allowed};
use guard::{Call, Credential, PlaceName, profile::NATIVE};
use http_kit::{Presented, credential, peer};

use crate::{NativeState, problem::Problem};

pub const SESSION_COOKIE: &str = "keyward_session";
const API_KEY_HEADER: &str = "x-api-key";
const SEC_FETCH_SITE: &str = "sec-fetch-site";

pub struct Caller {
    pub credential: Credential,
    pub ip: Option<IpAddr>,
}

impl Caller {
    pub fn read(parts: &Parts, state: &NativeState) -> Result<Self, Problem> {
        let ip = peer::client_ip(parts, &state.trusted);
        let in_header =
            credential::bearer(&parts.headers).or(|| credential::header(&parts.headers, API_KEY_HEADER));
        let credential = match in_header {
            Presented::Secret(secret) if secret.expose().starts_with(SESSION_PREFIX) => {
                Credential::Session(secret)
            }
            Presented::Secret(secret) => Credential::Key(secret),
            Presented::Unusable => Credential::Malformed,
            Presented::Nothing => match credential::cookie(&parts.headers, SESSION_COOKIE) {
                Presented::Secret(secret) => {
                    require_our_page(&parts.method, &parts.headers, &state.base_url)?;
                    Credential::Session(secret)
                }
                Presented::Nothing | Presented::Unusable => Credential::None,
            },
        };
        Ok(Self { credential, ip })
    }

    /// May the caller do `op` on the server?
    pub async fn check(&self, state: &NativeState, op: Op) -> Result<Allowed, Problem> {
        self.ask(state, Call::new(op, PlaceName::Server)).await
    }

    /// [`Self::check`] without the proof: the id of the decision is all there is.
    pub async fn permit(&self, state: &NativeState, op: Op) -> Result<DecisionId, Problem> {
        let call = Call::new(op, PlaceName::Server);
        state.guard.permit(&NATIVE, &self.credential, self.ip, &call).await.map_err(Problem::from)
    }

    /// Who is it, whatever they may do?
    pub async fn who(&self, state: &NativeState) -> Result<Allowed, Problem> {
        self.ask(state, Call::who()).await
    }

    pub async fn ask(&self, state: &NativeState, call: Call<'_>) -> Result<Allowed, Problem> {
        state.guard.check(&NATIVE, &self.credential, self.ip, &call).await.map_err(Problem::from)
    }
}

impl FromRequestParts<NativeState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &NativeState) -> Result<Self, Problem> {
        Self::read(parts, state)
    }
}

/// A browser sends cookies along for any page. So a call that changes something and has nothing but a
/// cookie must say, in a header no page can forge, that it comes from this origin.
pub fn require_our_page(method: &Method, headers: &HeaderMap, base_url: &str) -> Result<(), Problem> {
    if method.is_safe() || from_our_page(headers, base_url) {
        return Ok(());
    }
    let detail = "A session cookie may change things only from a page of this origin; programs send the token \
                  as `Authorization: Bearer <token>`.";
    Err(Problem::new(StatusCode::FORBIDDEN, "cross_origin", "The request comes from another origin", detail))
}

fn from_our_page(headers: &HeaderMap, base_url: &str) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site.as_bytes() == b"same-origin";
    }
    let Some(origin) = headers.get(ORIGIN).and_then(|o| o.to_str().ok()) else { return false };
    origin == base_url || is_host(origin, headers.get(HOST))
}

fn is_host(origin: &str, host: Option<&HeaderValue>) -> bool {
    let after_scheme = origin.split_once("://").map(|(_, rest)| rest);
    after_scheme.zip(host.and_then(|h| h.to_str().ok())).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(method: Method, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        require_our_page(&method, &map, "https://keys.example").is_ok()
    }

    #[test]
    fn a_cookie_changes_things_only_from_a_page_of_this_origin() {
        for (headers, allowed) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://keys.example")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://keys.example")], true),
            (&[("origin", "http://10.0.0.1:7420"), ("host", "10.0.0.1:7420")], true),
            (&[("origin", "https://evil.example"), ("host", "keys.example")], false),
            (&[("origin", "null")], false),
            (&[], false),
        ] {
            assert_eq!(ours(Method::POST, headers), allowed, "{headers:?}");
            assert!(ours(Method::GET, headers));
        }
    }
}
