//! Refusals of the guard in this door's words: one exhaustive match. A new reason does not compile until it
//! has a code here.

use domain::decision::Reason;
use serde_json::json;

use crate::failure::{self, Entry, Failure};

/// The catalogue's entry for a refused key.
pub fn entry(reason: Reason) -> Entry {
    match reason {
        Reason::Missing
        | Reason::Malformed
        | Reason::Unknown
        | Reason::OwnerInactive
        | Reason::RoleNotHeld => failure::INVALID_API_KEY,
        Reason::Disabled => failure::KEY_DISABLED,
        Reason::Expired => failure::KEY_EXPIRED,
        Reason::Host => failure::HOST_NOT_ALLOWED,
        Reason::Rate => failure::RATE_LIMITED,
        Reason::Quota => failure::USAGE_EXCEEDED,
        Reason::NotFound
        | Reason::Scope
        | Reason::Role
        | Reason::Field
        | Reason::Level
        | Reason::Rule
        | Reason::Permissions
        | Reason::Row => failure::KEY_NOT_FOUND,
    }
}

/// As an HTTP answer, or as the `error` of a verification.
pub fn failure(reason: Reason, retry_after_ms: Option<i64>) -> Failure {
    let details = match reason {
        Reason::Rate => Some(json!({ "tryAgainIn": retry_after_ms.unwrap_or(0) })),
        _ => None,
    };
    Failure::from(entry(reason)).with_details(details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_and_every_code_reads_as_recorded() {
        let mut text = String::from("# reasons of the guard\n");
        for reason in Reason::ALL {
            let failure = failure(reason, (reason == Reason::Rate).then_some(1_500));
            let body = failure.body().unwrap();
            text.push_str(&format!("{:<15} {} {body}\n", reason.code(), failure.status.as_u16()));
        }
        text.push_str("\n# catalogue\n");
        for (code, message, status) in failure::ALL {
            text.push_str(&format!("{status} {code} {message}\n"));
        }
        test_world::same_as_file(env!("CARGO_MANIFEST_DIR"), "tests/golden/denials.txt", &text);
    }
}
