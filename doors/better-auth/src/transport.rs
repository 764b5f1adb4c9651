//! What every request goes through before anything is asked of it: media type, JSON, form, query.

use axum::{
    body::Body,
    http::{HeaderMap, header::CONTENT_TYPE},
};
use domain::limits::NATIVE_BODY_BYTES_MAX;
use http_kit::{BodyError, body};
use serde_json::{Map, Value};

use crate::failure::{self, Failure};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The body, parsed; `None` when there is none, or none that says what it is.
pub async fn read_body(headers: &HeaderMap, body: Body, form_too: bool) -> Result<Option<Value>, Failure> {
    let Some(kind) = media_type(headers) else { return Ok(None) };
    let bytes = body::read(body, NATIVE_BODY_BYTES_MAX).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => failure::PAYLOAD_TOO_LARGE.into(),
        _ => broken(),
    })?;
    // Nothing has no type, whatever the header says.
    if bytes.is_empty() {
        return Ok(None);
    }
    let is_form = form_too && kind == FORM;
    if kind != JSON && !is_form {
        let allowed = if form_too { format!("{FORM}, {JSON}") } else { JSON.to_owned() };
        let message = format!("Content-Type \"{}\" is not allowed. Allowed types: {allowed}", shown(headers));
        return Err(Failure::words(415, message, Some("UNSUPPORTED_MEDIA_TYPE")));
    }
    if is_form {
        let text = std::str::from_utf8(&bytes).map_err(|_| broken())?;
        return Ok(Some(form(text)));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|_| broken())
}

fn broken() -> Failure {
    Failure::bad_request("Invalid JSON in request body")
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().unwrap_or_default();
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// As it came, for the message.
fn shown(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(128).collect()
}

/// A form's fields: texts, and the two that are truth values in JSON.
fn form(text: &str) -> Value {
    let mut map = match query(text) {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    if let Some(value) = map.get_mut("rememberMe")
        && let Some(flag) = value.as_str().and_then(|text| text.parse::<bool>().ok())
    {
        *value = Value::Bool(flag);
    }
    Value::Object(map)
}

/// `a=1&b=2` as an object of texts; a name given twice becomes a list.
pub fn query(text: &str) -> Value {
    let mut map = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = Value::String(decode(value));
        match map.entry(decode(name)) {
            serde_json::map::Entry::Vacant(place) => {
                place.insert(value);
            }
            serde_json::map::Entry::Occupied(mut there) => match there.get_mut() {
                Value::Array(items) => items.push(value),
                first => *first = Value::Array(vec![first.take(), value]),
            },
        }
    }
    Value::Object(map)
}

/// Percent-decoding, `+` for a blank; what is broken stays as it is.
pub fn decode(text: &str) -> String {
    percent_decode(&text.replace('+', " "))
}

/// Percent-decoding alone, for cookies and tokens, in which `+` is itself.
pub fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let pair = (byte == b'%').then(|| {
            let mut ahead = bytes.clone();
            Some((hex(ahead.next()?)? << 4) | hex(ahead.next()?)?)
        });
        match pair.flatten() {
            Some(decoded) => {
                out.push(decoded);
                bytes.nth(1);
            }
            None => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// `encodeURIComponent` for what cookies carry.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn queries_are_decoded_and_a_repeated_name_becomes_a_list() {
        assert_eq!(query("a=1&b=x%20y+z&a=2&c"), json!({"a": ["1", "2"], "b": "x y z", "c": ""}));
        assert_eq!(query("a=%ZZ&b=%C3%A4&c=%"), json!({"a": "%ZZ", "b": "ä", "c": "%"}));
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let text = "tok.a+b/c=ä%";
        assert_eq!(percent_decode(&percent_encode(text)), text);
    }
}
