//! A body of several parts: texts, and one file. Read as a whole, because it is small; never kept on the disk.

use axum::{
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart},
    http::{HeaderMap, Request as HttpRequest, header::CONTENT_TYPE},
};
use domain::limits;
use http_kit::body;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// Parts of such a body.
const PARTS_MAX: usize = 16;

pub struct Upload {
    /// The parts that are texts, by name.
    pub values: Value,
    pub file: Option<Bytes>,
}

pub async fn read(headers: &HeaderMap, from: Body) -> Result<Upload, Failure> {
    let bytes = body::read(from, limits::BODY_BYTES_MAX).await?;
    let mut request = HttpRequest::new(Body::from(bytes));
    if let Some(kind) = headers.get(CONTENT_TYPE) {
        request.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    // It was measured above.
    DefaultBodyLimit::disable().apply(&mut request);
    let broken = || Failure::bad("the body must be multipart/form-data with a file");
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    let (mut values, mut file) = (Map::new(), None);
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        count += 1;
        if count > PARTS_MAX {
            return Err(Failure::bad(format!("at most {PARTS_MAX} parts")));
        }
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" || part.file_name().is_some() {
            if name != "file" || file.is_some() {
                return Err(Failure::bad("Only one file is allowed to be uploaded"));
            }
            file = Some(part.bytes().await.map_err(|_| broken())?);
        } else {
            values.insert(name, Value::String(part.text().await.map_err(|_| broken())?));
        }
    }
    Ok(Upload { values: Value::Object(values), file })
}
