//! Summaries: rows put together by the values they share, and counted, added up or compared. What is mentioned
//! must be readable of every row, as in a filter: a sum tells of all of its rows at once.

use std::sync::Arc;

use crate::{
    FieldNo,
    access::Alt,
    catalog::{FieldKind, Table},
    date_format::DatePiece,
    limits,
    value::Value,
};

use super::{
    BindError, BoundAlt, BoundFilter, BoundStep, CmpOp, Filter, Subject, Term,
    bind::{bind_filter_with, bind_rows_with, path},
    coerce,
    linked::Links,
};

/// A summary as a client wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub filter: Filter,
    pub dimensions: Vec<Dimension>,
    pub measures: Vec<Measure>,
    /// About the columns of the answer, by name.
    pub having: Filter,
    pub sort: Vec<SummarySort>,
    pub offset: u64,
    pub limit: u64,
}

/// A value rows are put together by.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// A field, or one behind links to one row: `owner.nickname`.
    pub field: String,
    pub format: Option<DateText>,
    pub name: String,
}

/// Of a date, only what the format says.
#[derive(Clone, Debug, PartialEq)]
pub struct DateText {
    pub pieces: Vec<DatePiece>,
    /// Where the day begins.
    pub offset_minutes: i32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// `None`: the rows themselves, to be counted.
    pub field: Option<String>,
    pub how: Measured,
    /// Equal values count once.
    pub distinct: bool,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    Count,
    Sum,
    Average,
    Min,
    Max,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummarySort {
    /// A column of the answer.
    pub name: String,
    pub descending: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundSummary {
    pub alts: Vec<BoundAlt>,
    pub filter: BoundFilter,
    pub columns: Vec<BoundColumn>,
    pub having: BoundHaving,
    /// Columns by their place.
    pub sort: Vec<(usize, bool)>,
    pub offset: u64,
    pub limit: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BoundColumn {
    pub name: String,
    pub of: BoundValue,
    /// Of the values of the column.
    pub kind: FieldKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BoundValue {
    Dimension { field: BoundPath, format: Option<DateText> },
    Measure { field: Option<BoundPath>, how: Measured, distinct: bool },
}

/// A field at the end of links to one row each.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundPath {
    pub via: Vec<BoundStep>,
    pub field: FieldNo,
    /// Of the field.
    pub kind: FieldKind,
}

/// A condition on columns of the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundHaving {
    And(Vec<BoundHaving>),
    Or(Vec<BoundHaving>),
    Not(Box<BoundHaving>),
    Cmp { column: usize, op: CmpOp, values: Vec<Value> },
}

/// Binds a summary. Links the client names are followed by `links`, those of row conditions by `trusted`.
pub fn bind_summary(
    summary: &Summary,
    table: &Table,
    alts: &[Alt],
    subject: &Subject,
    links: &dyn Links,
    trusted: &dyn Links,
) -> Result<BoundSummary, BindError> {
    let count = summary.dimensions.len() + summary.measures.len();
    if count == 0 {
        return Err(BindError::TooMuch("measures or dimensions are required".to_owned()));
    }
    if count > limits::SUMMARY_COLUMNS_MAX || summary.sort.len() > limits::SORT_KEYS_MAX {
        return Err(BindError::TooMuch(format!(
            "at most {} measures and dimensions, and {} to sort by",
            limits::SUMMARY_COLUMNS_MAX,
            limits::SORT_KEYS_MAX
        )));
    }
    let at = |name: &str| {
        let (via, field) = path(name, table, alts, subject, links)?;
        let of = via.last().map_or(table, |step: &BoundStep| Arc::as_ref(&step.target));
        let kind = of.field_by_no(field).map_or(FieldKind::Text, |field| field.kind);
        Ok::<_, BindError>(BoundPath { via, field, kind })
    };
    let mut columns = Vec::with_capacity(count);
    for dimension in &summary.dimensions {
        columns.push(self::dimension(dimension, at(&dimension.field)?)?);
    }
    for measure in &summary.measures {
        columns.push(self::measure(measure, measure.field.as_deref().map(at).transpose()?)?);
    }
    if let Some(twice) = (1..columns.len()).find(|at| {
        let name = columns.get(*at).map(|column| &column.name);
        columns.iter().take(*at).any(|column| Some(&column.name) == name)
    }) {
        let name = columns.get(twice).map(|column| column.name.clone()).unwrap_or_default();
        return Err(bad(&name, "is the name of two columns; give one of them an alias"));
    }
    let mut sort = Vec::new();
    for key in &summary.sort {
        sort.push((column(&columns, &key.name)?, key.descending));
    }
    Ok(BoundSummary {
        alts: bind_rows_with(alts, table, subject, trusted)?,
        filter: bind_filter_with(&summary.filter, table, alts, subject, links)?,
        having: Having { columns: &columns, conditions: 0 }.bind(&summary.having, 0)?,
        columns,
        sort,
        offset: summary.offset.min(i64::MAX as u64),
        limit: summary.limit.min(limits::UNPAGED_ROWS_MAX),
    })
}

fn dimension(dimension: &Dimension, field: BoundPath) -> Result<BoundColumn, BindError> {
    use FieldKind::*;
    if matches!(field.kind, Json | Array | Password) {
        return Err(bad(&dimension.field, "cannot be a dimension"));
    }
    if dimension.format.is_some() && !matches!(field.kind, DateTime | LocalDateTime | Date) {
        return Err(bad(&dimension.field, "is no date, and takes no format"));
    }
    let kind = if dimension.format.is_some() { Text } else { field.kind };
    let of = BoundValue::Dimension { field, format: dimension.format.clone() };
    Ok(BoundColumn { name: dimension.name.clone(), of, kind })
}

fn measure(measure: &Measure, field: Option<BoundPath>) -> Result<BoundColumn, BindError> {
    let name = || measure.field.clone().unwrap_or_else(|| measure.name.clone());
    let held = field.as_ref().map(|field| field.kind);
    let kind = match (measure.how, held) {
        (Measured::Count, None) => FieldKind::BigInt,
        (Measured::Count, Some(kind)) if kind != FieldKind::Password => FieldKind::BigInt,
        (Measured::Sum | Measured::Average, Some(kind)) if kind.is_number() => FieldKind::Float,
        (Measured::Min | Measured::Max, Some(FieldKind::Decimal)) => FieldKind::Float,
        (Measured::Min | Measured::Max, Some(kind))
            if !matches!(kind, FieldKind::Json | FieldKind::Array | FieldKind::Password) =>
        {
            kind
        }
        _ => return Err(bad(&name(), "cannot be summed up so")),
    };
    let of = BoundValue::Measure { field, how: measure.how, distinct: measure.distinct };
    Ok(BoundColumn { name: measure.name.clone(), of, kind })
}

fn column(columns: &[BoundColumn], name: &str) -> Result<usize, BindError> {
    let at = columns.iter().position(|column| column.name == name);
    at.ok_or_else(|| BindError::UnknownField(name.to_owned()))
}

fn bad(field: &str, message: &str) -> BindError {
    BindError::BadValue { field: field.to_owned(), message: message.to_owned() }
}

struct Having<'c> {
    columns: &'c [BoundColumn],
    conditions: usize,
}

impl Having<'_> {
    fn bind(&mut self, filter: &Filter, depth: usize) -> Result<BoundHaving, BindError> {
        if depth > limits::FILTER_DEPTH_MAX {
            return Err(BindError::TooMuch("the condition is nested too deeply".to_owned()));
        }
        let mut all = |parts: &[Filter]| {
            parts.iter().map(|part| self.bind(part, depth + 1)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match filter {
            Filter::And(parts) => BoundHaving::And(all(parts)?),
            Filter::Or(parts) => BoundHaving::Or(all(parts)?),
            Filter::Not(part) => BoundHaving::Not(Box::new(self.bind(part, depth + 1)?)),
            Filter::Cmp { field, op, terms } => {
                self.conditions += 1;
                if self.conditions > limits::SUMMARY_COLUMNS_MAX || terms.len() > limits::FILTER_LIST_MAX {
                    return Err(BindError::TooMuch("the condition has too many parts".to_owned()));
                }
                self.compare(field, *op, terms)?
            }
        })
    }

    fn compare(&self, name: &str, op: CmpOp, terms: &[Term]) -> Result<BoundHaving, BindError> {
        let column = column(self.columns, name)?;
        let kind = self.columns.get(column).map_or(FieldKind::Text, |column| column.kind);
        let mut values = Vec::with_capacity(terms.len());
        for term in terms {
            let Term::Literal(literal) = term else { return Err(bad(name, "takes no variable here")) };
            match literal {
                serde_json::Value::Array(items) => {
                    for item in items {
                        values.push(coerce::of_kind(kind, item).map_err(|message| bad(name, message))?);
                    }
                }
                one => values.push(coerce::of_kind(kind, one).map_err(|message| bad(name, message))?),
            }
        }
        let fits = match op {
            CmpOp::Eq | CmpOp::Ne => values.len() == 1,
            CmpOp::Gt | CmpOp::Gte | CmpOp::Lt | CmpOp::Lte => values.len() == 1 && !has_null(&values),
            CmpOp::Between => values.len() == 2 && !has_null(&values),
            CmpOp::In | CmpOp::NotIn => !values.is_empty() && !has_null(&values),
            CmpOp::Empty | CmpOp::NotEmpty => values.is_empty(),
            _ => false,
        };
        if fits {
            Ok(BoundHaving::Cmp { column, op, values })
        } else {
            Err(bad(name, "cannot be compared so"))
        }
    }
}

fn has_null(values: &[Value]) -> bool {
    values.iter().any(Value::is_null)
}
