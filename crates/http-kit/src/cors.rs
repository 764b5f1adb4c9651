//! Cross-origin rules for browsers: which pages may call, and which of them with cookies. Any page is never allowed
//! to bring cookies, so a foreign page cannot ride on a visitor's session.

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

use crate::origin;

const METHODS: &str = "GET,HEAD,PUT,POST,DELETE,PATCH";
/// What any answer may carry. A door names what only its own answers do.
const EXPOSED: &str = "x-decision-id,retry-after,location";
const PREFLIGHT_SECONDS: &str = "600";

#[derive(Clone, Debug)]
pub struct Cors {
    /// Pages of any origin may call, without cookies.
    any: bool,
    /// Pages of these may call, with cookies; `https://*.app.example` is a pattern.
    named: Vec<String>,
}

impl Cors {
    /// From the words of the configuration: origins, patterns of them, and `*` for any page. `None`: no page may call.
    pub fn new(origins: &[String]) -> Option<Self> {
        let any = origins.iter().any(|origin| origin == "*");
        let named: Vec<_> = origins.iter().filter(|origin| *origin != "*").cloned().collect();
        (any || !named.is_empty()).then_some(Self { any, named })
    }

    /// The answer to a preflight of a page that may call; `None`: it is none, or the page may not.
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        let is_preflight = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let origin = headers.get(ORIGIN).filter(|_| is_preflight)?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let out = response.headers_mut();
        if !self.decorate(origin, out) {
            return None;
        }
        out.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            out.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        out.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
        Some(response)
    }

    /// Adds what lets `origin` read the answer; says whether it may.
    pub fn decorate(&self, origin: &HeaderValue, out: &mut HeaderMap) -> bool {
        out.append(VARY, HeaderValue::from_static("origin"));
        let named =
            origin.to_str().is_ok_and(|text| self.named.iter().any(|known| origin::fits(known, text)));
        if !named && !self.any {
            return false;
        }
        out.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if named {
            out.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        out.append(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str]) -> Cors {
        Cors::new(&origins.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn answer(cors: &Cors, origin: &'static str) -> HeaderMap {
        let mut out = HeaderMap::new();
        let may = cors.decorate(&HeaderValue::from_static(origin), &mut out);
        assert_eq!(may, out.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        out
    }

    #[test]
    fn only_named_origins_may_bring_cookies() {
        let named = cors(&["https://app.example", "https://*.pages.example"]);
        let any = cors(&["*"]);
        let both = cors(&["*", "https://app.example"]);
        for (cors, origin, allowed, cookies) in [
            (&named, "https://app.example", true, true),
            (&named, "https://a.pages.example", true, true),
            (&named, "https://evil.example", false, false),
            (&named, "null", false, false),
            (&any, "https://evil.example", true, false),
            (&any, "null", true, false),
            (&both, "https://evil.example", true, false),
            (&both, "https://app.example", true, true),
        ] {
            let out = answer(cors, origin);
            assert_eq!(
                out.get(ACCESS_CONTROL_ALLOW_ORIGIN).is_some_and(|v| v == origin),
                allowed,
                "{origin}"
            );
            assert_eq!(out.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS), cookies, "{origin}");
            assert_eq!(out[VARY], "origin");
        }
        assert!(Cors::new(&[]).is_none());
    }

    #[test]
    fn a_preflight_is_answered_for_pages_that_may_call_and_for_no_other() {
        let cors = cors(&["https://app.example"]);
        for (origin, answered) in [("https://app.example", true), ("https://evil.example", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            headers.insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
            headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("authorization,x-role"));
            let answer = cors.preflight(&Method::OPTIONS, &headers);
            assert_eq!(answer.is_some(), answered, "{origin}");
            for out in answer.iter().map(Response::headers) {
                assert_eq!(out[ACCESS_CONTROL_ALLOW_HEADERS], "authorization,x-role");
                assert_eq!(out[ACCESS_CONTROL_ALLOW_METHODS], METHODS);
            }
            assert!(cors.preflight(&Method::GET, &headers).is_none());
        }
    }

    #[test]
    fn what_a_door_exposes_stays_exposed() {
        let mut out = HeaderMap::new();
        out.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("set-auth-token"));
        assert!(cors(&["*"]).decorate(&HeaderValue::from_static("https://app.example"), &mut out));
        let exposed: Vec<_> = out.get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter().collect();
        assert_eq!(exposed[0], "set-auth-token");
        assert!(exposed[1].to_str().unwrap().contains("x-decision-id"));
    }
}
