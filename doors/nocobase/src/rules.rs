//! Rules of this dialect for values: `validation: {type, rules: [{name, args}]}` of a field. Kinds, required and
//! unique values are the core's.

mod rule;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use domain::{
    FieldNo,
    catalog::{Field, Table},
};
use rule::Rule;
use serde_json::{Map, Value};

use crate::{
    collections::options_of,
    failure::{Complaint, Failure},
};

/// Rules of one field, and patterns of one collection.
const RULES_PER_FIELD_MAX: usize = 32;
const PATTERNS_PER_TABLE_MAX: usize = 32;
/// Collections whose rules are remembered; beyond, all are forgotten.
const TABLES_KEPT: usize = 8;

/// The rules of collections, read once for each version of a collection: to read a pattern costs far more than to
/// follow it, and a request may bring a thousand records.
#[derive(Default)]
pub struct Known(Mutex<HashMap<u32, Read>>);

/// A version of a collection, and its rules.
type Read = (Weak<Table>, Arc<Ruled>);

/// The fields of a collection that have rules.
struct Ruled {
    fields: Vec<(FieldNo, Vec<Rule>)>,
    patterns: usize,
}

impl Known {
    /// Checks what is about to be written; every broken rule is one complaint.
    pub fn check(&self, table: &Arc<Table>, row: &Map<String, Value>) -> Result<(), Failure> {
        let ruled = self.of(table);
        few_patterns(ruled.patterns)?;
        let mut errors: Vec<Complaint> = Vec::new();
        for (no, rules) in &ruled.fields {
            let Some(field) = table.field_by_no(*no) else { continue };
            let Some(value) = row.get(&field.name).filter(|v| !v.is_null()) else { continue };
            for wants in rules.iter().filter_map(|rule| rule.broken(value, field)) {
                let title = field.title.as_deref().unwrap_or(&field.name);
                let collection = table.title.as_deref().unwrap_or(&table.name);
                let message = format!("{collection}: {title} must be {wants}");
                if !errors.iter().any(|known| known.message == message) {
                    errors.push(Complaint { message, code: None });
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Failure { errors, ..Failure::bad("") }) }
    }

    fn of(&self, table: &Arc<Table>) -> Arc<Ruled> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |of: &Weak<Table>| std::ptr::eq(of.as_ptr(), Arc::as_ptr(table));
        if let Some((_, ruled)) = lock().get(&table.no).filter(|(of, _)| same(of)) {
            return Arc::clone(ruled);
        }
        let ruled = Arc::new(Ruled::of(table));
        let mut known = lock();
        if known.len() >= TABLES_KEPT {
            known.clear();
        }
        known.insert(table.no, (Arc::downgrade(table), Arc::clone(&ruled)));
        ruled
    }
}

impl Ruled {
    fn of(table: &Table) -> Self {
        let said: Vec<(FieldNo, Vec<Value>)> = table.fields.iter().filter_map(rules).collect();
        let patterns = said.iter().flat_map(|(_, rules)| rules).filter(|rule| is_pattern(rule)).count();
        // More than can be followed: nothing can be written, so nothing need be read.
        let said = if patterns > PATTERNS_PER_TABLE_MAX { Vec::new() } else { said };
        let read = |(no, rules): (FieldNo, Vec<Value>)| (no, rules.into_iter().map(Rule::of).collect());
        Self { fields: said.into_iter().map(read).collect(), patterns }
    }
}

fn rules(field: &Field) -> Option<(FieldNo, Vec<Value>)> {
    let kept = field.extra.as_deref().filter(|text| text.contains("\"validation\""))?;
    let rules = options_of(Some(kept)).get("validation")?.get("rules")?.as_array()?.clone();
    Some((field.no, rules))
}

fn few_patterns(patterns: usize) -> Result<(), Failure> {
    if patterns > PATTERNS_PER_TABLE_MAX {
        return Err(Failure::bad(format!("a collection has at most {PATTERNS_PER_TABLE_MAX} patterns")));
    }
    Ok(())
}

/// Refuses more patterns than the rules of one collection may have.
pub fn patterns_fit<'o>(fields: impl IntoIterator<Item = &'o Map<String, Value>>) -> Result<(), Failure> {
    few_patterns(fields.into_iter().flat_map(listed).filter(|rule| is_pattern(rule)).count())
}

fn listed(options: &Map<String, Value>) -> &[Value] {
    let rules = options.get("validation").and_then(|v| v.get("rules")).and_then(Value::as_array);
    rules.map(Vec::as_slice).unwrap_or_default()
}

/// Refuses rules that could not be kept: a pattern this server cannot follow would let everything through.
pub fn keepable(field: &str, options: &Map<String, Value>) -> Result<(), Failure> {
    let rules = listed(options);
    if rules.len() > RULES_PER_FIELD_MAX {
        return Err(Failure::bad(format!("{field}: a field has at most {RULES_PER_FIELD_MAX} rules")));
    }
    patterns_fit([options])?;
    for rule in rules {
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
    is_pattern(rule) && rule::pattern(rule).is_none()
}

fn is_pattern(rule: &Value) -> bool {
    rule.get("name").and_then(Value::as_str) == Some("pattern")
}
