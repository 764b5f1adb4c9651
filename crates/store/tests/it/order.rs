//! Orders: whatever is moved where, the records stand as a list would after the same moves.

use std::sync::Arc;

use domain::{
    FieldNo,
    access::Fields,
    catalog::{Field, FieldKind, Special, Table},
    query::{BoundAlt, BoundCmp, BoundFilter, BoundQuery, BoundSort, BoundWrite, CmpOp},
    value::Value,
};
use store::{Move, NewTable, ReadBack, Spot, StoreError, Which};

use crate::{
    records::{field, id_field},
    world::{World, both, by},
};

const ID: FieldNo = FieldNo(1);
const PART: FieldNo = FieldNo(2);
const PLACE: FieldNo = FieldNo(3);

fn free() -> Vec<BoundAlt> {
    vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }]
}

async fn cards(world: &World) -> Arc<Table> {
    let special = Some(Special::Order { within: Some("part".into()) });
    let place = Field { special, ..field("place", FieldKind::BigInt) };
    let fields = vec![id_field(), field("part", FieldKind::Text), place];
    let new =
        NewTable { base: world.store.main_base(), name: "cards".into(), title: None, fields, extra: None };
    world.store.create_table(&by(), new).await.unwrap()
}

async fn make(world: &World, table: &Arc<Table>, parts: &[&str]) {
    let write =
        |part: &&str| BoundWrite { values: vec![(PART, Value::Text((*part).into()))], dropped: Vec::new() };
    let rows = parts.iter().map(write).collect();
    world.store.create_records(table, rows, free(), ReadBack::default()).await.unwrap();
}

async fn ids(world: &World, table: &Arc<Table>, part: &str) -> Vec<i64> {
    let filter =
        BoundFilter::Cmp(BoundCmp { field: PART, op: CmpOp::Eq, values: vec![Value::Text(part.into())] });
    let sort = vec![BoundSort::own(PLACE, false), BoundSort::own(ID, false)];
    let query =
        BoundQuery { alts: free(), filter, sort, select: vec![ID], offset: 0, limit: 100, count: false };
    let page = world.store.list_records(table, query).await.unwrap();
    let id = |row: &Vec<Option<Value>>| match row[0] {
        Some(Value::Int(id)) => id,
        _ => panic!("no id"),
    };
    page.rows.iter().map(id).collect()
}

fn to(key: i64, to: Spot, part: Option<&str>) -> Move {
    let part = part.map(|part| Value::Text(part.into()));
    Move { field: PLACE, key: Value::Int(key), to, part, stamps: Vec::new(), alts: free(), seen: free() }
}

/// What a list does when one of its items is moved.
fn moved(parts: &mut [Vec<i64>; 2], key: i64, spot: &Spot, into: Option<usize>) {
    let at = |parts: &[Vec<i64>; 2], key: i64| parts.iter().position(|part| part.contains(&key)).unwrap();
    let index = |part: &[i64], key: i64| part.iter().position(|id| *id == key).unwrap();
    let from = at(parts, key);
    let beside = match spot {
        Spot::After(Value::Int(target)) | Spot::PlaceOf(Value::Int(target)) => Some(*target),
        _ => None,
    };
    if beside == Some(key) {
        return;
    }
    let part = beside.map_or(into.unwrap_or(from), |target| at(parts, target));
    // Downwards in its own part a record comes behind the one whose place it takes.
    let down =
        beside.is_some_and(|target| part == from && index(&parts[part], key) < index(&parts[part], target));
    parts[from].retain(|id| *id != key);
    let here = &mut parts[part];
    let place = match (spot, beside) {
        (Spot::First, _) => 0,
        (Spot::After(_), Some(target)) => index(here, target) + 1,
        (_, Some(target)) => index(here, target) + usize::from(down),
        _ => here.len(),
    };
    here.insert(place, key);
}

#[tokio::test]
async fn records_stand_as_a_list_would_after_the_same_moves() {
    for world in both() {
        let table = cards(&world).await;
        make(&world, &table, &["a", "a", "a", "a", "b", "b", "b"]).await;
        let mut parts = [vec![1, 2, 3, 4], vec![5, 6, 7]];
        let mut chance: u64 = 9;
        let mut pick = |n: u64| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (chance >> 33) % n
        };
        for step in 0..300 {
            let (key, target) = (1 + pick(7) as i64, Value::Int(1 + pick(7) as i64));
            let (spot, into) = match pick(5) {
                0 => (Spot::First, Some(pick(2) as usize)),
                1 => (Spot::Last, Some(pick(2) as usize)),
                2 => (Spot::First, None),
                3 => (Spot::After(target), None),
                _ => (Spot::PlaceOf(target), None),
            };
            moved(&mut parts, key, &spot, into);
            let what = to(key, spot.clone(), into.map(|part| ["a", "b"][part]));
            world.store.move_record(&table, what).await.unwrap();
            let now = [ids(&world, &table, "a").await, ids(&world, &table, "b").await];
            assert_eq!(now, parts, "step {step}: {key} {spot:?} {into:?}");
        }
    }
}

#[tokio::test]
async fn records_with_the_same_place_or_none_can_be_moved_too() {
    for world in both() {
        let table = cards(&world).await;
        make(&world, &table, &["a", "a", "a", "a"]).await;
        let same = BoundWrite { values: vec![(PLACE, Value::Int(5))], dropped: Vec::new() };
        let all = Which::Matching(BoundFilter::And(Vec::new()));
        world.store.update_records(&table, all.clone(), same, free(), ReadBack::default()).await.unwrap();
        world.store.move_record(&table, to(1, Spot::After(Value::Int(4)), None)).await.unwrap();
        assert_eq!(ids(&world, &table, "a").await, [2, 3, 4, 1]);
        let none = BoundWrite { values: vec![(PLACE, Value::Null)], dropped: Vec::new() };
        world.store.update_records(&table, all, none, free(), ReadBack::default()).await.unwrap();
        world.store.move_record(&table, to(4, Spot::PlaceOf(Value::Int(1)), None)).await.unwrap();
        assert_eq!(ids(&world, &table, "a").await, [4, 1, 2, 3]);
    }
}

#[tokio::test]
async fn a_move_that_is_refused_changes_nothing() {
    for world in both() {
        let table = cards(&world).await;
        make(&world, &table, &["a", "a", "b"]).await;
        let only = |part: &str| {
            let rows = BoundCmp { field: PART, op: CmpOp::Eq, values: vec![Value::Text(part.into())] };
            vec![BoundAlt { rows: BoundFilter::Cmp(rows), fields: Fields::All }]
        };
        let refused = |what: Move| {
            let (store, table) = (world.store.clone(), table.clone());
            async move { store.move_record(&table, what).await.unwrap_err() }
        };
        let missing = refused(to(9, Spot::First, None)).await;
        assert!(matches!(missing, StoreError::NotFound));
        let foreign = Move { alts: only("b"), ..to(1, Spot::First, None) };
        assert!(matches!(refused(foreign).await, StoreError::Row));
        let out = Move { alts: only("a"), ..to(1, Spot::Last, Some("b")) };
        assert!(matches!(refused(out).await, StoreError::Row));
        let hidden = Move { seen: only("a"), ..to(1, Spot::After(Value::Int(3)), None) };
        assert!(matches!(refused(hidden).await, StoreError::NotFound));
        assert_eq!((ids(&world, &table, "a").await, ids(&world, &table, "b").await), (vec![1, 2], vec![3]));
    }
}
