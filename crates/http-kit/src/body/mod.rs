//! Reading a request body: never more than a limit, and JSON only when it is what it says it is. Errors
//! are data; each door has its own words for them.

mod explain;
mod strict;
#[cfg(test)]
mod tests;

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use http_body_util::BodyExt;
use serde::{Deserialize, de::DeserializeOwned};

pub use strict::{Object, check};

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

/// The whole body, or an error if it is longer than `max_bytes`; of one that is, as much again is taken off the
/// wire. A body that came in one piece is not copied.
pub async fn read(mut body: Body, max_bytes: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > max_bytes as u64 {
        return too_large(body, max_bytes).await;
    }
    let Some(first) = next_piece(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > max_bytes {
        return too_large(body, max_bytes).await;
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = Vec::from(first);
    while let Some(piece) = next_piece(&mut body).await? {
        if all.len() + piece.len() > max_bytes {
            drop(all);
            return too_large(body, max_bytes).await;
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.into())
}

/// Takes a body nobody wants off the wire, at most `max_bytes` of it and keeping none: a connection that is closed
/// over unread bytes can lose the answer on its way.
pub async fn discard(mut body: Body, max_bytes: usize) {
    let mut left = max_bytes;
    while let Ok(Some(piece)) = next_piece(&mut body).await {
        match left.checked_sub(piece.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// The client of a body that is a little too long shall read why.
async fn too_large(body: Body, max_bytes: usize) -> Result<Bytes, BodyError> {
    discard(body, max_bytes).await;
    Err(BodyError::TooLarge { max_bytes })
}

async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, BodyError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Interrupted),
            Some(Ok(frame)) => {
                // Trailers carry nothing we read.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Whether the headers say JSON (`application/json` or `application/…+json`, any parameters).
pub fn says_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return false };
    if value.as_bytes() == b"application/json" {
        return true;
    }
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Strict JSON: depth, null characters and names given twice are refused before `T` is tried.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    check(bytes)?;
    parse_trusting_shape(bytes)
}

/// For hot paths whose type has no maps and no free values: `T` alone decides. Borrows from `bytes`.
pub fn parse_trusting_shape<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, BodyError> {
    match serde_json::from_slice(bytes) {
        Ok(value) => Ok(value),
        // Only a body that is wrong anyway pays for finding out where.
        Err(error) => Err(explain::explain::<T>(bytes, &error)),
    }
}
