//! Making records.

use data::{DataError, FieldSpec, TableSpec, Which};
use domain::{
    access::{Cond, Op},
    catalog::{FieldKind, SystemField},
    limits,
    query::BindError,
    value::Value,
};
use serde_json::json;

use crate::world::{START, World, column, ints, limit, matching, text, texts, try_column, values};

#[tokio::test]
async fn the_server_fills_in_key_times_author_and_defaults() {
    let world = World::with_todos().await;
    let made = world.owner().create([json!({"title": "a"})]).await.unwrap();
    let record = made.records.first().unwrap();
    for (field, value) in [
        ("id", Value::Int(1)),
        ("title", text("a")),
        ("done", Value::Bool(false)),
        ("secret", Value::Null),
        ("createdAt", Value::Instant(START)),
        ("updatedAt", Value::Instant(START)),
        ("createdBy", Value::Int(1)),
        ("updatedBy", Value::Int(1)),
        ("createdByKey", Value::Null),
    ] {
        assert_eq!(record.value(field), Some(&value), "{field}");
    }
    let set: Vec<_> = made.set[0].iter().filter_map(|no| record.table.field_by_no(*no)).collect();
    assert!(set.iter().all(|f| f.name != "secret") && set.iter().any(|f| f.name == "done"));
    assert!(made.created);
}

#[tokio::test]
async fn system_values_cannot_be_written_and_unknown_names_are_reported() {
    let world = World::with_todos().await;
    let row = json!({"title": "a", "createdBy": 99, "createdAt": "2001-01-01", "nope": 1});
    let made = world.owner().create([row.clone()]).await.unwrap();
    assert_eq!(made.dropped, ["createdAt", "createdBy", "nope"]);
    assert_eq!(ints(&made.records, "createdBy"), [1]);
    let allowed = world.owner().on(Op::RecordCreate, "todos");
    let refused = world.data.create(&allowed, vec![values(row)], true).await;
    assert!(matches!(refused, Err(DataError::Bind(_))), "strict: {refused:?}");
    assert_eq!(world.owner().all().await.rows.len(), 1);
}

#[tokio::test]
async fn a_chosen_key_is_kept_if_it_is_free() {
    let world = World::with_todos().await;
    let owner = world.owner();
    let made =
        owner.create([json!({"id": 40, "title": "a"}), json!({"id": null, "title": "b"})]).await.unwrap();
    assert_eq!(ints(&made.records, "id"), [40, 41]);
    let refused = owner.create([json!({"id": 40, "title": "c"})]).await;
    assert!(matches!(&refused, Err(DataError::Conflict { field }) if field == "id"), "{refused:?}");
}

#[tokio::test]
async fn a_batch_is_made_as_a_whole_or_not_at_all() {
    let world = World::with_todos().await;
    let owner = world.owner();
    let bad = [json!({"title": "a"}), json!({"done": true}), json!({"title": null})];
    match owner.create(bad).await {
        Err(DataError::Validation(messages)) => assert_eq!(messages, ["title is required"]),
        other => panic!("{other:?}"),
    }
    let typed = owner.create([json!({"title": "a"}), json!({"title": "b", "done": "perhaps"})]).await;
    assert!(matches!(typed, Err(DataError::Bind(BindError::BadValue { .. }))), "{typed:?}");
    let conflict = owner.create([json!({"id": 1, "title": "a"}), json!({"id": 1, "title": "b"})]).await;
    assert!(matches!(conflict, Err(DataError::Conflict { .. })), "{conflict:?}");
    let many = (0..=limits::RECORDS_PER_WRITE_MAX).map(|_| json!({"title": "x"}));
    assert!(matches!(owner.create(many).await, Err(DataError::Bind(BindError::TooMuch(_)))));
    assert!(owner.all().await.rows.is_empty());
    let most = owner.create((0..limits::RECORDS_PER_WRITE_MAX).map(|i| json!({"title": i}))).await.unwrap();
    assert_eq!(ints(&most.records, "id"), (1..=1_000).collect::<Vec<_>>(), "in the order they came");
    assert_eq!(owner.create([]).await.unwrap().records.rows.len(), 0);
}

#[tokio::test]
async fn an_insert_only_caller_gets_the_key_and_what_it_wrote_but_nothing_else() {
    let world = World::with_todos().await;
    let inserter = world.limited(vec![limit(&[Op::RecordCreate], vec![], Some(&["title"]))]);
    let made = inserter.create([json!({"title": "a", "secret": "s"})]).await.unwrap();
    assert_eq!(made.dropped, ["secret"]);
    let names: Vec<&str> = made.records.fields().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["id", "title"]);
    assert_eq!((ints(&made.records, "id"), texts(&made.records, "title")), (vec![1], vec!["a".to_owned()]));
    assert_eq!(column(&world.owner().all().await, "secret"), [Value::Null]);
    assert!(matches!(inserter.list(&Default::default()).await, Err(DataError::OutOfScope)));
}

#[tokio::test]
async fn values_the_writer_may_not_read_come_back_blank_unless_it_wrote_them() {
    let world = World::with_todos().await;
    let caller = world.limited(vec![
        limit(&[Op::RecordCreate], vec![], None),
        limit(&[Op::RecordRead], vec![matching("done", true)], None),
    ]);
    let made = caller.create([json!({"title": "a"}), json!({"title": "b", "done": true})]).await.unwrap();
    assert_eq!(texts(&made.records, "title"), ["a", "b"]);
    let created_by = try_column(&made.records, "createdBy");
    assert_eq!(created_by, [None, Some(Value::Int(2))], "the first is not one it may read");
}

#[tokio::test]
async fn a_record_can_only_be_made_where_the_alternative_that_allows_its_fields_reaches() {
    let world = World::with_todos().await;
    let caller = world.limited(vec![
        limit(&[Op::RecordCreate], vec![matching("done", true)], Some(&["title", "done", "secret"])),
        limit(&[Op::RecordCreate], vec![], Some(&["title", "done"])),
    ]);
    caller.create([json!({"title": "a"})]).await.unwrap();
    caller.create([json!({"title": "b", "done": true, "secret": "s"})]).await.unwrap();
    let refused = caller.create([json!({"title": "c", "done": false, "secret": "s"})]).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
    let refused = caller.create([json!({"title": "d"}), json!({"title": "e", "secret": "s"})]).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "the whole batch: {refused:?}");
    assert_eq!(world.owner().all().await.rows.len(), 2);
}

#[tokio::test]
async fn a_key_without_a_user_owns_what_it_made() {
    let world = World::with_todos().await;
    let all = [Op::RecordCreate, Op::RecordRead, Op::RecordUpdate, Op::RecordDelete];
    let caller = |key| world.limited(vec![limit(&all, vec![Cond::Own], None)]).with_key(key);
    caller(5).create([json!({"title": "five"})]).await.unwrap();
    caller(6).create([json!({"title": "six"})]).await.unwrap();
    assert_eq!(texts(&caller(5).all().await, "title"), ["five"]);
    assert_eq!(ints(&caller(5).all().await, "createdByKey"), [5]);
    assert!(matches!(caller(5).delete(Which::key(2)).await, Err(DataError::OutOfScope)));
}

#[tokio::test]
async fn snowflake_keys_are_exact_in_json_and_never_twice() {
    let world = World::new();
    let owner = world.owner();
    let fields =
        vec![FieldSpec::system("id", SystemField::Snowflake), FieldSpec::new("n", FieldKind::Integer)];
    let spec = TableSpec { name: "todos".into(), fields, ..TableSpec::default() };
    world.create_table(&owner.on_server(Op::TableCreate), spec).await.unwrap();
    let mut ids = Vec::new();
    for wait in [0, 0, -60_000, 5] {
        world.wait(wait);
        let made = owner.create((0..500).map(|n| json!({"n": n}))).await.unwrap();
        ids.extend(ints(&made.records, "id"));
    }
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(ids.iter().all(|id| (1..1 << 53).contains(id)));
}

#[tokio::test]
async fn what_is_made_is_its_makers_own_even_where_the_table_cannot_tell() {
    let world = World::new();
    let spec = TableSpec {
        name: "todos".into(),
        fields: vec![FieldSpec::new("title", FieldKind::Text)],
        ..TableSpec::default()
    };
    world.create_table(&world.owner().on_server(Op::TableCreate), spec).await.unwrap();
    let own = world.limited(vec![limit(&[Op::RecordCreate, Op::RecordRead], vec![Cond::Own], None)]);
    let made = own.create([json!({"title": "a"})]).await.unwrap();
    assert_eq!((ints(&made.records, "id"), texts(&made.records, "title")), (vec![1], vec!["a".to_owned()]));
    assert!(
        matches!(own.list(&Default::default()).await, Err(DataError::OutOfScope)),
        "reading it again needs an owner"
    );
}
