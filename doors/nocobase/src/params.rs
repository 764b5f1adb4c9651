//! The parameters actions share: page, filter, sort, fields, the target key. Reads shapes only; whether a
//! field exists is found out when the query is bound.

use domain::{
    limits,
    query::{Page, Select, Sort},
};
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The query string of one request, and the target key of its path.
#[derive(Debug, Default)]
pub struct Params {
    pub map: Map<String, Value>,
    pub key: Option<String>,
}

impl Params {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.map.get(name).and_then(Value::as_str)
    }

    /// A list in any of its forms: repeated, in brackets, separated by commas. `None`: not given, or empty.
    pub fn names(&self, name: &str) -> Result<Option<Vec<String>>, Failure> {
        let names = match self.map.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => {
                names(value).ok_or_else(|| Failure::bad(format!("{name} must be a list of names")))?
            }
        };
        if names.len() > limits::FILTER_LIST_MAX {
            return Err(Failure::bad(format!("{name} takes at most {} names", limits::FILTER_LIST_MAX)));
        }
        Ok((!names.is_empty()).then_some(names))
    }

    /// `filterByTk`, from the path or the query string: one key or a list of them.
    pub fn target_keys(&self) -> Result<Option<Vec<Value>>, Failure> {
        if let Some(key) = &self.key {
            return Ok(Some(vec![Value::String(key.clone())]));
        }
        let scalar = |value: &Value| matches!(value, Value::String(_));
        match self.map.get("filterByTk") {
            None | Some(Value::Null) => Ok(None),
            Some(value @ Value::String(text)) => Ok(Some(listed_keys(text).unwrap_or(vec![value.clone()]))),
            Some(Value::Array(keys)) if keys.iter().all(scalar) => {
                if keys.len() > limits::FILTER_LIST_MAX {
                    return Err(Failure::bad(format!(
                        "filterByTk takes at most {} keys",
                        limits::FILTER_LIST_MAX
                    )));
                }
                Ok(Some(keys.clone()))
            }
            Some(_) => Err(Failure::bad("filterByTk must be a key or a list of keys")),
        }
    }

    /// The one target key of an action that is about one thing.
    pub fn target_key(&self) -> Result<Option<String>, Failure> {
        match self.target_keys()?.as_deref() {
            None | Some([]) => Ok(None),
            Some([Value::String(key)]) => Ok(Some(key.clone())),
            Some(_) => Err(Failure::bad("filterByTk must be a single key here")),
        }
    }

    pub fn sort(&self) -> Result<Vec<Sort>, Failure> {
        let names = self.names("sort")?.unwrap_or_default();
        Ok(names
            .into_iter()
            .map(|name| match name.strip_prefix('-') {
                Some(field) => Sort { field: field.to_owned(), descending: true },
                None => Sort { field: name, descending: false },
            })
            .collect())
    }

    pub fn select(&self) -> Result<Select, Failure> {
        Ok(match (self.names("fields")?, self.names("except")?) {
            // What is named is answered, whatever is left out besides.
            (Some(fields), _) => Select::Only(fields),
            (None, Some(except)) => Select::Except(except),
            (None, None) => Select::All,
        })
    }

    /// `None`: the caller asked for everything at once.
    pub fn page(&self) -> Result<Option<PageAsked>, Failure> {
        if self.text("paginate") == Some("false") {
            return Ok(None);
        }
        let number = |name: &str, default: u64| match self.map.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value
                .as_str()
                .and_then(|t| t.parse::<u64>().ok())
                .filter(|n| *n >= 1)
                .ok_or_else(|| Failure::bad(format!("{name} must be a whole number from 1"))),
        };
        let size = number("pageSize", limits::PAGE_SIZE_DEFAULT)?.min(limits::PAGE_SIZE_MAX);
        Ok(Some(PageAsked { page: number("page", 1)?, size }))
    }
}

/// A page as the caller asked for it, its size clamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageAsked {
    pub page: u64,
    pub size: u64,
}

impl PageAsked {
    pub fn page(self) -> Page {
        Page { offset: (self.page - 1).saturating_mul(self.size), limit: self.size }
    }
}

/// `["1",2]`: several keys as JSON.
fn listed_keys(text: &str) -> Option<Vec<Value>> {
    let inner = text.strip_prefix('[').filter(|inner| inner.ends_with(']'))?;
    if inner.len() > limits::FILTER_LIST_MAX * 64 {
        return None;
    }
    let keys: Vec<Value> = serde_json::from_str(text).ok()?;
    let plain = |key| match key {
        Value::String(_) => Some(key),
        Value::Number(number) => Some(Value::String(number.to_string())),
        _ => None,
    };
    keys.into_iter()
        .map(plain)
        .collect::<Option<Vec<_>>>()
        .filter(|keys| keys.len() <= limits::FILTER_LIST_MAX)
}

fn names(value: &Value) -> Option<Vec<String>> {
    let split = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
    };
    match value {
        Value::String(text) => Some(split(text)),
        Value::Array(items) => {
            let lists: Option<Vec<Vec<String>>> = items.iter().map(|i| i.as_str().map(split)).collect();
            lists.map(|l| l.concat())
        }
        _ => None,
    }
}

/// `X-Timezone`: `+08:00`. Anything else is UTC.
pub fn zone(header: Option<&str>) -> TimeZone {
    let parsed = header.and_then(|text| {
        let (sign, rest) = match text.trim().split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let seconds = hours
            .parse::<i32>()
            .ok()?
            .checked_mul(3_600)?
            .checked_add(minutes.parse::<i32>().ok()?.checked_mul(60)?)?;
        Offset::from_seconds(sign * seconds).ok()
    });
    parsed.map_or(TimeZone::UTC, TimeZone::fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params { map: crate::qs::parse(query).unwrap(), key: None }
    }

    #[test]
    fn lists_come_in_any_form() {
        for query in
            ["fields=id,title", "fields[]=id&fields[]=title", "fields=id&fields=title", "fields[]=id,title"]
        {
            assert_eq!(params(query).names("fields").unwrap().unwrap(), ["id", "title"], "{query}");
        }
        assert_eq!(params("fields=").names("fields").unwrap(), None);
        assert!(params("fields[a]=b").names("fields").is_err());
    }

    #[test]
    fn a_page_is_clamped_and_nonsense_refused() {
        let page = |q: &str| params(q).page().map(|p| p.map(|p| (p.page, p.size))).map_err(|_| ());
        assert_eq!(page(""), Ok(Some((1, 20))));
        assert_eq!(page("page=3&pageSize=100000"), Ok(Some((3, 1_000))));
        assert_eq!(page("paginate=false"), Ok(None));
        for bad in [
            "page=0",
            "pageSize=0",
            "pageSize=-1",
            "pageSize=abc",
            "page=1.5",
            "pageSize[]=1",
            "page=99999999999999999999",
        ] {
            assert_eq!(page(bad), Err(()), "{bad}");
        }
    }

    #[test]
    fn a_minus_sorts_downwards() {
        let sort = params("sort%5B%5D=-id&sort[]=title").sort().unwrap();
        assert_eq!(
            sort.iter().map(|s| (s.field.as_str(), s.descending)).collect::<Vec<_>>(),
            [("id", true), ("title", false)]
        );
    }

    #[test]
    fn the_time_zone_header_is_an_offset() {
        assert_eq!(zone(Some("+08:00")), TimeZone::fixed(jiff::tz::offset(8)));
        for bad in [None, Some(""), Some("Mars"), Some("+99:99"), Some("+é:00")] {
            assert_eq!(zone(bad), TimeZone::UTC, "{bad:?}");
        }
    }
}
