//! The report of an import, for people and for programs. Shows no secret: lines have none. Row by row, so that a
//! report of any length fits.

use keys::import::{Line, Outcome, Report};
use serde_json::{Map, Value, json};

use super::spool::{RefusedRecord, Spool};
use crate::{cli::Global, error::Failure, output};

/// What became of an import.
pub struct Whole {
    pub report: Report,
    pub records: Vec<Filled>,
    pub refused: Spool,
}

/// What became of the records of one collection.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    pub collection: String,
    pub new: u64,
    pub there: u64,
    pub refused: u64,
}

impl Filled {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        let all = [("new", self.new), ("there", self.there), ("refused", self.refused)];
        all.into_iter().filter(|(_, n)| *n > 0).collect()
    }
}

pub fn show(global: &Global, whole: Whole, applied: bool) -> Result<(), Failure> {
    let Whole { report, records, refused } = whole;
    if !global.json {
        report.lines.iter().for_each(|line| output::say(&sentence(line)));
        refused.for_each(|record| output::say(&sentence(&line_of(record))))?;
        output::say(&format!("\n{}", summary(&report, &records, applied)));
        return Ok(());
    }
    output::say(&format!("{{\"applied\":{applied},\"counts\":{},\"rows\":[", counts(&report, &records)));
    let mut first = true;
    let mut row = |line: &Line| {
        output::say(&format!("{}{}", if first { "" } else { "," }, as_json(line)));
        first = false;
    };
    report.lines.iter().for_each(&mut row);
    refused.for_each(|record| row(&line_of(record)))?;
    output::say("]}");
    Ok(())
}

fn line_of(record: &RefusedRecord<'_>) -> Line {
    Line {
        table: records_of(record.collection),
        id: record.id.to_owned(),
        label: None,
        outcome: Outcome::Refused,
        reason: Some(record.reason.to_owned()),
        notes: Vec::new(),
        here: None,
    }
}

fn records_of(collection: &str) -> String {
    format!("records of {collection}")
}

fn as_json(line: &Line) -> Value {
    json!({
        "table": line.table,
        "id": line.id,
        "name": line.label,
        "outcome": line.outcome.name(),
        "reason": line.reason,
        "notes": line.notes,
        "here": line.here,
    })
}

/// How many rows of each table became what.
fn counted(report: &Report, records: &[Filled]) -> Vec<(String, Vec<(&'static str, u64)>)> {
    let mut all: Vec<_> = report
        .tables()
        .into_iter()
        .map(|table| {
            let found =
                Outcome::ALL.map(|outcome| (outcome.name(), report.count(Some(table), outcome) as u64));
            (table.to_owned(), found.into_iter().filter(|(_, n)| *n > 0).collect())
        })
        .collect();
    all.extend(records.iter().map(|filled| (records_of(&filled.collection), filled.counts())));
    all
}

/// Per table, then per outcome.
fn counts(report: &Report, records: &[Filled]) -> Value {
    let table = |found: Vec<(&'static str, u64)>| {
        Value::Object(found.into_iter().map(|(name, n)| (name.to_owned(), n.into())).collect::<Map<_, _>>())
    };
    let tables = counted(report, records).into_iter().map(|(name, found)| (name, table(found)));
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

fn summary(report: &Report, records: &[Filled], applied: bool) -> String {
    let mut parts: Vec<String> = counted(report, records)
        .into_iter()
        .map(|(table, found)| {
            let found: Vec<String> = found.iter().map(|(name, n)| format!("{n} {name}")).collect();
            format!("{table}: {}", if found.is_empty() { "none".to_owned() } else { found.join(", ") })
        })
        .collect();
    parts.push(match applied {
        true => "applied; running it again is no harm".to_owned(),
        false => "nothing was written; add --apply to do it".to_owned(),
    });
    parts.join("\n")
}
