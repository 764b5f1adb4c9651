//! What goes wrong, as the client gets it: `{"message", "code"}` and rarely `details`; an unknown path is an
//! empty 404. The catalogue of codes is here and nowhere else.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use keys::KeysError;
use serde_json::{Map, Value};

use crate::answer::json_response;

#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub status: StatusCode,
    pub said: Said,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Nothing,
    /// No body either, but the type of one.
    EmptyJson,
    Words {
        message: String,
        code: Option<&'static str>,
        details: Option<Value>,
    },
    /// Too many requests of any kind: plain text, and how many seconds to wait.
    SlowDown {
        retry_after_s: i64,
    },
}

/// One line of the catalogue: code, message, status.
pub type Entry = (&'static str, &'static str, u16);

macro_rules! catalogue {
    ($($name:ident $status:literal $message:literal;)*) => {
        $(pub const $name: Entry = (stringify!($name), $message, $status);)*
        /// Everything above, for the recorded list.
        #[cfg(test)]
        pub const ALL: &[Entry] = &[$($name,)*];
    };
}

catalogue! {
    UNAUTHORIZED 401 "Unauthorized";
    UNAUTHORIZED_SESSION 401 "Unauthorized or invalid session";
    SERVER_ONLY_PROPERTY 400 "The property you're trying to set can only be set from the server auth instance only.";
    KEY_NOT_FOUND 404 "API Key not found";
    INVALID_API_KEY 401 "Invalid API key.";
    KEY_DISABLED 401 "API Key is disabled";
    KEY_EXPIRED 401 "API Key has expired";
    USAGE_EXCEEDED 429 "API Key has reached its usage limit";
    RATE_LIMITED 429 "Rate limit exceeded.";
    HOST_NOT_ALLOWED 401 "The API key may not be used from this address.";
    INVALID_METADATA_TYPE 400 "metadata must be an object or undefined";
    METADATA_DISABLED 400 "Metadata is disabled.";
    REFILL_AMOUNT_AND_INTERVAL_REQUIRED 400 "refillAmount is required when refillInterval is provided";
    REFILL_INTERVAL_AND_AMOUNT_REQUIRED 400 "refillInterval is required when refillAmount is provided";
    EXPIRES_IN_IS_TOO_SMALL 400 "The expiresIn is smaller than the predefined minimum value.";
    EXPIRES_IN_IS_TOO_LARGE 400 "The expiresIn is larger than the predefined maximum value.";
    KEY_DISABLED_EXPIRATION 400 "Custom key expiration values are disabled.";
    INVALID_PREFIX_LENGTH 400 "The prefix length is either too large or too small.";
    INVALID_NAME_LENGTH 400 "The name length is either too large or too small.";
    NAME_REQUIRED 400 "API Key name is required.";
    NO_VALUES_TO_UPDATE 400 "No values to update.";
    ORGANIZATION_ID_REQUIRED 400 "Organization ID is required for organization-owned API keys.";
    USER_NOT_MEMBER_OF_ORGANIZATION 403 "You are not a member of the organization that owns this API key.";
    INSUFFICIENT_API_KEY_PERMISSIONS 403 "You do not have permission to perform this action on organization API keys.";
    INVALID_REFERENCE_ID_FROM_API_KEY 401 "The reference id from the API key is invalid.";
    NO_DEFAULT_API_KEY_CONFIGURATION_FOUND 400 "No default api-key configuration found.";
    ORGANIZATION_PLUGIN_REQUIRED 500 "Organization plugin is required for organization-owned API keys. Please install and configure the organization plugin.";
    USER_BANNED 401 "User is banned";
    FAILED_TO_UPDATE_API_KEY 500 "Failed to update API key";
    INVALID_EMAIL 400 "Invalid email";
    INVALID_EMAIL_OR_PASSWORD 401 "Invalid email or password";
    INVALID_PASSWORD 400 "Invalid password";
    PASSWORD_TOO_SHORT 400 "Password too short";
    PASSWORD_TOO_LONG 400 "Password too long";
    USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL 422 "User already exists. Use another email.";
    EMAIL_PASSWORD_SIGN_UP_DISABLED 400 "Email and password sign up is not enabled";
    EMAIL_CAN_NOT_BE_UPDATED 400 "Email can not be updated";
    SESSION_NOT_FRESH 403 "Session is not fresh";
    METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED 405 "POST method requires deferSessionRefresh to be enabled in session config";
    MISSING_OR_NULL_ORIGIN 403 "Missing or null Origin";
    INVALID_ORIGIN 403 "Invalid origin";
    INVALID_CALLBACK_URL 403 "Invalid callbackURL";
    CROSS_SITE_NAVIGATION_LOGIN_BLOCKED 403 "Cross-site navigation login blocked. This request appears to be a CSRF attack.";
    ORGANIZATION_ALREADY_EXISTS 400 "Organization already exists";
    ORGANIZATION_NOT_FOUND 400 "Organization not found";
    USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION 403 "User is not a member of the organization";
    USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION 400 "User is already a member of this organization";
    USER_NOT_FOUND 400 "User not found";
    KEY_CANNOT_DO_THIS 403 "An API key cannot do this; sign in.";
    PAYLOAD_TOO_LARGE 413 "The request body is too large";
    INTERNAL_SERVER_ERROR 500 "Internal Server Error";
}

impl Failure {
    /// Nothing is here: also what a known path answers to an unknown method.
    pub fn nothing_here() -> Self {
        Self { status: StatusCode::NOT_FOUND, said: Said::Nothing }
    }

    /// 401 without a body, as the organization routes say it.
    pub fn bare_unauthorized() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, said: Said::EmptyJson }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::words(400, message, Some("BAD_REQUEST"))
    }

    pub fn validation(message: impl Into<String>) -> Self {
        Self::words(400, message, Some("VALIDATION_ERROR"))
    }

    /// A fault of one field of the body, found later than the others.
    pub fn field(name: &str, text: &str) -> Self {
        Self::validation(format!("[body.{name}] {text}"))
    }

    pub fn words(status: u16, message: impl Into<String>, code: Option<&'static str>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, said: Said::Words { message: message.into(), code, details: None } }
    }

    pub fn with_details(mut self, more: Option<Value>) -> Self {
        if let Said::Words { details, .. } = &mut self.said {
            *details = more;
        }
        self
    }

    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// `{"message", "code", "details"?}`; `None` when there is nothing to say.
    pub fn body(&self) -> Option<Value> {
        let Said::Words { message, code, details } = &self.said else { return None };
        let mut out = Map::new();
        out.insert("message".to_owned(), Value::String(message.clone()));
        if let Some(code) = code {
            out.insert("code".to_owned(), Value::String((*code).to_owned()));
        }
        if let Some(details) = details {
            out.insert("details".to_owned(), details.clone());
        }
        Some(Value::Object(out))
    }

    pub fn into_response(self) -> Response {
        if let Said::SlowDown { retry_after_s } = self.said {
            let text = r#"{"message":"Too many requests. Please try again later."}"#;
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = self.status;
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
            headers.insert("x-retry-after", HeaderValue::from(retry_after_s));
            return response;
        }
        match self.body() {
            Some(body) => json_response(self.status, &body),
            None => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = self.status;
                if self.said == Said::EmptyJson {
                    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                }
                response
            }
        }
    }
}

impl From<Entry> for Failure {
    fn from((code, message, status): Entry) -> Self {
        Self::words(status, message, Some(code))
    }
}

/// What the services refuse beyond what this door has asked for already.
impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Invalid { field, message } => Self::field(field, &message),
            KeysError::NotFound => KEY_NOT_FOUND.into(),
            KeysError::Conflict { field: "email" } => USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL.into(),
            KeysError::Conflict { field } => Self::field(field, "Already taken"),
            KeysError::NotAllowed(reason) => Self::words(403, reason, Some("FORBIDDEN")),
            KeysError::TooMany { what, max } => {
                Self::validation(format!("[body] There can be at most {max} {what}"))
            }
            KeysError::WrongCredentials => INVALID_EMAIL_OR_PASSWORD.into(),
            KeysError::TooManyAttempts { retry_after_ms } => Self::slow_down(retry_after_ms),
            KeysError::Store(error) => {
                tracing::error!(%error, "the store failed");
                INTERNAL_SERVER_ERROR.into()
            }
        }
    }
}

/// The same, where a key was to be changed: a store that failed is named as the original names it there.
pub fn not_changed(error: KeysError) -> Failure {
    match error {
        KeysError::Store(error) => {
            tracing::error!(%error, "the store failed; the key is as it was");
            FAILED_TO_UPDATE_API_KEY.into()
        }
        other => other.into(),
    }
}

impl Failure {
    pub fn slow_down(retry_after_ms: i64) -> Self {
        let retry_after_s = retry_after_ms.saturating_add(999).div_euclid(1_000).max(1);
        Self { status: StatusCode::TOO_MANY_REQUESTS, said: Said::SlowDown { retry_after_s } }
    }
}
