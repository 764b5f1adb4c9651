//! Every kind of field through the store and back: stored, found, ordered, unique, empty.

use data::{FieldSpec, TableSpec, Which};
use domain::{
    access::Op,
    catalog::FieldKind,
    query::{CmpOp, Filter, Query, Sort, Term},
    value::Value,
};
use serde_json::{Value as Json, json};

use crate::world::{World, ints, text, try_column, values};

/// Per kind: two literals, the lower first, and how the lower one reads back.
fn samples() -> Vec<(FieldKind, Json, Json, Value)> {
    use FieldKind::*;
    vec![
        (Text, json!("Äpfel"), json!("Öl"), text("Äpfel")),
        (LongText, json!("a"), json!("b"), text("a")),
        (Integer, json!("9"), json!(10), Value::Int(9)),
        (BigInt, json!(i64::MIN), json!(i64::MAX), Value::Int(i64::MIN)),
        (Float, json!(-0.5), json!("1.5"), Value::Float(-0.5)),
        (Decimal, json!("9.90"), json!("10.05"), text("9.9")),
        (Boolean, json!(false), json!("true"), Value::Bool(false)),
        (DateTime, json!("1970-01-01T00:00:01Z"), json!(2_000), Value::Instant(domain::Millis(1_000))),
        (
            LocalDateTime,
            json!("2026-01-31 10:00"),
            json!("2026-01-31 10:00:00.5"),
            text("2026-01-31T10:00:00"),
        ),
        (Date, json!("2026-01-31"), json!("2026-02-01"), text("2026-01-31")),
        (Time, json!("09:00"), json!("10:00:30"), text("09:00:00")),
        (
            Uuid,
            json!("00000000-0000-7000-8000-00000000000A"),
            json!("00000000-0000-7000-8000-00000000000b"),
            text("00000000-0000-7000-8000-00000000000a"),
        ),
        (Json, json!({"a": [1, null]}), json!([true]), Value::Json(r#"{"a":[1,null]}"#.into())),
        (Array, json!(["a", 1]), json!(["b"]), Value::Json(r#"["a",1]"#.into())),
    ]
}

async fn ids(world: &World, filter: Filter, sort: Option<Sort>) -> Vec<i64> {
    let query = Query { filter, sort: sort.into_iter().collect(), ..Query::default() };
    let page = world.data.list(&world.owner().on(Op::RecordRead, "kinds"), &query).await.unwrap();
    ints(&page, "id")
}

#[tokio::test]
async fn every_kind_is_kept_found_and_ordered() {
    let world = World::new();
    let owner = world.owner();
    let fields = samples().iter().map(|(kind, ..)| FieldSpec::new(kind.name(), *kind)).collect();
    let spec = TableSpec { name: "kinds".into(), fields, ..TableSpec::default() };
    world.create_table(&owner.on_server(Op::TableCreate), spec).await.unwrap();
    let row = |pick: fn(&(FieldKind, Json, Json, Value)) -> Json| {
        values(samples().iter().map(|s| (s.0.name().to_owned(), pick(s))).collect())
    };
    let rows = vec![row(|s| s.1.clone()), row(|s| s.2.clone()), values(json!({}))];
    let made = world.data.create(&owner.on(Op::RecordCreate, "kinds"), rows, true).await.unwrap();
    for (kind, low, high, kept) in samples() {
        let name = kind.name();
        let cmp = |op, terms: Vec<Json>| Filter::Cmp {
            field: name.into(),
            op,
            terms: terms.into_iter().map(Term::Literal).collect(),
        };
        assert_eq!(try_column(&made.records, name)[0], Some(kept), "{name}");
        assert_eq!(try_column(&made.records, name)[2], Some(Value::Null), "{name}");
        assert_eq!(ids(&world, cmp(CmpOp::Eq, vec![low.clone()]), None).await, [1], "{name} =");
        assert_eq!(ids(&world, cmp(CmpOp::Ne, vec![low.clone()]), None).await, [2, 3], "{name} !=, or null");
        assert_eq!(ids(&world, cmp(CmpOp::Eq, vec![Json::Null]), None).await, [3], "{name} is null");
        assert_eq!(
            ids(&world, cmp(CmpOp::In, vec![high.clone(), Json::Null]), None).await,
            [2, 3],
            "{name} in"
        );
        assert_eq!(ids(&world, cmp(CmpOp::NotIn, vec![high.clone()]), None).await, [1, 3], "{name} not in");
        assert_eq!(ids(&world, cmp(CmpOp::Empty, vec![]), None).await, [3], "{name} empty");
        if !matches!(kind, FieldKind::Json | FieldKind::Array) {
            assert_eq!(ids(&world, cmp(CmpOp::Gt, vec![low.clone()]), None).await, [2], "{name} >");
            assert_eq!(
                ids(&world, cmp(CmpOp::Between, vec![low, high]), None).await,
                [1, 2],
                "{name} between"
            );
            let down = Sort { field: name.into(), descending: true };
            let there = cmp(CmpOp::Ne, vec![Json::Null]);
            assert_eq!(ids(&world, there, Some(down)).await, [2, 1], "{name} descending");
        }
    }
    let array =
        |op, terms: Json| Filter::Cmp { field: "array".into(), op, terms: vec![Term::Literal(terms)] };
    assert_eq!(ids(&world, array(CmpOp::AnyOf, json!(["a", "x"])), None).await, [1]);
    assert_eq!(ids(&world, array(CmpOp::NoneOf, json!(["a"])), None).await, [2, 3]);
    assert_eq!(ids(&world, array(CmpOp::Match, json!([1, "a"])), None).await, [1]);
}

#[tokio::test]
async fn a_text_or_a_uuid_can_be_the_key() {
    let world = World::new();
    let owner = world.owner();
    for (kind, key) in [(FieldKind::Text, "a/b c"), (FieldKind::Uuid, "00000000-0000-7000-8000-00000000000a")]
    {
        let name = kind.name();
        let key_field = FieldSpec { primary: true, ..FieldSpec::new("key", kind) };
        let fields = vec![key_field, FieldSpec::new("n", FieldKind::Integer)];
        let spec = TableSpec { name: name.into(), fields, ..TableSpec::default() };
        world.create_table(&owner.on_server(Op::TableCreate), spec).await.unwrap();
        let create = async |row: Json| {
            world.data.create(&owner.on(Op::RecordCreate, name), vec![values(row)], true).await
        };
        create(json!({"key": key, "n": 1})).await.unwrap();
        assert!(
            matches!(create(json!({"key": key})).await, Err(data::DataError::Conflict { field }) if field == "key")
        );
        assert!(
            matches!(create(json!({"n": 2})).await, Err(data::DataError::Validation(_))),
            "nobody counts texts"
        );
        let allowed = owner.on(Op::RecordUpdate, name);
        let changed =
            world.data.update(&allowed, &Which::key(key), &values(json!({"n": 5})), true).await.unwrap();
        assert_eq!(ints(&changed.records, "n"), [5]);
        assert_eq!(world.data.delete(&owner.on(Op::RecordDelete, name), &Which::key(key)).await.unwrap(), 1);
    }
}
