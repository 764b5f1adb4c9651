//! `GET /v1/decisions/{id}`: a recent refusal.

use axum::{extract::State, response::Response};
use domain::{DecisionId, KeyId, UserId, access::Op, decision::Denied};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{NativeState, answer, caller::Caller, denied, input::Id, openapi::Problems, problem::Problem};

/// One check of the trace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    /// `present`, `known`, `enabled`, `expired`, `owner`, `host`, `rate`, `resource`, `scope`, `role`, `level`,
    /// `rule`, `permissions` or `quota`.
    pub gate: &'static str,
    /// `passed`, `failed` or `not_asked`.
    pub outcome: &'static str,
}

/// A refusal as it was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    #[schema(value_type = String, format = "uuid")]
    id: DecisionId,
    /// Always `deny`: what was allowed is not kept.
    outcome: &'static str,
    reason: &'static str,
    /// The reason in a sentence.
    detail: &'static str,
    #[schema(format = DateTime)]
    at: String,
    #[schema(value_type = Option<String>, format = "uuid")]
    key_id: Option<KeyId>,
    #[schema(value_type = Option<String>, format = "uuid")]
    user: Option<UserId>,
    operation: Option<&'static str>,
    /// As the client named it.
    resource: Option<String>,
    retry_after_ms: Option<i64>,
    /// Every check, in the order it was made.
    trace: Vec<Step>,
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let step = |(gate, outcome): (domain::decision::Gate, domain::decision::StepOutcome)| Step {
            gate: gate.name(),
            outcome: outcome.name(),
        };
        Self {
            id: denied.id,
            outcome: "deny",
            reason: denied.reason.code(),
            detail: denied::words(denied.reason).2,
            at: denied.at.rfc3339(),
            key_id: denied.key,
            user: denied.user,
            operation: denied.op.map(Op::name),
            resource: denied.resource,
            retry_after_ms: denied.retry_after_ms,
            trace: denied.trace.steps().map(step).collect(),
        }
    }
}

/// A recent refusal
///
/// Needs `audit.read`. By the id of the `x-decision-id` header or of a verdict; the last few thousand
/// refusals of this node are kept in memory, all of them in the audit.
#[utoipa::path(get, path = "/v1/decisions/{id}", tag = "decisions", operation_id = "getDecision",
    params(("id" = String, Path, format = "uuid", description = "Id of the decision")),
    responses((status = 200, description = "The refusal", body = Refusal), Problems))]
pub async fn get(
    State(state): State<NativeState>,
    caller: Caller,
    Id(id): Id<DecisionId>,
) -> Result<Response, Problem> {
    let allowed = caller.check(&state, Op::AuditRead).await?;
    let denied = state.guard.refusal(id).ok_or_else(|| Problem::not_found().after(&allowed))?;
    Ok(answer::ok(&allowed, &Refusal::from(denied)))
}
