//! `POST /v1/sign-up`: make an account for oneself, where the server is open for it.

use ::keys::NewUser;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{UserId, secret::Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{NativeState, answer, input::Body, openapi::Problems, problem::Problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUp)]
pub struct SignUpBody {
    /// Email or username is needed.
    email: Option<String>,
    username: Option<String>,
    name: Option<String>,
    #[schema(min_length = 8, max_length = 128)]
    password: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NewAccount {
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    email: Option<String>,
    username: Option<String>,
    name: Option<String>,
}

/// Sign up
///
/// Refused unless the server runs with `KEYWARD_SIGNUP=open`. The account gets the default roles.
#[utoipa::path(post, path = "/v1/sign-up", tag = "sessions", operation_id = "signUp", request_body = SignUpBody, security(()),
    responses((status = 201, description = "The account; sign in next", body = NewAccount), Problems))]
pub async fn create(State(state): State<NativeState>, body: Body<SignUpBody>) -> Result<Response, Problem> {
    let SignUpBody { email, username, name, password } = body.value;
    let new = NewUser { email, username, name, password: Some(Secret::new(password)), ..NewUser::default() };
    let user = state.keys.sign_up(new).await?;
    let account = NewAccount { id: user.id, email: user.email, username: user.username, name: user.name };
    Ok(answer::open(StatusCode::CREATED, &account))
}
