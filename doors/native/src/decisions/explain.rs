//! `POST /v1/decisions`: a dry run. What would happen, which rule decides, and for operators the smallest
//! changes that would let it pass. Nothing is spent, counted or kept.

use std::net::IpAddr;

use axum::{extract::State, response::Response};
use domain::{
    KeyId, Millis, UserId,
    access::Op,
    decision::{Allowed, Reason},
    limits::VERIFY_COST_MAX,
    secret::Secret,
};
use guard::{Call, DryRun, DrySubject, Explanation, PlaceName, Rule, Suggestion, profile::VERIFY};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::get::Step;
use crate::{
    NativeState, answer,
    caller::Caller,
    input::Body,
    keys::{shape::PermissionMap, verify::place},
    openapi::Problems,
    problem::{AfterCheck, Problem},
};

/// A call that is not made. One of `key`, `key_id` and `user` says who would make it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRunBody {
    /// A secret.
    key: Option<String>,
    /// Or the id of a key.
    #[schema(value_type = Option<String>, format = "uuid")]
    key_id: Option<KeyId>,
    /// Or the id of a user with a session.
    #[schema(value_type = Option<String>, format = "uuid")]
    user: Option<UserId>,
    /// Left out: only whether the credential is good.
    #[schema(value_type = Option<String>, example = "record.read")]
    operation: Option<Op>,
    /// `base` or `base/table`, by id or name; left out: the server. Needs `operation`.
    #[schema(example = "main/todos")]
    resource: Option<String>,
    /// The role (id or name) a session would choose.
    role: Option<String>,
    #[schema(value_type = Option<std::collections::BTreeMap<String, Vec<String>>>)]
    permissions: Option<PermissionMap>,
    /// The address the call would come from.
    #[schema(value_type = Option<String>, example = "192.0.2.1")]
    client_ip: Option<IpAddr>,
    /// The time of the call (RFC 3339); left out: now.
    #[schema(format = DateTime)]
    time: Option<String>,
    /// Uses the call would take.
    #[schema(default = 1, minimum = 0, maximum = 1000000)]
    cost: Option<i64>,
}

/// What one check would say.
#[derive(Debug, Serialize, ToSchema)]
pub struct GateAnswer {
    #[serde(flatten)]
    step: Step,
    reason: Option<&'static str>,
    /// One sentence.
    detail: String,
}

/// One change that, together with the others, lets the call pass.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// `enable`, `extend_expiry`, `add_host`, `grant_role` …
    change: &'static str,
    /// One sentence.
    detail: String,
    /// What it is made to, and its values.
    #[schema(value_type = Object)]
    with: serde_json::Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DryRunAnswer {
    /// `allow` or `deny`.
    outcome: &'static str,
    allowed: bool,
    reason: Option<&'static str>,
    #[schema(format = DateTime)]
    as_of: String,
    #[schema(value_type = Option<String>, format = "uuid")]
    key_id: Option<KeyId>,
    /// Every check in order; those behind the failed one are answered as well.
    trace: Vec<GateAnswer>,
    /// The rule that decided.
    #[schema(value_type = Object)]
    rule: serde_json::Value,
    /// For operators: the smallest changes that would let the call pass. All of them are needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestions: Option<Vec<Change>>,
    /// For operators: why no change of settings can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    impossible: Option<Vec<String>>,
    /// For `rate` and `quota`: when a retry can succeed.
    retry_after_ms: Option<i64>,
}

/// Explain a call
///
/// Needs `key.verify`; asking about another's key by id, or about a user, needs `key.manage` or `user.manage`
/// for it. Evaluates every check without making the call; operators also get the smallest changes that would
/// let it pass.
#[utoipa::path(post, path = "/v1/decisions", tag = "decisions", operation_id = "explainCall", request_body = DryRunBody,
    responses((status = 200, description = "What would happen, and why", body = DryRunAnswer), Problems))]
pub async fn explain(
    State(state): State<NativeState>,
    caller: Caller,
    body: Body<DryRunBody>,
) -> Result<Response, Problem> {
    let body = body.value;
    let at = moment(body.time.as_deref())?;
    check(&body)?;
    // The caller's own quota is not touched either.
    let call = Call { cost: 0, ..Call::new(Op::KeyVerify, PlaceName::Server) };
    let allowed = caller.ask(&state, call).await?;
    let secret = body.key.as_deref().map(Secret::new);
    let subject = subject(&state, &caller, &allowed, &body, secret.as_ref()).await?;
    let run = DryRun {
        subject,
        op: body.operation,
        place: body.resource.as_deref().map_or(PlaceName::Server, place),
        role: body.role.as_deref(),
        permissions: body.permissions.as_ref().map(|p| &p.0),
        ip: body.client_ip,
        now: at,
        cost: body.cost.unwrap_or(1),
        profile: &VERIFY,
    };
    let explanation = state.guard.explain(&run).await.map_err(::keys::KeysError::Store).after(&allowed)?;
    Ok(answer::ok(&allowed, &shown(&explanation, allowed.principal().operator)))
}

fn check(body: &DryRunBody) -> Result<(), Problem> {
    if !(0..=VERIFY_COST_MAX).contains(&body.cost.unwrap_or(1)) {
        return Err(Problem::field("cost", format!("must be a whole number from 0 to {VERIFY_COST_MAX}")));
    }
    if body.resource.is_some() && body.operation.is_none() {
        return Err(Problem::field("resource", "needs operation: what is to be done there"));
    }
    Ok(())
}

fn moment(text: Option<&str>) -> Result<Option<Millis>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let bad = || Problem::field("time", "must be a time as in RFC 3339: 2027-01-31T12:00:00Z");
    Millis::parse_rfc3339(text).map(Some).ok_or_else(bad)
}

/// Who would call. Whoever holds a secret may ask about it; ids are looked up as the caller may see them.
async fn subject<'a>(
    state: &NativeState,
    caller: &Caller,
    allowed: &Allowed,
    body: &DryRunBody,
    secret: Option<&'a Secret>,
) -> Result<DrySubject<'a>, Problem> {
    match (secret, body.key_id, body.user) {
        (Some(secret), None, None) => Ok(DrySubject::Secret(secret)),
        (None, Some(id), None) => {
            let call = Call { cost: 0, ..Call::new(Op::KeyManage, PlaceName::Server) };
            let may = caller.ask(state, call).await?;
            state.keys.get(&may, id).await.after(&may)?;
            Ok(DrySubject::Key(id))
        }
        (None, None, Some(id)) => {
            let call = Call { cost: 0, ..Call::new(Op::UserManage, PlaceName::Server) };
            let may = caller.ask(state, call).await?;
            state.keys.user(&may, id).await.after(&may)?;
            Ok(DrySubject::User(id))
        }
        _ => Err(Problem::field("key", "send exactly one of key, key_id and user").after(allowed)),
    }
}

fn shown(explanation: &Explanation, operator: bool) -> DryRunAnswer {
    let trace = explanation.gates.iter().map(|report| GateAnswer {
        step: Step { gate: report.gate.name(), outcome: report.outcome.name() },
        reason: report.reason.map(Reason::code),
        detail: report.detail.clone(),
    });
    DryRunAnswer {
        outcome: if explanation.allowed { "allow" } else { "deny" },
        allowed: explanation.allowed,
        reason: explanation.reason.map(Reason::code),
        as_of: explanation.at.rfc3339(),
        key_id: explanation.key.as_ref().map(|k| k.id()),
        trace: trace.collect(),
        rule: rule(&explanation.rule),
        suggestions: operator.then(|| explanation.suggestions.iter().map(change).collect()),
        impossible: operator.then(|| explanation.impossible.clone()),
        retry_after_ms: explanation.retry_after_ms,
    }
}

fn rule(rule: &Rule) -> serde_json::Value {
    match rule {
        Rule::Gate(gate) => json!({"kind": "gate", "gate": gate.name()}),
        Rule::NoneAsked => json!({"kind": "none_asked"}),
        Rule::Everything { why } => json!({"kind": "everything", "why": why}),
        Rule::RoleEntry { role, role_name, entry } => {
            json!({"kind": "role_entry", "role": role, "role_name": role_name, "grant": entry})
        }
        Rule::NoRoleEntry { roles } => json!({"kind": "no_role_entry", "roles": roles}),
        Rule::NoKeyScope { scopes } => json!({"kind": "no_key_scope", "scopes": scopes}),
    }
}

fn change(suggestion: &Suggestion) -> Change {
    let with = match suggestion {
        Suggestion::Enable { key } => json!({"key_id": key}),
        Suggestion::ExtendExpiry { key, until } => json!({"key_id": key, "expires_at": until.rfc3339()}),
        Suggestion::ActivateOwner { user } | Suggestion::MakeOwnerRoot { user } => json!({"user": user}),
        Suggestion::AddHost { key, ip } => json!({"key_id": key, "host": ip}),
        Suggestion::RaiseRate { key, max } => json!({"key_id": key, "max": max}),
        Suggestion::AddScope { key, scope } => json!({"key_id": key, "scope": scope}),
        Suggestion::GrantRole { role, op, base, table } => {
            json!({"role": role, "operation": op.name(), "base": base, "table": table})
        }
        Suggestion::AssignRole { user, role } => json!({"user": user, "role": role}),
        Suggestion::BindRole { key, role } => json!({"key_id": key, "role": role}),
        Suggestion::GrantPermissions { key, missing } => json!({"key_id": key, "permissions": missing}),
        Suggestion::TopUp { key, by } => json!({"key_id": key, "remaining_add": by}),
        Suggestion::RaiseRefill { key, amount } => json!({"key_id": key, "amount": amount}),
    };
    Change { change: suggestion.name(), detail: suggestion.sentence(), with }
}
