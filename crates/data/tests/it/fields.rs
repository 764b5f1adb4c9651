//! Fields of a table that has records already.

use data::{DataError, FieldPatch, FieldSpec};
use domain::{
    access::Op,
    catalog::{FieldKind, SystemField},
    query::Query,
    value::Value,
};
use serde_json::json;

use crate::world::{World, column, text, texts};

#[tokio::test]
async fn a_field_is_added_changed_and_dropped_and_the_records_stay() {
    let world = World::with_todos().await;
    world.seed(&[json!({"title": "a"})]).await;
    let owner = world.owner();
    let on = |op| owner.on(op, "todos");
    let spec = FieldSpec { default: Some(json!(3)), ..FieldSpec::new("rank", FieldKind::Integer) };
    let field = world.add_field(&on(Op::FieldCreate), spec).await.unwrap();
    assert_eq!((field.name.as_str(), field.default.as_deref()), ("rank", Some("3")));
    world.seed(&[json!({"title": "b"})]).await;
    assert_eq!(column(&owner.all().await, "rank").last(), Some(&Value::Int(3)));
    let patch = FieldPatch { name: Some("weight".into()), default: Some(None), ..FieldPatch::default() };
    let renamed = world.patch_field(&on(Op::FieldUpdate), "rank", patch).await.unwrap();
    assert_eq!((renamed.no, renamed.default), (field.no, None));
    assert_eq!(
        column(&owner.all().await, "weight").last(),
        Some(&Value::Int(3)),
        "renaming keeps the values"
    );
    world.drop_field(&on(Op::FieldDelete), "weight").await.unwrap();
    let spec = FieldSpec::new("weight", FieldKind::Integer);
    let again = world.add_field(&on(Op::FieldCreate), spec).await.unwrap();
    assert_ne!(again.no, field.no, "a number is never used again: old grants must not find the new field");
    assert_eq!(column(&owner.all().await, "weight"), [Value::Null, Value::Null]);
    assert_eq!(texts(&owner.all().await, "title"), ["a", "b"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::with_todos().await;
    let owner = world.owner();
    let add = async |spec| world.add_field(&owner.on(Op::FieldCreate, "todos"), spec).await;
    let patch = async |name: &str, patch| {
        world.patch_field(&owner.on(Op::FieldUpdate, "todos"), name, patch).await.map(drop)
    };
    let drop_field = async |name: &str| world.drop_field(&owner.on(Op::FieldDelete, "todos"), name).await;
    let refused = add(FieldSpec::new("title", FieldKind::Text)).await;
    assert!(matches!(&refused, Err(DataError::Conflict { field }) if field == "title"), "{refused:?}");
    for spec in [
        FieldSpec { primary: true, ..FieldSpec::new("key", FieldKind::Text) },
        FieldSpec::system("key", SystemField::AutoId),
        FieldSpec::system("again", SystemField::CreatedAt),
    ] {
        assert!(matches!(add(spec).await, Err(DataError::Validation(_))));
    }
    let named = |name: &str| FieldPatch { name: Some(name.into()), ..FieldPatch::default() };
    assert!(matches!(patch("nope", named("x")).await, Err(DataError::NotFound)));
    assert!(matches!(patch("title", named("done")).await, Err(DataError::Conflict { .. })));
    assert!(matches!(patch("title", named("a b")).await, Err(DataError::Validation(_))));
    let default = FieldPatch { default: Some(Some(json!("maybe"))), ..FieldPatch::default() };
    assert!(matches!(patch("done", default).await, Err(DataError::Bind(_))));
    assert!(matches!(drop_field("id").await, Err(DataError::Validation(_))), "the key stays");
    assert!(matches!(drop_field("nope").await, Err(DataError::NotFound)));
}

#[tokio::test]
async fn a_field_becomes_unique_only_when_its_values_are() {
    let world = World::with_todos().await;
    let ids = world.seed(&[json!({"title": "a"}), json!({"title": "a"})]).await;
    let owner = world.owner();
    let unique = || FieldPatch { unique: Some(true), ..FieldPatch::default() };
    let refused = world.patch_field(&owner.on(Op::FieldUpdate, "todos"), "title", unique()).await;
    assert!(matches!(&refused, Err(DataError::Conflict { field }) if field == "title"), "{refused:?}");
    owner.update(data::Which::key(ids[1]), json!({"title": "b"})).await.unwrap();
    world.patch_field(&owner.on(Op::FieldUpdate, "todos"), "title", unique()).await.unwrap();
    for refused in [
        owner.create([json!({"title": "b"})]).await,
        owner.update(data::Which::key(ids[0]), json!({"title": "b"})).await,
    ] {
        assert!(matches!(&refused, Err(DataError::Conflict { field }) if field == "title"), "{refused:?}");
    }
    assert_eq!(texts(&owner.all().await, "title"), ["a", "b"]);
}

#[tokio::test]
async fn a_password_is_kept_as_a_hash_and_never_read_filtered_or_sorted() {
    let world = World::with_todos().await;
    let owner = world.owner();
    let spec = FieldSpec { hidden: false, ..FieldSpec::new("pin", FieldKind::Password) };
    let field = world.add_field(&owner.on(Op::FieldCreate, "todos"), spec).await.unwrap();
    assert!(field.hidden);
    let made = owner.create([json!({"title": "a", "pin": "hunter22"})]).await.unwrap();
    assert!(made.records.fields().all(|f| f.name != "pin"), "not even its writer gets it back");
    assert!(made.set[0].contains(&field.no));
    assert!(owner.all().await.fields().all(|f| f.name != "pin"));
    let filter = domain::query::Filter::eq("pin", "hunter22");
    let refused = owner.list(&Query { filter, ..Query::default() }).await;
    assert!(matches!(refused, Err(DataError::Bind(_))), "{refused:?}");
    let many =
        (0..=domain::limits::PASSWORDS_PER_WRITE_MAX).map(|_| json!({"title": "x", "pin": "hunter22"}));
    assert!(matches!(owner.create(many).await, Err(DataError::Validation(_))), "hashing is slow on purpose");
    assert_eq!(column(&owner.all().await, "title"), [text("a")]);
}
