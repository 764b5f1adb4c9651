//! `POST /v1/users/{id}/roles` and `DELETE /v1/users/{id}/roles/{role}`: give and take single roles.

use axum::{extract::State, response::Response};
use domain::{UserId, access::Op};
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::{UserView, view};
use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Body, Id, RoleName},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleNames {
    /// Ids or names.
    #[schema(example = json!(["member"]))]
    roles: Vec<String>,
}

/// Give roles to a user
///
/// Needs `user.manage`. Roles already held stay.
#[utoipa::path(post, path = "/v1/users/{id}/roles", tag = "users", operation_id = "addUserRoles", request_body = RoleNames,
    params(("id" = String, Path, format = "uuid", description = "Id of the user")),
    responses((status = 200, description = "The user after the change", body = UserView), Problems))]
pub async fn add(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<UserId>,
    body: Body<RoleNames>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::UserManage).await?;
    let user = state.keys.add_roles(&allowed, id, &body.value.roles).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &user)))
}

/// Take a role from a user
///
/// Needs `user.manage`. A role that is not held is not taken, and that is no error.
#[utoipa::path(delete, path = "/v1/users/{id}/roles/{role}", tag = "users", operation_id = "removeUserRole",
    params(("id" = String, Path, format = "uuid", description = "Id of the user"),
        ("role" = String, Path, description = "Id or name of the role")),
    responses((status = 200, description = "The user after the change", body = UserView), Problems))]
pub async fn remove(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<UserId>,
    RoleName(role): RoleName,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::UserManage).await?;
    let user = state.keys.remove_roles(&allowed, id, &[role]).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &user)))
}
