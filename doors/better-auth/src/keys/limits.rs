//! The rules create and update share: lengths, ends, refill pairs, metadata. In the original's order and words.

use domain::Millis;
use serde_json::Value;

use crate::{
    Configuration, check,
    failure::{self, Failure},
};

const DAY_S: f64 = 86_400.0;

/// Fields only the server may set, whichever route they are sent to.
pub const SERVER_ONLY: [&str; 6] = [
    "refillAmount",
    "refillInterval",
    "rateLimitMax",
    "rateLimitTimeWindow",
    "rateLimitEnabled",
    "permissions",
];

pub fn check_expiry(configuration: &Configuration, expires_in_s: Option<f64>) -> Result<(), Failure> {
    if !configuration.custom_expiry {
        return Err(failure::KEY_DISABLED_EXPIRATION.into());
    }
    let (min, max) = configuration.expires_in_days;
    match expires_in_s.map(|seconds| seconds / DAY_S) {
        Some(days) if days < min => Err(failure::EXPIRES_IN_IS_TOO_SMALL.into()),
        Some(days) if days > max => Err(failure::EXPIRES_IN_IS_TOO_LARGE.into()),
        _ => Ok(()),
    }
}

/// So many seconds from now; fractions count.
pub fn end(now: Millis, seconds: f64) -> Millis {
    now.plus((seconds * 1_000.0).round() as i64)
}

/// One half of the pair without the other. The codes are the wrong way round in the original, and so here.
pub fn check_refill(amount: bool, interval: bool) -> Result<(), Failure> {
    match (amount, interval) {
        (true, false) => Err(failure::REFILL_AMOUNT_AND_INTERVAL_REQUIRED.into()),
        (false, true) => Err(failure::REFILL_INTERVAL_AND_AMOUNT_REQUIRED.into()),
        _ => Ok(()),
    }
}

pub fn check_name(configuration: &Configuration, name: &str) -> Result<(), Failure> {
    let (min, max) = configuration.name_length;
    match (min..=max).contains(&check::length(name)) {
        true => Ok(()),
        false => Err(failure::INVALID_NAME_LENGTH.into()),
    }
}

/// JavaScript's `typeof value === "object"`.
pub fn is_object(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Array(_) | Value::Object(_))
}
