//! Successful answers: JSON, with the decision they rest on in a header.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use domain::{DecisionId, decision::Allowed};
use http_kit::edge::set_decision_id;
use serde::Serialize;

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Send it as `cursor` for the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

pub fn json<T: Serialize>(status: StatusCode, allowed: &Allowed, body: &T) -> Response {
    bytes(status, allowed.id(), serde_json::to_vec(body).unwrap_or_default())
}

/// The text of a body, for answers that may be given twice.
pub fn body<T: Serialize>(body: &T) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

pub fn ok<T: Serialize>(allowed: &Allowed, body: &T) -> Response {
    json(StatusCode::OK, allowed, body)
}

pub fn no_content(allowed: &Allowed) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    set_decision_id(response.headers_mut(), allowed.id());
    response
}

/// JSON already written.
pub fn bytes(status: StatusCode, id: DecisionId, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    set_decision_id(headers, id);
    response
}

/// JSON that no decision preceded.
pub fn open<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
