//! Cross-origin rules for browsers. Off unless the operator names origins; with "any", credentials are
//! never allowed, so a foreign page cannot ride on a visitor's session.

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
        },
    },
    response::Response,
};

#[derive(Clone, Debug)]
pub enum Cors {
    /// Any page may call, without cookies.
    Any,
    /// Pages of these origins (`https://app.example`) may call, with cookies.
    Origins(Vec<HeaderValue>),
}

impl Cors {
    /// The answer to a preflight of an origin that may call; `None`: a door is asked, which may have a rule of its own.
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        let is_preflight = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let origin = headers.get(ORIGIN).filter(|_| is_preflight)?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let out = response.headers_mut();
        if !self.decorate(origin, out) {
            return None;
        }
        out.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"),
        );
        if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            out.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        out.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        Some(response)
    }

    /// Adds what lets `origin` read the answer; says whether it may. Cookies are only ever allowed here; a door that
    /// lets pages in without them has said so already, and is not contradicted.
    pub fn decorate(&self, origin: &HeaderValue, out: &mut HeaderMap) -> bool {
        match self {
            Self::Any => {
                out.entry(ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(HeaderValue::from_static("*"));
            }
            Self::Origins(known) => {
                out.append(VARY, HeaderValue::from_static("origin"));
                if !known.contains(origin) {
                    return false;
                }
                out.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                out.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
        }
        // A door names what only its own answers carry.
        out.append(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-decision-id, retry-after, location, x-new-token"),
        );
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_origins_may_bring_cookies() {
        let cors = Cors::Origins(vec![HeaderValue::from_static("https://app.example")]);
        let mut out = HeaderMap::new();
        assert!(!cors.decorate(&HeaderValue::from_static("https://evil.example"), &mut out));
        assert!(!out.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        assert!(cors.decorate(&HeaderValue::from_static("https://app.example"), &mut out));
        assert_eq!(out[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        let mut out = HeaderMap::new();
        assert!(Cors::Any.decorate(&HeaderValue::from_static("https://evil.example"), &mut out));
        assert!(!out.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }

    #[test]
    fn a_preflight_of_an_unknown_origin_is_left_to_the_door() {
        let cors = Cors::Origins(vec![HeaderValue::from_static("https://app.example")]);
        for (origin, answered) in [("https://app.example", true), ("https://evil.example", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            headers.insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
            assert_eq!(cors.preflight(&Method::OPTIONS, &headers).is_some(), answered, "{origin}");
            assert!(cors.preflight(&Method::GET, &headers).is_none());
        }
    }

    #[test]
    fn what_a_door_exposes_stays_exposed() {
        let mut out = HeaderMap::new();
        out.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("set-auth-token"));
        assert!(Cors::Any.decorate(&HeaderValue::from_static("https://app.example"), &mut out));
        let exposed: Vec<_> = out.get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter().collect();
        assert_eq!(exposed[0], "set-auth-token");
        assert!(exposed[1].to_str().unwrap().contains("x-decision-id"));
    }
}
