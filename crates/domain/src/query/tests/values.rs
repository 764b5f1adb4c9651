//! Values of clients become typed, or are refused.

use serde_json::{Value as Json, json};

use crate::{Millis, catalog::FieldKind, limits, value::Value};

use super::{coerced, no, only, table};
use crate::query::*;

#[test]
fn literals_are_typed_as_the_field_is_and_what_would_lose_anything_is_refused() {
    use FieldKind::*;
    let text = |t: &str| Some(Value::Text(t.to_owned()));
    let ms = |n: i64| Some(Value::Instant(Millis(n)));
    let float = |f: f64| Some(Value::Float(f));
    for (kind, literal, expected) in [
        (Text, json!("x"), text("x")),
        (Text, json!(5), text("5")),
        (Text, json!(true), text("true")),
        (Text, json!(["x"]), None),
        (Text, json!({"a": 1}), None),
        (Text, json!("a\0b"), None),
        (Integer, json!(5), Some(Value::Int(5))),
        (Integer, json!("5"), Some(Value::Int(5))),
        (Integer, json!("-5"), Some(Value::Int(-5))),
        (Integer, json!(5.0), Some(Value::Int(5))),
        (Integer, json!(5.5), None),
        (Integer, json!("1.5"), None),
        (Integer, json!(""), None),
        (Integer, json!("5x"), None),
        (Integer, json!(true), None),
        (BigInt, json!(i64::MAX), Some(Value::Int(i64::MAX))),
        (BigInt, json!(i64::MIN), Some(Value::Int(i64::MIN))),
        (BigInt, json!(i64::MAX as u64 + 1), None),
        (BigInt, json!(u64::MAX), None),
        (BigInt, json!(1e300), None),
        (BigInt, json!("9223372036854775808"), None),
        (Float, json!("1.5"), float(1.5)),
        (Float, json!(3), float(3.0)),
        (Float, json!(i64::MAX), None),
        (Float, json!(1u64 << 53), float(9_007_199_254_740_992.0)),
        (Float, json!((1u64 << 53) + 1), None),
        (Float, json!("inf"), None),
        (Float, json!("NaN"), None),
        (Float, json!("1e999"), None),
        (Float, json!("1e-999"), None),
        (Float, json!("."), None),
        (Decimal, json!("12.50"), text("12.5")),
        (Decimal, json!("-0.0"), text("0")),
        (Decimal, json!("+007"), text("7")),
        (Decimal, json!(0.1), text("0.1")),
        (Decimal, json!(-3), text("-3")),
        (Decimal, json!(u64::MAX), text("18446744073709551615")),
        (Decimal, json!("1234567890.123456789"), text("1234567890.123456789")),
        (Decimal, json!("1e3"), None),
        (Decimal, json!("1."), None),
        (Decimal, json!(".5"), None),
        (Decimal, json!(1e300), None),
        (Decimal, json!("1,5"), None),
        (Boolean, json!(true), Some(Value::Bool(true))),
        (Boolean, json!("true"), Some(Value::Bool(true))),
        (Boolean, json!("false"), Some(Value::Bool(false))),
        (Boolean, json!(0), Some(Value::Bool(false))),
        (Boolean, json!(2), None),
        (Boolean, json!("yes"), None),
        (DateTime, json!("1970-01-01T00:00:01Z"), ms(1_000)),
        (DateTime, json!("1970-01-01T01:00:01.5+01:00"), ms(1_500)),
        (DateTime, json!("1970-01-02"), ms(86_400_000)),
        (DateTime, json!("1970-01-01 00:00:02"), ms(2_000)),
        (DateTime, json!(1_767_225_600_000i64), ms(1_767_225_600_000)),
        (DateTime, json!("1767225600000"), ms(1_767_225_600_000)),
        (DateTime, json!("2026"), None),
        (DateTime, json!("2026-02-30"), None),
        (DateTime, json!("tomorrow"), None),
        (DateTime, json!(i64::MAX), None),
        (DateTime, json!(i64::MIN), None),
        (LocalDateTime, json!("2026-01-31 10:20"), text("2026-01-31T10:20:00")),
        (LocalDateTime, json!("2026-01-31T10:20:30.250"), text("2026-01-31T10:20:30.250")),
        (LocalDateTime, json!("2026-01-31T10:20:30Z"), None),
        (LocalDateTime, json!("2026-01-31T10:20:30+01:00"), None),
        (Date, json!("2026-01-31"), text("2026-01-31")),
        (Date, json!("2026-01-31T00:00:00.000Z"), text("2026-01-31")),
        (Date, json!("2026-01-31T10:00:00Z"), None),
        (Date, json!("2026-13-01"), None),
        (Date, json!("20260131"), None),
        (Date, json!(20260131), None),
        (Time, json!("13:45"), text("13:45:00")),
        (Time, json!("3:04"), text("03:04:00")),
        (Time, json!("25:00"), None),
        (Time, json!("3:4"), None),
        (Time, json!("1"), None),
        (Json, json!({"a": [1, null]}), Some(Value::Json(r#"{"a":[1,null]}"#.into()))),
        (Json, json!("plain"), Some(Value::Json(r#""plain""#.into()))),
        (Json, json!({"a\u{0}": 1}), None),
        (Array, json!(["a", 1]), Some(Value::Json(r#"["a",1]"#.into()))),
        (Array, json!([{"a": null}, [1]]), Some(Value::Json(r#"[{"a":null},[1]]"#.into()))),
        (Array, json!("a"), None),
        (Uuid, json!("67E55044-10B1-426F-9247-BB680E5FE0C8"), text("67e55044-10b1-426f-9247-bb680e5fe0c8")),
        (Uuid, json!("67e55044"), None),
        (Password, json!("secret word"), text("secret word")),
        (Password, json!(12345678), None),
    ] {
        assert_eq!(coerced(kind, literal.clone()), expected, "{kind:?} from {literal}");
    }
    for kind in FieldKind::ALL {
        assert_eq!(coerced(kind, json!(null)), Some(Value::Null), "{kind:?} from null");
    }
}

#[test]
fn texts_and_json_beyond_the_ceilings_are_refused() {
    let long = "x".repeat(limits::TEXT_VALUE_BYTES_MAX + 1);
    assert_eq!(coerced(FieldKind::LongText, json!(long)), None);
    assert_eq!(coerced(FieldKind::Json, json!([long])), None);
    let deep = (0..=limits::JSON_DEPTH_MAX).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(coerced(FieldKind::Json, deep), None);
}

#[test]
fn values_that_may_not_be_written_are_dropped_or_refused() {
    let Json::Object(values) = json!({"text": "x", "integer": "5", "nope": 1, "createdBy": 1, "id": 3})
    else {
        unreachable!()
    };
    let alts = [only(&["text", "createdBy", "id"]), only(&["date"])];
    let loose = bind_write(&values, &table(), &alts, false).unwrap();
    assert_eq!(loose.values, [(no("text"), Value::Text("x".into()))]);
    assert_eq!(loose.dropped, ["integer", "nope", "createdBy", "id"]);
    let create = bind_create(&values, &table(), &alts, false).unwrap();
    assert_eq!(create.values, [(no("text"), Value::Text("x".into())), (no("id"), Value::Int(3))]);
    let strict = |name: &str, value: Json| {
        let one = [(name.to_owned(), value)].into_iter().collect();
        bind_write(&one, &table(), &alts, true).map(drop)
    };
    assert_eq!(strict("text", json!("x")), Ok(()));
    assert_eq!(strict("integer", json!(5)), Err(BindError::ForbiddenField("integer".into())));
    assert_eq!(strict("createdBy", json!(5)), Err(BindError::ForbiddenField("createdBy".into())));
    assert_eq!(strict("nope", json!(5)), Err(BindError::UnknownField("nope".into())));
    assert!(matches!(strict("text", json!("\0")), Err(BindError::BadValue { .. })));
}
