//! `export`: records as a sheet. Which of them, and what of them, is what a list would show to this caller,
//! narrowed by the right to export: the one never shows more than the other.

use data::{Follow, Records};
use domain::{
    access::Op,
    catalog::{Field, FieldKind, Table},
    decision::Allowed,
    limits,
    query::{Filter, Page, Query, Select},
    value::Value,
};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::{
    book::{Book, Cell},
    cells::Writer,
    column::{self, Column},
    turn,
};
use crate::{
    answer::{Answer, Attachment},
    collections::options_of,
    failure::Failure,
    records, render,
    request::Request,
};

pub async fn export(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let reading = allowed.narrowed(Op::RecordRead).ok_or_else(Failure::forbidden)?;
    records::check_own(&reading, reading.op())?;
    let table = reading.table().ok_or_else(Failure::not_found)?;
    let columns = column::columns(request)?;
    let columns =
        columns.into_iter().map(|c| reached(request, &reading, table, c)).collect::<Result<Vec<_>, _>>()?;
    // Both the records and the sheet are held in memory while it is made.
    let turn = turn(request).await?;
    let found = found(request, &reading, table, &columns).await?;
    if found.rows.len().saturating_mul(columns.len()) > limits::SHEET_CELLS_MAX {
        let max = limits::SHEET_CELLS_MAX;
        return Err(Failure::bad(format!("more than {max} cells; export fewer records or columns")));
    }
    let title = title(request).unwrap_or_else(|| table.title.clone().unwrap_or_else(|| table.name.clone()));
    let (zone, made_at) = (request.zone(), allowed.at());
    let making = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        sheet(&found, &columns, &zone, made_at).write()
    });
    let bytes = making.await.map_err(|_| Failure::bad("these records cannot be exported"))??;
    Ok(Answer::File(Attachment { bytes, name: format!("{title}.xlsx"), kind: "application/octet-stream" }))
}

fn title(request: &Request) -> Option<String> {
    let in_body = || request.body.as_ref()?.get("title")?.as_str();
    let title = request.params.map.get("title").and_then(Json::as_str).or_else(in_body)?.trim();
    (!title.is_empty() && title.chars().count() <= limits::NAME_CHARS_MAX).then(|| title.to_owned())
}

/// The column with a whole way to a value. An association alone is shown by what its records are called.
fn reached(
    request: &Request,
    allowed: &Allowed,
    table: &std::sync::Arc<Table>,
    mut column: Column,
) -> Result<Column, Failure> {
    let unknown = |name: &str| Failure::bad(format!("Field \"{name}\" not found"));
    let mut at = std::sync::Arc::clone(table);
    for (step, name) in column.path.clone().iter().enumerate() {
        let field = at.field(name).ok_or_else(|| unknown(&column.name()))?;
        let last = step + 1 == column.path.len();
        match (field.link.is_some(), last) {
            (false, true) => break,
            (false, false) => return Err(unknown(&column.name())),
            (true, _) => {
                let next = request.inner.data.linked_table(allowed, &at, name);
                at = next.map_err(|_| unknown(name))?;
                if last {
                    // What the other collection calls its records is nobody's to learn from a title.
                    column.default_title.get_or_insert(column.path.join("."));
                    column.path.push(called(&at));
                }
            }
        }
    }
    Ok(column)
}

/// The field that stands for a record of this collection.
fn called(table: &Table) -> String {
    let options = options_of(table.extra.as_deref());
    let title = options
        .get("titleField")
        .and_then(Json::as_str)
        .filter(|name| table.field(name).is_some_and(|field| field.link.is_none()));
    title.or_else(|| table.primary().map(|field| field.name.as_str())).unwrap_or("id").to_owned()
}

async fn found(
    request: &Request,
    reading: &Allowed,
    table: &Table,
    columns: &[Column],
) -> Result<Records, Failure> {
    let max = records::unpaged(request).unwrap_or(1) - 1;
    let (mut names, mut follow): (Vec<String>, Vec<Follow>) = (Vec::new(), Vec::new());
    names.extend(table.primary().map(|field| field.name.clone()));
    for column in columns {
        match column.path.as_slice() {
            [one] if names.contains(one) => {}
            [one] => names.push(one.clone()),
            path => put(&mut follow, path),
        }
    }
    let asked = limit(request)?;
    let query = Query {
        filter: records::filter_of(request, reading)?.unwrap_or(Filter::ALL),
        sort: request.params.sort()?,
        nulls_last: true,
        select: Select::Only(names),
        page: asked.map(|limit| Page { offset: 0, limit: limit.min(max + 1) }),
        ceiling: Some(max + 1),
        count: false,
        strict: false,
    };
    let found = request.inner.data.list_following(reading, &query, &follow).await;
    let found = found.map_err(|error| records::said(reading, error))?;
    if found.rows.len() as u64 > max {
        return Err(Failure::bad(format!(
            "there are more than {max} records; export fewer, by a filter or a limit"
        )));
    }
    Ok(found)
}

fn limit(request: &Request) -> Result<Option<u64>, Failure> {
    let given = request.body.as_ref().and_then(|body| body.get("limit")).or(request.params.map.get("limit"));
    let number = match given {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(text)) => text.parse().ok(),
        Some(other) => other.as_u64(),
    };
    let number =
        number.filter(|n| *n >= 1).ok_or_else(|| Failure::bad("limit must be a whole number from 1"))?;
    Ok(Some(number))
}

/// Adds the way to one field behind associations.
fn put(follow: &mut Vec<Follow>, path: &[String]) {
    let [link, rest @ ..] = path else { return };
    if !follow.iter().any(|known| known.link == *link) {
        let select = Select::Only(Vec::new());
        follow.push(Follow { link: link.clone(), select, pair: false, then: Vec::new() });
    }
    let Some(known) = follow.iter_mut().find(|known| known.link == *link) else { return };
    match (rest, &mut known.select) {
        ([field], Select::Only(names)) if !names.contains(field) => names.push(field.clone()),
        ([_], _) => {}
        _ => put(&mut known.then, rest),
    }
}

fn sheet(found: &Records, columns: &[Column], zone: &TimeZone, made_at: domain::Millis) -> Book {
    let mut written = Vec::with_capacity(columns.len());
    let mut titles = Vec::with_capacity(columns.len());
    for column in columns {
        let way = Way::of(found, &column.path, zone);
        // A title of its own is told with the field, and only to who may see that.
        let own = way.as_ref().and_then(|way| way.title.clone());
        titles.push(match (&column.title, own) {
            (Some(title), _) => title.clone(),
            (None, Some(own)) => own,
            (None, None) => column.header(),
        });
        written.push(way);
    }
    let cell = |row: usize, way: &Option<Way<'_>>| way.as_ref().map_or(Cell::Empty, |way| way.cell(row));
    let rows = (0..found.rows.len()).map(|row| written.iter().map(|way| cell(row, way)).collect()).collect();
    Book { sheet: "Data", explain: Vec::new(), titles, rows, made_at }
}

/// From a record to the values of one column.
struct Way<'r> {
    steps: Vec<&'r data::Linked>,
    records: &'r Records,
    at: usize,
    kind: FieldKind,
    title: Option<String>,
    writer: Writer,
}

impl<'r> Way<'r> {
    /// `None`: the caller may not go there.
    fn of(found: &'r Records, path: &[String], zone: &TimeZone) -> Option<Self> {
        let (last, links) = path.split_last()?;
        let (mut records, mut steps) = (found, Vec::new());
        for link in links {
            let linked = records.linked.iter().find(|linked| linked.name == *link)?;
            steps.push(linked);
            records = &linked.records;
        }
        let field = records.table.field(last).filter(|field| can_be_shown(field))?;
        let at = records.select.iter().position(|no| *no == field.no)?;
        if records.beside.contains(&field.no) {
            return None;
        }
        let writer = Writer::of(field, &records.table, zone);
        Some(Self { steps, records, at, kind: field.kind, title: field.title.clone(), writer })
    }

    fn cell(&self, row: usize) -> Cell {
        let mut rows = vec![row];
        for step in &self.steps {
            let behind = |row: &usize| step.of_row.get(*row).cloned().flatten().unwrap_or_default();
            rows = rows.iter().flat_map(behind).collect();
        }
        let many = self.steps.iter().any(|step| step.many);
        let value = |row: &usize| self.records.rows.get(*row)?.get(self.at)?.as_ref();
        let mut cells = rows.iter().filter_map(value).map(|value: &Value| self.writer.cell(self.kind, value));
        if !many {
            return cells.next().unwrap_or(Cell::Empty);
        }
        let text = |cell: Cell| match cell {
            Cell::Empty => None,
            Cell::Number(number) => Some(number.to_string()),
            Cell::Text(text) => Some(text),
        };
        let texts: Vec<String> = cells.filter_map(text).collect();
        if texts.is_empty() { Cell::Empty } else { Cell::Text(texts.join(",")) }
    }
}

fn can_be_shown(field: &Field) -> bool {
    let sealed = matches!(field.kind, FieldKind::Password | FieldKind::Link);
    !field.hidden && !sealed && !render::unseen_order(field)
}
