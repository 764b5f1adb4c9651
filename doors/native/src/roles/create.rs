//! `POST /v1/roles`: make a role.

use ::keys::NewRole;
use axum::{extract::State, http::HeaderMap, response::Response};
use domain::access::{Entry, Grants, Op};
use http_kit::body::Object;
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::{GrantDoc, RoleView};
use crate::{NativeState, answer, caller::Caller, input::Body, once, openapi::Problems, problem::Problem};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRole)]
pub struct NewRoleBody {
    #[schema(example = "todo-writer", min_length = 1, max_length = 255)]
    name: String,
    title: Option<String>,
    description: Option<String>,
    /// Give it to new users for whom none is named.
    #[schema(default = false)]
    default: Option<bool>,
    /// Left out: the role grants nothing.
    #[schema(value_type = Option<Vec<GrantDoc>>)]
    grants: Option<Vec<Object<Entry>>>,
}

pub fn grants(entries: Vec<Object<Entry>>) -> Grants {
    Grants(entries.into_iter().map(|Object(entry)| entry).collect())
}

/// Make a role
///
/// Needs `role.manage`. Nobody makes a role that allows more than they may do themselves.
#[utoipa::path(post, path = "/v1/roles", tag = "roles", operation_id = "createRole", request_body = NewRoleBody,
    params(("idempotency-key" = Option<String>, Header, description = "At most 255 characters")),
    responses((status = 201, description = "The role", body = RoleView), Problems))]
pub async fn create(
    State(state): State<NativeState>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<NewRoleBody>,
) -> Result<Response, Problem> {
    let mark = once::mark(&headers, &state, "POST /v1/roles", &body.bytes)?;
    let new = body.value;
    let new = NewRole {
        name: new.name,
        title: new.title,
        description: new.description,
        default: new.default.unwrap_or(false),
        grants: new.grants.map(grants).unwrap_or_default(),
        extra: None,
    };
    let allowed = caller.check(&state, Op::RoleManage).await?;
    once::create(
        &state,
        &allowed,
        "roles.create",
        mark,
        async {
            let role = state.keys.create_role(&allowed, new).await?;
            Ok((role.id.to_string(), answer::body(&RoleView::from(role))))
        },
        async |id| {
            let role = state.keys.role(&allowed, &id).await?;
            Ok(answer::body(&RoleView::from(role)))
        },
    )
    .await
}
