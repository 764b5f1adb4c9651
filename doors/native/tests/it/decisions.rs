//! Every refusal says why; a dry run changes nothing.

use serde_json::{Value, json};

use crate::world::{ROOT, world};

#[tokio::test]
async fn a_refusal_can_be_looked_up_by_the_id_in_its_header() {
    let w = world().await;
    let key = w.key(json!({"scopes": [{"operations": ["key.verify"]}], "type": "root"})).await;
    let refused = w.get(key["key"].as_str().unwrap(), "/v1/users").await;
    let body = refused.problem(403, "level");
    assert_eq!(body["decision_id"], refused.header("x-decision-id"));
    let told = w.get(ROOT, &format!("/v1/decisions/{}", refused.header("x-decision-id"))).await.expect(200);
    assert_eq!(
        (&told["outcome"], &told["reason"], &told["operation"]),
        (&json!("deny"), &json!("level"), &json!("user.manage"))
    );
    assert_eq!(told["key_id"], key["id"]);
    let failed: Vec<&Value> =
        told["trace"].as_array().unwrap().iter().filter(|s| s["outcome"] == "failed").collect();
    assert_eq!(failed, [&json!({"gate": "level", "outcome": "failed"})]);
    w.get(ROOT, "/v1/decisions/0193a1c2-3d4e-7f50-8a6b-0c1d2e3f4a5b").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_dry_run_explains_suggests_and_spends_nothing() {
    let w = world().await;
    let key = w.key(json!({"remaining": 1, "rate_limit": {"max": 1, "window_ms": 1000}})).await;
    let path = format!("/v1/keys/{}", key["id"].as_str().unwrap());
    w.patch(ROOT, &path, json!({"enabled": false})).await.expect(200);
    for subject in [json!({"key": key["key"]}), json!({"key_id": key["id"]})] {
        let told = w.post(ROOT, "/v1/decisions", subject).await.expect(200);
        assert_eq!(
            (&told["outcome"], &told["allowed"], &told["reason"]),
            (&json!("deny"), &json!(false), &json!("disabled"))
        );
        assert_eq!(told["suggestions"][0]["change"], "enable");
        assert_eq!(told["key_id"], key["id"]);
    }
    w.patch(ROOT, &path, json!({"enabled": true})).await.expect(200);
    for _ in 0..3 {
        let told = w.post(ROOT, "/v1/decisions", json!({"key_id": key["id"]})).await.expect(200);
        assert_eq!(told["outcome"], "allow");
    }
    assert_eq!(w.verify(json!({"key": key["key"]})).await["remaining"], 0);
}

#[tokio::test]
async fn a_dry_run_asks_for_the_time_and_the_address_it_is_told() {
    let w = world().await;
    let key = w.key(json!({"expires_in": 60, "allowed_hosts": ["192.0.2.1"]})).await;
    let ask = async |ip: &str, time: &str| {
        let body = json!({"key_id": key["id"], "client_ip": ip, "time": time});
        w.post(ROOT, "/v1/decisions", body).await.expect(200)["reason"].clone()
    };
    assert_eq!(ask("192.0.2.1", "2027-01-15T08:00:30Z").await, Value::Null);
    assert_eq!(ask("192.0.2.1", "2027-01-15T08:01:30Z").await, "expired");
    assert_eq!(ask("192.0.2.2", "2027-01-15T08:00:30Z").await, "host");
    for bad in [
        json!({}),
        json!({"key": "a", "key_id": key["id"]}),
        json!({"key_id": "x"}),
        json!({"key": "a", "time": "soon"}),
    ] {
        w.post(ROOT, "/v1/decisions", bad).await.problem(400, "invalid");
    }
}

#[tokio::test]
async fn only_operators_are_told_what_would_have_helped() {
    let w = world().await;
    let ada = w.session("ada", json!(["key.manage", "key.verify"])).await;
    let foreign = w.key(json!({"enabled": false})).await;
    let told = w.post(&ada, "/v1/decisions", json!({"key": foreign["key"]})).await.expect(200);
    assert_eq!((&told["reason"], told.get("suggestions")), (&json!("disabled"), None));
    w.post(&ada, "/v1/decisions", json!({"key_id": foreign["id"]})).await.problem(404, "not_found");
    w.get(&ada, "/v1/decisions/0193a1c2-3d4e-7f50-8a6b-0c1d2e3f4a5b").await.problem(403, "role");
}
