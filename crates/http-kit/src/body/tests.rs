//! Every refusal names its field, repeats no value, and comes before anything is kept.

use axum::http::header::CONTENT_TYPE;
use domain::limits;

use super::*;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by serde")]
struct Sample {
    name: String,
    enabled: Option<bool>,
    rate_limit: Option<Rate>,
    list: Option<Vec<Object<Rate>>>,
    kind: Option<domain::key::KeyKind>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by serde")]
struct Rate {
    max: u32,
}

fn refusal(text: &str) -> String {
    parse::<Sample>(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn every_wrong_field_is_named_and_no_value_is_repeated() {
    for (text, want) in [
        (r#"{"name":"a","enabld":true}"#, "enabld: unknown field; did you mean `enabled`?"),
        (r#"{"name":"a","x":1}"#, "x: unknown field; known are: name, enabled, rate_limit, list, kind"),
        (r#"{}"#, "name: is required"),
        (r#"{"name":7}"#, "name: must be a string, not a whole number"),
        (
            r#"{"name":"a","rate_limit":{"max":"kw_secret"}}"#,
            "rate_limit.max: must be a whole number, not a text",
        ),
        (r#"{"name":"a","rate_limit":{"max":-1}}"#, "rate_limit.max: must be a whole number"),
        (r#"{"name":"a","rate_limit":{"mux":1}}"#, "rate_limit.mux: unknown field; did you mean `max`?"),
        (r#"{"name":"a","rate_limit":{}}"#, "rate_limit.max: is required"),
        (r#"{"name":"a","list":[{"max":1},{"max":null}]}"#, "list[1].max: must be a whole number, not null"),
        (r#"{"name":"a","kind":"royal"}"#, "kind: must be one of standard, administration, legacy, root"),
        (r#"{"name":"a","kind":1}"#, "kind: is of the wrong type"),
        (r#"{"name":"a","name":"b"}"#, "name: is given twice"),
        (r#"{"name":"a\u0000b"}"#, ": null characters are not allowed in texts"),
        (r#"{"name":"a","list":[[1]]}"#, "list[0]: must be an object, not a list"),
        (r#"[]"#, ": must be an object"),
    ] {
        assert_eq!(refusal(text), want, "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused_before_any_shape() {
    assert_eq!(parse::<Sample>(b" \n").unwrap_err(), BodyError::Empty);
    for text in ["{", "{\"name\":\"a\"} x", "nul", "{\"name\":\"\u{1}\"}", "{\"name\":1e999}", "{'a':1}"] {
        assert!(matches!(parse::<Sample>(text.as_bytes()), Err(BodyError::Syntax(_))), "{text}");
    }
    assert!(matches!(parse::<Sample>(b"{\"name\":\"\xff\"}"), Err(BodyError::Syntax(_))));
    let deep = "[".repeat(limits::JSON_DEPTH_MAX + 1);
    assert!(matches!(parse::<Sample>(deep.as_bytes()), Err(BodyError::TooDeep { .. })));
    let bomb = "{\"a\":".repeat(100_000);
    assert!(matches!(parse::<Sample>(bomb.as_bytes()), Err(BodyError::TooDeep { .. })));
}

#[tokio::test]
async fn a_body_is_given_up_as_soon_as_it_is_too_long() {
    assert_eq!(read(Body::from("12345"), 5).await.unwrap(), "12345");
    assert_eq!(read(Body::from("123456"), 5).await, Err(BodyError::TooLarge { max_bytes: 5 }));
    assert_eq!(read(Body::empty(), 5).await.unwrap(), "");
}

#[test]
fn only_json_content_types_are_json() {
    for (value, json) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/merge-patch+json", true),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("application/jsonx", false),
    ] {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
        assert_eq!(says_json(&headers), json, "{value}");
    }
    assert!(!says_json(&HeaderMap::new()));
}
