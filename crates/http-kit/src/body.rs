//! Reading a request body: never more than a limit, and JSON only when it is what it says it is. Errors
//! are data; each door has its own words for them.

use axum::{body::{Body, Bytes}, http::HeaderMap};
use domain::limits;
use serde::{Deserialize, de::DeserializeOwned};

/// One field of the body that is wrong, named as a path (`rate_limit.max`, `keys[3].key`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Empty when the body as a whole is meant.
    pub path: String,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body is larger than {max_bytes} bytes")]
    TooLarge { max_bytes: usize },
    #[error("the body ended before it was complete")]
    Interrupted,
    #[error("the body must be JSON, with the header content-type: application/json")]
    WrongType,
    #[error("the body is empty")]
    Empty,
    /// Not JSON at all.
    #[error("the body is not valid JSON: {0}")]
    Syntax(String),
    #[error("the body is nested deeper than {max} levels")]
    TooDeep { max: usize },
    /// JSON, but a field is not what it must be: unknown, missing, of another type, given twice.
    #[error("{}: {}", .0.path, .0.message)]
    Shape(Field),
}

/// The whole body, or an error as soon as it is known to be longer than `max_bytes`.
pub async fn read(_body: Body, _max_bytes: usize) -> Result<Bytes, BodyError> {
    todo!()
}

/// Whether the headers say JSON (`application/json` or `application/*+json`, any parameters).
pub fn says_json(_headers: &HeaderMap) -> bool {
    todo!()
}

/// Strict JSON: depth, null characters and names given twice are refused before `T` is tried.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    check(bytes)?;
    parse_trusting_shape(bytes)
}

/// For hot paths whose type has no maps and no free values: `T` alone decides. Borrows from `bytes`.
pub fn parse_trusting_shape<'b, T: Deserialize<'b>>(_bytes: &'b [u8]) -> Result<T, BodyError> {
    todo!()
}

/// The checks of [`parse`] alone.
pub fn check(_bytes: &[u8]) -> Result<(), BodyError> {
    let _ = limits::JSON_DEPTH_MAX;
    todo!()
}

/// Headers, then body, then JSON: what most handlers want. No content-type at all counts as not JSON.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<T, BodyError> {
    if !says_json(headers) {
        return Err(BodyError::WrongType);
    }
    parse(&read(body, max_bytes).await?)
}
