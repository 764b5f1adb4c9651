//! The envelopes: `{"data":…}`, `{"data":…,"meta":…}`, `{}` on success; `{"errors":[…]}` otherwise.
//! Statuses of refusals come from `denied.rs`, of mistakes from `failure.rs`; success is always 200.

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE},
    },
    response::Response,
};
use serde_json::{Value, json};

/// What an action answers.
#[derive(Debug)]
pub enum Answer {
    /// `{"data": …}`.
    Data(Value),
    /// `{"data": …, "meta": …}`.
    Meta { data: Value, meta: Value },
    /// `{}`: something was done and there is nothing to say about it.
    Empty,
    /// A document of its own, without an envelope.
    Bare(Value),
    /// A finished body.
    Written(Vec<u8>),
    /// A file to be kept.
    File(Attachment),
    /// Another answer, and cookies with it.
    With(Box<Self>, Vec<HeaderValue>),
}

impl Answer {
    pub fn into_response(self) -> Response {
        let body = match self {
            Self::Data(data) => bytes(&json!({ "data": data })),
            Self::Meta { data, meta } => bytes(&json!({ "data": data, "meta": meta })),
            Self::Empty => b"{}".to_vec(),
            Self::Bare(document) => bytes(&document),
            Self::Written(body) => body,
            Self::File(file) => return file.into_response(),
            Self::With(answer, cookies) => {
                let mut response = answer.into_response();
                for cookie in cookies {
                    response.headers_mut().append(SET_COOKIE, cookie);
                }
                return response;
            }
        };
        json_response(StatusCode::OK, body)
    }
}

/// A file as an answer.
#[derive(Debug)]
pub struct Attachment {
    pub bytes: Vec<u8>,
    /// What it is called, in any letters.
    pub name: String,
    pub kind: &'static str,
}

impl Attachment {
    fn into_response(self) -> Response {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(b);
        let mut name = String::from("attachment; filename=");
        for byte in self.name.bytes() {
            if plain(&byte) { name.push(char::from(byte)) } else { name += &format!("%{byte:02X}") }
        }
        let mut response = Response::new(Body::from(self.bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if let Ok(disposition) = HeaderValue::from_str(&name) {
            headers.insert(CONTENT_DISPOSITION, disposition);
        }
        response
    }
}

/// A page of a list, as `meta` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageMeta {
    pub count: u64,
    pub page: u64,
    pub page_size: u64,
}

impl PageMeta {
    fn total_page(&self) -> u64 {
        self.count.div_ceil(self.page_size.max(1))
    }

    pub fn to_json(self) -> Value {
        json!({
            "count": self.count,
            "page": self.page,
            "pageSize": self.page_size,
            "totalPage": self.total_page(),
        })
    }
}

/// What `meta` says of a page: where it stands among all, or, where nobody counts, whether there is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    Counted(PageMeta),
    Next { more: bool, page: u64, page_size: u64 },
}

impl Meta {
    pub fn to_json(self) -> Value {
        match self {
            Self::Counted(meta) => meta.to_json(),
            Self::Next { more, page, page_size } => {
                json!({ "hasNext": more, "page": page, "pageSize": page_size })
            }
        }
    }
}

pub fn bytes(value: &Value) -> Vec<u8> {
    // Values made of values cannot fail to be written.
    serde_json::to_vec(value).unwrap_or_default()
}

pub fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}
