//! `GET /v1/endpoints`: the base address of every dialect, for configuring clients.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Endpoint, NativeState, answer};

#[derive(Serialize, ToSchema)]
pub struct Endpoints {
    #[schema(value_type = Vec<Endpoint>)]
    items: Vec<Endpoint>,
}

/// Addresses
///
/// Needs no credential.
#[utoipa::path(get, path = "/v1/endpoints", tag = "server", operation_id = "listEndpoints", security(()),
    responses((status = 200, description = "The addresses of all dialects", body = Endpoints)))]
pub async fn list(State(state): State<NativeState>) -> Response {
    answer::open(StatusCode::OK, &Endpoints { items: state.endpoints.clone() })
}
