//! Records as JSON bytes, straight from typed values: no tree is built per row.

use data::{Linked, Pairs, Record, Records};
use domain::{
    FieldNo, Millis,
    catalog::{Field, FieldKind, Special},
    time::DAY_MS,
    value::Value,
};

use crate::{answer::Meta, collections::options_of};

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

fn write_value(kind: FieldKind, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(n) => integer(*n, out),
        Value::Float(n) => float(*n, out),
        Value::Text(s) if kind == FieldKind::LocalDateTime => text(&s.replacen('T', " ", 1), out),
        Value::Text(s) if kind == FieldKind::Decimal && safe_number(s) => out.extend_from_slice(s.as_bytes()),
        Value::Text(s) => text(s, out),
        Value::Instant(at) => instant(*at, out),
        Value::Json(json) => out.extend_from_slice(json.as_bytes()),
    }
}

fn integer(n: i64, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = serde_json::to_writer(&mut *out, &n);
}

/// A decimal that a client's numbers hold exactly. One with more digits is text, so that none is lost.
pub fn safe_number(decimal: &str) -> bool {
    let digits = decimal.strip_prefix('-').unwrap_or(decimal);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain(whole) && plain(part) && (whole == "0" || !whole.starts_with('0')) && whole.len() + part.len() <= 15
}

/// Whole numbers without a fraction, as JavaScript prints them.
fn float(n: f64, out: &mut Vec<u8>) {
    if n.fract() == 0.0 && n.abs() < 1e15 {
        integer(n as i64, out);
    } else {
        let _ = serde_json::to_writer(&mut *out, &n);
    }
}

pub fn text(s: &str, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(&mut *out, s);
}

/// `"2026-11-22T16:41:23.000Z"`. Years of four digits by hand, because lists are full of these.
fn instant(at: Millis, out: &mut Vec<u8>) {
    let (days, ms) = (at.0.div_euclid(DAY_MS), at.0.rem_euclid(DAY_MS));
    let (year, month, day) = civil(days);
    if !(0..=9_999).contains(&year) {
        return text(&at.rfc3339(), out);
    }
    out.push(b'"');
    digits(year, 4, out);
    out.push(b'-');
    digits(month, 2, out);
    out.push(b'-');
    digits(day, 2, out);
    out.push(b'T');
    digits(ms / 3_600_000, 2, out);
    out.push(b':');
    digits(ms / 60_000 % 60, 2, out);
    out.push(b':');
    digits(ms / 1_000 % 60, 2, out);
    out.push(b'.');
    digits(ms % 1_000, 3, out);
    out.extend_from_slice(b"Z\"");
}

fn digits(n: i64, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        out.push(b'0' + (n / 10_i64.pow(place) % 10) as u8);
    }
}

/// Days since 1970 to the proleptic Gregorian calendar, in years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: FieldKind, value: Value) -> String {
        let mut out = Vec::new();
        write_value(kind, &value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_as_the_dialect_writes_them() {
        for (kind, value, want) in [
            (FieldKind::BigInt, Value::Int(42), "42"),
            (FieldKind::Float, Value::Float(5.0), "5"),
            (FieldKind::Float, Value::Float(2.5), "2.5"),
            (FieldKind::Decimal, Value::Text("-0.125".into()), "-0.125"),
            (FieldKind::Decimal, Value::Text("12345678901234.5".into()), "12345678901234.5"),
            (FieldKind::Decimal, Value::Text("12345678901234.56".into()), r#""12345678901234.56""#),
            (FieldKind::Decimal, Value::Text("1e3".into()), r#""1e3""#),
            (FieldKind::Boolean, Value::Null, "null"),
            (FieldKind::Text, Value::Text("a\"b\n".into()), r#""a\"b\n""#),
            (FieldKind::DateTime, Value::Instant(Millis(1_795_327_855_007)), r#""2026-11-22T06:10:55.007Z""#),
            (FieldKind::LocalDateTime, Value::Text("2026-01-02T03:04:05".into()), r#""2026-01-02 03:04:05""#),
            (FieldKind::Json, Value::Json(r#"{"a":[1]}"#.into()), r#"{"a":[1]}"#),
        ] {
            assert_eq!(shown(kind, value), want);
        }
    }

    proptest::proptest! {
        #[test]
        fn instants_are_written_like_the_calendar_library_does(ms in -62_135_596_800_000_i64..253_402_300_799_999) {
            proptest::prop_assert_eq!(shown(FieldKind::DateTime, Value::Instant(Millis(ms))), format!("\"{}\"", Millis(ms).rfc3339()));
        }
    }
}
