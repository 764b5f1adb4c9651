//! `POST /v1/keys/{id}/reveal`: show the secret of a revealable key again.

use axum::{extract::State, response::Response};
use domain::{KeyId, access::Op};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Id, MaybeBody, Nothing},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, Serialize, ToSchema)]
pub struct Revealed {
    #[schema(value_type = String, format = "uuid")]
    id: KeyId,
    /// The current secret.
    key: String,
}

/// Reveal a secret
///
/// Needs `key.reveal`. Only for keys created `revealable`. Every time is written to the audit.
#[utoipa::path(post, path = "/v1/keys/{id}/reveal", tag = "keys", operation_id = "revealKey",
    params(("id" = String, Path, format = "uuid", description = "Id of the key")),
    responses((status = 200, description = "The current secret", body = Revealed), Problems))]
pub async fn reveal(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
    _: MaybeBody<Nothing>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::KeyReveal).await?;
    let secret = state.keys.reveal(&allowed, id).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &Revealed { id, key: secret.expose().to_owned() }))
}
