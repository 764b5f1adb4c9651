//! Tables and fields: the catalog and the physical tables change together.

use domain::{
    FieldNo,
    access::Fields,
    catalog::{Field, FieldKind, SystemField},
    query::{BoundAlt, BoundCmp, BoundFilter, BoundQuery, BoundWrite, CmpOp},
    value::Value,
};
use store::{Change, FieldPatch, NewTable, ReadBack, StoreError, TablePatch, Which};

use crate::{
    records::{field, id_field, todos},
    world::{World, both, by},
};

#[tokio::test]
async fn a_table_is_in_the_catalog_before_its_maker_has_the_answer() {
    for world in both() {
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let into = told.clone();
        world.store.subscribe(Box::new(move |change| {
            if let Change::Catalog(catalog) = change {
                into.lock().unwrap().push(catalog.version);
            }
        }));
        let table = todos(&world).await;
        let catalog = world.store.catalog();
        assert_eq!(catalog.table(world.store.main_base(), "todos"), Some(&table));
        assert_eq!(*told.lock().unwrap(), [catalog.version]);
        let base = catalog.base("main").unwrap();
        assert_eq!(base.id, world.store.main_base());
    }
}

#[tokio::test]
async fn names_are_unique_and_the_conflict_says_which() {
    let world = World::memory();
    let table = todos(&world).await;
    let base = world.store.main_base();
    let same = NewTable { base, name: "todos".into(), title: None, fields: vec![id_field()], extra: None };
    assert_eq!(world.store.create_table(&by(), same.clone()).await, Err(StoreError::Conflict("name".into())));
    let twice = field("x", FieldKind::Text);
    let twice = NewTable { name: "twice".into(), fields: vec![twice.clone(), twice], ..same };
    assert_eq!(world.store.create_table(&by(), twice).await, Err(StoreError::Conflict("x".into())));
    assert!(world.store.catalog().table(base, "twice").is_none());
    let title = field("title", FieldKind::Text);
    assert_eq!(
        world.store.add_field(&by(), base, table.id, title).await,
        Err(StoreError::Conflict("title".into()))
    );
    let other_base = world.store.create_base(&by(), table.workspace, "other").await.unwrap();
    assert_eq!(
        world.store.patch_table(&by(), other_base.id, table.id, TablePatch::default()).await,
        Err(StoreError::NotFound),
        "a table is only seen from its own base"
    );
}

fn everything(select: &[u32]) -> BoundQuery {
    BoundQuery {
        alts: vec![BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All }],
        filter: BoundFilter::And(Vec::new()),
        sort: Vec::new(),
        select: select.iter().map(|no| FieldNo(*no)).collect(),
        offset: 0,
        limit: 100,
        count: true,
    }
}

#[tokio::test]
async fn fields_come_and_go_with_their_values_and_numbers_are_not_used_again() {
    for world in both() {
        let (store, base) = (&world.store, world.store.main_base());
        let table = todos(&world).await;
        let rows = ["a", "a"].map(|title| BoundWrite {
            values: vec![(FieldNo(2), Value::Text(title.into()))],
            dropped: Vec::new(),
        });
        let alts = everything(&[]).alts;
        store.create_records(&table, rows.to_vec(), alts, ReadBack::default()).await.unwrap();

        let last = table.fields.last().unwrap().no;
        let table = store.add_field(&by(), base, table.id, field("note", FieldKind::Text)).await.unwrap();
        let note = table.field("note").unwrap().no;
        assert_eq!(note, FieldNo(last.0 + 1));
        let unique = FieldPatch { unique: Some(true), ..FieldPatch::default() };
        assert_eq!(
            store.patch_field(&by(), base, table.id, FieldNo(2), unique.clone()).await,
            Err(StoreError::Conflict("title".into())),
            "the values are not unique"
        );
        store.patch_field(&by(), base, table.id, note, unique).await.unwrap();
        let renamed = FieldPatch { name: Some("remark".into()), ..FieldPatch::default() };
        let table = store.patch_field(&by(), base, table.id, note, renamed).await.unwrap();
        assert!(table.field("note").is_none() && table.field("remark").is_some_and(|f| f.unique));

        let table = store.drop_field(&by(), base, table.id, note).await.unwrap();
        assert!(table.field("remark").is_none());
        let table = store.add_field(&by(), base, table.id, field("note", FieldKind::Text)).await.unwrap();
        assert_eq!(table.field("note").unwrap().no, FieldNo(note.0 + 1));
        assert_eq!(
            store.drop_field(&by(), base, table.id, FieldNo(1)).await,
            Err(StoreError::Conflict("primary".into()))
        );
        assert_eq!(store.list_records(&table, everything(&[1, 2])).await.unwrap().total, Some(2));
    }
}

#[tokio::test]
async fn a_call_about_a_table_that_was_dropped_meanwhile_finds_nothing() {
    for world in both() {
        let table = todos(&world).await;
        world.store.drop_table(&by(), world.store.main_base(), table.id).await.unwrap();
        assert_eq!(world.store.list_records(&table, everything(&[1])).await, Err(StoreError::NotFound));
        let row = BoundWrite { values: vec![(FieldNo(2), Value::Text("x".into()))], dropped: Vec::new() };
        let alts = everything(&[]).alts;
        assert_eq!(
            world.store.create_records(&table, vec![row], alts, ReadBack::default()).await,
            Err(StoreError::NotFound)
        );
        let again = todos(&world).await;
        assert!(again.no > table.no, "the name of a physical table is not used again");
    }
}

#[tokio::test]
async fn a_call_about_a_field_that_was_dropped_meanwhile_finds_nothing() {
    let world = World::memory();
    let table = todos(&world).await;
    world.store.drop_field(&by(), world.store.main_base(), table.id, FieldNo(2)).await.unwrap();
    assert_eq!(world.store.list_records(&table, everything(&[2])).await, Err(StoreError::NotFound));
    let cmp = BoundCmp { field: FieldNo(2), op: CmpOp::Eq, values: vec![Value::Text("f2".into())] };
    let filtered = BoundQuery { filter: BoundFilter::Cmp(cmp), ..everything(&[1]) };
    assert_eq!(world.store.list_records(&table, filtered).await, Err(StoreError::NotFound));
    let row = BoundWrite { values: vec![(FieldNo(2), Value::Text("x".into()))], dropped: Vec::new() };
    let alts = everything(&[]).alts;
    let which = Which::Matching(BoundFilter::And(Vec::new()));
    assert_eq!(
        world.store.update_records(&table, which, row.clone(), alts.clone(), ReadBack::default()).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(
        world.store.create_records(&table, vec![row], alts, ReadBack::default()).await,
        Err(StoreError::NotFound)
    );
}

#[tokio::test]
async fn every_kind_of_field_has_a_column_and_keeps_its_settings() {
    let world = World::memory();
    let mut fields = vec![id_field()];
    for kind in FieldKind::ALL {
        fields.push(Field { hidden: true, default: Some("1".into()), ..field(kind.name(), kind) });
    }
    fields.push(Field { system: Some(SystemField::CreatedBy), ..field("by", FieldKind::BigInt) });
    let new = NewTable {
        base: world.store.main_base(),
        name: "all".into(),
        title: Some("All".into()),
        fields: fields.clone(),
        extra: Some("{}".into()),
    };
    let table = world.store.create_table(&by(), new).await.unwrap();
    let expected: Vec<Field> =
        fields.into_iter().zip(1..).map(|(field, no)| Field { no: FieldNo(no), ..field }).collect();
    assert_eq!(table.fields, expected);
    assert_eq!(world.store.catalog().tables[&table.id], table);
}
