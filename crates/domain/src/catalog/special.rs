//! What is special about the values of a field: how the server makes them, or what it does to those it is given.
//! Names only, as with links: a field that is named and is not there (any more) counts as empty.

use serde::{Deserialize, Serialize};

use super::{Field, FieldKind, Table};
use crate::{formula, limits, sequence::Sequence};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    /// The place of the record in an order: a new one comes last, among the records with the same value of the
    /// field `within`.
    Order {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<String>,
    },
    /// A text with a number in it that is counted up.
    Sequence(Sequence),
    /// Worked out of the record's other values whenever it is written.
    Formula { expression: String, template: bool },
    /// A random text of so many characters, after a prefix.
    Random { prefix: String, chars: usize, alphabet: String },
    /// A random UUID.
    Uuid,
    /// A number made of time and chance.
    Snowflake,
    /// A list that holds nothing twice.
    Distinct,
    /// An instant that is counted in whole seconds: a number it is given is one of seconds.
    Seconds,
}

impl Special {
    /// Whether a writer's own value is not taken.
    pub fn sealed(&self) -> bool {
        match self {
            Self::Formula { .. } => true,
            Self::Sequence(sequence) => !sequence.open,
            _ => false,
        }
    }

    /// `Err` says, for people, what is wrong with it, or with having it on a field of this kind.
    pub fn check(&self, kind: FieldKind) -> Result<(), String> {
        let fits = match self {
            Self::Order { .. } | Self::Snowflake => kind == FieldKind::BigInt,
            Self::Sequence(_) | Self::Random { .. } => matches!(kind, FieldKind::Text | FieldKind::LongText),
            Self::Uuid => kind == FieldKind::Uuid,
            Self::Distinct => kind == FieldKind::Array,
            Self::Seconds => kind == FieldKind::DateTime,
            Self::Formula { .. } => !matches!(
                kind,
                FieldKind::Link | FieldKind::Password | FieldKind::Json | FieldKind::Array | FieldKind::Uuid
            ),
        };
        if !fits {
            return Err("cannot hold such values".to_owned());
        }
        match self {
            Self::Sequence(sequence) => sequence.check(),
            Self::Formula { expression, template } => {
                formula::read(expression, *template).map(drop).map_err(|error| error.to_string())
            }
            Self::Random { prefix, chars, alphabet } => {
                let letters = alphabet.bytes().collect::<std::collections::BTreeSet<_>>().len();
                let long = *chars == 0
                    || prefix.chars().count().saturating_add(*chars) > limits::GENERATED_CHARS_MAX;
                if long || prefix.contains('\0') {
                    Err(format!("makes texts of 1 to {} characters", limits::GENERATED_CHARS_MAX))
                } else if !alphabet.is_ascii() || letters < 2 || letters != alphabet.len() || letters > 128 {
                    Err("takes an alphabet of different ASCII characters, at least two".to_owned())
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }
}

impl Table {
    /// The field an order is divided by; of an association, the key it rests on.
    pub fn order_part(&self, within: Option<&str>) -> Option<&Field> {
        let field = self.field(within?)?;
        let field = match &field.link {
            Some(link) => self.field(&link.key)?,
            None => field,
        };
        (!matches!(field.kind, FieldKind::Link | FieldKind::Password)).then_some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_field_could_not_hold_is_refused() {
        let order = Special::Order { within: None };
        let random = |chars, alphabet: &str| Special::Random {
            prefix: "p".into(),
            chars,
            alphabet: alphabet.into(),
        };
        for (special, kind) in [
            (order.clone(), FieldKind::BigInt),
            (random(3, "ab"), FieldKind::Text),
            (Special::Distinct, FieldKind::Array),
            (Special::Seconds, FieldKind::DateTime),
            (Special::Formula { expression: "1".into(), template: false }, FieldKind::Boolean),
        ] {
            assert_eq!(special.check(kind), Ok(()), "{special:?}");
        }
        for (special, kind) in [
            (order, FieldKind::Text),
            (Special::Uuid, FieldKind::Text),
            (random(0, "ab"), FieldKind::Text),
            (random(usize::MAX, "ab"), FieldKind::Text),
            (random(3, "aa"), FieldKind::Text),
            (random(3, "aé"), FieldKind::Text),
            (Special::Formula { expression: "1".into(), template: false }, FieldKind::Password),
            (Special::Formula { expression: "1 +".into(), template: false }, FieldKind::Float),
        ] {
            assert!(special.check(kind).is_err(), "{special:?}");
        }
    }
}
