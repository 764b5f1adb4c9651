//! Query parameters: decoded, taken one by one, and whatever nobody took is refused by name. Dialects
//! with nested parameters have their own reader.

use std::{borrow::Cow, ops::RangeInclusive, str::FromStr};

/// A parameter that cannot be used, and why, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct BadParam {
    pub name: String,
    pub message: String,
}

impl BadParam {
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

/// The parameters of one request.
#[derive(Debug, Default)]
pub struct Params<'q> {
    left: Vec<(Cow<'q, str>, Cow<'q, str>)>,
    asked: Vec<&'static str>,
}

impl<'q> Params<'q> {
    /// Reads `a=1&b=2`. A name given twice, broken percent-encoding and null characters are refused.
    pub fn parse(query: Option<&'q str>) -> Result<Self, BadParam> {
        let mut left: Vec<(Cow<'q, str>, Cow<'q, str>)> = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let bad = |what: &str| BadParam::new(name.chars().take(64).collect::<String>(), what);
            let key = decode(name).ok_or_else(|| bad("the name is not valid percent-encoded UTF-8"))?;
            let text = decode(value).ok_or_else(|| bad("the value is not valid percent-encoded UTF-8"))?;
            if key.contains('\0') || text.contains('\0') {
                return Err(bad("null characters are not allowed"));
            }
            if left.iter().any(|(k, _)| *k == key) {
                return Err(bad("is given twice"));
            }
            left.push((key, text));
        }
        Ok(Self { left, asked: Vec::new() })
    }

    pub fn take(&mut self, name: &'static str) -> Option<Cow<'q, str>> {
        self.asked.push(name);
        let at = self.left.iter().position(|(k, _)| k == name)?;
        Some(self.left.swap_remove(at).1)
    }

    /// A parameter of a type, `what` being the type in words ("true or false").
    pub fn take_as<T: FromStr>(&mut self, name: &'static str, what: &str) -> Result<Option<T>, BadParam> {
        let Some(text) = self.take(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| BadParam::new(name, format!("must be {what}")))
    }

    pub fn take_within(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, BadParam> {
        let what = format!("a whole number from {} to {}", range.start(), range.end());
        let Some(n) = self.take_as::<u64>(name, &what)? else { return Ok(None) };
        if range.contains(&n) { Ok(Some(n)) } else { Err(BadParam::new(name, format!("must be {what}"))) }
    }

    /// Refuses what nobody took; call it last.
    pub fn finish(self) -> Result<(), BadParam> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(64).collect();
                let known = self.asked.join(", ");
                let message = match nearest(name, self.asked.iter().copied()) {
                    Some(near) => format!("unknown parameter; did you mean `{near}`?"),
                    None if known.is_empty() => "unknown parameter; this address takes none".to_owned(),
                    None => format!("unknown parameter; known are: {known}"),
                };
                Err(BadParam::new(shown, message))
            }
        }
    }
}

/// The known name a misspelt one most likely meant.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let name: String = name.chars().take(64).collect();
    let scored = known.into_iter().map(|k| (strsim::damerau_levenshtein(&name.to_lowercase(), k), k));
    scored.min_by_key(|(distance, _)| *distance).filter(|(d, k)| *d <= 1 + k.len() / 4).map(|(_, k)| k)
}

/// `+` is a blank, `%41` a byte; `None` when that is not UTF-8 or not hexadecimal.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|b| matches!(b, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_nobody_asked_for_is_refused_by_name() {
        let mut params = Params::parse(Some("limit=3&ownr=x")).unwrap();
        assert_eq!(params.take_within("limit", 1..=10), Ok(Some(3)));
        assert_eq!(params.take("owner"), None);
        let bad = params.finish().unwrap_err();
        assert_eq!(
            (bad.name.as_str(), bad.message.as_str()),
            ("ownr", "unknown parameter; did you mean `owner`?")
        );
    }

    #[test]
    fn broken_encoding_null_characters_and_doubles_are_refused() {
        for bad in ["a=%zz", "a=%f", "a=%ff", "%ff=1", "a=%00", "a=1&a=2"] {
            assert!(Params::parse(Some(bad)).is_err(), "{bad}");
        }
        assert_eq!(Params::parse(Some("a=%C3%A4+b")).unwrap().take("a").unwrap(), "ä b");
    }
}
