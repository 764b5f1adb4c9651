//! What one call is to make of the structure: gathered as a whole, and then written as a whole. Collections other than
//! the one a call is about get the columns associations rest on; those that are not there yet may come later.

use std::sync::Arc;

use data::{DataError, FieldSpec, Reshape, TableChange, TableSpec};
use domain::{
    BaseId, TableId,
    catalog::{Catalog, Table},
    decision::Allowed,
};

use super::{
    association,
    spec::{Elsewhere, Given},
};
use crate::{
    failure::{self, Failure},
    request::Request,
};

pub struct Sketch {
    catalog: Arc<Catalog>,
    base: BaseId,
    reshape: Reshape,
}

impl Sketch {
    pub fn new(request: &Request) -> Result<Self, Failure> {
        let catalog = request.inner.data.catalog();
        let base = catalog.base(request.base()).ok_or_else(Failure::not_found)?.id;
        Ok(Self { catalog, base, reshape: Reshape::default() })
    }

    pub fn make(&mut self, table: TableSpec) {
        self.reshape.create.push(table);
    }

    /// Says what is to become of a collection that is there.
    pub fn change<T>(
        &mut self,
        table: TableId,
        say: impl FnOnce(&mut TableChange) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let changes = &mut self.reshape.change;
        let known = changes.iter().position(|change| change.table == table).map(|at| changes.remove(at));
        let mut change = known.unwrap_or_else(|| TableChange::of(table));
        let said = say(&mut change);
        changes.push(change);
        said
    }

    /// What an association needs outside of its collection, unless it is there.
    pub fn provide(&mut self, needed: Elsewhere) -> Result<(), Failure> {
        let (name, columns, pairs) = match needed {
            Elsewhere::Column { collection, spec } => (collection, vec![spec], None),
            Elsewhere::Pairs(mut spec) => (spec.name.clone(), std::mem::take(&mut spec.fields), Some(spec)),
        };
        if let Some(made) = self.reshape.create.iter_mut().find(|made| made.name == name) {
            return rest_on(&mut made.fields, columns);
        }
        let there = self.catalog.table(self.base, &name).cloned();
        match (there, pairs) {
            (Some(table), _) => self.rest_on(&table, columns),
            (None, Some(pairs)) => {
                self.make(TableSpec { fields: columns, ..pairs });
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Adds the columns to a collection that is there, where it has none of their names.
    pub fn rest_on(&mut self, table: &Table, columns: Vec<FieldSpec>) -> Result<(), Failure> {
        let missing: Vec<_> =
            columns.into_iter().filter(|column| table.field(&column.name).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.change(table.id, |change| rest_on(&mut change.add, missing))
    }

    /// All of it, or nothing. Answers the collection of this name as it is then.
    pub async fn carry_out(
        self,
        request: &Request,
        allowed: &Allowed,
        name: &str,
    ) -> Result<Arc<Table>, Failure> {
        let made: Vec<String> = self.reshape.create.iter().map(|table| table.name.clone()).collect();
        let tables =
            request.inner.data.reshape(allowed, self.reshape).await.map_err(|error| match error {
                DataError::Conflict { field }
                    if made.iter().any(|name| name.eq_ignore_ascii_case(&field)) =>
                {
                    Failure::bad(format!("Collection named {field} already exists"))
                }
                other => failure::data(name, other),
            })?;
        match tables.into_iter().find(|table| table.name == name) {
            Some(table) => Ok(table),
            // Nothing was to be done to it.
            None => self.catalog.table(self.base, name).cloned().ok_or_else(Failure::not_found),
        }
    }
}

/// What the fields of one collection need besides themselves: the columns they rest on, here and elsewhere.
#[derive(Default)]
pub struct Gathered {
    pub resting: Vec<FieldSpec>,
    pub elsewhere: Vec<Elsewhere>,
}

impl Gathered {
    /// Keeps what a field needs, and hands back the field itself.
    pub fn take(&mut self, given: Given) -> Option<FieldSpec> {
        let mut specs = given.fields.into_iter();
        let own = specs.next();
        self.resting.extend(specs);
        self.elsewhere.extend(given.elsewhere);
        own
    }
}

/// The columns associations rest on: those that were also given as such are there already.
pub fn rest_on(fields: &mut Vec<FieldSpec>, columns: Vec<FieldSpec>) -> Result<(), Failure> {
    for column in columns {
        match fields.iter_mut().find(|field| field.name == column.name) {
            Some(known) if known.system.is_some() || column.system.is_none() => {
                association::holds(&known.name, known.kind, known.special.as_ref(), Some(column.kind))?;
            }
            Some(known) => *known = column,
            None => fields.push(column),
        }
    }
    Ok(())
}
