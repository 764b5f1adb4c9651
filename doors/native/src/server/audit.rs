//! `GET /v1/audit`: who changed what, and which calls were refused.

use ::keys::AuditQuery;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{AuditId, KeyId, UserId, access::Op, audit::AuditEvent};
use http_kit::Params;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::usage::moment;
use crate::{
    NativeState,
    answer::{self, Listed},
    caller::Caller,
    keys::shape::raw,
    openapi::Problems,
    paging,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters for the OpenAPI document")]
pub struct AuditFilter {
    /// Events in one page, 1 to 1000.
    #[param(default = 20, minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Id of the user who did it.
    #[param(format = "uuid")]
    user: Option<String>,
    /// Id of the key it was done with.
    #[param(format = "uuid")]
    key: Option<String>,
    /// `key.create`, or its beginning up to a dot: `key`.
    action: Option<String>,
    /// What it was done to: `key/<id>`.
    target: Option<String>,
    /// RFC 3339, inclusive.
    #[param(format = DateTime)]
    from: Option<String>,
    /// RFC 3339, exclusive.
    #[param(format = DateTime)]
    to: Option<String>,
}

/// Who did it. Neither key nor user: the server itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditActor {
    #[schema(value_type = Option<String>, format = "uuid")]
    user: Option<UserId>,
    #[schema(value_type = Option<String>, format = "uuid")]
    key: Option<KeyId>,
    ip: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditEventView {
    #[schema(value_type = String, format = "uuid")]
    id: AuditId,
    #[schema(format = DateTime)]
    at: String,
    actor: AuditActor,
    #[schema(example = "key.create")]
    action: String,
    #[schema(example = "key/0193a1c2-3d4e-7f50-8a6b-0c1d2e3f4a5b")]
    target: String,
    #[schema(value_type = Option<Object>)]
    detail: Option<Box<RawValue>>,
}

impl From<AuditEvent> for AuditEventView {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id,
            at: event.at.rfc3339(),
            actor: AuditActor { user: event.actor.user, key: event.actor.key, ip: event.actor.ip },
            action: event.action,
            target: event.target,
            detail: raw(event.detail.as_deref()),
        }
    }
}

fn read(query: Option<&str>) -> Result<AuditQuery, Problem> {
    let mut params = Params::parse(query)?;
    let (limit, cursor) = paging::read(&mut params)?;
    let query = AuditQuery {
        user: params.take_as("user", "the id of a user")?,
        key: params.take_as("key", "the id of a key")?,
        action: params.take("action").map(Into::into),
        target: params.take("target").map(Into::into),
        from: moment(&mut params, "from")?,
        to: moment(&mut params, "to")?,
        page: paging::request(limit, cursor),
    };
    params.finish()?;
    Ok(query)
}

/// Audit
///
/// Needs `audit.read`. Newest first. Who is no operator sees what they did themselves.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", operation_id = "listAudit", params(AuditFilter),
    responses((status = 200, description = "One page of events", body = Listed<AuditEventView>), Problems))]
pub async fn audit(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = read(query.as_deref())?;
    let allowed = caller.check(&state, Op::AuditRead).await?;
    let page = state.keys.audit(&allowed, query).await.map_err(paging::rename).after(&allowed)?;
    let items: Vec<AuditEventView> = page.items.into_iter().map(Into::into).collect();
    Ok(answer::ok(&allowed, &Listed { items, total: page.total, next_cursor: page.next }))
}
