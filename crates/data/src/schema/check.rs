//! Rules for names, fields and tables, checked before anything is made of them.

use std::collections::HashSet;

use domain::{
    FieldNo,
    catalog::{Field, FieldKind, LinkKind, LinkTarget, Special, SystemField},
    limits,
    query::coerce,
};

use super::{FieldSpec, TableSpec};
use crate::DataError;

/// `[A-Za-z_][A-Za-z0-9_-]*`, of bounded length. Plain letters only: two names that look alike are alike.
pub(super) fn name(name: &str) -> Result<(), DataError> {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if first && rest && name.len() <= limits::NAME_CHARS_MAX {
        return Ok(());
    }
    let shown: String = name.chars().take(40).collect();
    Err(DataError::invalid(format!(
        "{shown:?} is not a name: 1 to {} letters, digits, _ and -, beginning with a letter or _",
        limits::NAME_CHARS_MAX
    )))
}

pub(super) fn title(title: Option<&str>) -> Result<(), DataError> {
    match title {
        Some(text) if text.chars().count() > limits::NAME_CHARS_MAX || text.contains('\0') => {
            Err(DataError::invalid(format!("a title has at most {} characters", limits::NAME_CHARS_MAX)))
        }
        _ => Ok(()),
    }
}

pub(super) fn extra(extra: Option<&str>) -> Result<(), DataError> {
    match extra {
        Some(text) if text.len() > limits::TEXT_VALUE_BYTES_MAX => {
            Err(DataError::invalid("extra is too long"))
        }
        _ => Ok(()),
    }
}

/// All rules of a table to be made; its fields, with the primary key put first when it is missing.
pub(super) fn table(spec: &TableSpec) -> Result<Vec<Field>, DataError> {
    name(&spec.name)?;
    title(spec.title.as_deref())?;
    extra(spec.extra.as_deref())?;
    let given =
        (!spec.fields.iter().any(|f| f.primary)).then(|| FieldSpec::system("id", SystemField::AutoId));
    let fields = given.iter().chain(&spec.fields).map(field).collect::<Result<Vec<_>, _>>()?;
    count(fields.len())?;
    if fields.iter().filter(|f| f.primary).count() > 1 {
        return Err(DataError::invalid("a table has one primary key"));
    }
    let mut names = HashSet::new();
    let mut systems = HashSet::new();
    for field in &fields {
        if !names.insert(field.name.as_str()) {
            return Err(DataError::Conflict { field: field.name.clone() });
        }
        if let Some(system) = field.system
            && !systems.insert(system_name(system))
        {
            return Err(DataError::invalid(format!("{} is there twice", system_name(system))));
        }
    }
    Ok(fields)
}

pub(super) fn count(fields: usize) -> Result<(), DataError> {
    if fields > limits::FIELDS_PER_TABLE_MAX {
        return Err(DataError::invalid(format!(
            "a table has at most {} fields",
            limits::FIELDS_PER_TABLE_MAX
        )));
    }
    Ok(())
}

/// All rules of one field; its number is given by the store.
pub(super) fn field(spec: &FieldSpec) -> Result<Field, DataError> {
    name(&spec.name)?;
    title(spec.title.as_deref())?;
    extra(spec.extra.as_deref())?;
    let key = matches!(spec.system, Some(SystemField::AutoId | SystemField::Snowflake));
    if let Some(system) = spec.system {
        let fits = match FieldSpec::system("", system).kind {
            FieldKind::BigInt => matches!(spec.kind, FieldKind::BigInt | FieldKind::Integer),
            kind => spec.kind == kind,
        };
        if !fits || (spec.primary && !key) {
            return Err(DataError::invalid(format!("{:?} cannot be {}", spec.name, system_name(system))));
        }
    }
    let keyable =
        matches!(spec.kind, FieldKind::Integer | FieldKind::BigInt | FieldKind::Text | FieldKind::Uuid);
    if (spec.primary && (!keyable || spec.hidden)) || (key && !spec.primary) {
        return Err(DataError::invalid(format!("{:?} cannot be a primary key", spec.name)));
    }
    let mut field = Field {
        no: FieldNo(0),
        name: spec.name.clone(),
        title: spec.title.clone(),
        kind: spec.kind,
        system: spec.system,
        primary: spec.primary,
        required: spec.required && !matches!(spec.special, Some(Special::Formula { .. })),
        unique: spec.unique && !spec.primary,
        hidden: spec.hidden || spec.kind == FieldKind::Password,
        default: None,
        extra: spec.extra.clone(),
        link: spec.link.clone(),
        special: spec.special.clone(),
    };
    link(&field)?;
    special(&field)?;
    unique(&field)?;
    field.default = default(&field, spec.default.as_ref())?;
    Ok(field)
}

/// A link says where it leads, and is nothing but a link. What it names need not be there yet.
fn link(field: &Field) -> Result<(), DataError> {
    let bad = || DataError::invalid(format!("{:?} cannot be a link like this", field.name));
    let link = match (&field.link, field.kind) {
        (Some(link), FieldKind::Link) => link,
        (None, kind) if kind != FieldKind::Link => return Ok(()),
        _ => return Err(bad()),
    };
    let plain = !field.primary && !field.required && !field.unique && field.system.is_none();
    if !plain || link.through.is_some() != (link.kind == LinkKind::Through) {
        return Err(bad());
    }
    let target = match &link.target {
        LinkTarget::Table(name) => Some(name),
        LinkTarget::Users => None,
    };
    let through = link.through.iter().flat_map(|through| [&through.table, &through.from, &through.to]);
    [&link.key, &link.target_key].into_iter().chain(target).chain(through).try_for_each(|text| name(text))
}

/// What the server does about values fits the field, and makes values of it. The fields it names need not be there
/// yet.
pub(super) fn special(field: &Field) -> Result<(), DataError> {
    let Some(special) = &field.special else { return Ok(()) };
    let taken = field.system.is_some() || (field.primary && special.sealed());
    // Between one step and the next of a move two records have the same place.
    let ordered = matches!(special, Special::Order { .. }) && (field.unique || field.primary);
    if taken || ordered {
        return Err(DataError::invalid(format!("{:?} cannot be made so by the server", field.name)));
    }
    special.check(field.kind).map_err(|what| DataError::invalid(format!("{:?} {what}", field.name)))
}

/// Values that databases cannot compare cannot be kept apart either.
pub(super) fn unique(field: &Field) -> Result<(), DataError> {
    let incomparable = matches!(field.kind, FieldKind::Json | FieldKind::Array | FieldKind::Password);
    if field.unique && incomparable {
        return Err(DataError::invalid(format!("{:?} cannot be unique", field.name)));
    }
    Ok(())
}

/// A default is a value the field could hold; kept as compact JSON.
pub(super) fn default(
    field: &Field,
    default: Option<&serde_json::Value>,
) -> Result<Option<String>, DataError> {
    let Some(value) = default.filter(|v| !v.is_null()) else { return Ok(None) };
    if field.system.is_some() || field.primary || matches!(field.kind, FieldKind::Password | FieldKind::Link)
    {
        return Err(DataError::invalid(format!("{:?} cannot have a default", field.name)));
    }
    coerce(field, value)?;
    Ok(Some(value.to_string()))
}

fn system_name(system: SystemField) -> &'static str {
    match system {
        SystemField::AutoId => "an automatic id",
        SystemField::Snowflake => "a snowflake id",
        SystemField::CreatedAt => "the time of creation",
        SystemField::UpdatedAt => "the time of the last change",
        SystemField::CreatedBy => "the creator",
        SystemField::UpdatedBy => "the last editor",
        SystemField::CreatedByKey => "the creating key",
    }
}
