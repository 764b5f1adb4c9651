//! Look first, then write.

use data::{DataError, Written};
use domain::access::Op;
use serde_json::{Value as Json, json};

use crate::world::{Caller, World, ints, limit, texts, values};

async fn first(world: &World, caller: &Caller<'_>, keys: &[&str], row: Json) -> Result<Written, DataError> {
    let keys: Vec<String> = keys.iter().map(|k| (*k).to_owned()).collect();
    world.data.first_or_create(&caller.on(Op::RecordCreate, "todos"), &keys, values(row), false).await
}

async fn upsert(world: &World, caller: &Caller<'_>, keys: &[&str], row: Json) -> Result<Written, DataError> {
    let keys: Vec<String> = keys.iter().map(|k| (*k).to_owned()).collect();
    world.data.update_or_create(&caller.on(Op::RecordCreate, "todos"), &keys, values(row), false).await
}

#[tokio::test]
async fn what_is_there_is_found_and_what_is_not_is_made() {
    let world = World::with_todos().await;
    let owner = world.owner();
    let made = first(&world, &owner, &["title"], json!({"title": "a", "done": true})).await.unwrap();
    let found = first(&world, &owner, &["title"], json!({"title": "a", "done": false})).await.unwrap();
    assert_eq!((made.created, found.created), (true, false));
    assert_eq!(ints(&made.records, "id"), ints(&found.records, "id"));
    let changed = upsert(&world, &owner, &["title"], json!({"title": "a", "secret": "s"})).await.unwrap();
    assert_eq!((changed.created, texts(&changed.records, "secret")), (false, vec!["s".to_owned()]));
    assert!(upsert(&world, &owner, &["title"], json!({"title": "b"})).await.unwrap().created);
    assert_eq!(owner.all().await.rows.len(), 2);
}

#[tokio::test]
async fn looking_needs_names_and_values_and_the_right_to_read() {
    let world = World::with_todos().await;
    let owner = world.owner();
    for (keys, row) in [(&[][..], json!({"title": "a"})), (&["title"][..], json!({"done": true}))] {
        let refused = first(&world, &owner, keys, row).await;
        assert!(matches!(refused, Err(DataError::Validation(_))), "{keys:?}: {refused:?}");
    }
    assert!(matches!(first(&world, &owner, &["nope"], json!({"nope": 1})).await, Err(DataError::Bind(_))));
    let blind = world.limited(vec![limit(&[Op::RecordCreate], vec![], None)]);
    let refused = first(&world, &blind, &["title"], json!({"title": "a"})).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
    assert!(owner.all().await.rows.is_empty());
}

#[tokio::test]
async fn changing_what_was_found_needs_the_right_to_change_it() {
    let world = World::with_todos().await;
    world.seed(&[json!({"title": "a"})]).await;
    let caller = world.limited(vec![limit(&[Op::RecordCreate, Op::RecordRead], vec![], None)]);
    let refused = upsert(&world, &caller, &["title"], json!({"title": "a", "done": true})).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
    assert!(upsert(&world, &caller, &["title"], json!({"title": "b"})).await.unwrap().created);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_make_one_record() {
    let world = std::sync::Arc::new(World::with_todos().await);
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                first(&world, &world.owner(), &["title"], json!({"title": "a"})).await.unwrap().created
            })
        })
        .collect();
    let mut created = 0;
    for call in calls {
        created += usize::from(call.await.unwrap());
    }
    assert_eq!((created, world.owner().all().await.rows.len()), (1, 1));
}
