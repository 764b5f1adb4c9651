//! Binding what is to be written: names become fields, values are typed, and what may not be written is
//! dropped or refused. Which rows may be changed so is decided per row, with the same alternatives.

use serde_json::{Map, Value as Json};

use crate::{
    access::Alt,
    catalog::{Field, FieldKind, Special, SystemField, Table},
};

use super::{BindError, BoundWrite, coerce};

/// Binds values to write to an existing record. A field writable in no alternative is dropped, or refused
/// when `strict`; the row condition of the alternative a value needs is the caller's to enforce per row.
/// Neither what the server fills in nor the primary key can be written.
pub fn bind_write(
    values: &Map<String, Json>,
    table: &Table,
    alts: &[Alt],
    strict: bool,
) -> Result<BoundWrite, BindError> {
    bind_values(values, table, strict, |field| {
        !field.primary && field.system.is_none() && writable(field, alts)
    })
}

/// Binds the values of a new record: as [`bind_write`], but its primary key may be chosen.
pub fn bind_create(
    values: &Map<String, Json>,
    table: &Table,
    alts: &[Alt],
    strict: bool,
) -> Result<BoundWrite, BindError> {
    bind_values(values, table, strict, |field| {
        let choosable = matches!(field.system, None | Some(SystemField::AutoId | SystemField::Snowflake));
        choosable && writable(field, alts)
    })
}

fn writable(field: &Field, alts: &[Alt]) -> bool {
    let sealed = field.special.as_ref().is_some_and(Special::sealed);
    field.kind != FieldKind::Link && !sealed && alts.iter().any(|alt| alt.fields.has(field.no))
}

fn bind_values(
    values: &Map<String, Json>,
    table: &Table,
    strict: bool,
    may_write: impl Fn(&Field) -> bool,
) -> Result<BoundWrite, BindError> {
    let mut bound = BoundWrite::default();
    for (name, value) in values {
        match table.field(name) {
            Some(field) if may_write(field) => bound.values.push((field.no, coerce(field, value)?)),
            Some(_) if strict => return Err(BindError::ForbiddenField(name.clone())),
            None if strict => return Err(BindError::UnknownField(name.clone())),
            Some(_) | None => bound.dropped.push(name.clone()),
        }
    }
    Ok(bound)
}
