//! `GET /v1/sessions` and `DELETE /v1/sessions/{id}`: where one is signed in.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{SessionId, UserId, user::Session};
use http_kit::Params;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    NativeState,
    answer::{self, Listed},
    caller::Caller,
    input::Id,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters for the OpenAPI document")]
pub struct SessionFilter {
    /// Id of another user, for who may manage users; left out: the caller.
    user: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    #[schema(value_type = String, format = "uuid")]
    user: UserId,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// The address of the sign-in.
    ip: Option<String>,
    user_agent: Option<String>,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            user: session.user,
            created_at: session.created_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
            ip: session.ip,
            user_agent: session.user_agent,
        }
    }
}

/// Live sessions
///
/// The caller's own; of another user for who may manage users. Newest first, all on one page.
#[utoipa::path(get, path = "/v1/sessions", tag = "sessions", operation_id = "listSessions", params(SessionFilter),
    responses((status = 200, description = "The sessions", body = Listed<SessionView>), Problems))]
pub async fn list(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut params = Params::parse(query.as_deref())?;
    let user = params.take_as::<UserId>("user", "the id of a user")?;
    params.finish()?;
    let allowed = caller.who(&state).await?;
    let sessions = state.keys.sessions(&allowed, user).await.after(&allowed)?;
    let items: Vec<SessionView> = sessions.into_iter().map(Into::into).collect();
    Ok(answer::ok(&allowed, &Listed { total: items.len() as u64, items, next_cursor: None }))
}

/// End a session
///
/// One of the caller's own, or any for who may manage users.
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "sessions", operation_id = "endSession",
    params(("id" = String, Path, format = "uuid", description = "Id of the session")),
    responses((status = 204, description = "Ended"), Problems))]
pub async fn delete(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<SessionId>,
) -> Result<Response, Problem> {
    let allowed = caller.who(&state).await?;
    state.keys.end_session(&allowed, id).await.after(&allowed)?;
    Ok(answer::no_content(&allowed))
}
