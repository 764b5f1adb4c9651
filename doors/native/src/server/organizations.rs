//! `/v1/organizations`: owners of keys that are not people.

use ::keys::NewOrganization;
use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use domain::{OrgId, access::Op, user::Organization};
use http_kit::Params;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    NativeState,
    answer::{self, Listed},
    caller::Caller,
    input::{Body, Id},
    once,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrganization)]
pub struct NewOrganizationBody {
    #[schema(example = "Example Ltd", min_length = 1, max_length = 255)]
    name: String,
    /// Unique; letters, digits and hyphens.
    #[schema(example = "example")]
    slug: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationView {
    #[schema(value_type = String, format = "uuid")]
    id: OrgId,
    name: String,
    slug: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Organization> for OrganizationView {
    fn from(org: Organization) -> Self {
        Self { id: org.id, name: org.name, slug: org.slug, created_at: org.created_at.rfc3339() }
    }
}

/// Make an organization
///
/// Needs `user.manage`.
#[utoipa::path(post, path = "/v1/organizations", tag = "organizations", operation_id = "createOrganization", request_body = NewOrganizationBody,
    params(("idempotency-key" = Option<String>, Header, description = "At most 255 characters")),
    responses((status = 201, description = "The organization", body = OrganizationView), Problems))]
pub async fn create(
    State(state): State<NativeState>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<NewOrganizationBody>,
) -> Result<Response, Problem> {
    let mark = once::mark(&headers, &state, "POST /v1/organizations", &body.bytes)?;
    let NewOrganizationBody { name, slug } = body.value;
    let allowed = caller.check(&state, Op::UserManage).await?;
    let make = async {
        let org =
            state.keys.create_organization(&allowed, NewOrganization { name, slug, extra: None }).await?;
        Ok((org.id.to_string(), answer::body(&OrganizationView::from(org))))
    };
    let again = async |id: String| {
        let id = id.parse().map_err(|_| ::keys::KeysError::NotFound)?;
        Ok(answer::body(&OrganizationView::from(state.keys.organization(&allowed, id).await?)))
    };
    once::create(&state, &allowed, "organizations.create", mark, make, again).await
}

/// All organizations
///
/// Needs `user.manage`. All on one page.
#[utoipa::path(get, path = "/v1/organizations", tag = "organizations", operation_id = "listOrganizations",
    responses((status = 200, description = "The organizations", body = Listed<OrganizationView>), Problems))]
pub async fn list(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref())?.finish()?;
    let allowed = caller.check(&state, Op::UserManage).await?;
    let orgs = state.keys.organizations(&allowed).await.after(&allowed)?;
    let items: Vec<OrganizationView> = orgs.into_iter().map(Into::into).collect();
    Ok(answer::ok(&allowed, &Listed { total: items.len() as u64, items, next_cursor: None }))
}

/// One organization
///
/// Needs `user.manage`.
#[utoipa::path(get, path = "/v1/organizations/{id}", tag = "organizations", operation_id = "getOrganization",
    params(("id" = String, Path, format = "uuid", description = "Id of the organization")),
    responses((status = 200, description = "The organization", body = OrganizationView), Problems))]
pub async fn get(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<OrgId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::UserManage).await?;
    let org = state.keys.organization(&allowed, id).await.after(&allowed)?;
    Ok(answer::ok(&allowed, &OrganizationView::from(org)))
}
