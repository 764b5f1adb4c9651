//! `GET /v1/health` (the process lives) and `GET /v1/ready` (the database answers).

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{NativeState, answer, problem::Problem};

#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`
    status: &'static str,
}

/// Liveness
///
/// Needs no credential and touches nothing: an answer means that the process runs.
#[utoipa::path(get, path = "/v1/health", tag = "server", operation_id = "getHealth", security(()),
    responses((status = 200, description = "The process runs", body = Health)))]
pub async fn health() -> Response {
    answer::open(StatusCode::OK, &Health { status: "ok" })
}

/// Readiness
///
/// Needs no credential. Asks the database.
#[utoipa::path(get, path = "/v1/ready", tag = "server", operation_id = "getReadiness", security(()),
    responses((status = 200, description = "The database answers", body = Health),
        (status = 503, description = "It does not", body = Problem, content_type = "application/problem+json")))]
pub async fn ready(State(state): State<NativeState>) -> Result<Response, Problem> {
    match (state.ready)().await {
        Ok(()) => Ok(answer::open(StatusCode::OK, &Health { status: "ok" })),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let detail = "The database does not answer; the log of the server says why.";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "Not ready", detail))
        }
    }
}
