//! What single values of a row stand for. A value that is there and cannot be understood never counts as one that is not
//! there: a key whose end nobody can read is not one without an end.

use ::keys::{ForeignRow, ScryptHash};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::secret::{Digest, Digester};
use serde_json::Value;

use super::ImportSettings;

/// Whether a column of this row can be read.
type Readable = fn(&ForeignRow, &str) -> bool;

/// Columns that limit a key, and how each is read.
const LIMITS: [(&str, Readable); 8] = [
    ("enabled", |row, name| row.flag(name).is_some()),
    ("expiresAt", |row, name| row.date(name).is_some()),
    ("remaining", |row, name| row.int(name).is_some()),
    ("refillAmount", |row, name| row.int(name).is_some()),
    ("refillInterval", |row, name| row.int(name).is_some()),
    ("rateLimitEnabled", |row, name| row.flag(name).is_some()),
    ("rateLimitTimeWindow", |row, name| row.int(name).is_some()),
    ("rateLimitMax", |row, name| row.int(name).is_some()),
];

/// `Err`: what limits this key cannot be read. An empty text is what some tools make of null.
pub(super) fn check_limits(row: &ForeignRow) -> Result<(), String> {
    let unread = LIMITS.iter().find(|(name, readable)| says(row, name) && !readable(row, name));
    unread.map_or(Ok(()), |(name, _)| {
        Err(format!("its {name} cannot be read, and a key without it could do more"))
    })
}

/// Somebody who is not to act, or of whom it cannot be told.
pub(super) fn banned(row: &ForeignRow) -> bool {
    says(row, "banned") && row.flag("banned") != Some(false)
}

fn says(row: &ForeignRow, name: &str) -> bool {
    row.get(name).is_some_and(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
}

/// `<salt>:<hash>`: the salt is fed to scrypt as the text that it is.
pub(super) fn scrypt(stored: &str) -> Option<ScryptHash> {
    let (salt, output) = stored.split_once(':')?;
    let digits = output.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    let output = pairs.collect::<Option<Vec<u8>>>().filter(|bytes| bytes.len() == 64)?;
    Some(ScryptHash { log_n: 14, r: 16, p: 1, nfkc: true, salt: salt.as_bytes().to_vec(), output })
}

/// 32 bytes as base64url are a digest; everything else can only be the key itself.
pub(super) fn digest(
    row: &ForeignRow,
    settings: &ImportSettings,
    notes: &mut Vec<String>,
) -> Result<Digest, String> {
    let stored = row.text("key").filter(|text| !text.is_empty()).ok_or("there is no key in its row")?;
    let bytes = URL_SAFE_NO_PAD.decode(&stored).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    match bytes.filter(|_| !settings.plain_keys) {
        Some(bytes) => Ok(Digest(bytes)),
        None => {
            if !settings.plain_keys {
                notes.push(
                    "the column holds the key itself and no hash; only its digest is kept here".to_owned(),
                );
            }
            Ok(Digester::default().digest(&stored))
        }
    }
}

/// `None` when there are none, and when they cannot be read: such a key satisfies nothing.
pub(super) fn permissions(row: &ForeignRow, notes: &mut Vec<String>) -> Option<Value> {
    row.get("permissions")?;
    let value = decoded(row, "permissions");
    let readable =
        value.filter(|value| serde_json::from_value::<domain::key::Permissions>(value.clone()).is_ok());
    if readable.is_none() && row.text("permissions").is_none_or(|text| text.trim() != "null") {
        notes.push("its permissions cannot be read: it comes without any".to_owned());
    }
    readable
}

/// JSON text, or JSON text of JSON text, as older releases wrote it. Text that is no JSON is kept as text.
pub(super) fn decoded(row: &ForeignRow, name: &str) -> Option<Value> {
    let mut value = row.get(name)?.clone();
    while let Value::String(text) = &value {
        match serde_json::from_str(text) {
            Ok(inner) => value = inner,
            Err(_) => break,
        }
    }
    (!value.is_null()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    #[test]
    fn what_limits_a_key_is_understood_or_the_key_does_not_come() {
        let row = |name: &str, value: Value| ForeignRow(Map::from_iter([(name.to_owned(), value)]));
        for (name, good, bad) in [
            ("expiresAt", "2026-11-22T18:00:00Z", "next summer"),
            ("enabled", "f", "perhaps"),
            ("rateLimitEnabled", "1", "sometimes"),
            ("remaining", "5", "five"),
            ("rateLimitMax", "5", "five"),
            ("refill_interval", "1000", "1 s"),
        ] {
            assert!(check_limits(&row(name, Value::from(bad))).is_err(), "{name}");
            for readable in [Value::from(good), Value::Null, Value::from("")] {
                assert_eq!(check_limits(&row(name, readable)), Ok(()), "{name}");
            }
        }
        for (value, want) in [
            (Value::from("t"), true),
            (Value::from("?"), true),
            (Value::from(0), false),
            (Value::Null, false),
        ] {
            assert_eq!(banned(&row("banned", value)), want);
        }
    }

    #[test]
    fn the_hash_of_the_original_is_the_digest_of_the_text_and_anything_else_in_its_place_is_the_text() {
        for (text, hash) in [
            (
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl",
                "EIMOdEFu9fR-pVTnx0RMUOeRVcfqHyKD8kp3X0RhrkE",
            ),
            (
                "ZXKddQWIuLFwBdCQmkTkPOlIaTleIqazxEkNlVGAaLqoXfhMFKXeePfNEeKwdySV",
                "CgYxwCZPS-7NIq2dq7Ey-x8UoI4iBEZMvx0ww4FD3hs",
            ),
        ] {
            let row = |key: &str| ForeignRow(Map::from_iter([("key".to_owned(), Value::from(key))]));
            let mut notes = Vec::new();
            let usual = ImportSettings::default();
            let plain = ImportSettings { plain_keys: true, ..ImportSettings::default() };
            let want = Digester::default().digest(text);
            assert_eq!(digest(&row(hash), &usual, &mut notes), Ok(want));
            assert!(notes.is_empty());
            assert_eq!(digest(&row(text), &plain, &mut notes), Ok(want));
            assert!(notes.is_empty(), "as was said");
            assert_eq!(digest(&row(text), &usual, &mut notes), Ok(want));
            assert_eq!(notes.len(), 1, "it could not be a hash");
            assert_ne!(
                digest(&row(hash), &plain, &mut notes),
                Ok(want),
                "on the operator's word it is a key"
            );
        }
    }

    #[test]
    fn metadata_is_decoded_until_it_is_no_text_that_could_be_decoded() {
        for (stored, want) in [
            (r#"{"a":1}"#, Some(serde_json::json!({"a": 1}))),
            (r#""{\"a\":1}""#, Some(serde_json::json!({"a": 1}))),
            (r#""\"{\\\"a\\\":1}\"""#, Some(serde_json::json!({"a": 1}))),
            ("null", None),
            (r#""null""#, None),
            ("no JSON", Some(Value::from("no JSON"))),
        ] {
            let row = ForeignRow(Map::from_iter([("metadata".to_owned(), Value::from(stored))]));
            assert_eq!(decoded(&row, "metadata"), want, "{stored}");
        }
    }
}
