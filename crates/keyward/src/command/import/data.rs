//! The collections of a NocoBase and their records. Collections are made by the request its own screens would send;
//! records come with their keys, times and authors. A table that was here before is never written into.

use std::collections::{HashMap, HashSet};

use axum::http::Method;
use data::Imported;
use domain::{access::Op, catalog::Table, secret::Secret};
use door_nocobase::import::{Collection, collections};
use guard::PlaceName;
use keys::import::{Line, Outcome, Report};
use serde_json::{Map, Value};

use super::{Work, unreadable};
use crate::{client, error::Failure};

/// Where the door keeps its collections.
const BASE: &str = "main";
/// Records written together.
const RECORDS_PER_WRITE: usize = 500;

/// The collections that are there to be filled, and a line for each of all.
#[derive(Default)]
pub struct Made {
    pub lines: Vec<Line>,
    ready: Vec<Collection>,
}

fn line(table: &str, id: &str, outcome: Outcome, reason: Option<String>) -> Line {
    let (table, id) = (table.to_owned(), id.to_owned());
    Line { table, id, label: None, outcome, reason, notes: Vec::new(), here: None }
}

impl Work<'_> {
    /// Before roles: what they say of a collection is compiled against it.
    pub(super) async fn make_collections(&self, root: &Secret) -> Result<Made, Failure> {
        let mut made = Made::default();
        let mut waiting = Vec::new();
        for found in collections(self.foreign).map_err(unreadable)? {
            match found {
                Err((name, reason)) => {
                    made.lines.push(line("collections", &name, Outcome::Refused, Some(reason)))
                }
                Ok(collection) => waiting.push(collection),
            }
        }
        // One may refer to another that comes later: as long as some can be made, the others are tried again.
        loop {
            let (before, mut refused) = (waiting.len(), Vec::new());
            for collection in std::mem::take(&mut waiting) {
                match self.make_collection(&collection, root).await? {
                    Ok(outcome) => {
                        made.lines.push(line("collections", &collection.name, outcome, None));
                        made.ready.push(collection);
                    }
                    Err(reason) => refused.push((collection, reason)),
                }
            }
            if refused.is_empty() || refused.len() == before {
                let lines = refused.into_iter().map(|(collection, reason)| {
                    line("collections", &collection.name, Outcome::Refused, Some(reason))
                });
                made.lines.extend(lines);
                return Ok(made);
            }
            waiting = refused.into_iter().map(|(collection, _)| collection).collect();
        }
    }

    async fn make_collection(
        &self,
        collection: &Collection,
        root: &Secret,
    ) -> Result<Result<Outcome, String>, Failure> {
        match self.table(&collection.name) {
            Some(table) if collection.is(&table) => return Ok(Ok(Outcome::There)),
            Some(_) => return Ok(Err("a table of that name was here before".to_owned())),
            None if !self.args.apply => return Ok(Ok(Outcome::New)),
            None => {}
        }
        let body = Some(collection.body.to_string());
        let answer =
            client::in_process(self.house, Some(root), Method::POST, "/api/collections:create", body).await?;
        let (status, text) = answer;
        if status.is_success() {
            return Ok(Ok(Outcome::New));
        }
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        let message = said.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or("it was refused");
        Ok(Err(message.to_owned()))
    }

    fn table(&self, name: &str) -> Option<std::sync::Arc<Table>> {
        let catalog = self.house.guard.catalog();
        catalog.table(catalog.base(BASE)?.id, name).cloned()
    }

    /// After users: records name them.
    pub(super) async fn fill_collections(
        &self,
        made: Made,
        root: &Secret,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let users = self.user_numbers(report, root).await?;
        let mut lines = made.lines;
        for collection in made.ready {
            lines.extend(self.fill(&collection, root, &users).await?);
        }
        report.lines.extend(lines);
        Ok(())
    }

    /// The numbers users have here, by the ids they had there.
    async fn user_numbers(&self, report: &Report, root: &Secret) -> Result<HashMap<String, i64>, Failure> {
        let allowed = self.allowed(root, Op::UserManage, PlaceName::Server).await?;
        let mut numbers = HashMap::new();
        for line in report.lines.iter().filter(|line| line.table == "users") {
            let Some(id) = line.here.as_deref().and_then(|id| id.parse().ok()) else { continue };
            // In a dry run they are not there yet.
            if let Ok(user) = self.house.keys.user(&allowed, id).await {
                numbers.insert(line.id.clone(), user.num);
            }
        }
        Ok(numbers)
    }

    async fn fill(
        &self,
        collection: &Collection,
        root: &Secret,
        users: &HashMap<String, i64>,
    ) -> Result<Vec<Line>, Failure> {
        let name = collection.name.as_str();
        let rows = self.foreign.rows(name).map_err(unreadable)?;
        let Some(table) = self.table(name).filter(|_| self.args.apply) else {
            let reason = format!("{} records", rows.len());
            return Ok(vec![line("records", name, Outcome::New, Some(reason))]);
        };
        let place = PlaceName::Table { base: BASE, table: name };
        let allowed = self.allowed(root, Op::RecordImport, place).await?;
        let key = table.primary().map_or("id", |field| field.name.as_str());
        let (mut new, mut there, mut lines, mut unplaced) = (0, 0, Vec::new(), HashSet::new());
        for some in rows.chunks(RECORDS_PER_WRITE) {
            let records: Vec<Map<String, Value>> =
                some.iter().map(|row| collection.record(row, &table, users)).collect();
            let known: HashSet<&String> = table.fields.iter().map(|field| &field.name).collect();
            unplaced.extend(
                some.iter().flat_map(|row| row.0.keys()).filter(|name| !known.contains(name)).cloned(),
            );
            let became = self.house.data.import_records(&allowed, records).await;
            for (row, became) in some.iter().zip(became.map_err(|e| Failure::new(e.to_string()))?) {
                match became {
                    Imported::Made => new += 1,
                    Imported::There => there += 1,
                    Imported::Refused(reason) => {
                        let id = row.text(key).unwrap_or_else(|| "?".to_owned());
                        lines.push(line(&format!("records of {name}"), &id, Outcome::Refused, Some(reason)));
                    }
                }
            }
        }
        let outcome = if new == 0 && there > 0 { Outcome::There } else { Outcome::New };
        let mut whole = line("records", name, outcome, Some(format!("{new} new, {there} there")));
        if !unplaced.is_empty() {
            let mut names: Vec<String> = unplaced.into_iter().collect();
            names.sort_unstable();
            whole.notes.push(format!("columns without a field are left out: {}", names.join(", ")));
        }
        lines.insert(0, whole);
        Ok(lines)
    }
}
