//! What can go wrong, without any wire format. Doors choose words and numbers.

use store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A value cannot be accepted. `field` is its name in the native contract (`allowed_hosts`).
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: String },
    /// It does not exist, or it is somebody else's: a caller cannot tell which.
    #[error("not found")]
    NotFound,
    /// Another record already has this value.
    #[error("{field} is already taken")]
    Conflict { field: &'static str },
    /// A rule beyond the permission model; the text says which and what would be allowed.
    #[error("{0}")]
    NotAllowed(String),
    /// A limit on how many is reached.
    #[error("there can be at most {max} {what}")]
    TooMany { what: &'static str, max: usize },
    /// Account and password do not belong together, or there is no such account.
    #[error("the account or the password is wrong")]
    WrongCredentials,
    /// Too many failed sign-ins for the account or from the address, or too many at once.
    #[error("too many attempts; try again in {retry_after_ms} ms")]
    TooManyAttempts { retry_after_ms: i64 },
    #[error(transparent)]
    Store(StoreError),
}

impl KeysError {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    pub(crate) fn not_allowed(reason: impl Into<String>) -> Self {
        Self::NotAllowed(reason.into())
    }
}

impl From<StoreError> for KeysError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Conflict(what) => Self::Conflict { field: field(&what) },
            other => Self::Store(other),
        }
    }
}

/// The store names a column; callers know a few of them by name.
fn field(what: &str) -> &'static str {
    match what {
        "email" => "email",
        "username" => "username",
        "name" => "name",
        "slug" => "slug",
        "idempotency_key" => "idempotency_key",
        // Two equal secrets would be one: only a door's own format can bring that about.
        "digest" => "secret",
        _ => "record",
    }
}
