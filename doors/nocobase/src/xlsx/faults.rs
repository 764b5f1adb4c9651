//! What is wrong with the rows of a sheet: by row and column, so that somebody can find it. The first few of them;
//! nothing of the sheet is written while there is one.

use axum::http::StatusCode;
use domain::limits;

use crate::failure::{Complaint, Failure};

#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// `row` as the spreadsheet counts it.
    pub fn cell(&mut self, row: u32, column: &str, message: &str) {
        self.push(format!("Failed to parse field {column} in row {row}: {message}"));
    }

    /// Something about the whole row, or about a field that is named in what is said.
    pub fn row(&mut self, row: u32, failure: &Failure) {
        for complaint in &failure.errors {
            self.push(in_row(row, &complaint.message));
        }
    }

    fn push(&mut self, message: String) {
        if !self.are_many() {
            self.0.push(message);
        }
    }

    pub fn are_many(&self) -> bool {
        self.0.len() >= limits::SHEET_FAULTS_TOLD_MAX
    }

    pub fn check(self) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let errors = self.0.into_iter().map(|message| Complaint { message, code: None }).collect();
        Err(Failure { errors, ..Failure::bad("") })
    }
}

/// The same failure, said of a row. What is not the row's fault stays as it is.
pub fn of_row(row: u32, failure: Failure) -> Failure {
    if !matches!(failure.status, StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
        return failure;
    }
    let said = |one: &Complaint| Complaint { message: in_row(row, &one.message), code: one.code };
    Failure { errors: failure.errors.iter().map(said).collect(), ..failure }
}

fn in_row(row: u32, message: &str) -> String {
    format!("Failed to import row {row}: {message}")
}
