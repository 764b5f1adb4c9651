//! Success: always 200, compact JSON, and the cookies and tokens that come with a session.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    body: Value,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    pub fn new(body: Value) -> Self {
        Self { body, headers: Vec::new() }
    }

    /// A header besides those that are there; one that cannot be written is left out.
    pub fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.push((name, value));
        }
        self
    }

    pub fn headers(mut self, more: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        self.headers.extend(more);
        self
    }

    pub fn into_response(self) -> Response {
        let mut response = json_response(StatusCode::OK, &self.body);
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

pub fn json_response(status: StatusCode, body: &Value) -> Response {
    // Values made of values cannot fail to be written.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
