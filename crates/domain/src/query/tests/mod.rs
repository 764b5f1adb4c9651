//! Binding, table-driven: what the tests share.

mod any;
mod filters;
mod inside;
mod rights;
mod values;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::{
    BaseId, FieldNo, Millis, TableId, WorkspaceId,
    access::{Alt, Fields, Rows},
    catalog::{Field, FieldKind, SystemField, Table},
    value::Value,
};

use super::*;

/// One field of every kind, named like the kind; `id`; system fields; a hidden one.
pub(super) fn table() -> Table {
    let mut fields = vec![field("id", FieldKind::BigInt)];
    fields.extend(FieldKind::ALL.map(|kind| field(kind.name(), kind)));
    fields.extend(["createdBy", "createdByKey", "createdAt", "hidden"].map(|n| field(n, FieldKind::BigInt)));
    for (no, field) in fields.iter_mut().enumerate() {
        field.no = FieldNo(no as u32);
        field.primary = field.name == "id";
        field.hidden = field.name == "hidden" || field.kind == FieldKind::Password;
        field.system = match field.name.as_str() {
            "id" => Some(SystemField::AutoId),
            "createdBy" => Some(SystemField::CreatedBy),
            "createdByKey" => Some(SystemField::CreatedByKey),
            "createdAt" => Some(SystemField::CreatedAt),
            _ => None,
        };
    }
    let id = uuid::Uuid::nil();
    Table {
        id: TableId(id),
        no: 1,
        workspace: WorkspaceId(id),
        base: BaseId(id),
        name: "t".into(),
        title: None,
        fields,
        extra: None,
        created_at: Millis::ZERO,
    }
}

pub(super) fn field(name: &str, kind: FieldKind) -> Field {
    Field::new(FieldNo(0), name, kind)
}

pub(super) fn no(name: &str) -> FieldNo {
    table().field(name).unwrap().no
}

pub(super) fn only(names: &[&str]) -> Alt {
    Alt { rows: Rows::ALL, fields: Fields::Only(names.iter().map(|n| no(n)).collect::<BTreeSet<_>>()) }
}

pub(super) fn subject() -> Subject {
    Subject {
        user_num: Some(7),
        user_email: Some("a@example.com".into()),
        role: Some("member".into()),
        key_num: Some(9),
        now: Millis(1_000),
        ..Subject::default()
    }
}

pub(super) fn filtered(filter: Filter) -> Query {
    Query { filter, ..Query::default() }
}

pub(super) fn compare(field: &str, op: CmpOp, terms: impl IntoIterator<Item = Json>) -> Filter {
    Filter::Cmp { field: field.into(), op, terms: terms.into_iter().map(Term::Literal).collect() }
}

pub(super) fn bound(filter: Filter) -> Result<BoundFilter, BindError> {
    bind(&filtered(filter), &table(), &[Alt::FULL], &subject()).map(|q| q.filter)
}

pub(super) fn coerced(kind: FieldKind, literal: Json) -> Option<Value> {
    coerce(&field("f", kind), &literal).ok()
}
