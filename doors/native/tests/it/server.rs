//! Usage, audit, addresses, health.

use serde_json::json;

use crate::world::{ROOT, world};

#[tokio::test]
async fn usage_is_counted_per_operation_and_outcome() {
    let w = world().await;
    let key = w.key(json!({"remaining": 2})).await;
    for _ in 0..3 {
        w.verify(json!({"key": key["key"]})).await;
    }
    w.guard.flush().await.unwrap();
    let usage = w.get(ROOT, &format!("/v1/usage?key={}", key["id"].as_str().unwrap())).await.expect(200);
    let mut counts: Vec<_> = usage["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (u["outcome"].to_string(), u["count"].as_u64()))
        .collect();
    counts.sort();
    assert_eq!(counts, [("\"allow\"".to_owned(), Some(2)), ("\"quota\"".to_owned(), Some(1))]);
    for bad in
        ["grain=week", "from=yesterday", "key=x", "form=2027-01-01T00:00:00Z", "from=1970-01-01T00:00:00Z"]
    {
        w.get(ROOT, &format!("/v1/usage?{bad}")).await.problem(400, "invalid");
    }
}

#[tokio::test]
async fn every_change_is_in_the_audit_and_no_secret_is() {
    let w = world().await;
    let key = w.key(json!({"name": "audited"})).await;
    let target = format!("key/{}", key["id"].as_str().unwrap());
    w.delete(ROOT, &format!("/v1/keys/{}", key["id"].as_str().unwrap())).await.expect(204);
    let audit = w.get(ROOT, &format!("/v1/audit?target={target}")).await;
    assert!(!audit.text.contains(key["key"].as_str().unwrap()));
    let audit = audit.expect(200);
    let actions: Vec<_> = audit["items"].as_array().unwrap().iter().map(|e| e["action"].clone()).collect();
    assert_eq!(actions, ["key.revoke", "key.create"], "newest first");
    assert_eq!(audit["items"][0]["actor"]["ip"], "192.0.2.1");
    assert_eq!(w.get(ROOT, "/v1/audit?action=key&limit=1").await.expect(200)["total"], 2);
}

#[tokio::test]
async fn bases_are_listed_for_who_may_see_them() {
    let w = world().await;
    let bases = w.get(ROOT, "/v1/bases").await.expect(200);
    assert_eq!(bases["items"][0]["name"], "main");
    let ada = w.session("ada", json!(["key.verify"])).await;
    assert_eq!(w.get(&ada, "/v1/bases").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn health_and_addresses_need_no_credential() {
    let w = world().await;
    for path in ["/v1/health", "/v1/ready", "/v1/endpoints", "/v1/openapi.json"] {
        assert_eq!(w.ask("GET", path).send("").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_method_are_problems_too() {
    let w = world().await;
    w.get(ROOT, "/v1/kyes").await.problem(404, "no_such_address");
    w.get(ROOT, "/v1").await.problem(404, "no_such_address");
    let wrong = w.ask("PUT", "/v1/keys").bearer(ROOT).send("").await;
    wrong.problem(405, "method_not_allowed");
    assert!(wrong.header("allow").contains("POST"), "{:?}", wrong.headers);
}
