//! The query string in the `qs` dialect: `a=1`, `a[]=1&a[]=2`, `a[b][c]=1`, repeated names, a name
//! without `=` (null). Every value is text or null; typing it is somebody else's work.
//! Bounded in parameters and depth, and never panics.

use serde_json::{Map, Value};

/// Parameters in one query string.
const PARAMETERS_MAX: usize = 1_000;
/// Bracket levels of one name.
const DEPTH_MAX: usize = 24;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum QsError {
    #[error("the query string is not valid percent-encoded UTF-8, or holds a null character")]
    Encoding,
    #[error("the query string has more than {PARAMETERS_MAX} parameters")]
    TooMany,
    #[error("the query string nests deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("the parameter {0:?} is given both as a value and as an object")]
    Conflict(String),
}

/// Parses a query string or a form body.
pub fn parse(text: &str) -> Result<Map<String, Value>, QsError> {
    let mut root = Tree::Unset;
    for (count, pair) in text.split('&').filter(|p| !p.is_empty()).enumerate() {
        if count >= PARAMETERS_MAX {
            return Err(QsError::TooMany);
        }
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (form_decode(name)?, Some(form_decode(value)?)),
            None => (form_decode(pair)?, None),
        };
        let steps = steps(&name)?;
        root.insert(&steps, value).map_err(|Clash| QsError::Conflict(name.clone()))?;
    }
    match root.into_value() {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn form_decode(text: &str) -> Result<String, QsError> {
    crate::path::decode(&text.replace('+', " ")).filter(|t| !t.contains('\0')).ok_or(QsError::Encoding)
}

/// `a[b][]` → `a`, `b`, ``. What does not nest cleanly is one plain name.
fn steps(name: &str) -> Result<Vec<&str>, QsError> {
    let Some((head, mut rest)) = name.find('[').filter(|at| *at > 0).and_then(|at| name.split_at_checked(at))
    else {
        return Ok(vec![name]);
    };
    let mut steps = vec![head];
    while !rest.is_empty() {
        let Some((step, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) else {
            return Ok(vec![name]);
        };
        steps.push(step);
        if steps.len() > DEPTH_MAX {
            return Err(QsError::TooDeep);
        }
        rest = after;
    }
    Ok(steps)
}

enum Tree {
    Unset,
    Leaf(Option<String>),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// A value where an object already is, or the other way round.
struct Clash;

impl Tree {
    fn insert(&mut self, steps: &[&str], value: Option<String>) -> Result<(), Clash> {
        match steps {
            [] => self.put(value),
            ["", rest @ ..] => match self {
                Self::Unset => {
                    *self = Self::List(Vec::new());
                    self.insert(steps, value)
                }
                Self::List(items) => {
                    let mut item = Self::Unset;
                    item.insert(rest, value)?;
                    items.push(item);
                    Ok(())
                }
                // `a=1&a[]=2` is a list of two.
                Self::Leaf(_) => {
                    let first = std::mem::replace(self, Self::Unset);
                    *self = Self::List(vec![first]);
                    self.insert(steps, value)
                }
                Self::Map(_) => Err(Clash),
            },
            [name, rest @ ..] => match self {
                Self::Unset => {
                    *self = Self::Map(Vec::new());
                    self.insert(steps, value)
                }
                Self::Map(entries) => {
                    if let Some((_, tree)) = entries.iter_mut().find(|(known, _)| known == name) {
                        return tree.insert(rest, value);
                    }
                    let mut tree = Self::Unset;
                    tree.insert(rest, value)?;
                    entries.push(((*name).to_owned(), tree));
                    Ok(())
                }
                Self::Leaf(_) | Self::List(_) => Err(Clash),
            },
        }
    }

    fn put(&mut self, value: Option<String>) -> Result<(), Clash> {
        match self {
            Self::Unset => *self = Self::Leaf(value),
            Self::Leaf(_) => {
                let first = std::mem::replace(self, Self::Unset);
                *self = Self::List(vec![first, Self::Leaf(value)]);
            }
            Self::List(items) => items.push(Self::Leaf(value)),
            Self::Map(_) => return Err(Clash),
        }
        Ok(())
    }

    fn into_value(self) -> Value {
        match self {
            Self::Unset => Value::Null,
            Self::Leaf(text) => text.map_or(Value::Null, Value::String),
            Self::List(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Self::Map(entries) => {
                // `a[0]=x&a[1]=y` is a list, in the order of the numbers.
                let numbers: Option<Vec<u32>> = entries.iter().map(|(k, _)| k.parse().ok()).collect();
                match numbers {
                    Some(numbers) if !numbers.is_empty() => {
                        let mut items: Vec<(u32, Value)> =
                            numbers.into_iter().zip(entries).map(|(n, (_, t))| (n, t.into_value())).collect();
                        items.sort_by_key(|(n, _)| *n);
                        Value::Array(items.into_iter().map(|(_, v)| v).collect())
                    }
                    _ => Value::Object(entries.into_iter().map(|(k, t)| (k, t.into_value())).collect()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_objects_nulls_and_repeats_are_read_as_qs_reads_them() {
        for (text, want) in [
            ("", json!({})),
            ("a=1&b=two+words", json!({"a": "1", "b": "two words"})),
            ("a[]=1&a[]=2", json!({"a": ["1", "2"]})),
            ("a=1&a=2", json!({"a": ["1", "2"]})),
            ("sort%5B%5D=-id", json!({"sort": ["-id"]})),
            ("a[b][c]=1&a[b][d]=2", json!({"a": {"b": {"c": "1", "d": "2"}}})),
            ("a[1]=y&a[0]=x", json!({"a": ["x", "y"]})),
            ("f[$and][0][t][$eq]=x", json!({"f": {"$and": [{"t": {"$eq": "x"}}]}})),
            ("a", json!({"a": null})),
            ("a=", json!({"a": ""})),
            ("a[=1", json!({"a[": "1"})),
            ("[x]=1", json!({"[x]": "1"})),
        ] {
            assert_eq!(Value::Object(parse(text).unwrap()), want, "{text}");
        }
    }

    #[test]
    fn excess_and_nonsense_are_refused() {
        assert_eq!(parse(&"a=1&".repeat(1_001)), Err(QsError::TooMany));
        assert_eq!(parse(&format!("a{}=1", "[x]".repeat(30))), Err(QsError::TooDeep));
        assert_eq!(parse("a=%ff"), Err(QsError::Encoding));
        assert_eq!(parse("a=%00"), Err(QsError::Encoding));
        assert!(matches!(parse("a[b]=1&a=2"), Err(QsError::Conflict(_))));
    }

    proptest::proptest! {
        #[test]
        fn no_query_string_makes_the_parser_panic(text in "[a-c\\[\\]=&%0-9+$]{0,120}") {
            let _ = parse(&text);
        }
    }
}
