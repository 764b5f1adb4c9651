//! Date operators: the operand is a day, a month, a year, an instant or a pair; it covers a span of time,
//! and the field is compared with the span's ends. A day begins in the caller's time zone.

use domain::{
    catalog::FieldKind,
    query::{CmpOp, Filter, Term},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Map, Value};

use super::{Context, FilterError, cmp, conjunction, scalar};

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
    context: &Context<'_>,
) -> Result<Filter, FilterError> {
    let (kind, zone) = (context.kind(field), &context.zone);
    let bad = |what| FilterError::BadOperand { op: op.to_owned(), what };
    let relative = relative_in(value, context)?;
    if let (None, "$dateBefore" | "$dateAfter" | "$dateNotBefore" | "$dateNotAfter", Term::Var(now)) =
        (&relative, op, scalar_or_null(value, relative.is_some())?)
    {
        let op = match op {
            "$dateBefore" => CmpOp::Lt,
            "$dateAfter" => CmpOp::Gt,
            "$dateNotBefore" => CmpOp::Gte,
            _ => CmpOp::Lte,
        };
        return Ok(cmp(field, op, vec![Term::Var(now)]));
    }
    let spans = relative
        .map(|span| vec![span])
        .or_else(|| spans(value))
        .ok_or_else(|| bad("takes a day, a month, a year, an instant or a pair of them"))?;
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

fn scalar_or_null(value: &Value, known: bool) -> Result<Term, FilterError> {
    if value.is_array() || known { Ok(Term::Literal(Value::Null)) } else { scalar(value) }
}

/// `{{$nDate.today}}`, and `{{$date.today}}` of older screens, where it stands for a single value.
fn relative_in(value: &Value, context: &Context<'_>) -> Result<Option<Span>, FilterError> {
    if let Value::Object(map) = value {
        return spoken(map, context).map(Some);
    }
    let Some(text) = value.as_str() else { return Ok(None) };
    let Some(name) = text.trim().strip_prefix("{{").and_then(|t| t.strip_suffix("}}")).map(str::trim) else {
        return Ok(None);
    };
    let Some(word) = name.strip_prefix("$nDate.").or_else(|| name.strip_prefix("$date.")) else {
        return Ok(None);
    };
    if word == "now" {
        return Ok(None);
    }
    let unknown = || FilterError::UnknownVariable(name.chars().take(64).collect());
    let today = today(context).ok_or_else(unknown)?;
    let (from, to) = relative(word, today).ok_or_else(unknown)?;
    Ok(Some(Span::Days(from, to)))
}

/// `None`: the filter is kept, and today would be another day when it is used.
fn today(context: &Context<'_>) -> Option<Date> {
    Some(Timestamp::from_millisecond(context.now?.0).ok()?.to_zoned(context.zone.clone()).date())
}

/// What the forms of screens say: `{"type":"thisWeek"}`, `{"type":"past","number":3,"unit":"month"}`.
fn spoken(map: &Map<String, Value>, context: &Context<'_>) -> Result<Span, FilterError> {
    let word = map.get("type").and_then(Value::as_str).unwrap_or_default();
    let unknown = || FilterError::UnknownVariable(word.chars().take(64).collect());
    let today = today(context).ok_or_else(unknown)?;
    let days = match word {
        "past" | "next" => beside(word == "past", map, today),
        word if word.ends_with("Days") => None,
        word => relative(word, today),
    };
    days.map(|(from, to)| Span::Days(from, to)).ok_or_else(unknown)
}

/// So many whole units before or after the current one, which is not among them.
fn beside(past: bool, map: &Map<String, Value>, today: Date) -> Option<(Date, Date)> {
    let number = match map.get("number") {
        None | Some(Value::Null) => 1,
        Some(Value::Number(number)) => number.as_i64()?,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(_) => return None,
    };
    if !(1..=10_000).contains(&number) {
        return None;
    }
    let unit = map.get("unit").and_then(Value::as_str).unwrap_or("day");
    let (first, one) = match unit {
        "day" => (today, 1.day()),
        unit => unit_of(unit, today)?,
    };
    let many = one.checked_mul(number).ok()?;
    match past {
        true => Some((first.checked_sub(many).ok()?, first)),
        false => {
            let from = first.checked_add(one).ok()?;
            Some((from, from.checked_add(many).ok()?))
        }
    }
}

/// The first day of the unit that is now, and how long it is. Weeks begin on Monday.
fn unit_of(unit: &str, today: Date) -> Option<(Date, jiff::Span)> {
    Some(match unit {
        "week" | "isoWeek" => {
            let since = i64::from(today.weekday().to_monday_zero_offset());
            (today.checked_sub(since.days()).ok()?, 7.days())
        }
        "month" => (today.first_of_month(), 1.month()),
        "quarter" => {
            let month = (today.month() - 1) / 3 * 3 + 1;
            (Date::new(today.year(), month, 1).ok()?, 3.months())
        }
        "year" => (today.first_of_year(), 1.year()),
        _ => return None,
    })
}

/// The beginning of a relative date, as a literal of the field.
pub(super) fn beginning(
    field: &str,
    value: &Value,
    context: &Context<'_>,
) -> Result<Option<Value>, FilterError> {
    let span = if value.is_object() { None } else { relative_in(value, context)? };
    Ok(span.and_then(|span| edge(&span, false, context.kind(field), &context.zone)))
}

/// The days a word stands for: from the first to the first one after.
fn relative(word: &str, today: Date) -> Option<(Date, Date)> {
    let days =
        |from: i64, to: i64| Some((today.checked_add(from.days()).ok()?, today.checked_add(to.days()).ok()?));
    if let Some(count) = word.strip_suffix("Days") {
        let number = |text: &str| text.parse::<i64>().ok().filter(|n| (1..=3_650).contains(n));
        if let Some(n) = count.strip_prefix("last").or_else(|| count.strip_prefix("past")).and_then(number) {
            return days(1 - n, 1);
        }
        return days(1, 1 + count.strip_prefix("next").and_then(number)?);
    }
    let (step, unit) = match word {
        "today" => return days(0, 1),
        "yesterday" => return days(-1, 0),
        "tomorrow" | "dayAfter" => return days(1, 2),
        _ => [("this", 0), ("last", -1), ("next", 1)]
            .into_iter()
            .find_map(|(prefix, step)| Some((step, word.strip_prefix(prefix)?)))?,
    };
    // Written with a capital behind the first word.
    let mut unit = unit.to_owned();
    unit.get_mut(..1)?.make_ascii_lowercase();
    let (first, length) = unit_of(&unit, today)?;
    let from = match step {
        0 => first,
        1 => first.checked_add(length).ok()?,
        _ => first.checked_sub(length).ok()?,
    };
    Some((from, from.checked_add(length).ok()?))
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
