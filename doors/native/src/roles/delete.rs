//! `DELETE /v1/roles/{id}`.

use axum::{extract::State, response::Response};
use domain::{RoleId, access::Op};

use crate::{
    NativeState, answer,
    caller::Caller,
    input::Id,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// Delete a role
///
/// Needs `role.manage`. Keys bound to the role stop working; builtin roles stay.
#[utoipa::path(delete, path = "/v1/roles/{id}", tag = "roles", operation_id = "deleteRole",
    params(("id" = String, Path, format = "uuid", description = "Id of the role")),
    responses((status = 204, description = "Deleted"), Problems))]
pub async fn delete(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<RoleId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::RoleManage).await?;
    state.keys.delete_role(&allowed, id).await.after(&allowed)?;
    Ok(answer::no_content(&allowed))
}
