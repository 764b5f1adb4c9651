//! Verification and purge by root key: the order of steps, what each costs, what it shows.

use serde_json::{Value, json};

use crate::world::{Auth, code, verdict};

const VERIFY: &str = "/api/auth/api-key/verify";

#[tokio::test]
async fn a_good_key_is_answered_with_its_record_as_it_is_now() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"remaining": 3, "permissions": {"files": ["write", "read"]}})).await;
    auth.world.advance(1_500);
    let answer = auth.verify(&key).await;
    assert_eq!((&answer["valid"], &answer["error"]), (&json!(true), &Value::Null));
    let mut want = key.clone();
    let now = "2026-11-22T12:00:01.500Z";
    let map = want.as_object_mut().unwrap();
    map.remove("key");
    map.extend([
        ("remaining".to_owned(), json!(2)),
        ("requestCount".to_owned(), json!(1)),
        ("lastRequest".to_owned(), json!(now)),
        ("updatedAt".to_owned(), json!(now)),
    ]);
    assert_eq!(answer["key"], want);
    let got =
        ada.actor.get(&format!("/api/auth/api-key/get?id={}", key["id"].as_str().unwrap())).await.json();
    assert_eq!(got, want);
}

#[tokio::test]
async fn only_a_root_key_verifies_and_purges_and_it_is_no_session() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({})).await;
    let body = json!({"key": key["key"]});
    let own = auth.nobody().bearer(key["key"].as_str().unwrap());
    for actor in [&auth.nobody(), &ada.actor, &own] {
        assert_eq!(code(&actor.post(VERIFY, body.clone()).await), "401 UNAUTHORIZED");
        assert_eq!(
            code(&actor.post("/api/auth/api-key/delete-all-expired-api-keys", json!({})).await),
            "401 UNAUTHORIZED"
        );
    }
    assert_eq!(own.get("/api/auth/get-session").await.json(), Value::Null);
    assert_eq!(auth.server().get("/api/auth/get-session").await.json(), Value::Null);
    assert_eq!(code(&auth.server().get("/api/auth/api-key/list").await), "401 UNAUTHORIZED");
    assert_eq!(code(&auth.server().post(VERIFY, json!({})).await), "400 VALIDATION_ERROR");
    assert_eq!(
        code(&auth.server().post(VERIFY, json!({"key": "x", "permissions": []})).await),
        "400 VALIDATION_ERROR"
    );
}

#[tokio::test]
async fn the_first_failing_step_decides_and_a_refusal_costs_nothing() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key =
        auth.key(&ada, json!({"remaining": 2, "permissions": {"files": ["read"]}, "rateLimitMax": 1})).await;
    let with = async |more: Value| verdict(&auth.verify_with(&key, more).await).to_owned();
    assert_eq!(
        auth.verify(&json!({"key": "nonsense"})).await["error"],
        json!({"message": "Invalid API key.", "code": "INVALID_API_KEY"})
    );
    assert_eq!(verdict(&auth.verify(&json!({"key": ""})).await), "INVALID_API_KEY");
    assert_eq!(with(json!({"configId": "public"})).await, "INVALID_API_KEY");
    assert_eq!(with(json!({"configId": "nonsense"})).await, "INVALID_API_KEY");
    for wanted in
        [json!({}), json!({"files": []}), json!({"files": ["write"]}), json!({"files": ["read"], "a": ["b"]})]
    {
        let answer = auth.verify_with(&key, json!({"permissions": wanted})).await;
        assert_eq!(answer["error"], json!({"message": "API Key not found", "code": "KEY_NOT_FOUND"}));
    }
    assert_eq!(with(json!({"permissions": {"files": ["read"]}, "configId": "default"})).await, "ok");
    let limited = auth.verify(&key).await;
    assert_eq!(
        limited["error"],
        json!({"message": "Rate limit exceeded.", "code": "RATE_LIMITED", "details": {"tryAgainIn": 86_400_000}})
    );
    let got =
        ada.actor.get(&format!("/api/auth/api-key/get?id={}", key["id"].as_str().unwrap())).await.json();
    assert_eq!((&got["remaining"], &got["requestCount"]), (&json!(1), &json!(1)), "both or neither");
    let disable = json!({"keyId": key["id"], "enabled": false});
    ada.actor.post("/api/auth/api-key/update", disable).await.expect(200);
    assert_eq!(with(json!({"configId": "public"})).await, "INVALID_API_KEY");
    assert_eq!(with(json!({"permissions": {"files": ["write"]}})).await, "KEY_DISABLED");
}

#[tokio::test]
async fn an_expired_key_is_refused_once_as_expired_and_then_unknown() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"configId": "short", "expiresIn": 1.5})).await;
    auth.world.advance(1_499);
    assert_eq!(verdict(&auth.verify(&key).await), "ok");
    auth.world.advance(2);
    assert_eq!(verdict(&auth.verify(&key).await), "KEY_EXPIRED");
    assert_eq!(verdict(&auth.verify(&key).await), "INVALID_API_KEY");
}

#[tokio::test]
async fn a_spent_key_without_refill_is_refused_once_as_spent_and_then_unknown() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"remaining": 1})).await;
    assert_eq!(auth.verify(&key).await["key"]["remaining"], 0);
    assert_eq!(verdict(&auth.verify(&key).await), "USAGE_EXCEEDED");
    assert_eq!(verdict(&auth.verify(&key).await), "INVALID_API_KEY");
    let get = format!("/api/auth/api-key/get?id={}", key["id"].as_str().unwrap());
    assert_eq!(code(&ada.actor.get(&get).await), "404 KEY_NOT_FOUND");
    let born_spent = auth.key(&ada, json!({"remaining": 0})).await;
    assert_eq!(verdict(&auth.verify(&born_spent).await), "USAGE_EXCEEDED");
}

#[tokio::test]
async fn a_refill_sets_the_balance_strictly_after_its_interval() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth
        .key(
            &ada,
            json!({"remaining": 1, "refillAmount": 3, "refillInterval": 1_000, "rateLimitEnabled": false}),
        )
        .await;
    assert_eq!(auth.verify(&key).await["key"]["lastRefillAt"], Value::Null);
    auth.world.advance(1_000);
    assert_eq!(verdict(&auth.verify(&key).await), "USAGE_EXCEEDED");
    auth.world.advance(1);
    let refilled = auth.verify(&key).await["key"].clone();
    assert_eq!(
        (&refilled["remaining"], &refilled["lastRefillAt"]),
        (&json!(2), &json!("2026-11-22T12:00:01.001Z"))
    );
    auth.world.advance(10_000);
    assert_eq!(
        auth.verify(&key).await["key"]["remaining"],
        2,
        "what was left is lost, missed intervals do not add up"
    );
}

#[tokio::test]
async fn the_window_is_measured_from_the_last_accepted_use() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"rateLimitMax": 2, "rateLimitTimeWindow": 1_000})).await;
    let mut outcomes = Vec::new();
    for wait in [0, 900, 900, 99, 2, 1] {
        auth.world.advance(wait);
        let answer = auth.verify(&key).await;
        outcomes.push(match verdict(&answer) {
            "RATE_LIMITED" => format!("{}", answer["error"]["details"]["tryAgainIn"]),
            other => other.to_owned(),
        });
    }
    assert_eq!(outcomes, ["ok", "ok", "100", "1", "ok", "ok"]);
}

#[tokio::test]
async fn where_the_window_is_off_uses_are_stamped_and_not_counted() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    for body in [
        json!({"configId": "short"}),
        json!({"rateLimitEnabled": false}),
        json!({"configId": "short", "rateLimitEnabled": true}),
    ] {
        let key = auth.key(&ada, body).await;
        for _ in 0..20 {
            assert_eq!(verdict(&auth.verify(&key).await), "ok");
        }
        let shown = auth.verify(&key).await["key"].clone();
        assert_eq!(
            (&shown["requestCount"], &shown["lastRequest"]),
            (&json!(0), &json!("2026-11-22T12:00:00.000Z"))
        );
    }
}

#[tokio::test]
async fn a_purge_takes_what_has_expired_and_nothing_else() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let dying = auth.key(&ada, json!({"configId": "short", "expiresIn": 1})).await;
    let living = auth.key(&ada, json!({"configId": "short", "expiresIn": 60})).await;
    let native = auth.world.key(|key| key.expires_at = Some(domain::Millis(auth.world.now().0 + 1))).await;
    auth.world.advance(1_001);
    let purged = auth.server().post("/api/auth/api-key/delete-all-expired-api-keys", json!({})).await;
    assert_eq!(purged.expect(200).json(), json!({"success": true, "error": null}));
    assert_eq!(verdict(&auth.verify(&dying).await), "INVALID_API_KEY");
    assert_eq!(verdict(&auth.verify(&living).await), "ok");
    assert!(auth.world.guard.key(native.id).is_some(), "keys of other doors stay");
}

#[tokio::test]
async fn keys_of_people_who_are_switched_off_do_not_verify() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({})).await;
    auth.switch_off(&ada).await;
    assert_eq!(verdict(&auth.verify(&key).await), "INVALID_API_KEY");
}
