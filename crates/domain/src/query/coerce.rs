//! Typing one literal as a value of one field. Bracket-form query strings know only texts, so a text that
//! reads as the field's type is taken as such; what would lose anything is refused.

use std::{borrow::Cow, collections::HashSet};

use jiff::{Timestamp, civil};
use serde_json::{Number, Value as Json};

use crate::{
    Millis,
    catalog::{Field, FieldKind, Special},
    limits,
    value::Value,
};

use super::BindError;

/// How far from zero a place of an order can be: half of what JSON can write exactly, so that there is room for
/// those that come before and behind.
const PLACE_MAX: u64 = 1 << 52;

/// One literal as a value of `field`: coerced where nothing is lost, refused otherwise. Null stays null.
/// A password stays plain text here: hashing it is the writer's duty.
pub fn coerce(field: &Field, literal: &Json) -> Result<Value, BindError> {
    if literal.is_null() {
        return Ok(Value::Null);
    }
    let literal = &*match &field.special {
        Some(special) => specially(special, literal),
        None => Cow::Borrowed(literal),
    };
    let value = typed(field.kind, literal).and_then(|value| match (&field.special, &value) {
        // There must always be a place before and behind it.
        (Some(Special::Order { .. }), Value::Int(place)) if place.unsigned_abs() > PLACE_MAX => {
            Err("must be a place of an order")
        }
        _ => Ok(value),
    });
    value.map_err(|message| BindError::BadValue { field: field.name.clone(), message: message.to_owned() })
}

/// One element of an array field.
pub(super) fn element(literal: &Json) -> Result<Value, &'static str> {
    match literal {
        Json::String(text) => Ok(Value::Text(checked(text)?.to_owned())),
        Json::Bool(yes) => Ok(Value::Bool(*yes)),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Ok(Value::Int(int)),
            None => float(number).map(Value::Float),
        },
        Json::Null | Json::Array(_) | Json::Object(_) => Err("must be a text or a number"),
    }
}

/// One literal as a value that is kept like those of this kind of field.
pub(super) fn of_kind(kind: FieldKind, literal: &Json) -> Result<Value, &'static str> {
    if literal.is_null() { Ok(Value::Null) } else { typed(kind, literal) }
}

/// The literal as the field means it.
fn specially<'l>(special: &Special, literal: &'l Json) -> Cow<'l, Json> {
    match (special, literal) {
        (Special::Distinct, Json::Array(items)) => {
            let mut seen = HashSet::new();
            Cow::Owned(items.iter().filter(|item| seen.insert(item.to_string())).cloned().collect())
        }
        (Special::Trimmed, Json::String(text)) => Cow::Owned(text.trim().into()),
        (seconds, Json::Number(number)) if seconds.in_seconds() => {
            match number.as_i64().and_then(|n| n.checked_mul(1_000)) {
                Some(ms) => Cow::Owned(ms.into()),
                None => Cow::Borrowed(literal),
            }
        }
        (seconds, Json::String(text)) if seconds.in_seconds() => {
            match text.parse::<i64>().ok().filter(|_| text.len() >= 9) {
                Some(seconds) => Cow::Owned(seconds.saturating_mul(1_000).into()),
                None => match instant_text(text) {
                    Some(at) => Cow::Owned((at.0 - at.0.rem_euclid(1_000)).into()),
                    None => Cow::Borrowed(literal),
                },
            }
        }
        _ => Cow::Borrowed(literal),
    }
}

/// Any text, for operators that look inside of one.
pub(super) fn fragment(literal: &Json) -> Result<Value, &'static str> {
    match literal {
        Json::String(text) => Ok(Value::Text(checked(text)?.to_owned())),
        Json::Number(number) => Ok(Value::Text(number.to_string())),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err("must be a text"),
    }
}

fn typed(kind: FieldKind, literal: &Json) -> Result<Value, &'static str> {
    match kind {
        FieldKind::Text | FieldKind::LongText => match literal {
            Json::Bool(yes) => Ok(Value::Text(yes.to_string())),
            other => fragment(other),
        },
        FieldKind::Password => Ok(Value::Text(checked(text(literal)?)?.to_owned())),
        FieldKind::Integer | FieldKind::BigInt => integer(literal).map(Value::Int),
        FieldKind::Float => number(literal).map(Value::Float),
        FieldKind::Decimal => decimal(literal).map(Value::Text),
        FieldKind::Boolean => boolean(literal).map(Value::Bool),
        FieldKind::DateTime => instant(literal).map(Value::Instant),
        FieldKind::LocalDateTime => local_date_time(text(literal)?).map(Value::Text),
        FieldKind::Date => date(text(literal)?).map(Value::Text),
        FieldKind::Time => time(text(literal)?).map(Value::Text),
        FieldKind::Json => json(literal).map(Value::Json),
        FieldKind::Array => array(literal).map(Value::Json),
        FieldKind::Link => Err("is a link, not a value"),
        FieldKind::Uuid => match uuid::Uuid::parse_str(text(literal)?) {
            Ok(id) => Ok(Value::Text(id.to_string())),
            Err(_) => Err("must be a UUID"),
        },
    }
}

fn text(literal: &Json) -> Result<&str, &'static str> {
    literal.as_str().ok_or("must be a text")
}

fn checked(text: &str) -> Result<&str, &'static str> {
    if text.len() > limits::TEXT_VALUE_BYTES_MAX {
        return Err("is too long");
    }
    // Databases end texts at a null byte, or refuse it; both surprise.
    if text.contains('\0') { Err("must not contain a null byte") } else { Ok(text) }
}

fn integer(literal: &Json) -> Result<i64, &'static str> {
    const MESSAGE: &str = "must be an integer of at most 64 bits";
    match literal {
        Json::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().filter(|_| !number.is_u64()).and_then(exact_integer))
            .ok_or(MESSAGE),
        Json::String(text) => text.parse().map_err(|_| MESSAGE),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err(MESSAGE),
    }
}

/// `5.0` is 5; beyond 53 bits a float no longer says which integer it means.
fn exact_integer(number: f64) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
}

fn number(literal: &Json) -> Result<f64, &'static str> {
    match literal {
        Json::Number(number) => float(number),
        Json::String(text) => float_text(text).ok_or("must be a number of at most 15 digits"),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err("must be a number"),
    }
}

/// Digits as they are, so that none is lost: `-12.5`. One number has one text, so that equal ones are equal.
fn decimal(literal: &Json) -> Result<String, &'static str> {
    let shortest = match literal {
        // Written without an exponent, as the shortest text that reads as the same number.
        Json::Number(number) if number.is_f64() => number.as_f64().map(|f| f.to_string()),
        Json::Number(number) => Some(number.to_string()),
        Json::String(text) => Some(text.clone()),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    shortest.as_deref().and_then(decimal_text).ok_or("must be a decimal number of at most 38 digits")
}

fn decimal_text(text: &str) -> Option<String> {
    const DIGITS_MAX: usize = 38;
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction.trim_end_matches('0')),
        Some(_) => return None,
        None => (unsigned, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() + fraction.len() > DIGITS_MAX {
        return None;
    }
    let zero = whole.is_empty() && fraction.is_empty();
    let sign = if text.starts_with('-') && !zero { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

fn float(number: &Number) -> Result<f64, &'static str> {
    let float = number.as_f64().filter(|f| f.is_finite()).ok_or("must be a finite number")?;
    // Compared in 128 bits: a cast back to 64 would saturate and call the largest integer exact.
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    if whole.is_some_and(|int| float as i128 != int) {
        Err("has more digits than can be kept")
    } else {
        Ok(float)
    }
}

fn float_text(text: &str) -> Option<f64> {
    const DIGITS_EXACT: usize = 15;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0').len();
    let float = text.parse::<f64>().ok().filter(|f| f.is_finite())?;
    // An exponent too small for a float would silently become zero.
    let kept = significant <= DIGITS_EXACT && (float != 0.0 || significant == 0);
    (plain && kept).then_some(float)
}

fn boolean(literal: &Json) -> Result<bool, &'static str> {
    match literal {
        Json::Bool(yes) => Ok(*yes),
        Json::String(text) if text == "true" || text == "1" => Ok(true),
        Json::String(text) if text == "false" || text == "0" => Ok(false),
        Json::Number(number) if number.as_i64() == Some(1) => Ok(true),
        Json::Number(number) if number.as_i64() == Some(0) => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn instant(literal: &Json) -> Result<Millis, &'static str> {
    const MESSAGE: &str = "must be an RFC 3339 time, a date, or milliseconds since 1970";
    let at = match literal {
        Json::Number(_) => integer(literal).ok().map(Millis),
        Json::String(text) => instant_text(text),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    at.filter(in_range).ok_or(MESSAGE)
}

/// From the year 0 to the year 9999: what four digits can write.
fn in_range(at: &Millis) -> bool {
    (-62_167_219_200_000..=253_402_300_799_999).contains(&at.0)
}

fn instant_text(text: &str) -> Option<Millis> {
    let signless = text.strip_prefix('-').unwrap_or(text);
    // Short digits read as a year or a compact date, so only long ones are milliseconds.
    if signless.len() >= 9 && signless.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Millis);
    }
    if let Some(at) = Millis::parse_rfc3339(text) {
        return Some(at);
    }
    // Without a zone it is UTC.
    let local = parse_local(text).or_else(|| parse_date(text).map(|d| d.at(0, 0, 0, 0)))?;
    Timestamp::from_duration(local.duration_since(civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0)))
        .ok()
        .map(|at| Millis(at.as_millisecond()))
}

fn local_date_time(text: &str) -> Result<String, &'static str> {
    parse_local(text)
        .or_else(|| parse_date(text).map(|d| d.at(0, 0, 0, 0)))
        .filter(|at| at.year() >= 0)
        .map(|at| format!("{}T{}", at.date(), clock(at.time())))
        .ok_or("must be a date and time without a zone")
}

fn date(text: &str) -> Result<String, &'static str> {
    // Clients that only know instants write a date as its midnight: nothing is lost by taking it.
    let midnight = || {
        let at = Millis::parse_rfc3339(text).filter(|at| at.0.rem_euclid(crate::time::DAY_MS) == 0)?;
        at.rfc3339().get(..10).and_then(parse_date)
    };
    parse_date(text)
        .or_else(midnight)
        .filter(|date| date.year() >= 0)
        .map(|date| date.to_string())
        .ok_or("must be a date like 2026-01-31")
}

fn time(text: &str) -> Result<String, &'static str> {
    const MESSAGE: &str = "must be a time like 13:45:00";
    // `3:04` is as clear as `03:04`.
    let padded = text.find(':').filter(|hours| *hours == 1).map(|_| format!("0{text}"));
    let text = padded.as_deref().unwrap_or(text);
    if text.len() < 5 || !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.')) {
        return Err(MESSAGE);
    }
    text.parse::<civil::Time>().map(clock).map_err(|_| MESSAGE)
}

/// Seconds always, milliseconds only if there are any: texts in this form sort as times do.
fn clock(time: civil::Time) -> String {
    if time.millisecond() == 0 {
        time.strftime("%H:%M:%S").to_string()
    } else {
        time.strftime("%H:%M:%S%.3f").to_string()
    }
}

fn parse_date(text: &str) -> Option<civil::Date> {
    let shaped = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    text.parse().ok().filter(|_| shaped)
}

/// Refuses an offset or zone instead of ignoring it.
fn parse_local(text: &str) -> Option<civil::DateTime> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let plain = time.len() >= 5 && time.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
    let date = parse_date(date).filter(|_| plain)?;
    Some(date.to_datetime(time.parse().ok()?))
}

fn json(literal: &Json) -> Result<String, &'static str> {
    check_json(literal, 0)?;
    let text = literal.to_string();
    if text.len() > limits::TEXT_VALUE_BYTES_MAX { Err("is too long") } else { Ok(text) }
}

fn check_json(literal: &Json, depth: usize) -> Result<(), &'static str> {
    if depth > limits::JSON_DEPTH_MAX {
        return Err("is nested too deeply");
    }
    match literal {
        Json::String(text) => checked(text).map(drop),
        Json::Array(items) => items.iter().try_for_each(|item| check_json(item, depth + 1)),
        Json::Object(map) => map.iter().try_for_each(|(name, item)| {
            checked(name)?;
            check_json(item, depth + 1)
        }),
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(()),
    }
}

fn array(literal: &Json) -> Result<String, &'static str> {
    if literal.is_array() { json(literal) } else { Err("must be a list") }
}
