//! `PATCH /v1/users/{id}`: change what is named, password and roles included.

use ::keys::UserChange;
use axum::{extract::State, response::Response};
use domain::{UserId, access::Op, secret::Secret};
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::{UserView, view};
use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Body, Id, given, not_null},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// What changes. Left out: stays; `null`: is cleared.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange)]
pub struct UserChangeBody {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    username: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// A user who is not active cannot sign in, and their keys are refused (`owner_inactive`).
    #[serde(default, deserialize_with = "not_null")]
    active: Option<bool>,
    #[serde(default, deserialize_with = "not_null")]
    root: Option<bool>,
    /// Ids or names: exactly these from now on.
    #[serde(default, deserialize_with = "not_null")]
    roles: Option<Vec<String>>,
    /// Id or name of one of the roles held.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    default_role: Option<Option<String>>,
    /// Ends all sessions of the user.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(min_length = 8, max_length = 128)]
    password: Option<String>,
}

/// Change a user
///
/// Needs `user.manage`.
#[utoipa::path(patch, path = "/v1/users/{id}", tag = "users", operation_id = "updateUser", request_body = UserChangeBody,
    params(("id" = String, Path, format = "uuid", description = "Id of the user")),
    responses((status = 200, description = "The user after the change", body = UserView), Problems))]
pub async fn update(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<UserId>,
    body: Body<UserChangeBody>,
) -> Result<Response, Problem> {
    let UserChangeBody { email, username, name, active, root, roles, default_role, password } = body.value;
    let password = password.map(Secret::new);
    let change =
        UserChange { email, username, name, active, root, roles, default_role, password, extra: None };
    let allowed = caller.check(&state, Op::UserManage).await?;
    let user = state.keys.update_user(&allowed, id, change).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &user)))
}
