//! `PATCH /v1/roles/{id}`: change what is named. The name is for life: keys and people refer to it.

use ::keys::RoleChange;
use axum::{extract::State, response::Response};
use domain::{
    RoleId,
    access::{Entry, Op},
};
use http_kit::body::Object;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    create::grants,
    shape::{GrantDoc, RoleView},
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
#[schema(as = RoleChange)]
pub struct RoleChangeBody {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "not_null")]
    default: Option<bool>,
    /// All grants of the role from now on.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Vec<GrantDoc>>)]
    grants: Option<Vec<Object<Entry>>>,
}

/// Change a role
///
/// Needs `role.manage`. The next request of everyone who holds the role sees it.
#[utoipa::path(patch, path = "/v1/roles/{id}", tag = "roles", operation_id = "updateRole", request_body = RoleChangeBody,
    params(("id" = String, Path, format = "uuid", description = "Id of the role")),
    responses((status = 200, description = "The role after the change", body = RoleView), Problems))]
pub async fn update(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<RoleId>,
    body: Body<RoleChangeBody>,
) -> Result<Response, Problem> {
    let RoleChangeBody { title, description, default, grants: entries } = body.value;
    let change = RoleChange { title, description, default, grants: entries.map(grants), extra: None };
    let allowed = caller.check(&state, Op::RoleManage).await?;
    let role = state.keys.update_role(&allowed, id, change).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &RoleView::from(role)))
}
