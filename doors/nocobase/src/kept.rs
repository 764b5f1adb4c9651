//! Lists of this door that are no tables: they lie with the base as one note each, a row an object with an `id` and a
//! `sort`. Never asks what a row may hold or who may see it: that is the resource's business.

use domain::{access::Op, decision::Allowed};
use serde_json::{Map, Value};

use crate::{
    answer::Answer,
    failure::{self, Failure},
    memory,
    request::Request,
};

pub type Row = Map<String, Value>;

/// A list, by the name of its resource.
pub struct Kept(pub &'static str);

impl Kept {
    pub async fn all(&self, request: &Request, allowed: &Allowed) -> Result<Vec<Row>, Failure> {
        let kept = request.inner.data.note(allowed, &self.note()).await;
        let kept = kept.map_err(|error| failure::data(self.0, error))?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// For who may do `op`. `rows` is the whole list, as JSON.
    pub async fn keep(
        &self,
        request: &Request,
        allowed: &Allowed,
        op: Op,
        rows: &str,
    ) -> Result<(), Failure> {
        let kept = request.inner.data.set_note(allowed, op, &self.note(), rows).await;
        kept.map_err(|error| failure::data(self.0, error))
    }

    fn note(&self) -> String {
        format!("nocobase.{}", self.0)
    }
}

pub fn id_of(row: &Row) -> Option<i64> {
    row.get("id").and_then(Value::as_i64)
}

/// What a new row is given as its `id` or `sort`.
pub fn next(rows: &[Row], name: &str) -> i64 {
    rows.iter().filter_map(|row| row.get(name)?.as_i64()).max().unwrap_or(0).saturating_add(1)
}

/// The row a call names by its id; of a call that names none, the first that its filter finds.
pub fn get(request: &Request, rows: Vec<Row>) -> Result<Answer, Failure> {
    let Some(key) = request.params.target_key()? else { return memory::first(request, rows) };
    let found = rows.into_iter().find(|row| id_of(row) == key.parse().ok());
    Ok(Answer::Data(found.map_or(Value::Null, Value::Object)))
}

/// Takes out the rows with these keys; answers how many.
pub fn take_out(keys: &[Value], rows: &mut Vec<Row>) -> usize {
    let gone: Vec<i64> = keys.iter().filter_map(|key| key.as_str()?.parse().ok()).collect();
    let before = rows.len();
    rows.retain(|row| id_of(row).is_none_or(|id| !gone.contains(&id)));
    before - rows.len()
}

/// Puts a row where the values say, if they do.
pub fn change_sort(row: &mut Row, values: &Map<String, Value>) -> Result<(), Failure> {
    match values.get("sort") {
        None => {}
        Some(sort) if sort.as_i64().is_some() => drop(row.insert("sort".to_owned(), sort.clone())),
        Some(_) => return Err(Failure::bad("sort must be a whole number")),
    }
    Ok(())
}
