//! Where records name users, and which numbers users have here. A number that is somebody else's here is never taken
//! for the one it was there.

use std::collections::{HashMap, HashSet};

use domain::{
    Millis,
    catalog::{Catalog, LinkTarget, SystemField, Table, people},
    query::{Filter, Term},
};
use keys::{Foreign, StoreError};
use serde_json::{Map, Value};

use super::fields::{USERS, text};

/// Somebody who is here already.
#[derive(Clone, Debug)]
pub struct Person {
    pub num: i64,
    /// An operator: nobody from elsewhere is above them anyway.
    pub root: bool,
    /// Of those an import of this product has made: the id they had there, and since when.
    pub from: Option<(String, Millis)>,
}

/// Who of them is not one of this file's users.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    numbers: HashSet<i64>,
    /// Whether some of them are no operators.
    pub people: bool,
}

impl Strangers {
    pub fn of(people: &[Person], foreign: &Foreign) -> Result<Self, StoreError> {
        let mut since: HashMap<String, Option<Millis>> = HashMap::new();
        if !people.is_empty() {
            foreign.for_each("users", &mut |row| {
                since.extend(row.text("id").map(|id| (id, row.date("createdAt"))));
            })?;
        }
        // Two installations have a user 1 each; they did not begin in the same moment.
        let same = |(id, at): &(String, Millis)| {
            since.get(id).is_some_and(|there| there.is_none_or(|there| there == *at))
        };
        let mut strangers = Self::default();
        for person in people {
            let known = person.from.as_ref().filter(|from| same(from));
            strangers.people |= known.is_none() && !person.root;
            if known.is_none_or(|(id, _)| *id != person.num.to_string()) {
                strangers.numbers.insert(person.num);
            }
        }
        Ok(strangers)
    }

    /// Whether the number is somebody else's here than there.
    pub fn have(&self, number: i64) -> bool {
        self.numbers.contains(&number)
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
    strangers: &Strangers,
) -> Option<String> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter().find_map(|part| unfit(part, table, catalog, strangers))
        }
        Filter::Not(part) => unfit(part, table, catalog, strangers),
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
            let other = literals.flat_map(numbers_in).find(|number| strangers.have(*number));
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
