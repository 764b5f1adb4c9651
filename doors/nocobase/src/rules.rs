//! Rules of this dialect for values: `validation: {type, rules: [{name, args}]}` of a field. Kinds, required and
//! unique values are the core's.

mod rule;

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
                if let Some(wants) = rule::broken(rule, value, field) {
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

/// Refuses rules that could not be kept: a pattern this server cannot follow would let everything through.
pub fn keepable(field: &str, options: &Map<String, Value>) -> Result<(), Failure> {
    let rules = options.get("validation").and_then(|v| v.get("rules")).and_then(Value::as_array);
    for rule in rules.into_iter().flatten() {
        if unkeepable(rule) {
            return Err(Failure::bad(format!(
                "{field}: the pattern cannot be used here: it is not a regular expression, is too large, or looks around"
            )));
        }
    }
    Ok(())
}

/// Takes out of a field what [`keepable`] would refuse. Answers whether there was anything.
pub fn without_unkeepable(options: &mut Map<String, Value>) -> bool {
    let rules = options.get_mut("validation").and_then(|v| v.get_mut("rules")).and_then(Value::as_array_mut);
    let Some(rules) = rules else { return false };
    let before = rules.len();
    rules.retain(|rule| !unkeepable(rule));
    rules.len() < before
}

fn unkeepable(rule: &Value) -> bool {
    rule.get("name").and_then(Value::as_str) == Some("pattern") && rule::pattern(rule).is_none()
}
