//! Records as JSON bytes, straight from typed values: no tree is built per row.

mod value;

use data::{Linked, Pairs, Record, Records};
use domain::{
    FieldNo,
    catalog::{Field, FieldKind, Special},
    value::Value,
};

use crate::{answer::Meta, collections::options_of};
pub use value::safe_number;
use value::{text, write_value};

/// `{"data":[…]}`, with `meta` when there is a page to tell of.
pub fn page(records: &Records, meta: Option<Meta>) -> Vec<u8> {
    let shape = Shape::of(records);
    // A guess that is right for small records and cheap for large ones.
    let mut out = Vec::with_capacity(64 + records.rows.len() * shape.columns.0.len() * 24);
    out.extend_from_slice(b"{\"data\":[");
    for at in 0..records.rows.len() {
        if at > 0 {
            out.push(b',');
        }
        shape.write(at, &mut out);
    }
    close(meta, &mut out);
    out
}

fn close(meta: Option<Meta>, out: &mut Vec<u8>) {
    out.push(b']');
    if let Some(meta) = meta {
        out.extend_from_slice(b",\"meta\":");
        // Writing to a Vec cannot fail.
        let _ = serde_json::to_writer(&mut *out, &meta.to_json());
    }
    out.push(b'}');
}

/// How the records of a list hang together as a tree.
pub struct Branches<'b> {
    pub roots: Vec<usize>,
    /// Of each record those below it.
    pub children: Vec<Vec<usize>>,
    pub label: &'b str,
}

/// `{"data":[…]}` of the roots, each with what is below it. Every record says where it stands, as screens
/// find it again by that.
pub fn tree(records: &Records, branches: &Branches<'_>, meta: Option<Meta>) -> Vec<u8> {
    let (shape, label) = (Shape::of(records), label(branches.label));
    let mut out = b"{\"data\":[".to_vec();
    branch(&shape, branches, &label, &branches.roots, "", &mut out);
    close(meta, &mut out);
    out
}

fn branch(shape: &Shape<'_>, all: &Branches<'_>, name: &[u8], rows: &[usize], path: &str, out: &mut Vec<u8>) {
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        shape.write(*row, out);
        reopen(out);
        let place = format!("{path}{at}");
        out.extend_from_slice(b"\"__index\":");
        text(&place, out);
        let below = all.children.get(*row).map(Vec::as_slice).unwrap_or_default();
        if !below.is_empty() {
            out.push(b',');
            out.extend_from_slice(name);
            out.push(b'[');
            branch(shape, all, name, below, &format!("{place}.{}.", all.label), out);
            out.push(b']');
        }
        out.push(b'}');
    }
}

/// `{"data":[…]}` of rows that are no records.
pub fn rows(columns: &[(&str, FieldKind)], rows: &[Vec<Value>]) -> Vec<u8> {
    let labels: Vec<Vec<u8>> = columns.iter().map(|(name, _)| label(name)).collect();
    let mut out = b"{\"data\":[".to_vec();
    for (at, row) in rows.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",{" } else { b"{" });
        for (n, ((label, (_, kind)), value)) in labels.iter().zip(columns).zip(row).enumerate() {
            if n > 0 {
                out.push(b',');
            }
            out.extend_from_slice(label);
            write_value(*kind, value, &mut out);
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    out
}

/// `{"data":{…}}` of the first record, or `{"data":null}`.
pub fn first(records: &Records) -> Vec<u8> {
    let mut out = b"{\"data\":".to_vec();
    match records.rows.is_empty() {
        true => out.extend_from_slice(b"null"),
        false => Shape::of(records).write(0, &mut out),
    }
    out.push(b'}');
    out
}

/// Records with what their links lead to.
struct Shape<'r> {
    records: &'r Records,
    columns: Columns,
    links: Vec<Link<'r>>,
}

struct Link<'r> {
    label: Vec<u8>,
    linked: &'r Linked,
    shape: Shape<'r>,
    /// The rows that pair them, with the name they go by.
    pairs: Option<(Vec<u8>, &'r Pairs, Shape<'r>)>,
}

impl<'r> Link<'r> {
    fn of(linked: &'r Linked) -> Self {
        let pairs = linked.pairs.as_ref();
        let pairs = pairs.map(|pairs| (label(&pairs.records.table.name), pairs, Shape::of(&pairs.records)));
        Self { label: label(&linked.name), linked, shape: Shape::of(&linked.records), pairs }
    }

    /// The `n`th of the records the one at `at` is linked with, with the row that pairs it.
    fn write(&self, at: usize, n: usize, row: usize, out: &mut Vec<u8>) {
        self.shape.write(row, out);
        let Some((label, pairs, shape)) = &self.pairs else { return };
        let Some(pair) = pairs.of_row.get(at).and_then(|row| *row.get(n)?) else { return };
        reopen(out);
        out.extend_from_slice(label);
        shape.write(pair, out);
        out.push(b'}');
    }
}

/// Takes back the end of an object, for one property more.
fn reopen(out: &mut Vec<u8>) {
    let empty = out.pop().is_some() && out.last() == Some(&b'{');
    if !empty {
        out.push(b',');
    }
}

impl<'r> Shape<'r> {
    fn of(records: &'r Records) -> Self {
        let mut columns = Columns::of(records.fields());
        for column in &mut columns.0 {
            column.hidden |= column.kind == FieldKind::Link || records.beside.contains(&column.no);
        }
        Self { records, columns, links: records.linked.iter().map(Link::of).collect() }
    }

    fn write(&self, at: usize, out: &mut Vec<u8>) {
        self.write_some(at, |_| true, out);
    }

    /// Of the record itself only the `wanted` fields.
    fn write_some(&self, at: usize, wanted: impl Fn(FieldNo) -> bool, out: &mut Vec<u8>) {
        let Some(row) = self.records.rows.get(at) else { return out.extend_from_slice(b"null") };
        self.columns.write(row, wanted, out);
        for link in &self.links {
            // A link that may not be read in this row is not there, like any other field.
            let Some(Some(rows)) = link.linked.of_row.get(at) else { continue };
            reopen(out);
            out.extend_from_slice(&link.label);
            if link.linked.many {
                out.push(b'[');
                for (n, row) in rows.iter().enumerate() {
                    if n > 0 {
                        out.push(b',');
                    }
                    link.write(at, n, *row, out);
                }
                out.push(b']');
            } else {
                link.shape.write(rows.first().copied().unwrap_or(usize::MAX), out);
            }
            out.push(b'}');
        }
    }
}

fn label(name: &str) -> Vec<u8> {
    let mut label = Vec::with_capacity(name.len() + 3);
    text(name, &mut label);
    label.push(b':');
    label
}

/// `{"data":{…}}`, or `{"data":null}`.
pub fn record(record: Option<&Record>) -> Vec<u8> {
    let mut out = b"{\"data\":".to_vec();
    match record {
        None => out.extend_from_slice(b"null"),
        Some(record) => {
            let fields = record.select.iter().filter_map(|no| record.table.field_by_no(*no));
            Columns::of(fields).write(&record.values, |_| true, &mut out);
        }
    }
    out.push(b'}');
    out
}

/// The answer to a create: of each record only what was set, and what it was linked with. `many`: a list, even of one.
pub fn created(records: &Records, set: &[Vec<FieldNo>], many: bool) -> Vec<u8> {
    let shape = Shape::of(records);
    let mut out = b"{\"data\":".to_vec();
    if many {
        out.push(b'[');
    }
    for at in 0..records.rows.len() {
        if at > 0 {
            out.push(b',');
        }
        let set = set.get(at).map(Vec::as_slice).unwrap_or_default();
        shape.write_some(at, |no| set.contains(&no), &mut out);
    }
    if many {
        out.push(b']');
    } else if records.rows.is_empty() {
        out.extend_from_slice(b"null");
    }
    out.push(b'}');
    out
}

/// The selected fields with their names already escaped.
struct Columns(Vec<Column>);

struct Column {
    no: FieldNo,
    /// `"name":`
    label: Vec<u8>,
    kind: FieldKind,
    hidden: bool,
}

/// The order that comes with a sortable collection can be sorted by, but is in no answer.
pub fn unseen_order(field: &Field) -> bool {
    // Most say nothing of the kind: nothing is parsed for those.
    let said = |extra: &&str| extra.contains("\"hidden\":true");
    let noted = |extra| options_of(Some(extra)).get("hidden") == Some(&serde_json::Value::Bool(true));
    matches!(field.special, Some(Special::Order { .. }))
        && field.extra.as_deref().filter(said).is_some_and(noted)
}

impl Columns {
    fn of<'f>(fields: impl Iterator<Item = &'f Field>) -> Self {
        let column = |field: &Field| {
            let label = label(&field.name);
            let hidden = field.hidden || field.kind == FieldKind::Password || unseen_order(field);
            Column { no: field.no, label, kind: field.kind, hidden }
        };
        Self(fields.map(column).collect())
    }

    fn write(&self, row: &[Option<Value>], wanted: impl Fn(FieldNo) -> bool, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut first = true;
        for (column, value) in self.0.iter().zip(row) {
            // What may not be read in this row is not there, rather than null.
            let Some(value) = value else { continue };
            if column.hidden || !wanted(column.no) {
                continue;
            }
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(&column.label);
            write_value(column.kind, value, out);
        }
        out.push(b'}');
    }
}
