//! `GET /api-key/list`: the caller's own keys of all configurations, or those of an organization. The total is
//! the true one, and pages reach to the end.

use std::cmp::Ordering;

use domain::{decision::Allowed, key::Key, limits::PAGE_SIZE_MAX};
use keys::{KeyQuery, PageRequest};
use serde_json::{Map, Value};

use super::{Acting, act_for_named, clear, config_of};
use crate::{
    ListShape,
    answer::Answer,
    config::{DEFAULT, References},
    failure::Failure,
    number,
    record::Record,
    request::Request,
    roles::Action,
};

const FIELDS: &[&str] = &[
    "id",
    "configId",
    "name",
    "start",
    "prefix",
    "referenceId",
    "enabled",
    "expiresAt",
    "remaining",
    "refillAmount",
    "refillInterval",
    "lastRefillAt",
    "rateLimitEnabled",
    "rateLimitTimeWindow",
    "rateLimitMax",
    "requestCount",
    "lastRequest",
    "permissions",
    "metadata",
    "createdAt",
    "updatedAt",
];

pub async fn list(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.query();
    let config_id = fields.maybe_text("configId").filter(|id| !id.is_empty());
    let organization = fields.maybe_text("organizationId");
    let limit = fields.counted("limit");
    let offset = fields.counted("offset");
    let sort_by = fields.any("sortBy").filter(|field| field.as_str() != Some(""));
    let sort_by = sort_by.and_then(|_| fields.one_of("sortBy", FIELDS));
    let descending = fields.one_of("sortDirection", &["asc", "desc"]) == Some("desc");
    fields.finish()?;
    let acting = Acting::client(request.signed_in()?)?;
    let keys = match organization {
        // No organization has this name: nothing is its own.
        Some("") => Vec::new(),
        Some(id) => {
            let allowed = act_for_named(&request.inner, &acting, id, Action::Read).await?;
            let mut keys = owned(request, &allowed).await?;
            keys.retain(|key| belongs(request, key, References::Organization, config_id));
            keys
        }
        None => {
            let mut keys = owned(request, acting.allowed).await?;
            keys.retain(|key| belongs(request, key, References::User, config_id));
            keys
        }
    };
    let mut rows: Vec<_> =
        keys.iter().map(|key| Record::stored(key, &request.inner.guard).to_json()).collect();
    if let Some(field) = sort_by {
        sort(&mut rows, field, descending);
    }
    clear(&request.inner).await;
    let total = rows.len();
    let page = |n: Option<i64>, usual: usize| n.map_or(usual, |n| usize::try_from(n).unwrap_or(usize::MAX));
    let rows = rows.into_iter().skip(page(offset, 0)).take(page(limit, usize::MAX)).map(Value::Object);
    let rows = Value::Array(rows.collect());
    Ok(Answer::new(match request.inner.settings.list {
        ListShape::Older => rows,
        ListShape::Newer => newer(rows, total, limit, offset),
    }))
}

fn newer(rows: Value, total: usize, limit: Option<i64>, offset: Option<i64>) -> Value {
    let mut body = Map::new();
    body.insert("apiKeys".to_owned(), rows);
    body.insert("total".to_owned(), Value::from(total));
    for (name, value) in [("limit", limit), ("offset", offset)] {
        if value.is_some() {
            body.insert(name.to_owned(), number::json(value));
        }
    }
    Value::Object(body)
}

/// All keys of the owner, oldest first.
async fn owned(request: &Request, allowed: &Allowed) -> Result<Vec<Key>, Failure> {
    let mut found: Vec<Key> = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest { after, offset: 0, limit: PAGE_SIZE_MAX };
        let query = KeyQuery { owner: Some(allowed.principal().owner), page, ..KeyQuery::default() };
        let keys = request.inner.keys.list(allowed, query).await?;
        found.extend(keys.items);
        match keys.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Made here, for this kind of owner, and of the configuration when one is named.
fn belongs(request: &Request, key: &Key, references: References, config_id: Option<&str>) -> bool {
    let Some(id) = config_of(key.door.as_deref()) else { return false };
    let configuration = request.inner.settings.configurations.get(id);
    let of = configuration.map_or(References::User, |c| c.references);
    of == references && config_id.is_none_or(|wanted| wanted == id || (wanted == DEFAULT && id.is_empty()))
}

fn sort(rows: &mut [Map<String, Value>], field: &str, descending: bool) {
    rows.sort_by(|a, b| {
        let order = compare(a.get(field).unwrap_or(&Value::Null), b.get(field).unwrap_or(&Value::Null));
        if descending { order.reverse() } else { order }
    });
}

/// Nothing before something; numbers by size, everything else as text.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => a.to_string().cmp(&b.to_string()),
    }
}
