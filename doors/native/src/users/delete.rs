//! `DELETE /v1/users/{id}`.

use axum::{extract::State, response::Response};
use domain::{UserId, access::Op};

use crate::{
    NativeState, answer,
    caller::Caller,
    input::Id,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// Delete a user
///
/// Needs `user.manage`. Revokes their keys and ends their sessions. The last active root user stays.
#[utoipa::path(delete, path = "/v1/users/{id}", tag = "users", operation_id = "deleteUser",
    params(("id" = String, Path, format = "uuid", description = "Id of the user")),
    responses((status = 204, description = "Deleted"), Problems))]
pub async fn delete(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<UserId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::UserManage).await?;
    state.keys.delete_user(&allowed, id).await.after(&allowed)?;
    Ok(answer::no_content(&allowed))
}
