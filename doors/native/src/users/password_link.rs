//! `POST /v1/users/{id}/password-links`: a link that sets a new password, for who cannot be sent one.

use axum::{extract::State, http::StatusCode, response::Response};
use domain::{UserId, access::Op};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    NativeState, answer,
    caller::Caller,
    input::{Id, MaybeBody, Nothing},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Serialize, ToSchema)]
pub struct PasswordLink {
    /// Sets a password once; shown this once, and kept by digest only.
    token: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Make a link that sets a new password
///
/// Needs `user.manage`, and everything the user may do. Whoever has the link sets the password, within an hour and once,
/// which ends all sessions of the user. To be handed over by other means than this server's mail.
#[utoipa::path(post, path = "/v1/users/{id}/password-links", tag = "users", operation_id = "createPasswordLink",
    params(("id" = String, Path, format = "uuid", description = "Id of the user")),
    responses((status = 201, description = "What the link is made of", body = PasswordLink), Problems))]
pub async fn create(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<UserId>,
    _: MaybeBody<Nothing>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::UserManage).await?;
    let link = state.keys.password_link(&allowed, id).await.after(&allowed)?;
    let view = PasswordLink { token: link.token.expose().to_owned(), expires_at: link.expires_at.rfc3339() };
    Ok(answer::json(StatusCode::CREATED, &allowed, &view))
}
