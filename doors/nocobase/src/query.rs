//! `query`: measures over groups of records. The shape of the question is read here; which fields may be
//! mentioned in it is the core's business, and the same as in a list.

use domain::{
    catalog::FieldKind,
    date_format,
    decision::Allowed,
    limits,
    query::{DateText, Dimension, Filter, Measure, Measured, Summary, SummarySort},
};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{answer::Answer, failure::Failure, filter, records, render, request::Request};

pub async fn query(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    records::check_own(allowed, allowed.op())?;
    let asked = Asked::of(request)?;
    let summary = asked.summary(request, allowed)?;
    let done = request.inner.data.summarize(allowed, &summary).await;
    let found = done.map_err(|error| records::said(allowed, error))?;
    let most = request.inner.settings.unpaged_rows_max.min(limits::UNPAGED_ROWS_MAX) as usize;
    if found.rows.len() > most {
        return Err(Failure::bad(format!("there are more than {most} groups; ask for fewer with limit")));
    }
    let columns: Vec<(&str, FieldKind)> = found.columns.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    Ok(Answer::Written(render::rows(&columns, &found.rows)))
}

/// The body, or the address where there is none.
struct Asked(Map<String, Value>);

impl Asked {
    fn of(request: &Request) -> Result<Self, Failure> {
        let mut all = request.params.map.clone();
        match request.body.clone() {
            None | Some(Value::Null) => {}
            // Some clients wrap it.
            Some(Value::Object(mut body)) => match body.remove("values") {
                Some(Value::Object(values)) => all.extend(values),
                _ => all.extend(body),
            },
            Some(_) => return Err(Failure::bad("the body must be an object")),
        }
        Ok(Self(all))
    }

    fn summary(&self, request: &Request, allowed: &Allowed) -> Result<Summary, Failure> {
        let table = allowed.table().map(AsRef::as_ref);
        let offset_minutes = request.zone().to_offset(Timestamp::UNIX_EPOCH).seconds() / 60;
        let dimensions: Vec<Dimension> =
            self.list("dimensions")?.map(|item| dimension(item, offset_minutes)).collect::<Result<_, _>>()?;
        let measures: Vec<Measure> = self.list("measures")?.map(measure).collect::<Result<_, _>>()?;
        let columns: Vec<(&str, &str)> = dimensions
            .iter()
            .map(|d| (d.field.as_str(), d.name.as_str()))
            .chain(measures.iter().map(|m| (m.field.as_deref().unwrap_or("*"), m.name.as_str())))
            .collect();
        let sort = self.list("orders")?.map(|item| order(item, &columns)).collect::<Result<_, _>>()?;
        let having = match self.0.get("having") {
            None => Filter::ALL,
            Some(having) => filter::parse(having, &request.filter_context(None, None))?,
        };
        let most = request.inner.settings.unpaged_rows_max.min(limits::UNPAGED_ROWS_MAX - 1);
        let limit = self.number("limit")?.unwrap_or(limits::SUMMARY_ROWS_DEFAULT.min(most));
        Ok(Summary {
            filter: request.filter_of(self.0.get("filter"), table)?.unwrap_or(Filter::ALL),
            dimensions,
            measures,
            having,
            sort,
            offset: self.number("offset")?.unwrap_or(0),
            limit: limit.min(most + 1),
        })
    }

    fn list(&self, name: &str) -> Result<impl Iterator<Item = &Value>, Failure> {
        let items = match self.0.get(name) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(_) => return Err(Failure::bad(format!("{name} must be a list"))),
        };
        Ok(items.iter())
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_u64(),
        };
        number.map(Some).ok_or_else(|| Failure::bad(format!("{name} must be a whole number")))
    }
}

fn text<'v>(item: &'v Value, name: &str) -> Option<&'v str> {
    item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// `"owner.nickname"`, or `["owner", "nickname"]`.
fn field(item: &Value) -> Result<Option<String>, Failure> {
    let bad = || Failure::bad("field must be a name or a list of names");
    match item.get("field") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if name == "*" => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(Value::Array(names)) => {
            let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            Ok(Some(names.ok_or_else(bad)?.join(".")))
        }
        Some(_) => Err(bad()),
    }
}

fn dimension(item: &Value, offset_minutes: i32) -> Result<Dimension, Failure> {
    let field = field(item)?.ok_or_else(|| Failure::bad("a dimension needs a field"))?;
    let format = match text(item, "format") {
        None => None,
        Some(format) => {
            let pieces = date_format::pieces(format).filter(|_| format.len() <= limits::NAME_CHARS_MAX);
            let pieces =
                pieces.ok_or_else(|| Failure::bad(format!("{field}: the format is not understood")))?;
            Some(DateText { pieces, offset_minutes })
        }
    };
    let name = text(item, "alias").unwrap_or(&field).to_owned();
    Ok(Dimension { field, format, name })
}

fn measure(item: &Value) -> Result<Measure, Failure> {
    let field = field(item)?;
    let distinct = matches!(item.get("distinct"), Some(Value::Bool(true)))
        || matches!(text(item, "distinct"), Some("true" | "1"));
    let (how, distinct) = match text(item, "aggregation").unwrap_or("count") {
        "count" => (Measured::Count, distinct),
        "countDistinct" => (Measured::Count, true),
        "sum" => (Measured::Sum, distinct),
        "sumDistinct" => (Measured::Sum, true),
        "avg" => (Measured::Average, distinct),
        "avgDistinct" => (Measured::Average, true),
        "min" => (Measured::Min, false),
        "max" => (Measured::Max, false),
        other => return Err(Failure::bad(format!("unknown aggregation {other:?}"))),
    };
    if field.is_none() && (how != Measured::Count || distinct) {
        return Err(Failure::bad("a measure needs a field"));
    }
    let name = text(item, "alias").or(field.as_deref()).unwrap_or("count").to_owned();
    Ok(Measure { field, how, distinct, name })
}

/// By the alias of a column, or the field it is made of.
fn order(item: &Value, columns: &[(&str, &str)]) -> Result<SummarySort, Failure> {
    let (asked, descending) = match item {
        Value::String(name) => match name.strip_prefix('-') {
            Some(name) => (Some(name.to_owned()), true),
            None => (Some(name.clone()), false),
        },
        _ => {
            let name = text(item, "alias").map(str::to_owned);
            let descending = match text(item, "order").map(str::to_ascii_lowercase).as_deref() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Err(Failure::bad("order must be asc or desc")),
            };
            (name.or(field(item)?), descending)
        }
    };
    let asked = asked.ok_or_else(|| Failure::bad("an order needs a field"))?;
    let by_name = columns.iter().find(|(_, name)| *name == asked);
    let column = by_name.or_else(|| columns.iter().find(|(field, _)| *field == asked));
    let (_, name) = column.ok_or_else(|| Failure::bad("Invalid SQL column or table reference"))?;
    Ok(SummarySort { name: (*name).to_owned(), descending })
}
