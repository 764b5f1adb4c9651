//! A store that fails: what was asked for has not happened, is not said to have happened, and kills no key.

use std::path::Path;

use serde_json::json;

use crate::world::{Auth, code, verdict};

/// From now on no key of the database in this folder can be changed, and no quota taken: every write to them fails.
pub fn break_keys(folder: &Path) {
    let broken = ["keys", "quotas"].map(|table| {
        format!(
            "CREATE TRIGGER no_update_{table} BEFORE UPDATE ON {table} BEGIN SELECT no_such_function(); END;"
        )
    });
    test_world::write_foreign(&folder.join("keyward.db"), &broken.concat());
}

fn mend_keys(folder: &Path) {
    let mended = ["keys", "quotas"].map(|table| format!("DROP TRIGGER no_update_{table};"));
    test_world::write_foreign(&folder.join("keyward.db"), &mended.concat());
}

#[tokio::test]
async fn a_key_that_could_not_be_changed_is_as_it_was_and_the_client_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let auth = Auth::on_disk(folder.path()).await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"name": "before"})).await;
    break_keys(folder.path());
    let change = json!({"keyId": key["id"], "name": "after"});
    let refused = ada.actor.post("/api/auth/api-key/update", change.clone()).await.expect(500).json();
    assert_eq!(refused, json!({"message": "Failed to update API key", "code": "FAILED_TO_UPDATE_API_KEY"}));
    let path = format!("/api/auth/api-key/get?id={}", key["id"].as_str().unwrap());
    assert_eq!(ada.actor.get(&path).await.expect(200).json()["name"], "before");
    assert_eq!(verdict(&auth.verify(&key).await), "ok", "what needs no write goes on");
    mend_keys(folder.path());
    assert_eq!(ada.actor.post("/api/auth/api-key/update", change).await.expect(200).json()["name"], "after");
}

#[tokio::test]
async fn a_quota_that_could_not_be_counted_grants_nothing_is_not_said_to_be_used_up_and_buries_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let auth = Auth::on_disk(folder.path()).await;
    let ada = auth.person("ada").await;
    let plain = auth.key(&ada, json!({"remaining": 2})).await;
    let refilled = json!({"remaining": 2, "refillAmount": 1, "refillInterval": 60_000});
    let refilled = auth.key(&ada, refilled).await;
    // Nothing left, and a refill that is due: only the ledger could have granted it.
    let due = json!({"remaining": 0, "refillAmount": 1, "refillInterval": 1_000});
    let due = auth.key(&ada, due).await;
    let spent = json!({"remaining": 0, "refillAmount": 1, "refillInterval": 60_000});
    let spent = auth.key(&ada, spent).await;
    auth.world.advance(1_001);
    break_keys(folder.path());
    assert_eq!(verdict(&auth.verify(&spent).await), "USAGE_EXCEEDED", "that much is known");
    for key in [&plain, &refilled, &due] {
        assert_eq!(verdict(&auth.verify(key).await), "FAILED_TO_UPDATE_API_KEY");
        let actor = auth.nobody().header("x-api-key", key["key"].as_str().unwrap());
        assert_eq!(code(&actor.get("/api/auth/ok").await), "500 FAILED_TO_UPDATE_API_KEY");
    }
    mend_keys(folder.path());
    assert_eq!(verdict(&auth.verify(&due).await), "ok");
    for key in [&plain, &refilled] {
        let said = [(); 3].map(|()| auth.verify(key));
        let mut verdicts = Vec::new();
        for answer in said {
            verdicts.push(verdict(&answer.await).to_owned());
        }
        assert_eq!(verdicts, ["ok", "ok", "USAGE_EXCEEDED"], "all it had is left");
    }
}

#[tokio::test]
async fn what_was_done_is_said_to_be_done_even_if_clearing_away_by_the_way_fails() {
    let folder = tempfile::tempdir().unwrap();
    let auth = Auth::on_disk(folder.path()).await;
    let ada = auth.person("ada").await;
    auth.key(&ada, json!({"configId": "short", "expiresIn": 1})).await;
    auth.world.advance(20_000);
    break_keys(folder.path());
    let made = ada.actor.post("/api/auth/api-key/create", json!({})).await.expect(200).json();
    assert_eq!(verdict(&auth.verify(&made).await), "ok", "its text is known to its owner");
}
