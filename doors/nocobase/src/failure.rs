//! A failed action: what services and parsers complain about, in this dialect's words and numbers.
//! Refusals of the guard are worded in `denied.rs`. Never lets an inner error's text out.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::Response,
};
use data::DataError;
use domain::{DecisionId, limit::RateLimit, query::BindError};
use http_kit::BodyError;
use keys::{KeysError, StoreError};
use serde_json::{Value, json};

use crate::{
    answer::{bytes, json_response},
    filter::FilterError,
    locale::Language,
    qs::QsError,
    role::RoleError,
    span::SpanError,
};

pub const NO_PERMISSIONS: &str = "No permissions";

/// One failed action.
#[derive(Debug)]
pub struct Failure {
    pub status: StatusCode,
    pub errors: Vec<Complaint>,
    /// Of the refusal, so that it can be looked up.
    pub decision: Option<DecisionId>,
    pub retry_after_ms: Option<i64>,
    pub rate: Option<RateLimit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub message: String,
    pub code: Option<&'static str>,
}

impl Failure {
    pub fn new(status: StatusCode, message: impl Into<String>, code: Option<&'static str>) -> Self {
        let errors = vec![Complaint { message: message.into(), code }];
        Self { status, errors, decision: None, retry_after_ms: None, rate: None }
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, None)
    }

    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, NO_PERMISSIONS, None)
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", None)
    }

    /// The same in the language of whoever asked.
    pub fn told_in(mut self, language: Language) -> Self {
        if language != Language::default() {
            self.errors.iter_mut().for_each(|e| e.message = language.say(&e.message));
        }
        self
    }

    pub fn body(&self) -> Value {
        let errors: Vec<Value> = self
            .errors
            .iter()
            .map(|e| match e.code {
                Some(code) => json!({ "message": e.message, "code": code }),
                None => json!({ "message": e.message }),
            })
            .collect();
        json!({ "errors": errors })
    }

    pub fn into_response(self) -> Response {
        let mut response = json_response(self.status, bytes(&self.body()));
        let headers = response.headers_mut();
        if let Some(ms) = self.retry_after_ms {
            let seconds =
                HeaderValue::from(ms.max(0).div_euclid(1_000) + i64::from(ms.rem_euclid(1_000) != 0));
            headers.insert(RETRY_AFTER, seconds.clone());
            if let Some(rate) = self.rate {
                headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(rate.max));
                headers.insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from(0));
                headers.insert(HeaderName::from_static("ratelimit-reset"), seconds);
            }
        }
        response
    }

    /// For the log; the caller only learns that it was not their fault.
    fn inner(what: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %what, "action failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", None)
    }
}

/// A data error, said of one collection.
pub fn data(collection: &str, error: DataError) -> Failure {
    match error {
        DataError::Bind(BindError::UnknownField(_)) => Failure::bad("Invalid SQL column or table reference"),
        DataError::Bind(BindError::ForbiddenField(_)) => Failure::forbidden(),
        DataError::Bind(BindError::BadValue { field, message }) => {
            Failure::bad(format!("{collection}: {field} {message}"))
        }
        DataError::Bind(BindError::Required { field }) => {
            Failure::bad(format!("{collection}: {field} is required"))
        }
        DataError::Bind(BindError::TooMuch(message)) => Failure::bad(message),
        DataError::Conflict { field } => Failure::bad(format!("{field} already exists")),
        DataError::NotFound => Failure::not_found(),
        DataError::Validation(messages) => Failure {
            errors: messages.into_iter().map(|message| Complaint { message, code: None }).collect(),
            ..Failure::bad("")
        },
        DataError::OutOfScope | DataError::CarriedOut => Failure::forbidden(),
        DataError::Store(error) => store(&error),
    }
}

fn store(error: &StoreError) -> Failure {
    match error {
        StoreError::Full => {
            Failure::new(StatusCode::INSUFFICIENT_STORAGE, "The server has no room left", None)
        }
        StoreError::Busy => {
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, "The server is busy, please try again", None)
        }
        other => Failure::inner(other),
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Invalid { field, message } => Self::bad(format!("{field}: {message}")),
            KeysError::NotFound => Self::not_found(),
            // Called as screens call them.
            KeysError::Conflict { field } => Self::bad(match field {
                "username" => "Username already exists".to_owned(),
                "email" => "Email already exists".to_owned(),
                other => format!("{other} already exists"),
            }),
            KeysError::NotAllowed(message) => Self::new(StatusCode::FORBIDDEN, message, None),
            KeysError::TooMany { what, max } => Self::bad(format!("there can be at most {max} {what}")),
            KeysError::WrongCredentials => Self::new(
                StatusCode::UNAUTHORIZED,
                "The username/email or password is incorrect, please re-enter",
                None,
            ),
            KeysError::TooManyAttempts { retry_after_ms } => Self {
                retry_after_ms: Some(retry_after_ms),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests", Some("RATE_LIMITED"))
            },
            KeysError::Store(error) => store(&error),
        }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string(), None),
            // Nobody knows where in the body it was.
            other => Self::bad(other.to_string().trim_start_matches(": ")),
        }
    }
}

impl From<QsError> for Failure {
    fn from(error: QsError) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<SpanError> for Failure {
    fn from(error: SpanError) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<RoleError> for Failure {
    fn from(error: RoleError) -> Self {
        Self::bad(error.to_string())
    }
}
