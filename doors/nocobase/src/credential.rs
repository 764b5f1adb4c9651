//! Reading the credential: `Authorization` with or without the scheme, a signed token, a native secret or
//! a sign-in token. Tells the kinds apart by shape; what they open is the guard's business.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use domain::{Millis, secret::Secret};
use guard::Credential;
use serde_json::{Map, Value};

use crate::{cookies, state::Inner, token};

/// What kind of text came; refusals are worded by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nothing,
    Malformed,
    /// A token whose signature holds.
    Token,
    /// A secret of another make.
    OtherKey,
    /// What signing in gave out.
    Session,
}

/// Where a credential stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Named,
    Cookie,
}

/// Reads the credential of a request; a cookie counts where nothing else is said. `now` judges a token's own times.
pub fn read(
    inner: &Inner,
    headers: &HeaderMap,
    query: &Map<String, Value>,
    now: Millis,
) -> (Credential, Kind, Source) {
    let presented = match bearer(headers) {
        Some(text) => Some(text),
        None if headers.contains_key(AUTHORIZATION) => {
            return (Credential::Malformed, Kind::Malformed, Source::Named);
        }
        None if inner.settings.query_token => query.get("token").and_then(Value::as_str),
        None => None,
    };
    match (presented.filter(|t| !t.is_empty()), cookies::token(inner, headers)) {
        (Some(text), _) => {
            let (credential, kind) = told(inner, text, now);
            (credential, kind, Source::Named)
        }
        (None, Some(token)) => (Credential::Session(Secret::new(token)), Kind::Session, Source::Cookie),
        (None, None) => (Credential::None, Kind::Nothing, Source::Named),
    }
}

fn told(inner: &Inner, text: &str, now: Millis) -> (Credential, Kind) {
    let secret = Secret::new(text);
    if text.starts_with(keys::SESSION_PREFIX) {
        (Credential::Session(secret), Kind::Session)
    } else if !token::looks_like_one(text) {
        (Credential::Key(secret), Kind::OtherKey)
    } else if inner.signer.holds(text, now) {
        (Credential::Key(secret), Kind::Token)
    } else {
        (Credential::Malformed, Kind::Malformed)
    }
}

/// The token of the header: any case and any amount of blanks, and also a bare token. `None`: no header, or
/// one that cannot hold a token; an empty text: a scheme and nothing behind it.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let text = values.next()?.to_str().ok()?.trim();
    if values.next().is_some() {
        return None;
    }
    match text.split_once(char::is_whitespace) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            let token = rest.trim();
            (!token.contains(char::is_whitespace)).then_some(token)
        }
        Some(_) => None,
        None if text.eq_ignore_ascii_case("bearer") => Some(""),
        None => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_any_case_or_left_out() {
        for (value, want) in [
            ("Bearer abc", Some("abc")),
            ("bearer   abc ", Some("abc")),
            ("BEARER\tabc", Some("abc")),
            ("abc", Some("abc")),
            ("Bearer", Some("")),
            ("Bearer ", Some("")),
            ("", Some("")),
            ("Basic abc", None),
            ("Bearer a b", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers), want, "{value:?}");
        }
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, "Bearer a".parse().unwrap());
        twice.append(AUTHORIZATION, "Bearer b".parse().unwrap());
        assert_eq!(bearer(&twice), None);
    }
}
