//! Any path and query string of the `:action` dialect: parsing never panics, and a name that comes out is
//! one that may exist.
#![no_main]

#[allow(dead_code)]
#[path = "../../doors/nocobase/src/path.rs"]
mod path;
#[allow(dead_code)]
#[path = "../../doors/nocobase/src/qs.rs"]
mod qs;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (route, query) = text.split_once('?').unwrap_or((&text, ""));
    if let Some(target) = path::parse(route) {
        assert!(target.assoc.iter().chain([&target.resource]).all(|name| path::valid_name(name)), "{target:?}");
    }
    if let Ok(parameters) = qs::parse(query) {
        // What was parsed can be written as JSON again: no depth or text that cannot.
        serde_json::to_string(&parameters).unwrap();
    }
});
