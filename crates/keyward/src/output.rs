//! What commands print: JSON as it came, or tables and lists for people. The only place that writes to
//! standard output and standard error.

use std::io::Write as _;

use serde_json::Value;

/// One line on standard output. A closed pipe is no error worth a message.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// One line on standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub fn json(value: &Value) {
    say(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// JSON for reading: what fits stays on one line.
pub fn pretty(value: &Value, indent: usize) -> String {
    const WIDTH: usize = 110;
    let line = value.to_string();
    if indent + line.len() <= WIDTH {
        return line;
    }
    let inner = indent + 2;
    let pad = " ".repeat(inner);
    let (open, close, parts): (_, _, Vec<String>) = match value {
        Value::Array(items) => {
            ('[', ']', items.iter().map(|item| format!("{pad}{}", pretty(item, inner))).collect())
        }
        Value::Object(map) => {
            let part = |(name, value): (&String, &Value)| {
                format!("{pad}{}: {}", Value::from(name.as_str()), pretty(value, inner))
            };
            ('{', '}', map.iter().map(part).collect())
        }
        _ => return line,
    };
    format!("{open}\n{}\n{}{close}", parts.join(",\n"), " ".repeat(indent))
}

/// A record as `name  value` lines, nothing for what is not set.
pub fn record(value: &Value) {
    let Some(map) = value.as_object() else { return json(value) };
    let width = map.keys().map(String::len).max().unwrap_or(0);
    let said = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
    for (name, value) in map.iter().filter(|(_, value)| said(value)) {
        say(&format!("{name:width$}  {}", cell(value)));
    }
}

/// Rows under the given columns (paths such as `rate_limit.max`), each as wide as its widest cell.
pub fn table(rows: &[Value], columns: &[&str]) {
    let lines: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|c| cell(at(row, c))).collect()).collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, name)| {
            lines
                .iter()
                .filter_map(|l| l.get(i))
                .map(|c| c.chars().count())
                .chain([name.len()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    say(&line(&columns.iter().map(|c| c.to_uppercase()).collect::<Vec<_>>()));
    for cells in &lines {
        say(&line(cells));
    }
}

fn at<'v>(row: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(row, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// One value on one line. Control characters of foreign names must not reach the terminal.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| item.is_string()) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_for_reading_is_still_the_same_json() {
        let long = serde_json::json!({ "a\"b": ["x".repeat(60), "y".repeat(60), [], {}], "n": null, "t": { "ok": true } });
        let text = pretty(&long, 2);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), long);
        assert!(text.contains("\"t\": {\"ok\":true}"), "{text}");
    }

    #[test]
    fn names_of_strangers_cannot_write_to_the_terminal() {
        assert_eq!(cell(&Value::from("a\u{1b}[31mb\n")), "a\u{fffd}[31mb\u{fffd}");
    }
}
