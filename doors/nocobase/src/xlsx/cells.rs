//! Values of records as cells: as people read them (labels of choices, dates in the caller's time), and as exact
//! as a spreadsheet can keep them. Numbers with more digits than it keeps are texts.

use domain::{
    Millis,
    catalog::{Field, FieldKind, Table},
    date_format::{self, DatePiece},
    value::Value,
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value as Json};

use super::book::Cell;
use crate::{collections::options_of, render};

/// Digits a spreadsheet keeps of a number.
const DIGITS_KEPT: i64 = 1_000_000_000_000_000;

/// How the values of one field are written.
pub struct Writer {
    interface: String,
    choices: Vec<(Json, String)>,
    /// Keys are names, not quantities.
    key: bool,
    format: Option<Vec<DatePiece>>,
    zone: TimeZone,
}

impl Writer {
    pub fn of(field: &Field, table: &Table, zone: &TimeZone) -> Self {
        let options = options_of(field.extra.as_deref());
        let foreign = |other: &Field| other.link.as_ref().is_some_and(|link| link.key == field.name);
        Self {
            interface: interface(&options),
            choices: choices(&options),
            key: field.primary || table.fields.iter().any(foreign),
            format: format(&options),
            zone: zone.clone(),
        }
    }

    pub fn cell(&self, kind: FieldKind, value: &Value) -> Cell {
        match value {
            Value::Null => Cell::Empty,
            Value::Bool(yes) => Cell::Text(if *yes { "True" } else { "False" }.to_owned()),
            Value::Int(n) => match self.label(&Json::from(*n)) {
                Some(label) => Cell::Text(label),
                None if self.key || n.abs() >= DIGITS_KEPT => Cell::Text(n.to_string()),
                None => Cell::Number(*n as f64),
            },
            Value::Float(n) if self.interface == "percent" => Cell::Text(percent(&n.to_string())),
            Value::Float(n) => Cell::Number(*n),
            Value::Text(text) if kind == FieldKind::Decimal => self.decimal(text),
            Value::Text(text) if kind == FieldKind::LocalDateTime => Cell::Text(text.replacen('T', " ", 1)),
            Value::Text(text) => {
                Cell::Text(self.label(&Json::from(text.as_str())).unwrap_or_else(|| text.clone()))
            }
            Value::Instant(at) => Cell::Text(self.moment(*at)),
            Value::Json(json) => Cell::Text(self.list(json).unwrap_or_else(|| json.clone())),
        }
    }

    fn decimal(&self, text: &str) -> Cell {
        if self.interface == "percent" {
            return Cell::Text(percent(text));
        }
        match text.parse().ok().filter(|_| render::safe_number(text)) {
            Some(number) => Cell::Number(number),
            None => Cell::Text(text.to_owned()),
        }
    }

    fn label(&self, value: &Json) -> Option<String> {
        let same = |choice: &&(Json, String)| plain(&choice.0) == plain(value);
        self.choices.iter().find(same).map(|(_, label)| label.clone())
    }

    /// Several choices of one field.
    fn list(&self, json: &str) -> Option<String> {
        if self.choices.is_empty() && !several(&self.interface) {
            return None;
        }
        let Json::Array(items) = serde_json::from_str(json).ok()? else { return None };
        let texts: Option<Vec<String>> =
            items.iter().map(|item| self.label(item).or_else(|| plain(item))).collect();
        Some(texts?.join(","))
    }

    fn moment(&self, at: Millis) -> String {
        let Ok(moment) = Timestamp::from_millisecond(at.0) else { return at.rfc3339() };
        let local = moment.to_zoned(self.zone.clone());
        match &self.format {
            Some(pieces) => {
                let shift_ms = i64::from(local.offset().seconds()) * 1_000;
                date_format::write(pieces, Millis(at.0.saturating_add(shift_ms)))
            }
            None => local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

/// What a field is shown as.
pub fn interface(options: &Map<String, Json>) -> String {
    options.get("interface").and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// Whether somebody chooses several values of such a field.
pub fn several(interface: &str) -> bool {
    matches!(interface, "multipleSelect" | "checkboxGroup" | "checkboxes")
}

/// What can be chosen, by value and label.
pub fn choices(options: &Map<String, Json>) -> Vec<(Json, String)> {
    let listed = options.get("uiSchema").and_then(|schema| schema.get("enum")).and_then(Json::as_array);
    let choice = |item: &Json| match item {
        Json::Object(map) => {
            let value = map.get("value")?.clone();
            let label = map.get("label").and_then(plain).or_else(|| plain(&value))?;
            Some((value, label))
        }
        other => Some((other.clone(), plain(other)?)),
    };
    listed.into_iter().flatten().filter_map(choice).collect()
}

/// A plain value as text.
pub fn plain(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// As screens show it; without a word about it, to the second.
fn format(options: &Map<String, Json>) -> Option<Vec<DatePiece>> {
    let props = options.get("uiSchema")?.get("x-component-props")?;
    let text = |name: &str| props.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let timed = props.get("showTime").is_some_and(|show| !matches!(show, Json::Bool(false) | Json::Null));
    let format = match (text("format"), text("dateFormat")) {
        (Some(format), _) => format.to_owned(),
        (None, Some(date)) if timed => format!("{date} {}", text("timeFormat").unwrap_or("HH:mm:ss")),
        (None, Some(date)) => date.to_owned(),
        (None, None) => return None,
    };
    date_format::pieces(&format)
}

/// A number in per cent: its point moves, and nothing is worked out that could be off by a little.
fn percent(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = format!("{part:0<2}");
    let (moved, rest) = part.split_at_checked(2).unwrap_or((&part, ""));
    let whole = format!("{whole}{moved}");
    let whole = Some(whole.trim_start_matches('0')).filter(|w| !w.is_empty()).unwrap_or("0");
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{whole}%") } else { format!("{sign}{whole}.{rest}%") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(kind: FieldKind, options: Json, value: Value) -> Cell {
        let writer = Writer {
            interface: interface(options.as_object().unwrap()),
            choices: choices(options.as_object().unwrap()),
            key: false,
            format: format(options.as_object().unwrap()),
            zone: TimeZone::fixed(jiff::tz::offset(8)),
        };
        writer.cell(kind, &value)
    }

    #[test]
    fn values_are_written_as_people_read_them_and_no_digit_is_lost() {
        let text = |t: &str| Cell::Text(t.to_owned());
        let colors = json!({"interface": "select", "uiSchema": {"enum": [{"value": "r", "label": "Red"}, {"value": 2, "label": "Blue"}]}});
        for (kind, options, value, want) in [
            (FieldKind::Integer, json!({}), Value::Int(42), Cell::Number(42.0)),
            (FieldKind::BigInt, json!({}), Value::Int(i64::MAX), text("9223372036854775807")),
            (FieldKind::Float, json!({}), Value::Float(2.5), Cell::Number(2.5)),
            (FieldKind::Float, json!({"interface": "percent"}), Value::Float(0.07), text("7%")),
            (FieldKind::Float, json!({"interface": "percent"}), Value::Float(-1.2345), text("-123.45%")),
            (FieldKind::Float, json!({"interface": "percent"}), Value::Float(0.0), text("0%")),
            (FieldKind::Decimal, json!({}), Value::Text("-0.125".into()), Cell::Number(-0.125)),
            (
                FieldKind::Decimal,
                json!({}),
                Value::Text("1234567890.123456789".into()),
                text("1234567890.123456789"),
            ),
            (FieldKind::Boolean, json!({}), Value::Bool(true), text("True")),
            (FieldKind::Text, colors.clone(), Value::Text("r".into()), text("Red")),
            (FieldKind::Integer, colors.clone(), Value::Int(2), text("Blue")),
            (FieldKind::Text, colors.clone(), Value::Text("gone".into()), text("gone")),
            (FieldKind::Array, colors, Value::Json(r#"["r",2,"x"]"#.into()), text("Red,Blue,x")),
            (FieldKind::Json, json!({}), Value::Json(r#"{"a":1}"#.into()), text(r#"{"a":1}"#)),
            (
                FieldKind::LocalDateTime,
                json!({}),
                Value::Text("2026-01-02T03:04:05".into()),
                text("2026-01-02 03:04:05"),
            ),
            (
                FieldKind::DateTime,
                json!({}),
                Value::Instant(Millis(1_795_327_855_007)),
                text("2026-11-22 14:10:55"),
            ),
            (
                FieldKind::DateTime,
                json!({"uiSchema": {"x-component-props": {"dateFormat": "DD/MM/YYYY"}}}),
                Value::Instant(Millis(1_795_327_855_007)),
                text("22/11/2026"),
            ),
            (FieldKind::Text, json!({}), Value::Null, Cell::Empty),
        ] {
            assert_eq!(written(kind, options, value), want);
        }
    }
}
