//! The collections of a NocoBase and their records. Collections are made by the request its own screens would send;
//! records come part by part, with their keys, times and authors. A table that was here before is never written into.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::http::Method;
use data::{ImportRecords, Imported};
use domain::{
    access::Op,
    catalog::{FieldKind, Table},
    decision::Allowed,
    secret::Secret,
};
use door_nocobase::import::{Collection, collections, is_product_table};
use guard::PlaceName;
use keys::{
    ForeignTable,
    import::{Line, Outcome, Report},
};
use serde_json::{Map, Value};

use super::{
    Work,
    progress::Progress,
    shown::Filled,
    spool::{RefusedRecord, Spool},
    unreadable,
};
use crate::{client, error::Failure};

/// Where the door keeps its collections.
const BASE: &str = "main";

/// The collections that are there to be filled, and a line for each of all.
#[derive(Default)]
pub struct Made {
    pub lines: Vec<Line>,
    ready: Vec<Collection>,
}

pub fn line(table: &str, id: &str, outcome: Outcome, reason: Option<String>) -> Line {
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
                Err(unfit) => {
                    made.lines.push(line(unfit.table, &unfit.name, Outcome::Refused, Some(unfit.reason)))
                }
                Ok(collection) => waiting.push(collection),
            }
        }
        // One may refer to another that comes later: as long as some can be made, the others are tried again.
        let mut in_order = true;
        loop {
            let (before, mut refused) = (waiting.len(), Vec::new());
            for mut collection in std::mem::take(&mut waiting) {
                let missing = collection.needs.iter().any(|name| self.table(name).is_none());
                if in_order && missing {
                    refused.push((collection, String::new()));
                    continue;
                }
                match self.make_collection(&mut collection, root).await? {
                    Ok(outcome) => {
                        made.lines
                            .push(noted(&collection, line("collections", &collection.name, outcome, None)));
                        made.ready.push(collection);
                    }
                    Err(reason) => refused.push((collection, reason)),
                }
            }
            let stuck = refused.len() == before;
            if refused.is_empty() || (stuck && !in_order) {
                let lines = refused.into_iter().map(|(collection, reason)| {
                    noted(&collection, line("collections", &collection.name, Outcome::Refused, Some(reason)))
                });
                made.lines.extend(lines);
                return Ok(made);
            }
            in_order &= !stuck;
            waiting = refused.into_iter().map(|(collection, _)| collection).collect();
        }
    }

    async fn make_collection(
        &self,
        collection: &mut Collection,
        root: &Secret,
    ) -> Result<Result<Outcome, String>, Failure> {
        match self.table(&collection.name) {
            Some(table) if collection.is(&table) => return Ok(Ok(Outcome::There)),
            Some(_) => return Ok(Err("a table of that name was here before".to_owned())),
            None => {}
        }
        let Err(reason) = self.post_collection(&collection.body, root).await? else {
            return Ok(Ok(Outcome::New));
        };
        // What a field begins with there may be no value of it here; without, the rest can come.
        let plain = collection.body_without_defaults();
        if plain == collection.body || self.post_collection(&plain, root).await?.is_err() {
            return Ok(Err(reason));
        }
        collection.notes.push(format!("default values are left out: {reason}"));
        Ok(Ok(Outcome::New))
    }

    async fn post_collection(&self, body: &Value, root: &Secret) -> Result<Result<(), String>, Failure> {
        let body = Some(body.to_string());
        let path = "/api/collections:create";
        let (status, text) = client::in_process(self.house, Some(root), Method::POST, path, body).await?;
        if status.is_success() {
            return Ok(Ok(()));
        }
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        let message = said.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or("it was refused");
        Ok(Err(message.to_owned()))
    }

    fn table(&self, name: &str) -> Option<Arc<Table>> {
        let catalog = self.house.guard.catalog();
        catalog.table(catalog.base(BASE)?.id, name).cloned()
    }

    /// After users: records name them.
    pub(super) async fn fill_collections(
        &self,
        made: Made,
        root: &Secret,
        report: &mut Report,
        refused: &mut Spool,
    ) -> Result<Vec<Filled>, Failure> {
        let users = self.user_numbers(report, root).await?;
        let mut all = Vec::new();
        report.lines.extend(made.lines);
        for collection in made.ready {
            match self.source(&collection) {
                Err(reason) => {
                    report.lines.push(line("records", &collection.name, Outcome::Refused, Some(reason)))
                }
                Ok((table, source)) => {
                    let place = PlaceName::Table { base: BASE, table: &table.name };
                    let allowed = self.allowed(root, Op::RecordImport, place).await?;
                    let filling = Filling { collection: &collection, table, source, users: &users };
                    let (whole, filled) = filling.run(self, &allowed, refused).await?;
                    report.lines.push(whole);
                    all.push(filled);
                }
            }
        }
        Ok(all)
    }

    /// The table here, and the one there.
    fn source(&self, collection: &Collection) -> Result<(Arc<Table>, ForeignTable), String> {
        let table = self.table(&collection.name).ok_or("it is not here any more")?;
        let source = self.foreign.data_table(&collection.data_table);
        let source = source.ok_or_else(|| format!("there is no data table {}", collection.data_table))?;
        if is_product_table(self.foreign, &source) {
            return Err(format!("{} is a table of the product itself", collection.data_table));
        }
        Ok((table, source))
    }

    /// The numbers users have here, by the ids they had there.
    async fn user_numbers(&self, report: &Report, root: &Secret) -> Result<HashMap<String, i64>, Failure> {
        let mut numbers: HashMap<String, i64> = HashMap::new();
        self.each_user(root, &mut |user| {
            numbers.insert(user.id.to_string(), user.num);
        })
        .await?;
        let lines = report.lines.iter().filter(|line| line.table == "users");
        let here = lines.filter_map(|line| Some((line.id.clone(), *numbers.get(line.here.as_deref()?)?)));
        Ok(here.collect())
    }
}

fn noted(collection: &Collection, line: Line) -> Line {
    Line { notes: collection.notes.clone(), ..line }
}

/// The records of one collection on their way.
struct Filling<'a> {
    collection: &'a Collection,
    table: Arc<Table>,
    source: ForeignTable,
    users: &'a HashMap<String, i64>,
}

impl Filling<'_> {
    async fn run(
        &self,
        work: &Work<'_>,
        allowed: &Allowed,
        refused: &mut Spool,
    ) -> Result<(Line, Filled), Failure> {
        let mut filled = Filled { collection: self.collection.name.clone(), ..Filled::default() };
        let total = work.foreign.count(&self.source).map_err(unreadable)?;
        let mut progress = Progress::new(format!("records of {}", self.collection.name), total);
        let (mut behind, mut strangers) = (i64::MIN, 0);
        loop {
            let part = work.foreign.part(&self.source, behind).map_err(unreadable)?;
            let Some((last, _)) = part.last() else { break };
            behind = *last;
            progress.step(part.len() as u64);
            let mut ids = Vec::with_capacity(part.len());
            let mut records: Vec<Map<String, Value>> = Vec::with_capacity(part.len());
            for (number, row) in part {
                let id = self.id_of(number, &row);
                match self.collection.record(number, &row, &self.table, self.users) {
                    Ok(read) => {
                        strangers += read.strangers;
                        ids.push(id);
                        records.push(read.values);
                    }
                    Err(reason) => self.refuse(&id, &reason, &mut filled, refused)?,
                }
            }
            let how = ImportRecords { apply: work.args.apply, same: self.same() };
            let became = work.house.data.import_records(allowed, records, how).await;
            for (id, became) in ids.iter().zip(became.map_err(|e| Failure::new(e.to_string()))?) {
                match became {
                    Imported::Made => filled.new += 1,
                    Imported::There => filled.there += 1,
                    Imported::Refused(reason) => self.refuse(id, &reason, &mut filled, refused)?,
                }
            }
        }
        let outcome = if filled.new == 0 && filled.there > 0 { Outcome::There } else { Outcome::New };
        let reason = format!("{} new, {} there, {} refused", filled.new, filled.there, filled.refused);
        let mut whole = line("records", &self.collection.name, outcome, Some(reason));
        whole.notes = self.notes(strangers);
        Ok((whole, filled))
    }

    fn refuse(&self, id: &str, reason: &str, filled: &mut Filled, to: &mut Spool) -> Result<(), Failure> {
        filled.refused += 1;
        to.push(&RefusedRecord { collection: &self.collection.name, id, reason })
    }

    /// The column of the key, unless records are known by their place.
    fn key_column(&self) -> Option<&str> {
        self.source.column(&self.table.primary()?.name)
    }

    fn same(&self) -> &[String] {
        if self.key_column().is_some() { &[] } else { &self.collection.same }
    }

    fn id_of(&self, number: i64, row: &keys::ForeignRow) -> String {
        self.key_column().and_then(|column| row.text(column)).unwrap_or_else(|| number.to_string())
    }

    fn notes(&self, strangers: usize) -> Vec<String> {
        let mut notes = Vec::new();
        let fields = self.table.fields.iter().filter(|field| field.kind != FieldKind::Link);
        let placed: BTreeSet<&str> =
            fields.filter_map(|field| self.source.column(self.collection.column_of(&field.name))).collect();
        let unplaced: Vec<&str> =
            self.source.columns.iter().map(String::as_str).filter(|name| !placed.contains(name)).collect();
        if !unplaced.is_empty() {
            notes.push(format!("columns without a field are left out: {}", unplaced.join(", ")));
        }
        if strangers > 0 {
            notes.push(format!("{strangers} values named users who did not come, and are left out"));
        }
        notes
    }
}
