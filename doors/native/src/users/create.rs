//! `POST /v1/users`: make an account.

use ::keys::NewUser;
use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{access::Op, secret::Secret};
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::{UserView, view};
use crate::{NativeState, answer, caller::Caller, input::Body, once, openapi::Problems, problem::Problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub struct NewUserBody {
    /// Email or username is needed.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    #[schema(example = "ada")]
    username: Option<String>,
    /// Name to show.
    name: Option<String>,
    /// Left out: the user cannot sign in with a password.
    #[schema(min_length = 8, max_length = 128)]
    password: Option<String>,
    /// Ids or names; left out: the default roles.
    #[schema(example = json!(["member"]))]
    roles: Option<Vec<String>>,
    /// Only root makes root.
    #[schema(default = false)]
    root: Option<bool>,
}

/// Make a user
///
/// Needs `user.manage`. Nobody gives a role that allows more than they may do themselves.
#[utoipa::path(post, path = "/v1/users", tag = "users", operation_id = "createUser", request_body = NewUserBody,
    params(("idempotency-key" = Option<String>, Header, description = "At most 255 characters")),
    responses((status = 201, description = "The user", body = UserView), Problems))]
pub async fn create(
    State(state): State<NativeState>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<NewUserBody>,
) -> Result<Response, Problem> {
    let mark = once::mark(&headers, &state, "POST /v1/users", &body.bytes)?;
    let NewUserBody { email, username, name, password, roles, root } = body.value;
    let password = password.map(Secret::new);
    let root = root.unwrap_or(false);
    let new = NewUser { email, username, name, password, roles, root, extra: None };
    let allowed = caller.check(&state, Op::UserManage).await?;
    let make = async {
        let user = state.keys.create_user(&allowed, new).await?;
        Ok((user.id.to_string(), answer::body(&view(&state, &user))))
    };
    let again = async |id: String| {
        let id = id.parse().map_err(|_| ::keys::KeysError::NotFound)?;
        let user = state.keys.user(&allowed, id).await?;
        Ok(answer::body(&view(&state, &user)))
    };
    once::create(&state, &allowed, "users.create", mark, make, again).await
}
