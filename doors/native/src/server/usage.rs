//! `GET /v1/usage`: how often keys did what.

use ::keys::UsageQuery;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{KeyId, Millis, access::Op, limits::USAGE_BUCKETS_MAX, usage::Grain};
use http_kit::Params;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    NativeState, answer,
    caller::Caller,
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters for the OpenAPI document")]
pub struct UsageFilter {
    /// Id of a key; left out: all keys the caller may see.
    #[param(format = "uuid")]
    key: Option<String>,
    /// Width of a bucket: `minute` (default), `hour` or `day`.
    #[param(example = "hour")]
    grain: Option<String>,
    /// RFC 3339, inclusive; left out: 60 buckets before `to`.
    #[param(format = DateTime)]
    from: Option<String>,
    /// RFC 3339, exclusive; left out: now.
    #[param(format = DateTime)]
    to: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UsageBucket {
    #[schema(value_type = String, format = "uuid")]
    key: KeyId,
    /// Start of the bucket.
    #[schema(format = DateTime)]
    bucket: String,
    /// `verify`, or an operation such as `record.read`.
    operation: String,
    /// `allow`, or the reason of the refusal.
    outcome: String,
    count: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UsagePage {
    grain: &'static str,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    items: Vec<UsageBucket>,
}

pub fn moment(params: &mut Params<'_>, name: &'static str) -> Result<Option<Millis>, Problem> {
    let Some(text) = params.take(name) else { return Ok(None) };
    let bad = || Problem::field(name, "must be a time as in RFC 3339: 2027-01-31T12:00:00Z");
    Millis::parse_rfc3339(&text).map(Some).ok_or_else(bad)
}

fn read(query: Option<&str>, now: Millis) -> Result<UsageQuery, Problem> {
    let mut params = Params::parse(query)?;
    let key = params.take_as::<KeyId>("key", "the id of a key")?;
    let grain = match params.take("grain") {
        None => Grain::Minute,
        Some(text) => {
            Grain::parse(&text).ok_or_else(|| Problem::field("grain", "must be minute, hour or day"))?
        }
    };
    let to = moment(&mut params, "to")?.unwrap_or(now.plus(1));
    let from = moment(&mut params, "from")?.unwrap_or(to.plus(-60 * grain.ms()));
    params.finish()?;
    let buckets = to.since(from) / grain.ms();
    if !(0..=USAGE_BUCKETS_MAX).contains(&buckets) {
        return Err(Problem::field("from", format!("must lie 0 to {USAGE_BUCKETS_MAX} buckets before `to`")));
    }
    Ok(UsageQuery { key, grain, from, to })
}

/// Usage
///
/// Needs `key.manage`. Counted per key, operation and outcome; written down about once a second. Minutes are
/// rolled up to hours and days. Oldest bucket first.
#[utoipa::path(get, path = "/v1/usage", tag = "usage", operation_id = "listUsage", params(UsageFilter),
    responses((status = 200, description = "Counts per bucket", body = UsagePage), Problems))]
pub async fn usage(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = read(query.as_deref(), state.clock.now())?;
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let counts = state.keys.usage(&allowed, query).await.after(&allowed)?;
    let items = counts.into_iter().map(|c| UsageBucket {
        key: c.key,
        bucket: c.bucket.rfc3339(),
        operation: c.operation,
        outcome: c.outcome,
        count: c.count,
    });
    let page = UsagePage {
        grain: query.grain.name(),
        from: query.grain.floor(query.from).rfc3339(),
        to: query.to.rfc3339(),
        items: items.collect(),
    };
    Ok(answer::ok(&allowed, &page))
}
