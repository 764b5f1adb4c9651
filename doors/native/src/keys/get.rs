//! `GET /v1/keys/{id}`: one key.

use axum::{extract::State, response::Response};
use domain::{KeyId, access::Op};

use super::{shape::KeyView, view};
use crate::{
    NativeState, answer,
    caller::Caller,
    input::Id,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// One key
///
/// Needs `key.manage`. Somebody else's key is not found, unless the caller is an operator.
#[utoipa::path(get, path = "/v1/keys/{id}", tag = "keys", operation_id = "getKey",
    params(("id" = String, Path, format = "uuid", description = "Id of the key")),
    responses((status = 200, description = "The key", body = KeyView), Problems))]
pub async fn get(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let key = state.keys.get(&allowed, id).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &key)))
}
