//! Records: within the alternatives of the decision, for reading, counting, writing and deleting.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    FieldNo, Millis,
    access::Fields,
    catalog::{Field, FieldKind, SystemField, Table},
    query::{BoundAlt, BoundCmp, BoundFilter, BoundQuery, BoundSort, BoundWrite, CmpOp},
    value::Value,
};
use store::{Before, Deed, NewTable, ReadBack, RecordPage, StoreError, Which};

use crate::world::{T0, World, both, by};

pub fn field(name: &str, kind: FieldKind) -> Field {
    Field::new(FieldNo(0), name, kind)
}

pub fn id_field() -> Field {
    Field { system: Some(SystemField::AutoId), primary: true, ..field("id", FieldKind::BigInt) }
}

const ID: FieldNo = FieldNo(1);
const TITLE: FieldNo = FieldNo(2);
const DONE: FieldNo = FieldNo(3);
const OWNER: FieldNo = FieldNo(4);
const TAGS: FieldNo = FieldNo(5);
const CODE: FieldNo = FieldNo(6);
const PRICE: FieldNo = FieldNo(7);
const AT: FieldNo = FieldNo(8);

/// id, title, done, owner (created by), tags, code (unique), price, at.
pub async fn todos(world: &World) -> Arc<Table> {
    let fields = vec![
        id_field(),
        field("title", FieldKind::Text),
        field("done", FieldKind::Boolean),
        Field { system: Some(SystemField::CreatedBy), ..field("owner", FieldKind::BigInt) },
        field("tags", FieldKind::Array),
        Field { unique: true, ..field("code", FieldKind::Text) },
        field("price", FieldKind::Decimal),
        field("at", FieldKind::DateTime),
    ];
    let base = world.store.main_base();
    let new = NewTable { base, name: "todos".into(), title: None, fields, extra: None };
    world.store.create_table(&by(), new).await.unwrap()
}

fn write(values: &[(FieldNo, Value)]) -> BoundWrite {
    BoundWrite { values: values.to_vec(), dropped: Vec::new() }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn cmp(field: FieldNo, op: CmpOp, values: &[Value]) -> BoundFilter {
    BoundFilter::Cmp(BoundCmp { field, op, values: values.to_vec() })
}

const EVERY: BoundFilter = BoundFilter::And(Vec::new());

fn free() -> Vec<BoundAlt> {
    vec![BoundAlt { rows: EVERY, fields: Fields::All }]
}

fn only(fields: &[FieldNo]) -> Fields {
    Fields::Only(fields.iter().copied().collect::<BTreeSet<_>>())
}

fn own(user: i64) -> BoundFilter {
    cmp(OWNER, CmpOp::Eq, &[Value::Int(user)])
}

fn query(select: &[FieldNo]) -> BoundQuery {
    BoundQuery {
        alts: free(),
        filter: EVERY,
        sort: vec![BoundSort::own(ID, false)],
        select: select.to_vec(),
        offset: 0,
        limit: 100,
        count: true,
    }
}

fn back(select: &[FieldNo]) -> ReadBack {
    ReadBack { alts: free(), select: select.to_vec() }
}

async fn fill(world: &World, table: &Arc<Table>, rows: &[&[(FieldNo, Value)]]) -> RecordPage {
    let rows = rows.iter().map(|row| write(row)).collect();
    world.store.create_records(table, rows, free(), back(&[ID])).await.unwrap()
}

/// Ids of the matching rows.
async fn ids(world: &World, table: &Arc<Table>, filter: BoundFilter) -> Vec<i64> {
    let page = world.store.list_records(table, BoundQuery { filter, ..query(&[ID]) }).await.unwrap();
    assert_eq!(page.total, Some(page.rows.len() as u64), "the count follows the same conditions");
    page.rows
        .into_iter()
        .map(|row| match row.as_slice() {
            [Some(Value::Int(id))] => *id,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn in_row(row: usize, error: StoreError) -> StoreError {
    StoreError::InRow { row, error: Box::new(error) }
}

#[tokio::test]
async fn values_come_back_as_they_were_written_and_in_order() {
    for world in both() {
        let table = todos(&world).await;
        let row = [
            (TITLE, text("it's \"x\"; -- ü")),
            (DONE, Value::Bool(true)),
            (OWNER, Value::Int(7)),
            (TAGS, Value::Json("[\"a\",2]".into())),
            (PRICE, text("12345678901234567890.50")),
            (AT, Value::Instant(Millis(T0))),
        ];
        let select = [TITLE, DONE, OWNER, TAGS, PRICE, AT, ID, CODE];
        let rows = vec![write(&row), write(&[]), write(&[(TITLE, Value::Null)])];
        let page = world.store.create_records(&table, rows, free(), back(&select)).await.unwrap();
        let mut expected: Vec<Option<Value>> = row.iter().map(|(_, value)| Some(value.clone())).collect();
        expected.extend([Some(Value::Int(1)), Some(Value::Null)]);
        assert_eq!(page.rows[0], expected);
        assert_eq!(page.rows[1][6], Some(Value::Int(2)));
        let listed = world.store.list_records(&table, query(&select)).await.unwrap();
        assert_eq!((listed.rows, listed.total), (page.rows, Some(3)));
    }
}

#[tokio::test]
async fn a_taken_value_names_its_field_and_nothing_of_the_batch_stays() {
    for world in both() {
        let table = todos(&world).await;
        let rows = ["a", "b", "a"].map(|code| write(&[(CODE, text(code))]));
        let refused = world.store.create_records(&table, rows.to_vec(), free(), back(&[])).await;
        assert_eq!(refused, Err(in_row(2, StoreError::Conflict("code".into()))));
        assert_eq!(ids(&world, &table, EVERY).await, [0i64; 0]);
        fill(&world, &table, &[&[(CODE, text("a"))], &[(CODE, text("b"))]]).await;
        let change = world
            .store
            .update_records(&table, Which::Matching(EVERY), write(&[(CODE, text("c"))]), free(), back(&[]))
            .await;
        assert_eq!(change, Err(StoreError::Conflict("code".into())));
        let key = write(&[(ID, Value::Int(1))]);
        let twin = world.store.create_records(&table, vec![key], free(), back(&[])).await;
        assert_eq!(twin, Err(StoreError::Conflict("id".into())));
    }
}

#[tokio::test]
async fn a_required_field_cannot_be_left_out_or_emptied() {
    let world = World::memory();
    let fields = vec![id_field(), Field { required: true, ..field("name", FieldKind::Text) }];
    let base = world.store.main_base();
    let new = NewTable { base, name: "strict".into(), title: None, fields, extra: None };
    let table = world.store.create_table(&by(), new).await.unwrap();
    let required = Err(StoreError::Required("name".into()));
    assert_eq!(world.store.create_records(&table, vec![write(&[])], free(), back(&[])).await, required);
    fill(&world, &table, &[&[(TITLE, text("x"))]]).await;
    let emptied = write(&[(TITLE, Value::Null)]);
    let which = Which::Keys(vec![Value::Int(1)]);
    assert_eq!(world.store.update_records(&table, which, emptied, free(), back(&[])).await, required);
}

/// Own rows with everything, all rows with the title only.
fn two_roles() -> Vec<BoundAlt> {
    vec![BoundAlt { rows: own(1), fields: Fields::All }, BoundAlt { rows: EVERY, fields: only(&[ID, TITLE]) }]
}

#[tokio::test]
async fn a_value_readable_in_no_alternative_of_its_row_is_blank() {
    for world in both() {
        let table = todos(&world).await;
        let row =
            |owner| vec![(TITLE, text("t")), (CODE, text(&format!("c{owner}"))), (OWNER, Value::Int(owner))];
        fill(&world, &table, &[&row(1), &row(2)]).await;
        let page = world
            .store
            .list_records(&table, BoundQuery { alts: two_roles(), ..query(&[ID, TITLE, CODE]) })
            .await
            .unwrap();
        assert_eq!(page.rows[0], [Some(Value::Int(1)), Some(text("t")), Some(text("c1"))]);
        assert_eq!(page.rows[1], [Some(Value::Int(2)), Some(text("t")), None]);

        // Without the second alternative the other row does not exist, for the count neither.
        let alts = two_roles().into_iter().take(1).collect();
        let page = world.store.list_records(&table, BoundQuery { alts, ..query(&[CODE]) }).await.unwrap();
        assert_eq!((page.rows.len(), page.total), (1, Some(1)));
        let none = world
            .store
            .list_records(&table, BoundQuery { alts: Vec::new(), ..query(&[CODE]) })
            .await
            .unwrap();
        assert_eq!((none.rows.len(), none.total), (0, Some(0)));
    }
}

#[tokio::test]
async fn writing_stays_within_the_alternatives() {
    for world in both() {
        let table = todos(&world).await;
        fill(&world, &table, &[&[(OWNER, Value::Int(1))], &[(OWNER, Value::Int(2))]]).await;
        let everything = || Which::Matching(EVERY);
        let changed = async |values: &[(FieldNo, Value)]| {
            let written = world
                .store
                .update_records(&table, everything(), write(values), two_roles(), back(&[ID]))
                .await
                .unwrap();
            written.rows.into_iter().map(|row| row[0].clone().unwrap()).collect::<Vec<_>>()
        };
        let (one, two) = (Value::Int(1), Value::Int(2));
        assert_eq!(changed(&[(TITLE, text("x"))]).await, [one.clone(), two.clone()]);
        assert_eq!(
            changed(&[(TITLE, text("x")), (DONE, Value::Bool(true))]).await,
            std::slice::from_ref(&one)
        );
        // What the server fills in needs no permission.
        assert_eq!(changed(&[(TITLE, text("y")), (OWNER, Value::Int(1))]).await, [one, two.clone()]);

        let own_only = vec![BoundAlt { rows: own(9), fields: Fields::All }];
        let mine = write(&[(TITLE, text("mine")), (OWNER, Value::Int(9))]);
        let theirs = write(&[(TITLE, text("theirs")), (OWNER, Value::Int(8))]);
        let both_rows = vec![mine.clone(), theirs];
        let refused = world.store.create_records(&table, both_rows, own_only.clone(), back(&[])).await;
        assert_eq!(refused, Err(in_row(1, StoreError::Row)));
        let created =
            world.store.create_records(&table, vec![mine], own_only.clone(), back(&[TITLE])).await.unwrap();
        assert_eq!(created.rows, [[Some(text("mine"))]]);
        assert_eq!(world.store.delete_records(&table, everything(), own_only).await.unwrap(), 1);
        assert_eq!(ids(&world, &table, EVERY).await.len(), 2);
        assert_eq!(world.store.delete_records(&table, everything(), Vec::new()).await.unwrap(), 0);
        let one = Which::Keys(vec![two]);
        assert_eq!(world.store.delete_records(&table, one, free()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_change_that_would_carry_a_row_out_of_the_writers_rows_changes_nothing() {
    for world in both() {
        let table = todos(&world).await;
        fill(&world, &table, &[&[(CODE, text("a"))], &[(CODE, text("b"))]]).await;
        let open = cmp(TITLE, CmpOp::Empty, &[]);
        let alts = vec![BoundAlt { rows: open.clone(), fields: Fields::All }];
        let change = async |values: &[(FieldNo, Value)]| {
            let which = Which::Matching(EVERY);
            world.store.update_records(&table, which, write(values), alts.clone(), back(&[ID])).await
        };
        assert_eq!(change(&[(TITLE, text("out"))]).await, Err(StoreError::Row));
        assert_eq!(ids(&world, &table, open).await, [1, 2]);
        assert_eq!(change(&[(DONE, Value::Bool(true))]).await.unwrap().rows.len(), 2);
    }
}

#[tokio::test]
async fn what_is_read_back_follows_the_read_alternatives() {
    let world = World::memory();
    let table = todos(&world).await;
    let back = ReadBack { alts: two_roles()[..1].to_vec(), select: vec![ID, TITLE] };
    let rows = vec![write(&[(OWNER, Value::Int(1))]), write(&[(OWNER, Value::Int(2))])];
    let page = world.store.create_records(&table, rows, free(), back).await.unwrap();
    assert_eq!(page.rows, [vec![Some(Value::Int(1)), Some(Value::Null)], vec![None, None]]);
}

#[tokio::test]
async fn records_that_are_written_together_are_all_written_or_none() {
    for world in both() {
        let table = todos(&world).await;
        fill(&world, &table, &[&[], &[]]).await;
        let there = |key| Before::There {
            link: "owner".into(),
            table: table.clone(),
            seen: free(),
            by: ID,
            value: Value::Int(key),
        };
        let change = |key: i64, needs: &[i64]| Deed {
            table: table.clone(),
            which: Some(Which::Keys(vec![Value::Int(key)])),
            write: write(&[(TITLE, text(&key.to_string()))]),
            alts: free(),
            before: needs.iter().map(|key| there(*key)).collect(),
            after: Vec::new(),
        };
        let write = |deeds, back| world.store.write_together(&table, deeds, back);
        let missing = write(vec![change(1, &[2]), change(2, &[1, 99])], back(&[])).await;
        assert_eq!(missing, Err(in_row(1, StoreError::NoTarget("owner".into()))));
        assert_eq!(ids(&world, &table, cmp(TITLE, CmpOp::NotEmpty, &[])).await, [0i64; 0]);
        // What is not there to be changed needs nothing, and nothing happens for its sake.
        let done = write(vec![change(2, &[1]), change(99, &[99]), change(1, &[])], back(&[TITLE])).await;
        assert_eq!(done.unwrap().rows, [[Some(text("2"))], [Some(text("1"))]]);
    }
}

#[tokio::test]
async fn counts_are_remembered_only_until_the_table_changes() {
    for world in both() {
        let table = todos(&world).await;
        let count = async || world.store.count_records(&table, query(&[])).await.unwrap();
        for n in 0..5 {
            assert_eq!((count().await, count().await), (n, n));
            fill(&world, &table, &[&[]]).await;
        }
        let all = Which::Matching(EVERY);
        world.store.delete_records(&table, all, free()).await.unwrap();
        assert_eq!(count().await, 0);
    }
}

#[tokio::test]
async fn text_operators_take_every_letter_literally_and_ignore_case() {
    for world in both() {
        let table = todos(&world).await;
        let titles = ["100%", "100x", "a_b", "aXb", "back\\slash", "Straße ÜBER", "", "x\0y"];
        let rows: Vec<[(FieldNo, Value); 1]> = titles.iter().map(|t| [(TITLE, text(t))]).collect();
        let rows: Vec<&[(FieldNo, Value)]> = rows.iter().map(|row| row.as_slice()).collect();
        fill(&world, &table, &rows).await;
        fill(&world, &table, &[&[]]).await;
        use CmpOp::*;
        let long = "z".repeat(60_000);
        for (op, operand, expected) in [
            (Contains, "0%", vec![1]),
            (Contains, "_", vec![3]),
            (Contains, "\\", vec![5]),
            (Contains, "über", vec![6]),
            (Contains, "STRA", vec![6]),
            (StartsWith, "A_", vec![3]),
            (StartsWith, "STRASSE", vec![]),
            (StartsWith, "straß", vec![6]),
            (EndsWith, "B", vec![3, 4]),
            (EndsWith, "über", vec![6]),
            (NotContains, "0", vec![3, 4, 5, 6, 7, 8]),
            (NotStartsWith, "1", vec![3, 4, 5, 6, 7, 8]),
            (NotEndsWith, "Ü", vec![1, 2, 3, 4, 5, 6, 7, 8]),
            (Contains, &long, vec![]),
            (NotContains, &long, vec![1, 2, 3, 4, 5, 6, 7, 8]),
            (Contains, "\0", vec![8]),
        ] {
            let found = ids(&world, &table, cmp(TITLE, op, &[text(operand)])).await;
            assert_eq!(found, expected, "{op:?} {:.20}", operand);
        }
        assert_eq!(ids(&world, &table, cmp(TITLE, Empty, &[])).await, [7, 9]);
        assert_eq!(ids(&world, &table, cmp(TITLE, NotEmpty, &[])).await, [1, 2, 3, 4, 5, 6, 8]);
    }
}

#[tokio::test]
async fn comparisons_know_null_lists_and_kinds() {
    let world = World::memory();
    let table = todos(&world).await;
    let row = |owner: Value, done: Value, price: Value| {
        vec![(OWNER, owner), (DONE, done), (PRICE, price), (AT, Value::Instant(Millis(T0)))]
    };
    fill(
        &world,
        &table,
        &[
            &row(Value::Int(1), Value::Bool(true), text("9.50")),
            &row(Value::Int(2), Value::Bool(false), text("10.0")),
            &row(Value::Null, Value::Null, Value::Null),
        ],
    )
    .await;
    use CmpOp::*;
    let ints = |list: &[i64]| list.iter().map(|n| Value::Int(*n)).collect::<Vec<_>>();
    let many: Vec<i64> = (2..1_000).collect();
    let or_null = [Value::Int(1), Value::Null];
    for (field, op, values, expected) in [
        (OWNER, Eq, ints(&[1]), vec![1]),
        (OWNER, Ne, ints(&[1]), vec![2, 3]),
        (OWNER, Eq, vec![Value::Null], vec![3]),
        (OWNER, Ne, vec![Value::Null], vec![1, 2]),
        (OWNER, Gt, ints(&[1]), vec![2]),
        (OWNER, Gt, vec![Value::Null], vec![]),
        (OWNER, In, ints(&[1, 5]), vec![1]),
        (OWNER, In, ints(&many), vec![2]),
        (OWNER, In, vec![], vec![]),
        (OWNER, In, or_null.to_vec(), vec![1, 3]),
        (OWNER, NotIn, ints(&[1]), vec![2, 3]),
        (OWNER, NotIn, ints(&many), vec![1, 3]),
        (OWNER, NotIn, or_null.to_vec(), vec![2]),
        (OWNER, NotIn, vec![], vec![1, 2, 3]),
        (OWNER, Between, ints(&[2, 9]), vec![2]),
        (DONE, True, vec![], vec![1]),
        (DONE, False, vec![], vec![2, 3]),
        (DONE, Eq, vec![Value::Bool(false)], vec![2]),
        (PRICE, Gt, vec![text("9.5")], vec![2]),
        (PRICE, Eq, vec![text("10")], vec![2]),
        (AT, Lte, vec![Value::Instant(Millis(T0))], vec![1, 2, 3]),
        (AT, Empty, vec![], vec![]),
        (FieldNo(99), Eq, ints(&[1]), vec![]),
    ] {
        let found = ids(&world, &table, cmp(field, op, &values)).await;
        assert_eq!(found, expected, "{field:?} {op:?} {} values", values.len());
    }
    let not_first = BoundFilter::Not(Box::new(cmp(OWNER, Eq, &ints(&[1]))));
    assert_eq!(ids(&world, &table, not_first).await, [2], "of null it remains unknown");
    let either = BoundFilter::Or(vec![cmp(OWNER, Eq, &ints(&[1])), BoundFilter::Never]);
    assert_eq!(ids(&world, &table, either).await, [1]);
    assert_eq!(ids(&world, &table, BoundFilter::Or(Vec::new())).await, [0i64; 0]);
    assert_eq!(ids(&world, &table, BoundFilter::Not(Box::new(BoundFilter::Never))).await, [1, 2, 3]);

    let sort = vec![BoundSort::own(PRICE, true), BoundSort::own(ID, false)];
    let page = BoundQuery { sort, offset: 1, limit: 1, ..query(&[ID]) };
    let page = world.store.list_records(&table, page).await.unwrap();
    assert_eq!((page.rows, page.total), (vec![vec![Some(Value::Int(1))]], Some(3)));
}

#[tokio::test]
async fn arrays_are_compared_by_their_elements() {
    let world = World::memory();
    let table = todos(&world).await;
    let rows = ["[\"a\",\"b\"]", "[\"b\",\"a\",\"a\"]", "[]", "[1]"].map(|t| [(TAGS, Value::Json(t.into()))]);
    let rows: Vec<&[(FieldNo, Value)]> = rows.iter().map(|row| row.as_slice()).collect();
    fill(&world, &table, &rows).await;
    fill(&world, &table, &[&[]]).await;
    use CmpOp::*;
    for (op, values, expected) in [
        (AnyOf, vec![text("a"), text("x")], vec![1, 2]),
        (AnyOf, vec![Value::Int(1)], vec![4]),
        (AnyOf, vec![Value::Json("[\"b\"]".into())], vec![1, 2]),
        (AnyOf, vec![], vec![]),
        (NoneOf, vec![text("a")], vec![3, 4, 5]),
        (Match, vec![text("b"), text("a")], vec![1, 2]),
        (Match, vec![text("a")], vec![]),
        (Match, vec![Value::Json("[]".into())], vec![3, 5]),
        (NotMatch, vec![text("a"), text("b")], vec![3, 4, 5]),
        (Empty, vec![], vec![3, 5]),
        (NotEmpty, vec![], vec![1, 2, 4]),
    ] {
        let found = ids(&world, &table, cmp(TAGS, op, &values)).await;
        assert_eq!(found, expected, "{op:?} {values:?}");
    }
}

#[tokio::test]
async fn the_largest_allowed_filter_is_answered() {
    let world = World::memory();
    let table = todos(&world).await;
    fill(&world, &table, &[&[(OWNER, Value::Int(1))]]).await;
    let list: Vec<Value> = (0..1_000).map(Value::Int).collect();
    let parts = vec![cmp(OWNER, CmpOp::In, &list); 256];
    assert_eq!(ids(&world, &table, BoundFilter::And(parts.clone())).await, [1]);
    let alts = (0..8).map(|_| BoundAlt { rows: BoundFilter::Or(parts.clone()), fields: only(&[ID]) });
    let page = BoundQuery { alts: alts.collect(), ..query(&[ID, TITLE]) };
    let page = world.store.list_records(&table, page).await.unwrap();
    assert_eq!(page.rows, [[Some(Value::Int(1)), None]]);
}

#[tokio::test]
async fn tables_without_a_numbered_key_work_too() {
    for world in both() {
        let base = world.store.main_base();
        let text_key = Field { primary: true, ..field("slug", FieldKind::Text) };
        let fields = vec![text_key, field("n", FieldKind::Integer)];
        let new = NewTable { base, name: "slugs".into(), title: None, fields, extra: None };
        let table = world.store.create_table(&by(), new).await.unwrap();
        let rows = ["b", "a"].map(|slug| write(&[(ID, text(slug))])).to_vec();
        let page = world.store.create_records(&table, rows, free(), back(&[ID])).await.unwrap();
        assert_eq!(page.rows, [[Some(text("b"))], [Some(text("a"))]]);
        let missing = world.store.create_records(&table, vec![write(&[])], free(), back(&[])).await;
        assert_eq!(missing, Err(StoreError::Required("slug".into())));

        let fields = vec![field("n", FieldKind::Integer)];
        let new = NewTable { base, name: "bare".into(), title: None, fields, extra: None };
        let table = world.store.create_table(&by(), new).await.unwrap();
        let rows = vec![write(&[(ID, Value::Int(5))]); 2];
        let page = world.store.create_records(&table, rows, free(), back(&[ID])).await.unwrap();
        assert_eq!(page.rows, [[Some(Value::Int(5))], [Some(Value::Int(5))]]);
    }
}
