//! A refusal of the guard in this dialect's words: one exhaustive match, one golden file
//! (`tests/it/denied.golden`). No other place of the door words a refusal of the guard.

use axum::http::StatusCode;
use domain::decision::{Denied, Reason};

use crate::{
    credential::Kind,
    failure::{Failure, NO_PERMISSIONS},
};

pub const SESSION_OVER: &str = "Your session has expired. Please sign in again.";

/// What the wording depends on besides the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    pub kind: Kind,
    /// The caller chose a role by header.
    pub chose_role: bool,
}

pub fn render(denied: &Denied, presented: Presented) -> Failure {
    let Words { status, code, message } = words(denied.reason, presented);
    Failure {
        decision: Some(denied.id),
        retry_after_ms: denied.retry_after_ms,
        rate: denied.rate,
        ..Failure::new(status, message, code)
    }
}

/// Signed in, and nothing to be signed in as: told also where the guard has nothing to ask.
pub fn no_roles() -> Failure {
    let presented = Presented { kind: Kind::Session, chose_role: false };
    let Words { status, code, message } = words(Reason::RoleNotHeld, presented);
    Failure::new(status, message, code)
}

struct Words {
    status: StatusCode,
    code: Option<&'static str>,
    message: &'static str,
}

fn words(reason: Reason, presented: Presented) -> Words {
    let unauthenticated =
        |code, message| Words { status: StatusCode::UNAUTHORIZED, code: Some(code), message };
    let forbidden = |code, message| Words { status: StatusCode::FORBIDDEN, code, message };
    let limited = |code, message| Words { status: StatusCode::TOO_MANY_REQUESTS, code: Some(code), message };
    match reason {
        Reason::Missing => unauthenticated("EMPTY_TOKEN", "Unauthenticated. Please sign in to continue."),
        Reason::Malformed | Reason::Disabled => unauthenticated("INVALID_TOKEN", SESSION_OVER),
        // The signature of a token proves that it was issued once: it is a deleted key, not a wrong one.
        Reason::Unknown => match presented.kind {
            Kind::Token | Kind::Session => unauthenticated("BLOCKED_TOKEN", SESSION_OVER),
            Kind::Nothing | Kind::Malformed | Kind::OtherKey => {
                unauthenticated("INVALID_TOKEN", SESSION_OVER)
            }
        },
        Reason::Expired => match presented.kind {
            Kind::Session => unauthenticated("EXPIRED_SESSION", SESSION_OVER),
            Kind::Nothing | Kind::Malformed | Kind::Token | Kind::OtherKey => {
                unauthenticated("INVALID_TOKEN", SESSION_OVER)
            }
        },
        Reason::OwnerInactive => {
            unauthenticated("NOT_EXIST_USER", "User not found. Please sign in again to continue.")
        }
        Reason::RoleNotHeld if presented.kind == Kind::Session && !presented.chose_role => unauthenticated(
            "USER_HAS_NO_ROLES_ERR",
            "The current user has no roles. Please try another account.",
        ),
        Reason::RoleNotHeld => {
            unauthenticated("ROLE_NOT_FOUND_FOR_USER", "The role does not belong to the user")
        }
        Reason::Host => forbidden(Some("HOST_NOT_ALLOWED"), "The API key may not be used from this address"),
        Reason::Rate => limited("RATE_LIMITED", "Too many requests"),
        Reason::Quota => limited("QUOTA_EXCEEDED", "The API key has no uses left"),
        Reason::NotFound => Words { status: StatusCode::NOT_FOUND, code: None, message: "Not Found" },
        Reason::Scope
        | Reason::Role
        | Reason::Field
        | Reason::Level
        | Reason::Rule
        | Reason::Permissions
        | Reason::Row => forbidden(None, NO_PERMISSIONS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per reason and kind of credential; `KEYWARD_BLESS=1` writes the file anew.
    #[test]
    fn every_refusal_has_its_words() {
        let kinds = [Kind::Nothing, Kind::Malformed, Kind::Token, Kind::OtherKey, Kind::Session];
        let mut lines = String::new();
        for reason in Reason::ALL {
            for kind in kinds {
                let said = |chose_role| {
                    let words = words(reason, Presented { kind, chose_role });
                    let body = Failure::new(words.status, words.message, words.code).body();
                    format!("{} {body}", words.status.as_u16())
                };
                lines += &format!("{} {kind:?}: {}\n", reason.code(), said(false));
                if said(true) != said(false) {
                    lines += &format!("{} {kind:?} with X-Role: {}\n", reason.code(), said(true));
                }
            }
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/denied.golden");
        if std::env::var_os("KEYWARD_BLESS").is_some() {
            std::fs::write(path, &lines).unwrap();
        }
        assert_eq!(lines, std::fs::read_to_string(path).unwrap());
    }
}
