//! Cross-origin rules as the original has them: every origin may call, none brings cookies along. The
//! guide's script block, which calls with a key from a foreign page, depends on it.

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
            ORIGIN, VARY,
        },
    },
    response::Response,
};

const METHODS: &str = "GET,HEAD,PUT,POST,DELETE,PATCH";
const EXPOSED: &str = "content-disposition,x-new-token,x-decision-id,x-request-id,retry-after";

/// The answer to a preflight; `None` when the request is none.
pub fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let asked = headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if method != Method::OPTIONS || !asked {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let out = response.headers_mut();
    out.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        out.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    decorate(headers.get(ORIGIN), out);
    Some(response)
}

/// What a browser needs on every answer.
pub fn decorate(origin: Option<&HeaderValue>, out: &mut HeaderMap) {
    out.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        out.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        out.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
