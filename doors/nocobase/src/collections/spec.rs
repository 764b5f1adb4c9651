//! What a client says of a collection or a field, in the core's words. What the core does not understand of
//! a field is kept with it and returned verbatim.

use data::{FieldSpec, TableSpec};
use domain::{
    catalog::{FieldKind, Link, LinkKind, LinkTarget, OnDelete, Special, SystemField},
    limits,
};
use serde_json::{Map, Value, json};

use super::{
    around::Around,
    association,
    sketch::{Gathered, rest_on},
    special,
};
use crate::{
    failure::Failure,
    request::{Request, bool_property, text_property},
    rules,
};

/// Properties of a collection that are its structure; the others are options.
pub const STRUCTURE: [&str; 7] =
    ["name", "title", "fields", "key", "dataSourceKey", "replaceFields", "verify"];

/// The four fields a collection can ask for with a flag, and the type they are shown with.
pub(super) const FLAGS: [(&str, SystemField); 4] = [
    ("createdAt", SystemField::CreatedAt),
    ("updatedAt", SystemField::UpdatedAt),
    ("createdBy", SystemField::CreatedBy),
    ("updatedBy", SystemField::UpdatedBy),
];

/// One field as it was given.
pub struct Given {
    /// The field, and the column of its key where this collection holds it.
    pub fields: Vec<FieldSpec>,
    pub elsewhere: Option<Elsewhere>,
}

/// What an association needs outside of its collection; made where it is missing.
pub enum Elsewhere {
    Column { collection: String, spec: FieldSpec },
    Pairs(TableSpec),
}

/// A collection to be made, and what its associations need elsewhere.
pub struct NewCollection {
    pub table: TableSpec,
    pub elsewhere: Vec<Elsewhere>,
}

pub fn table(request: &Request, values: &Map<String, Value>) -> Result<NewCollection, Failure> {
    servable(values)?;
    let name = text_property(values, "name")?.flatten().unwrap_or_default();
    let given = listed(values)?.unwrap_or_default();
    rules::patterns_fit(&given)?;
    let catalog = request.inner.data.catalog();
    let around = Around::of(request, &catalog, &name, &given);
    let mut gathered = Gathered::default();
    let mut fields: Vec<FieldSpec> = Vec::new();
    for field in given {
        let own = gathered.take(self::field(request, &around, field)?);
        own.into_iter().for_each(|spec| push(&mut fields, spec));
    }
    rest_on(&mut fields, gathered.resting)?;
    if fields.iter().filter(|field| field.primary).count() > 1 {
        return Err(Failure::bad(
            "a collection has one primary key; filterTargetKey may name several fields instead",
        ));
    }
    for (flag, system) in FLAGS {
        if bool_property(values, flag)? == Some(true) && !fields.iter().any(|f| f.system == Some(system)) {
            let (column, link) = flagged(flag, system);
            push(&mut fields, column);
            link.into_iter().for_each(|link| push(&mut fields, link));
        }
    }
    if let Some(order) = sortable(values.get("sortable"))?
        && !fields.iter().any(|f| f.name == order.name)
    {
        fields.push(order);
    }
    let options: Map<String, Value> = values
        .iter()
        .filter(|(name, _)| !STRUCTURE.contains(&name.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut extra = Map::new();
    extra.insert("nocobase".to_owned(), Value::Object(options));
    let title = text_property(values, "title")?.flatten();
    let extra = Some(Value::Object(extra).to_string());
    let table = TableSpec { name, title, fields, extra };
    Ok(NewCollection { table, elsewhere: gathered.elsewhere })
}

/// Refuses collections that hold no records of their own: made as if they did, they would look like what they are not.
pub(super) fn servable(values: &Map<String, Value>) -> Result<(), Failure> {
    let said = |name: &str| match values.get(name) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    let template = values.get("template").and_then(Value::as_str).unwrap_or_default();
    if said("view") || said("viewName") || template == "view" {
        return Err(Failure::bad("there are no database views here that a collection could show"));
    }
    if said("sql") || template == "sql" {
        return Err(Failure::bad("collections made of an SQL statement are not served"));
    }
    if said("inherits") || template == "inherit" {
        return Err(Failure::bad("a collection cannot inherit from others here"));
    }
    Ok(())
}

/// `fields`: objects, few enough; `None` where nothing is said of them.
pub(super) fn listed(values: &Map<String, Value>) -> Result<Option<Vec<Map<String, Value>>>, Failure> {
    let bad = || Failure::bad("fields must be a list of objects");
    match values.get("fields") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            few_enough(items.len())?;
            items
                .iter()
                .map(|item| item.as_object().cloned().ok_or_else(bad))
                .collect::<Result<_, _>>()
                .map(Some)
        }
        Some(_) => Err(bad()),
    }
}

/// Counted before anything is done for each of them.
fn few_enough(fields: usize) -> Result<(), Failure> {
    let max = limits::FIELDS_PER_TABLE_MAX;
    if fields > max { Err(Failure::bad(format!("a collection has at most {max} fields"))) } else { Ok(()) }
}

/// `sortable`: true, the name of the field that keeps the order, or the options of one.
pub(super) fn sortable(given: Option<&Value>) -> Result<Option<FieldSpec>, Failure> {
    let mut options = match given {
        None | Some(Value::Null | Value::Bool(false)) => return Ok(None),
        Some(Value::Bool(true)) => Map::new(),
        Some(Value::String(name)) => Map::from_iter([("name".to_owned(), json!(name))]),
        Some(Value::Object(options)) => options.clone(),
        Some(_) => return Err(Failure::bad("sortable must be true, a name or an object")),
    };
    let name = text_property(&options, "name")?.flatten().unwrap_or_else(|| "sort".to_owned());
    options.remove("name");
    options.insert("type".to_owned(), json!("sort"));
    options.insert("hidden".to_owned(), json!(true));
    column(name, "sort", &options.clone(), options).map(Some)
}

/// A column that was given twice (a foreign key and the association it belongs to) is one column.
fn push(fields: &mut Vec<FieldSpec>, spec: FieldSpec) {
    match fields.iter_mut().find(|f| f.name == spec.name && (f.system.is_none() != spec.system.is_none())) {
        Some(known) if spec.system.is_some() => *known = spec,
        Some(_) => {}
        None => fields.push(spec),
    }
}

/// The column a flag stands for, and the association that goes with it.
fn flagged(flag: &str, system: SystemField) -> (FieldSpec, Option<FieldSpec>) {
    match system {
        SystemField::CreatedBy | SystemField::UpdatedBy => {
            let column = format!("{flag}Id");
            let note = json!({
                "type": "belongsTo", "interface": flag, "target": "users", "targetKey": "id",
                "foreignKey": column,
            });
            let link = Link {
                kind: LinkKind::Here,
                key: column.clone(),
                target: LinkTarget::Users,
                target_key: "id".to_owned(),
                through: None,
                on_delete: OnDelete::Keep,
            };
            let options = json!({ "type": "bigInt", "isForeignKey": true });
            (with(FieldSpec::system(column, system), options), Some(with(FieldSpec::link(flag, link), note)))
        }
        _ => {
            let options = json!({ "type": "date", "interface": flag, "field": flag });
            (with(FieldSpec::system(flag, system), options), None)
        }
    }
}

pub(super) fn with(spec: FieldSpec, options: Value) -> FieldSpec {
    FieldSpec { extra: Some(json!({ "nocobase": options }).to_string()), ..spec }
}

/// One field object of the collection that is being defined.
pub fn field(request: &Request, around: &Around<'_>, values: Map<String, Value>) -> Result<Given, Failure> {
    let name = match text_property(&values, "name")?.flatten() {
        Some(name) => name,
        None => super::random_name(request, "f_"),
    };
    if !crate::path::valid_name(&name) {
        return Err(Failure::bad(format!("{name:?} is not a field name")));
    }
    text_property(&values, "type")?;
    let kind_name = type_name(&values);
    let mut options = values.clone();
    options.remove("name");
    options.insert("type".to_owned(), json!(kind_name));
    if let Some(kind) = association::kind(&kind_name) {
        return association::field(around, name, kind, options);
    }
    Ok(Given { fields: vec![column(name, &kind_name, &values, options)?], elsewhere: None })
}

fn column(
    name: String,
    kind_name: &str,
    values: &Map<String, Value>,
    options: Map<String, Value>,
) -> Result<FieldSpec, Failure> {
    let flag = |name: &'static str| bool_property(values, name).map(|b| b == Some(true));
    let kind = match kind_name {
        "formula" => special::formula_kind(values),
        _ => kind(kind_name)
            .ok_or_else(|| Failure::bad(format!("{name}: unknown field type {kind_name:?}")))?,
    };
    rules::keepable(&name, values)?;
    let primary = flag("primaryKey")?;
    let special = special::special(&name, kind_name, values, primary)?;
    let order = matches!(special, Some(Special::Order { .. }));
    let system = match (kind_name, kind, name.as_str()) {
        ("snowflakeId", ..) if primary => Some(SystemField::Snowflake),
        (_, FieldKind::BigInt | FieldKind::Integer, _)
            if primary && (flag("autoIncrement")? || values.get("interface") == Some(&json!("id"))) =>
        {
            Some(SystemField::AutoId)
        }
        (_, FieldKind::DateTime, "createdAt") => Some(SystemField::CreatedAt),
        (_, FieldKind::DateTime, "updatedAt") => Some(SystemField::UpdatedAt),
        (_, FieldKind::BigInt, "createdById") => Some(SystemField::CreatedBy),
        (_, FieldKind::BigInt, "updatedById") => Some(SystemField::UpdatedBy),
        _ => None,
    };
    let base = match system {
        Some(system) => FieldSpec::system(name, system),
        None => FieldSpec { primary, ..FieldSpec::new(name, kind) },
    };
    let allow_null = bool_property(values, "allowNull")? != Some(false);
    Ok(FieldSpec {
        title: title(values),
        // One with a default may be left out, and still never be null.
        required: base.system.is_none() && !primary && (!allow_null || required_by_rule(values)),
        unique: flag("unique")? && !base.primary && !order,
        // An order that is in no answer can be sorted by all the same.
        hidden: base.hidden || (flag("hidden")? && !order),
        special: special.filter(|_| base.system.is_none()),
        default: values.get("defaultValue").filter(|v| !v.is_null() && base.system.is_none()).cloned(),
        extra: Some(json!({ "nocobase": options }).to_string()),
        ..base
    })
}

/// The type of a field; where only its `interface` is said, the one screens make for it.
pub(super) fn type_name(values: &Map<String, Value>) -> String {
    let text = |name: &str| values.get(name).and_then(Value::as_str);
    let shown = || match text("interface")? {
        "textarea" | "richText" | "markdown" | "vditor" => Some("text"),
        "integer" | "id" => Some("bigInt"),
        "number" => Some("double"),
        "percent" => Some("float"),
        "checkbox" => Some("boolean"),
        "multipleSelect" | "checkboxGroup" => Some("array"),
        "datetime" | "createdAt" | "updatedAt" => Some("date"),
        "date" => Some("dateOnly"),
        "createdBy" | "updatedBy" | "m2o" | "obo" => Some("belongsTo"),
        "oho" => Some("hasOne"),
        "o2m" => Some("hasMany"),
        "m2m" => Some("belongsToMany"),
        same @ ("password" | "datetimeNoTz" | "dateOnly" | "time" | "unixTimestamp" | "json" | "uuid"
        | "nanoid" | "snowflakeId" | "sort" | "sequence" | "formula") => Some(same),
        _ => None,
    };
    text("type").or_else(shown).unwrap_or("string").to_owned()
}

/// The title a screen shows.
pub fn title(values: &Map<String, Value>) -> Option<String> {
    let schema = values.get("uiSchema").and_then(|s| s.get("title"));
    values.get("title").or(schema).and_then(Value::as_str).map(str::to_owned)
}

/// `validation: {rules: [{name: "required"}]}`.
pub fn required_by_rule(values: &Map<String, Value>) -> bool {
    let rules = values.get("validation").and_then(|v| v.get("rules")).and_then(Value::as_array);
    rules.is_some_and(|rules| rules.iter().any(|r| r.get("name") == Some(&json!("required"))))
}

pub(super) fn kind(name: &str) -> Option<FieldKind> {
    Some(match name {
        "string" | "uid" | "nanoid" | "radioGroup" | "select" | "sequence" => FieldKind::Text,
        "text" => FieldKind::LongText,
        "integer" => FieldKind::Integer,
        "bigInt" | "snowflakeId" | "sort" => FieldKind::BigInt,
        "float" | "double" | "real" | "formula" => FieldKind::Float,
        "decimal" => FieldKind::Decimal,
        "boolean" | "radio" => FieldKind::Boolean,
        "date" | "datetime" | "datetimeTz" | "unixTimestamp" => FieldKind::DateTime,
        "datetimeNoTz" => FieldKind::LocalDateTime,
        "dateOnly" => FieldKind::Date,
        "time" => FieldKind::Time,
        "json" | "jsonb" | "point" | "lineString" | "circle" | "polygon" => FieldKind::Json,
        "array" | "set" => FieldKind::Array,
        "uuid" => FieldKind::Uuid,
        "password" => FieldKind::Password,
        _ => return None,
    })
}

/// The type a field is shown with when it was not made in this dialect.
pub fn type_of(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "string",
        FieldKind::LongText => "text",
        FieldKind::Integer => "integer",
        FieldKind::BigInt => "bigInt",
        FieldKind::Float => "double",
        FieldKind::Decimal => "decimal",
        FieldKind::Boolean => "boolean",
        FieldKind::DateTime => "date",
        FieldKind::LocalDateTime => "datetimeNoTz",
        FieldKind::Date => "dateOnly",
        FieldKind::Time => "time",
        FieldKind::Json => "json",
        FieldKind::Array => "array",
        FieldKind::Uuid => "uuid",
        FieldKind::Password => "password",
        FieldKind::Link => "belongsTo",
    }
}
