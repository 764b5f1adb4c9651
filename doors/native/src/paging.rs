//! `limit` and `cursor`, the same in every list.

use ::keys::{KeysError, PageRequest};
use domain::limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};
use http_kit::{BadParam, Params};

use crate::problem::Problem;

pub fn read(params: &mut Params<'_>) -> Result<(u64, Option<String>), BadParam> {
    let limit = params.take_within("limit", 1..=PAGE_SIZE_MAX)?.unwrap_or(PAGE_SIZE_DEFAULT);
    Ok((limit, params.take("cursor").map(Into::into)))
}

pub fn request(limit: u64, cursor: Option<String>) -> PageRequest {
    PageRequest { after: cursor, offset: 0, limit }
}

/// The service calls the cursor `after`; callers know it as `cursor`.
pub fn rename(error: KeysError) -> Problem {
    match error {
        KeysError::Invalid { field: "after" | "cursor" | "page", .. } => {
            Problem::field("cursor", "is not one this list gave")
        }
        other => other.into(),
    }
}
