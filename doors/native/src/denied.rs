//! Refusals of the guard in this door's words: one exhaustive match. A new reason does not compile until
//! it has a status here.

use axum::http::StatusCode;
use domain::decision::{Denied, Reason};

use crate::problem::Problem;

/// Status, title and the sentence for the caller.
pub fn words(reason: Reason) -> (StatusCode, &'static str, &'static str) {
    use StatusCode as S;
    match reason {
        Reason::Missing => (
            S::UNAUTHORIZED,
            "No credential",
            "Send a key as `Authorization: Bearer <key>`, or sign in with POST /v1/sessions.",
        ),
        Reason::Malformed => (
            S::UNAUTHORIZED,
            "The credential is malformed",
            "What was sent cannot be a key or a session token: check for missing or changed characters.",
        ),
        Reason::Unknown => {
            (S::UNAUTHORIZED, "The credential is not known", "No live key or session has this secret.")
        }
        Reason::Disabled => {
            (S::UNAUTHORIZED, "The key is disabled", "The key is switched off; its owner can enable it.")
        }
        Reason::Expired => {
            (S::UNAUTHORIZED, "The credential has expired", "Issue a new key, or move the end of this one.")
        }
        Reason::OwnerInactive => (
            S::UNAUTHORIZED,
            "The owner is not active",
            "The owner of the key is switched off, or no longer an administrator as this kind of key needs.",
        ),
        Reason::RoleNotHeld => (
            S::UNAUTHORIZED,
            "The role is not held",
            "The subject does not hold the role it acts in, or holds none.",
        ),
        Reason::Host => {
            (S::FORBIDDEN, "The address is not allowed", "The key may not be used from this client address.")
        }
        Reason::Rate => (
            S::TOO_MANY_REQUESTS,
            "The rate limit is reached",
            "The key has used up its requests of this window.",
        ),
        Reason::NotFound => (S::NOT_FOUND, "Not found", "There is no such base or table."),
        Reason::Scope => {
            (S::FORBIDDEN, "Outside the key's scopes", "The key's scopes do not reach this place.")
        }
        Reason::Role => (
            S::FORBIDDEN,
            "The role does not allow this",
            "No role of the subject grants this operation here.",
        ),
        Reason::Field => (S::FORBIDDEN, "The field is not allowed", "A field was mentioned that may not be."),
        Reason::Level => {
            (S::FORBIDDEN, "The key does not allow this", "The key's own scopes leave this operation out.")
        }
        Reason::Rule => {
            (S::FORBIDDEN, "A rule of the table forbids this", "The table's rules leave this operation out.")
        }
        Reason::Permissions => (
            S::FORBIDDEN,
            "A permission is missing",
            "The key does not hold every permission that was asked for.",
        ),
        Reason::Quota => (S::TOO_MANY_REQUESTS, "The quota is used up", "The key has no uses left."),
        Reason::Row => (S::NOT_FOUND, "Not found", "There is no such record among those visible here."),
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let (status, title, detail) = words(denied.reason);
        let mut problem = Problem::new(status, denied.reason.code(), title, detail);
        problem.decision_id = Some(denied.id);
        problem.retry_after_ms = denied.retry_after_ms;
        problem
    }
}

/// The store found no visible record.
pub fn row() -> Problem {
    let (status, title, detail) = words(Reason::Row);
    Problem::new(status, Reason::Row.code(), title, detail)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use domain::{DecisionId, Millis, decision::Trace};

    use super::*;

    #[tokio::test]
    async fn every_reason_has_its_status_and_words_as_recorded() {
        let mut text = String::new();
        for reason in Reason::ALL {
            let denied = Denied {
                id: DecisionId::from_bytes([7; 16]),
                reason,
                trace: Trace { gates: &[], failed: None },
                at: Millis::ZERO,
                key: None,
                user: None,
                op: None,
                resource: None,
                retry_after_ms: matches!(reason, Reason::Rate | Reason::Quota).then_some(1_500),
                rate: None,
            };
            let response = Problem::from(denied).into_response();
            text.push_str(&format!("## {} → {}\n", reason.code(), response.status().as_u16()));
            for name in ["content-type", "retry-after", "www-authenticate", "x-decision-id"] {
                if let Some(value) = response.headers().get(name) {
                    text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
                }
            }
            let body = http_kit::body::read(response.into_body(), 10_000).await.unwrap();
            text.push_str(std::str::from_utf8(&body).unwrap());
            text.push_str("\n\n");
        }
        test_world::same_as_file(env!("CARGO_MANIFEST_DIR"), "tests/golden/denials.txt", &text);
    }
}
