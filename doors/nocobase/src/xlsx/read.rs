//! The first sheet of a workbook somebody sent, as rows of cells. Everything about it is hostile until measured:
//! what it unpacks to, how many parts, rows and cells it has. Only cells that are there are kept, so that two of
//! them at opposite ends of a sheet are two cells.

use std::io::{Cursor, Read};

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
    // One text can stand in any number of cells.
    let (mut rows, mut count, mut left) = (Vec::new(), 0_usize, limits::SHEET_UNZIPPED_BYTES_MAX);
    while let Some(found) = reader.next_cell().map_err(|_| unreadable())? {
        let (row, column) = found.get_position();
        let Some(cell) = cell(found.get_value(), from_1904)
            .map_err(|what| Failure::bad(format!("row {}: a cell holds the error {what}", row + 1)))?
        else {
            continue;
        };
        if let Cell::Text(text) = &cell {
            left = left.checked_sub(text.len() as u64).ok_or_else(too_large)?;
        }
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

/// For a style of a few bytes the reader keeps more than a hundred.
const STYLES_BYTES_MAX: usize = 2 << 20;

/// Unpacks everything once, keeping nothing: what the file says of its own size may be a lie.
fn measure(file: &Bytes) -> Result<(), Failure> {
    let mut archive = ZipArchive::new(Cursor::new(&**file)).map_err(|_| unreadable())?;
    if archive.len() > limits::SHEET_PARTS_MAX {
        return Err(too_large());
    }
    let (mut left, mut bytes) = (limits::SHEET_UNZIPPED_BYTES_MAX, Vec::new());
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| unreadable())?;
        // The place for shared texts is made by what that part says of their number.
        let name = part.name().map_err(|_| unreadable())?.to_ascii_lowercase();
        bytes.clear();
        let size = part.take(left + 1).read_to_end(&mut bytes).map_err(|_| unreadable())?;
        left = left.checked_sub(size as u64).ok_or_else(too_large)?;
        if name.ends_with("sharedstrings.xml") && !counts_right(&bytes) {
            return Err(unreadable());
        }
        if name.ends_with("styles.xml") && size > STYLES_BYTES_MAX {
            return Err(too_large());
        }
    }
    Ok(())
}

/// Whether no count in it is larger than its length allows. In a part of plain bytes, so that none is overlooked.
fn counts_right(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"uniqueCount";
    let most = bytes.len() / b"<si/>".len() + 1;
    let plain = !bytes.iter().any(|byte| matches!(byte, 0 | 0x1b));
    let skipped = |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\'' | b'+');
    let counted = |at: usize| {
        let digits =
            bytes.iter().skip(at + NAME.len()).skip_while(skipped).take_while(|b| b.is_ascii_digit());
        digits.fold(0_usize, |n, digit| n.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
    };
    plain
        && bytes
            .windows(NAME.len())
            .enumerate()
            .filter(|(_, w)| *w == NAME)
            .all(|(at, _)| counted(at) <= most)
}

fn too_large() -> Failure {
    Failure::bad("the file unpacks to more than can be read")
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::{collection::vec, prelude::*};
    use rust_xlsxwriter::{Format, Workbook};
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    /// The parts of a small workbook with every kind of cell.
    fn parts() -> Vec<(String, Vec<u8>)> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "a < b").unwrap();
        sheet.write_number(1, 1, 1.5).unwrap();
        sheet.write_boolean(2, 2, true).unwrap();
        sheet.write_number_with_format(3, 3, 46_022.5, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
        sheet.write_formula(4, 4, "=1/0").unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let count = archive.len();
        let part = |at| {
            let mut part = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            (part.name().unwrap().into_owned(), bytes)
        };
        (0..count).map(part).collect()
    }

    fn packed(parts: &[(String, Vec<u8>)]) -> Bytes {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner().into()
    }

    #[test]
    fn a_count_that_cannot_be_is_not_believed() {
        for (text, want) in [
            ("<sst uniqueCount=\"1\"><si/></sst>", true),
            ("<sst uniqueCount=\"999999\"><si/></sst>", false),
            ("<sst uniqueCount = '+99999999999999999999'>", false),
            ("<sst count=\"99999999999\">", true),
            ("<!-- uniqueCount=\"1\" --><sst uniqueCount=\"777777\">", false),
            ("<sst un\u{1b}(BiqueCount=\"777777\">", false),
        ] {
            assert_eq!(counts_right(text.as_bytes()), want, "{text}");
        }
        let wide: Vec<u8> = "<sst uniqueCount=\"777777\">".bytes().flat_map(|b| [b, 0]).collect();
        assert!(!counts_right(&wide));
        let mut lying = parts();
        for (name, bytes) in &mut lying {
            if name.ends_with("sharedStrings.xml") {
                let text = String::from_utf8(bytes.clone()).unwrap();
                assert!(text.contains("uniqueCount=\"1\""));
                *bytes = text.replace("uniqueCount=\"1\"", "uniqueCount=\"19999999999\"").into_bytes();
            }
        }
        assert!(rows(&packed(&lying)).is_err());
    }

    #[test]
    fn a_workbook_of_nothing_but_styles_is_refused_before_they_are_kept() {
        let mut many = parts();
        for (_, bytes) in many.iter_mut().filter(|(name, _)| name.ends_with("styles.xml")) {
            *bytes = format!("<styleSheet><cellXfs>{}", "<xf/>".repeat(1 << 20)).into_bytes();
        }
        let refused = rows(&packed(&many)).unwrap_err();
        assert!(refused.body().to_string().contains("more than can be read"));
    }

    #[test]
    fn a_text_that_stands_in_many_cells_counts_in_each() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for row in 0..2_000 {
            sheet.write_string(row, 0, "x".repeat(32_000)).unwrap();
        }
        let refused = rows(&book.save_to_buffer().unwrap().into()).unwrap_err();
        assert!(refused.body().to_string().contains("more than can be read"));
    }

    #[test]
    fn a_small_workbook_is_read_cell_by_cell() {
        let rows = rows(&packed(&parts())).unwrap();
        assert_eq!(rows.len(), 5);
        assert_eq!(rows[0].cells, [(0, Cell::Text("a < b".into()))]);
        assert_eq!(rows[3].at(3), Some(&Cell::Moment(46_022.5)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(
            std::env::var("SHEET_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(64)
        ))]

        /// Well packed, and nonsense inside; none makes its reader reserve more than there is.
        #[test]
        fn a_broken_workbook_is_read_or_refused(
            which in any::<prop::sample::Index>(),
            changes in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3_u8), 1..8),
        ) {
            const PIECES: [&[u8]; 14] =
                [b"<", b">", b"\"", b"9999999999", b"-1", b"</c>", b"<v>", b"t=\"s\"", b"XFD1048577", b"\xff", b"/", b"&", b"<row r=\"0\">", b"e308"];
            let mut parts = parts();
            let at = which.index(parts.len());
            let bytes = &mut parts[at].1;
            for (place, piece, how) in &changes {
                let (place, piece) = (place.index(bytes.len() + 1), PIECES[piece.index(PIECES.len())]);
                let end = match how {
                    0 => place,
                    1 => (place + piece.len()).min(bytes.len()),
                    _ => (place + 16).min(bytes.len()),
                };
                bytes.splice(place..end, piece.iter().copied());
            }
            // A reader that gives up in the middle is caught, as it is where requests are answered.
            let file = packed(&parts);
            let _ = std::panic::catch_unwind(|| rows(&file).map(|rows| rows.len()));
        }
    }
}
