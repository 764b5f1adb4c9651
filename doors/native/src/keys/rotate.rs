//! `POST /v1/keys/{id}/rotate`: a new secret for the same key.

use ::keys::Rotate;
use axum::{extract::State, response::Response};
use domain::{KeyId, access::Op};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{shape::KeyWithSecret, view};
use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Id, MaybeBody},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rotation)]
pub struct RotateBody {
    /// How long the old secrets still work, in milliseconds; left out: 24 hours, 0: not at all.
    #[schema(example = 3600000, minimum = 0)]
    overlap_ms: Option<i64>,
}

/// Rotate a key
///
/// Needs `key.manage`. Old and new secret share one balance, one limiter and one history. The answer shows
/// the new secret, once.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "keys", operation_id = "rotateKey", request_body(content = Option<RotateBody>),
    params(("id" = String, Path, format = "uuid", description = "Id of the key")),
    responses((status = 200, description = "The key and, once, its new secret", body = KeyWithSecret), Problems))]
pub async fn rotate(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
    MaybeBody(body): MaybeBody<RotateBody>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let rotate = Rotate { overlap_ms: body.overlap_ms };
    let (key, secret) = state.keys.rotate(&allowed, id, rotate).await.after(&allowed)?;
    let record = view(&state, &key);
    Ok(answer::ok(&allowed, &KeyWithSecret { record, key: Some(secret.expose().to_owned()) }))
}
