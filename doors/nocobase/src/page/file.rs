//! One file of the page as it is answered: type, policy, and a tag by which browsers keep it without being wrong.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::{PAGE_CSP, html};

pub struct File {
    /// Below the root of the page.
    pub path: &'static str,
    pub bytes: &'static [u8],
}

#[derive(Clone)]
pub struct Served {
    file: &'static File,
    tag: HeaderValue,
}

impl Served {
    pub fn new(file: &'static File) -> Self {
        let tag = format!("\"{:016x}\"", fingerprint(file.bytes));
        Self { file, tag: HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"0\"")) }
    }

    pub fn answer(&self, asked: &HeaderMap) -> Response {
        if self.extension() == "html" {
            let mut response = html(String::from_utf8_lossy(self.file.bytes).into_owned(), PAGE_CSP);
            let policy = HeaderName::from_static("cross-origin-opener-policy");
            response.headers_mut().insert(policy, HeaderValue::from_static("same-origin"));
            return response;
        }
        let known = asked.get_all(header::IF_NONE_MATCH).iter();
        let same = known
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|one| one.trim().trim_start_matches("W/") == self.tag));
        let mut response = match same {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(header::CONTENT_TYPE, self.kind())], self.file.bytes).into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.tag.clone());
        // Asked for again each time: after an upgrade no file may be older than the others.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers
            .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
        // The document blocks run in is of no origin, and modules are fetched with the rules for other origins.
        // These files are the same for everybody.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }

    fn extension(&self) -> &'static str {
        self.file.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    fn kind(&self) -> &'static str {
        match self.extension() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        }
    }
}

/// Tells one version of a file from another; nothing is safe because of it.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
