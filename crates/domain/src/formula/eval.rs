//! Working a formula out. Null in, null out, except where a function says otherwise.

use super::{Binary, Node, Unary};
use crate::{limits, value::Value};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Result {
    Null,
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Result {
    /// A number that is none (infinite, undefined) is null.
    pub fn of(number: Option<f64>) -> Self {
        number.filter(|n| n.is_finite()).map_or(Self::Null, Self::Number)
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Bool(b) => Some(f64::from(*b)),
            Self::Text(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            Self::Null => None,
        }
    }

    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone()),
            Self::Bool(b) => Some(b.to_string()),
            Self::Number(n) => Some(super::number(*n).to_string()),
        }
    }

    pub fn truth(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Number(n) => *n != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Bool(b) => *b,
        }
    }

    /// One after the other; null when the text would be longer than a field can hold.
    pub fn joined(parts: &[Self]) -> Self {
        let text: String = parts.iter().filter_map(Self::text).collect();
        if text.len() > limits::TEXT_VALUE_BYTES_MAX { Self::Null } else { Self::Text(text) }
    }
}

pub(super) fn eval(node: &Node, of: &dyn Fn(&str) -> Option<Value>) -> Result {
    match node {
        Node::Number(n) => Result::of(Some(*n)),
        Node::Text(text) => Result::Text(text.clone()),
        Node::Bool(b) => Result::Bool(*b),
        Node::Null => Result::Null,
        Node::Field(name) => of(name).map_or(Result::Null, result),
        Node::Unary(Unary::Minus, inner) => Result::of(eval(inner, of).number().map(|n| -n)),
        Node::Unary(Unary::Not, inner) => Result::Bool(!eval(inner, of).truth()),
        Node::Binary(Binary::And, a, b) => Result::Bool(eval(a, of).truth() && eval(b, of).truth()),
        Node::Binary(Binary::Or, a, b) => Result::Bool(eval(a, of).truth() || eval(b, of).truth()),
        Node::Binary(op, a, b) => binary(*op, &eval(a, of), &eval(b, of)),
        Node::If(when, yes, no) => eval(if eval(when, of).truth() { yes } else { no }, of),
        Node::Call(function, arguments) => {
            let arguments: Vec<Result> = arguments.iter().map(|node| eval(node, of)).collect();
            function.call(&arguments)
        }
        Node::Template(nodes) => {
            let parts: Vec<Result> = nodes.iter().map(|node| eval(node, of)).collect();
            Result::joined(&parts)
        }
    }
}

fn result(value: Value) -> Result {
    match value {
        Value::Null => Result::Null,
        Value::Bool(b) => Result::Bool(b),
        Value::Int(n) => Result::Number(n as f64),
        Value::Float(n) => Result::of(Some(n)),
        Value::Text(text) | Value::Json(text) => Result::Text(text),
        Value::Instant(at) => Result::Text(at.rfc3339()),
    }
}

fn binary(op: Binary, a: &Result, b: &Result) -> Result {
    let numbers = || Some((a.number()?, b.number()?));
    let calculated = |with: fn(f64, f64) -> f64| Result::of(numbers().map(|(a, b)| with(a, b)));
    let compared = |holds: fn(std::cmp::Ordering) -> bool| match order(a, b) {
        Some(order) => Result::Bool(holds(order)),
        None => Result::Null,
    };
    match op {
        Binary::Join => Result::joined(&[a.clone(), b.clone()]),
        Binary::Add
            if matches!((a, b), (Result::Text(_), _) | (_, Result::Text(_))) && numbers().is_none() =>
        {
            match (a, b) {
                (Result::Null, _) | (_, Result::Null) => Result::Null,
                _ => Result::joined(&[a.clone(), b.clone()]),
            }
        }
        Binary::Add => calculated(|a, b| a + b),
        Binary::Subtract => calculated(|a, b| a - b),
        Binary::Multiply => calculated(|a, b| a * b),
        Binary::Divide => calculated(|a, b| a / b),
        Binary::Remainder => calculated(|a, b| a % b),
        Binary::Power => calculated(f64::powf),
        Binary::Equal => Result::Bool(order(a, b).is_some_and(std::cmp::Ordering::is_eq) || a == b),
        Binary::Unequal => Result::Bool(!(order(a, b).is_some_and(std::cmp::Ordering::is_eq) || a == b)),
        Binary::Less => compared(std::cmp::Ordering::is_lt),
        Binary::LessOrEqual => compared(std::cmp::Ordering::is_le),
        Binary::Greater => compared(std::cmp::Ordering::is_gt),
        Binary::GreaterOrEqual => compared(std::cmp::Ordering::is_ge),
        Binary::And => Result::Bool(a.truth() && b.truth()),
        Binary::Or => Result::Bool(a.truth() || b.truth()),
    }
}

/// Texts as texts, everything else as numbers; null has no order.
fn order(a: &Result, b: &Result) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Result::Text(a), Result::Text(b)) => Some(a.cmp(b)),
        _ => a.number()?.partial_cmp(&b.number()?),
    }
}
