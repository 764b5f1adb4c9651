//! What the server adds to values a client wrote: keys, times, authors, defaults; and the rules a record
//! must keep.

use domain::{
    FieldNo,
    catalog::{Field, FieldKind, Special, SystemField, Table},
    decision::Allowed,
    limits,
    query::{BindError, BoundWrite, coerce},
    secret::{random_text, random_uuid},
    value::Value,
};

use crate::{Data, DataError, password};

impl Data {
    /// Completes a new record. Collects one message per broken rule in `broken`.
    pub(super) fn fill_new(
        &self,
        allowed: &Allowed,
        table: &Table,
        write: &mut BoundWrite,
        broken: &mut Vec<String>,
    ) -> Result<(), DataError> {
        stamp_every_write(allowed, table, write);
        for field in &table.fields {
            let given = write.values.iter().position(|(no, _)| *no == field.no);
            let automatic = field.system == Some(SystemField::AutoId);
            let null = given.and_then(|at| write.values.get(at)).is_none_or(|(_, value)| value.is_null());
            // A number or a text that is always there: to give none is to leave it to the server.
            let always = made_here(field) || made_in_store(field);
            if let Some((_, value)) = given.and_then(|at| write.values.get(at)) {
                readable_key(field, value)?;
            }
            if given.is_none() || ((field.primary || always) && null) {
                write.values.retain(|(no, _)| *no != field.no);
                match self.initial(allowed, field)? {
                    Some(value) => write.values.push((field.no, value)),
                    // The store makes it while it writes.
                    None if automatic || made_in_store(field) => {}
                    None if field.required || field.primary => note(broken, required(field)),
                    None => {}
                }
            } else if null && field.required && field.system.is_none() {
                note(broken, required(field));
            }
        }
        Ok(())
    }

    /// Completes a change of existing records. `one`: of a single one, whose made-up texts and numbers can be
    /// made anew.
    pub(super) fn fill_changed(
        &self,
        allowed: &Allowed,
        table: &Table,
        write: &mut BoundWrite,
        one: bool,
    ) -> Result<(), DataError> {
        let mut broken = Vec::new();
        for (no, value) in write.values.iter_mut().filter(|(_, value)| value.is_null()) {
            let Some(field) = table.field_by_no(*no) else { continue };
            match self.random(field) {
                Some(made) if one => *value = made,
                Some(_) => broken.push(format!("{} is made for each record by itself", said(field))),
                None => {}
            }
        }
        for (no, value) in &write.values {
            if let Some(field) = table.field_by_no(*no).filter(|f| f.required && value.is_null()) {
                broken.push(required(field));
            }
        }
        if !broken.is_empty() {
            return Err(DataError::Validation(broken));
        }
        stamp_every_write(allowed, table, write);
        for field in &table.fields {
            let value = match field.system {
                Some(SystemField::UpdatedAt) => Value::Instant(allowed.at()),
                Some(SystemField::UpdatedBy) => number(allowed.subject().user_num),
                _ => continue,
            };
            write.values.push((field.no, value));
        }
        Ok(())
    }

    /// Replaces what password fields are given by its hash.
    pub(super) async fn seal_passwords(
        &self,
        table: &Table,
        writes: &mut [BoundWrite],
    ) -> Result<(), DataError> {
        let fields: Vec<FieldNo> =
            table.fields.iter().filter(|f| f.kind == FieldKind::Password).map(|f| f.no).collect();
        if fields.is_empty() {
            return Ok(());
        }
        let values = writes.iter_mut().flat_map(|w| &mut w.values);
        let plain = values.filter(|(no, _)| fields.contains(no)).map(|(_, value)| value).collect();
        password::hash_all(plain, &self.entropy).await
    }

    /// What a new record holds where its writer said nothing.
    fn initial(&self, allowed: &Allowed, field: &Field) -> Result<Option<Value>, DataError> {
        Ok(match field.system {
            Some(SystemField::AutoId) => None,
            Some(SystemField::Snowflake) => Some(Value::Int(self.snowflakes.next())),
            Some(SystemField::CreatedAt | SystemField::UpdatedAt) => Some(Value::Instant(allowed.at())),
            Some(SystemField::CreatedBy | SystemField::UpdatedBy) => Some(number(allowed.subject().user_num)),
            Some(SystemField::CreatedByKey) => Some(number(allowed.subject().key_num)),
            None => match self.random(field).or_else(|| moment(allowed, field)) {
                Some(value) => Some(value),
                None => default(field)?,
            },
        })
    }

    /// What chance makes of a field that asks for it.
    fn random(&self, field: &Field) -> Option<Value> {
        let entropy = &*self.entropy;
        Some(match field.special.as_ref()? {
            Special::Random { prefix, chars, alphabet } => {
                Value::Text(format!("{prefix}{}", random_text(*chars, alphabet.as_bytes(), entropy)))
            }
            Special::Uuid => Value::Text(random_uuid(entropy)),
            Special::Snowflake => Value::Int(self.snowflakes.next()),
            _ => return None,
        })
    }
}

/// A key somebody chose can be written as a number in JSON, and leaves room behind it: the store counts on from it.
fn readable_key(field: &Field, value: &Value) -> Result<(), DataError> {
    match value {
        Value::Int(key) if field.primary && !(1..limits::CHOSEN_KEY_LIMIT).contains(key) => {
            let message = format!("must be a number from 1 to {}", limits::CHOSEN_KEY_LIMIT - 1);
            Err(BindError::BadValue { field: field.name.clone(), message }.into())
        }
        _ => Ok(()),
    }
}

fn default(field: &Field) -> Result<Option<Value>, DataError> {
    let Some(text) = &field.default else { return Ok(None) };
    let json = serde_json::from_str(text).unwrap_or_default();
    Ok(Some(coerce(field, &json)?).filter(|value| !value.is_null()))
}

fn made_here(field: &Field) -> bool {
    let made = |special: &Special| match special {
        Special::Random { .. } | Special::Uuid | Special::Snowflake => true,
        Special::Moment { at_create, .. } => *at_create,
        _ => false,
    };
    field.special.as_ref().is_some_and(made)
}

fn moment(allowed: &Allowed, field: &Field) -> Option<Value> {
    field.special.as_ref()?.of_new_record(field.kind, allowed.at())
}

/// The time, where a field holds that of the last write.
fn stamp_every_write(allowed: &Allowed, table: &Table, write: &mut BoundWrite) {
    for field in &table.fields {
        let special = field.special.as_ref();
        if let Some(now) = special.and_then(|special| special.of_every_write(field.kind, allowed.at())) {
            write.values.retain(|(no, _)| *no != field.no);
            write.values.push((field.no, now));
        }
    }
}

fn made_in_store(field: &Field) -> bool {
    matches!(field.special, Some(Special::Order { .. } | Special::Sequence(_) | Special::Formula { .. }))
}

/// What the store adds to every new record while it writes.
pub(super) fn made_later(table: &Table) -> impl Iterator<Item = FieldNo> {
    table.fields.iter().filter(|field| made_in_store(field)).map(|field| field.no)
}

fn number(num: Option<i64>) -> Value {
    num.map_or(Value::Null, Value::Int)
}

/// Once each: a batch breaks the same rule in every row.
fn note(broken: &mut Vec<String>, message: String) {
    if !broken.contains(&message) {
        broken.push(message);
    }
}

fn required(field: &Field) -> String {
    format!("{} is required", said(field))
}

fn said(field: &Field) -> &str {
    field.title.as_deref().unwrap_or(&field.name)
}
