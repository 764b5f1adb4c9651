//! `POST /v1/keys`: issue a key.

use ::keys::{Expires, NewKey, Once};
use axum::{extract::State, http::HeaderMap, http::StatusCode, response::Response};
use domain::{access::Op, decision::Allowed, key::KeyKind};
use http_kit::body::Object;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    shape::{self, KeyWithSecret, PermissionMap, RateLimitShape, RefillShape, ScopeShape},
    view,
};
use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Body, given},
    once,
    openapi::Problems,
    problem::{AfterCheck, Problem},
    replay::Begun,
};

/// What a new key is. Everything can be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub struct NewKeyBody {
    #[schema(example = "reporting", min_length = 1, max_length = 255)]
    name: Option<String>,
    #[schema(max_length = 255)]
    description: Option<String>,
    /// `standard` (default), `administration`, `legacy` or `root`.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>, example = "standard")]
    kind: Option<KeyKind>,
    /// Id or name of the one role the key acts in; left out: all roles of its owner.
    #[schema(example = "member")]
    role: Option<String>,
    /// `user:<id>`, `organization:<id>`, `server` or the id of a user; left out: the caller.
    owner: Option<String>,
    /// Free map of resources to actions, for somebody else's API.
    #[schema(value_type = Option<BTreeMap<String, Vec<String>>>, example = json!({"files": ["read", "write"]}))]
    permissions: Option<PermissionMap>,
    /// What the key narrows; left out: nothing.
    #[schema(value_type = Option<Vec<ScopeShape>>)]
    scopes: Option<Vec<Object<ScopeShape>>>,
    /// IPv4, IPv6 and CIDR the key may be used from; left out or empty: any.
    #[schema(example = json!(["192.0.2.1", "2001:db8::/32"]))]
    allowed_hosts: Option<Vec<String>>,
    /// When the key ends (RFC 3339); `null`: never. Left out: after 90 days.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<String>>,
    /// The same in seconds from now.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, example = 2592000)]
    expires_in: Option<Option<i64>>,
    #[schema(default = true)]
    enabled: Option<bool>,
    #[schema(value_type = Option<RateLimitShape>)]
    rate_limit: Option<Object<RateLimitShape>>,
    /// Uses left; left out: no quota.
    #[schema(minimum = 0)]
    remaining: Option<i64>,
    #[schema(value_type = Option<RefillShape>)]
    refill: Option<Object<RefillShape>>,
    /// Any JSON object, at most 16 KiB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
    /// Label in the secret: `kw_<prefix>_…`; letters, digits and `_`.
    #[schema(example = "live", max_length = 32)]
    prefix: Option<String>,
    /// Keep the secret sealed, so that it can be shown again.
    #[schema(default = false)]
    revealable: Option<bool>,
}

impl NewKeyBody {
    fn into_new(self) -> Result<NewKey, Problem> {
        Ok(NewKey {
            name: self.name,
            description: self.description,
            kind: self.kind.unwrap_or(KeyKind::Standard),
            role: self.role,
            owner: self.owner.as_deref().map(shape::parse_owner).transpose()?,
            permissions: self.permissions.map(|p| p.0),
            scopes: self.scopes.map(shape::scopes),
            hosts: self.allowed_hosts.unwrap_or_default(),
            expires: shape::expires(self.expires_at, self.expires_in)?.unwrap_or(Expires::Default),
            enabled: self.enabled.unwrap_or(true),
            rate_limit: self.rate_limit.map(|Object(limit)| limit.into()),
            remaining: self.remaining,
            refill: self.refill.map(|Object(refill)| refill.into()),
            metadata: self.metadata.as_deref().map(shape::metadata).transpose()?,
            prefix: self.prefix,
            revealable: self.revealable.unwrap_or(false),
            ..NewKey::default()
        })
    }
}

/// Issue a key
///
/// Needs `key.manage`. The answer shows the secret, once. With an `Idempotency-Key`, a repeated request makes
/// no second key: for ten minutes it gets the same answer, later the key without its secret.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", operation_id = "createKey", request_body = NewKeyBody,
    params(("idempotency-key" = Option<String>, Header, description = "At most 255 characters")),
    responses((status = 201, description = "The key and, once, its secret", body = KeyWithSecret), Problems))]
pub async fn create(
    State(state): State<NativeState>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<NewKeyBody>,
) -> Result<Response, Problem> {
    let mark = once::mark(&headers, &state, "POST /v1/keys", &body.bytes)?;
    let new = body.value.into_new()?;
    let allowed = caller.check(&state, Op::KeyManage).await?;
    match mark {
        None => {
            let body = issue(&state, &allowed, new).await?;
            Ok(answer::bytes(StatusCode::CREATED, allowed.id(), body))
        }
        Some(mark) => issue_once(&state, &allowed, new, mark).await,
    }
}

async fn issue(state: &NativeState, allowed: &Allowed, new: NewKey) -> Result<Vec<u8>, Problem> {
    let (key, secret) = state.keys.create(allowed, new).await.after(allowed)?;
    let record = view(state, &key);
    let shown = KeyWithSecret { record, key: Some(secret.expose().to_owned()) };
    Ok(serde_json::to_vec(&shown).unwrap_or_default())
}

async fn issue_once(
    state: &NativeState,
    allowed: &Allowed,
    mut new: NewKey,
    mark: Once,
) -> Result<Response, Problem> {
    let flight = match once::begin(state, allowed, "keys.create", &mark)? {
        Begun::Done(body) => return Ok(once::replayed(allowed, body)),
        Begun::Fresh(flight) => flight,
        Begun::Busy => return Err(once::busy().after(allowed)),
        Begun::Different => return Err(once::different().after(allowed)),
    };
    if let Some(id) = state.keys.earlier(allowed, "keys.create", &mark).await.after(allowed)? {
        let id = id.parse().map_err(|_| Problem::not_found())?;
        let key = state.keys.get(allowed, id).await.after(allowed)?;
        let record = view(state, &key);
        let shown = KeyWithSecret { record, key: None };
        return Ok(once::replayed(allowed, serde_json::to_vec(&shown).unwrap_or_default()));
    }
    new.once = Some(mark);
    let body = issue(state, allowed, new).await?;
    flight.done(&body);
    Ok(answer::bytes(StatusCode::CREATED, allowed.id(), body))
}
