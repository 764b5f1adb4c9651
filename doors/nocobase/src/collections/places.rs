//! The order of collections, and of fields in theirs, as screens show them. Each has a place of its own, which is its
//! number until somebody moves it; a move hands the places in between around and makes no new ones.

use std::sync::Arc;

use data::FieldPatch;
use domain::{
    access::Op,
    catalog::{Field, Table},
    decision::Allowed,
};
use serde_json::{Map, Value, json};

use super::{sketch::Sketch, visible};
use crate::{answer::Answer, failure::Failure, order, request::Request};

/// The property lists are sorted by; in no answer.
pub const SORT: &str = "sort";
/// Kept beside what dialects keep.
const NOTE: &str = "nocobase.sort";

pub fn of_table(table: &Table) -> i64 {
    kept(table.extra.as_deref()).unwrap_or_else(|| i64::from(table.no))
}

pub fn of_field(field: &Field) -> i64 {
    kept(field.extra.as_deref()).unwrap_or_else(|| i64::from(field.no.0))
}

/// The fields of a collection in their order.
pub fn fields(table: &Table) -> Vec<&Field> {
    let mut fields: Vec<_> = table.fields.iter().collect();
    fields.sort_by_cached_key(|field| (of_field(field), field.no.0));
    fields
}

/// `collections:move`.
pub async fn move_collection(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let tables = visible(request, allowed);
    let at = |name: &str| tables.iter().position(|table| table.name == name);
    let moved = Moved::of(request, at)?;
    let places: Vec<i64> = tables.iter().map(|table| of_table(table)).collect();
    let mut sketch = Sketch::new(request)?;
    let mut last: Option<&Arc<Table>> = None;
    for (at, place) in moved.places(&places) {
        let Some(table) = tables.get(at) else { continue };
        allowed.implied(Op::TableUpdate, table).ok_or_else(Failure::forbidden)?;
        let extra = Some(Some(placed(table.extra.as_deref(), place)));
        sketch.change(table.id, |change| {
            change.patch = Some(data::TablePatch { extra, ..data::TablePatch::default() });
            Ok(())
        })?;
        last = Some(table);
    }
    if let Some(table) = last {
        sketch.carry_out(request, allowed, &table.name).await?;
    }
    Ok(Answer::Data(json!("ok")))
}

/// `collections/{name}/fields:move`: fields by their names or keys.
pub async fn move_field(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let table = request.inner.data.table(allowed).map_err(|_| Failure::not_found())?;
    carry_out(request, allowed, &table).await
}

/// `fields:move`: fields by their keys, which say of which collection they are.
pub async fn move_any_field(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let key = text(request, "sourceId")?.ok_or_else(|| Failure::bad("sourceId is required"))?;
    let tables = request.inner.data.tables(allowed);
    let of =
        tables.iter().find(|table| table.fields.iter().any(|field| super::field::key(table, field) == key));
    let table = of.ok_or_else(Failure::not_found)?;
    let there = allowed.implied(Op::FieldUpdate, table).ok_or_else(Failure::not_found)?;
    carry_out(request, &there, table).await
}

async fn carry_out(request: &Request, allowed: &Allowed, table: &Arc<Table>) -> Result<Answer, Failure> {
    let fields = fields(table);
    let at = |named: &str| {
        let by_key = fields.iter().position(|field| super::field::key(table, field) == named);
        by_key.or_else(|| fields.iter().position(|field| field.name == named))
    };
    let moved = Moved::of(request, at)?;
    let places: Vec<i64> = fields.iter().map(|field| of_field(field)).collect();
    let mut sketch = Sketch::new(request)?;
    for (at, place) in moved.places(&places) {
        let Some(field) = fields.get(at) else { continue };
        let extra = Some(Some(placed(field.extra.as_deref(), place)));
        let patch = FieldPatch { extra, ..FieldPatch::default() };
        sketch.change(table.id, |change| {
            change.fields.push((field.name.clone(), patch));
            Ok(())
        })?;
    }
    sketch.carry_out(request, allowed, &table.name).await?;
    Ok(Answer::Data(json!("ok")))
}

/// What is moved where, by indexes into the order there is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moved {
    from: usize,
    to: usize,
}

impl Moved {
    fn of(request: &Request, at: impl Fn(&str) -> Option<usize>) -> Result<Self, Failure> {
        let source = text(request, "sourceId")?.ok_or_else(|| Failure::bad("sourceId is required"))?;
        let from = at(&source).ok_or_else(Failure::not_found)?;
        if order::option(request, "targetScope").is_some() {
            return Err(Failure::bad("targetScope: there is one order, and nothing it is divided by"));
        }
        let after = match text(request, "method")?.as_deref() {
            None | Some("prepend") => false,
            Some("insertAfter") => true,
            Some(_) => return Err(Failure::bad("method must be insertAfter or prepend")),
        };
        let sticky = text(request, "sticky")?.is_some_and(|sticky| sticky == "true" || sticky == "1");
        let to = match text(request, "targetId")? {
            _ if sticky => 0,
            None => return Err(Failure::bad("targetId or sticky is required")),
            Some(target) => {
                let target = at(&target).ok_or_else(Failure::not_found)?;
                // What stood behind it moves up by one when it is taken out.
                match after {
                    true if target >= from => target,
                    true => target + 1,
                    false => target,
                }
            }
        };
        Ok(Self { from, to })
    }

    /// Who gets which place: everything from the one end of the way to the other, by index.
    fn places(self, places: &[i64]) -> Vec<(usize, i64)> {
        let mut order: Vec<usize> = (0..places.len()).collect();
        if self.from < order.len() && self.to < order.len() {
            let moved = order.remove(self.from);
            order.insert(self.to, moved);
        }
        let changed = order.into_iter().zip(places.iter().copied()).enumerate();
        changed.filter(|(now, (was, _))| now != was).map(|(_, (was, place))| (was, place)).collect()
    }
}

fn text(request: &Request, name: &str) -> Result<Option<String>, Failure> {
    match order::option(request, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Failure::bad(format!("{name} must be a text"))),
    }
}

fn kept(extra: Option<&str>) -> Option<i64> {
    let all: Map<String, Value> = serde_json::from_str(extra?).ok()?;
    all.get(NOTE)?.as_i64()
}

fn placed(extra: Option<&str>, place: i64) -> String {
    let mut all: Map<String, Value> =
        extra.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    all.insert(NOTE.to_owned(), json!(place));
    Value::Object(all).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_hands_the_places_in_between_around() {
        let places = [2, 5, 9, 11];
        let moved = |from, to| Moved { from, to }.places(&places);
        assert_eq!(moved(3, 1), [(3, 5), (1, 9), (2, 11)]);
        assert_eq!(moved(0, 2), [(1, 2), (2, 5), (0, 9)]);
        assert_eq!(moved(1, 1), []);
    }
}
