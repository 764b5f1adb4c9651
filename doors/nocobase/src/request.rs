//! One request, taken apart: what an action reads. Never asks the guard and never answers.

use std::{net::IpAddr, sync::Arc};

use axum::http::HeaderMap;
use domain::{
    catalog::{Catalog, Table},
    limits,
    query::Filter,
    secret::Secret,
};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::{
    failure::Failure,
    filter::{self, Context},
    locale::{self, Language},
    params::{self, Params},
    path::Target,
    role::HOME,
    state::Inner,
};

pub struct Request {
    pub inner: Arc<Inner>,
    pub target: Target,
    pub params: Params,
    /// `None`: there was no body, or one of a type that is no body here.
    pub body: Option<Value>,
    /// What was uploaded with the body.
    pub file: Option<axum::body::Bytes>,
    pub headers: HeaderMap,
    pub ip: Option<IpAddr>,
    /// The sign-in token it came with, wherever that stood.
    pub session: Option<Secret>,
}

impl Request {
    /// The base the request is about.
    pub fn base(&self) -> &str {
        base(&self.headers)
    }

    /// The id in the middle of an association path.
    pub fn source(&self) -> Result<&str, Failure> {
        self.target.source.as_deref().ok_or_else(|| Failure::bad("the path names no source record"))
    }

    /// The data source in the middle of a path: this dialect's roles know one.
    pub fn home_source(&self) -> Result<(), Failure> {
        if self.source()? == HOME { Ok(()) } else { Err(Failure::not_found()) }
    }

    pub fn source_num(&self) -> Result<i64, Failure> {
        self.source()?.parse().map_err(|_| Failure::not_found())
    }

    /// The key of the one thing an action is about.
    pub fn key(&self) -> Result<String, Failure> {
        self.params.target_key()?.ok_or_else(|| self.needs_a_target())
    }

    pub fn needs_a_target(&self) -> Failure {
        let action = &self.target.action;
        Failure::bad(format!("to do {action} action, filter or filterByTk is required"))
    }

    /// The values of a write: an object, or nothing at all.
    pub fn values(&self) -> Result<Map<String, Value>, Failure> {
        match &self.body {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map.clone()),
            Some(_) => Err(Failure::bad("the body must be an object")),
        }
    }

    pub fn filter(&self, table: Option<&Table>) -> Result<Option<Filter>, Failure> {
        self.filter_of(self.params.map.get("filter"), table)
    }

    /// A filter from somewhere else. `None`: there is none, or one without a condition.
    pub fn filter_of(&self, given: Option<&Value>, table: Option<&Table>) -> Result<Option<Filter>, Failure> {
        let Some(given) = given else { return Ok(None) };
        let catalog = self.inner.data.catalog();
        let filter = filter::parse(given, &self.filter_context(table, Some(&catalog)))?;
        Ok((!filter.is_all()).then_some(filter))
    }

    pub fn filter_context<'t>(&self, table: Option<&'t Table>, catalog: Option<&'t Catalog>) -> Context<'t> {
        Context { zone: self.zone(), table, now: Some(self.inner.clock.now()), catalog }
    }

    /// Where a day begins for the caller.
    pub fn zone(&self) -> TimeZone {
        params::zone(self.headers.get("x-timezone").and_then(|v| v.to_str().ok()))
    }

    /// In which the caller is told what was refused, and written to.
    pub fn language(&self) -> Language {
        locale::of(&self.headers, self.params.map.get("locale").and_then(Value::as_str))
    }

    /// Targets of an association action: `filterByTk`, or the body as a key, a list of keys, or a list of
    /// objects with the key inside.
    pub fn targets(&self, inside: &str) -> Result<Vec<String>, Failure> {
        Ok(self.targets_paired(inside, None)?.into_iter().map(|(key, _)| key).collect())
    }

    /// The same, each with what is said of the row that pairs it: `[1, {"note": "x"}]`, or inside of its object
    /// under the name `pair`.
    pub fn targets_paired(&self, inside: &str, pair: Option<&str>) -> Result<Vec<Paired>, Failure> {
        let bad = || Failure::bad("the body must be a list of keys");
        let one = |item: &Value| target(item, inside, pair).ok_or_else(bad);
        let listed = |items: &[Value]| {
            few_enough(items.len())?;
            items.iter().map(one).collect::<Result<Vec<_>, _>>()
        };
        let asked = self.params.target_keys()?.map(Value::Array);
        match asked.as_ref().or(self.body.as_ref()) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => listed(items),
            // `{"filterByTk":[…]}` and `{"values":[…]}` are how some clients wrap it.
            Some(Value::Object(map)) if map.contains_key("filterByTk") || map.contains_key("values") => {
                match map.get("filterByTk").or_else(|| map.get("values")) {
                    Some(Value::Array(items)) => listed(items),
                    Some(only) => Ok(vec![one(only)?]),
                    None => Ok(Vec::new()),
                }
            }
            Some(only) => Ok(vec![one(only)?]),
        }
    }
}

/// A key, and values of the row that pairs it.
pub type Paired = (String, Map<String, Value>);

fn target(item: &Value, inside: &str, pair: Option<&str>) -> Option<Paired> {
    let key = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match (item, pair) {
        (Value::Object(map), pair) => {
            let said = pair.and_then(|pair| map.get(pair)?.as_object().cloned());
            Some((key(map.get(inside)?)?, said.unwrap_or_default()))
        }
        (Value::Array(both), Some(_)) => match both.as_slice() {
            [named, Value::Object(said)] => Some((key(named)?, said.clone())),
            _ => None,
        },
        (plain, _) => Some((key(plain)?, Map::new())),
    }
}

/// Lists of records to be linked are counted before anything is done for each of them.
pub fn few_enough(named: usize) -> Result<(), Failure> {
    let max = limits::RECORDS_PER_WRITE_MAX;
    if named > max {
        Err(Failure::bad(format!("at most {max} records can be linked at once")))
    } else {
        Ok(())
    }
}

/// `X-Data-Source`, by default the home base.
pub fn base(headers: &HeaderMap) -> &str {
    headers.get("x-data-source").and_then(|v| v.to_str().ok()).filter(|t| !t.is_empty()).unwrap_or(HOME)
}

/// A text property of a body; a number counts as its digits. `Some(None)`: given as null.
pub fn text_property(
    values: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Option<String>>, Failure> {
    match values.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
        Some(Value::Number(number)) => Ok(Some(Some(number.to_string()))),
        Some(_) => Err(Failure::bad(format!("{name} must be a text"))),
    }
}

pub fn bool_property(values: &Map<String, Value>, name: &'static str) -> Result<Option<bool>, Failure> {
    match values.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(b)) => Ok(Some(*b)),
        Some(_) => Err(Failure::bad(format!("{name} must be true or false"))),
    }
}
