//! Stored forms of every type, as the product's own SQLite files hold them.

use std::collections::{HashMap, HashSet};

use domain::{
    BaseId, FieldNo, TableId, WorkspaceId,
    catalog::{Field, SystemField},
};

use super::*;

fn collection() -> Collection {
    Collection {
        name: "all".to_owned(),
        body: Value::Null,
        notes: Vec::new(),
        data_table: "all".to_owned(),
        same: Vec::new(),
        pairs: false,
        needs: Vec::new(),
        key: "k".to_owned(),
        user_columns: HashSet::from(["assigneeId".to_owned()]),
        columns: HashMap::from([("renamed".to_owned(), "otherColumn".to_owned())]),
        ticks: HashMap::from([("seconds".to_owned(), 1_000), ("millis".to_owned(), 1)]),
    }
}

fn table(fields: &[(&str, FieldKind)]) -> Table {
    let field = |(no, (name, kind)): (usize, &(&str, FieldKind))| Field {
        system: (*name == "createdById").then_some(SystemField::CreatedBy),
        primary: *name == "id",
        ..Field::new(FieldNo(no as u32 + 1), *name, *kind)
    };
    Table {
        id: TableId::from_bytes([0; 16]),
        no: 1,
        workspace: WorkspaceId::from_bytes([0; 16]),
        base: BaseId::from_bytes([0; 16]),
        name: "all".to_owned(),
        title: None,
        fields: fields.iter().enumerate().map(field).collect(),
        extra: None,
        created_at: Millis(0),
    }
}

fn row(values: Value) -> ForeignRow {
    match values {
        Value::Object(values) => ForeignRow(values),
        other => panic!("{other}"),
    }
}

fn users() -> HashMap<String, i64> {
    HashMap::from([("2".to_owned(), 7)])
}

#[test]
fn what_the_file_holds_becomes_what_it_stands_for() {
    use FieldKind::{
        Array, BigInt, Boolean, Date, DateTime, Decimal, Float, Json, LocalDateTime, Text, Time, Uuid,
    };
    let table = table(&[
        ("id", BigInt),
        ("text", Text),
        ("flag", Boolean),
        ("due", DateTime),
        ("seconds", DateTime),
        ("millis", DateTime),
        ("local", LocalDateTime),
        ("day", Date),
        ("time", Time),
        ("price", Decimal),
        ("ratio", Float),
        ("labels", Json),
        ("number", Json),
        ("nothing", Json),
        ("choices", Array),
        ("uuid", Uuid),
        ("renamed", Text),
        ("created_at_there", Text),
    ]);
    let stored = row(json!({
        "id": 399_199_490_605_056_i64, "text": "a", "flag": 0, "due": "2026-11-22 19:52:30.370 +00:00",
        "seconds": 60, "millis": 60_000, "local": "2026-01-31 10:00:00", "day": "2026-01-31", "time": "10:00:00",
        "price": 12.5, "ratio": 3, "labels": "{\"a\":[1]}", "number": 5, "nothing": "null",
        "choices": "[\"x\",2]", "uuid": "f611aeea-4e07-4ae7-bd51-1e4c1542e41e", "otherColumn": "here",
    }));
    let read = collection().record(1, &stored, &table, &users()).unwrap();
    assert_eq!(
        Value::Object(read.values),
        json!({
            "id": 399_199_490_605_056_i64, "text": "a", "flag": false, "due": "2026-11-22T19:52:30.370Z",
            "seconds": "1970-01-01T00:01:00.000Z", "millis": "1970-01-01T00:01:00.000Z",
            "local": "2026-01-31 10:00:00", "day": "2026-01-31", "time": "10:00:00", "price": 12.5, "ratio": 3,
            "labels": { "a": [1] }, "number": 5, "choices": ["x", 2],
            "uuid": "f611aeea-4e07-4ae7-bd51-1e4c1542e41e", "renamed": "here",
        })
    );
}

#[test]
fn what_cannot_be_read_goes_on_as_it_is_to_be_refused_by_name() {
    let table =
        table(&[("id", FieldKind::BigInt), ("flag", FieldKind::Boolean), ("due", FieldKind::DateTime)]);
    let stored = row(json!({ "id": 1, "flag": "perhaps", "due": "tomorrow" }));
    let read = collection().record(1, &stored, &table, &users()).unwrap();
    assert_eq!(Value::Object(read.values), json!({ "id": 1, "flag": "perhaps", "due": "tomorrow" }));
}

#[test]
fn a_number_of_a_user_is_never_taken_for_somebody_elses_here() {
    let table = table(&[
        ("id", FieldKind::BigInt),
        ("assigneeId", FieldKind::BigInt),
        ("createdById", FieldKind::BigInt),
    ]);
    let stored = row(json!({ "id": 1, "assigneeId": 2, "createdById": 3 }));
    let read = collection().record(1, &stored, &table, &users()).unwrap();
    assert_eq!(Value::Object(read.values), json!({ "id": 1, "assigneeId": 7 }));
    assert_eq!(read.strangers, 1, "user 3 did not come");
    let pairs = Collection { pairs: true, ..collection() };
    assert!(pairs.record(1, &stored, &table, &users()).is_err());
}

#[test]
fn a_row_without_a_key_is_known_by_its_place() {
    let table = table(&[("id", FieldKind::BigInt), ("todo_id", FieldKind::BigInt)]);
    let read = collection().record(41, &row(json!({ "todo_id": 5 })), &table, &users()).unwrap();
    assert_eq!(Value::Object(read.values), json!({ "id": 41, "todo_id": 5 }));
    // As columns are called with DB_UNDERSCORED.
    let table = super::tests::table(&[("id", FieldKind::BigInt), ("todoId", FieldKind::BigInt)]);
    let read = collection().record(41, &row(json!({ "todo_id": 5 })), &table, &users()).unwrap();
    assert_eq!(read.values["todoId"], 5);
}
