//! `PATCH /v1/keys/{id}`: change what is named.

use ::keys::{KeyChange, Remaining};
use axum::{extract::State, response::Response};
use domain::{KeyId, access::Op};
use http_kit::body::Object;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    shape::{self, KeyView, PermissionMap, RateLimitShape, RefillShape, ScopeShape},
    view,
};
use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Body, Id, given, not_null},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// What changes. Left out: stays; `null`: is cleared.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyChange)]
pub struct KeyChangeBody {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255)]
    description: Option<Option<String>>,
    /// Id or name; `null`: all roles of the owner.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    role: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BTreeMap<String, Vec<String>>>)]
    permissions: Option<Option<PermissionMap>>,
    /// `null`: the key narrows nothing any more.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<ScopeShape>>)]
    scopes: Option<Option<Vec<Object<ScopeShape>>>>,
    /// `null` or empty: any.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    allowed_hosts: Option<Option<Vec<String>>>,
    /// RFC 3339; `null`: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<String>>,
    /// Seconds from now; `null`: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    expires_in: Option<Option<i64>>,
    #[serde(default, deserialize_with = "not_null")]
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RateLimitShape>)]
    rate_limit: Option<Option<Object<RateLimitShape>>>,
    /// Sets the uses left; `null`: no quota any more.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    remaining: Option<Option<i64>>,
    /// Adds to the uses left at the moment of the change; negative takes away, not below zero.
    #[serde(default, deserialize_with = "not_null")]
    remaining_add: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RefillShape>)]
    refill: Option<Option<Object<RefillShape>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Option<Box<RawValue>>>,
}

impl KeyChangeBody {
    fn into_change(self) -> Result<KeyChange, Problem> {
        let remaining = match (self.remaining, self.remaining_add) {
            (Some(_), Some(_)) => {
                return Err(Problem::field("remaining_add", "send either remaining or remaining_add"));
            }
            (Some(Some(n)), None) => Some(Remaining::Set(n)),
            (Some(None), None) => Some(Remaining::Unlimited),
            (None, Some(n)) => Some(Remaining::Add(n)),
            (None, None) => None,
        };
        Ok(KeyChange {
            name: self.name,
            description: self.description,
            role: self.role,
            permissions: self.permissions.map(|p| p.map(|p| p.0)),
            scopes: self.scopes.map(|s| s.map(shape::scopes)),
            hosts: self.allowed_hosts.map(Option::unwrap_or_default),
            expires: shape::expires(self.expires_at, self.expires_in)?,
            enabled: self.enabled,
            rate_limit: self.rate_limit.map(|r| r.map(|Object(r)| r.into())),
            remaining,
            refill: self.refill.map(|r| r.map(|Object(r)| r.into())),
            metadata: match self.metadata {
                None => None,
                Some(None) => Some(None),
                Some(Some(raw)) => Some(Some(shape::metadata(&raw)?)),
            },
            extra: None,
        })
    }
}

/// Change a key
///
/// Needs `key.manage`. Only what is named changes; the next request with the key sees it. Type, owner, prefix
/// and `revealable` are for life.
#[utoipa::path(patch, path = "/v1/keys/{id}", tag = "keys", operation_id = "updateKey", request_body = KeyChangeBody,
    params(("id" = String, Path, format = "uuid", description = "Id of the key")),
    responses((status = 200, description = "The key after the change", body = KeyView), Problems))]
pub async fn update(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
    body: Body<KeyChangeBody>,
) -> Result<Response, Problem> {
    let change = body.value.into_change()?;
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let key = state.keys.update(&allowed, id, change).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &key)))
}
