//! What holds of a field that is added, changed or dropped. The kind of a field never changes; rights are asked where the
//! change is bound, in [`super::reshape`].

use std::sync::Arc;

use domain::{
    FieldNo,
    catalog::{Field, FieldKind, Special, Table},
};

use super::{FieldPatch, check};
use crate::DataError;

/// What holds of a field that comes to those of a table.
pub(super) fn fits(table: &Arc<Table>, field: &Field) -> Result<(), DataError> {
    if field.primary {
        return Err(DataError::invalid("a table has one primary key"));
    }
    if field.system.is_some_and(|system| table.system(system).is_some()) {
        return Err(DataError::invalid(format!("the table has a field like {:?} already", field.name)));
    }
    free_name(table, &field.name)
}

/// The number of a field that may go.
pub(super) fn droppable(table: &Table, name: &str) -> Result<FieldNo, DataError> {
    let field = table.field(name).ok_or(DataError::NotFound)?;
    match field.primary {
        true => Err(DataError::invalid("the primary key cannot be dropped")),
        false => Ok(field.no),
    }
}

fn free_name(table: &Arc<Table>, name: &str) -> Result<(), DataError> {
    match table.field(name) {
        Some(_) => Err(DataError::Conflict { field: name.to_owned() }),
        None => Ok(()),
    }
}

pub(super) fn checked(
    table: &Arc<Table>,
    field: &Field,
    patch: FieldPatch,
) -> Result<store::FieldPatch, DataError> {
    let FieldPatch { name, title, required, unique, hidden, default, extra, special, on_delete } = patch;
    let name = name.filter(|name| *name != field.name);
    if let Some(name) = &name {
        check::name(name)?;
        free_name(table, name)?;
    }
    check::title(title.as_ref().and_then(Option::as_deref))?;
    check::extra(extra.as_ref().and_then(Option::as_deref))?;
    let changed = Field {
        unique: unique.unwrap_or(field.unique),
        special: special.clone().unwrap_or_else(|| field.special.clone()),
        ..field.clone()
    };
    check::unique(&changed)?;
    check::special(&changed)?;
    let showing = hidden == Some(false) && field.kind == FieldKind::Password;
    if showing || (hidden == Some(true) && field.primary) {
        return Err(DataError::invalid(format!("{:?} cannot be shown or hidden", field.name)));
    }
    let default = match default {
        Some(value) => Some(check::default(&changed, value.as_ref())?),
        None => None,
    };
    // A primary key is unique by itself; a second index would only cost.
    let unique = unique.filter(|_| !field.primary);
    let required = required.filter(|_| !matches!(changed.special, Some(Special::Formula { .. })));
    Ok(store::FieldPatch { name, title, required, unique, hidden, default, extra, special, on_delete })
}
