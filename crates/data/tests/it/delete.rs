//! Removing records.

use data::{DataError, Which};
use domain::{access::Op, query::Filter};
use serde_json::json;

use crate::world::{World, by_filter, ints, limit, matching};

async fn three() -> World {
    let world = World::with_todos().await;
    world.seed(&[json!({"title": "a"}), json!({"title": "b", "done": true}), json!({"title": "c"})]).await;
    world
}

#[tokio::test]
async fn records_go_by_key_or_by_filter_and_are_counted() {
    let world = three().await;
    let owner = world.owner();
    assert_eq!(owner.delete(Which::key("1")).await.unwrap(), 1);
    assert_eq!(owner.delete(Which::key(1)).await.unwrap(), 0, "already gone");
    assert_eq!(owner.delete(by_filter("done", true)).await.unwrap(), 1);
    assert_eq!(owner.delete(Which::Keys(vec![])).await.unwrap(), 0);
    assert_eq!(ints(&owner.all().await, "id"), [3]);
    assert_eq!(owner.delete(Which::Filter(Filter::ALL)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_key_outside_of_the_scope_is_a_refusal_and_nothing_goes() {
    let world = three().await;
    let caller = world.limited(vec![
        limit(&[Op::RecordDelete], vec![matching("done", true)], None),
        limit(&[Op::RecordRead], vec![], None),
    ]);
    assert!(matches!(caller.delete(Which::key(1)).await, Err(DataError::OutOfScope)));
    let mixed = Which::Keys(vec![json!(2), json!(1)]);
    assert!(matches!(caller.delete(mixed).await, Err(DataError::OutOfScope)));
    assert_eq!(world.owner().all().await.rows.len(), 3);
    assert_eq!(caller.delete(Which::key(99)).await.unwrap(), 0, "what does not exist is in nobody's way");
    assert_eq!(
        caller.delete(Which::Filter(Filter::ALL)).await.unwrap(),
        1,
        "a filter finds only what may go"
    );
    assert_eq!(ints(&world.owner().all().await, "id"), [1, 3]);
}

#[tokio::test]
async fn without_the_right_nothing_goes() {
    let world = three().await;
    let reader = world.limited(vec![limit(&[Op::RecordRead], vec![], None)]);
    assert!(matches!(reader.delete(Which::key(1)).await, Err(DataError::OutOfScope)));
    assert!(matches!(reader.delete(Which::Filter(Filter::ALL)).await, Err(DataError::OutOfScope)));
    assert_eq!(world.owner().all().await.rows.len(), 3);
}

#[tokio::test]
async fn a_filter_cannot_probe_for_rows_that_may_not_be_read() {
    let world = three().await;
    let caller = world.limited(vec![
        limit(&[Op::RecordDelete], vec![], None),
        limit(&[Op::RecordRead], vec![matching("done", true)], None),
    ]);
    assert_eq!(caller.delete(by_filter("title", "a")).await.unwrap(), 0);
    let blind = world.limited(vec![limit(&[Op::RecordDelete], vec![], None)]);
    assert!(matches!(blind.delete(by_filter("title", "a")).await, Err(DataError::Bind(_))));
    assert_eq!(blind.delete(Which::key(1)).await.unwrap(), 1, "but a key it was told it can remove");
}
