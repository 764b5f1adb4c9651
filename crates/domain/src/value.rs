//! Values of records, apart from any wire format and any database.

use crate::Millis;

/// One value of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Texts, and what sorts or is kept exactly as one: decimals, dates, times, UUIDs.
    Text(String),
    /// An instant; stored as UTC milliseconds.
    Instant(Millis),
    /// JSON or an array, as compact JSON text.
    Json(String),
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
