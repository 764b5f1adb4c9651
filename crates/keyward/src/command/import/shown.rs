//! The report of an import, for people and for programs. Shows no secret: lines have none.

use keys::import::{Line, Outcome, Report};
use serde_json::{Map, Value, json};

use crate::{cli::Global, output};

pub fn show(global: &Global, report: &Report, applied: bool) {
    if global.json {
        output::json(&as_json(report, applied));
    } else {
        for line in &report.lines {
            output::say(&sentence(line));
        }
        output::say(&format!("\n{}", summary(report, applied)));
    }
}

fn as_json(report: &Report, applied: bool) -> Value {
    let rows: Vec<Value> = report
        .lines
        .iter()
        .map(|line| {
            json!({
                "table": line.table,
                "id": line.id,
                "name": line.label,
                "outcome": line.outcome.name(),
                "reason": line.reason,
                "notes": line.notes,
                "here": line.here,
            })
        })
        .collect();
    json!({ "applied": applied, "counts": counts(report), "rows": rows })
}

/// Per table, then per outcome.
fn counts(report: &Report) -> Value {
    let table = |table: &str| {
        let found = Outcome::ALL.map(|outcome| (outcome.name(), report.count(Some(table), outcome)));
        let found = found.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name.to_owned(), n.into()));
        Value::Object(found.collect::<Map<_, _>>())
    };
    let tables = report.tables().into_iter().map(|name| (name.to_owned(), table(name)));
    Value::Object(tables.collect())
}

fn sentence(line: &Line) -> String {
    let mut text = format!("{:9}  {} {}", line.outcome.name(), line.table, line.id);
    if let Some(label) = line.label.as_deref().filter(|label| *label != line.id) {
        text.push_str(&format!(" ({label})"));
    }
    for why in line.reason.iter().chain(&line.notes) {
        text.push_str(&format!("\n           → {why}"));
    }
    // Names of strangers must not write to the terminal.
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn summary(report: &Report, applied: bool) -> String {
    let mut parts: Vec<String> = report
        .tables()
        .into_iter()
        .map(|table| {
            let found = Outcome::ALL.map(|outcome| (outcome.name(), report.count(Some(table), outcome)));
            let found: Vec<String> =
                found.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{n} {name}")).collect();
            format!("{table}: {}", found.join(", "))
        })
        .collect();
    parts.push(match applied {
        true => "applied; running it again is no harm".to_owned(),
        false => "nothing was written; add --apply to do it".to_owned(),
    });
    parts.join("\n")
}
