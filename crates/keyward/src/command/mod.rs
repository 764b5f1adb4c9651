//! The commands, one file each. They translate words of the command line into requests to the native API and
//! answers into text; none of them decides anything.

pub mod config;
pub mod demo;
pub mod doctor;
mod doctor_checks;
pub mod import;
mod key_fields;
pub mod keys;
mod names;
pub mod roles;
pub mod serve;
pub mod users;
pub mod verify;

use std::process::ExitCode;

use serde_json::{Map, Value};

use crate::{
    cli::Global,
    config::{Values, environment, gather},
    error::Failure,
    output,
};

/// The settings as every command sees them; commands with flags of their own add those.
pub fn settings(global: &Global) -> Result<Values, Failure> {
    let mut values = gather(global.config.as_deref(), &environment())?;
    values.add_flag("data", global.data.as_ref());
    Ok(values)
}

/// Prints one record.
fn show(global: &Global, value: &Value) -> ExitCode {
    if global.json {
        output::json(value)
    } else {
        output::record(value)
    }
    ExitCode::SUCCESS
}

/// Prints a page of records, and how to get the next one.
fn show_page(global: &Global, page: &Value, columns: &[&str], nothing: &str) -> ExitCode {
    if global.json {
        output::json(page);
        return ExitCode::SUCCESS;
    }
    match page.get("items").and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) | None => output::say(nothing),
        Some(rows) => output::table(rows, columns),
    }
    if let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) {
        output::say(&format!("\nmore: --cursor {cursor}"));
    }
    ExitCode::SUCCESS
}

/// Says that something was done, or prints what came back.
fn done(global: &Global, value: &Value, sentence: &str) -> ExitCode {
    if global.json {
        output::json(value)
    } else {
        output::say(sentence)
    }
    ExitCode::SUCCESS
}

/// Sets a member of a body when a flag was given.
fn put(body: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

/// The document of `--from`, or an empty one, as the body that flags are added to.
fn body_from(from: Option<&str>) -> Result<Map<String, Value>, Failure> {
    match from.map(crate::input::document).transpose()? {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Failure::usage("--from must hold one JSON object")),
    }
}
