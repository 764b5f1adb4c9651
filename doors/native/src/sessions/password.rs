//! `POST /v1/me/password`: change one's own password.

use axum::{extract::State, response::Response};
use domain::secret::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    NativeState, answer,
    caller::Caller,
    input::Body,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    old: String,
    #[schema(min_length = 8, max_length = 128)]
    new: String,
}

/// Change one's password
///
/// For sessions; a key cannot do this. Ends all sessions of the user, this one too.
#[utoipa::path(post, path = "/v1/me/password", tag = "sessions", operation_id = "changePassword", request_body = PasswordChange,
    responses((status = 204, description = "Changed; sign in again"), Problems))]
pub async fn change(
    State(state): State<NativeState>,
    caller: Caller,
    body: Body<PasswordChange>,
) -> Result<Response, Problem> {
    let PasswordChange { old, new } = body.value;
    let allowed = caller.who(&state).await?;
    state.keys.change_password(&allowed, Secret::new(old), Secret::new(new)).await.after(&allowed)?;
    Ok(answer::no_content(&allowed))
}
