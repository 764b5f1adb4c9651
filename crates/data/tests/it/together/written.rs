//! What is made, changed, linked and unlinked together with a record.

use data::{DataError, Draft, FieldSpec, Linking, Other, Which};
use domain::{
    access::{Fields, Op},
    catalog::FieldKind,
    limits,
    query::{BoundAlt, BoundFilter, BoundQuery, Filter},
    value::Value,
};
use serde_json::json;

use super::{create, house, keys, labels, new, no_target, rows, to, update};
use crate::world::{column, ints, texts, values};

#[tokio::test]
async fn records_made_and_changed_inside_of_another_are_linked_with_it() {
    let world = house().await;
    let owner = world.owner();
    let links = vec![
        to("project", vec![new(json!({"title": "two"}))]),
        to("note", vec![new(json!({"title": "n"}))]),
        to(
            "labels",
            vec![
                Other::Key(json!(1)),
                new(json!({"title": "new"})),
                Other::Changed(json!("2"), values(json!({"title": "GREEN"})).into()),
            ],
        ),
    ];
    let made = create(&world, &owner, "tasks", json!({"title": "a"}), links).await.unwrap();
    assert_eq!(ints(&made.records, "projectId"), [2]);
    let project = made.records.table.field("projectId").unwrap().no;
    assert!(made.set[0].contains(&project));
    assert_eq!(labels(&world, 1).await, ["red", "GREEN", "new"]);
    assert_eq!(ints(&rows(&world, "notes").await, "taskId"), [1]);
    // And one level deeper, from the other side.
    let task = Draft {
        values: values(json!({"title": "b"})),
        links: vec![to("labels", vec![new(json!({"title": "deep"}))])],
        ..Draft::default()
    };
    let tasks = vec![Other::New(task), Other::Key(json!(1))];
    let made = create(&world, &owner, "projects", json!({"title": "three"}), vec![to("tasks", tasks)])
        .await
        .unwrap();
    assert_eq!(ints(&made.records, "id"), [3]);
    assert_eq!(ints(&rows(&world, "tasks").await, "projectId"), [3, 3]);
    assert_eq!(labels(&world, 2).await, ["deep"]);
}

#[tokio::test]
async fn links_are_added_removed_set_and_toggled_as_one() {
    let world = house().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a"}), vec![to("labels", keys(&[1, 2]))]).await.unwrap();
    let allowed = owner.on(Op::RecordUpdate, "tasks");
    for (how, targets, want) in [
        (Linking::Add, vec![2, 3], vec!["red", "green", "blue"]),
        (Linking::Remove, vec![1, 2], vec!["blue"]),
        (Linking::Toggle, vec![3, 1, 1], vec!["red"]),
        (Linking::Set, vec![2, 3], vec!["green", "blue"]),
        (Linking::Set, vec![], vec![]),
    ] {
        let targets = keys(&targets);
        world.data.link(&allowed, &json!(1), "labels", &targets, how).await.unwrap();
        assert_eq!(labels(&world, 1).await, want, "{how:?} {targets:?}");
        let bad = keys(&[1, 99]);
        let refused = world.data.link(&allowed, &json!(1), "labels", &bad, how).await;
        // What is not there is removed already.
        let removed = how == Linking::Remove && refused.is_ok();
        assert!(removed || no_target(&refused, "labels"), "{how:?}: {refused:?}");
        assert_eq!(labels(&world, 1).await, want, "{how:?}");
    }
    // Where the other side holds the key, and where this one does.
    let projects = owner.on(Op::RecordUpdate, "projects");
    let held = || async { column(&rows(&world, "tasks").await, "projectId") };
    let link = |how, key: i64| {
        let (world, projects) = (&world, &projects);
        async move { world.data.link(projects, &json!(1), "tasks", &keys(&[key]), how).await }
    };
    link(Linking::Toggle, 1).await.unwrap();
    assert_eq!(held().await, [Value::Int(1)]);
    link(Linking::Toggle, 1).await.unwrap();
    assert_eq!(held().await, [Value::Null]);
    for (how, want) in [
        (Linking::Toggle, Value::Int(1)),
        (Linking::Remove, Value::Null),
        (Linking::Set, Value::Int(1)),
        (Linking::Toggle, Value::Null),
    ] {
        world.data.link(&allowed, &json!(1), "project", &keys(&[1]), how).await.unwrap();
        assert_eq!(held().await, [want], "{how:?}");
    }
}

#[tokio::test]
async fn every_record_of_a_change_gets_links_of_its_own() {
    let world = house().await;
    let owner = world.owner();
    for title in ["a", "b"] {
        create(&world, &owner, "tasks", json!({"title": title}), vec![]).await.unwrap();
    }
    let draft = Draft {
        values: values(json!({"title": "x"})),
        links: vec![to("labels", vec![new(json!({"title": "own"})), Other::Key(json!(1))])],
        ..Draft::default()
    };
    let allowed = owner.on(Op::RecordUpdate, "tasks");
    let written = world.data.update(&allowed, &Which::Filter(Filter::ALL), draft, false).await.unwrap();
    assert_eq!(ints(&written.records, "id"), [1, 2]);
    for task in [1, 2] {
        assert_eq!(labels(&world, task).await, ["red", "own"]);
    }
    assert_eq!(texts(&rows(&world, "labels").await, "title"), ["red", "green", "blue", "own", "own"]);
    let nobody = world
        .data
        .update(
            &allowed,
            &Which::key(99),
            Draft::linking("project", Linking::Set, vec![new(json!({}))]),
            false,
        )
        .await;
    assert!(nobody.unwrap().records.rows.is_empty());
    assert_eq!(
        rows(&world, "projects").await.rows.len(),
        1,
        "nothing is made for a record that is not there"
    );
}

#[tokio::test]
async fn the_way_back_to_the_record_around_it_is_not_another_link() {
    let world = house().await;
    let owner = world.owner();
    let back = |other: Other| Draft {
        values: values(json!({"title": "t"})),
        links: vec![to("project", vec![other])],
        ..Draft::default()
    };
    let tasks = vec![Other::New(back(new(json!({"title": "x"})))), Other::New(back(Other::Key(json!(99))))];
    create(&world, &owner, "projects", json!({"title": "two"}), vec![to("tasks", tasks)]).await.unwrap();
    assert_eq!(ints(&rows(&world, "tasks").await, "projectId"), [2, 2]);
    let changed = vec![Other::Changed(json!(1), back(Other::Key(json!(1))))];
    let draft = Draft { values: values(json!({})), links: vec![to("tasks", changed)], ..Draft::default() };
    world.data.update(&owner.on(Op::RecordUpdate, "projects"), &Which::key(2), draft, false).await.unwrap();
    assert_eq!(column(&rows(&world, "tasks").await, "projectId"), [Value::Int(2), Value::Null]);
    assert_eq!(rows(&world, "projects").await.rows.len(), 2);
}

#[tokio::test]
async fn a_password_inside_of_another_record_is_kept_as_a_hash_too() {
    let world = house().await;
    let owner = world.owner();
    for table in ["labels", "projects", "notes"] {
        let spec = FieldSpec::new("pin", FieldKind::Password);
        world.add_field(&owner.on(Op::FieldCreate, table), spec).await.unwrap();
    }
    let with_pin = || values(json!({"pin": "hunter22"}));
    let links = vec![
        to("labels", vec![Other::New(with_pin().into()), Other::Changed(json!(1), with_pin().into())]),
        to("project", vec![Other::New(with_pin().into())]),
        to("note", vec![Other::New(with_pin().into())]),
    ];
    create(&world, &owner, "tasks", json!({}), links).await.unwrap();
    let changed = vec![Other::Changed(json!(1), with_pin().into())];
    update(&world, &owner, 1, json!({}), vec![to("project", changed)]).await.unwrap();
    let mut kept = 0;
    for name in ["labels", "projects", "notes"] {
        let table = world.table(name);
        let pin = table.field("pin").unwrap().no;
        let everything = BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All };
        let query = BoundQuery {
            alts: vec![everything],
            filter: BoundFilter::And(Vec::new()),
            sort: Vec::new(),
            select: vec![pin],
            offset: 0,
            limit: 100,
            count: false,
        };
        for value in world.store.list_records(&table, query).await.unwrap().rows.into_iter().flatten() {
            match value.unwrap() {
                Value::Null => {}
                Value::Text(hash) => {
                    assert!(hash.starts_with("$argon2id$"), "{name}");
                    kept += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(kept, 5);
    let many = (0..=limits::PASSWORDS_PER_WRITE_MAX).map(|_| Other::New(with_pin().into())).collect();
    let refused = create(&world, &owner, "tasks", json!({}), vec![to("labels", many)]).await;
    assert!(matches!(refused, Err(DataError::Validation(_))), "hashing is slow on purpose: {refused:?}");
}
