//! `DELETE /v1/sessions/current`: sign out.

use axum::{extract::State, http::header::SET_COOKIE, response::Response};
use guard::Credential;
use http_kit::cookie::SessionCookie;

use crate::{
    NativeState, answer,
    caller::{Caller, SESSION_COOKIE},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// Sign out
///
/// Ends the session this request came with and removes its cookie. A key has no session: 404.
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "sessions", operation_id = "signOut",
    responses((status = 204, description = "Signed out"), Problems))]
pub async fn delete(State(state): State<NativeState>, caller: Caller) -> Result<Response, Problem> {
    let allowed = caller.who(&state).await?;
    let Credential::Session(token) = &caller.credential else {
        return Err(Problem::not_found().after(&allowed));
    };
    state.keys.sign_out(&allowed, token).await.after(&allowed)?;
    let mut response = answer::no_content(&allowed);
    if let Some(cookie) = (SessionCookie { name: SESSION_COOKIE, secure: false }).clear() {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}
