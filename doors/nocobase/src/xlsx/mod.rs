//! Sheets of records: `export`, `importXlsx` and `downloadXlsxTemplate`. An export shows what a list would show and
//! an import writes what a create could write, in both cases only as far as the right to export or to import
//! reaches as well. Never reads a file that unpacks to more than its limits, never writes a formula.

mod book;
mod cells;
mod column;
mod export;
mod faults;
mod import;
mod links;
mod read;
mod template;
pub mod upload;
mod values;

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;

use crate::{failure::Failure, request::Request};

pub use export::export;
pub use import::import;
pub use template::template;

/// A turn at reading or making a sheet. It goes with the work: a caller who hangs up does not end that.
async fn turn(request: &Request) -> Result<OwnedSemaphorePermit, Failure> {
    let closed =
        |_| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "The server is busy, please try again", None);
    Arc::clone(&request.inner.sheets).acquire_owned().await.map_err(closed)
}
