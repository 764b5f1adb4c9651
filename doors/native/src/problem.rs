//! Everything that is not a success: problem details of RFC 9457 with a stable `code`. The one place, with
//! `denied.rs`, that turns an error into a status.

use ::keys::KeysError;
use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use domain::{DecisionId, decision::Allowed};
use http_kit::{BadParam, BodyError, edge::set_decision_id};
use serde::Serialize;
use store_words::store_error;

/// One field or parameter that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Its name, as a path: `rate_limit.max`, `scopes[0].operations[1]`.
    #[schema(example = "rate_limit.max")]
    pub field: String,
    #[schema(example = "must be a whole number, not a text")]
    pub message: String,
}

/// Why the request did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// `urn:keyward:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:keyward:problem:role")]
    pub kind: String,
    /// The same for every problem of this code.
    #[schema(example = "The role does not allow this")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 403)]
    pub status: u16,
    /// What is special about this one.
    pub detail: String,
    /// Stable; what programs compare.
    #[schema(example = "role")]
    pub code: String,
    /// The guard's decision, when one was made; `GET /v1/decisions/{id}` explains a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub decision_id: Option<DecisionId>,
    /// When a retry can succeed, in milliseconds from now; also as `Retry-After` in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<i64>,
    /// The fields that are wrong, each by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:keyward:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            decision_id: None,
            retry_after_ms: None,
            errors: Vec::new(),
        }
    }

    /// A field (or parameter) that cannot be accepted.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let error = FieldError { field: field.into(), message: message.into() };
        let detail = match error.field.as_str() {
            "" => error.message.clone(),
            name => format!("{name}: {}", error.message),
        };
        let mut problem = Self::new(StatusCode::BAD_REQUEST, "invalid", "The request is not valid", detail);
        problem.errors.push(error);
        problem
    }

    pub fn not_found() -> Self {
        let detail = "There is no such thing, or it is not yours.";
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }

    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "In conflict with what exists", detail)
    }

    /// Of a call the guard had let pass.
    pub fn after(mut self, allowed: &Allowed) -> Self {
        self.decision_id = Some(allowed.id());
        self
    }

    pub fn retry_after(mut self, ms: Option<i64>) -> Self {
        self.retry_after_ms = ms;
        self
    }
}

/// Ties an error of a service to the decision that preceded it.
pub trait AfterCheck<T> {
    fn after(self, allowed: &Allowed) -> Result<T, Problem>;
}

impl<T, E: Into<Problem>> AfterCheck<T> for Result<T, E> {
    fn after(self, allowed: &Allowed) -> Result<T, Problem> {
        self.map_err(|error| error.into().after(allowed))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(serde_json::to_vec(&self).unwrap_or_default()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(id) = self.decision_id {
            set_decision_id(headers, id);
        }
        if let Some(ms) = self.retry_after_ms {
            headers.insert(RETRY_AFTER, HeaderValue::from(ms.saturating_add(999).max(1_000) / 1_000));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"keyward\""));
        }
        response
    }
}

impl From<BadParam> for Problem {
    fn from(bad: BadParam) -> Self {
        Self::field(bad.name, bad.message)
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", detail)
            }
            BodyError::WrongType => {
                let title = "The body is not JSON";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", title, detail)
            }
            BodyError::Shape(field) => Self::field(field.path, field.message),
            BodyError::Interrupted | BodyError::Empty | BodyError::Syntax(_) | BodyError::TooDeep { .. } => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_json", "The body is not valid JSON", detail)
            }
        }
    }
}

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        let detail = error.to_string();
        match error {
            KeysError::Invalid { field, message } => Self::field(field, message),
            KeysError::NotFound => Self::not_found(),
            KeysError::Conflict { field: "idempotency_key" } => {
                let detail = "This Idempotency-Key was used for another request.";
                Self::conflict("idempotency_key_reused", detail)
            }
            KeysError::Conflict { field } => {
                let mut problem = Self::conflict("conflict", detail);
                problem
                    .errors
                    .push(FieldError { field: field.to_owned(), message: "is already taken".to_owned() });
                problem
            }
            KeysError::NotAllowed(_) => {
                Self::new(StatusCode::FORBIDDEN, "not_allowed", "A rule does not allow this", detail)
            }
            KeysError::TooMany { what, .. } => match listed_in(what) {
                Some(field) => Self::field(field, detail),
                None => Self::conflict("too_many", detail),
            },
            KeysError::WrongCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials", "Signing in failed", detail)
            }
            KeysError::TooManyAttempts { retry_after_ms } => {
                let title = "Too many attempts";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", title, detail)
                    .retry_after(Some(retry_after_ms))
            }
            KeysError::Store(error) => store_error(&error),
        }
    }
}

/// The field whose list is too long; `None` when it is what exists that is too many.
fn listed_in(what: &str) -> Option<&'static str> {
    match what {
        "scopes" => Some("scopes"),
        "allowed hosts" => Some("allowed_hosts"),
        "resources" | "actions per resource" => Some("permissions"),
        _ => None,
    }
}

/// What went wrong below the services. The door does not know the store; it sees these through `keys`.
mod store_words {
    use super::{Problem, StatusCode};

    pub fn store_error(error: &::keys::StoreError) -> Problem {
        use ::keys::StoreError as E;
        match error {
            E::NotFound => Problem::not_found(),
            E::Conflict(field) => Problem::conflict("conflict", format!("{field} is already taken")),
            E::Required(field) => Problem::field(field.clone(), "is required"),
            E::Held(_) | E::TooMuchHeld | E::NoTarget(_) => {
                Problem::conflict("conflict", "Records are linked with it")
            }
            E::Row => super::super::denied::row(),
            E::InRow { error, .. } => store_error(error),
            E::Busy => {
                let detail = "The store is busy or closing; a retry can succeed.";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Try again", detail)
                    .retry_after(Some(1_000))
            }
            E::Full => {
                let detail = "The disk is full; nothing was changed. Reading still works.";
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", "The disk is full", detail)
            }
            E::Newer { .. } | E::Locked(_) | E::Backend(_) => {
                tracing::error!(%error, "the store failed");
                let detail = "The server failed; the log of the server says why.";
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
            }
        }
    }
}
