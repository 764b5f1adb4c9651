//! Single values as JSON, as the dialect writes them. Lists are full of these: no tree is built, nothing is copied.

use domain::{Millis, catalog::FieldKind, value::Value};

pub fn write_value(kind: FieldKind, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(n) => integer(*n, out),
        Value::Float(n) => float(*n, out),
        Value::Text(s) if kind == FieldKind::LocalDateTime => text(&s.replacen('T', " ", 1), out),
        Value::Text(s) if kind == FieldKind::Decimal && safe_number(s) => out.extend_from_slice(s.as_bytes()),
        Value::Text(s) => text(s, out),
        Value::Instant(at) => instant(*at, out),
        Value::Json(json) => out.extend_from_slice(json.as_bytes()),
    }
}

fn integer(n: i64, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = serde_json::to_writer(&mut *out, &n);
}

/// A decimal that a client's numbers hold exactly. One with more digits is text, so that none is lost.
pub fn safe_number(decimal: &str) -> bool {
    let digits = decimal.strip_prefix('-').unwrap_or(decimal);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain(whole) && plain(part) && (whole == "0" || !whole.starts_with('0')) && whole.len() + part.len() <= 15
}

/// Whole numbers without a fraction, as JavaScript prints them.
fn float(n: f64, out: &mut Vec<u8>) {
    if n.fract() == 0.0 && n.abs() < 1e15 {
        integer(n as i64, out);
    } else {
        let _ = serde_json::to_writer(&mut *out, &n);
    }
}

pub fn text(s: &str, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(&mut *out, s);
}

fn instant(at: Millis, out: &mut Vec<u8>) {
    out.push(b'"');
    at.write_rfc3339(out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: FieldKind, value: Value) -> String {
        let mut out = Vec::new();
        write_value(kind, &value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_as_the_dialect_writes_them() {
        for (kind, value, want) in [
            (FieldKind::BigInt, Value::Int(42), "42"),
            (FieldKind::Float, Value::Float(5.0), "5"),
            (FieldKind::Float, Value::Float(2.5), "2.5"),
            (FieldKind::Decimal, Value::Text("-0.125".into()), "-0.125"),
            (FieldKind::Decimal, Value::Text("12345678901234.5".into()), "12345678901234.5"),
            (FieldKind::Decimal, Value::Text("12345678901234.56".into()), r#""12345678901234.56""#),
            (FieldKind::Decimal, Value::Text("1e3".into()), r#""1e3""#),
            (FieldKind::Boolean, Value::Null, "null"),
            (FieldKind::Text, Value::Text("a\"b\n".into()), r#""a\"b\n""#),
            (FieldKind::DateTime, Value::Instant(Millis(1_795_327_855_007)), r#""2026-11-22T06:10:55.007Z""#),
            (FieldKind::LocalDateTime, Value::Text("2026-01-02T03:04:05".into()), r#""2026-01-02 03:04:05""#),
            (FieldKind::Json, Value::Json(r#"{"a":[1]}"#.into()), r#"{"a":[1]}"#),
        ] {
            assert_eq!(shown(kind, value), want);
        }
    }
}
