//! `GET /v1/roles` and `GET /v1/roles/{id}`.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{RoleId, access::Op};
use http_kit::Params;

use super::shape::RoleView;
use crate::{
    NativeState,
    answer::{self, Listed},
    caller::Caller,
    input::Id,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// All roles
///
/// Needs `role.manage`. By name, all on one page.
#[utoipa::path(get, path = "/v1/roles", tag = "roles", operation_id = "listRoles",
    responses((status = 200, description = "The roles", body = Listed<RoleView>), Problems))]
pub async fn list(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref())?.finish()?;
    let allowed = caller.check(&state, Op::RoleManage).await?;
    let roles = state.keys.roles(&allowed).await.after(&allowed)?;
    let items: Vec<RoleView> = roles.into_iter().map(RoleView::from).collect();
    Ok(answer::ok(&allowed, &Listed { total: items.len() as u64, items, next_cursor: None }))
}

/// One role
///
/// Needs `role.manage`.
#[utoipa::path(get, path = "/v1/roles/{id}", tag = "roles", operation_id = "getRole",
    params(("id" = String, Path, format = "uuid", description = "Id of the role")),
    responses((status = 200, description = "The role", body = RoleView), Problems))]
pub async fn get(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<RoleId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::RoleManage).await?;
    let role = state.keys.role(&allowed, &id.to_string()).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &RoleView::from(role)))
}
