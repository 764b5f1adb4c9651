//! The answer to a verification, written by hand into one buffer: no intermediate value, no allocation
//! per field. The `…Doc` types describe the same shapes for the OpenAPI document.

use std::collections::BTreeMap;

use domain::{Millis, key::Owner};
use guard::{CachedKey, RateView, Verdict};
use utoipa::ToSchema;

use crate::NativeState;

/// Writes one verdict as JSON.
pub fn write(state: &NativeState, out: &mut Vec<u8>, verdict: &Verdict) {
    match verdict.outcome {
        Ok(()) => out.extend_from_slice(br#"{"valid":true,"reason":null,"decision_id":""#),
        Err(reason) => {
            out.extend_from_slice(br#"{"valid":false,"reason":""#);
            out.extend_from_slice(reason.code().as_bytes());
            out.extend_from_slice(br#"","decision_id":""#);
        }
    }
    id(out, &verdict.id.0);
    out.extend_from_slice(br#"","as_of":"#);
    time(out, Some(verdict.at));
    out.extend_from_slice(br#","key":"#);
    match &verdict.key {
        Some(cached) => key(out, cached, cached.role().map(|id| state.role_name(id)).as_deref()),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(br#","remaining":"#);
    number(out, verdict.remaining);
    out.extend_from_slice(br#","rate_limit":"#);
    rate(out, verdict.rate.as_ref());
    if verdict.retry_after_ms.is_some() {
        out.extend_from_slice(br#","retry_after_ms":"#);
        number(out, verdict.retry_after_ms);
    }
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, key: &CachedKey, role: Option<&str>) {
    out.extend_from_slice(br#"{"id":""#);
    id(out, &key.id().0);
    out.extend_from_slice(br#"","name":"#);
    text(out, key.name());
    out.extend_from_slice(br#","type":""#);
    out.extend_from_slice(key.kind().name().as_bytes());
    out.extend_from_slice(br#"","owner":""#);
    owner(out, key.owner());
    out.extend_from_slice(br#"","role":"#);
    text(out, role);
    out.extend_from_slice(if key.enabled() { br#","enabled":true"# } else { br#","enabled":false"# });
    out.extend_from_slice(br#","expires_at":"#);
    time(out, key.expires_at());
    out.extend_from_slice(br#","permissions":"#);
    json(out, &key.permissions());
    out.extend_from_slice(br#","metadata":"#);
    // Checked to be JSON when it was stored.
    out.extend_from_slice(key.metadata().unwrap_or("null").as_bytes());
    out.push(b'}');
}

fn owner(out: &mut Vec<u8>, owner: Owner) {
    match owner {
        Owner::User(user) => {
            out.extend_from_slice(b"user:");
            id(out, &user.0);
        }
        Owner::Organization(org) => {
            out.extend_from_slice(b"organization:");
            id(out, &org.0);
        }
        Owner::Server => out.extend_from_slice(b"server"),
    }
}

fn rate(out: &mut Vec<u8>, view: Option<&RateView>) {
    let Some(view) = view else { return out.extend_from_slice(b"null") };
    out.extend_from_slice(br#"{"limit":"#);
    number(out, Some(i64::from(view.limit.max)));
    out.extend_from_slice(br#","remaining":"#);
    number(out, Some(i64::from(view.left)));
    out.extend_from_slice(br#","reset_at":"#);
    time(out, Some(view.reset_at));
    out.push(b'}');
}

fn json<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    // Writing into memory cannot fail, nor can these types.
    let _ = serde_json::to_writer(out, value);
}

fn text(out: &mut Vec<u8>, text: Option<&str>) {
    json(out, &text);
}

fn number(out: &mut Vec<u8>, n: Option<i64>) {
    json(out, &n);
}

fn id(out: &mut Vec<u8>, id: &uuid::Uuid) {
    let mut buffer = [0u8; uuid::fmt::Hyphenated::LENGTH];
    out.extend_from_slice(id.as_hyphenated().encode_lower(&mut buffer).as_bytes());
}

fn time(out: &mut Vec<u8>, at: Option<Millis>) {
    let Some(at) = at else { return out.extend_from_slice(b"null") };
    out.push(b'"');
    at.write_rfc3339(out);
    out.push(b'"');
}

/// One secret and what is asked of it.
#[derive(ToSchema)]
#[schema(as = VerifyQuestion)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub struct VerifyQuestionDoc {
    /// The secret as the client presented it.
    #[schema(example = "kw_live_2Jk0PqYVw5cC1a9sTnB7dXzR4mE1fLh3", max_length = 4096)]
    key: String,
    /// Every listed action of every listed resource must be held by the key.
    #[schema(example = json!({"files": ["read"]}))]
    permissions: Option<BTreeMap<String, Vec<String>>>,
    /// An operation of this server the key must allow, such as `record.read`.
    #[schema(example = "record.read")]
    operation: Option<String>,
    /// Where: `base` or `base/table`, by id or name; left out: the server. Needs `operation`.
    #[schema(example = "main/todos")]
    resource: Option<String>,
    /// The address of the client being served; needed for a key with allowed hosts.
    #[schema(example = "192.0.2.1")]
    client_ip: Option<String>,
    /// Uses to take from the key's quota when everything else passed.
    #[schema(default = 1, minimum = 0, maximum = 1000000)]
    cost: Option<i64>,
    /// For the log: at most 10, each at most 128 characters.
    #[schema(max_items = 10)]
    tags: Option<Vec<String>>,
}

/// One question, or `{"keys": [question, …]}` with up to 100.
#[derive(ToSchema)]
#[schema(as = VerifyBody)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub enum VerifyBodyDoc {
    One(VerifyQuestionDoc),
    Many { keys: Vec<VerifyQuestionDoc> },
}

/// The key a secret belongs to, as a verifier sees it.
#[derive(ToSchema)]
#[schema(as = VerifiedKey)]
#[expect(dead_code, reason = "describes the answer for the OpenAPI document")]
pub struct VerifiedKeyDoc {
    #[schema(format = "uuid")]
    id: String,
    #[schema(required)]
    name: Option<String>,
    /// `standard`, `administration`, `legacy` or `root`.
    r#type: String,
    /// `user:<id>`, `organization:<id>` or `server`.
    owner: String,
    /// Name of the role the key is bound to.
    #[schema(required)]
    role: Option<String>,
    enabled: bool,
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    #[schema(required)]
    permissions: Option<BTreeMap<String, Vec<String>>>,
    #[schema(required, value_type = Option<Object>)]
    metadata: Option<String>,
}

/// Where the rate window stands after this call.
#[derive(ToSchema)]
#[schema(as = RateState)]
#[expect(dead_code, reason = "describes the answer for the OpenAPI document")]
pub struct RateStateDoc {
    /// Accepted requests per window.
    limit: u32,
    /// How many of them are left.
    remaining: u32,
    #[schema(format = DateTime)]
    reset_at: String,
}

#[derive(ToSchema)]
#[schema(as = Verdict)]
#[expect(dead_code, reason = "describes the answer for the OpenAPI document")]
pub struct VerdictDoc {
    valid: bool,
    /// Why not: `malformed`, `unknown`, `disabled`, `expired`, `owner_inactive`, `role_not_held`, `host`,
    /// `rate`, `not_found`, `scope`, `role`, `level`, `rule`, `permissions` or `quota`; `null` when valid.
    #[schema(required, example = "expired")]
    reason: Option<String>,
    /// `GET /v1/decisions/{id}` explains a refusal.
    #[schema(format = "uuid")]
    decision_id: String,
    /// The moment the decision was made for.
    #[schema(format = DateTime)]
    as_of: String,
    /// Also of a refused key; `null` when no live key has this secret.
    #[schema(required)]
    key: Option<VerifiedKeyDoc>,
    /// Uses left after this call; `null`: the key has no quota.
    #[schema(required)]
    remaining: Option<i64>,
    #[schema(required)]
    rate_limit: Option<RateStateDoc>,
    /// For `rate` and `quota`: when a retry can succeed, in milliseconds.
    retry_after_ms: Option<i64>,
}

/// One verdict, or `{"results": [verdict, …]}` in the order of the questions.
#[derive(ToSchema)]
#[schema(as = VerifyAnswer)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the answer for the OpenAPI document")]
pub enum VerifyAnswerDoc {
    One(VerdictDoc),
    Many { results: Vec<VerdictDoc> },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_written_as_everywhere_else(ms in -10_000_000_000_000i64..260_000_000_000_000) {
            let mut out = Vec::new();
            time(&mut out, Some(Millis(ms)));
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("\"{}\"", Millis(ms).rfc3339()));
        }
    }
}
