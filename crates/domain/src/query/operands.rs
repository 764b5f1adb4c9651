//! What a comparison is given: how many values, of a kind its operator can compare, each read as the field holds it.

use serde_json::Value as Json;

use crate::{
    catalog::{Field, FieldKind},
    value::Value,
};

use super::{
    BindError, BoundFilter, CmpOp,
    coerce::{coerce, element, fragment},
};

pub(super) fn bad(field: &Field, message: &str) -> BindError {
    BindError::BadValue { field: field.name.clone(), message: message.to_owned() }
}

pub(super) fn takes_list(op: CmpOp, holds_lists: bool) -> bool {
    match op {
        CmpOp::AnyOf | CmpOp::NoneOf | CmpOp::Match | CmpOp::NotMatch => true,
        CmpOp::In | CmpOp::NotIn | CmpOp::Between => !holds_lists,
        _ => false,
    }
}

pub(super) fn literal(field: &Field, op: CmpOp, json: &Json) -> Result<Value, BindError> {
    let typed = match op {
        CmpOp::AnyOf | CmpOp::NoneOf | CmpOp::Match | CmpOp::NotMatch => element(json),
        CmpOp::Contains
        | CmpOp::NotContains
        | CmpOp::StartsWith
        | CmpOp::NotStartsWith
        | CmpOp::EndsWith
        | CmpOp::NotEndsWith => fragment(json),
        _ => return coerce(field, json),
    };
    typed.map_err(|message| bad(field, message))
}

/// The right number of operands, of a kind the operator can compare.
pub(super) fn check_operands(field: &Field, op: CmpOp, values: &[Value]) -> Result<(), BindError> {
    let kind = field.kind;
    let textual =
        kind.is_text() || matches!(kind, FieldKind::LocalDateTime | FieldKind::Date | FieldKind::Time);
    let ordered = !matches!(kind, FieldKind::Json | FieldKind::Array);
    let (count, fits) = match op {
        CmpOp::Eq | CmpOp::Ne => (Some(1), true),
        CmpOp::Gt | CmpOp::Gte | CmpOp::Lt | CmpOp::Lte => (Some(1), ordered),
        CmpOp::Between => (Some(2), ordered),
        CmpOp::In | CmpOp::NotIn => (None, true),
        CmpOp::Contains
        | CmpOp::NotContains
        | CmpOp::StartsWith
        | CmpOp::NotStartsWith
        | CmpOp::EndsWith
        // Of a number, its digits.
        | CmpOp::NotEndsWith => (Some(1), textual || kind.is_number()),
        CmpOp::Empty | CmpOp::NotEmpty => (Some(0), true),
        CmpOp::True | CmpOp::False => (Some(0), kind == FieldKind::Boolean),
        CmpOp::AnyOf | CmpOp::NoneOf | CmpOp::Match | CmpOp::NotMatch => (None, kind == FieldKind::Array),
    };
    if !fits {
        return Err(bad(field, "this operator does not apply to this kind of field"));
    }
    if count.is_some_and(|count| count != values.len()) {
        return Err(bad(field, "this operator takes another number of values"));
    }
    let may_be_null = matches!(op, CmpOp::Eq | CmpOp::Ne | CmpOp::In | CmpOp::NotIn);
    if !may_be_null && values.iter().any(Value::is_null) {
        return Err(bad(field, "this operator does not compare with null"));
    }
    Ok(())
}

/// Takes null out of a list, since no database finds it there, and lists of nothing out of the filter.
pub(super) fn membership(
    op: CmpOp,
    values: Vec<Value>,
    cmp: &dyn Fn(CmpOp, Vec<Value>) -> BoundFilter,
) -> BoundFilter {
    let has_null = values.iter().any(Value::is_null);
    let listed: Vec<Value> = values.into_iter().filter(|v| !v.is_null()).collect();
    let mut parts = Vec::new();
    if !listed.is_empty() {
        parts.push(cmp(op, listed));
    }
    if has_null {
        parts.push(cmp(if op == CmpOp::In { CmpOp::Eq } else { CmpOp::Ne }, vec![Value::Null]));
    }
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            if op == CmpOp::In { BoundFilter::Or(parts) } else { BoundFilter::And(parts) }
        }
    }
}
