//! Where records name users, and which numbers users have here. A number that is somebody else's here is never taken
//! for the one it was there.

use std::collections::{HashMap, HashSet};

use domain::{
    catalog::{Catalog, LinkTarget, SystemField, Table, people},
    query::{Filter, Term},
};
use serde_json::{Map, Value};

use super::fields::{USERS, text};

/// Users that are here already, by their number: the id the user had there, for those an import has made.
#[derive(Clone, Debug, Default)]
pub struct Numbers(pub HashMap<i64, Option<String>>);

impl Numbers {
    /// Whether the number is somebody else's here than there.
    pub fn is_other(&self, number: i64) -> bool {
        self.0.get(&number).is_some_and(|foreign| foreign.as_deref() != Some(&*number.to_string()))
    }
}

/// Columns that hold numbers of users, by collection.
#[derive(Default)]
pub(super) struct UserColumns(HashMap<String, HashSet<String>>);

impl UserColumns {
    pub fn of(fields: &HashMap<String, Vec<Map<String, Value>>>) -> Self {
        let mut all = Self::default();
        for (source, fields) in fields {
            for field in fields {
                all.add(source, field);
            }
        }
        all
    }

    fn add(&mut self, source: &str, field: &Map<String, Value>) {
        let by_id = |name| text(field, name).is_none_or(|key| key == "id");
        let from_users = source == USERS && by_id("sourceKey");
        let to_users = text(field, "target").as_deref() == Some(USERS) && by_id("targetKey");
        let (foreign, target) = (text(field, "foreignKey"), text(field, "target"));
        match text(field, "type").as_deref() {
            Some("belongsTo") if to_users => self.insert(Some(source.to_owned()), foreign),
            Some("hasOne" | "hasMany") if from_users => self.insert(target, foreign),
            Some("belongsToMany") => {
                if from_users {
                    self.insert(text(field, "through"), foreign);
                }
                if to_users {
                    self.insert(text(field, "through"), text(field, "otherKey"));
                }
            }
            _ => {}
        }
    }

    fn insert(&mut self, collection: Option<String>, column: Option<String>) {
        if let (Some(collection), Some(column)) = (collection, column) {
            self.0.entry(collection).or_default().insert(column);
        }
    }

    pub fn of_collection(&self, name: &str) -> HashSet<String> {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// Why a condition of a role cannot be had here: it asks about something that is not there, or about a user whose
/// number is somebody else's.
pub(super) fn unfit(
    filter: &Filter,
    table: Option<&Table>,
    catalog: &Catalog,
    numbers: &Numbers,
) -> Option<String> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter().find_map(|part| unfit(part, table, catalog, numbers))
        }
        Filter::Not(part) => unfit(part, table, catalog, numbers),
        Filter::Cmp { field, terms, .. } => {
            let found = table.map(|table| reach(field, table, catalog));
            if found == Some(None) {
                return Some(format!("there is no {field}"));
            }
            let is_user = found.flatten().unwrap_or_else(|| names_user(field));
            let literals = terms.iter().filter_map(|term| match term {
                Term::Literal(value) => Some(value),
                Term::Var(_) => None,
            });
            let other = literals.flat_map(numbers_in).find(|number| numbers.is_other(*number));
            other
                .filter(|_| is_user)
                .map(|number| format!("it names user {number}, who is somebody else here"))
        }
    }
}

/// Whether a path leads to a field, and whether that holds the number of a user.
fn reach(path: &str, table: &Table, catalog: &Catalog) -> Option<bool> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let field = table.field(name)?;
    let Some(rest) = rest else {
        let by_system = matches!(field.system, Some(SystemField::CreatedBy | SystemField::UpdatedBy));
        let links = table.fields.iter().filter_map(|field| field.link.as_ref());
        let to_users = |link: &domain::catalog::Link| link.target == LinkTarget::Users && link.key == name;
        return Some(by_system || links.into_iter().any(to_users));
    };
    match &field.link.as_ref()?.target {
        LinkTarget::Users => people().field(rest).map(|field| field.primary),
        LinkTarget::Table(target) => reach(rest, catalog.table(table.base, target)?, catalog),
    }
}

/// Of a collection that is not here.
fn names_user(path: &str) -> bool {
    path.ends_with("ById") || path.ends_with("By.id")
}

fn numbers_in(value: &Value) -> Vec<i64> {
    match value {
        Value::Number(n) => n.as_i64().into_iter().collect(),
        Value::String(text) => text.trim().parse().into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(numbers_in).collect(),
        _ => Vec::new(),
    }
}
