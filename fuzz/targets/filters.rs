//! Any filter of the NocoBase grammar, parsed and bound to a table with some fields out of reach: never a
//! panic, and never a condition on a field that may not be mentioned.
#![no_main]

#[allow(dead_code)]
#[path = "../../doors/nocobase/src/filter/mod.rs"]
mod filter;

use std::sync::LazyLock;

use domain::{
    BaseId, FieldNo, Millis, TableId, WorkspaceId,
    access::{Alt, Fields},
    catalog::{Field, FieldKind, Table},
    query::{BoundFilter, Subject, bind_filter},
};
use libfuzzer_sys::fuzz_target;

/// The field with this number may not be read.
const FORBIDDEN: FieldNo = FieldNo(2);

static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    id: TableId::from_bytes([1; 16]),
    no: 1,
    workspace: WorkspaceId::from_bytes([2; 16]),
    base: BaseId::from_bytes([3; 16]),
    name: "todos".to_owned(),
    title: None,
    fields: FieldKind::ALL.into_iter().zip(1..).map(|(kind, no)| field(kind, no)).collect(),
    extra: None,
    created_at: Millis::ZERO,
});

static READABLE: LazyLock<[Alt; 1]> = LazyLock::new(|| {
    let fields = TABLE.fields.iter().map(|field| field.no).filter(|no| *no != FORBIDDEN).collect();
    [Alt { rows: Default::default(), fields: Fields::Only(fields) }]
});

fn field(kind: FieldKind, no: u32) -> Field {
    Field::new(FieldNo(no), format!("f{no}"), kind)
}

fuzz_target!(|bytes: &[u8]| {
    let text = serde_json::Value::String(String::from_utf8_lossy(bytes).into_owned());
    let context = filter::Context { table: Some(&TABLE), ..Default::default() };
    let Ok(parsed) = filter::parse(&text, &context) else { return };
    let subject = Subject { user_num: Some(1), ..Subject::default() };
    if let Ok(bound) = bind_filter(&parsed, &TABLE, &*READABLE, &subject) {
        check(&bound);
    }
});

fn check(bound: &BoundFilter) {
    match bound {
        BoundFilter::And(all) | BoundFilter::Or(all) => all.iter().for_each(check),
        BoundFilter::Not(inner) => check(inner),
        BoundFilter::Cmp(cmp) => assert_ne!(cmp.field, FORBIDDEN),
        BoundFilter::Never => {}
        BoundFilter::Linked(_) => panic!("no field of this table leads to another one"),
    }
}
