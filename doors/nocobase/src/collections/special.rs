//! Types of fields whose values the server makes, or treats in a way of its own, in the core's words.

use domain::{
    catalog::{FieldKind, Special},
    sequence::{Number, Part, Sequence},
};
use serde_json::{Map, Value};

use crate::{failure::Failure, request::bool_property};

const NANOID_ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const SYMBOLS: &str = "!@#$%^&*()_-+={}[]|:;<>,.?/";
/// Lengths of generated texts: as the field says, or this.
const NANOID_CHARS: u64 = 12;
const UID_CHARS: u64 = 11;
const ALPHABET_BYTES_MAX: usize = 256;

/// What values of a formula are kept as.
pub fn formula_kind(options: &Map<String, Value>) -> FieldKind {
    match options.get("dataType").and_then(Value::as_str) {
        Some("integer") => FieldKind::Integer,
        Some("bigInt") => FieldKind::BigInt,
        Some("decimal") => FieldKind::Decimal,
        Some("boolean") => FieldKind::Boolean,
        Some("string" | "text") => FieldKind::Text,
        Some("date" | "datetime" | "datetimeTz") => FieldKind::DateTime,
        None if options.get("engine").and_then(Value::as_str) == Some("string") => FieldKind::Text,
        _ => FieldKind::Float,
    }
}

/// What is special about a field of this type. `name` is for complaints.
pub fn special(
    name: &str,
    type_name: &str,
    options: &Map<String, Value>,
    primary: bool,
) -> Result<Option<Special>, Failure> {
    let text = |option: &str| options.get(option).and_then(Value::as_str).filter(|text| !text.is_empty());
    let fills = bool_property(options, "autoFill")? != Some(false);
    let made = match type_name {
        "sort" => Special::Order { within: text("scopeKey").map(str::to_owned) },
        "sequence" => Special::Sequence(sequence(name, options)?),
        "formula" | "mathFormula" | "excelFormula" => {
            let expression = text("expression")
                .ok_or_else(|| Failure::bad(format!("{name}: an expression is required")))?
                .to_owned();
            Special::Formula { expression, template: text("engine") == Some("string") }
        }
        "nanoid" if fills => {
            let letters = text("customAlphabet").unwrap_or(NANOID_ALPHABET);
            // Looked at letter by letter: not before it is known to be short.
            if letters.len() > ALPHABET_BYTES_MAX || !letters.is_ascii() {
                return Err(Failure::bad(format!(
                    "{name}: customAlphabet takes at most {ALPHABET_BYTES_MAX} letters, all of ASCII"
                )));
            }
            let alphabet = distinct(letters);
            Special::Random { prefix: String::new(), chars: size(name, options, NANOID_CHARS)?, alphabet }
        }
        "uid" if fills => Special::Random {
            prefix: text("prefix").unwrap_or_default().to_owned(),
            chars: size(name, options, UID_CHARS)?,
            alphabet: format!("{DIGITS}{LOWER}"),
        },
        "uuid" if fills => Special::Uuid,
        "snowflakeId" if fills && !primary => Special::Snowflake,
        "set" => Special::Distinct,
        "date" | "datetime" | "datetimeTz" | "datetimeNoTz" | "unixTimestamp" => {
            let seconds = type_name == "unixTimestamp" && !milliseconds(options);
            let at_create = bool_property(options, "defaultToCurrentTime")? == Some(true);
            let at_write = bool_property(options, "onUpdateToCurrentTime")? == Some(true);
            match (seconds, at_create || at_write) {
                (_, true) => Special::Moment { seconds, at_create, at_write },
                (true, false) => Special::Seconds,
                (false, false) => return Ok(None),
            }
        }
        "string" | "text" if bool_property(options, "trim")? == Some(true) => Special::Trimmed,
        _ => return Ok(None),
    };
    Ok(Some(made))
}

/// `accuracy`, which newer screens keep with the component.
fn milliseconds(options: &Map<String, Value>) -> bool {
    let shown = options.get("uiSchema").and_then(|schema| schema.pointer("/x-component-props/accuracy"));
    shown.or_else(|| options.get("accuracy")).and_then(Value::as_str) == Some("millisecond")
}

fn size(name: &str, options: &Map<String, Value>, default: u64) -> Result<usize, Failure> {
    let asked = options.get("size").or_else(|| options.get("length")).filter(|value| !value.is_null());
    let size = asked.map_or(Some(default), Value::as_u64).and_then(|n| usize::try_from(n).ok());
    size.ok_or_else(|| Failure::bad(format!("{name}: size must be a whole number")))
}

fn distinct(letters: &str) -> String {
    let mut alphabet = String::new();
    letters.chars().for_each(|letter| {
        if !alphabet.contains(letter) {
            alphabet.push(letter)
        }
    });
    alphabet
}

/// `patterns: [{type, options}]`.
fn sequence(name: &str, options: &Map<String, Value>) -> Result<Sequence, Failure> {
    let bad = |what: &str| Failure::bad(format!("{name}: {what}"));
    let patterns = options.get("patterns").and_then(Value::as_array);
    let patterns = patterns.ok_or_else(|| bad("patterns must be a list"))?;
    let mut parts = Vec::with_capacity(patterns.len());
    for (at, pattern) in patterns.iter().enumerate() {
        let options = pattern.get("options");
        let option = |name: &str| options.and_then(|o| o.get(name)).filter(|value| !value.is_null());
        let text = |name: &str| option(name).and_then(Value::as_str);
        let whole = |name: &str, default: u64| {
            let given = option(name).map_or(Some(default), Value::as_u64);
            given.ok_or_else(|| bad(&format!("{name} must be a whole number")))
        };
        parts.push(match pattern.get("type").and_then(Value::as_str) {
            Some("string") => Part::Text(text("value").unwrap_or_default().to_owned()),
            Some("date") => Part::Date(text("format").unwrap_or("YYYYMMDD").to_owned()),
            Some("randomChar") => Part::Random {
                chars: usize::try_from(whole("length", 6)?).unwrap_or(usize::MAX),
                alphabet: symbols(option("symbols")).ok_or_else(|| bad("symbols are not understood"))?,
            },
            Some("integer") => Part::Number(Number {
                key: option("key").map_or_else(|| at.to_string(), |key| key.to_string()),
                digits: u32::try_from(whole("digits", 1)?).unwrap_or(u32::MAX),
                start: i64::try_from(whole("start", 0)?).unwrap_or(i64::MAX),
                base: u32::try_from(whole("base", 10)?).unwrap_or(u32::MAX),
                cycle: text("cycle").filter(|cycle| !cycle.is_empty()).map(str::to_owned),
            }),
            _ => return Err(bad("a pattern is of the type string, date, randomChar or integer")),
        });
    }
    Ok(Sequence { parts, open: bool_property(options, "inputable")? == Some(true) })
}

/// `["number", "lowercase", "uppercase", "symbol"]`.
fn symbols(given: Option<&Value>) -> Option<String> {
    let Some(given) = given else { return Some(DIGITS.to_owned()) };
    let mut alphabet = String::new();
    for name in given.as_array()? {
        alphabet += match name.as_str()? {
            "number" => DIGITS,
            "lowercase" => LOWER,
            "uppercase" => UPPER,
            "symbol" => SYMBOLS,
            _ => return None,
        };
    }
    Some(alphabet)
}
