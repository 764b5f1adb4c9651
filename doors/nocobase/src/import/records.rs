//! Records of an installation, as a table here takes them: texts of dates, 0 and 1, JSON as text and counts of seconds
//! become what they stand for. What cannot be read goes on as it is, so that whoever writes it refuses it by name.

use std::collections::HashMap;

use domain::{
    Millis,
    catalog::{FieldKind, SystemField, Table},
};
use keys::ForeignRow;
use serde_json::{Map, Value, json};

use super::Collection;

/// A row as a record.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    pub values: Map<String, Value>,
    /// Values that named users who did not come; they are left out.
    pub strangers: usize,
}

impl Collection {
    /// A row of its data table, for this table. `number`: where the row is in its table, for records without a key
    /// of their own. `users`: the numbers that users there have here.
    pub fn record(
        &self,
        number: i64,
        row: &ForeignRow,
        table: &Table,
        users: &HashMap<String, i64>,
    ) -> Result<Read, String> {
        let mut read = Read::default();
        for field in &table.fields {
            let column = self.column_of(&field.name);
            if field.primary && !row.has_column(column) {
                read.values.insert(field.name.clone(), json!(number));
                continue;
            }
            let by_user = matches!(field.system, Some(SystemField::CreatedBy | SystemField::UpdatedBy));
            if by_user || self.user_columns.contains(&field.name) {
                let Some(there) = row.text(column) else { continue };
                match users.get(&there) {
                    Some(num) => {
                        read.values.insert(field.name.clone(), json!(num));
                    }
                    None if self.pairs => return Err(format!("it is about user {there}, who did not come")),
                    None => read.strangers += 1,
                }
            } else if let Some(value) = self.value(row, column, &field.name, field.kind) {
                read.values.insert(field.name.clone(), value);
            }
        }
        Ok(read)
    }

    fn value(&self, row: &ForeignRow, column: &str, name: &str, kind: FieldKind) -> Option<Value> {
        let raw = row.get(column)?.clone();
        let read = match kind {
            FieldKind::Boolean => row.flag(column).map(Value::Bool),
            FieldKind::Json | FieldKind::Array => row.json(column),
            FieldKind::DateTime => match (self.ticks.get(name), raw.as_i64()) {
                (Some(tick), Some(count)) => Some(json!(Millis(count.saturating_mul(*tick)).rfc3339())),
                _ => row.date(column).map(|at| json!(at.rfc3339())),
            },
            // As the product writes it on databases that know only instants.
            FieldKind::LocalDateTime | FieldKind::Date | FieldKind::Time => {
                raw.as_str().map(|text| json!(text.trim_end_matches(" +00:00").trim_end_matches('Z')))
            }
            _ => None,
        };
        // JSON that says null is no value.
        Some(read.unwrap_or(raw)).filter(|value| !value.is_null())
    }
}

#[cfg(test)]
mod tests;
