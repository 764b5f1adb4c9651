//! A key's life: issued, changed, rotated, shown, revoked.

use domain::{
    key::{Gone, KeyKind, Owner},
    limit::{RateLimit, Refill},
    limits,
    secret::{Digester, Secret},
    time::{DAY_MS, HOUR_MS},
};
use keys::{Expires, KeyChange, KeyOrder, KeyQuery, KeysError, NewKey, Once, PageRequest, Remaining, Rotate};
use store::OwnerScope;

use crate::world::{NOW, refused, world, world_with};

fn named(name: &str) -> NewKey {
    NewKey { name: Some(name.into()), ..NewKey::default() }
}

#[tokio::test]
async fn a_key_ends_after_90_days_and_only_its_digest_is_kept() {
    let w = world().await;
    let (key, secret) = w.keys.create(&w.as_root().await, named("first")).await.unwrap();
    assert!(secret.expose().starts_with("kw_live_"));
    assert_eq!(key.start.as_deref(), Some(&secret.expose()[..14]));
    assert_eq!(key.expires_at, Some(NOW.plus(90 * DAY_MS)));
    assert_eq!((key.kind, key.owner), (KeyKind::Standard, Owner::User(w.root.id)));
    let stored = w.store.secrets(OwnerScope::All, key.id).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].digest, Digester::default().digest(secret.expose()));
    assert_eq!(w.store.sealed(OwnerScope::All, key.id).await.unwrap(), None);
}

#[tokio::test]
async fn every_part_of_the_contract_arrives() {
    let w = world().await;
    let new = NewKey {
        description: Some("what for\nin two lines".into()),
        role: Some("admin".into()),
        permissions: serde_json::from_str(r#"{"files":["read","write"]}"#).unwrap(),
        scopes: serde_json::from_str(r#"[{"base":"main","categories":{"records":"read"}}]"#).unwrap(),
        hosts: vec!["10.0.0.0/8".into(), "2001:db8::1".into()],
        expires: Expires::In(7 * 86_400),
        enabled: false,
        rate_limit: Some(RateLimit { max: 5, window_ms: 60_000, rule: Default::default(), enabled: true }),
        remaining: Some(100),
        refill: Some(Refill { amount: 100, interval_ms: HOUR_MS, mode: Default::default() }),
        metadata: Some(r#"{"plan":"pro"}"#.into()),
        prefix: Some("shop_test".into()),
        door: Some("default".into()),
        extra: Some("[1]".into()),
        ..named("all of it")
    };
    let root = w.as_root().await;
    let (key, secret) = w.keys.create(&root, new.clone()).await.unwrap();
    assert!(secret.expose().starts_with("kw_shop_test_"));
    let key = w.keys.get(&root, key.id).await.unwrap();
    let admin = w.keys.role(&root, "admin").await.unwrap();
    assert_eq!((key.name, key.description, key.role), (new.name, new.description, Some(admin.id)));
    assert_eq!((key.permissions, key.scopes), (new.permissions, new.scopes));
    assert_eq!(key.hosts.to_strings(), new.hosts);
    assert_eq!(key.expires_at, Some(NOW.plus(7 * DAY_MS)));
    assert_eq!((key.enabled, key.rate_limit), (false, new.rate_limit));
    let quota = key.quota.unwrap();
    assert_eq!((quota.balance.remaining, quota.refill), (100, new.refill));
    assert_eq!((key.metadata, key.extra, key.door), (new.metadata, new.extra, new.door));
    assert_eq!(key.created_by, Some(w.root.id));
}

#[tokio::test]
async fn values_beyond_a_limit_are_refused_by_name_and_nothing_is_written() {
    let w = world().await;
    let root = w.as_root().await;
    let long = "x".repeat(256);
    let rate = |max, window_ms| Some(RateLimit { max, window_ms, rule: Default::default(), enabled: true });
    let refill = |amount| Some(Refill { amount, interval_ms: 1, mode: Default::default() });
    let bad: Vec<(&str, NewKey)> = vec![
        ("name", named("")),
        ("name", named(" \u{2003} ")),
        ("name", named(&long)),
        ("name", named("a\0b")),
        ("description", NewKey { description: Some(long.clone()), ..NewKey::default() }),
        ("allowed_hosts", NewKey { hosts: vec!["localhost".into()], ..NewKey::default() }),
        ("expires_at", NewKey { expires: Expires::At(NOW), ..NewKey::default() }),
        ("expires_in", NewKey { expires: Expires::In(0), ..NewKey::default() }),
        ("expires_in", NewKey { expires: Expires::In(i64::MAX), ..NewKey::default() }),
        ("rate_limit", NewKey { rate_limit: rate(1, 0), ..NewKey::default() }),
        ("rate_limit", NewKey { rate_limit: rate(u32::MAX, 1), ..NewKey::default() }),
        ("remaining", NewKey { remaining: Some(-1), ..NewKey::default() }),
        ("remaining", NewKey { remaining: Some(limits::QUOTA_MAX + 1), ..NewKey::default() }),
        ("refill", NewKey { refill: refill(1), ..NewKey::default() }),
        ("refill", NewKey { remaining: Some(1), refill: refill(0), ..NewKey::default() }),
        ("metadata", NewKey { metadata: Some("{".into()), ..NewKey::default() }),
        ("metadata", NewKey { metadata: Some("[".repeat(65) + &"]".repeat(65)), ..NewKey::default() }),
        ("metadata", NewKey { metadata: Some(format!("\"{}\"", "x".repeat(16_384))), ..NewKey::default() }),
        ("prefix", NewKey { prefix: Some("with blank".into()), ..NewKey::default() }),
        ("prefix", NewKey { prefix: Some("x".repeat(33)), ..NewKey::default() }),
        ("role", NewKey { role: Some("nobody".into()), ..NewKey::default() }),
        (
            "scopes",
            NewKey { scopes: serde_json::from_str(r#"[{"table":"t"}]"#).unwrap(), ..NewKey::default() },
        ),
        (
            "permissions",
            NewKey { permissions: serde_json::from_str(r#"{"":["a"]}"#).unwrap(), ..NewKey::default() },
        ),
    ];
    for (at, (wanted, new)) in bad.into_iter().enumerate() {
        match w.keys.create(&root, new).await {
            Err(KeysError::Invalid { field, .. }) => assert_eq!(field, wanted, "case {at}"),
            other => panic!("case {at} ({wanted}): {other:?}"),
        }
    }
    let many = NewKey {
        hosts: (0..257).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect(),
        ..NewKey::default()
    };
    refused!(w.keys.create(&root, many).await, KeysError::TooMany { .. });
    assert_eq!(w.keys.list(&root, KeyQuery::default()).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_door_makes_secrets_in_its_own_format() {
    let w = world().await;
    let root = w.as_root().await;
    let new = NewKey { prefix: Some("nc-pat-".into()), start_chars: Some(9), ..named("door") };
    let make = |key: &domain::key::Key| Secret::new(format!("nc-pat-{}", key.id));
    let (key, secret) = w.keys.create_with(&root, new.clone(), make).await.unwrap();
    assert_eq!(secret.expose(), format!("nc-pat-{}", key.id));
    assert_eq!(key.start.as_deref(), secret.expose().get(..9));
    // The same text twice would be the same key.
    let twice = w.keys.create_with(&root, new.clone(), |_| secret.clone()).await;
    refused!(twice, KeysError::Conflict { field: "secret" });
    refused!(
        w.keys.create_with(&root, new, |_| Secret::new("kw_oops")).await,
        KeysError::Invalid { field: "key", .. }
    );
}

#[tokio::test]
async fn only_the_named_parts_change() {
    let w = world().await;
    let root = w.as_root().await;
    let new = NewKey { remaining: Some(5), metadata: Some("1".into()), ..named("before") };
    let (key, _) = w.keys.create(&root, new).await.unwrap();
    let change = KeyChange { name: Some(Some("after".into())), metadata: Some(None), ..KeyChange::default() };
    let after = w.keys.update(&root, key.id, change).await.unwrap();
    assert_eq!((after.name.as_deref(), after.metadata.as_deref()), (Some("after"), None));
    assert_eq!((after.expires_at, after.quota, after.hosts), (key.expires_at, key.quota, key.hosts));
    let change = KeyChange { expires: Some(Expires::Never), ..KeyChange::default() };
    assert_eq!(w.keys.update(&root, key.id, change).await.unwrap().expires_at, None);
    assert!(!w.keys.disable(&root, key.id).await.unwrap().enabled);
    assert!(w.keys.enable(&root, key.id).await.unwrap().enabled);
    let change = KeyChange { name: Some(Some("".into())), ..KeyChange::default() };
    refused!(w.keys.update(&root, key.id, change).await, KeysError::Invalid { field: "name", .. });
}

#[tokio::test]
async fn every_change_of_the_balance_is_in_the_ledger() {
    let w = world().await;
    let root = w.as_root().await;
    let (key, _) = w.keys.create(&root, NewKey { remaining: Some(5), ..named("quota") }).await.unwrap();
    let set = |remaining| KeyChange { remaining: Some(remaining), ..KeyChange::default() };
    let after = w.keys.update(&root, key.id, set(Remaining::Set(20))).await.unwrap();
    assert_eq!(after.quota.unwrap().balance.remaining, 20);
    let after = w.keys.update(&root, key.id, set(Remaining::Set(3))).await.unwrap();
    assert_eq!(after.quota.unwrap().balance.remaining, 3);
    let ledger = w.keys.ledger(&root, key.id, 0, 100).await.unwrap();
    assert_eq!(ledger.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [5, 15, -17]);
    assert_eq!(ledger.iter().map(|entry| entry.amount).sum::<i64>(), 3);
    for (add, left) in [(4, 7), (-9, 0)] {
        let after = w.keys.update(&root, key.id, set(Remaining::Add(add))).await.unwrap();
        assert_eq!(after.quota.unwrap().balance.remaining, left);
    }
    let after = w.keys.update(&root, key.id, set(Remaining::Unlimited)).await.unwrap();
    assert_eq!(after.quota, None);
    let refill = Some(Some(Refill { amount: 1, interval_ms: 1, mode: Default::default() }));
    let change = KeyChange { refill, ..KeyChange::default() };
    refused!(w.keys.update(&root, key.id, change).await, KeysError::Invalid { field: "refill", .. });
}

#[tokio::test]
async fn rotation_overlaps_by_default_a_day_shares_the_quota_and_stops_at_three_secrets() {
    let w = world().await;
    let root = w.as_root().await;
    let (key, first) = w.keys.create(&root, NewKey { remaining: Some(5), ..named("r") }).await.unwrap();
    w.clock.advance(1_000);
    let root = w.as_root().await;
    let (after, second) = w.keys.rotate(&root, key.id, Rotate::default()).await.unwrap();
    assert_ne!(first.expose(), second.expose());
    assert_eq!(after.start.as_deref(), Some(&second.expose()[..14]));
    assert_eq!((after.quota, after.expires_at), (key.quota, key.expires_at));
    let ends =
        |secrets: Vec<domain::key::KeySecret>| secrets.iter().map(|s| s.expires_at).collect::<Vec<_>>();
    let live = w.store.secrets(OwnerScope::All, key.id).await.unwrap();
    assert_eq!(ends(live), [None, Some(NOW.plus(1_000 + DAY_MS))]);
    w.clock.advance(1_000);
    let root = w.as_root().await;
    w.keys.rotate(&root, key.id, Rotate { overlap_ms: Some(HOUR_MS) }).await.unwrap();
    refused!(w.keys.rotate(&root, key.id, Rotate::default()).await, KeysError::TooMany { max: 3, .. });
    w.clock.advance(1_000);
    let root = w.as_root().await;
    w.keys.rotate(&root, key.id, Rotate { overlap_ms: Some(0) }).await.unwrap();
    assert_eq!(ends(w.store.secrets(OwnerScope::All, key.id).await.unwrap()), [None]);
    refused!(
        w.keys.rotate(&root, key.id, Rotate { overlap_ms: Some(-1) }).await,
        KeysError::Invalid { field: "overlap_ms", .. }
    );
}

#[tokio::test]
async fn a_revealable_secret_is_shown_again_and_each_time_is_in_the_audit() {
    let w = world().await;
    let root = w.as_root().await;
    let (key, secret) = w.keys.create(&root, NewKey { revealable: true, ..named("r") }).await.unwrap();
    let sealed = w.store.sealed(OwnerScope::All, key.id).await.unwrap().unwrap();
    assert!(!sealed.windows(8).any(|part| secret.expose().as_bytes().windows(8).any(|text| text == part)));
    assert_eq!(w.keys.reveal(&root, key.id).await.unwrap().expose(), secret.expose());
    let (_, second) = w.keys.rotate(&root, key.id, Rotate::default()).await.unwrap();
    assert_eq!(w.keys.reveal(&root, key.id).await.unwrap().expose(), second.expose());
    let query = keys::AuditQuery { action: Some("key.reveal".into()), ..Default::default() };
    let seen = w.keys.audit(&root, query).await.unwrap();
    assert_eq!((seen.total, seen.items[0].target.clone()), (2, format!("key/{}", key.id)));
    let (plain, _) = w.keys.create(&root, named("plain")).await.unwrap();
    refused!(w.keys.reveal(&root, plain.id).await, KeysError::NotAllowed(_));
}

#[tokio::test]
async fn without_a_master_key_nothing_is_revealable() {
    let w = world_with(|options| options.sealer = None).await;
    let new = NewKey { revealable: true, ..named("r") };
    refused!(w.keys.create(&w.as_root().await, new).await, KeysError::Invalid { field: "revealable", .. });
}

#[tokio::test]
async fn a_revoked_key_is_gone_but_its_history_stays() {
    let w = world().await;
    let root = w.as_root().await;
    let (key, _) = w.keys.create(&root, named("r")).await.unwrap();
    w.keys.revoke(&root, key.id).await.unwrap();
    refused!(w.keys.get(&root, key.id).await, KeysError::NotFound);
    refused!(w.keys.revoke(&root, key.id).await, KeysError::NotFound);
    refused!(w.keys.enable(&root, key.id).await, KeysError::NotFound);
    assert!(w.store.secrets(OwnerScope::All, key.id).await.unwrap().is_empty());
    let gone = w.keys.list(&root, KeyQuery { gone: true, ..KeyQuery::default() }).await.unwrap();
    assert_eq!(gone.items[0].gone, Some(Gone::Revoked));
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    let w = world().await;
    for name in ["beta", "alpha", "gamma"] {
        w.keys.create(&w.as_root().await, named(name)).await.unwrap();
        w.clock.advance(10);
    }
    let root = w.as_root().await;
    let names = |page: &keys::Page<domain::key::Key>| {
        page.items.iter().map(|key| key.name.clone().unwrap()).collect::<Vec<_>>()
    };
    let page = PageRequest { limit: 2, ..PageRequest::default() };
    let query = KeyQuery { order: KeyOrder::Name, page, ..KeyQuery::default() };
    let first = w.keys.list(&root, query.clone()).await.unwrap();
    assert_eq!((names(&first), first.total), (vec!["alpha".to_owned(), "beta".into()], 3));
    let page = PageRequest { after: first.next, limit: 2, ..PageRequest::default() };
    let second = w.keys.list(&root, KeyQuery { page, ..query }).await.unwrap();
    assert_eq!((names(&second), second.next), (vec!["gamma".to_owned()], None));
    let query = KeyQuery { name_contains: Some("ALPH".into()), ..KeyQuery::default() };
    assert_eq!(names(&w.keys.list(&root, query).await.unwrap()), ["alpha"]);
    let page = PageRequest { after: Some("nonsense".into()), ..PageRequest::default() };
    let query = KeyQuery { page, ..KeyQuery::default() };
    refused!(w.keys.list(&root, query).await, KeysError::Invalid { field: "after", .. });
}

#[tokio::test]
async fn a_request_repeated_with_its_mark_makes_one_key() {
    let w = world().await;
    let root = w.as_root().await;
    let once = Once { key: "abc".into(), fingerprint: Digester::default().digest("request") };
    assert_eq!(w.keys.earlier(&root, "keys.create", &once).await.unwrap(), None);
    let new = NewKey { once: Some(once.clone()), ..named("once") };
    let (key, _) = w.keys.create(&root, new.clone()).await.unwrap();
    assert_eq!(w.keys.earlier(&root, "keys.create", &once).await.unwrap(), Some(key.id.to_string()));
    refused!(w.keys.create(&root, new).await, KeysError::Conflict { field: "idempotency_key" });
    let other = Once { fingerprint: Digester::default().digest("another"), ..once.clone() };
    refused!(
        w.keys.earlier(&root, "keys.create", &other).await,
        KeysError::Conflict { field: "idempotency_key" }
    );
    let stranger = w.user("eve", &["member"]).await;
    assert_eq!(w.keys.earlier(&w.as_user(&stranger).await, "keys.create", &once).await.unwrap(), None);
}
