//! What a sheet calls the records its rows are linked with: by any field of theirs the caller may read, a name
//! perhaps. Found once for all rows; what the caller cannot see is not there.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use data::Records;
use domain::{
    access::Op,
    catalog::{Field, PEOPLE_TABLE_NO, Table},
    decision::Allowed,
    limits,
    query::{CmpOp, Filter, Page, Query, Select, Term, coerce},
    value::Value,
};
use serde_json::Value as Json;

use super::column::Column;
use crate::{
    drafts,
    failure::{self, Failure},
    request::Request,
};

/// Names asked for in one statement.
const NAMES_AT_ONCE: usize = 400;

/// An association among the columns, and the records its cells name.
pub struct Link {
    pub many: bool,
    target: Arc<Table>,
    by: Field,
    /// The field a link is written by.
    key: String,
    known: HashMap<String, Named>,
}

enum Named {
    Key(Json),
    Several,
}

impl Link {
    pub fn of(request: &Request, allowed: &Allowed, column: &Column, field: &Field) -> Result<Self, Failure> {
        let unknown = || Failure::bad(format!("Field not found: {}", column.name()));
        let from = allowed.table().ok_or_else(Failure::not_found)?;
        let target = request.inner.data.linked_table(allowed, from, &field.name).map_err(|_| unknown())?;
        let key = drafts::key_of(field, Some(&target)).to_owned();
        let by = column.path.get(1).unwrap_or(&key);
        let by = target.field(by).filter(|by| by.link.is_none() && !by.hidden).ok_or_else(unknown)?.clone();
        let many = field.link.as_ref().is_some_and(|link| link.kind.many());
        Ok(Self { many, target, by, key, known: HashMap::new() })
    }

    /// The single names in a cell.
    pub fn names<'t>(&self, text: &'t str) -> Vec<&'t str> {
        if !self.many {
            return vec![text];
        }
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
    }

    pub async fn look_up(
        &mut self,
        request: &Request,
        allowed: &Allowed,
        link: &str,
        names: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        // People are named by their keys, and whether they are there shows when they are linked.
        if self.target.no == PEOPLE_TABLE_NO {
            return Ok(());
        }
        let there = request.inner.data.implied_behind(allowed, link, Op::RecordRead);
        let there = there.map_err(|error| failure::data(link, error))?;
        // What cannot be a value of the field names nothing.
        let typed: Vec<&String> = names.iter().filter(|name| self.typed(name).is_some()).collect();
        for some in typed.chunks(NAMES_AT_ONCE) {
            let terms = some.iter().map(|name| Term::Literal(Json::from(name.as_str()))).collect();
            let query = Query {
                filter: Filter::Cmp { field: self.by.name.clone(), op: CmpOp::In, terms },
                select: Select::Only(vec![self.by.name.clone(), self.key.clone()]),
                page: Some(Page { offset: 0, limit: limits::PAGE_SIZE_MAX }),
                ..Query::default()
            };
            let found = request.inner.data.list(&there, &query).await;
            let found = found.map_err(|error| failure::data(&self.target.name, error))?;
            if found.rows.len() as u64 >= limits::PAGE_SIZE_MAX {
                return Err(Failure::bad(format!("{link}: {} names too many records", self.by.name)));
            }
            self.learn(&found);
        }
        Ok(())
    }

    fn learn(&mut self, found: &Records) {
        let at = |name: &str| found.fields().position(|field| field.name == name);
        let (Some(by), Some(key)) = (at(&self.by.name), at(&self.key)) else { return };
        for row in &found.rows {
            let value = |at: usize| row.get(at).and_then(Option::as_ref).and_then(key_text);
            let (Some((name, _)), Some((_, key))) = (value(by), value(key)) else { continue };
            let named = if self.known.contains_key(&name) { Named::Several } else { Named::Key(key) };
            self.known.insert(name, named);
        }
    }

    /// The value as it is kept, if the text can be one.
    fn typed(&self, name: &str) -> Option<String> {
        coerce(&self.by, &Json::from(name)).ok().as_ref().and_then(key_text).map(|(text, _)| text)
    }

    /// The value a write takes.
    pub fn value(&self, text: &str) -> Result<Json, String> {
        let keys =
            self.names(text).into_iter().map(|name| self.key_of(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(match self.many {
            true => Json::Array(keys),
            false => keys.into_iter().next().unwrap_or(Json::Null),
        })
    }

    fn key_of(&self, name: &str) -> Result<Json, String> {
        if self.target.no == PEOPLE_TABLE_NO {
            return match name.parse::<i64>() {
                Ok(id) if self.by.name == self.key => Ok(id.into()),
                _ => Err("people are named by their id".to_owned()),
            };
        }
        let missing = || format!("{name:?} not found in {} {}", self.target.name, self.by.name);
        match self.typed(name).and_then(|typed| self.known.get(&typed)) {
            Some(Named::Key(key)) => Ok(key.clone()),
            Some(Named::Several) => Err(format!("{name:?} is the {} of several records", self.by.name)),
            None => Err(missing()),
        }
    }
}

fn key_text(value: &Value) -> Option<(String, Json)> {
    match value {
        Value::Int(n) => Some((n.to_string(), Json::from(*n))),
        Value::Text(text) => Some((text.clone(), Json::from(text.as_str()))),
        Value::Bool(yes) => Some((yes.to_string(), Json::from(*yes))),
        Value::Float(n) => Some((n.to_string(), Json::from(*n))),
        Value::Instant(at) => Some((at.rfc3339(), Json::from(at.rfc3339()))),
        Value::Null | Value::Json(_) => None,
    }
}
