//! Many at once. One process is one ledger, so however many connections there are, this is what they share.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::world::{Auth, verdict};

const VERIFY: &str = "/api/auth/api-key/verify";

async fn all_at_once(auth: &Auth, key: &Value, times: usize) -> Vec<Value> {
    let body = json!({"key": key["key"]});
    let tasks: Vec<_> = (0..times)
        .map(|_| {
            let (server, body) = (auth.server(), body.clone());
            tokio::spawn(async move { server.post(VERIFY, body).await.expect(200).json() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn granted(answers: &[Value]) -> usize {
    answers.iter().filter(|answer| verdict(answer) == "ok").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_at_once_spend_ten_uses_exactly() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"remaining": 10, "rateLimitEnabled": false})).await;
    let answers = all_at_once(&auth, &key, 100).await;
    assert_eq!(granted(&answers), 10);
    let mut left: Vec<i64> =
        answers.iter().filter_map(|answer| answer["key"]["remaining"].as_i64()).collect();
    left.sort_unstable();
    assert_eq!(left, (0..10).collect::<Vec<i64>>());
    assert!(answers.iter().all(|a| matches!(verdict(a), "ok" | "USAGE_EXCEEDED" | "INVALID_API_KEY")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_at_once_pass_a_window_of_ten_exactly_and_only_those_pay() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"remaining": 50, "rateLimitMax": 10})).await;
    assert_eq!(granted(&all_at_once(&auth, &key, 100).await), 10);
    let got =
        ada.actor.get(&format!("/api/auth/api-key/get?id={}", key["id"].as_str().unwrap())).await.json();
    assert_eq!((&got["remaining"], &got["requestCount"]), (&json!(40), &json!(10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refill_that_is_due_is_granted_once() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let body =
        json!({"remaining": 0, "refillAmount": 10, "refillInterval": 1_000, "rateLimitEnabled": false});
    let key = auth.key(&ada, body).await;
    assert_eq!(verdict(&auth.verify(&key).await), "USAGE_EXCEEDED");
    auth.world.advance(1_001);
    assert_eq!(granted(&all_at_once(&auth, &key, 100).await), 10);
    assert_eq!(verdict(&auth.verify(&key).await), "USAGE_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_made_during_verifications_is_never_overwritten() {
    let auth = Arc::new(Auth::new().await);
    let ada = auth.person("ada").await;
    for _ in 0..10 {
        let key = auth.key(&ada, json!({"remaining": 1_000, "rateLimitEnabled": false})).await;
        let busy = {
            let (auth, key) = (auth.clone(), key.clone());
            tokio::spawn(async move { all_at_once(&auth, &key, 50).await })
        };
        let body = json!({"keyId": key["id"], "enabled": false});
        ada.actor.post("/api/auth/api-key/update", body).await.expect(200);
        assert_eq!(verdict(&auth.verify(&key).await), "KEY_DISABLED", "from the answer on");
        busy.await.unwrap();
        let got =
            ada.actor.get(&format!("/api/auth/api-key/get?id={}", key["id"].as_str().unwrap())).await.json();
        assert_eq!(got["enabled"], false);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_top_up_during_the_last_refusal_is_not_buried() {
    let auth = Arc::new(Auth::new().await);
    let ada = auth.person("ada").await;
    for _ in 0..20 {
        let key = auth.key(&ada, json!({"remaining": 1, "rateLimitEnabled": false})).await;
        assert_eq!(verdict(&auth.verify(&key).await), "ok");
        let refused = {
            let (auth, key) = (auth.clone(), key.clone());
            tokio::spawn(async move { auth.verify(&key).await })
        };
        let body = json!({"keyId": key["id"], "userId": ada.id, "remaining": 5});
        let topped_up = auth.server().post("/api/auth/api-key/update", body).await.code() == 200;
        refused.await.unwrap();
        let want = if topped_up { "ok" } else { "INVALID_API_KEY" };
        assert_eq!(verdict(&auth.verify(&key).await), want);
    }
}
