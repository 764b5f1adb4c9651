//! What is special about the values of a field: how the server makes them, or what it does to those it is given.
//! Names only, as with links: a field that is named and is not there (any more) counts as empty.

use serde::{Deserialize, Serialize};

use super::{Field, FieldKind, Table};
use crate::{Millis, formula, limits, sequence::Sequence, time::SECOND_MS, value::Value};

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
    /// The time of the write, where a new record is given none, or of every write, whatever it is given.
    Moment {
        #[serde(default)]
        seconds: bool,
        #[serde(default)]
        at_create: bool,
        #[serde(default)]
        at_write: bool,
    },
    /// A text without blanks at its ends.
    Trimmed,
}

impl Special {
    /// Whether instants are counted in whole seconds.
    pub fn in_seconds(&self) -> bool {
        matches!(self, Self::Seconds | Self::Moment { seconds: true, .. })
    }

    /// What every write puts into a field of this kind, whoever writes what.
    pub fn of_every_write(&self, kind: FieldKind, at: Millis) -> Option<Value> {
        matches!(self, Self::Moment { at_write: true, .. }).then(|| self.moment(kind, at))
    }

    /// What a new record holds where its writer gave nothing.
    pub fn of_new_record(&self, kind: FieldKind, at: Millis) -> Option<Value> {
        matches!(self, Self::Moment { at_create: true, .. }).then(|| self.moment(kind, at))
    }

    /// Without a zone it is UTC.
    fn moment(&self, kind: FieldKind, at: Millis) -> Value {
        match kind {
            FieldKind::LocalDateTime => Value::Text(at.rfc3339().chars().take(19).collect()),
            _ if self.in_seconds() => Value::Instant(Millis(at.0 - at.0.rem_euclid(SECOND_MS))),
            _ => Value::Instant(at),
        }
    }

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
            Self::Seconds | Self::Moment { seconds: true, .. } => kind == FieldKind::DateTime,
            Self::Moment { .. } => matches!(kind, FieldKind::DateTime | FieldKind::LocalDateTime),
            Self::Trimmed => matches!(kind, FieldKind::Text | FieldKind::LongText),
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
        let random =
            |chars, alphabet: &str| Special::Random { prefix: "p".into(), chars, alphabet: alphabet.into() };
        let moment = |seconds| Special::Moment { seconds, at_create: true, at_write: false };
        for (special, kind) in [
            (order.clone(), FieldKind::BigInt),
            (random(3, "ab"), FieldKind::Text),
            (Special::Distinct, FieldKind::Array),
            (Special::Seconds, FieldKind::DateTime),
            (moment(false), FieldKind::LocalDateTime),
            (Special::Trimmed, FieldKind::LongText),
            (Special::Formula { expression: "1".into(), template: false }, FieldKind::Boolean),
        ] {
            assert_eq!(special.check(kind), Ok(()), "{special:?}");
        }
        for (special, kind) in [
            (order, FieldKind::Text),
            (Special::Uuid, FieldKind::Text),
            (moment(true), FieldKind::LocalDateTime),
            (moment(false), FieldKind::Date),
            (Special::Trimmed, FieldKind::Json),
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
