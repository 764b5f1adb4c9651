//! The functions a formula may call, by the names spreadsheets and math.js give them.

use super::eval::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Average,
    Ceil,
    Concat,
    Floor,
    Left,
    Len,
    Lower,
    Max,
    Min,
    Modulo,
    Power,
    Right,
    Round,
    Sqrt,
    Sum,
    Trim,
    Upper,
    If,
    IfNull,
    And,
    Or,
    Not,
}

/// Longest text a function makes, in characters.
const TEXT_CHARS_MAX: usize = 65_536;

impl Function {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "abs" => Self::Abs,
            "average" | "avg" | "mean" => Self::Average,
            "ceil" | "ceiling" | "roundup" => Self::Ceil,
            "concat" | "concatenate" => Self::Concat,
            "floor" | "int" | "rounddown" => Self::Floor,
            "left" => Self::Left,
            "len" | "size" => Self::Len,
            "lower" => Self::Lower,
            "max" => Self::Max,
            "min" => Self::Min,
            "mod" => Self::Modulo,
            "pow" | "power" => Self::Power,
            "right" => Self::Right,
            "round" => Self::Round,
            "sqrt" => Self::Sqrt,
            "sum" | "add" => Self::Sum,
            "trim" => Self::Trim,
            "upper" => Self::Upper,
            "if" => Self::If,
            "ifnull" | "coalesce" => Self::IfNull,
            "and" => Self::And,
            "or" => Self::Or,
            "not" => Self::Not,
            _ => return None,
        })
    }

    pub fn takes(self, arguments: usize) -> bool {
        match self {
            Self::Abs
            | Self::Ceil
            | Self::Floor
            | Self::Len
            | Self::Lower
            | Self::Sqrt
            | Self::Trim
            | Self::Upper
            | Self::Not => arguments == 1,
            Self::Modulo | Self::Power | Self::IfNull => arguments == 2,
            Self::Round | Self::Left | Self::Right => (1..=2).contains(&arguments),
            Self::If => (2..=3).contains(&arguments),
            Self::Average | Self::Max | Self::Min | Self::Sum | Self::Concat | Self::And | Self::Or => {
                arguments >= 1
            }
        }
    }

    pub fn call(self, arguments: &[Result]) -> Result {
        let at = |n: usize| arguments.get(n).cloned().unwrap_or(Result::Null);
        let number = |n: usize| at(n).number();
        let text = |n: usize| at(n).text();
        let numbers = || arguments.iter().filter_map(Result::number);
        let count = |n: usize| number(n).map_or(1, |n| n.clamp(0.0, TEXT_CHARS_MAX as f64) as usize);
        match self {
            Self::Abs => Result::of(number(0).map(f64::abs)),
            Self::Ceil => Result::of(number(0).map(f64::ceil)),
            Self::Floor => Result::of(number(0).map(f64::floor)),
            Self::Sqrt => Result::of(number(0).map(f64::sqrt)),
            Self::Round => Result::of(number(0).map(|n| round(n, number(1).unwrap_or(0.0)))),
            Self::Modulo => Result::of(number(0).zip(number(1)).map(|(a, b)| a - b * (a / b).floor())),
            Self::Power => Result::of(number(0).zip(number(1)).map(|(a, b)| a.powf(b))),
            Self::Sum => Result::Number(numbers().sum()),
            Self::Average => Result::of(Some(numbers().sum::<f64>() / numbers().count() as f64)),
            Self::Max => Result::of(numbers().reduce(f64::max)),
            Self::Min => Result::of(numbers().reduce(f64::min)),
            Self::Concat => Result::joined(arguments),
            Self::Left => text(0).map_or(Result::Null, |t| Result::Text(t.chars().take(count(1)).collect())),
            Self::Right => text(0).map_or(Result::Null, |t| {
                let skip = t.chars().count().saturating_sub(count(1));
                Result::Text(t.chars().skip(skip).collect())
            }),
            Self::Len => Result::of(text(0).map(|t| t.chars().count() as f64)),
            Self::Lower => text(0).map_or(Result::Null, |t| Result::Text(t.to_lowercase())),
            Self::Upper => text(0).map_or(Result::Null, |t| Result::Text(t.to_uppercase())),
            Self::Trim => text(0).map_or(Result::Null, |t| Result::Text(t.trim().to_owned())),
            Self::If => match at(0).truth() {
                true => at(1),
                false => at(2),
            },
            Self::IfNull => match at(0) {
                Result::Null => at(1),
                value => value,
            },
            Self::And => Result::Bool(arguments.iter().all(Result::truth)),
            Self::Or => Result::Bool(arguments.iter().any(Result::truth)),
            Self::Not => Result::Bool(!at(0).truth()),
        }
    }
}

/// Half away from zero, by what people see: 1.005 to two digits is 1.01.
fn round(n: f64, digits: f64) -> f64 {
    let digits = digits.clamp(-15.0, 15.0).trunc() as i32;
    let factor = 10f64.powi(digits);
    let scaled = n * factor;
    let nudged = scaled + scaled.abs() * f64::EPSILON * scaled.signum();
    nudged.round() / factor
}
