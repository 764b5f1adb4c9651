//! The first sheet of a workbook somebody sent, as rows of cells. Everything about it is hostile until measured:
//! what it unpacks to, how many parts, rows and cells it has. Only cells that are there are kept, so that two of
//! them at opposite ends of a sheet are two cells.

use std::io::{Cursor, Read, copy, sink};

use axum::body::Bytes;
use calamine::{DataRef, Reader, Xlsx};
use domain::limits;
use zip::ZipArchive;

use crate::failure::Failure;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64),
    Bool(bool),
    /// Days since the end of 1899, as spreadsheets count them.
    Moment(f64),
}

/// Row by row, each with its number as the spreadsheet shows it; empty ones are left out.
#[derive(Debug)]
pub struct Row {
    pub number: u32,
    /// By column; in order.
    pub cells: Vec<(u32, Cell)>,
}

impl Row {
    pub fn at(&self, column: u32) -> Option<&Cell> {
        let place = self.cells.binary_search_by_key(&column, |(at, _)| *at).ok()?;
        self.cells.get(place).map(|(_, cell)| cell)
    }
}

/// Takes a while: not for the threads that answer requests.
pub fn rows(file: &Bytes) -> Result<Vec<Row>, Failure> {
    measure(file)?;
    let mut book = Xlsx::new(Cursor::new(&**file)).map_err(|_| unreadable())?;
    let name = book.sheet_names().into_iter().next().ok_or_else(unreadable)?;
    let from_1904 = book.has_1904_epoch();
    let mut reader = book.worksheet_cells_reader(&name).map_err(|_| unreadable())?;
    let (mut rows, mut count): (Vec<Row>, usize) = (Vec::new(), 0);
    while let Some(found) = reader.next_cell().map_err(|_| unreadable())? {
        let (row, column) = found.get_position();
        let Some(cell) = cell(found.get_value(), from_1904)
            .map_err(|what| Failure::bad(format!("row {}: a cell holds the error {what}", row + 1)))?
        else {
            continue;
        };
        count += 1;
        if count > limits::SHEET_CELLS_MAX {
            return Err(Failure::bad(format!("the sheet has more than {} cells", limits::SHEET_CELLS_MAX)));
        }
        put(&mut rows, row.saturating_add(1), column, cell)?;
    }
    Ok(rows)
}

/// Cells come in the order of rows and columns, or the file is not what it should be.
fn put(rows: &mut Vec<Row>, number: u32, column: u32, cell: Cell) -> Result<(), Failure> {
    let full = rows.len() >= limits::SHEET_ROWS_MAX + limits::SHEET_LINES_ABOVE_MAX;
    match rows.last_mut() {
        Some(row) if row.number == number => {
            if row.cells.last().is_some_and(|(last, _)| *last >= column) {
                return Err(unreadable());
            }
            row.cells.push((column, cell));
        }
        Some(row) if row.number > number => return Err(unreadable()),
        _ if full => {
            let max = limits::SHEET_ROWS_MAX;
            return Err(Failure::bad(format!("at most {max} rows can be imported at once")));
        }
        _ => rows.push(Row { number, cells: vec![(column, cell)] }),
    }
    Ok(())
}

/// Unpacks everything once, keeping nothing: what the file says of its own size may be a lie.
fn measure(file: &Bytes) -> Result<(), Failure> {
    let too_large = || Failure::bad("the file unpacks to more than can be read");
    let mut archive = ZipArchive::new(Cursor::new(&**file)).map_err(|_| unreadable())?;
    if archive.len() > limits::SHEET_PARTS_MAX {
        return Err(too_large());
    }
    let mut left = limits::SHEET_UNZIPPED_BYTES_MAX;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| unreadable())?;
        let size = copy(&mut part.take(left + 1), &mut sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(size).ok_or_else(too_large)?;
    }
    Ok(())
}

/// `Err`: the spreadsheet itself says that something is wrong there.
fn cell(value: &DataRef<'_>, from_1904: bool) -> Result<Option<Cell>, String> {
    let text = |text: &str| Some(text.trim()).filter(|t| !t.is_empty()).map(|t| Cell::Text(t.to_owned()));
    Ok(match value {
        DataRef::Empty => None,
        DataRef::Int(n) => Some(Cell::Number(*n as f64)),
        DataRef::Float(n) => Some(Cell::Number(*n)),
        DataRef::String(s) => text(s),
        DataRef::SharedString(s) => text(s),
        DataRef::Bool(yes) => Some(Cell::Bool(*yes)),
        DataRef::DateTime(at) => Some(Cell::Moment(at.as_f64() + if from_1904 { DAYS_TO_1904 } else { 0.0 })),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => text(s),
        DataRef::Error(error) => return Err(error.to_string()),
    })
}

/// Between the two days spreadsheets count from.
const DAYS_TO_1904: f64 = 1_462.0;

pub fn unreadable() -> Failure {
    Failure::bad("the file is not an xlsx workbook that can be read")
}
