//! Reading the secret a request presents, from the places doors name. What it opens is not asked here.

use axum::http::{
    HeaderMap,
    header::{AUTHORIZATION, AsHeaderName},
};
use domain::secret::Secret;

/// What was found in one place.
#[derive(Clone, Debug)]
pub enum Presented {
    /// The place is empty.
    Nothing,
    /// Something is there that cannot be a secret: another scheme, two values, not text.
    Unusable,
    Secret(Secret),
}

impl Presented {
    /// This, or when nothing was here, what `next` finds.
    pub fn or(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Nothing => next(),
            found => found,
        }
    }

    pub fn secret(self) -> Option<Secret> {
        match self {
            Self::Secret(secret) => Some(secret),
            Self::Nothing | Self::Unusable => None,
        }
    }
}

/// `Authorization: Bearer …`; the scheme in any case. No token after the scheme is [`Presented::Nothing`].
pub fn bearer(headers: &HeaderMap) -> Presented {
    let text = match single(headers, AUTHORIZATION) {
        Ok(Some(text)) => text,
        Ok(None) => return Presented::Nothing,
        Err(Unusable) => return Presented::Unusable,
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return if text.is_empty() { Presented::Nothing } else { Presented::Unusable };
    }
    present(token.trim())
}

/// The whole value of a named header (lower case), for dialects such as `xc-token` or `x-api-key`.
pub fn header(headers: &HeaderMap, name: &str) -> Presented {
    match single(headers, name) {
        Ok(text) => present(text.unwrap_or_default()),
        Err(Unusable) => Presented::Unusable,
    }
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Presented {
    present(crate::cookie::get(headers, name).unwrap_or_default())
}

struct Unusable;

fn single(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&str>, Unusable> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Unusable);
    }
    first.to_str().map(|text| Some(text.trim())).map_err(|_| Unusable)
}

fn present(text: &str) -> Presented {
    if text.is_empty() { Presented::Nothing } else { Presented::Secret(Secret::new(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        match bearer(&headers) {
            Presented::Nothing => "nothing".to_owned(),
            Presented::Unusable => "unusable".to_owned(),
            Presented::Secret(secret) => secret.expose().to_owned(),
        }
    }

    #[test]
    fn the_bearer_scheme_is_read_in_any_case_and_anything_else_is_unusable() {
        for (values, want) in [
            (&["Bearer abc"][..], "abc"),
            (&["bearer abc"], "abc"),
            (&["BEARER   abc  "], "abc"),
            (&["Bearer"], "nothing"),
            (&["Bearer "], "nothing"),
            (&[], "nothing"),
            (&["Basic abc"], "unusable"),
            (&["abc"], "unusable"),
            (&["Bearer ключ"], "unusable"),
            (&["Bearer abc", "Bearer def"], "unusable"),
        ] {
            assert_eq!(read(values), want, "{values:?}");
        }
    }
}
