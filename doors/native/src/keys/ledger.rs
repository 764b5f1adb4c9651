//! `GET /v1/keys/{id}/ledger`: every change of a key's balance.

use ::keys::{LedgerEntry, LedgerKind};
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{KeyId, access::Op};
use http_kit::Params;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    NativeState, answer,
    caller::Caller,
    input::Id,
    openapi::Problems,
    paging,
    problem::{AfterCheck, Problem},
};

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters for the OpenAPI document")]
pub struct LedgerFilter {
    /// Entries in one page, 1 to 1000.
    #[param(default = 20, minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// One change of the balance. The sum of all amounts is the balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub struct LedgerEntryView {
    seq: i64,
    /// `grant`, `refill`, `debit` or `set`.
    kind: &'static str,
    /// Signed.
    amount: i64,
    /// Calls served by a debit.
    grants: i64,
    balance_after: i64,
    #[schema(format = DateTime)]
    at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerPage {
    items: Vec<LedgerEntryView>,
    /// `null` when these were the newest entries.
    next_cursor: Option<String>,
}

impl From<&LedgerEntry> for LedgerEntryView {
    fn from(entry: &LedgerEntry) -> Self {
        let kind = match entry.kind {
            LedgerKind::Grant => "grant",
            LedgerKind::Refill => "refill",
            LedgerKind::Debit => "debit",
            LedgerKind::Set => "set",
        };
        Self {
            seq: entry.seq,
            kind,
            amount: entry.amount,
            grants: entry.grants,
            balance_after: entry.balance_after,
            at: entry.at.rfc3339(),
        }
    }
}

/// Ledger of a key
///
/// Needs `key.manage`. Oldest entry first.
#[utoipa::path(get, path = "/v1/keys/{id}/ledger", tag = "keys", operation_id = "listLedger",
    params(("id" = String, Path, format = "uuid", description = "Id of the key"), LedgerFilter),
    responses((status = 200, description = "One page of entries", body = LedgerPage), Problems))]
pub async fn ledger(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<KeyId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut params = Params::parse(query.as_deref())?;
    let (limit, cursor) = paging::read(&mut params)?;
    params.finish()?;
    let after: i64 = match cursor {
        None => 0,
        Some(text) => text.parse().map_err(|_| Problem::field("cursor", "is not one this list gave"))?,
    };
    let allowed = caller.check(&state, Op::KeyManage).await?;
    let entries = state.keys.ledger(&allowed, id, after, limit).await.after(&allowed)?;
    let full = entries.len() as u64 == limit;
    let next_cursor = entries.last().filter(|_| full).map(|e| e.seq.to_string());
    Ok(answer::ok(&allowed, &LedgerPage { items: entries.iter().map(Into::into).collect(), next_cursor }))
}
