//! Reading a formula: a recursive descent over its bytes, with a ceiling on depth and parts.

use super::{Binary, Formula, Node, Unary, functions::Function};
use crate::limits;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormulaError {
    #[error("the expression is too long or nested too deeply")]
    TooMuch,
    #[error("the expression cannot be understood at {0:?}")]
    Unexpected(String),
    #[error("the expression ends too early")]
    Ended,
    #[error("there is no function {0:?}")]
    UnknownFunction(String),
    #[error("{0:?} cannot be used in an expression")]
    BadField(String),
}

/// `template`: text with fields in it, rather than an expression.
pub fn read(text: &str, template: bool) -> Result<Formula, FormulaError> {
    if text.len() > limits::FORMULA_BYTES_MAX {
        return Err(FormulaError::TooMuch);
    }
    let mut reader = Reader { rest: text, depth: 0, parts: 0 };
    let node = if template { reader.template()? } else { reader.whole()? };
    Ok(Formula(node))
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
    parts: usize,
}

/// Operators by how tightly they bind, loosest first; of those that begin alike the longer come first.
const LEVELS: [&[(&str, Binary)]; 6] = [
    &[("||", Binary::Or), ("or ", Binary::Or)],
    &[("&&", Binary::And), ("and ", Binary::And)],
    &[
        ("===", Binary::Equal),
        ("==", Binary::Equal),
        ("!==", Binary::Unequal),
        ("!=", Binary::Unequal),
        ("<>", Binary::Unequal),
        ("<=", Binary::LessOrEqual),
        (">=", Binary::GreaterOrEqual),
        ("<", Binary::Less),
        (">", Binary::Greater),
        ("=", Binary::Equal),
    ],
    &[("&", Binary::Join)],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[("*", Binary::Multiply), ("/", Binary::Divide), ("%", Binary::Remainder)],
];

impl<'t> Reader<'t> {
    fn whole(&mut self) -> Result<Node, FormulaError> {
        // Spreadsheets begin theirs with one.
        self.take("=");
        let node = self.choice()?;
        self.skip();
        if self.rest.is_empty() { Ok(node) } else { Err(self.unexpected()) }
    }

    fn template(&mut self) -> Result<Node, FormulaError> {
        let mut nodes = Vec::new();
        while let Some((before, after)) = self.rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(FormulaError::Ended)?;
            nodes.push(Node::Text(before.to_owned()));
            nodes.push(Node::Field(field(name)?));
            self.rest = after;
            self.count()?;
        }
        nodes.push(Node::Text(self.rest.to_owned()));
        Ok(Node::Template(nodes))
    }

    /// `a ? b : c`.
    fn choice(&mut self) -> Result<Node, FormulaError> {
        self.depth += 1;
        if self.depth > limits::FORMULA_DEPTH_MAX {
            return Err(FormulaError::TooMuch);
        }
        let mut node = self.level(0)?;
        if self.take("?") {
            let yes = self.choice()?;
            self.expect(":")?;
            let no = self.choice()?;
            node = Node::If(Box::new(node), Box::new(yes), Box::new(no));
        }
        self.depth -= 1;
        Ok(node)
    }

    fn level(&mut self, at: usize) -> Result<Node, FormulaError> {
        let Some(operators) = LEVELS.get(at) else { return self.power() };
        let mut node = self.level(at + 1)?;
        while let Some(op) = self.operator(at, operators) {
            self.count()?;
            let right = self.level(at + 1)?;
            node = Node::Binary(op, Box::new(node), Box::new(right));
        }
        Ok(node)
    }

    fn operator(&mut self, at: usize, operators: &[(&str, Binary)]) -> Option<Binary> {
        self.skip();
        // `&&` is another one.
        if at == 3 && self.rest.starts_with("&&") {
            return None;
        }
        let (sign, op) = operators.iter().find(|(sign, _)| self.rest.starts_with(sign))?;
        self.rest = self.rest.get(sign.len()..)?;
        Some(*op)
    }

    /// Binds to the right, and tighter than a sign before it: `-2^2` is -4.
    fn power(&mut self) -> Result<Node, FormulaError> {
        self.depth += 1;
        if self.depth > 4 * limits::FORMULA_DEPTH_MAX {
            return Err(FormulaError::TooMuch);
        }
        self.count()?;
        let node = if self.take("-") {
            Node::Unary(Unary::Minus, Box::new(self.power()?))
        } else if self.take("+") {
            self.power()?
        } else if self.not() {
            Node::Unary(Unary::Not, Box::new(self.power()?))
        } else {
            let base = self.atom()?;
            match self.take("**") || self.take("^") {
                true => Node::Binary(Binary::Power, Box::new(base), Box::new(self.power()?)),
                false => base,
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn not(&mut self) -> bool {
        self.skip();
        self.take("not ") || (!self.rest.starts_with("!=") && self.take("!"))
    }

    fn atom(&mut self) -> Result<Node, FormulaError> {
        self.skip();
        let first = self.rest.chars().next().ok_or(FormulaError::Ended)?;
        match first {
            '(' => {
                self.take("(");
                let node = self.choice()?;
                self.expect(")")?;
                Ok(node)
            }
            '{' => {
                self.expect("{{")?;
                let (name, after) = self.rest.split_once("}}").ok_or(FormulaError::Ended)?;
                self.rest = after;
                Ok(Node::Field(field(name)?))
            }
            '"' | '\'' => {
                let (text, after) =
                    self.rest.get(1..).and_then(|rest| rest.split_once(first)).ok_or(FormulaError::Ended)?;
                self.rest = after;
                Ok(Node::Text(text.to_owned()))
            }
            '0'..='9' | '.' => self.number(),
            _ if first.is_ascii_alphabetic() => self.word(),
            _ => Err(self.unexpected()),
        }
    }

    fn number(&mut self) -> Result<Node, FormulaError> {
        let digits = |text: &str| text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let mut end = digits(self.rest);
        let exponent = self.rest.get(end..).and_then(|rest| {
            let after = rest.strip_prefix(['e', 'E'])?;
            let unsigned = after.strip_prefix(['+', '-']).unwrap_or(after);
            let count = unsigned.bytes().take_while(u8::is_ascii_digit).count();
            (count > 0).then_some(rest.len() - unsigned.len() + count)
        });
        end += exponent.unwrap_or(0);
        let number = self.rest.get(..end).and_then(|text| text.parse().ok());
        let number: f64 = number.ok_or_else(|| self.unexpected())?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Ok(Node::Number(number))
    }

    fn word(&mut self) -> Result<Node, FormulaError> {
        let end = self.rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        if self.take("(") {
            let function =
                Function::named(word).ok_or_else(|| FormulaError::UnknownFunction(word.to_owned()))?;
            return self.arguments(function);
        }
        match word.to_ascii_lowercase().as_str() {
            "true" => Ok(Node::Bool(true)),
            "false" => Ok(Node::Bool(false)),
            "null" => Ok(Node::Null),
            "pi" => Ok(Node::Number(std::f64::consts::PI)),
            "e" => Ok(Node::Number(std::f64::consts::E)),
            _ => Err(FormulaError::Unexpected(word.to_owned())),
        }
    }

    fn arguments(&mut self, function: Function) -> Result<Node, FormulaError> {
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.choice()?);
                if self.take(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        if !function.takes(arguments.len()) {
            return Err(FormulaError::Unexpected(format!("{function:?}(…)")));
        }
        Ok(Node::Call(function, arguments))
    }

    fn count(&mut self) -> Result<(), FormulaError> {
        self.parts += 1;
        if self.parts > limits::FORMULA_PARTS_MAX { Err(FormulaError::TooMuch) } else { Ok(()) }
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, what: &str) -> bool {
        self.skip();
        let after = self.rest.strip_prefix(what);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn expect(&mut self, what: &str) -> Result<(), FormulaError> {
        match self.take(what) {
            true => Ok(()),
            false if self.rest.is_empty() => Err(FormulaError::Ended),
            false => Err(self.unexpected()),
        }
    }

    fn unexpected(&self) -> FormulaError {
        FormulaError::Unexpected(self.rest.chars().take(20).collect())
    }
}

/// A field of the record itself; what is linked with it is out of reach.
fn field(name: &str) -> Result<String, FormulaError> {
    let name = name.trim();
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if plain { Ok(name.to_owned()) } else { Err(FormulaError::BadField(name.chars().take(40).collect())) }
}
