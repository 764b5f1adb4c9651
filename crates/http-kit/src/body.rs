//! Reading a request body: never more than a limit, and JSON only when it is what it says it is. Errors
//! are data; each door has its own words for them.

use std::{cell::RefCell, collections::HashSet, fmt, marker::PhantomData};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use domain::limits;
use http_body_util::BodyExt;
use serde::{
    Deserialize,
    de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
};

use crate::page::nearest;

/// One field of the body that is wrong, named as a path (`rate_limit.max`, `keys[3].key`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Empty when the body as a whole is meant.
    pub path: String,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body is larger than {max_bytes} bytes")]
    TooLarge { max_bytes: usize },
    #[error("the body ended before it was complete")]
    Interrupted,
    #[error("the body must be JSON, with the header content-type: application/json")]
    WrongType,
    #[error("the body is empty")]
    Empty,
    /// Not JSON at all.
    #[error("the body is not valid JSON: {0}")]
    Syntax(String),
    #[error("the body is nested deeper than {max} levels")]
    TooDeep { max: usize },
    /// JSON, but a field is not what it must be: unknown, missing, of another type, given twice.
    #[error("{}: {}", .0.path, .0.message)]
    Shape(Field),
}

/// The whole body, or an error as soon as it is known to be longer than `max_bytes`. A body that came in
/// one piece is not copied.
pub async fn read(mut body: Body, max_bytes: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(BodyError::TooLarge { max_bytes });
    }
    let Some(first) = next_piece(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > max_bytes {
        return Err(BodyError::TooLarge { max_bytes });
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = Vec::from(first);
    while let Some(piece) = next_piece(&mut body).await? {
        if all.len() + piece.len() > max_bytes {
            return Err(BodyError::TooLarge { max_bytes });
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.into())
}

async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, BodyError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Interrupted),
            Some(Ok(frame)) => {
                // Trailers carry nothing we read.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Whether the headers say JSON (`application/json` or `application/…+json`, any parameters).
pub fn says_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return false };
    if value.as_bytes() == b"application/json" {
        return true;
    }
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Whether the headers announce a body at all.
pub fn announced(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).is_some_and(|v| v.as_bytes() != b"0");
    length || headers.contains_key(axum::http::header::TRANSFER_ENCODING)
}

/// Headers, then body, then JSON: what most handlers want. No content-type at all counts as not JSON.
pub async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
) -> Result<T, BodyError> {
    if !says_json(headers) {
        return Err(BodyError::WrongType);
    }
    parse(&read(body, max_bytes).await?)
}

/// Strict JSON: depth, null characters and names given twice are refused before `T` is tried.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    check(bytes)?;
    parse_trusting_shape(bytes)
}

/// For hot paths whose type has no maps and no free values: `T` alone decides. Borrows from `bytes`.
pub fn parse_trusting_shape<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, BodyError> {
    match serde_json::from_slice(bytes) {
        Ok(value) => Ok(value),
        // Only a body that is wrong anyway pays for finding out where.
        Err(error) => Err(explain::<T>(bytes, &error)),
    }
}

/// The checks of [`parse`] alone.
pub fn check(bytes: &[u8]) -> Result<(), BodyError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(BodyError::Empty);
    }
    let found = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let walked = Walk { depth: 0, found: &found }.deserialize(&mut json).and_then(|()| json.end());
    match (found.into_inner(), walked) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(BodyError::Syntax(error.to_string())),
        (None, Ok(())) => Ok(()),
    }
}

/// Walks any JSON without keeping it; the first offence is left in `found`.
#[derive(Clone, Copy)]
struct Walk<'f> {
    depth: usize,
    found: &'f RefCell<Option<BodyError>>,
}

impl Walk<'_> {
    fn offend<E: serde::de::Error>(&self, error: BodyError) -> E {
        self.found.replace(Some(error));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth == limits::JSON_DEPTH_MAX {
            return Err(self.offend(BodyError::TooDeep { max: limits::JSON_DEPTH_MAX }));
        }
        Ok(Self { depth: self.depth + 1, found: self.found })
    }

    fn text<E: serde::de::Error>(&self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            let field =
                Field { path: String::new(), message: "null characters are not allowed in texts".to_owned() };
            return Err(self.offend(BodyError::Shape(field)));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = entries.next_key::<String>()? {
            self.text(&name)?;
            if names.contains(&name) {
                let field = Field { path: shorten(&name), message: "is given twice".to_owned() };
                return Err(self.offend(BodyError::Shape(field)));
            }
            names.insert(name);
            entries.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// `T` written as an object, and only so: serde itself would also take a list of its fields in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Only<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Only<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Object<T>, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(entries)).map(Object)
            }
        }
        json.deserialize_map(Only(PhantomData))
    }
}

fn explain<'b, T: Deserialize<'b>>(bytes: &'b [u8], error: &serde_json::Error) -> BodyError {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return BodyError::Empty;
    }
    // Some readers call a value of the wrong type (a number where a name is wanted) an error of syntax.
    if !error.is_data()
        && let Err(broken) = check(bytes)
    {
        return broken;
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(located) if located.inner().is_data() => {
            BodyError::Shape(describe(&located.path().to_string(), &located.inner().to_string()))
        }
        Err(located) => BodyError::Shape(describe(&located.path().to_string(), "is of the wrong type")),
        Ok(_) => BodyError::Syntax(error.to_string()),
    }
}

/// Turns serde's words into a field and a sentence. Values are never repeated: one of them may be a secret.
fn describe(path: &str, text: &str) -> Field {
    // `?` stands for a name the reader could not tell.
    let parent = if path == "." { "" } else { path.trim_end_matches(".?") };
    let text = text.rfind(" at line ").map_or(text, |at| text.get(..at).unwrap_or(text));
    let mut quoted = text.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    if text.starts_with("unknown field ") {
        let known: Vec<&str> = quoted.collect();
        return Field { path: child(parent, first), message: unknown_field(first, &known) };
    }
    if text.starts_with("missing field ") {
        return Field { path: child(parent, first), message: "is required".to_owned() };
    }
    if text.starts_with("duplicate field ") {
        return Field { path: child(parent, first), message: "is given twice".to_owned() };
    }
    let message = if text.starts_with("unknown variant ") {
        let known: Vec<&str> = quoted.collect();
        format!("must be one of {}", known.join(", "))
    } else if let Some((got, want)) =
        text.strip_prefix("invalid type: ").and_then(|t| t.rsplit_once(", expected "))
    {
        format!("must be {}, not {}", in_words(want), kind_in_words(got))
    } else if let Some((_, want)) = text.strip_prefix("invalid ").and_then(|t| t.rsplit_once(", expected ")) {
        format!("must be {}", in_words(want))
    } else {
        text.to_owned()
    };
    Field { path: shorten(parent), message }
}

fn unknown_field(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("unknown field; did you mean `{near}`?"),
        None if known.is_empty() => "unknown field; none is expected here".to_owned(),
        None => format!("unknown field; known are: {}", known.join(", ")),
    }
}

/// The path of `name` inside `parent`; some readers already name it.
fn child(parent: &str, name: &str) -> String {
    let named = parent == name || parent.strip_suffix(name).is_some_and(|p| p.ends_with('.'));
    shorten(&if parent.is_empty() || parent == name {
        name.to_owned()
    } else if named {
        parent.to_owned()
    } else {
        format!("{parent}.{name}")
    })
}

fn shorten(path: &str) -> String {
    path.chars().take(128).collect()
}

fn in_words(want: &str) -> &str {
    match want {
        "i64" | "i32" | "u64" | "u32" | "usize" => "a whole number",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a map" => "an object",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

fn kind_in_words(got: &str) -> &'static str {
    match got.split(' ').next().unwrap_or_default() {
        "string" => "a text",
        "integer" => "a whole number",
        "floating" => "a number",
        "boolean" => "true or false",
        "map" => "an object",
        "sequence" => "a list",
        "null" | "unit" => "null",
        _ => "this",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Sample {
        name: String,
        enabled: Option<bool>,
        rate_limit: Option<Rate>,
        list: Option<Vec<Object<Rate>>>,
        kind: Option<domain::key::KeyKind>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Rate {
        max: u32,
    }

    fn refusal(text: &str) -> String {
        parse::<Sample>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn every_wrong_field_is_named_and_no_value_is_repeated() {
        for (text, want) in [
            (r#"{"name":"a","enabld":true}"#, "enabld: unknown field; did you mean `enabled`?"),
            (r#"{"name":"a","x":1}"#, "x: unknown field; known are: name, enabled, rate_limit, list, kind"),
            (r#"{}"#, "name: is required"),
            (r#"{"name":7}"#, "name: must be a string, not a whole number"),
            (
                r#"{"name":"a","rate_limit":{"max":"kw_secret"}}"#,
                "rate_limit.max: must be a whole number, not a text",
            ),
            (r#"{"name":"a","rate_limit":{"max":-1}}"#, "rate_limit.max: must be a whole number"),
            (r#"{"name":"a","rate_limit":{"mux":1}}"#, "rate_limit.mux: unknown field; did you mean `max`?"),
            (r#"{"name":"a","rate_limit":{}}"#, "rate_limit.max: is required"),
            (
                r#"{"name":"a","list":[{"max":1},{"max":null}]}"#,
                "list[1].max: must be a whole number, not null",
            ),
            (r#"{"name":"a","kind":"royal"}"#, "kind: must be one of standard, administration, legacy, root"),
            (r#"{"name":"a","kind":1}"#, "kind: is of the wrong type"),
            (r#"{"name":"a","name":"b"}"#, "name: is given twice"),
            (r#"{"name":"a\u0000b"}"#, ": null characters are not allowed in texts"),
            (r#"{"name":"a","list":[[1]]}"#, "list[0]: must be an object, not a list"),
            (r#"[]"#, ": must be an object"),
        ] {
            assert_eq!(refusal(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_before_any_shape() {
        assert_eq!(parse::<Sample>(b" \n").unwrap_err(), BodyError::Empty);
        for text in ["{", "{\"name\":\"a\"} x", "nul", "{\"name\":\"\u{1}\"}", "{\"name\":1e999}", "{'a':1}"]
        {
            assert!(matches!(parse::<Sample>(text.as_bytes()), Err(BodyError::Syntax(_))), "{text}");
        }
        assert!(matches!(parse::<Sample>(b"{\"name\":\"\xff\"}"), Err(BodyError::Syntax(_))));
        let deep = "[".repeat(limits::JSON_DEPTH_MAX + 1);
        assert!(matches!(parse::<Sample>(deep.as_bytes()), Err(BodyError::TooDeep { .. })));
        let bomb = "{\"a\":".repeat(100_000);
        assert!(matches!(parse::<Sample>(bomb.as_bytes()), Err(BodyError::TooDeep { .. })));
    }

    #[tokio::test]
    async fn a_body_is_given_up_as_soon_as_it_is_too_long() {
        assert_eq!(read(Body::from("12345"), 5).await.unwrap(), "12345");
        assert_eq!(read(Body::from("123456"), 5).await, Err(BodyError::TooLarge { max_bytes: 5 }));
        assert_eq!(read(Body::empty(), 5).await.unwrap(), "");
    }

    #[test]
    fn only_json_content_types_are_json() {
        for (value, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("application/jsonx", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(says_json(&headers), json, "{value}");
        }
        assert!(!says_json(&HeaderMap::new()));
    }
}
