//! `POST /v1/keys/{id}/enable` and `…/disable`.

use axum::{extract::State, response::Response};
use domain::{KeyId, access::Op};

use super::{shape::KeyView, view};
use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Id, MaybeBody, Nothing},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// Enable a key
///
/// Needs `key.manage`. A key that is enabled already stays so.
#[utoipa::path(post, path = "/v1/keys/{id}/enable", tag = "keys", operation_id = "enableKey",
    params(("id" = String, Path, format = "uuid", description = "Id of the key")),
    responses((status = 200, description = "The key", body = KeyView), Problems))]
pub async fn enable(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
    _: MaybeBody<Nothing>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let key = state.keys.enable(&allowed, id).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &key)))
}

/// Disable a key
///
/// Needs `key.manage`. The next request with it is refused (`disabled`); counters and history stay.
#[utoipa::path(post, path = "/v1/keys/{id}/disable", tag = "keys", operation_id = "disableKey",
    params(("id" = String, Path, format = "uuid", description = "Id of the key")),
    responses((status = 200, description = "The key", body = KeyView), Problems))]
pub async fn disable(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
    _: MaybeBody<Nothing>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let key = state.keys.disable(&allowed, id).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &key)))
}
