//! Conditions on what is inside of a JSON value: `address.city`, names of properties all the way. What is not there
//! is null. Numbers are compared with numbers and with texts that read as one, texts with texts.

use serde_json::Value as Json;

use crate::{
    FieldNo,
    catalog::{Field, FieldKind},
    limits,
    value::Value,
};

use super::{
    BindError, BoundFilter, CmpOp, Term, Var,
    condition::{Binder, Stop, too_much},
    operands::{membership, takes_list},
};

/// One comparison inside of a JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundInside {
    pub field: FieldNo,
    /// Never empty; none of the names holds a character a path would have to escape.
    pub path: Vec<String>,
    pub op: CmpOp,
    /// Null, truths, numbers and texts; of a list never null.
    pub values: Vec<Value>,
}

impl Binder<'_> {
    pub fn holds_json(&self, name: &str) -> bool {
        self.table.field(name).is_some_and(|field| field.kind == FieldKind::Json)
    }

    /// A condition on a property of a JSON value.
    pub fn inside(&mut self, head: &str, rest: &str, op: CmpOp, terms: &[Term]) -> Result<BoundFilter, Stop> {
        let field = self.table.field(head).ok_or_else(|| BindError::UnknownField(head.to_owned()))?;
        if !(self.usable)(field) {
            return Err(BindError::ForbiddenField(head.to_owned()).into());
        }
        let path = path(field, rest)?;
        self.one_more()?;
        let values = self.inside_values(field, op, terms)?;
        self.count_values(values.len())?;
        check(field, op, &values)?;
        let one =
            |op, values| BoundFilter::Inside(BoundInside { field: field.no, path: path.clone(), op, values });
        Ok(match op {
            CmpOp::In | CmpOp::NotIn => membership(op, values, &one),
            _ => one(op, values),
        })
    }

    fn inside_values(&self, field: &Field, op: CmpOp, terms: &[Term]) -> Result<Vec<Value>, Stop> {
        let list = takes_list(op, false);
        let mut values = Vec::with_capacity(terms.len());
        for term in terms {
            match term {
                Term::Literal(Json::Array(items)) if list => {
                    for item in items {
                        values.push(value(field, item)?);
                    }
                }
                Term::Literal(json) => values.push(value(field, json)?),
                Term::Var(Var::UserRoles) if list => {
                    let user = self.subject.user_more.as_ref().ok_or(Stop::Unmeetable)?;
                    values.extend(user.roles.iter().map(|role| Value::Text(role.clone())));
                }
                Term::Var(var) => values.push(value(field, &self.variable(field, var)?)?),
            }
        }
        if values.len() > limits::FILTER_LIST_MAX {
            return Err(too_much("a list in the filter is too long"));
        }
        Ok(values)
    }
}

/// The names of a path.
fn path(field: &Field, rest: &str) -> Result<Vec<String>, BindError> {
    let names: Vec<String> = rest.split('.').map(str::to_owned).collect();
    if names.len() > limits::FILTER_DEPTH_MAX {
        let message = format!("more than {} names in a row", limits::FILTER_DEPTH_MAX);
        return Err(BindError::TooMuch(message));
    }
    let plain =
        |name: &String| !name.is_empty() && !name.contains(|c: char| c == '"' || c == '\\' || c.is_control());
    if names.iter().all(plain) {
        Ok(names)
    } else {
        Err(bad(field, "there can be no such property in a filter"))
    }
}

/// A value as it may stand in JSON.
fn value(field: &Field, json: &Json) -> Result<Value, BindError> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(truth) => Ok(Value::Bool(*truth)),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Ok(Value::Int(int)),
            (None, Some(float)) => Ok(Value::Float(float)),
            (None, None) => Err(bad(field, "is not a number that can be compared")),
        },
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Array(_) | Json::Object(_) => Err(bad(field, "a property is compared with a plain value")),
    }
}

/// The right number of operands, of a kind the operator compares.
fn check(field: &Field, op: CmpOp, values: &[Value]) -> Result<(), BindError> {
    use CmpOp::*;
    let (count, fits) = match op {
        Eq | Ne => (Some(1), true),
        Gt | Gte | Lt | Lte => (Some(1), values.iter().all(ordered)),
        Between => (Some(2), values.iter().all(ordered)),
        In | NotIn => (None, true),
        Contains | NotContains | StartsWith | NotStartsWith | EndsWith | NotEndsWith => (Some(1), true),
        Empty | NotEmpty | True | False => (Some(0), true),
        AnyOf | NoneOf | Match | NotMatch => (None, false),
    };
    if !fits {
        return Err(bad(field, "this operator does not apply to a property"));
    }
    if count.is_some_and(|count| count != values.len()) {
        return Err(bad(field, "this operator takes another number of values"));
    }
    Ok(())
}

fn ordered(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Float(_) | Value::Text(_))
}

fn bad(field: &Field, message: &str) -> BindError {
    BindError::BadValue { field: field.name.clone(), message: message.to_owned() }
}
