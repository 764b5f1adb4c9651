//! Changing records.

use data::{DataError, Which};
use domain::{
    access::{Cond, Op},
    query::{BindError, Filter},
    value::Value,
};
use serde_json::json;

use crate::world::{START, World, by_filter, column, ints, limit, matching, text, texts, values};

async fn three() -> World {
    let world = World::with_todos().await;
    world.seed(&[json!({"title": "a"}), json!({"title": "b", "done": true}), json!({"title": "c"})]).await;
    world
}

#[tokio::test]
async fn the_changed_records_come_back_with_their_new_time_and_editor() {
    let world = three().await;
    world.wait(5_000);
    let written =
        world.owner().with_user(7).update(Which::key(2), json!({"title": "B", "id": 9})).await.unwrap();
    assert_eq!(written.dropped, ["id"], "a key never changes");
    let record = written.records.first().unwrap();
    for (field, value) in [
        ("id", Value::Int(2)),
        ("title", text("B")),
        ("createdAt", Value::Instant(START)),
        ("updatedAt", Value::Instant(START.plus(5_000))),
        ("createdBy", Value::Int(1)),
        ("updatedBy", Value::Int(7)),
    ] {
        assert_eq!(record.value(field), Some(&value), "{field}");
    }
    assert!(!written.created);
}

#[tokio::test]
async fn nothing_left_to_write_changes_nothing() {
    let world = three().await;
    world.wait(5_000);
    let written = world.owner().update(Which::key(2), json!({"nope": 1})).await.unwrap();
    assert_eq!(
        (written.dropped.as_slice(), ints(&written.records, "id")),
        (&["nope".to_owned()][..], vec![2])
    );
    assert_eq!(column(&written.records, "updatedAt"), [Value::Instant(START)]);
}

#[tokio::test]
async fn rows_outside_of_the_scope_stay_as_they_are() {
    let world = three().await;
    let caller = world.limited(vec![
        limit(&[Op::RecordUpdate], vec![matching("done", true)], None),
        limit(&[Op::RecordRead], vec![], None),
    ]);
    let foreign = caller.update(Which::key(1), json!({"title": "x"})).await.unwrap();
    assert!(foreign.records.rows.is_empty());
    let all = caller.update(Which::Filter(Filter::ALL), json!({"title": "x"})).await.unwrap();
    assert_eq!(ints(&all.records, "id"), [2]);
    assert_eq!(texts(&world.owner().all().await, "title"), ["a", "x", "c"]);
}

#[tokio::test]
async fn a_row_is_changed_only_if_one_alternative_allows_it_and_all_written_fields() {
    let world = three().await;
    let caller = world.limited(vec![
        limit(&[Op::RecordUpdate], vec![matching("done", true)], Some(&["title", "secret"])),
        limit(&[Op::RecordUpdate], vec![], Some(&["title"])),
        limit(&[Op::RecordRead], vec![], None),
    ]);
    let everything = || Which::Filter(Filter::ALL);
    let both = caller.update(everything(), json!({"title": "x", "secret": "s"})).await.unwrap();
    assert_eq!(ints(&both.records, "id"), [2], "only there the secret may be written");
    let one = caller.update(everything(), json!({"title": "y"})).await.unwrap();
    assert_eq!(ints(&one.records, "id"), [1, 2, 3]);
    let split = world.limited(vec![
        limit(&[Op::RecordUpdate], vec![matching("done", true)], Some(&["secret"])),
        limit(&[Op::RecordUpdate], vec![], Some(&["title"])),
    ]);
    let refused = split.update(Which::key(2), json!({"title": "z", "secret": "t"})).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "two halves are no whole: {refused:?}");
}

#[tokio::test]
async fn a_change_cannot_carry_a_record_out_of_the_scope() {
    let world = three().await;
    let ops = [Op::RecordUpdate, Op::RecordRead];
    let caller = world.limited(vec![limit(&ops, vec![matching("done", true)], None)]);
    let refused = caller.update(Which::key(2), json!({"done": false})).await;
    assert!(matches!(refused, Err(DataError::CarriedOut)), "{refused:?}");
    let written = caller.update(Which::key(2), json!({"title": "still"})).await.unwrap();
    assert_eq!(written.records.first().unwrap().value("title"), Some(&Value::Text("still".into())));
}

#[tokio::test]
async fn a_filter_reaches_only_rows_its_writer_may_read() {
    let world = three().await;
    let caller = world.limited(vec![
        limit(&[Op::RecordUpdate], vec![], None),
        limit(&[Op::RecordRead], vec![matching("done", true)], Some(&["id", "title"])),
    ]);
    let probe = caller.update(by_filter("title", "a"), json!({"secret": "s"})).await.unwrap();
    assert!(probe.records.rows.is_empty(), "else the answer would tell that such a row exists");
    let refused = caller.update(by_filter("secret", "s"), json!({"title": "x"})).await;
    assert!(matches!(refused, Err(DataError::Bind(BindError::ForbiddenField(_)))), "{refused:?}");
    assert_eq!(
        caller.update(by_filter("title", "b"), json!({"secret": "s"})).await.unwrap().records.rows.len(),
        1
    );
    assert_eq!(caller.update(Which::key(1), json!({"secret": "s"})).await.unwrap().records.rows.len(), 1);
}

#[tokio::test]
async fn an_update_only_caller_gets_the_key_and_what_it_wrote() {
    let world = three().await;
    let caller = world.limited(vec![limit(&[Op::RecordUpdate], vec![], Some(&["title"]))]);
    let written = caller
        .update(Which::Keys(vec![json!(1), json!("3"), json!(99)]), json!({"title": "x"}))
        .await
        .unwrap();
    let names: Vec<&str> = written.records.fields().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["id", "title"]);
    assert_eq!(
        (ints(&written.records, "id"), texts(&written.records, "title")),
        (vec![1, 3], vec!["x".to_owned(); 2])
    );
}

#[tokio::test]
async fn wrong_values_change_nothing() {
    let world = three().await;
    let owner = world.owner();
    match owner.update(Which::key(1), json!({"title": null})).await {
        Err(DataError::Validation(messages)) => assert_eq!(messages, ["title is required"]),
        other => panic!("{other:?}"),
    }
    for bad in [json!({"done": "perhaps"}), json!({"title": "a\0"}), json!({"title": ["x"]})] {
        let refused = owner.update(Which::key(1), bad.clone()).await;
        assert!(matches!(refused, Err(DataError::Bind(BindError::BadValue { .. }))), "{bad}: {refused:?}");
    }
    let allowed = owner.on(Op::RecordUpdate, "todos");
    let strict =
        world.data.update(&allowed, &Which::key(1), &values(json!({"title": "x", "nope": 1})), true).await;
    assert!(matches!(strict, Err(DataError::Bind(BindError::UnknownField(_)))), "{strict:?}");
    assert_eq!(texts(&owner.all().await, "title"), ["a", "b", "c"]);
}

#[tokio::test]
async fn own_rows_and_only_those_can_be_changed_by_who_may_change_its_own() {
    let world = three().await;
    let ops = [Op::RecordUpdate, Op::RecordRead, Op::RecordCreate];
    let caller = world.limited(vec![limit(&ops, vec![Cond::Own], None)]);
    caller.create([json!({"title": "mine"})]).await.unwrap();
    let written = caller.update(Which::Filter(Filter::ALL), json!({"done": true})).await.unwrap();
    assert_eq!(texts(&written.records, "title"), ["mine"]);
}
