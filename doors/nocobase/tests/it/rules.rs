//! Rules of fields for their values, by the names screens give them.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error};

async fn with(kind: &str, rules: Value) -> Nocobase {
    let nocobase = Nocobase::new().await;
    let field = json!({"name": "value", "type": kind, "uiSchema": {"title": "Value"}, "validation": {"type": kind, "rules": rules}});
    let things = json!({"name": "things", "title": "Things", "fields": [field]});
    nocobase.admin.post("/api/collections:create", things).await.expect(200);
    nocobase
}

#[tokio::test]
async fn every_rule_lets_through_what_keeps_it_and_nothing_else() {
    for (kind, name, args, good, bad) in [
        ("string", "pattern", json!({"regex": "/^[a-z]+-\\d+$/i"}), json!("Ab-12"), json!("ab12")),
        ("string", "pattern", json!({"regex": "a", "options": {"invert": true}}), json!("b"), json!("cat")),
        ("string", "email", json!(null), json!("a@b.c"), json!("a@b")),
        ("string", "uri", json!({}), json!("https://a"), json!("a")),
        ("string", "domain", json!({}), json!("a.example"), json!("a")),
        ("string", "hostname", json!({}), json!("a"), json!("-a")),
        ("string", "ip", json!({}), json!("::1"), json!("1.2.3")),
        ("string", "guid", json!({}), json!("0193a0b0-0000-7000-8000-000000000001"), json!("0193a0b0")),
        ("string", "hex", json!({}), json!("aF0"), json!("xyz")),
        ("string", "base64", json!({}), json!("YQ=="), json!("YQ=")),
        ("string", "token", json!({}), json!("a_1"), json!("a-1")),
        ("string", "alphanum", json!({}), json!("a1"), json!("a_1")),
        ("string", "trim", json!({}), json!("a b"), json!(" a")),
        ("string", "min", json!({"limit": 2}), json!("ää"), json!("ä")),
        ("string", "max", json!({"limit": 2}), json!("ää"), json!("äää")),
        ("string", "length", json!({"limit": 2}), json!("ab"), json!("a")),
        ("string", "lowercase", json!({}), json!("ab"), json!("aB")),
        ("string", "uppercase", json!({}), json!("AB"), json!("aB")),
        ("integer", "min", json!({"limit": 2}), json!(2), json!(1)),
        ("integer", "multiple", json!({"base": 5}), json!(10), json!(11)),
        ("double", "greater", json!({"limit": 2}), json!(2.1), json!(2)),
        ("double", "less", json!({"limit": 2}), json!(1.9), json!("2")),
        ("double", "precision", json!({"limit": 2}), json!(1.25), json!(1.255)),
        ("double", "integer", json!({}), json!(2), json!(2.5)),
        ("double", "positive", json!({}), json!(1), json!(0)),
        ("double", "negative", json!({}), json!(-1), json!(0)),
        ("integer", "port", json!({}), json!(80), json!(70_000)),
        ("array", "max", json!({"limit": 1}), json!(["a"]), json!(["a", "b"])),
        ("array", "unique", json!({}), json!(["a", "b"]), json!(["a", "a"])),
        (
            "date",
            "min",
            json!({"date": "2026-01-01"}),
            json!("2026-01-01T00:00:00Z"),
            json!("2025-12-31T23:59:59Z"),
        ),
        ("dateOnly", "less", json!({"date": "2026-01-01"}), json!("2025-12-31"), json!("2026-01-01")),
    ] {
        let nocobase = with(kind, json!([{"key": "r", "name": name, "args": args}])).await;
        let made = nocobase.admin.post("/api/things:create", json!({"value": good})).await;
        assert_eq!(made.code(), 200, "{name} {good} {}", made.text());
        for path in
            ["/api/things:create", "/api/things:update/1", "/api/things:firstOrCreate?filterKeys[]=id"]
        {
            let refused = nocobase.admin.post(path, json!({"id": 1, "value": bad})).await;
            let (status, _, message) = error(&refused);
            assert_eq!(status, 400, "{name} {bad} {path} {}", refused.text());
            assert!(message.starts_with("Things: Value must be "), "{message}");
        }
        assert_eq!(
            data(nocobase.admin.post("/api/things:update/1", json!({"value": null})).await)[0]["value"],
            json!(null)
        );
    }
}

#[tokio::test]
async fn an_empty_text_is_not_enough_where_a_rule_requires_one() {
    for kind in ["string", "text"] {
        let nocobase = with(kind, json!([{"key": "r", "name": "required", "args": null}])).await;
        nocobase.admin.post("/api/things:create", json!({"value": "a"})).await.expect(200);
        for path in ["/api/things:create", "/api/things:update/1"] {
            for none in [json!(""), json!(null)] {
                nocobase.admin.post(path, json!({"value": none})).await.expect(400);
            }
        }
        assert_eq!(data(nocobase.admin.get("/api/things:get/1").await)["value"], "a");
    }
}

#[tokio::test]
async fn a_pattern_that_cannot_be_followed_is_refused_with_its_field() {
    let nocobase = with("string", json!([{"name": "somebodys own", "args": {}}])).await;
    nocobase.admin.post("/api/things:create", json!({"value": "anything"})).await.expect(200);
    for regex in ["a(?=b)", "(", "(a)\\1"] {
        let validation = json!({"type": "string", "rules": [{"name": "pattern", "args": {"regex": regex}}]});
        let field = json!({"name": "x", "type": "string", "validation": validation});
        nocobase.admin.post("/api/collections/things/fields:create", field).await.expect(400);
        let path = "/api/collections/things/fields:update?filterByTk=value";
        nocobase.admin.post(path, json!({"validation": validation})).await.expect(400);
    }
    // Whatever the pattern, a long text takes no longer than its length.
    let validation = json!({"rules": [{"name": "pattern", "args": {"regex": "^(a+)+$"}}]});
    let path = "/api/collections/things/fields:update?filterByTk=value";
    nocobase.admin.post(path, json!({"validation": validation})).await.expect(200);
    let long = format!("{}b", "a".repeat(200_000));
    nocobase.admin.post("/api/things:create", json!({"value": long})).await.expect(400);
}
