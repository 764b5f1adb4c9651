//! What `QUIRKS.md` promises to copy or to leave out, where no other test shows it.

use serde_json::{Value, json};

use crate::world::{Auth, verdict};

#[tokio::test]
async fn members_named_constructor_are_plain_data_and_dates_in_metadata_stay_as_they_were() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let metadata = json!({"constructor": 1, "__proto__": {"a": 2}, "day": "2026-01-01T00:00:00Z"});
    let made =
        ada.actor.post("/api/auth/api-key/create", json!({"metadata": metadata})).await.expect(200).json();
    let got =
        ada.actor.get(&format!("/api/auth/api-key/get?id={}", made["id"].as_str().unwrap())).await.json();
    assert_eq!(got["metadata"], metadata);
    assert_eq!(auth.verify(&made).await["key"]["metadata"], metadata);
}

#[tokio::test]
async fn an_empty_name_is_kept_and_a_blank_one_too() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let made = ada.actor.post("/api/auth/api-key/create", json!({"name": ""})).await.expect(200).json();
    assert_eq!(made["name"], "");
    let body = json!({"keyId": made["id"], "name": " "});
    let changed = ada.actor.post("/api/auth/api-key/update", body).await.expect(200).json();
    assert_eq!(changed["name"], " ");
    let body = json!({"keyId": made["id"], "name": "real"});
    assert_eq!(ada.actor.post("/api/auth/api-key/update", body).await.expect(200).json()["name"], "real");
}

#[tokio::test]
async fn falsy_metadata_is_echoed_once_and_stored_as_none() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let made = ada.actor.post("/api/auth/api-key/create", json!({"metadata": 0})).await.expect(200).json();
    assert_eq!(made["metadata"], 0);
    let got =
        ada.actor.get(&format!("/api/auth/api-key/get?id={}", made["id"].as_str().unwrap())).await.json();
    assert_eq!(got["metadata"], Value::Null);
}

#[tokio::test]
async fn a_window_of_no_requests_still_lets_the_first_one_pass() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"rateLimitMax": 0})).await;
    assert_eq!(verdict(&auth.verify(&key).await), "ok");
    assert_eq!(verdict(&auth.verify(&key).await), "RATE_LIMITED");
}

#[tokio::test]
async fn a_configuration_can_have_a_fixed_window() {
    let fixed = r#"[{"rateLimit":{"maxRequests":2,"timeWindow":1000,"rule":"fixed"}}]"#;
    let auth =
        Auth::with(|s| s.configurations = door_better_auth::Configurations::parse(fixed).unwrap()).await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({})).await;
    let mut outcomes = Vec::new();
    for wait in [0, 900, 99, 1] {
        auth.world.advance(wait);
        outcomes.push(verdict(&auth.verify(&key).await).to_owned());
    }
    assert_eq!(outcomes, ["ok", "ok", "RATE_LIMITED", "ok"]);
}

#[tokio::test]
async fn a_rate_limited_call_costs_no_use() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"remaining": 5, "rateLimitMax": 1})).await;
    assert_eq!(auth.verify(&key).await["key"]["remaining"], 4);
    assert_eq!(verdict(&auth.verify(&key).await), "RATE_LIMITED");
    auth.world.advance(86_400_001);
    assert_eq!(auth.verify(&key).await["key"]["remaining"], 3);
}

#[test]
fn every_test_that_quirks_and_proof_name_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    let others =
        ["../../crates/keyward/src/config", "../../crates/keyward/tests/it", "../../crates/keys/src/session"];
    for folder in ["src", "src/auth", "src/keys", "src/import", "tests/it"].into_iter().chain(others) {
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            sources.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap_or_default());
        }
    }
    // Tests of the real client are named by their file.
    let clients = root.join("../../clients/better-auth/test");
    for document in ["QUIRKS.md", "PROOF.md"] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        let named: Vec<&str> =
            text.split('`').skip(1).step_by(2).filter(|text| text.contains("::")).collect();
        assert!(named.len() > 20, "{document}: {}", named.len());
        for name in text.split('`').filter_map(|text| text.strip_prefix("client:")) {
            assert!(name == "<file>" || clients.join(name).is_file(), "{document} names {name}");
        }
        for name in named.iter().filter_map(|text| text.rsplit("::").next()).filter(|name| *name != "…") {
            assert!(sources.contains(&format!("fn {name}()")), "{document} names {name}");
        }
    }
}
