//! Formulas over the values of one record: `{{price}} * {{count}}`, or a template `{{first}} {{last}}`.
//! Bounded in length, nesting and parts; without loops, time or chance, so the same values always give the same
//! result. Whatever cannot be worked out (a division by zero, a text where a number belongs) is null, never an error.

mod eval;
mod functions;
mod read;

use std::collections::BTreeSet;

pub use read::{FormulaError, read};

use crate::{
    catalog::{Field, FieldKind},
    query::coerce,
    value::Value,
};

/// A formula that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Text(String),
    Bool(bool),
    Null,
    Field(String),
    Unary(Unary, Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Call(functions::Function, Vec<Node>),
    /// Texts and fields one after the other; null is nothing.
    Template(Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unary {
    Minus,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Join,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

impl Formula {
    /// Names of the fields it looks at.
    pub fn fields(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.0.fields(&mut names);
        names
    }

    /// The result as a value of `field`; null where there is none, or it does not fit.
    pub fn value(&self, field: &Field, of: &dyn Fn(&str) -> Option<Value>) -> Value {
        let result = eval::eval(&self.0, of);
        let json = match (result, field.kind) {
            (eval::Result::Null, _) => return Value::Null,
            // Whole numbers are cut, not refused.
            (eval::Result::Number(n), FieldKind::Integer | FieldKind::BigInt) => number(n.trunc()),
            (eval::Result::Number(n), FieldKind::Boolean) => (n != 0.0).into(),
            (eval::Result::Number(n), _) => number(n),
            (eval::Result::Bool(b), kind) if kind.is_number() => i64::from(b).into(),
            (eval::Result::Bool(b), kind) if kind.is_text() => b.to_string().into(),
            (eval::Result::Bool(b), _) => b.into(),
            (eval::Result::Text(text), _) => text.into(),
        };
        coerce(field, &json).unwrap_or(Value::Null)
    }
}

/// Whole numbers without a fraction, also as texts.
fn number(n: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if n.fract() == 0.0 && n.abs() <= EXACT { serde_json::Value::from(n as i64) } else { n.into() }
}

impl Node {
    fn fields<'n>(&'n self, names: &mut BTreeSet<&'n str>) {
        match self {
            Self::Field(name) => {
                names.insert(name);
            }
            Self::Unary(_, node) => node.fields(names),
            Self::Binary(_, a, b) => [a, b].into_iter().for_each(|node| node.fields(names)),
            Self::If(a, b, c) => [a, b, c].into_iter().for_each(|node| node.fields(names)),
            Self::Call(_, nodes) | Self::Template(nodes) => nodes.iter().for_each(|node| node.fields(names)),
            Self::Number(_) | Self::Text(_) | Self::Bool(_) | Self::Null => {}
        }
    }
}

#[cfg(test)]
mod tests;
