//! What a definition is read against: the collections that are there, and the fields of the one that is being defined,
//! which may not be there yet.

use domain::catalog::{Catalog, FieldKind, Table};
use serde_json::{Map, Value};

use super::{plain_kind, spec};
use crate::request::Request;

pub struct Around<'a> {
    catalog: &'a Catalog,
    base: &'a str,
    /// The collection that is being defined.
    pub name: &'a str,
    own: Vec<(String, FieldKind)>,
}

impl<'a> Around<'a> {
    /// `fields`: what is said of the fields of `name`.
    pub fn of(
        request: &'a Request,
        catalog: &'a Catalog,
        name: &'a str,
        fields: &[Map<String, Value>],
    ) -> Self {
        let text = |values: &Map<String, Value>, name: &str| values.get(name)?.as_str().map(str::to_owned);
        let kind = |values: &Map<String, Value>| {
            let type_name = spec::type_name(values);
            Some((text(values, "name")?, plain_kind(&type_name, values)?))
        };
        Self { catalog, base: request.base(), name, own: fields.iter().filter_map(kind).collect() }
    }

    pub fn table(&self, collection: &str) -> Option<&'a Table> {
        let base = self.catalog.base(self.base)?;
        self.catalog.table(base.id, collection).map(AsRef::as_ref)
    }

    /// Of a field that is there, or is just being made.
    pub fn kind(&self, collection: &str, field: &str) -> Option<FieldKind> {
        let there = self.table(collection).and_then(|table| table.field(field)).map(|field| field.kind);
        let said = || self.own.iter().find(|(name, _)| name == field).map(|(_, kind)| *kind);
        there.or_else(|| said().filter(|_| collection == self.name))
    }
}
