//! Keys: what is stored comes back, patches touch only what they name, changes are told before they are answered.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    Millis, RoleId,
    access::{Op, Scope, Scopes},
    host::AllowedHosts,
    key::{Gone, KeyKind, Owner, Permissions},
    limit::{RateLimit, WindowRule},
};
use store::{
    Change, Idempotency, KeyList, KeyPatch, KeySort, KeyTouch, LiveKey, OwnerScope, Rotation, StoreError,
};

use crate::world::{T0, World, both, by};

const ALL: OwnerScope = OwnerScope::All;

#[tokio::test]
async fn a_key_comes_back_as_it_was_given() {
    for world in both() {
        let mut new = world.new_key("everything");
        let role = RoleId::new(world.now(), world.entropy.as_ref());
        new.key.kind = KeyKind::Administration;
        new.key.role = Some(role);
        new.key.description = Some("ключ".to_owned());
        let mut permissions = Permissions::default();
        permissions.0.entry("files".to_owned()).or_default().insert("read".to_owned());
        new.key.permissions = Some(permissions);
        new.key.scopes =
            Some(Scopes(vec![Scope { operations: Some(vec![Op::RecordCreate]), ..Scope::default() }]));
        new.key.hosts = AllowedHosts::parse(["10.0.0.0/8", "2001:db8::1"]).unwrap();
        new.key.expires_at = Some(Millis(T0 + 5));
        new.key.rate_limit = Some(RateLimit {
            max: 10,
            window_ms: 1_000,
            rule: WindowRule::SinceLastAccepted,
            enabled: false,
        });
        new.key.quota = world.quota(3, None);
        new.key.metadata = Some("{\"a\":1}".to_owned());
        new.key.last_used_at = Some(Millis(T0 - 1));
        new.key.request_count = 4;
        let given = new.key.clone();
        let key = world.store.insert_key(&by(), new).await.unwrap();
        assert_eq!(key, domain::key::Key { num: key.num, ..given });
        assert_eq!(world.store.key(ALL, key.id).await.unwrap(), Some(key.clone()));
        assert_eq!(world.store.key_by_num(ALL, key.num).await.unwrap(), Some(key));
    }
}

#[tokio::test]
async fn a_patch_touches_only_the_columns_it_names() {
    let world = World::memory();
    let quota = world.quota(5, None);
    let before = world
        .key_with(|key| {
            key.description = Some("kept".to_owned());
            key.expires_at = Some(Millis(T0 + 10));
            key.quota = quota;
        })
        .await;
    world.clock.advance(1);
    let patch =
        KeyPatch { name: Some(Some("new".to_owned())), expires_at: Some(None), ..KeyPatch::default() };
    let after = world.store.update_key(&by(), ALL, before.id, patch).await.unwrap();
    let expected = domain::key::Key {
        name: Some("new".to_owned()),
        expires_at: None,
        updated_at: Millis(T0 + 1),
        ..before
    };
    assert_eq!(after, expected);
}

#[tokio::test]
async fn a_change_is_published_before_its_answer_and_in_order() {
    for world in both() {
        let seen: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
        let told = seen.clone();
        world.store.subscribe(Box::new(move |change| {
            if let Change::Key(live) = change {
                told.lock().unwrap().push(live.key.name.clone());
            }
        }));
        let key = world.key("0").await;
        for n in 1..50 {
            let patch = KeyPatch { name: Some(Some(n.to_string())), ..KeyPatch::default() };
            world.store.update_key(&by(), ALL, key.id, patch).await.unwrap();
            // The caller has its answer: the subscriber must have been told.
            assert_eq!(seen.lock().unwrap().last().unwrap().as_deref(), Some(n.to_string().as_str()));
        }
        let names: Vec<_> = seen.lock().unwrap().iter().flatten().cloned().collect();
        assert_eq!(names, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
        let feed = world.store.feed(0, 1_000).await.unwrap();
        let ours: Vec<_> = feed.iter().filter(|entry| entry.kind == "key").collect();
        assert_eq!(ours.len(), 50);
        assert!(feed.windows(2).all(|pair| pair[0].position < pair[1].position));
    }
}

#[tokio::test]
async fn a_change_that_failed_is_neither_published_nor_in_the_feed() {
    let world = World::memory();
    let first = world.key("first").await;
    let told = Arc::new(AtomicBool::new(false));
    let flag = told.clone();
    world.store.subscribe(Box::new(move |_| flag.store(true, Ordering::SeqCst)));
    let position = world.store.feed(0, 1_000).await.unwrap().len();
    let mut twin = world.new_key("twin");
    twin.secrets[0].digest = world.store.secrets(ALL, first.id).await.unwrap()[0].digest;
    let twin_id = twin.key.id;
    assert_eq!(world.store.insert_key(&by(), twin).await, Err(StoreError::Conflict("digest".to_owned())));
    assert!(!told.load(Ordering::SeqCst));
    assert_eq!(world.store.feed(0, 1_000).await.unwrap().len(), position);
    assert_eq!(
        world.store.key(ALL, twin_id).await.unwrap(),
        None,
        "the row before the failure is undone too"
    );
}

#[tokio::test]
async fn a_key_of_somebody_else_does_not_exist() {
    let world = World::memory();
    let (ann, bob) = (world.user("ann@example.com").await, world.user("bob@example.com").await);
    let key = world.key_with(|key| key.owner = Owner::User(ann.id)).await;
    let (hers, his) = (OwnerScope::Of(Owner::User(ann.id)), OwnerScope::Of(Owner::User(bob.id)));
    assert!(world.store.key(hers, key.id).await.unwrap().is_some());
    assert!(world.store.key(his, key.id).await.unwrap().is_none());
    assert!(world.store.key_by_num(his, key.num).await.unwrap().is_none());
    let patch = KeyPatch { enabled: Some(false), ..KeyPatch::default() };
    assert_eq!(world.store.update_key(&by(), his, key.id, patch).await, Err(StoreError::NotFound));
    assert_eq!(world.store.revoke_key(&by(), his, key.id, Gone::Revoked).await, Err(StoreError::NotFound));
    assert_eq!(world.store.sealed(his, key.id).await, Err(StoreError::NotFound));
    assert!(world.store.keys(his, KeyList::default()).await.unwrap().items.is_empty());
    assert_eq!(world.store.keys(hers, KeyList::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_revoked_key_keeps_its_record_and_loses_its_secrets() {
    for world in both() {
        let key = world.key("short").await;
        let gone = world.store.revoke_key(&by(), ALL, key.id, Gone::Spent).await.unwrap();
        assert_eq!(gone.gone, Some(Gone::Spent));
        assert_eq!(world.store.key(ALL, key.id).await.unwrap(), None);
        assert_eq!(world.store.secrets(ALL, key.id).await.unwrap(), []);
        let list = KeyList { gone: true, ..KeyList::default() };
        assert_eq!(world.store.keys(ALL, list).await.unwrap().items, [gone]);
        assert_eq!(load(&world).await, []);
    }
}

async fn load(world: &World) -> Vec<LiveKey> {
    let loaded: Arc<Mutex<Vec<LiveKey>>> = Arc::default();
    let into = loaded.clone();
    let count = world.store.load_live(Box::new(move |live| into.lock().unwrap().push(live))).await.unwrap();
    let loaded = std::mem::take(&mut *loaded.lock().unwrap());
    assert_eq!(count as usize, loaded.len());
    loaded
}

#[tokio::test]
async fn loading_gives_every_live_key_with_its_secrets() {
    for world in both() {
        let mut expected = Vec::new();
        for n in 0..20 {
            let mut new = world.new_key(&n.to_string());
            if n % 3 == 0 {
                world.clock.advance(1);
                new.secrets.insert(0, world.secret(new.key.id));
            }
            let secrets = new.secrets.clone();
            let key = world.store.insert_key(&by(), new).await.unwrap();
            expected.push(LiveKey { key, secrets });
        }
        assert_eq!(load(&world).await, expected);
    }
}

#[tokio::test]
async fn rotation_overlaps_without_prolonging_and_keeps_at_most_three_secrets() {
    let world = World::memory();
    let key = world.key("turning").await;
    let rotate = |until: Option<i64>| Rotation {
        secret: world.secret(key.id),
        start: Some("kw_live_abc".to_owned()),
        prefix: None,
        sealed: Some(vec![1, 2, 3]),
        overlap_until: until.map(|ms| Millis(T0 + ms)),
    };
    world.clock.advance(1);
    let live = world.store.rotate_key(&by(), ALL, key.id, rotate(Some(1_000))).await.unwrap();
    assert_eq!(live.key.start.as_deref(), Some("kw_live_abc"));
    let ends = |live: &LiveKey| live.secrets.iter().map(|s| s.expires_at).collect::<Vec<_>>();
    assert_eq!(ends(&live), [None, Some(Millis(T0 + 1_000))]);
    world.clock.advance(1);
    let live = world.store.rotate_key(&by(), ALL, key.id, rotate(Some(5_000))).await.unwrap();
    assert_eq!(ends(&live), [None, Some(Millis(T0 + 5_000)), Some(Millis(T0 + 1_000))]);
    world.clock.advance(1);
    let live = world.store.rotate_key(&by(), ALL, key.id, rotate(Some(9_000))).await.unwrap();
    assert_eq!(live.secrets.len(), 3);
    assert_eq!(world.store.sealed(ALL, key.id).await.unwrap(), Some(vec![1, 2, 3]));
    world.clock.advance(1);
    let live = world.store.rotate_key(&by(), ALL, key.id, rotate(None)).await.unwrap();
    assert_eq!(ends(&live), [None]);
}

#[tokio::test]
async fn lists_filter_sort_and_page_without_gaps() {
    for world in both() {
        for (n, name) in ["Äpfel", "birne", "Birne 100%", "kiwi", "Kiwi_2"].into_iter().enumerate() {
            let now = world.now();
            world
                .key_with(|key| {
                    key.name = Some(name.to_owned());
                    key.enabled = n != 3;
                    key.expires_at = (n == 1).then_some(now);
                    key.door = (n < 2).then(|| "nocobase".to_owned());
                })
                .await;
            world.clock.advance(10);
        }
        let names = async |list: KeyList| -> Vec<String> {
            let items = world.store.keys(ALL, list).await.unwrap().items;
            items.into_iter().filter_map(|key| key.name).collect()
        };
        let base = KeyList::default;
        let contains = |text: &str| KeyList { name_contains: Some(text.to_owned()), ..base() };
        assert_eq!(names(contains("äpf")).await, ["Äpfel"]);
        assert_eq!(names(contains("0%")).await, ["Birne 100%"]);
        assert_eq!(names(contains("_")).await, ["Kiwi_2"]);
        assert_eq!(names(KeyList { enabled: Some(false), ..base() }).await, ["kiwi"]);
        assert_eq!(names(KeyList { expired: Some(true), ..base() }).await, ["birne"]);
        assert_eq!(names(KeyList { expired: Some(false), ..base() }).await.len(), 4);
        assert_eq!(names(KeyList { door: Some("nocobase".into()), ..base() }).await.len(), 2);
        let window =
            KeyList { created_from: Some(Millis(T0 + 10)), created_before: Some(Millis(T0 + 30)), ..base() };
        assert_eq!(names(window).await, ["birne", "Birne 100%"]);

        for sort in [KeySort::CreatedAt, KeySort::Name, KeySort::ExpiresAt, KeySort::LastUsedAt, KeySort::Num]
        {
            for descending in [false, true] {
                let whole = KeyList { sort, descending, count: true, ..base() };
                let whole = world.store.keys(ALL, whole).await.unwrap();
                assert_eq!(whole.total, Some(5));
                let mut paged = Vec::new();
                loop {
                    let after = paged.last().map(|key: &domain::key::Key| key.id);
                    let page = KeyList { sort, descending, after, limit: 2, ..base() };
                    let page = world.store.keys(ALL, page).await.unwrap().items;
                    if page.is_empty() {
                        break;
                    }
                    paged.extend(page);
                }
                assert_eq!(paged, whole.items, "{sort:?} {descending}");
            }
        }
    }
}

#[tokio::test]
async fn of_two_requests_with_one_idempotency_key_one_makes_a_key() {
    let world = World::memory();
    let mark = Idempotency { scope: "keys".to_owned(), key: "once".to_owned(), fingerprint: world.digest() };
    let with = |name| {
        let mut new = world.new_key(name);
        new.idempotency = Some(mark.clone());
        new
    };
    let key = world.store.insert_key(&by(), with("a")).await.unwrap();
    assert_eq!(
        world.store.insert_key(&by(), with("b")).await,
        Err(StoreError::Conflict("idempotency_key".to_owned()))
    );
    let earlier = world.store.earlier("keys", "once").await.unwrap().unwrap();
    assert_eq!((earlier.fingerprint, earlier.result), (mark.fingerprint, key.id.to_string()));
    assert_eq!(world.store.keys(ALL, KeyList::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn touching_writes_what_happened_and_leaves_the_record_alone() {
    let world = World::memory();
    let key = world.key("used").await;
    let touch = |at: i64, from: Option<&str>| KeyTouch {
        key: key.id,
        last_used_at: Some(Millis(at)),
        last_used_from: from.map(str::to_owned),
        window: Some(domain::limit::WindowState { mark: Millis(at), count: 3 }),
    };
    let stranger =
        KeyTouch { key: domain::KeyId::new(world.now(), world.entropy.as_ref()), ..touch(1, None) };
    world.store.touch_keys(vec![touch(T0, Some("::1")), stranger, touch(T0 + 1, None)]).await.unwrap();
    let used = world.store.key(ALL, key.id).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(Millis(T0 + 1)));
    assert_eq!(used.last_used_from.as_deref(), Some("::1"));
    assert_eq!((used.request_count, used.last_request_at), (3, Some(Millis(T0 + 1))));
    assert_eq!(used.updated_at, key.updated_at);
}
