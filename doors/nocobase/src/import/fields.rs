//! Fields of an installation: whether they can be had here, and what has to be left away for it. Reads what it is
//! handed; makes nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    catalog::{FieldKind, LinkKind},
    formula,
};
use keys::ForeignRow;
use serde_json::{Map, Value, json};

use crate::{
    collections::{RESERVED, cannot_make, kept_as, link_kind, plain_type},
    path::valid_name,
    rules,
};

pub(super) const USERS: &str = "users";

/// Which collections there are, and which of them only join two others.
#[derive(Default)]
pub(super) struct Known {
    pub names: HashSet<String>,
    pub pairs: BTreeMap<String, Pair>,
}

/// A table of pairs.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// The two columns.
    pub columns: Vec<String>,
    /// What marks it: the key of an association that joins by it.
    pub key: String,
}

impl Known {
    pub fn new(collections: &[ForeignRow], fields: &HashMap<String, Vec<Map<String, Value>>>) -> Self {
        let names: HashSet<String> = collections.iter().filter_map(|row| row.text("name")).collect();
        let comes = |target: &str| target == USERS || names.contains(target);
        let mut pairs = BTreeMap::new();
        // In one order, so that of two associations the same one counts every time.
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort_by_key(|(source, _)| *source);
        for (source, fields) in sorted {
            // Users and roles are joined with each other by tables that are read as such.
            if RESERVED.contains(&source.as_str()) && source != USERS {
                continue;
            }
            for field in fields.iter().filter(|field| text(field, "type").as_deref() == Some("belongsToMany"))
            {
                let named = (text(field, "through"), text(field, "foreignKey"), text(field, "otherKey"));
                let joins = match text(field, "target") {
                    Some(target) => comes(&target),
                    None => false,
                };
                if let (Some(through), Some(from), Some(to)) = named
                    && (names.contains(&through) || (joins && source != USERS))
                {
                    let mut columns = vec![from, to];
                    columns.sort();
                    let key = text(field, "key").unwrap_or_else(|| through.clone());
                    pairs.entry(through).or_insert(Pair { columns, key });
                }
            }
        }
        Self { names, pairs }
    }
}

pub(super) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Of an association whose key lies here: its name, and the column.
pub(super) fn held_key(field: &Map<String, Value>) -> Option<(String, String)> {
    let name = text(field, "name").filter(|_| text(field, "type").as_deref() == Some("belongsTo"))?;
    let column = text(field, "foreignKey").unwrap_or_else(|| format!("{name}Id"));
    Some((name, column))
}

/// How long one unit of a count of time is.
pub(super) fn tick_ms(field: &Map<String, Value>) -> i64 {
    let shown = field.get("uiSchema").and_then(|schema| schema.pointer("/x-component-props/accuracy"));
    match shown.or_else(|| field.get("accuracy")).and_then(Value::as_str) {
        Some("millisecond") => 1,
        _ => 1_000,
    }
}

/// What a field is here, and what is no longer as it was.
pub(super) struct Fit {
    pub kind: FieldKind,
    pub note: Option<String>,
}

/// Makes the field one that can be had here, or says why it cannot. `own`: the names of its collection's fields.
pub(super) fn fit(
    field: &mut Map<String, Value>,
    own: &HashSet<String>,
    known: &Known,
) -> Result<Fit, String> {
    let name = text(field, "name").unwrap_or_default();
    if !valid_name(&name) {
        return Err("its name cannot be had here".to_owned());
    }
    let mut type_name = text(field, "type").unwrap_or_default();
    if type_name == "context" {
        // What the product fills in from the request; its type is said beside.
        type_name = text(field, "dataType").unwrap_or_else(|| "string".to_owned());
        field.insert("type".to_owned(), json!(type_name));
    }
    if let Some(kind) = link_kind(&type_name) {
        leads_somewhere(field, kind, known)?;
        return Ok(Fit { kind: FieldKind::Link, note: None });
    }
    let kind = kept_as(&type_name).ok_or_else(|| format!("there is no type {type_name} here"))?;
    if matches!(kind, FieldKind::Json | FieldKind::Array | FieldKind::Password) {
        field.remove("unique");
    }
    let pattern = rules::without_unkeepable(field)
        .then(|| format!("{name} takes what its pattern would refuse: the pattern cannot be followed here"));
    let Some(why) = cannot_make(&name, &type_name, field).or_else(|| looks_elsewhere(field, &type_name, own))
    else {
        return Ok(Fit { kind, note: pattern });
    };
    field.insert("type".to_owned(), json!(plain_type(&type_name, field)));
    Ok(Fit { kind, note: Some(format!("{name} keeps its values, but no new ones are made: {why}")) })
}

/// A formula over what is no field of its record would come out as nothing.
fn looks_elsewhere(field: &Map<String, Value>, type_name: &str, own: &HashSet<String>) -> Option<String> {
    if !type_name.to_ascii_lowercase().contains("formula") {
        return None;
    }
    let template = text(field, "engine").as_deref() == Some("string");
    let formula = formula::read(&text(field, "expression")?, template).ok()?;
    let missing = formula.fields().into_iter().find(|name| !own.contains(*name))?;
    Some(format!("it looks at {missing}"))
}

fn leads_somewhere(field: &Map<String, Value>, kind: LinkKind, known: &Known) -> Result<(), String> {
    let own = matches!(text(field, "name").as_deref(), Some("createdBy" | "updatedBy"));
    let target = match text(field, "target") {
        Some(target) => target,
        None if own && kind == LinkKind::Here => USERS.to_owned(),
        None => return Err("it does not say where it leads".to_owned()),
    };
    let key = text(field, "targetKey").unwrap_or_else(|| "id".to_owned());
    if target == USERS {
        if matches!(kind, LinkKind::OneThere | LinkKind::ManyThere) {
            return Err("users hold no keys of other collections here".to_owned());
        }
        if !["id", "username", "email", "nickname"].contains(&key.as_str()) {
            return Err(format!("users have no {key} here"));
        }
    } else if !known.names.contains(&target) {
        return Err(format!("it leads to {target}, which does not come"));
    }
    match text(field, "through") {
        Some(through) if RESERVED.contains(&through.as_str()) => {
            Err(format!("{through} means something else here"))
        }
        _ => Ok(()),
    }
}
