//! A workbook with one sheet, as bytes. Texts are always text cells, whatever they begin with: nothing that was
//! kept in a record ever becomes a formula in somebody's spreadsheet.

use domain::{Millis, limits};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::failure::Failure;

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Number(f64),
    Text(String),
}

/// One sheet: lines of explanation, titles in bold, rows.
pub struct Book {
    pub sheet: &'static str,
    pub explain: Vec<String>,
    pub titles: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    pub made_at: Millis,
}

impl Book {
    /// Takes a while for large ones: not for the threads that answer requests.
    pub fn write(&self) -> Result<Vec<u8>, Failure> {
        self.check()?;
        self.bytes().map_err(|error| {
            tracing::error!(%error, "a sheet could not be written");
            Failure::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", None)
        })
    }

    /// What no spreadsheet can hold is said, rather than cut.
    fn check(&self) -> Result<(), Failure> {
        let too_long = |text: &str| text.chars().count() > limits::SHEET_CELL_CHARS_MAX;
        if self.titles.iter().chain(&self.explain).any(|text| too_long(text)) {
            return Err(Failure::bad("a title is longer than a cell can hold"));
        }
        for (row, cells) in self.rows.iter().enumerate() {
            let long = cells.iter().position(|cell| matches!(cell, Cell::Text(text) if too_long(text)));
            if let Some(column) = long {
                let title = self.titles.get(column).map_or("", String::as_str);
                return Err(Failure::bad(format!(
                    "row {}: {title} is longer than the {} characters a cell can hold; leave this column out",
                    row + 1,
                    limits::SHEET_CELL_CHARS_MAX
                )));
            }
        }
        Ok(())
    }

    fn bytes(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let made_at = ExcelDateTime::from_timestamp(self.made_at.0.div_euclid(1_000))?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made_at));
        let sheet = workbook.add_worksheet();
        sheet.set_name(self.sheet)?;
        let mut line: u32 = 0;
        for text in &self.explain {
            sheet.write_string(line, 0, text)?;
            line += 1;
        }
        let bold = Format::new().set_bold().set_border(FormatBorder::Thin);
        for (column, title) in (0..).zip(&self.titles) {
            sheet.write_string_with_format(line, column, title, &bold)?;
            sheet.set_column_width(column, (title.chars().count() as f64 + 4.0).clamp(12.0, 60.0))?;
        }
        line += 1;
        let text_format = Format::new().set_num_format("@");
        for cells in &self.rows {
            for (column, cell) in (0..).zip(cells) {
                put(sheet, line, column, cell, &text_format)?;
            }
            line += 1;
        }
        workbook.save_to_buffer()
    }
}

/// A text that looks like a formula is also formatted as text, so that editing it does not make it one.
fn put(
    sheet: &mut Worksheet,
    line: u32,
    column: u16,
    cell: &Cell,
    text_format: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Number(number) => drop(sheet.write_number(line, column, *number)?),
        Cell::Text(text) if looks_like_a_formula(text) => {
            sheet.write_string_with_format(line, column, text, text_format)?;
        }
        Cell::Text(text) => drop(sheet.write_string(line, column, text)?),
    }
    Ok(())
}

fn looks_like_a_formula(text: &str) -> bool {
    text.trim_start().starts_with(['=', '+', '-', '@'])
}
