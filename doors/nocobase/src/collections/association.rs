//! Associations: `belongsTo`, `hasOne`, `hasMany`, `belongsToMany`, in the core's word for them: links. The
//! keys they rest on are columns like any other; those that are missing are made with them.

use data::{FieldSpec, TableSpec};
use domain::catalog::{FieldKind, Link, LinkKind, LinkTarget, OnDelete, Special, SystemField, Through};
use serde_json::{Map, Value, json};

use super::{
    around::Around,
    spec::{self, Elsewhere, Given, with},
};
use crate::{failure::Failure, request::text_property};

/// The one reserved resource records can be linked with.
const USERS: &str = "users";

pub fn kind(name: &str) -> Option<LinkKind> {
    Some(match name {
        "belongsTo" => LinkKind::Here,
        "hasOne" => LinkKind::OneThere,
        "hasMany" => LinkKind::ManyThere,
        "belongsToMany" => LinkKind::Through,
        _ => return None,
    })
}

pub fn field(
    around: &Around<'_>,
    name: String,
    kind: LinkKind,
    mut note: Map<String, Value>,
) -> Result<Given, Failure> {
    let source = around.name;
    let by_user = [("createdBy", SystemField::CreatedBy), ("updatedBy", SystemField::UpdatedBy)];
    let system = by_user.into_iter().find(|(n, _)| *n == name && kind == LinkKind::Here).map(|(_, s)| s);
    // The two associations of a tree lead back to their own collection.
    let of_tree = ["treeParent", "treeChildren"].iter().any(|flag| note.get(*flag) == Some(&json!(true)));
    if of_tree && option(&note, "foreignKey")?.is_none() {
        note.insert("foreignKey".to_owned(), json!("parentId"));
    }
    let target = match (option(&note, "target")?, system) {
        (Some(target), _) => target,
        (None, Some(_)) => USERS.to_owned(),
        (None, None) if of_tree => source.to_owned(),
        (None, None) => return Err(Failure::bad(format!("{name}: target is required"))),
    };
    if target != USERS && super::RESERVED.contains(&target.as_str()) {
        return Err(Failure::bad(format!("{name}: {target} cannot be linked with")));
    }
    if target == USERS && matches!(kind, LinkKind::OneThere | LinkKind::ManyThere) {
        return Err(Failure::bad(format!("{name}: users hold no keys of other collections")));
    }
    let (own, theirs) = (format!("{source}Id"), format!("{target}Id"));
    let foreign = match (kind, system) {
        (LinkKind::Here, Some(_)) => format!("{name}Id"),
        (LinkKind::Here, None) => option(&note, "foreignKey")?.unwrap_or_else(|| format!("{name}Id")),
        _ => option(&note, "foreignKey")?.unwrap_or_else(|| own.clone()),
    };
    let source_key = option(&note, "sourceKey")?.unwrap_or_else(|| "id".to_owned());
    let target_key = option(&note, "targetKey")?.unwrap_or_else(|| "id".to_owned());
    let through = match kind {
        LinkKind::Through => {
            let table = option(&note, "through")?.unwrap_or_else(|| format!("{source}_{name}"));
            let to = option(&note, "otherKey")?
                .unwrap_or_else(|| if theirs == foreign { format!("{name}OtherId") } else { theirs });
            Some(Through { table, from: foreign.clone(), to })
        }
        _ => None,
    };
    let (key, far) = match kind {
        LinkKind::Here => (foreign.clone(), target_key.clone()),
        LinkKind::OneThere | LinkKind::ManyThere => (source_key.clone(), foreign.clone()),
        LinkKind::Through => (source_key.clone(), target_key.clone()),
    };
    let mut names = vec![&target, &foreign, &source_key, &target_key];
    names.extend(through.iter().flat_map(|t| [&t.table, &t.to]));
    if let Some(bad) = names.into_iter().find(|n| !crate::path::valid_name(n)) {
        return Err(Failure::bad(format!("{bad:?} is not a field name")));
    }
    for (holder, column, key_of, key) in match (&through, kind) {
        (Some(pairs), _) => vec![
            (pairs.table.as_str(), &pairs.from, source, &source_key),
            (pairs.table.as_str(), &pairs.to, target.as_str(), &target_key),
        ],
        (None, LinkKind::Here) => vec![(source, &foreign, target.as_str(), &target_key)],
        (None, _) => vec![(target.as_str(), &foreign, source, &source_key)],
    } {
        if let Some(field) = around.table(holder).and_then(|table| table.field(column)) {
            let kind = around.kind(key_of, key);
            holds(column, field.kind, field.special.as_ref(), kind)?;
        }
    }
    if let Some(pairs) = through.as_ref().filter(|pairs| super::RESERVED.contains(&pairs.table.as_str())) {
        return Err(Failure::bad(format!("Collection named {} already exists", pairs.table)));
    }
    note.insert("target".to_owned(), json!(target));
    note.insert("foreignKey".to_owned(), json!(foreign));
    if kind == LinkKind::Here || kind == LinkKind::Through {
        note.insert("targetKey".to_owned(), json!(target_key));
    }
    if kind != LinkKind::Here {
        note.insert("sourceKey".to_owned(), json!(source_key));
    }
    if let Some(through) = &through {
        note.insert("through".to_owned(), json!(through.table));
        note.insert("otherKey".to_owned(), json!(through.to));
    }
    let column = |name: &str, key_of: &str, key: &str| {
        let kind = key_kind(around, key_of, key);
        let options = json!({ "type": spec::type_of(kind), "isForeignKey": true });
        with(FieldSpec::new(name, kind), options)
    };
    let (here, elsewhere) = match (kind, &through) {
        (LinkKind::Here, _) => {
            let options = json!({ "type": "bigInt", "isForeignKey": true });
            let spec = match system {
                Some(system) => with(FieldSpec::system(&foreign, system), options),
                None => column(&foreign, &target, &target_key),
            };
            (Some(spec), None)
        }
        (_, Some(through)) => {
            let fields =
                vec![column(&through.from, source, &source_key), column(&through.to, &target, &target_key)];
            let extra = Some(json!({ "nocobase": { "isThrough": true, "hidden": true } }).to_string());
            let title = Some(through.table.clone());
            let pairs = TableSpec { name: through.table.clone(), title, fields, extra };
            (None, Some(Elsewhere::Pairs(pairs)))
        }
        _ => {
            let spec = column(&foreign, source, &source_key);
            (None, Some(Elsewhere::Column { collection: target.clone(), spec }))
        }
    };
    let target = if target == USERS { LinkTarget::Users } else { LinkTarget::Table(target) };
    let on_delete = on_delete(&note, kind)?;
    let link = Link { kind, key, target, target_key: far, through, on_delete };
    let spec = with(FieldSpec::link(name, link), Value::Object(note));
    Ok(Given { fields: std::iter::once(spec).chain(here).collect(), elsewhere })
}

/// What `onDelete` says, in the spelling of databases. Pairs always go with what they join.
pub(super) fn on_delete(note: &Map<String, Value>, kind: LinkKind) -> Result<OnDelete, Failure> {
    let Some(said) = option(note, "onDelete")? else { return Ok(OnDelete::Keep) };
    Ok(match said.to_ascii_uppercase().as_str() {
        _ if kind == LinkKind::Through => OnDelete::Keep,
        "SET NULL" | "SET DEFAULT" => OnDelete::Clear,
        "CASCADE" => OnDelete::Delete,
        "RESTRICT" => OnDelete::Refuse,
        "NO ACTION" => OnDelete::Keep,
        _ => return Err(Failure::bad("onDelete must be SET NULL, CASCADE, RESTRICT or NO ACTION")),
    })
}

fn option(note: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Failure> {
    Ok(text_property(note, name)?.flatten().filter(|text| !text.is_empty()))
}

/// A foreign key is of the kind of the key it holds; of a collection that is not there yet, a number.
fn key_kind(around: &Around<'_>, collection: &str, key: &str) -> FieldKind {
    let kind = around.kind(collection, key);
    kind.filter(|k| k.is_text() || k.is_number()).unwrap_or(FieldKind::BigInt)
}

/// Refuses a column that is there already and could not hold the keys: what is written by the server alone would
/// be written by links, and keys of another kind would be found by some and not by others.
pub(super) fn holds(
    column: &str,
    kind: FieldKind,
    special: Option<&Special>,
    key: Option<FieldKind>,
) -> Result<(), Failure> {
    let like = |kind: FieldKind| match kind {
        FieldKind::Integer => FieldKind::BigInt,
        FieldKind::LongText | FieldKind::Uuid => FieldKind::Text,
        other => other,
    };
    let no_value = matches!(kind, FieldKind::Link | FieldKind::Password);
    if no_value || special.is_some_and(Special::sealed) {
        return Err(Failure::bad(format!("{column} cannot hold keys of other records")));
    }
    match key {
        Some(key) if like(key) != like(kind) => {
            Err(Failure::bad(format!("{column} is not of the kind of the keys it would hold")))
        }
        _ => Ok(()),
    }
}
