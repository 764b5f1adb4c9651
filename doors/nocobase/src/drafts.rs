//! The values of a write as the client sent them, taken apart: a record's own values, and the associations
//! among them. An object with its key inside names a record (and changes it, where `updateAssociationValues`
//! says so); one without is a record to be made. Only shapes; rights are judged where the write is bound.

use std::sync::Arc;

use data::{Draft, Follow, LinkDraft, Linked, Linking, Other};
use domain::{
    catalog::{Field, FieldKind, LinkKind, Table},
    decision::Allowed,
    limits,
    query::Select,
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use crate::{
    failure::Failure,
    request::{self, Request},
};

/// A record to be made, or to be changed.
pub fn draft(request: &Request, allowed: &Allowed, values: Map<String, Value>) -> Result<Draft, Failure> {
    Reader::new(request, allowed)?.record(allowed.table(), values, "")
}

/// The associations an answer to a write shows: those that lead to several records, to records that were written
/// inside of it, and to none any more. A plain key of one record is not answered.
pub struct Shown {
    pub follow: Vec<Follow>,
    /// Per draft, which of them it said something of.
    each: Vec<Vec<String>>,
}

impl Shown {
    /// Of several new records, one that said nothing of an association does not answer it.
    pub fn only_what_each_said(&self, linked: &mut [Linked]) {
        if self.each.len() < 2 {
            return;
        }
        for linked in linked {
            for (rows, said) in linked.of_row.iter_mut().zip(&self.each) {
                if !said.contains(&linked.name) {
                    *rows = None;
                }
            }
        }
    }
}

pub fn shown<'d>(request: &Request, allowed: &Allowed, drafts: impl IntoIterator<Item = &'d Draft>) -> Shown {
    let (mut follow, mut each) = (Vec::new(), Vec::new());
    if let Some(table) = allowed.table() {
        for draft in drafts {
            each.push(show(request, allowed, table, draft, 1, &mut follow));
        }
    }
    Shown { follow, each }
}

/// Adds what this draft shows; answers which of its own links that are.
fn show(
    request: &Request,
    allowed: &Allowed,
    table: &Table,
    draft: &Draft,
    depth: usize,
    follow: &mut Vec<Follow>,
) -> Vec<String> {
    let mut said = Vec::new();
    for wanted in draft.links.iter().filter(|_| depth <= limits::LINK_DEPTH_MAX) {
        let inside = |other: &'_ Other| matches!(other, Other::New(_) | Other::Changed(..));
        let link = table.field(&wanted.link).and_then(|field| field.link.as_ref());
        let several = link.is_some_and(|link| link.kind.many());
        // One that was unlinked is shown as nothing.
        if !several && !wanted.targets.is_empty() && !wanted.targets.iter().any(inside) {
            continue;
        }
        said.push(wanted.link.clone());
        let at = follow.iter().position(|known| known.link == wanted.link).unwrap_or(follow.len());
        if at == follow.len() {
            follow.push(Follow {
                link: wanted.link.clone(),
                select: Select::All,
                pair: false,
                then: Vec::new(),
            });
        }
        let target = request.inner.data.linked_table(allowed, table, &wanted.link);
        let (Some(known), Ok(target)) = (follow.get_mut(at), target) else { continue };
        for other in &wanted.targets {
            if let Other::New(draft) | Other::Changed(_, draft) = other {
                show(request, allowed, &target, draft, depth + 1, &mut known.then);
            }
        }
    }
    said
}

/// What is said of the row that pairs a record behind `link`, taken out of its values.
pub fn pair(
    request: &Request,
    allowed: &Allowed,
    link: &str,
    values: &mut Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let Some((table, field)) = allowed.table().and_then(|table| Some((table, table.field(link)?))) else {
        return Ok(Map::new());
    };
    let target = request.inner.data.linked_table(allowed, table, link).ok();
    Reader::new(request, allowed)?.pair(field, target.as_ref(), values)
}

/// Records an association action names, and what is said of their pairs: `[1, [2, {"note": "x"}], {"id": 3}]`.
pub fn targets(request: &Request, allowed: &Allowed, link: &str) -> Result<Vec<Other>, Failure> {
    let reader = Reader::new(request, allowed)?;
    let field = allowed.table().and_then(|table| table.field(link));
    let read = |(key, pair): (String, Map<String, Value>)| {
        let pair = match field {
            Some(field) if !pair.is_empty() => reader.pair_said(field, pair)?,
            _ => Map::new(),
        };
        Ok(paired(Other::Key(Value::String(key)), pair))
    };
    let inside = field.and_then(|f| f.link.as_ref()?.through.as_ref()).map(|through| through.table.as_str());
    request.targets_paired("id", inside)?.into_iter().map(read).collect()
}

struct Reader<'a> {
    request: &'a Request,
    allowed: &'a Allowed,
    /// Associations whose named records are changed as well: `comments`, `comments.author`.
    updated: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(request: &'a Request, allowed: &'a Allowed) -> Result<Self, Failure> {
        let updated = request.params.names("updateAssociationValues")?.unwrap_or_default();
        Ok(Self { request, allowed, updated })
    }

    fn record(
        &self,
        table: Option<&Arc<Table>>,
        mut values: Map<String, Value>,
        path: &str,
    ) -> Result<Draft, Failure> {
        let Some(table) = table else { return Ok(values.into()) };
        let mut links = Vec::new();
        for field in table.fields.iter().filter(|field| field.link.is_some()) {
            if let Some(value) = values.remove(&field.name) {
                links.push(self.link(table, field, value, path)?);
            }
        }
        off_the_wall(table, &mut values);
        self.request.inner.rules.check(table, &values)?;
        Ok(Draft { values, links, pair: Map::new() })
    }

    fn link(&self, table: &Table, field: &Field, value: Value, path: &str) -> Result<LinkDraft, Failure> {
        let path = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        let target = self.request.inner.data.linked_table(self.allowed, table, &field.name).ok();
        let key = key_of(field, target.as_deref());
        let items = match value {
            Value::Null => Vec::new(),
            Value::Array(items) => items,
            one => vec![one],
        };
        request::few_enough(items.len())?;
        let other = |item| self.other(field, target.as_ref(), key, item, &path);
        let targets =
            items.into_iter().filter(|item| !item.is_null()).map(other).collect::<Result<_, _>>()?;
        Ok(LinkDraft { link: field.name.clone(), how: Linking::Set, targets })
    }

    fn other(
        &self,
        field: &Field,
        target: Option<&Arc<Table>>,
        key: &str,
        item: Value,
        path: &str,
    ) -> Result<Other, Failure> {
        match item {
            Value::String(_) | Value::Number(_) => Ok(Other::Key(item)),
            Value::Object(mut values) => {
                let pair = self.pair(field, target, &mut values)?;
                let other = self.named_or_new(field, target, key, values, path)?;
                Ok(paired(other, pair))
            }
            _ => Err(unnamed(field)),
        }
    }

    /// What is said of the row that pairs it, under the name of the table of pairs.
    fn pair(
        &self,
        field: &Field,
        target: Option<&Arc<Table>>,
        values: &mut Map<String, Value>,
    ) -> Result<Map<String, Value>, Failure> {
        let Some(table) = field.link.as_ref().and_then(|link| link.through.as_ref()).map(|t| &t.table) else {
            return Ok(Map::new());
        };
        let own = target.is_some_and(|target| target.field(table).is_some());
        match values.get(table) {
            Some(Value::Object(_)) if !own => {}
            _ => return Ok(Map::new()),
        }
        match values.remove(table) {
            Some(Value::Object(pair)) => self.pair_said(field, pair),
            _ => Ok(Map::new()),
        }
    }

    fn pair_said(&self, field: &Field, mut pair: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
        let (source, through) = (self.allowed.table(), field.link.as_ref().and_then(|l| l.through.as_ref()));
        let table = through.map(|through| &through.table);
        if let Some(pairs) =
            source.zip(table).and_then(|(at, name)| self.allowed.catalog().table(at.base, name))
        {
            off_the_wall(pairs, &mut pair);
            self.request.inner.rules.check(pairs, &pair)?;
        }
        Ok(pair)
    }

    fn named_or_new(
        &self,
        field: &Field,
        target: Option<&Arc<Table>>,
        key: &str,
        mut values: Map<String, Value>,
        path: &str,
    ) -> Result<Other, Failure> {
        match values.remove(key) {
            None | Some(Value::Null) => Ok(Other::New(self.record(target, values, path)?)),
            Some(named @ (Value::String(_) | Value::Number(_))) => {
                if !self.updated.iter().any(|name| name == path) {
                    // Nothing of its own is changed, but further in something may be.
                    values.retain(|name, _| self.leads_to_updated(&format!("{path}.{name}")));
                }
                Ok(match values.is_empty() {
                    true => Other::Key(named),
                    false => Other::Changed(named, self.record(target, values, path)?),
                })
            }
            Some(_) => Err(unnamed(field)),
        }
    }

    fn leads_to_updated(&self, path: &str) -> bool {
        self.updated
            .iter()
            .any(|name| name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

/// A moment, where a day or a time without a zone is kept: what calendar and clock show then, in UTC. Scripts
/// send every date like that.
fn off_the_wall(table: &Table, values: &mut Map<String, Value>) {
    for field in &table.fields {
        let format = match field.kind {
            FieldKind::Date => "%Y-%m-%d",
            FieldKind::LocalDateTime => "%Y-%m-%d %H:%M:%S",
            _ => continue,
        };
        if let Some(Value::String(text)) = values.get_mut(&field.name)
            && let Ok(at) = text.parse::<Timestamp>()
        {
            *text = at.to_zoned(TimeZone::UTC).strftime(format).to_string();
        }
    }
}

/// The record with what is said of its pair.
pub fn paired(other: Other, pair: Map<String, Value>) -> Other {
    match other {
        other if pair.is_empty() => other,
        Other::Key(key) => Other::Changed(key, Draft::pairing(pair)),
        Other::Changed(key, draft) => Other::Changed(key, Draft { pair, ..draft }),
        Other::New(draft) => Other::New(Draft { pair, ..draft }),
    }
}

fn unnamed(field: &Field) -> Failure {
    Failure::bad(format!("{}: name linked records by their keys", field.name))
}

/// The field by which linked records are named.
pub fn key_of<'a>(field: &'a Field, target: Option<&'a Table>) -> &'a str {
    let link = field.link.as_ref().filter(|l| matches!(l.kind, LinkKind::Here | LinkKind::Through));
    let primary = target.and_then(Table::primary).map_or("id", |field| &field.name);
    link.map_or(primary, |link| &link.target_key)
}
