//! What a crash, a second server or an old binary must not break.

use std::path::Path;

use domain::Millis;
use store::{DebitOutcome, KeyList, OwnerScope, Place, Store, StoreError};

use crate::world::{T0, World};

/// What a kill leaves behind: the files as they are at this moment, nothing closed, nothing flushed.
fn crash_image(of: &Path) -> tempfile::TempDir {
    let image = tempfile::tempdir().unwrap();
    for name in ["keyward.db", "keyward.db-wal"] {
        if of.join(name).exists() {
            std::fs::copy(of.join(name), image.path().join(name)).unwrap();
        }
    }
    image
}

#[tokio::test]
async fn everything_answered_before_a_kill_is_there_after_it() {
    let world = World::disk();
    let folder = world.folder.as_ref().unwrap().path().to_owned();
    let quota = world.quota(1_000, None);
    let key = world.key_with(|key| key.quota = quota).await;
    for round in 1..=5 {
        for _ in 0..10 {
            assert!(matches!(
                world.store.debit(key.id, 1, Millis(T0)).await.unwrap(),
                DebitOutcome::Granted { .. }
            ));
        }
        let image = crash_image(&folder);
        let after = Store::open(world.options(Place::Folder(image.path().to_owned()))).unwrap();
        let balance = after.quota(key.id).await.unwrap().unwrap().balance;
        assert_eq!(balance.remaining, 1_000 - round * 10);
        assert_eq!(after.integrity().await.unwrap().problems, Vec::<String>::new());
        assert_eq!(after.keys(OwnerScope::All, KeyList::default()).await.unwrap().items.len(), 1);
        assert_eq!(after.main_base(), world.store.main_base());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kill_under_load_leaves_no_grant_without_its_debit() {
    let world = World::disk();
    let folder = world.folder.as_ref().unwrap().path().to_owned();
    let quota = world.quota(100_000, None);
    let key = world.key_with(|key| key.quota = quota).await;
    // Holds an old snapshot, so that the log is not folded in between the copies of the two files: a kill stops
    // the files at one moment, copying them does not.
    let bystander = rusqlite::Connection::open(folder.join("keyward.db")).unwrap();
    bystander.execute_batch("BEGIN; SELECT count(*) FROM meta;").unwrap();
    let granted = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (store, granted, id) = (world.store.clone(), granted.clone(), key.id);
            tokio::spawn(async move {
                while let Ok(DebitOutcome::Granted { .. }) = store.debit(id, 1, Millis(T0)).await {
                    granted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            })
        })
        .collect();
    for _ in 0..5 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let acknowledged = granted.load(std::sync::atomic::Ordering::SeqCst);
        let image = crash_image(&folder);
        let after = Store::open(world.options(Place::Folder(image.path().to_owned()))).unwrap();
        let remaining = after.quota(key.id).await.unwrap().unwrap().balance.remaining;
        assert!(100_000 - remaining >= acknowledged, "{acknowledged} granted, {remaining} left");
        assert_eq!(after.integrity().await.unwrap().problems, Vec::<String>::new());
    }
    drop(bystander);
    world.store.close();
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn two_servers_cannot_share_a_folder_but_can_follow_each_other() {
    let world = World::disk();
    let place = Place::Folder(world.folder.as_ref().unwrap().path().to_owned());
    let key = world.key("mine").await;
    let second = Store::open(world.options(place.clone()));
    assert!(matches!(second.err(), Some(StoreError::Locked(_))));
    world.store.close();
    assert_eq!(world.store.key(OwnerScope::All, key.id).await, Err(StoreError::Busy));
    let third = Store::open(world.options(place)).unwrap();
    assert!(third.key(OwnerScope::All, key.id).await.unwrap().is_some());
}

#[tokio::test]
async fn dropping_the_last_handle_gives_the_folder_free() {
    let world = World::disk();
    let place = Place::Folder(world.folder.as_ref().unwrap().path().to_owned());
    let options = world.options(place);
    let World { store, folder, .. } = world;
    drop(store);
    Store::open(options).unwrap();
    drop(folder);
}

#[tokio::test]
async fn a_database_of_a_newer_server_is_refused_and_left_alone() {
    let world = World::disk();
    let path = world.folder.as_ref().unwrap().path().to_owned();
    let known = world.store.schema_version().await.unwrap();
    world.store.close();
    let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
               VALUES (9000, 'later', '2030-01-01T00:00:00Z', '1')";
    rusqlite::Connection::open(path.join("keyward.db")).unwrap().execute(sql, []).unwrap();
    let refused = Store::open(world.options(Place::Folder(path)));
    assert_eq!(refused.err(), Some(StoreError::Newer { found: 9_000, known }));
}

#[tokio::test]
async fn a_ledger_that_does_not_add_up_is_found() {
    let world = World::disk();
    let path = world.folder.as_ref().unwrap().path().to_owned();
    let quota = world.quota(10, None);
    let key = world.key_with(|key| key.quota = quota).await;
    world.store.close();
    let conn = rusqlite::Connection::open(path.join("keyward.db")).unwrap();
    conn.execute("UPDATE quotas SET balance = 11", []).unwrap();
    drop(conn);
    let store = Store::open(world.options(Place::Folder(path))).unwrap();
    let problems = store.integrity().await.unwrap().problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains(&key.id.to_string()), "{problems:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_who_hang_up_do_not_use_up_the_readers() {
    let world = World::disk();
    for _ in 0..200 {
        let store = world.store.clone();
        let call = tokio::spawn(async move { store.integrity().await });
        tokio::task::yield_now().await;
        call.abort();
        world.store.keys(OwnerScope::All, KeyList::default()).await.unwrap();
    }
}

#[tokio::test]
async fn the_smallest_write_is_a_write() {
    let world = World::disk();
    for _ in 0..3 {
        world.store.ping_commit().await.unwrap();
    }
    assert_eq!(world.store.meta("ping").await.unwrap().as_deref(), Some("3"));
    world.store.set_meta("greeting", "hello").await.unwrap();
    assert_eq!(world.store.meta("greeting").await.unwrap().as_deref(), Some("hello"));
}
