//! Single rules, by the names screens give them, and what a value that breaks one should be like.

use std::net::IpAddr;

use domain::{
    catalog::{Field, FieldKind},
    query::coerce,
    value::Value as Typed,
};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// Bytes of a pattern, and of what it becomes in memory.
const PATTERN_BYTES_MAX: usize = 1_024;
const PATTERN_MEMORY_MAX: usize = 1 << 17;

/// A rule, its pattern read.
pub(super) struct Rule {
    said: Value,
    /// `None`: it has none, or one that cannot be followed, which was refused with its field.
    pattern: Option<Regex>,
}

impl Rule {
    pub(super) fn of(said: Value) -> Self {
        let pattern = super::is_pattern(&said).then(|| pattern(&said)).flatten();
        Self { said, pattern }
    }

    /// What a value that breaks the rule should be like.
    pub(super) fn broken(&self, value: &Value, field: &Field) -> Option<String> {
        broken(self, value, field)
    }
}

/// What a value that breaks the rule should be like. A rule nobody knows is no rule: screens check those.
fn broken(of: &Rule, value: &Value, field: &Field) -> Option<String> {
    let rule = &of.said;
    let name = rule.get("name")?.as_str()?;
    let limit = limit(rule);
    match field.kind {
        FieldKind::DateTime | FieldKind::LocalDateTime | FieldKind::Date => dated(name, rule, value, field),
        kind if kind.is_number() => numeric(name, limit, value),
        FieldKind::Array => listed(name, limit, value),
        _ => numeric_of_text(name, limit, value).or_else(|| textual(name, of, limit, value)),
    }
}

fn limit(rule: &Value) -> Option<f64> {
    let args = rule.get("args")?;
    let inside = || ["limit", "base", "value"].into_iter().find_map(|name| args.get(name));
    let limit = inside().unwrap_or(args);
    limit.as_f64().or_else(|| limit.as_str()?.trim().parse().ok())
}

fn says(breaks: bool, wants: impl Into<String>) -> Option<String> {
    breaks.then(|| wants.into())
}

fn number_in(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn numeric(name: &str, limit: Option<f64>, value: &Value) -> Option<String> {
    // What is no number is refused as such.
    let n = number_in(value)?;
    match (name, limit) {
        ("min", Some(limit)) => says(n < limit, format!("greater than or equal to {limit}")),
        ("max", Some(limit)) => says(n > limit, format!("less than or equal to {limit}")),
        ("precision", Some(places)) => {
            let scaled = n * 10f64.powf(places.clamp(0.0, 15.0));
            let off = (scaled - scaled.round()).abs() > scaled.abs() * f64::EPSILON * 4.0;
            says(off, format!("a number with at most {places} decimal places"))
        }
        ("port", _) => says(n.fract() != 0.0 || !(0.0..=65_535.0).contains(&n), "a port"),
        _ => numeric_of_text(name, limit, value),
    }
}

/// Rules that mean numbers wherever they stand.
fn numeric_of_text(name: &str, limit: Option<f64>, value: &Value) -> Option<String> {
    let number = number_in(value);
    match (name, limit) {
        ("greater", Some(limit)) => says(number.is_some_and(|n| n <= limit), format!("greater than {limit}")),
        ("less", Some(limit)) => says(number.is_some_and(|n| n >= limit), format!("less than {limit}")),
        ("integer", _) => says(number.is_none_or(|n| n.fract() != 0.0), "an integer"),
        ("multiple", Some(of)) if of != 0.0 => {
            says(number.is_some_and(|n| (n / of).fract() != 0.0), format!("a multiple of {of}"))
        }
        ("positive", _) => says(number.is_some_and(|n| n <= 0.0), "a positive number"),
        ("negative", _) => says(number.is_some_and(|n| n >= 0.0), "a negative number"),
        _ => None,
    }
}

fn textual(name: &str, rule: &Rule, limit: Option<f64>, value: &Value) -> Option<String> {
    let held = match value {
        Value::Number(n) => n.to_string(),
        other => other.as_str()?.to_owned(),
    };
    let text = held.as_str();
    let chars = text.chars().count() as f64;
    match (name, limit) {
        // Null is the core's to refuse; here an empty text is none.
        ("required", _) => says(text.is_empty(), "filled in"),
        ("min", Some(limit)) => says(chars < limit, format!("at least {limit} characters long")),
        ("max", Some(limit)) => says(chars > limit, format!("at most {limit} characters long")),
        ("length", Some(limit)) => says(chars != limit, format!("{limit} characters long")),
        ("pattern", _) => {
            let kept = rule.pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
            says(kept == inverted(&rule.said), "of the form its field asks for")
        }
        ("email", _) => says(!is_email(text), "a valid email"),
        ("uri" | "url", _) => says(!is_url(text), "a valid uri"),
        ("domain" | "hostname", _) => says(!is_host(text, name == "domain"), format!("a valid {name}")),
        ("ip", _) => says(text.parse::<IpAddr>().is_err(), "a valid ip address"),
        ("guid" | "uuid", _) => says(!is_guid(text), "a valid GUID"),
        ("hex", _) => says(!text.bytes().all(|b| b.is_ascii_hexdigit()), "made of hexadecimal digits"),
        ("base64", _) => says(!is_base64(text), "a valid base64 text"),
        ("token", _) => says(
            !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
            "made of letters, digits and underscores",
        ),
        ("alphanum", _) => {
            says(!text.bytes().all(|b| b.is_ascii_alphanumeric()), "made of letters and digits")
        }
        ("lowercase", _) => says(text.to_lowercase() != text, "in lower case"),
        ("uppercase", _) => says(text.to_uppercase() != text, "in upper case"),
        ("trim", _) => says(text.trim() != text, "without blanks at its ends"),
        _ => None,
    }
}

fn listed(name: &str, limit: Option<f64>, value: &Value) -> Option<String> {
    let items = value.as_array()?;
    let count = items.len() as f64;
    match (name, limit) {
        ("min", Some(limit)) => says(count < limit, format!("a list of at least {limit} items")),
        ("max", Some(limit)) => says(count > limit, format!("a list of at most {limit} items")),
        ("length", Some(limit)) => says(count != limit, format!("a list of {limit} items")),
        ("unique", _) => {
            let mut seen = std::collections::HashSet::new();
            says(!items.iter().all(|item| seen.insert(item.to_string())), "a list without repetitions")
        }
        _ => None,
    }
}

/// Dates are compared as the field keeps them.
fn dated(name: &str, rule: &Value, value: &Value, field: &Field) -> Option<String> {
    let args = rule.get("args")?;
    let limit = args.get("date").or_else(|| args.get("limit")).unwrap_or(args);
    let order = match (coerce(field, value).ok()?, coerce(field, limit).ok()?) {
        (Typed::Instant(a), Typed::Instant(b)) => a.cmp(&b),
        (Typed::Text(a), Typed::Text(b)) => a.cmp(&b),
        _ => return None,
    };
    let shown = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
    match name {
        "min" => says(order.is_lt(), format!("{shown} or later")),
        "max" => says(order.is_gt(), format!("{shown} or earlier")),
        "greater" => says(order.is_le(), format!("later than {shown}")),
        "less" => says(order.is_ge(), format!("earlier than {shown}")),
        _ => None,
    }
}

/// The pattern of a rule, as `^a+$` or `/^a+$/i`. Matching takes time in proportion to the text, whatever the
/// pattern. `None`: it cannot be followed.
pub(super) fn pattern(rule: &Value) -> Option<Regex> {
    let args = rule.get("args")?;
    let text = args.get("regex").or_else(|| args.get("pattern")).unwrap_or(args).as_str()?;
    if text.len() > PATTERN_BYTES_MAX {
        return None;
    }
    let (pattern, flags) = match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((pattern, flags)) if flags.bytes().all(|b| b.is_ascii_lowercase()) => (pattern, flags),
        _ => (text, ""),
    };
    RegexBuilder::new(&plain(pattern, flags))
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(PATTERN_MEMORY_MAX)
        .dfa_size_limit(PATTERN_MEMORY_MAX)
        .build()
        .ok()
}

/// Scripts mean ASCII by `\d` and `\w`, unless they say `u`; letters of every alphabet would also make a pattern
/// many times larger.
fn plain(pattern: &str, flags: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        match escaped {
            Some('d') if !flags.contains('u') => out += "[0-9]",
            Some('D') if !flags.contains('u') => out += "[^0-9]",
            Some('w') if !flags.contains('u') => out += "[0-9A-Za-z_]",
            Some('W') if !flags.contains('u') => out += "[^0-9A-Za-z_]",
            other => out.extend(std::iter::once(c).chain(other)),
        }
    }
    out
}

fn inverted(rule: &Value) -> bool {
    rule.pointer("/args/options/invert").or_else(|| rule.pointer("/args/invert")) == Some(&Value::Bool(true))
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

fn is_host(text: &str, dotted: bool) -> bool {
    let label = |label: &str| {
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') || !label.is_ascii();
        (1..=63).contains(&label.len()) && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label) && (!dotted || text.contains('.'))
}

fn is_guid(text: &str) -> bool {
    let inner = text.trim_start_matches('{').trim_end_matches('}');
    let groups: Vec<&str> = inner.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let plain = body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    text.len().is_multiple_of(4) && text.len() - body.len() <= 2 && plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pattern_comes_bare_or_between_slashes() {
        let of = |args: Value| pattern(&json!({"name": "pattern", "args": args}));
        assert!(of(json!({"regex": "^a+$"})).unwrap().is_match("aa"));
        assert!(of(json!({"regex": "/^a+$/i"})).unwrap().is_match("aA"));
        assert!(of(json!({"regex": "^https:\\/\\/"})).unwrap().is_match("https://x"));
        assert!(of(json!("^a/b$")).unwrap().is_match("a/b"));
        for bad in [
            json!({"regex": "("}),
            json!({"regex": "a(?=b)"}),
            json!({"regex": "(a)\\1"}),
            json!({}),
            json!(1),
        ] {
            assert!(of(bad.clone()).is_none(), "{bad}");
        }
        for usual in [r"^\w{3,20}$", r"^[\w.+-]+@[\w-]+\.[\w.-]{2,}$", r"^\d{1,15}$", r"^1[3-9]\d{9}$"] {
            assert!(of(json!({"regex": usual})).is_some(), "{usual}");
        }
        let hostile = of(json!({"regex": r"^[\w-]+\\\W$"})).unwrap();
        assert!(hostile.is_match(r"a-_9\."));
        assert!(!hostile.is_match(r"ä\.") && !hostile.is_match(r"a\b"));
        assert!(of(json!({"regex": r"/^\w$/u"})).unwrap().is_match("ä"));
        assert!(of(json!({"regex": "a".repeat(2_000)})).is_none());
        assert!(of(json!({"regex": "(a{1,100}){1,100}"})).is_none());
        assert!(of(json!({"regex": "(((a{1000}){1000}){1000})"})).is_none());
    }
}
