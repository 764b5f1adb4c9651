//! Cells of a sheet as values of fields, in the words a create takes: labels of choices become their values, dates
//! of the caller's time moments. What a field takes in the end is not decided here.

use domain::catalog::{Field, FieldKind};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::{Number, Value as Json};

use super::{
    cells::{choices, interface, plain, several},
    read::Cell,
};
use crate::collections::options_of;

/// How the cells of one column are read.
pub struct Reader {
    kind: FieldKind,
    name: String,
    interface: String,
    choices: Vec<(Json, String)>,
    zone: TimeZone,
}

impl Reader {
    pub fn of(field: &Field, zone: &TimeZone) -> Self {
        let options = options_of(field.extra.as_deref());
        Self {
            kind: field.kind,
            name: field.name.clone(),
            interface: interface(&options),
            choices: choices(&options),
            zone: zone.clone(),
        }
    }

    pub fn value(&self, cell: &Cell) -> Result<Json, String> {
        if self.kind == FieldKind::Array {
            return self.list(&text(cell));
        }
        if !self.choices.is_empty() && self.kind != FieldKind::Json {
            return self.choice(&text(cell));
        }
        match self.kind {
            FieldKind::Boolean => boolean(cell),
            FieldKind::Integer | FieldKind::BigInt | FieldKind::Float | FieldKind::Decimal => {
                self.number(cell)
            }
            FieldKind::DateTime => self.moment(cell),
            FieldKind::LocalDateTime => {
                Ok(on_the_wall(cell).map_or_else(|| text(cell), |at| at.to_string()).into())
            }
            FieldKind::Date => {
                Ok(on_the_wall(cell).map_or_else(|| text(cell), |at| at.date().to_string()).into())
            }
            FieldKind::Time => Ok(match cell {
                Cell::Number(n) | Cell::Moment(n) => time_of_day(*n)?,
                other => text(other),
            }
            .into()),
            FieldKind::Json => match cell {
                Cell::Text(text) => {
                    serde_json::from_str(text).map_err(|_| format!("{text:?} is not valid JSON"))
                }
                other => Ok(scalar(other)),
            },
            FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Uuid
            | FieldKind::Password
            | FieldKind::Array
            | FieldKind::Link => Ok(text(cell).into()),
        }
    }

    fn choice(&self, label: &str) -> Result<Json, String> {
        let by_label = self.choices.iter().find(|(_, known)| known == label);
        let found =
            by_label.or_else(|| self.choices.iter().find(|(v, _)| plain(v).as_deref() == Some(label)));
        match found {
            Some((value, _)) => Ok(value.clone()),
            None => Err(format!("{label:?} is not a valid option in {} field.", self.name)),
        }
    }

    /// Choices, or plain texts between commas; JSON stays what it is.
    fn list(&self, text: &str) -> Result<Json, String> {
        if self.choices.is_empty() && !several(&self.interface) && text.starts_with('[') {
            return serde_json::from_str(text).map_err(|_| format!("{text:?} is not valid JSON"));
        }
        let parts = text.split([',', '，', '、']).map(str::trim).filter(|part| !part.is_empty());
        if self.choices.is_empty() {
            return Ok(parts.map(Json::from).collect());
        }
        parts.map(|part| self.choice(part)).collect()
    }

    fn number(&self, cell: &Cell) -> Result<Json, String> {
        let Cell::Text(text) = cell else { return Ok(scalar(cell)) };
        if ["n/a", "-"].contains(&text.to_ascii_lowercase().as_str()) {
            return Ok(Json::Null);
        }
        let digits = text.replace(',', "");
        Ok(match digits.strip_suffix('%') {
            Some(hundredths) => hundredth(hundredths.trim_end()).into(),
            None => digits.into(),
        })
    }

    /// A date or a time without a zone is the caller's.
    fn moment(&self, cell: &Cell) -> Result<Json, String> {
        let Some(at) = on_the_wall(cell) else { return Ok(text(cell).into()) };
        let moment = at.to_zoned(self.zone.clone()).map_err(|_| "is no moment".to_owned())?;
        Ok(moment.timestamp().to_string().into())
    }
}

fn boolean(cell: &Cell) -> Result<Json, String> {
    match cell {
        Cell::Bool(yes) => Ok((*yes).into()),
        Cell::Number(n) | Cell::Moment(n) => Ok((*n != 0.0).into()),
        Cell::Text(text) => match text.to_lowercase().as_str() {
            "1" | "y" | "yes" | "true" | "是" => Ok(true.into()),
            "0" | "n" | "no" | "false" | "否" => Ok(false.into()),
            _ => Err(format!("Invalid value - {text:?}")),
        },
    }
}

fn scalar(cell: &Cell) -> Json {
    match cell {
        Cell::Number(n) | Cell::Moment(n) => number(*n),
        Cell::Bool(yes) => (*yes).into(),
        Cell::Text(text) => text.clone().into(),
    }
}

/// Whole numbers without a fraction.
fn number(n: f64) -> Json {
    if n.fract() == 0.0 && n.abs() < 1e15 {
        return Json::from(n as i64);
    }
    Number::from_f64(n).map_or(Json::Null, Json::Number)
}

/// A cell where a text is wanted.
pub fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Bool(yes) => yes.to_string(),
        Cell::Number(n) => number(*n).to_string(),
        Cell::Moment(n) => match serial(*n) {
            Some(at) if at.time() == jiff::civil::Time::midnight() => at.date().to_string(),
            Some(at) => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            None => number(*n).to_string(),
        },
    }
}

/// What calendar and clock show, where the cell says it without a zone.
fn on_the_wall(cell: &Cell) -> Option<DateTime> {
    match cell {
        Cell::Moment(n) => serial(*n),
        // 20260131, as some write a date.
        Cell::Number(n) if n.fract() == 0.0 && (10_000_000.0..100_000_000.0).contains(n) => {
            digits(&number(*n).to_string())
        }
        Cell::Number(n) => serial(*n),
        Cell::Text(text) => {
            let text = text.replace('/', "-");
            let no_zone = text.parse::<Timestamp>().is_err();
            digits(&text).or_else(|| {
                let date =
                    || text.parse::<Date>().ok().map(|date| date.to_datetime(jiff::civil::Time::midnight()));
                text.parse::<DateTime>().ok().or_else(date).filter(|_| no_zone)
            })
        }
        Cell::Bool(_) => None,
    }
}

fn digits(text: &str) -> Option<DateTime> {
    let all = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let date = |year, month, day| Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    all.then(|| date(part(0, 4)?, part(4, 6)?, part(6, 8)?)).flatten().map(|date| date.at(0, 0, 0, 0))
}

/// Days since 1899-12-30: right from March 1900 on, when spreadsheets agree with the calendar.
fn serial(days: f64) -> Option<DateTime> {
    let ms = (days * 86_400_000.0).round();
    if !(0.0..2_958_466.0 * 86_400_000.0).contains(&ms) {
        return None;
    }
    let first = Date::new(1899, 12, 30).ok()?.at(0, 0, 0, 0);
    first.checked_add(jiff::SignedDuration::from_millis(ms as i64)).ok()
}

fn time_of_day(days: f64) -> Result<String, String> {
    let at = serial(days.fract()).ok_or_else(|| "is no time of a day".to_owned())?;
    Ok(at.strftime("%H:%M:%S").to_string())
}

/// A hundredth of a number, by its point.
fn hundredth(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = format!("{whole:0>3}");
    let (front, moved) = whole.split_at_checked(whole.len() - 2).unwrap_or(("0", &whole));
    format!("{sign}{front}.{moved}{part}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: FieldKind, options: Json, cell: Cell) -> Result<Json, String> {
        let reader = Reader {
            kind,
            name: "f".into(),
            interface: interface(options.as_object().unwrap()),
            choices: choices(options.as_object().unwrap()),
            zone: TimeZone::fixed(jiff::tz::offset(8)),
        };
        reader.value(&cell)
    }

    #[test]
    fn cells_are_read_as_their_fields_mean_them() {
        let text = |t: &str| Cell::Text(t.to_owned());
        let colors =
            json!({"uiSchema": {"enum": [{"value": "r", "label": "Red"}, {"value": 2, "label": "Blue"}]}});
        for (kind, options, cell, want) in [
            (FieldKind::Text, json!({}), Cell::Number(42.0), json!("42")),
            (FieldKind::Text, json!({}), Cell::Number(0.5), json!("0.5")),
            (FieldKind::Text, json!({}), Cell::Moment(46_022.0), json!("2025-12-31")),
            (FieldKind::Text, colors.clone(), text("Red"), json!("r")),
            (FieldKind::Text, colors.clone(), text("r"), json!("r")),
            (FieldKind::Integer, colors.clone(), text("Blue"), json!(2)),
            (FieldKind::Integer, colors.clone(), Cell::Number(2.0), json!(2)),
            (FieldKind::Array, colors, text("Red，Blue"), json!(["r", 2])),
            (FieldKind::Array, json!({}), text("a, b"), json!(["a", "b"])),
            (FieldKind::Array, json!({}), text(r#"["a",1]"#), json!(["a", 1])),
            (FieldKind::Integer, json!({}), text("1,234"), json!("1234")),
            (FieldKind::Decimal, json!({}), text("12.3456789012345678"), json!("12.3456789012345678")),
            (FieldKind::Float, json!({}), text("7%"), json!("0.07")),
            (FieldKind::Float, json!({}), text("-123.45%"), json!("-1.2345")),
            (FieldKind::Integer, json!({}), text("n/a"), Json::Null),
            (FieldKind::Boolean, json!({}), text("Yes"), json!(true)),
            (FieldKind::Boolean, json!({}), text("False"), json!(false)),
            (FieldKind::Boolean, json!({}), Cell::Number(1.0), json!(true)),
            (FieldKind::Date, json!({}), Cell::Moment(46_022.75), json!("2025-12-31")),
            (FieldKind::Date, json!({}), Cell::Number(20_251_231.0), json!("2025-12-31")),
            (FieldKind::Date, json!({}), text("2025/12/31"), json!("2025-12-31")),
            (FieldKind::LocalDateTime, json!({}), Cell::Moment(46_022.75), json!("2025-12-31T18:00:00")),
            (FieldKind::DateTime, json!({}), Cell::Moment(46_022.75), json!("2025-12-31T10:00:00Z")),
            (FieldKind::DateTime, json!({}), text("2025-12-31 18:00:00"), json!("2025-12-31T10:00:00Z")),
            (FieldKind::DateTime, json!({}), text("2025-12-31T18:00:00Z"), json!("2025-12-31T18:00:00Z")),
            (FieldKind::Time, json!({}), Cell::Moment(0.5), json!("12:00:00")),
            (FieldKind::Json, json!({}), text(r#"{"a":1}"#), json!({"a": 1})),
        ] {
            assert_eq!(read(kind, options.clone(), cell.clone()), Ok(want), "{kind:?} {options} {cell:?}");
        }
        for (kind, options, cell) in [
            (FieldKind::Text, json!({"uiSchema": {"enum": ["a"]}}), text("b")),
            (FieldKind::Boolean, json!({}), text("maybe")),
            (FieldKind::Json, json!({}), text("{")),
        ] {
            assert!(read(kind, options.clone(), cell.clone()).is_err(), "{kind:?} {options} {cell:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_cell_makes_the_reader_panic(days in proptest::num::f64::ANY, t in ".{0,24}") {
            for kind in FieldKind::ALL {
                let _ = read(kind, json!({}), Cell::Moment(days));
                let _ = read(kind, json!({}), Cell::Number(days));
                let _ = read(kind, json!({}), Cell::Text(t.clone()));
            }
        }
    }
}
