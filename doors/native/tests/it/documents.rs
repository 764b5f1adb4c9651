//! The derived documents: OpenAPI as checked in, and the page that shows it without any other server.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::world::world;

fn document() -> Value {
    serde_json::from_str(&door_native::openapi_json()).unwrap()
}

#[test]
fn the_checked_in_document_is_what_the_handlers_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/openapi.json");
    let text = door_native::openapi_json();
    if std::env::var_os("KEYWARD_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "docs/generated/openapi.json is out of date: KEYWARD_UPDATE=1 cargo test -p door-native"
    );
}

#[test]
fn every_operation_says_what_it_is_for_and_what_it_answers() {
    let doc = document();
    assert!(doc["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = BTreeSet::new();
    for (path, item) in doc["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{at}: no summary");
            assert!(operation["description"].as_str().is_some_and(|s| s.len() > 10), "{at}: no description");
            assert!(ids.insert(operation["operationId"].to_string()), "{at}: operationId is not unique");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|s| s.starts_with('2')), "{at}: no success");
        }
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let doc = document();
    let mut refs = BTreeSet::new();
    collect(&doc, &mut refs);
    for reference in refs {
        let pointer = reference.trim_start_matches('#');
        assert!(doc.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, refs: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            refs.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| collect(v, refs));
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, refs)),
        _ => {}
    }
}

#[tokio::test]
async fn the_page_comes_whole_from_this_server() {
    let w = world().await;
    let page = w.ask("GET", "/docs/").send("").await;
    assert_eq!((page.status, page.header("x-frame-options")), (200, "DENY"));
    assert!(!page.text.contains("https://") && !page.text.contains("http://"), "{}", page.text);
    for file in ["swagger-initializer.js", "swagger-ui-bundle.js", "swagger-ui.css"] {
        assert_eq!(w.ask("GET", &format!("/docs/{file}")).send("").await.status, 200, "{file}");
    }
    let start = w.ask("GET", "/docs/swagger-initializer.js").send("").await;
    assert!(start.text.contains("/v1/openapi.json"), "{}", start.text);
}
