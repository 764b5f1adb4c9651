//! Numbers as JavaScript has them: one kind, whole or not. What the core counts is whole.

use serde_json::{Number, Value};

/// Beyond this, not every whole number has a value of its own.
const SAFE_MAX: f64 = 9_007_199_254_740_991.0;

/// The number as a whole one, when it is one.
pub fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= SAFE_MAX).then_some(number as i64)
}

/// JavaScript's `Number(text)`: blanks around it are dropped, nothing is zero.
pub fn from_text(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0.0);
    }
    // Rust reads words JavaScript does not.
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|_| plain)
}

/// A whole number as JSON, or null.
pub fn json(number: Option<i64>) -> Value {
    number.map_or(Value::Null, |n| Value::Number(Number::from(n)))
}
