//! Tables: names, rules, rights.

use data::{DataError, FieldSpec, TablePatch, TableSpec};
use domain::{
    access::Op,
    catalog::{FieldKind, SystemField},
    decision::Target,
    limits,
};
use serde_json::json;

use crate::world::{World, limit, todos};

fn named(name: &str) -> TableSpec {
    TableSpec { name: name.into(), ..TableSpec::default() }
}

#[tokio::test]
async fn a_table_without_a_key_gets_an_id() {
    let world = World::new();
    let table = world.create_table(&world.owner().on_server(Op::TableCreate), named("plain")).await.unwrap();
    let id = table.primary().unwrap();
    assert_eq!((id.name.as_str(), id.system), ("id", Some(SystemField::AutoId)));
    assert_eq!(table.base, world.store.main_base());
}

#[tokio::test]
async fn names_that_are_none_are_refused() {
    let world = World::with_todos().await;
    let allowed = world.owner().on_server(Op::TableCreate);
    let long = "x".repeat(limits::NAME_CHARS_MAX + 1);
    for name in ["", "1a", "a b", "a.b", "ä", "a\0", "a\u{202e}b", "-a", "a;drop table", "\"x\"", &long] {
        let refused = world.create_table(&allowed, named(name)).await;
        assert!(matches!(refused, Err(DataError::Validation(_))), "{name:?}: {refused:?}");
        let spec = FieldSpec::new(name, FieldKind::Text);
        let refused = world.add_field(&world.owner().on(Op::FieldCreate, "todos"), spec).await;
        assert!(matches!(refused, Err(DataError::Validation(_))), "{name:?}: {refused:?}");
    }
    let longest = "x".repeat(limits::NAME_CHARS_MAX);
    for name in ["a", "_", "A-1_b", "select", &longest] {
        world.create_table(&allowed, named(name)).await.unwrap();
    }
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_that_names_it() {
    let world = World::with_todos().await;
    let allowed = world.owner().on_server(Op::TableCreate);
    for name in ["todos", "ToDos"] {
        let refused = world.create_table(&allowed, named(name)).await;
        assert!(matches!(&refused, Err(DataError::Conflict { field }) if field == "todos"), "{refused:?}");
    }
    let mut twice = named("other");
    twice.fields = vec![FieldSpec::new("a", FieldKind::Text), FieldSpec::new("a", FieldKind::Text)];
    let refused = world.create_table(&allowed, twice).await;
    assert!(matches!(&refused, Err(DataError::Conflict { field }) if field == "a"), "{refused:?}");
}

#[tokio::test]
async fn fields_that_contradict_themselves_are_refused_and_nothing_is_made() {
    let world = World::new();
    let allowed = world.owner().on_server(Op::TableCreate);
    let text = || FieldSpec::new("f", FieldKind::Text);
    let with_default = |kind, default| FieldSpec { default: Some(default), ..FieldSpec::new("f", kind) };
    let cases = [
        vec![FieldSpec { kind: FieldKind::Text, ..FieldSpec::system("id", SystemField::AutoId) }],
        vec![FieldSpec { primary: false, ..FieldSpec::system("id", SystemField::AutoId) }],
        vec![FieldSpec { primary: true, ..FieldSpec::new("f", FieldKind::Json) }],
        vec![FieldSpec { primary: true, ..text() }, FieldSpec::system("id", SystemField::AutoId)],
        vec![FieldSpec { unique: true, ..FieldSpec::new("f", FieldKind::Array) }],
        vec![FieldSpec::system("a", SystemField::CreatedAt), FieldSpec::system("b", SystemField::CreatedAt)],
        vec![with_default(FieldKind::Password, json!("x"))],
        vec![FieldSpec { title: Some("x".repeat(limits::NAME_CHARS_MAX + 1)), ..text() }],
        (0..=limits::FIELDS_PER_TABLE_MAX)
            .map(|i| FieldSpec::new(format!("f{i}"), FieldKind::Text))
            .collect(),
    ];
    for fields in cases {
        let refused = world.create_table(&allowed, TableSpec { fields: fields.clone(), ..named("t") }).await;
        assert!(matches!(refused, Err(DataError::Validation(_))), "{:?}: {refused:?}", fields.first());
    }
    let fields = vec![with_default(FieldKind::Integer, json!("five"))];
    let refused = world.create_table(&allowed, TableSpec { fields, ..named("t") }).await;
    assert!(matches!(refused, Err(DataError::Bind(_))), "a default the field cannot hold: {refused:?}");
    assert!(world.data.tables(&world.owner().on_server(Op::TableRead)).is_empty());
}

#[tokio::test]
async fn a_table_is_renamed_retitled_and_dropped() {
    let world = World::with_todos().await;
    world.seed(&[json!({"title": "a"})]).await;
    let owner = world.owner();
    let patch = TablePatch { name: Some("tasks".into()), title: Some(None), extra: Some(Some("{}".into())) };
    let table = world.data.patch_table(&owner.on(Op::TableUpdate, "todos"), patch).await.unwrap();
    assert_eq!((table.name.as_str(), &table.title, table.extra.as_deref()), ("tasks", &None, Some("{}")));
    let kept = world.data.list(&owner.on(Op::RecordRead, "tasks"), &Default::default()).await.unwrap();
    assert_eq!(kept.rows.len(), 1, "renaming keeps the records");
    world.create_table(&owner.on_server(Op::TableCreate), named("other")).await.unwrap();
    let patch = TablePatch { name: Some("other".into()), ..TablePatch::default() };
    let refused = world.data.patch_table(&owner.on(Op::TableUpdate, "tasks"), patch).await;
    assert!(matches!(&refused, Err(DataError::Conflict { field }) if field == "other"), "{refused:?}");
    let allowed = owner.on(Op::TableDelete, "tasks");
    world.drop_table(&allowed).await.unwrap();
    assert!(matches!(world.drop_table(&allowed).await, Err(DataError::NotFound)), "gone is gone");
    assert!(matches!(world.data.table(&allowed), Err(DataError::NotFound)));
}

#[tokio::test]
async fn a_dropped_table_leaves_nothing_to_one_of_the_same_name() {
    let world = World::with_todos().await;
    world.seed(&[json!({"title": "a"})]).await;
    let owner = world.owner();
    world.drop_table(&owner.on(Op::TableDelete, "todos")).await.unwrap();
    world.create_table(&owner.on_server(Op::TableCreate), todos()).await.unwrap();
    assert!(owner.all().await.rows.is_empty());
}

#[tokio::test]
async fn without_the_right_the_schema_stays_as_it_is() {
    let world = World::with_todos().await;
    let reader = world.limited(vec![limit(&[Op::RecordRead], vec![], None)]);
    let server = reader.allowed(None, Target::Server);
    let todos_of =
        |caller: &crate::world::Caller<'_>| caller.allowed(None, Target::Table(world.table("todos")));
    let scope = |error: Option<DataError>| assert!(matches!(error, Some(DataError::OutOfScope)), "{error:?}");
    scope(world.create_table(&server, named("x")).await.err());
    scope(world.data.patch_table(&todos_of(&reader), TablePatch::default()).await.err());
    scope(world.drop_table(&todos_of(&reader)).await.err());
    let spec = FieldSpec::new("x", FieldKind::Text);
    scope(world.add_field(&todos_of(&reader), spec).await.err());
    scope(world.patch_field(&todos_of(&reader), "title", Default::default()).await.err());
    scope(world.drop_field(&todos_of(&reader), "title").await.err());
}

#[tokio::test]
async fn the_list_of_tables_holds_those_that_may_be_seen() {
    let world = World::with_todos().await;
    world.create_table(&world.owner().on_server(Op::TableCreate), named("other")).await.unwrap();
    let names = |allowed| world.data.tables(&allowed).iter().map(|t| t.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(world.owner().on_server(Op::TableRead)), ["todos", "other"]);
    let limited = world.limited(vec![limit(&[Op::TableRead], vec![], None)]);
    assert_eq!(names(limited.on_server(Op::TableRead)), ["todos"]);
    assert_eq!(
        names(limited.allowed(None, Target::Server)),
        ["todos", "other"],
        "no operation: who is asking suffices"
    );
}
