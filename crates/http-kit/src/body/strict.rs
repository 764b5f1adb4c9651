//! What JSON may not be, whatever it says: too deep, with null characters, with a name given twice; and
//! objects that are objects.

use std::{cell::RefCell, collections::HashSet, fmt, marker::PhantomData};

use domain::limits;
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
};

use super::{BodyError, Field, explain::shorten};

/// The checks of [`parse`] alone.
pub fn check(bytes: &[u8]) -> Result<(), BodyError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(BodyError::Empty);
    }
    let found = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let walked = Walk { depth: 0, found: &found }.deserialize(&mut json).and_then(|()| json.end());
    match (found.into_inner(), walked) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(BodyError::Syntax(error.to_string())),
        (None, Ok(())) => Ok(()),
    }
}

/// Walks any JSON without keeping it; the first offence is left in `found`.
#[derive(Clone, Copy)]
struct Walk<'f> {
    depth: usize,
    found: &'f RefCell<Option<BodyError>>,
}

impl Walk<'_> {
    fn offend<E: serde::de::Error>(&self, error: BodyError) -> E {
        self.found.replace(Some(error));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth == limits::JSON_DEPTH_MAX {
            return Err(self.offend(BodyError::TooDeep { max: limits::JSON_DEPTH_MAX }));
        }
        Ok(Self { depth: self.depth + 1, found: self.found })
    }

    fn text<E: serde::de::Error>(&self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            let field =
                Field { path: String::new(), message: "null characters are not allowed in texts".to_owned() };
            return Err(self.offend(BodyError::Shape(field)));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = entries.next_key::<String>()? {
            self.text(&name)?;
            if names.contains(&name) {
                let field = Field { path: shorten(&name), message: "is given twice".to_owned() };
                return Err(self.offend(BodyError::Shape(field)));
            }
            names.insert(name);
            entries.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// `T` written as an object, and only so: serde itself would also take a list of its fields in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Only<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Only<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Object<T>, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(entries)).map(Object)
            }
        }
        json.deserialize_map(Only(PhantomData))
    }
}
