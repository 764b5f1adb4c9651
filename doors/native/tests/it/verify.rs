//! Verification: every field of the question and of the answer.

use serde_json::{Value, json};

use crate::world::{ROOT, world};

#[tokio::test]
async fn a_verdict_has_every_field_of_the_contract() {
    let w = world().await;
    let key = w
        .key(json!({
            "name": "a \"quoted\" näme", "permissions": {"files": ["read"]}, "remaining": 9, "metadata": {"n": 1},
            "rate_limit": {"max": 5, "window_ms": 1_000}, "role": "member", "expires_in": null,
        }))
        .await;
    let answer = w.post(ROOT, "/v1/keys/verify", json!({"key": key["key"], "cost": 2})).await;
    let verdict = answer.json();
    assert_eq!(
        verdict,
        json!({
            "valid": true, "reason": null, "decision_id": answer.header("x-decision-id"),
            "as_of": "2027-01-15T08:00:00.000Z",
            "key": {
                "id": key["id"], "name": "a \"quoted\" näme", "type": "standard", "owner": "server", "role": "member",
                "enabled": true, "expires_at": null, "permissions": {"files": ["read"]}, "metadata": {"n": 1},
            },
            "remaining": 7,
            "rate_limit": {"limit": 5, "remaining": 4, "reset_at": "2027-01-15T08:00:01.000Z"},
        })
    );
}

#[tokio::test]
async fn each_way_to_be_refused_has_its_reason_and_costs_nothing() {
    let w = world().await;
    let key = w
        .key(json!({"remaining": 1, "permissions": {"files": ["read"]}, "allowed_hosts": ["192.0.2.0/24"],
            "scopes": [{"base": "main"}]}))
        .await;
    let ask = |more: Value| {
        let mut body = json!({"key": key["key"], "client_ip": "192.0.2.9"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        w.verify(body)
    };
    for (more, reason) in [
        (json!({"key": "kw_live_nonsense"}), "malformed"),
        (json!({"key": ""}), "malformed"),
        (json!({"key": "foreign-secret"}), "unknown"),
        (json!({"client_ip": "198.51.100.1"}), "host"),
        (json!({"permissions": {"files": ["write"]}}), "permissions"),
        (json!({"permissions": {}}), "permissions"),
        (json!({"operation": "record.read", "resource": "nowhere"}), "not_found"),
        (json!({"operation": "record.read", "resource": "main"}), "role"),
        (json!({"cost": 2}), "quota"),
    ] {
        let verdict = ask(more.clone()).await;
        assert_eq!((&verdict["valid"], &verdict["reason"]), (&json!(false), &json!(reason)), "{more}");
    }
    let verdict = ask(json!({"permissions": {"files": ["read"]}, "tags": ["a"]})).await;
    assert_eq!((&verdict["valid"], &verdict["remaining"]), (&json!(true), &json!(0)));
    assert_eq!(ask(json!({"cost": 0})).await["valid"], true);
    assert_eq!(ask(json!({})).await["reason"], "quota");
}

#[tokio::test]
async fn a_key_with_allowed_hosts_is_not_verified_for_an_unknown_address() {
    let w = world().await;
    let key = w.key(json!({"allowed_hosts": ["192.0.2.0/24"]})).await;
    assert_eq!(w.verify(json!({"key": key["key"]})).await["reason"], "host");
    assert_eq!(w.verify(json!({"key": key["key"], "client_ip": "::ffff:192.0.2.9"})).await["valid"], true);
}

#[tokio::test]
async fn a_batch_answers_in_order_and_never_overspends() {
    let w = world().await;
    let key = w.key(json!({"remaining": 2})).await;
    let mut keys = vec![json!({"key": "kw_x"})];
    keys.extend((0..4).map(|_| json!({"key": key["key"]})));
    let answer = w.verify(json!({ "keys": keys })).await;
    let results = answer["results"].as_array().unwrap();
    let valid = results.iter().filter(|r| r["valid"] == true).count();
    assert_eq!((results.len(), &results[0]["reason"], valid), (5, &json!("malformed"), 2));
}

#[tokio::test]
async fn a_question_out_of_range_is_refused_by_field_before_anything_is_spent() {
    let w = world().await;
    let key = w.key(json!({"remaining": 5})).await;
    let secret = &key["key"];
    for (body, field) in [
        (json!({}), "key"),
        (json!({"key": 7}), "key"),
        (json!({"key": secret, "keys": []}), "keys"),
        (json!({"keys": []}), "keys"),
        (json!({"keys": vec![json!({"key": "x"}); 101]}), "keys"),
        (json!({"keys": [{"key": "x"}], "cost": 1}), "keys"),
        (json!({"keys": [{"key": secret}, {"key": "x", "cost": -1}]}), "keys[1].cost"),
        (json!({"keys": [{"key": secret}, {"kee": "x"}]}), "keys[1].kee"),
        (json!({"key": secret, "cost": -1}), "cost"),
        (json!({"key": secret, "cost": 1_000_001}), "cost"),
        (json!({"key": secret, "cost": 1.5}), "cost"),
        (json!({"key": secret, "client_ip": "localhost"}), "client_ip"),
        (json!({"key": secret, "operation": "record.fly"}), "operation"),
        (json!({"key": secret, "resource": "main"}), "resource"),
        (json!({"key": secret, "permissions": ["files"]}), "permissions"),
        (json!({"key": secret, "permissions": {"files": "read"}}), "permissions.files"),
        (json!({"key": secret, "tags": vec!["t"; 11]}), "tags"),
        (json!({"key": secret, "tags": ["t".repeat(129)]}), "tags"),
        (json!({"key": secret, "permission": {}}), "permission"),
    ] {
        let refused = w.post(ROOT, "/v1/keys/verify", body.clone()).await.problem(400, "invalid");
        assert_eq!(refused["errors"][0]["field"], field, "{body}");
        assert!(!refused.to_string().contains(secret.as_str().unwrap()), "an error never repeats a secret");
    }
    let twice = r#"{"key":"x","permissions":{"a":["x"],"a":[]}}"#;
    let ask = w.ask("POST", "/v1/keys/verify").bearer(ROOT).header("content-type", "application/json");
    ask.send(twice).await.problem(400, "invalid");
    assert_eq!(w.verify(json!({"key": secret, "cost": 0})).await["remaining"], 5);
}

#[tokio::test]
async fn escapes_in_a_secret_are_read_as_json_means_them() {
    let w = world().await;
    let key = w.key(json!({})).await;
    let escaped: String =
        key["key"].as_str().unwrap().chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let ask = w.ask("POST", "/v1/keys/verify").bearer(ROOT).header("content-type", "application/json");
    let verdict = ask.send(format!(r#"{{"key":"{escaped}"}}"#)).await.expect(200);
    assert_eq!(verdict["valid"], true);
}
