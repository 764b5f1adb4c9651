//! Date operators: the operand is a day, a month, a year, an instant or a pair; it covers a span of time,
//! and the field is compared with the span's ends. A day begins in the caller's time zone.

use domain::{
    catalog::FieldKind,
    query::{CmpOp, Filter, Term},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{FilterError, cmp, conjunction, scalar};

/// From the first moment to the first one after it.
#[derive(Clone, Debug, PartialEq)]
enum Span {
    /// Whole days, the end not included.
    Days(Date, Date),
    Instant(Timestamp),
}

pub(super) fn compare(
    field: &str,
    op: &str,
    value: &Value,
    kind: FieldKind,
    zone: &TimeZone,
) -> Result<Filter, FilterError> {
    let bad = |what| FilterError::BadOperand { op: op.to_owned(), what };
    if let ("$dateBefore" | "$dateAfter" | "$dateNotBefore" | "$dateNotAfter", Term::Var(now)) =
        (op, scalar_or_null(value)?)
    {
        let op = match op {
            "$dateBefore" => CmpOp::Lt,
            "$dateAfter" => CmpOp::Gt,
            "$dateNotBefore" => CmpOp::Gte,
            _ => CmpOp::Lte,
        };
        return Ok(cmp(field, op, vec![Term::Var(now)]));
    }
    let spans =
        spans(value).ok_or_else(|| bad("takes a day, a month, a year, an instant or a pair of them"))?;
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
        return Err(bad("takes a date"));
    };
    let start = edge(first, false, kind, zone).ok_or_else(|| bad("is outside of the calendar"))?;
    let end = edge(last, true, kind, zone).ok_or_else(|| bad("is outside of the calendar"))?;
    // An instant has no width: its end is itself.
    let until = if matches!(last, Span::Instant(_)) { CmpOp::Lte } else { CmpOp::Lt };
    let beyond = if until == CmpOp::Lte { CmpOp::Gt } else { CmpOp::Gte };
    let one = |op, at: Value| cmp(field, op, vec![Term::Literal(at)]);
    Ok(match op {
        "$dateOn" | "$dateBetween" => conjunction(vec![one(CmpOp::Gte, start), one(until, end)]),
        "$dateNotOn" => Filter::Or(vec![one(CmpOp::Lt, start), one(beyond, end)]),
        "$dateBefore" => one(CmpOp::Lt, start),
        "$dateNotBefore" => one(CmpOp::Gte, start),
        "$dateAfter" => one(beyond, end),
        "$dateNotAfter" => one(until, end),
        _ => return Err(FilterError::UnknownOperator(op.to_owned())),
    })
}

fn scalar_or_null(value: &Value) -> Result<Term, FilterError> {
    if value.is_array() { Ok(Term::Literal(Value::Null)) } else { scalar(value) }
}

/// One span, or two for a pair; a third member of a pair (brackets, a zone) only says what is so anyway.
fn spans(value: &Value) -> Option<Vec<Span>> {
    match value {
        Value::String(text) => {
            let inner = text.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
            match inner.split_once(',') {
                Some((from, to)) => Some(vec![span(from)?, span(to)?]),
                None => Some(vec![span(inner)?]),
            }
        }
        Value::Array(items) => match items.as_slice() {
            [one] => Some(vec![span(one.as_str()?)?]),
            [from, to, ..] => Some(vec![span(from.as_str()?)?, span(to.as_str()?)?]),
            [] => None,
        },
        _ => None,
    }
}

fn span(text: &str) -> Option<Span> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Span::Instant(at));
    }
    let numbers: Vec<&str> = text.split('-').collect();
    let whole =
        numbers.iter().all(|n| !n.is_empty() && n.len() <= 4 && n.bytes().all(|b| b.is_ascii_digit()));
    let mut parsed = numbers.iter().filter_map(|n| n.parse::<i16>().ok());
    let (year, month, day) = (parsed.next()?, parsed.next(), parsed.next());
    let date = |m: i16, d: i16| Date::new(year, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok();
    match (whole, numbers.len(), month, day) {
        (true, 1, None, None) => {
            let first = date(1, 1)?;
            Some(Span::Days(first, first.checked_add(1.year()).ok()?))
        }
        (true, 2, Some(month), None) => {
            let first = date(month, 1)?;
            Some(Span::Days(first, first.checked_add(1.month()).ok()?))
        }
        (true, 3, Some(month), Some(day)) => {
            let first = date(month, day)?;
            Some(Span::Days(first, first.checked_add(1.day()).ok()?))
        }
        _ => None,
    }
}

/// One end of a span as a literal the field can be compared with.
fn edge(span: &Span, end: bool, kind: FieldKind, zone: &TimeZone) -> Option<Value> {
    let text = match span {
        Span::Instant(at) => match kind {
            FieldKind::Date => at.to_zoned(zone.clone()).date().to_string(),
            FieldKind::LocalDateTime => {
                at.to_zoned(zone.clone()).datetime().strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            _ => format!("{at:.3}"),
        },
        Span::Days(from, to) => {
            let day = if end { *to } else { *from };
            match kind {
                FieldKind::Date => day.to_string(),
                FieldKind::LocalDateTime => format!("{day} 00:00:00"),
                _ => format!("{:.3}", day.to_zoned(zone.clone()).ok()?.timestamp()),
            }
        }
    };
    Some(Value::String(text))
}
