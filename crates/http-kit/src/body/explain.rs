//! Where a body is wrong, in words for people. Only a body that is wrong pays for it: it is read again.

use serde::Deserialize;

use super::{BodyError, Field, strict::check};
use crate::page::nearest;

pub fn explain<'b, T: Deserialize<'b>>(bytes: &'b [u8], error: &serde_json::Error) -> BodyError {
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

pub fn shorten(path: &str) -> String {
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
