//! Several changes of the structure as one command: all of them or none, one version of the catalog, whatever stands
//! against the last of them and whenever the server is killed.

use std::sync::Arc;

use domain::{
    FieldNo,
    access::Fields,
    catalog::{Field, FieldKind, Table},
    query::{BoundAlt, BoundFilter, BoundWrite},
    value::Value,
};
use store::{FieldPatch, NewTable, Place, ReadBack, Step, Store, StoreError, TablePatch};

use crate::{
    records::{field, id_field, todos},
    world::{World, both, by},
};

fn new_table(world: &World, name: &str) -> NewTable {
    let fields = vec![id_field(), field("left", FieldKind::BigInt), field("right", FieldKind::BigInt)];
    NewTable { base: world.store.main_base(), name: name.into(), title: None, fields, extra: None }
}

fn unique() -> FieldPatch {
    FieldPatch { unique: Some(true), ..FieldPatch::default() }
}

fn titled(title: &str) -> TablePatch {
    TablePatch { title: Some(Some(title.to_owned())), ..TablePatch::default() }
}

/// Two records of the same title, so that it cannot become unique.
async fn twins(world: &World, table: &Arc<Table>) {
    let row = || BoundWrite { values: vec![(FieldNo(2), Value::Text("a".into()))], dropped: Vec::new() };
    let alts = vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }];
    world.store.create_records(table, vec![row(), row()], alts, ReadBack::default()).await.unwrap();
}

/// Changes that work, of every kind there is.
fn good(world: &World, table: &Table) -> Vec<Step> {
    let of = table.id;
    let default = Field { default: Some("4".into()), ..field("rank", FieldKind::Integer) };
    vec![
        Step::CreateTable(new_table(world, "pairs")),
        Step::PatchTable { table: of, patch: titled("changed") },
        Step::AddField { table: of, field: default },
        Step::AddField { table: of, field: Field { unique: true, ..field("slug", FieldKind::Text) } },
        Step::PatchField {
            table: of,
            field: FieldNo(3),
            patch: FieldPatch { name: Some("ready".into()), ..FieldPatch::default() },
        },
        Step::DropField { table: of, field: FieldNo(7) },
    ]
}

#[tokio::test]
async fn steps_are_taken_in_order_and_seen_as_one_change() {
    for world in both() {
        let table = todos(&world).await;
        twins(&world, &table).await;
        let (version, feed) =
            (world.store.catalog().version, world.store.feed(0, 1_000).await.unwrap().len());
        let steps = good(&world, &table);
        let answered = world.store.reshape(&by(), table.base, steps).await.unwrap();
        let catalog = world.store.catalog();
        assert_eq!(catalog.version, version + 1);
        assert_eq!(world.store.feed(0, 1_000).await.unwrap().len(), feed + 1);
        let names: Vec<_> = answered.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["pairs", "todos"]);
        for table in &answered {
            assert_eq!(catalog.tables.get(&table.id), Some(table), "what is answered is what is there");
        }
        let todos = &answered[1];
        assert_eq!(todos.title.as_deref(), Some("changed"));
        assert!(
            todos.field("ready").is_some() && todos.field("price").is_none() && todos.field("rank").is_some()
        );
        assert_eq!(world.store.integrity().await.unwrap().problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_step_that_cannot_be_taken_takes_back_all_before_it() {
    for world in both() {
        let table = todos(&world).await;
        twins(&world, &table).await;
        let of = table.id;
        let other = world.store.create_table(&by(), new_table(&world, "other")).await.unwrap();
        let bad = [
            (
                Step::PatchField { table: of, field: FieldNo(2), patch: unique() },
                StoreError::Conflict("title".into()),
            ),
            (
                Step::AddField { table: of, field: field("title", FieldKind::Text) },
                StoreError::Conflict("title".into()),
            ),
            (
                Step::AddField { table: of, field: field("slug", FieldKind::Text) },
                StoreError::Conflict("slug".into()),
            ),
            (Step::CreateTable(new_table(&world, "PAIRS")), StoreError::Conflict("name".into())),
            (
                Step::PatchTable {
                    table: other.id,
                    patch: TablePatch { name: Some("Todos".into()), ..TablePatch::default() },
                },
                StoreError::Conflict("name".into()),
            ),
            (Step::DropField { table: of, field: FieldNo(1) }, StoreError::Conflict("primary".into())),
            (Step::DropField { table: of, field: FieldNo(7) }, StoreError::NotFound),
            (Step::PatchField { table: other.id, field: FieldNo(99), patch: unique() }, StoreError::NotFound),
        ];
        let before = world.store.catalog();
        let feed = world.store.feed(0, 1_000).await.unwrap().len();
        for (step, error) in bad {
            let mut steps = good(&world, &table);
            steps.push(step.clone());
            assert_eq!(world.store.reshape(&by(), table.base, steps).await, Err(error), "{step:?}");
            let after = world.store.catalog();
            assert_eq!((after.version, &after.tables), (before.version, &before.tables), "{step:?}");
            assert_eq!(world.store.feed(0, 1_000).await.unwrap().len(), feed);
        }
        // Nothing of it is left on the disk either: the same changes work afterwards.
        world.store.reshape(&by(), table.base, good(&world, &table)).await.unwrap();
        assert_eq!(world.store.integrity().await.unwrap().problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_table_dropped_on_the_way_is_gone_for_the_steps_behind() {
    let world = World::memory();
    let table = todos(&world).await;
    let gone =
        vec![Step::DropTable { table: table.id }, Step::PatchTable { table: table.id, patch: titled("x") }];
    assert_eq!(world.store.reshape(&by(), table.base, gone).await, Err(StoreError::NotFound));
    assert!(world.store.catalog().tables.contains_key(&table.id));
    let again = vec![Step::DropTable { table: table.id }, Step::CreateTable(new_table(&world, "todos"))];
    let answered = world.store.reshape(&by(), table.base, again).await.unwrap();
    assert_eq!(answered.len(), 1);
    assert_ne!(answered[0].id, table.id);
}

/// Every prefix of a random list of steps leaves what its steps leave one by one, or nothing.
#[tokio::test]
async fn whatever_is_asked_for_happens_as_it_would_one_by_one_or_not_at_all() {
    for seed in 0..60_u64 {
        let (together, apart) = (World::memory(), World::memory());
        let tables = [todos(&together).await, todos(&apart).await];
        twins(&together, &tables[0]).await;
        twins(&apart, &tables[1]).await;
        let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut roll = move |sides: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance % sides
        };
        let asked: Vec<(u64, u32)> = (0..6).map(|_| (roll(6), roll(12) as u32 + 1)).collect();
        let steps = |world: &World, table: &Table| -> Vec<Step> {
            asked.iter().map(|(what, n)| step(world, table, *what, *n)).collect()
        };
        let before = shapes(&together.store);
        let all = together.store.reshape(&by(), tables[0].base, steps(&together, &tables[0])).await;
        let mut each = Ok(());
        for step in steps(&apart, &tables[1]) {
            each = apart.store.reshape(&by(), tables[1].base, vec![step]).await.map(drop);
            if each.is_err() {
                break;
            }
        }
        match all {
            Ok(_) => {
                assert_eq!(each, Ok(()), "{asked:?}");
                assert_eq!(shapes(&together.store), shapes(&apart.store), "{asked:?}");
            }
            Err(error) => {
                assert_eq!(each, Err(error), "{asked:?}");
                assert_eq!(shapes(&together.store), before, "{asked:?}");
            }
        }
    }
}

fn step(world: &World, table: &Table, what: u64, n: u32) -> Step {
    let of = table.id;
    match what {
        0 => Step::AddField {
            table: of,
            field: Field { unique: n.is_multiple_of(2), ..field(&format!("n{n}"), FieldKind::Text) },
        },
        1 => Step::DropField { table: of, field: FieldNo(n) },
        2 => Step::PatchField { table: of, field: FieldNo(n), patch: unique() },
        3 => {
            let name = Some(format!("n{}", n + 1));
            Step::PatchField {
                table: of,
                field: FieldNo(n),
                patch: FieldPatch { name, ..FieldPatch::default() },
            }
        }
        4 => Step::CreateTable(new_table(world, &format!("t{}", n % 4))),
        _ => Step::PatchTable { table: of, patch: titled(&n.to_string()) },
    }
}

/// Names, titles and fields of all tables, without their ids.
fn shapes(store: &Store) -> Vec<(u32, String, Option<String>, Vec<Field>)> {
    let catalog = store.catalog();
    let shape = |t: &Arc<Table>| (t.no, t.name.clone(), t.title.clone(), t.fields.clone());
    let mut shapes: Vec<_> = catalog.tables.values().map(shape).collect();
    shapes.sort_by_key(|shape| shape.0);
    shapes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_moment_leaves_whole_commands() {
    let world = World::disk();
    let folder = world.folder.as_ref().unwrap().path().to_owned();
    let table = todos(&world).await;
    // Holds an old snapshot, so that the log is not folded in between the copies of the two files.
    let bystander = rusqlite::Connection::open(folder.join("keyward.db")).unwrap();
    bystander.execute_batch("BEGIN; SELECT count(*) FROM meta;").unwrap();
    let (store, of, base) = (world.store.clone(), table.id, table.base);
    let writer = tokio::spawn(async move {
        for round in 0..40 {
            let add =
                |n| Step::AddField { table: of, field: field(&format!("r{round}_{n}"), FieldKind::Text) };
            let title = Step::PatchTable { table: of, patch: titled(&format!("{}", round + 1)) };
            let steps = (0..3).map(add).chain([title]).collect();
            store.reshape(&by(), base, steps).await.unwrap();
        }
    });
    let mut last = false;
    while !last {
        last = writer.is_finished();
        let acknowledged = titled_rounds(&world.store, of);
        let image = tempfile::tempdir().unwrap();
        for name in ["keyward.db", "keyward.db-wal"] {
            std::fs::copy(folder.join(name), image.path().join(name)).unwrap();
        }
        let after = Store::open(world.options(Place::Folder(image.path().to_owned()))).unwrap();
        let rounds = titled_rounds(&after, of);
        assert!(rounds >= acknowledged, "what was acknowledged is there: {rounds} of {acknowledged}");
        let fields = after.catalog().tables[&of].fields.iter().filter(|f| f.name.starts_with('r')).count();
        assert_eq!(fields, rounds * 3);
        assert_eq!(after.integrity().await.unwrap().problems, Vec::<String>::new());
    }
    writer.await.unwrap();
    assert_eq!(titled_rounds(&world.store, of), 40);
    drop(bystander);
}

fn titled_rounds(store: &Store, table: domain::TableId) -> usize {
    store.catalog().tables[&table].title.as_deref().map_or(0, |title| title.parse().unwrap())
}
