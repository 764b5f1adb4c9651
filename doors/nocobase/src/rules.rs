//! Rules of this dialect for values: `validation: {type, rules: [{name, args}]}` of a field. Kinds, required and
//! unique values are the core's.

use domain::catalog::{Field, Table};
use serde_json::{Map, Value};

use crate::{
    collections::options_of,
    failure::{Complaint, Failure},
};

/// Checks what is about to be written; every broken rule is one complaint.
pub fn check<'v>(
    table: &Table,
    values: impl IntoIterator<Item = &'v Map<String, Value>>,
) -> Result<(), Failure> {
    let ruled: Vec<(&Field, Vec<Value>)> = table.fields.iter().filter_map(rules).collect();
    if ruled.is_empty() {
        return Ok(());
    }
    let mut errors: Vec<Complaint> = Vec::new();
    for row in values {
        for (field, rules) in &ruled {
            let Some(value) = row.get(&field.name).filter(|v| !v.is_null()) else { continue };
            for rule in rules {
                if let Some(wants) = broken(rule, value, field.kind.is_number()) {
                    let title = field.title.as_deref().unwrap_or(&field.name);
                    let collection = table.title.as_deref().unwrap_or(&table.name);
                    let message = format!("{collection}: {title} must be {wants}");
                    if !errors.iter().any(|known| known.message == message) {
                        errors.push(Complaint { message, code: None });
                    }
                }
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure { errors, ..Failure::bad("") }) }
}

fn rules(field: &Field) -> Option<(&Field, Vec<Value>)> {
    let kept = field.extra.as_deref().filter(|text| text.contains("\"validation\""))?;
    let rules = options_of(Some(kept)).get("validation")?.get("rules")?.as_array()?.clone();
    Some((field, rules))
}

/// What a value that breaks the rule should be like. A rule nobody knows is no rule: screens check those.
fn broken(rule: &Value, value: &Value, numeric: bool) -> Option<String> {
    let args = rule.get("args");
    let limit =
        args.and_then(|a| a.get("limit").or_else(|| a.get("value")).or(Some(a))).and_then(Value::as_f64);
    let number = match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let text = value.as_str();
    let chars = text.map(|t| t.chars().count() as f64);
    let says = |breaks: bool, wants: String| breaks.then_some(wants);
    match (rule.get("name")?.as_str()?, limit) {
        ("min", Some(limit)) if numeric => {
            says(number.is_some_and(|n| n < limit), format!("greater than or equal to {limit}"))
        }
        ("max", Some(limit)) if numeric => {
            says(number.is_some_and(|n| n > limit), format!("less than or equal to {limit}"))
        }
        ("greater", Some(limit)) => says(number.is_some_and(|n| n <= limit), format!("greater than {limit}")),
        ("less", Some(limit)) => says(number.is_some_and(|n| n >= limit), format!("less than {limit}")),
        ("min", Some(limit)) => {
            says(chars.is_some_and(|n| n < limit), format!("at least {limit} characters long"))
        }
        ("max", Some(limit)) => {
            says(chars.is_some_and(|n| n > limit), format!("at most {limit} characters long"))
        }
        ("length", Some(limit)) => {
            says(chars.is_some_and(|n| n != limit), format!("{limit} characters long"))
        }
        ("integer", _) => says(number.is_none_or(|n| n.fract() != 0.0), "an integer".to_owned()),
        ("multiple", Some(of)) if of != 0.0 => {
            says(number.is_some_and(|n| (n / of).fract() != 0.0), format!("a multiple of {of}"))
        }
        ("positive", _) => says(number.is_some_and(|n| n <= 0.0), "a positive number".to_owned()),
        ("negative", _) => says(number.is_some_and(|n| n >= 0.0), "a negative number".to_owned()),
        ("email", _) => says(text.is_some_and(|t| !is_email(t)), "a valid email".to_owned()),
        ("uri" | "url", _) => says(text.is_some_and(|t| !is_url(t)), "a valid uri".to_owned()),
        ("alphanum", _) => says(
            text.is_some_and(|t| !t.bytes().all(|b| b.is_ascii_alphanumeric())),
            "made of letters and digits".to_owned(),
        ),
        ("lowercase", _) => says(text.is_some_and(|t| t.to_lowercase() != t), "in lower case".to_owned()),
        ("uppercase", _) => says(text.is_some_and(|t| t.to_uppercase() != t), "in upper case".to_owned()),
        _ => None,
    }
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    plain
        && !name.is_empty()
        && !name.contains('@')
        && host.contains('.')
        && host.split('.').all(|p| !p.is_empty())
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let named =
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    named && !rest.is_empty() && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
}
