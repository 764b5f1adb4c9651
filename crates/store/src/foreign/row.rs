//! One row of somebody else's table, and what its values stand for. Knows the forms SQLite and the products keep values
//! in; guesses nothing that is not one of them.

use domain::Millis;
use rusqlite::types::ValueRef;
use serde_json::{Map, Number, Value};

use super::snake_case;

/// Bytes that are no text mean nothing to anybody who asks here.
pub(super) fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => n.into(),
        ValueRef::Real(x) => Number::from_f64(x).map_or(Value::Null, Value::Number),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
        ValueRef::Blob(bytes) => std::str::from_utf8(bytes).map_or(Value::Null, Value::from),
    }
}

/// One row. Columns are found by the product's name or its snake_case form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForeignRow(pub Map<String, Value>);

impl ForeignRow {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).or_else(|| self.0.get(&snake_case(name))).filter(|value| !value.is_null())
    }

    /// Roughly what it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        let size = |value: &Value| match value {
            Value::String(text) => text.len(),
            _ => 8,
        };
        self.0.iter().map(|(name, value)| name.len() + size(value)).sum()
    }

    /// Whether there is such a column, whatever it holds.
    pub fn has_column(&self, name: &str) -> bool {
        self.0.contains_key(name) || self.0.contains_key(&snake_case(name))
    }

    /// A text; a number as it would be written.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        }
    }

    /// A whole number; what is behind the point is cut off.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|x| x.floor() as i64)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// 0 or 1, or the words for it.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(on) => Some(*on),
            Value::Number(n) => n.as_f64().map(|x| x != 0.0),
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "1" | "true" | "t" => Some(true),
                "0" | "false" | "f" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A JSON column: as the file keeps it, text. `None` also for text that is no JSON.
    pub fn json(&self, name: &str) -> Option<Value> {
        match self.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            other => Some(other.clone()),
        }
    }

    /// ISO text with or without an offset (then UTC), or a number of milliseconds or seconds.
    pub fn date(&self, name: &str) -> Option<Millis> {
        match self.get(name)? {
            Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|x| x as i64)).map(instant),
            Value::String(text) => parse_date(text),
            _ => None,
        }
    }
}

/// Seconds up to the year 5138, milliseconds from March 1973 on: nobody kept keys outside of both.
fn instant(number: i64) -> Millis {
    const SMALLEST_MS: i64 = 100_000_000_000;
    Millis(if number.abs() < SMALLEST_MS { number.saturating_mul(1_000) } else { number })
}

fn parse_date(text: &str) -> Option<Millis> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(instant(number));
    }
    // `2026-11-22 18:00:00.000 +00:00`; PostgreSQL leaves the minutes of an offset out: `2026-11-22 18:00:00.25+00`
    let joined = text.replacen(' ', "T", 1).replace(' ', "");
    Millis::parse_rfc3339(&joined)
        .or_else(|| Millis::parse_rfc3339(&format!("{joined}:00")))
        .or_else(|| Millis::parse_rfc3339(&format!("{joined}Z")))
        .or_else(|| Millis::parse_rfc3339(&format!("{joined}T00:00:00Z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_form_the_products_write() {
        let at = Millis::parse_rfc3339("2026-11-22T18:00:00.250Z");
        for text in [
            "2026-11-22T18:00:00.250Z",
            "2026-11-22 18:00:00.250 +00:00",
            "2026-11-22 18:00:00.250",
            "2026-11-22 18:00:00.25+00",
            "2026-11-22 20:00:00.25+02",
        ] {
            assert_eq!(parse_date(text), at, "{text}");
        }
        assert_eq!(parse_date("1795370400250"), at);
        assert_eq!(parse_date("1795370400"), at.map(|at| at.plus(-250)));
        assert_eq!(parse_date("tomorrow"), None);
    }
}
