//! A key on the wire: what callers send and what they get. The only place that knows both the native
//! field names and the words of the core.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use ::keys::Expires;
use domain::{
    KeyId, Millis, UserId,
    access::{Category, Level, Op, Scope, Scopes},
    key::{Key, KeyKind, Owner, Permissions},
    limit::{RateLimit, Refill, RefillMode, WindowRule},
    limits,
};
use http_kit::body::Object;
use serde::{Deserialize, Deserializer, Serialize, de::MapAccess, de::Visitor};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::problem::Problem;

/// At most `max` accepted requests per window.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RateLimit)]
pub struct RateLimitShape {
    /// Accepted requests per window; refused ones do not count.
    #[schema(example = 100, maximum = 8388607)]
    pub max: u32,
    /// Length of the window in milliseconds.
    #[schema(example = 60000)]
    pub window_ms: i64,
    /// `fixed` (default): the window ends `window_ms` after its first request. `since_last_accepted`: the
    /// count starts again after `window_ms` without an accepted request.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(value_type = Option<String>, example = "fixed")]
    pub rule: WindowRule,
    /// A limit can be kept and switched off.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[schema(default = true)]
    pub enabled: bool,
}

/// What renews the uses left.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refill)]
pub struct RefillShape {
    #[schema(example = 1000, minimum = 1)]
    pub amount: i64,
    /// Milliseconds between refills.
    #[schema(example = 86400000, minimum = 1)]
    pub interval_ms: i64,
    /// `reset` (default): the balance becomes `amount`. `add`: `amount` is added for every interval passed.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(value_type = Option<String>, example = "reset")]
    pub mode: RefillMode,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl From<RateLimitShape> for RateLimit {
    fn from(shape: RateLimitShape) -> Self {
        Self { max: shape.max, window_ms: shape.window_ms, rule: shape.rule, enabled: shape.enabled }
    }
}

impl From<RateLimit> for RateLimitShape {
    fn from(limit: RateLimit) -> Self {
        Self { max: limit.max, window_ms: limit.window_ms, rule: limit.rule, enabled: limit.enabled }
    }
}

impl From<RefillShape> for Refill {
    fn from(shape: RefillShape) -> Self {
        Self { amount: shape.amount, interval_ms: shape.interval_ms, mode: shape.mode }
    }
}

impl From<Refill> for RefillShape {
    fn from(refill: Refill) -> Self {
        Self { amount: refill.amount, interval_ms: refill.interval_ms, mode: refill.mode }
    }
}

/// One place a key may touch and what it may do there. No place: everywhere. Neither categories nor
/// operations: everything the role allows.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Scope)]
pub struct ScopeShape {
    /// Id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "main")]
    pub base: Option<String>,
    /// Id or name of a table of `base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "todos")]
    pub table: Option<String>,
    /// `records`, `comments`, `tables`, `fields`, `views`, `webhooks`, `base`, `users` → `read` or `read_write`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub categories: Option<BTreeMap<Category, Level>>,
    /// Single operations (`record.create` alone makes an insert-only key), besides the categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["record.read"]))]
    pub operations: Option<Vec<Op>>,
}

impl From<ScopeShape> for Scope {
    fn from(shape: ScopeShape) -> Self {
        let ScopeShape { workspace, base, table, categories, operations } = shape;
        Self { workspace, base, table, categories, operations }
    }
}

impl From<&Scope> for ScopeShape {
    fn from(scope: &Scope) -> Self {
        let Scope { workspace, base, table, categories, operations } = scope.clone();
        Self { workspace, base, table, categories, operations }
    }
}

pub fn scopes(shapes: Vec<Object<ScopeShape>>) -> Scopes {
    Scopes(shapes.into_iter().map(|Object(shape)| shape.into()).collect())
}

/// Resource → actions. A resource named twice is refused, also where the whole body is not walked first.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct PermissionMap(pub Permissions);

impl<'de> Deserialize<'de> for PermissionMap {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = PermissionMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of resources, each with a list of actions")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<PermissionMap, A::Error> {
                use serde::de::Error;
                let mut map = BTreeMap::new();
                while let Some(resource) = entries.next_key::<String>()? {
                    let actions = entries.next_value::<BTreeSet<String>>()?;
                    if actions.len() > limits::PERMISSION_ACTIONS_MAX
                        || map.len() >= limits::PERMISSION_RESOURCES_MAX
                    {
                        return Err(A::Error::custom("names too many resources or actions"));
                    }
                    if map.insert(resource, actions).is_some() {
                        return Err(A::Error::custom("names a resource twice"));
                    }
                }
                Ok(PermissionMap(Permissions(map)))
            }
        }
        json.deserialize_map(Map)
    }
}

/// `user:<id>`, `organization:<id>`, `server`, or the bare id of a user.
pub fn parse_owner(text: &str) -> Result<Owner, Problem> {
    let owner = match text.split_once(':') {
        None if text == "server" => Some(Owner::Server),
        None => text.parse().ok().map(Owner::User),
        Some(("user", id)) => id.parse().ok().map(Owner::User),
        Some(("organization", id)) => id.parse().ok().map(Owner::Organization),
        Some(_) => None,
    };
    owner.ok_or_else(|| {
        Problem::field("owner", "must be user:<id>, organization:<id>, server, or the id of a user")
    })
}

pub fn owner_text(owner: Owner) -> String {
    match owner {
        Owner::User(id) => format!("user:{id}"),
        Owner::Organization(id) => format!("organization:{id}"),
        Owner::Server => "server".to_owned(),
    }
}

/// `expires_at` and `expires_in` as one; `None` when neither was sent.
pub fn expires(at: Option<Option<String>>, in_s: Option<Option<i64>>) -> Result<Option<Expires>, Problem> {
    match (at, in_s) {
        (Some(_), Some(_)) => Err(Problem::field("expires_in", "send either expires_at or expires_in")),
        (Some(None), None) | (None, Some(None)) => Ok(Some(Expires::Never)),
        (Some(Some(text)), None) => match Millis::parse_rfc3339(&text) {
            Some(at) => Ok(Some(Expires::At(at))),
            None => Err(Problem::field("expires_at", "must be a time as in RFC 3339: 2027-01-31T12:00:00Z")),
        },
        (None, Some(Some(seconds))) => Ok(Some(Expires::In(seconds))),
        (None, None) => Ok(None),
    }
}

/// The text of a metadata object.
pub fn metadata(raw: &RawValue) -> Result<String, Problem> {
    let text = raw.get();
    if !text.starts_with('{') {
        return Err(Problem::field("metadata", "must be an object"));
    }
    Ok(text.to_owned())
}

/// Raw JSON kept by the core, for an answer.
pub fn raw(text: Option<&str>) -> Option<Box<RawValue>> {
    text.and_then(|t| RawValue::from_string(t.to_owned()).ok())
}

/// A key: the record, never the secret. Times are RFC 3339 in UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    #[schema(value_type = String, format = "uuid")]
    pub id: KeyId,
    #[schema(max_length = 255)]
    pub name: Option<String>,
    #[schema(max_length = 255)]
    pub description: Option<String>,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "standard")]
    pub kind: KeyKind,
    /// `user:<id>`, `organization:<id>` or `server`.
    pub owner: String,
    /// Name of the one role the key acts in; `null`: all roles of its owner.
    #[schema(value_type = Option<String>)]
    pub role: Option<Arc<str>>,
    /// Free map of resources to actions, for somebody else's API.
    #[schema(value_type = Option<BTreeMap<String, Vec<String>>>)]
    pub permissions: Option<Permissions>,
    /// What the key narrows; `null`: nothing. An empty list allows nothing.
    pub scopes: Option<Vec<ScopeShape>>,
    /// Addresses and CIDR blocks; empty: any.
    pub allowed_hosts: Vec<String>,
    pub enabled: bool,
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    pub rate_limit: Option<RateLimitShape>,
    /// Uses left; `null`: no quota.
    pub remaining: Option<i64>,
    pub refill: Option<RefillShape>,
    #[schema(format = DateTime)]
    pub last_refill_at: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Box<RawValue>>,
    pub prefix: Option<String>,
    /// First characters of the current secret.
    pub start: Option<String>,
    /// Whether `POST /v1/keys/{id}/reveal` can show the secret again.
    pub revealable: bool,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(value_type = Option<String>, format = "uuid")]
    pub created_by: Option<UserId>,
    #[schema(format = DateTime)]
    pub updated_at: String,
    #[schema(format = DateTime)]
    pub last_used_at: Option<String>,
    /// The client address of the last use.
    pub last_used_from: Option<String>,
    /// Accepted requests in the current rate window, when last written down.
    pub request_count: u32,
    #[schema(format = DateTime)]
    pub last_request_at: Option<String>,
}

impl KeyView {
    pub fn new(key: &Key, role: Option<Arc<str>>) -> Self {
        let time = |at: Option<Millis>| at.map(Millis::rfc3339);
        Self {
            id: key.id,
            name: key.name.clone(),
            description: key.description.clone(),
            kind: key.kind,
            owner: owner_text(key.owner),
            role,
            permissions: key.permissions.clone(),
            scopes: key.scopes.as_ref().map(|s| s.0.iter().map(ScopeShape::from).collect()),
            allowed_hosts: key.hosts.to_strings(),
            enabled: key.enabled,
            expires_at: time(key.expires_at),
            rate_limit: key.rate_limit.map(RateLimitShape::from),
            remaining: key.quota.map(|q| q.balance.remaining),
            refill: key.quota.and_then(|q| q.refill).map(RefillShape::from),
            last_refill_at: time(key.quota.map(|q| q.balance.last_refill_at)),
            metadata: raw(key.metadata.as_deref()),
            prefix: key.prefix.clone(),
            start: key.start.clone(),
            revealable: key.revealable,
            created_at: key.created_at.rfc3339(),
            created_by: key.created_by,
            updated_at: key.updated_at.rfc3339(),
            last_used_at: time(key.last_used_at),
            last_used_from: key.last_used_from.clone(),
            request_count: key.request_count,
            last_request_at: time(key.last_request_at),
        }
    }
}

/// A key together with its secret, which is in this answer and in no other.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyWithSecret {
    #[serde(flatten)]
    pub record: KeyView,
    /// The secret. `null` only when a create is repeated with the same Idempotency-Key more than ten minutes
    /// (or a restart) later: then rotate the key.
    #[schema(example = "kw_live_2Jk0PqYVw5cC1a9sTnB7dXzR4mE1fLh3")]
    pub key: Option<String>,
}
