//! `importXlsx`: rows of a sheet as new records, all of them or none. Every row is a create: its rules, rights and
//! defaults hold, narrowed by the right to import.

use std::collections::BTreeSet;

use domain::{
    access::{Alt, Op},
    catalog::Table,
    decision::Allowed,
    limits,
};
use serde_json::{Map, Value, json};

use super::{
    column::{self, Column},
    faults::{Faults, of_row},
    links::Link,
    read::{self, Row},
    turn,
    values::{self, Reader},
};
use crate::{answer::Answer, drafts, failure::Failure, records, request::Request};

pub async fn import(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let making = allowed.narrowed(Op::RecordCreate).ok_or_else(Failure::forbidden)?;
    let table = making.table().ok_or_else(Failure::not_found)?;
    let columns = taken(&making, table, column::columns(request)?)?;
    let file = request.file.clone().ok_or_else(|| Failure::bad("Please upload the file of Excel"))?;
    let turn = turn(request).await?;
    // A file that breaks its reader is no worse than one that cannot be read.
    let reading = tokio::task::spawn_blocking(move || (read::rows(&file), turn));
    let (rows, _turn) = reading.await.map_err(|_| read::unreadable())?;
    let rows = rows?;
    let (places, rows) = below_the_titles(&columns, rows)?;
    let readers = readers(request, &making, table, &columns, &places, &rows).await?;
    let records = records_of(&readers, &rows)?;
    let mut faults = Faults::default();
    let mut wanted = Vec::with_capacity(records.len());
    for (row, values) in rows.iter().zip(records) {
        match drafts::draft(request, &making, values) {
            Ok(draft) => wanted.push(draft),
            Err(failure) => faults.row(row.number, &failure),
        }
    }
    faults.check()?;
    let done = request.inner.data.create_batch(&making, &wanted, limits::SHEET_ROWS_MAX).await;
    done.map_err(|wrong| {
        let failure = records::said(&making, wrong.error);
        match wrong.at.and_then(|at| rows.get(at)) {
            Some(row) => of_row(row.number, failure),
            None => failure,
        }
    })?;
    let told = json!({ "successCount": wanted.len() });
    Ok(Answer::Meta { data: told.clone(), meta: told })
}

/// The columns the caller may write. Others are left out, as values of a create are.
fn taken(making: &Allowed, table: &Table, columns: Vec<Column>) -> Result<Vec<Column>, Failure> {
    for column in &columns {
        let field = table.field(column.first());
        let field = field.ok_or_else(|| Failure::bad(format!("Field not found: {}", column.first())))?;
        if column.path.len() > 2 || (column.path.len() == 2 && field.link.is_none()) {
            return Err(Failure::bad(format!("Invalid field: {}", column.name())));
        }
    }
    let writable = |column: &Column| {
        let no = table.field(column.first()).map(|field| field.no);
        no.is_some_and(|no| making.alternatives().iter().any(|alt: &Alt| alt.fields.has(no)))
    };
    let taken: Vec<Column> = columns.into_iter().filter(writable).collect();
    if taken.is_empty() {
        return Err(Failure::bad("Columns configuration is empty"));
    }
    let mut titles = BTreeSet::new();
    match taken.iter().map(Column::header).find(|title| !titles.insert(title.clone())) {
        Some(twice) => Err(Failure::bad(format!("two columns are titled {twice:?}"))),
        None => Ok(taken),
    }
}

/// Where in the sheet each column stands, and the rows under the first that holds all titles.
fn below_the_titles(columns: &[Column], rows: Vec<Row>) -> Result<(Vec<u32>, Vec<Row>), Failure> {
    let titles: Vec<String> = columns.iter().map(Column::header).collect();
    let place = |row: &Row, title: &String| {
        row.cells.iter().find(|(_, cell)| values::text(cell) == *title).map(|(at, _)| *at)
    };
    let mut rows = rows.into_iter();
    let places = rows
        .by_ref()
        .take(limits::SHEET_LINES_ABOVE_MAX)
        .find_map(|row| titles.iter().map(|title| place(&row, title)).collect::<Option<Vec<u32>>>());
    let missing = || Failure::bad(format!("Headers not found. Expected headers: {}", titles.join(", ")));
    let places = places.ok_or_else(missing)?;
    let rows: Vec<Row> = rows.filter(|row| places.iter().any(|at| row.at(*at).is_some())).collect();
    match rows.len() {
        0 => Err(Failure::bad("No data to import")),
        many if many > limits::SHEET_ROWS_MAX => {
            Err(Failure::bad(format!("at most {} rows can be imported at once", limits::SHEET_ROWS_MAX)))
        }
        _ => Ok((places, rows)),
    }
}

/// One column of the sheet.
struct Read {
    place: u32,
    field: String,
    how: How,
}

enum How {
    Value(Reader),
    Link(Link),
}

async fn readers(
    request: &Request,
    making: &Allowed,
    table: &Table,
    columns: &[Column],
    places: &[u32],
    rows: &[Row],
) -> Result<Vec<Read>, Failure> {
    let zone = request.zone();
    let mut readers = Vec::with_capacity(columns.len());
    for (column, place) in columns.iter().zip(places) {
        let field = table.field(column.first()).ok_or_else(Failure::not_found)?;
        let how = match field.link {
            None => How::Value(Reader::of(field, &zone)),
            Some(_) => {
                let mut link = Link::of(request, making, column, field)?;
                let texts: Vec<String> =
                    rows.iter().filter_map(|row| row.at(*place)).map(values::text).collect();
                let names = texts.iter().flat_map(|text| link.names(text)).map(str::to_owned).collect();
                link.look_up(request, making, &field.name, &names).await?;
                How::Link(link)
            }
        };
        readers.push(Read { place: *place, field: field.name.clone(), how });
    }
    Ok(readers)
}

/// The values of each row. Empty cells say nothing: defaults hold.
fn records_of(readers: &[Read], rows: &[Row]) -> Result<Vec<Map<String, Value>>, Failure> {
    let mut faults = Faults::default();
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let mut record = Map::new();
        for reader in readers {
            let Some(cell) = row.at(reader.place) else { continue };
            let value = match &reader.how {
                How::Value(how) => how.value(cell),
                How::Link(link) => link.value(&values::text(cell)),
            };
            match value {
                Ok(value) => drop(record.insert(reader.field.clone(), value)),
                Err(message) => faults.cell(row.number, &reader.field, &message),
            }
        }
        records.push(record);
        if faults.are_many() {
            break;
        }
    }
    faults.check()?;
    Ok(records)
}
