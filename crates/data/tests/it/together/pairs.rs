//! The rows of a table of pairs: filled by whoever may write the link, shown as far as their own rights go.

use data::{Draft, FieldSpec, Follow, Linking, Other, Records};
use domain::{
    access::Op,
    catalog::FieldKind,
    query::{Query, Select},
    value::Value,
};
use serde_json::{Value as Json, json};

use super::{create, house, keys, labels, limited, rows, to, update};
use crate::world::{Caller, World, column, limit, matching, texts, values};

/// As [`house`]; a pair has a note, a secret and a password.
async fn noted() -> World {
    let world = house().await;
    let fields = [
        FieldSpec::new("note", FieldKind::Text),
        FieldSpec { hidden: true, ..FieldSpec::new("secret", FieldKind::Text) },
        FieldSpec::new("pin", FieldKind::Password),
    ];
    for field in fields {
        world.add_field(&world.owner().on(Op::FieldCreate, "pairs"), field).await.unwrap();
    }
    world
}

fn with(key: i64, pair: Json) -> Other {
    Other::Changed(json!(key), Draft::pairing(values(pair)))
}

fn made(row: Json, pair: Json) -> Other {
    Other::New(Draft { values: values(row), ..Draft::pairing(values(pair)) })
}

async fn notes(world: &World) -> Vec<Value> {
    column(&rows(world, "pairs").await, "note")
}

/// What a caller is shown of the pairs of task 1, in a list with its labels and behind it: names and values.
async fn shown(world: &World, caller: &Caller<'_>) -> Vec<Vec<(String, Value)>> {
    let query = Query::default();
    let follow = [Follow { link: "labels".into(), select: Select::All, pair: true, then: Vec::new() }];
    let allowed = caller.on(Op::RecordRead, "tasks");
    let tasks = world.data.list_following(&allowed, &query, &follow).await.unwrap();
    let linked = &tasks.linked[0];
    let along: Vec<_> = match &linked.pairs {
        None => Vec::new(),
        Some(pairs) => pairs.of_row[0].iter().flatten().map(|at| said(&pairs.records, *at)).collect(),
    };
    let behind = world.data.list_behind(&allowed, &json!(1), "labels", &query, &[], true).await;
    let behind = behind.unwrap().unwrap();
    let found: Vec<_> = match behind.linked.first() {
        None => Vec::new(),
        Some(pairs) => pairs.of_row.iter().flatten().flatten().map(|at| said(&pairs.records, *at)).collect(),
    };
    assert_eq!(along, found, "the same in both");
    along
}

fn said(records: &Records, at: usize) -> Vec<(String, Value)> {
    let shown = |(no, value): (&domain::FieldNo, &Option<Value>)| {
        let field = records.table.field_by_no(*no).unwrap();
        let hidden = records.beside.contains(no) || field.hidden || field.kind == FieldKind::Password;
        value.clone().filter(|_| !hidden).map(|value| (field.name.clone(), value))
    };
    records.select.iter().zip(&records.rows[at]).filter_map(shown).collect()
}

#[tokio::test]
async fn a_pair_is_filled_when_it_is_made_and_changed_when_it_is_there() {
    let world = noted().await;
    let owner = world.owner();
    let links = vec![
        with(1, json!({"note": "one"})),
        Other::Key(json!(2)),
        made(json!({"title": "new"}), json!({"note": "made", "pin": "hunter22"})),
    ];
    create(&world, &owner, "tasks", json!({"title": "a"}), vec![to("labels", links)]).await.unwrap();
    let text = |note: &str| Value::Text(note.into());
    assert_eq!(notes(&world).await, [text("one"), Value::Null, text("made")]);
    let links =
        vec![with(2, json!({"note": "two"})), Other::Key(json!(1)), with(3, json!({"note": "three"}))];
    update(&world, &owner, 1, json!({}), vec![to("labels", links)]).await.unwrap();
    assert_eq!(notes(&world).await, [text("one"), text("two"), text("three")]);
    assert_eq!(labels(&world, 1).await, ["red", "green", "blue"]);
    let allowed = owner.on(Op::RecordUpdate, "tasks");
    let add = vec![with(1, json!({"note": "again", "nothing": 1}))];
    world.data.link(&allowed, &json!(1), "labels", &add, Linking::Add).await.unwrap();
    assert_eq!(notes(&world).await, [text("again"), text("two"), text("three")]);
    // Which rows it pairs, and its own key, nobody says but the link.
    let evil = vec![with(2, json!({"note": "x", "taskId": 99, "labelId": 99, "id": 99}))];
    world.data.link(&allowed, &json!(1), "labels", &evil, Linking::Add).await.unwrap();
    assert_eq!(labels(&world, 1).await, ["red", "green", "blue"]);
    world.data.link(&allowed, &json!(1), "labels", &evil, Linking::Remove).await.unwrap();
    world.data.link(&allowed, &json!(1), "labels", &evil, Linking::Toggle).await.unwrap();
    assert_eq!(notes(&world).await, [text("again"), text("three"), text("x")]);
    // A value that cannot be leaves nothing behind.
    let bad = vec![with(1, json!({"note": "gone"})), with(2, json!({"note": {"no": "text"}}))];
    assert!(world.data.link(&allowed, &json!(1), "labels", &bad, Linking::Add).await.is_err());
    assert_eq!(notes(&world).await, [text("again"), text("three"), text("x")]);
}

#[tokio::test]
async fn to_write_a_pair_takes_the_right_to_write_the_link_and_none_to_the_record_behind_it() {
    let world = noted().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a"}), vec![to("labels", keys(&[1]))]).await.unwrap();
    let labels_seen = || ("labels", vec![limit(&[Op::RecordRead], vec![], None)]);
    let all = [Op::RecordRead, Op::RecordUpdate];
    let writer = limited(&world, vec![("tasks", vec![limit(&all, vec![], None)]), labels_seen()]);
    let noted = || vec![to("labels", vec![with(1, json!({"note": "mine"}))])];
    update(&world, &writer, 1, json!({}), noted()).await.unwrap();
    assert_eq!(notes(&world).await, [Value::Text("mine".into())]);
    let reader =
        limited(&world, vec![("tasks", vec![limit(&all, vec![], Some(&["id", "title"]))]), labels_seen()]);
    let other = vec![to("labels", vec![with(1, json!({"note": "not mine"}))])];
    update(&world, &reader, 1, json!({"title": "b"}), other).await.unwrap();
    assert_eq!(notes(&world).await, [Value::Text("mine".into())], "dropped like any other value");
}

#[tokio::test]
async fn of_a_pair_that_holds_more_than_its_keys_only_what_its_own_rights_allow_is_shown() {
    let world = house().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a"}), vec![to("labels", keys(&[1, 2]))]).await.unwrap();
    let reads = |table, rows, fields| (table, vec![limit(&[Op::RecordRead], rows, fields)]);
    let basics = || vec![reads("tasks", vec![], None), reads("labels", vec![], None)];
    let names = |rows: &[Vec<(String, Value)>]| -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|(name, _)| name.clone()).collect()).collect()
    };
    // Nothing but pairs: as much as the link tells.
    let plain = shown(&world, &limited(&world, basics())).await;
    assert_eq!(names(&plain), [["id", "taskId", "labelId"], ["id", "taskId", "labelId"]]);
    world
        .add_field(&owner.on(Op::FieldCreate, "pairs"), FieldSpec::new("note", FieldKind::Text))
        .await
        .unwrap();
    let links = vec![with(1, json!({"note": "seen"})), with(2, json!({"note": "unseen"}))];
    update(&world, &owner, 1, json!({}), vec![to("labels", links)]).await.unwrap();
    assert!(shown(&world, &limited(&world, basics())).await.is_empty(), "no right to the pairs");
    let rows_of = vec![matching("note", "seen")];
    for (rows, fields, want) in [
        (vec![], Some(&["id", "note"][..]), vec![vec!["id", "note"], vec!["id", "note"]]),
        (rows_of.clone(), None, vec![vec!["id", "taskId", "labelId", "note"]]),
        (rows_of, Some(&["id", "labelId"][..]), vec![vec!["id", "labelId"]]),
    ] {
        let tables = basics().into_iter().chain([reads("pairs", rows, fields)]).collect();
        let seen = shown(&world, &limited(&world, tables)).await;
        assert_eq!(names(&seen), want);
        let told = format!("{seen:?}");
        assert!(want.len() == 2 || !told.contains("unseen"), "{told}");
    }
    assert_eq!(texts(&rows(&world, "tasks").await, "title"), ["a"]);
}
