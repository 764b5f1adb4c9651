//! `GET /v1/keys`: find keys.

use ::keys::{KeyOrder, KeyQuery};
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{access::Op, decision::Allowed, key::KeyKind};
use http_kit::Params;
use utoipa::IntoParams;

use super::{
    shape::{KeyView, parse_owner},
    view,
};
use crate::{
    NativeState,
    answer::{self, Listed},
    caller::Caller,
    openapi::Problems,
    paging,
    problem::{AfterCheck, Problem},
};

/// What to find; every named part must match.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KeyFilter {
    /// Keys in one page, 1 to 1000.
    #[param(value_type = Option<u64>, default = 20, minimum = 1, maximum = 1000)]
    limit: u64,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// `created_at`, `updated_at`, `last_used_at`, `expires_at` or `name`; with `-` in front: descending.
    /// Left out: newest first.
    #[param(value_type = Option<String>, example = "-created_at")]
    sort: (KeyOrder, bool),
    enabled: Option<bool>,
    /// `user:<id>`, `organization:<id>`, `server`.
    owner: Option<String>,
    /// `standard`, `administration`, `legacy` or `root`.
    #[param(value_type = Option<String>)]
    r#type: Option<KeyKind>,
    /// Id or name of the role the key is bound to.
    role: Option<String>,
    /// Part of the name; the case does not matter.
    name: Option<String>,
    /// Whether the key's end has passed.
    expired: Option<bool>,
    /// Revoked keys instead of live ones.
    #[param(value_type = Option<bool>)]
    revoked: bool,
}

impl KeyFilter {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let mut params = Params::parse(query)?;
        let (limit, cursor) = paging::read(&mut params)?;
        let kind = params.take("type").map(|text| KeyKind::parse(&text).ok_or(text));
        let kind = kind
            .transpose()
            .map_err(|_| Problem::field("type", "must be one of standard, administration, legacy, root"))?;
        let filter = Self {
            limit,
            cursor,
            sort: read_sort(params.take("sort").as_deref())?,
            enabled: params.take_as("enabled", "true or false")?,
            owner: params.take("owner").map(Into::into),
            r#type: kind,
            role: params.take("role").map(Into::into),
            name: params.take("name").map(Into::into),
            expired: params.take_as("expired", "true or false")?,
            revoked: params.take_as("revoked", "true or false")?.unwrap_or(false),
        };
        params.finish()?;
        Ok(filter)
    }

    async fn into_query(self, state: &NativeState, allowed: &Allowed) -> Result<KeyQuery, Problem> {
        let role = match &self.role {
            None => None,
            Some(name) => match state.keys.role(allowed, name).await {
                Ok(role) => Some(role.id),
                Err(::keys::KeysError::NotFound) => {
                    return Err(Problem::field("role", "there is no such role"));
                }
                Err(other) => return Err(other.into()),
            },
        };
        Ok(KeyQuery {
            owner: self.owner.as_deref().map(parse_owner).transpose()?,
            kind: self.r#type,
            role,
            enabled: self.enabled,
            expired: self.expired,
            gone: self.revoked,
            name_contains: self.name,
            order: self.sort.0,
            descending: self.sort.1,
            page: paging::request(self.limit, self.cursor),
            ..KeyQuery::default()
        })
    }
}

fn read_sort(text: Option<&str>) -> Result<(KeyOrder, bool), Problem> {
    let Some(text) = text else { return Ok((KeyOrder::CreatedAt, true)) };
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let order = match name {
        "created_at" => KeyOrder::CreatedAt,
        "updated_at" => KeyOrder::UpdatedAt,
        "last_used_at" => KeyOrder::LastUsedAt,
        "expires_at" => KeyOrder::ExpiresAt,
        "name" => KeyOrder::Name,
        _ => {
            let known = "created_at, updated_at, last_used_at, expires_at, name, each with or without -";
            return Err(Problem::field("sort", format!("must be one of {known}")));
        }
    };
    Ok((order, descending))
}

/// Find keys
///
/// Needs `key.manage`. Shows the caller's own keys, to operators everybody's.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", operation_id = "listKeys", params(KeyFilter),
    responses((status = 200, description = "One page of keys", body = Listed<KeyView>), Problems))]
pub async fn list(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let filter = KeyFilter::read(query.as_deref())?;
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let query = filter.into_query(&state, &allowed).await.after(&allowed)?;
    let page = state.keys.list(&allowed, query).await.map_err(paging::rename).after(&allowed)?;
    let items = page.items.iter().map(|key| view(&state, key)).collect();
    Ok(answer::ok(&allowed, &Listed { items, total: page.total, next_cursor: page.next }))
}
