//! `GET /v1/users` and `GET /v1/users/{id}`.

use ::keys::UserQuery;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{UserId, access::Op};
use http_kit::Params;
use utoipa::IntoParams;

use super::shape::{UserView, view};
use crate::{
    NativeState,
    answer::{self, Listed},
    caller::Caller,
    input::Id,
    openapi::Problems,
    paging,
    problem::{AfterCheck, Problem},
};

/// Whom to find; every named part must match.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters for the OpenAPI document")]
pub struct UserFilter {
    /// Users in one page, 1 to 1000.
    #[param(default = 20, minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Part of email, username or name; the case does not matter.
    name: Option<String>,
    /// Id or name of a role they hold.
    role: Option<String>,
    active: Option<bool>,
}

fn read(query: Option<&str>) -> Result<UserQuery, Problem> {
    let mut params = Params::parse(query)?;
    let (limit, cursor) = paging::read(&mut params)?;
    let query = UserQuery {
        contains: params.take("name").map(Into::into),
        role: params.take("role").map(Into::into),
        active: params.take_as("active", "true or false")?,
        page: paging::request(limit, cursor),
    };
    params.finish()?;
    Ok(query)
}

/// Find users
///
/// Needs `user.manage`. Oldest first.
#[utoipa::path(get, path = "/v1/users", tag = "users", operation_id = "listUsers", params(UserFilter),
    responses((status = 200, description = "One page of users", body = Listed<UserView>), Problems))]
pub async fn list(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = read(query.as_deref())?;
    let allowed = caller.check(&state, Op::UserManage).await?;
    let page = state.keys.users(&allowed, query).await.map_err(paging::rename).after(&allowed)?;
    let items = page.items.iter().map(|user| view(&state, user)).collect();
    Ok(answer::ok(&allowed, &Listed { items, total: page.total, next_cursor: page.next }))
}

/// One user
///
/// Needs `user.manage`.
#[utoipa::path(get, path = "/v1/users/{id}", tag = "users", operation_id = "getUser",
    params(("id" = String, Path, format = "uuid", description = "Id of the user")),
    responses((status = 200, description = "The user", body = UserView), Problems))]
pub async fn get(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<UserId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::UserManage).await?;
    let user = state.keys.user(&allowed, id).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &view(&state, &user)))
}
