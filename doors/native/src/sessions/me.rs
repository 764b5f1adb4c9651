//! `GET /v1/me`: who am I, and what may I do on this server?

use std::sync::Arc;

use ::keys::KeysError;
use axum::{extract::State, response::Response};
use domain::{
    KeyId, Millis,
    access::{Op, Ops, Place},
    key::KeyKind,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    NativeState, answer,
    caller::Caller,
    keys::shape::owner_text,
    openapi::Problems,
    problem::{AfterCheck, Problem},
    users::shape::{UserView, view},
};

#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The user the caller acts as; `null` for a key of the server or of an organization.
    user: Option<UserView>,
    /// The key of this request; `null` for a session.
    key: Option<MyKey>,
    /// Name of the one role the caller acts in; `null`: all roles of the user.
    #[schema(value_type = Option<String>)]
    role: Option<Arc<str>>,
    /// May do what only operators may, such as seeing everybody's keys.
    operator: bool,
    /// Operations on the server itself that the caller may do: `key.manage`, `key.verify` …
    #[schema(value_type = Vec<String>)]
    operations: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MyKey {
    #[schema(value_type = String, format = "uuid")]
    id: KeyId,
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>)]
    kind: Option<KeyKind>,
    owner: String,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Who am I
///
/// Any valid credential.
#[utoipa::path(get, path = "/v1/me", tag = "sessions", operation_id = "getMe",
    responses((status = 200, description = "The caller", body = Me), Problems))]
pub async fn get(State(state): State<NativeState>, caller: Caller) -> Result<Response, Problem> {
    let allowed = caller.who(&state).await?;
    let user = match state.keys.me(&allowed).await {
        Ok(user) => Some(view(&state, &user)),
        Err(KeysError::NotFound) => None,
        Err(error) => return Err(error).after(&allowed),
    };
    let who = allowed.principal();
    let role = who.role.map(|id| state.role_name(id));
    let may = |op: &Op| allowed.also(*op, &Place::SERVER);
    let key = who.key.map(|id| MyKey {
        id,
        kind: who.key_kind,
        owner: owner_text(who.owner),
        expires_at: who.expires_at.map(Millis::rfc3339),
    });
    let operations = Ops::SERVER.iter().filter(may).map(Op::name).collect();
    Ok(answer::ok(&allowed, &Me { user, key, role, operator: who.operator, operations }))
}
