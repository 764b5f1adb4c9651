//! What is remembered about use and change.

use domain::usage::{Grain, UsageRow};
use keys::{AuditQuery, KeysError, NewKey, UsageQuery};

use crate::world::{NOW, everywhere, refused, world};

#[tokio::test]
async fn usage_is_told_by_key_and_time_to_who_may_see_the_key() {
    let w = world().await;
    w.role("keeper", everywhere(&["key.manage"])).await;
    let ada = w.user("ada", &["keeper"]).await;
    let (key, _) = w.keys.create(&w.as_user(&ada).await, NewKey::default()).await.unwrap();
    let (other, _) = w.keys.create(&w.as_root().await, NewKey::default()).await.unwrap();
    let row = |key, at, outcome, count| UsageRow {
        key,
        grain: Grain::Minute,
        bucket: Grain::Minute.floor(at),
        operation: "record.read",
        outcome,
        count,
    };
    let later = NOW.plus(3_600_000);
    let rows =
        vec![row(key.id, NOW, "allow", 3), row(key.id, later, "rate", 1), row(other.id, NOW, "allow", 7)];
    w.store.add_usage(rows).await.unwrap();
    let ask = |key| UsageQuery { key, grain: Grain::Minute, from: NOW, to: later };
    let counts = |rows: Vec<keys::UsageCount>| rows.iter().map(|row| row.count).collect::<Vec<_>>();
    let ada = w.as_user(&ada).await;
    assert_eq!(counts(w.keys.usage(&ada, ask(Some(key.id))).await.unwrap()), [3]);
    assert_eq!(counts(w.keys.usage(&ada, ask(None)).await.unwrap()), [3]);
    let mut all = counts(w.keys.usage(&w.as_root().await, ask(None)).await.unwrap());
    all.sort_unstable();
    assert_eq!(all, [3, 7]);
    let backwards = UsageQuery { to: NOW, ..ask(None) };
    refused!(w.keys.usage(&ada, backwards).await, KeysError::Invalid { field: "to", .. });
}

#[tokio::test]
async fn every_change_is_in_the_audit_with_who_did_it() {
    let w = world().await;
    let root = w.as_root().await;
    let (key, _) = w.keys.create(&root, NewKey::default()).await.unwrap();
    w.keys.disable(&root, key.id).await.unwrap();
    w.keys.revoke(&root, key.id).await.unwrap();
    let query = AuditQuery { target: Some(format!("key/{}", key.id)), ..AuditQuery::default() };
    let events = w.keys.audit(&root, query).await.unwrap().items;
    let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["key.revoke", "key.update", "key.create"]);
    assert!(events.iter().all(|event| event.actor.user == Some(w.root.id)));
    assert_eq!(events[0].actor.ip.as_deref(), Some("192.0.2.1"));
}

#[tokio::test]
async fn who_may_not_read_the_audit_sees_only_their_own_doings() {
    let w = world().await;
    w.role("keeper", everywhere(&["key.manage"])).await;
    let ada = w.user("ada", &["keeper"]).await;
    let session = w.as_user(&ada).await;
    w.keys.create(&session, NewKey::default()).await.unwrap();
    let seen = w.keys.audit(&session, AuditQuery::default()).await.unwrap().items;
    assert!(!seen.is_empty() && seen.iter().all(|event| event.actor.user == Some(ada.id)));
    let others = AuditQuery { user: Some(w.root.id), ..AuditQuery::default() };
    assert_eq!(w.keys.audit(&session, others).await.unwrap().total, 0);
}
