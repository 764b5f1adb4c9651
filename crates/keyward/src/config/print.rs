//! The configuration written out: commented TOML that is itself a valid file, or JSON. Secrets are redacted.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Key, SECTIONS, Values, values::Origin};

/// Keys at their default are comments; others are set, with the place they come from.
pub fn as_toml(values: &Values) -> String {
    let mut out = String::from(
        "# Keyward's configuration. Precedence: command line flags, environment variables, this file, defaults.\n\
         # A key `name` is the variable KEYWARD_NAME. Lines with a # before the key show the default.\n",
    );
    for section in SECTIONS {
        let _ = write!(out, "\n# ── {} ──\n", section.title);
        for key in section.keys {
            write_key(&mut out, key, values);
        }
    }
    out
}

pub fn as_json(values: &Values) -> Value {
    let of = |key: &Key| {
        let value = values
            .text(key.name)
            .map(|text| if key.secret { json!("(set, not shown)") } else { json!(text) });
        json!({
            "name": key.name,
            "variable": key.variable(),
            "value": value,
            "from": values.origin(key.name).to_string(),
            "default": key.default,
            "explanation": key.explain,
        })
    };
    Value::Array(super::keys().map(of).collect())
}

fn write_key(out: &mut String, key: &Key, values: &Values) {
    let _ = writeln!(out, "\n# {}", key.explain);
    let _ = writeln!(out, "# Variable: {}. Default: {}.", key.variable(), key.default.unwrap_or("not set"));
    let origin = values.origin(key.name);
    let _ = match values.text(key.name) {
        Some(_) if key.secret => writeln!(out, "# {} is set by {origin} (not shown)", key.name),
        Some(text) if origin != Origin::Default => {
            writeln!(out, "{} = {} # from {origin}", key.name, toml_value(key, text))
        }
        Some(_) | None => writeln!(out, "#{} = {}", key.name, key.default.unwrap_or(key.example)),
    };
}

fn toml_value(key: &Key, text: &str) -> toml::Value {
    if key.default.is_some_and(|default| default.starts_with('[')) {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        return toml::Value::Array(items.map(|item| toml::Value::String(item.to_owned())).collect());
    }
    toml::Value::String(text.to_owned())
}
