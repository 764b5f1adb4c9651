//! `DELETE /v1/keys/{id}`: revoke a key.

use axum::{extract::State, response::Response};
use domain::{KeyId, access::Op};

use crate::{
    NativeState, answer,
    caller::Caller,
    input::Id,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// Revoke a key
///
/// Needs `key.manage`. The next request with any of its secrets is refused. History keeps the key's name.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", operation_id = "revokeKey",
    params(("id" = String, Path, format = "uuid", description = "Id of the key")),
    responses((status = 204, description = "Revoked"), Problems))]
pub async fn delete(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::KeyManage).await?;
    state.keys.revoke(&allowed, id).await.after(&allowed)?;
    Ok(answer::no_content(&allowed))
}
