//! `POST /v1/keys/verify`: what does this secret open? The hot path of the whole server: one borrowed
//! parse, two decisions in memory, one buffer out.

use std::{borrow::Cow, future::Future, net::IpAddr, pin::Pin, task::Poll};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use domain::{
    access::Op,
    limits::{
        NATIVE_BODY_BYTES_MAX, VERIFY_BATCH_MAX, VERIFY_COST_MAX, VERIFY_TAG_CHARS_MAX, VERIFY_TAGS_MAX,
    },
    secret::Secret,
};
use guard::{PlaceName, Verdict, VerifyCall, profile::VERIFY};
use http_kit::{
    BodyError,
    body::{self, Object},
};
use serde::Deserialize;

use super::{answer as words, shape::PermissionMap};
use crate::{NativeState, answer, caller::Caller, openapi::Problems, problem::Problem};

/// A JSON text, borrowed unless it has escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

/// One secret and what is asked of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question<'b> {
    #[serde(borrow)]
    key: Text<'b>,
    permissions: Option<PermissionMap>,
    operation: Option<Op>,
    #[serde(borrow)]
    resource: Option<Text<'b>>,
    #[serde(borrow)]
    client_ip: Option<Text<'b>>,
    cost: Option<i64>,
    tags: Option<Vec<String>>,
}

/// The body: one question, or several under `keys`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyBody<'b> {
    #[serde(borrow)]
    key: Option<Text<'b>>,
    #[serde(borrow)]
    keys: Option<Vec<Object<Question<'b>>>>,
    permissions: Option<PermissionMap>,
    operation: Option<Op>,
    #[serde(borrow)]
    resource: Option<Text<'b>>,
    #[serde(borrow)]
    client_ip: Option<Text<'b>>,
    cost: Option<i64>,
    tags: Option<Vec<String>>,
}

enum Asked<'b> {
    One(Checked<'b>),
    Many(Vec<Checked<'b>>),
}

/// A question whose values are in range.
struct Checked<'b> {
    secret: Secret,
    permissions: Option<PermissionMap>,
    op: Option<Op>,
    resource: Option<Cow<'b, str>>,
    ip: Option<IpAddr>,
    cost: i64,
    tags: Vec<String>,
}

impl<'b> VerifyBody<'b> {
    fn check(self) -> Result<Asked<'b>, Problem> {
        let Self { key, keys, permissions, operation, resource, client_ip, cost, tags } = self;
        match (key, keys) {
            (Some(key), None) => {
                let one = Question { key, permissions, operation, resource, client_ip, cost, tags };
                Ok(Asked::One(one.check("")?))
            }
            (None, Some(many)) => {
                let rest = permissions.is_some() || operation.is_some() || resource.is_some();
                if rest || client_ip.is_some() || cost.is_some() || tags.is_some() {
                    return Err(Problem::field(
                        "keys",
                        "in a batch every other field belongs into its entries",
                    ));
                }
                if many.is_empty() || many.len() > VERIFY_BATCH_MAX {
                    return Err(Problem::field("keys", format!("must have 1 to {VERIFY_BATCH_MAX} entries")));
                }
                let checked = many.into_iter().enumerate();
                let checked = checked.map(|(i, Object(question))| question.check(&format!("keys[{i}].")));
                Ok(Asked::Many(checked.collect::<Result<_, _>>()?))
            }
            (None, None) => Err(Problem::field("key", "is required")),
            (Some(_), Some(_)) => Err(Problem::field("keys", "send either key or keys")),
        }
    }
}

impl<'b> Question<'b> {
    /// `at`: where in the body this question stands, for errors.
    fn check(self, at: &str) -> Result<Checked<'b>, Problem> {
        let bad = |field: &str, message: &str| Problem::field(format!("{at}{field}"), message);
        let ip = match &self.client_ip {
            None => None,
            Some(Text(text)) => {
                Some(text.parse().map_err(|_| bad("client_ip", "must be an IPv4 or IPv6 address"))?)
            }
        };
        let cost = self.cost.unwrap_or(1);
        if !(0..=VERIFY_COST_MAX).contains(&cost) {
            return Err(bad("cost", &format!("must be a whole number from 0 to {VERIFY_COST_MAX}")));
        }
        let tags = self.tags.unwrap_or_default();
        if tags.len() > VERIFY_TAGS_MAX || tags.iter().any(|t| t.chars().count() > VERIFY_TAG_CHARS_MAX) {
            let message =
                format!("at most {VERIFY_TAGS_MAX} tags of at most {VERIFY_TAG_CHARS_MAX} characters");
            return Err(bad("tags", &message));
        }
        if self.resource.is_some() && self.operation.is_none() {
            return Err(bad("resource", "needs operation: what is to be done there"));
        }
        Ok(Checked {
            secret: Secret::new(self.key.0),
            permissions: self.permissions,
            op: self.operation,
            resource: self.resource.map(|Text(text)| text),
            ip,
            cost,
            tags,
        })
    }
}

impl Checked<'_> {
    fn call(&self) -> VerifyCall<'_> {
        VerifyCall {
            secret: &self.secret,
            permissions: self.permissions.as_ref().map(|p| &p.0),
            op: self.op,
            place: self.resource.as_deref().map_or(PlaceName::Server, place),
            ip: self.ip,
            cost: self.cost,
            tags: &self.tags,
            profile: &VERIFY,
        }
    }
}

/// `main` is a base, `main/todos` a table of it; nothing: the server.
pub fn place(resource: &str) -> PlaceName<'_> {
    match resource.split_once('/') {
        None if resource.is_empty() => PlaceName::Server,
        None => PlaceName::Base(resource),
        Some((base, table)) => PlaceName::Table { base, table },
    }
}

/// Verify a secret
///
/// Needs `key.verify`. Answers 200 whether or not the secret is good; `valid` says which. With `keys` instead
/// of `key`: up to 100 questions, answered in order as `{"results": […]}`; the questions are independent of
/// each other. A key with a quota pays `cost` only when everything else passed, and the debit is on disk
/// before the answer leaves.
#[utoipa::path(post, path = "/v1/keys/verify", tag = "verify", operation_id = "verifyKey",
    request_body(content = words::VerifyBodyDoc),
    responses((status = 200, description = "The verdict, or with `keys` the verdicts", body = words::VerifyAnswerDoc),
        Problems))]
pub async fn verify(State(state): State<NativeState>, request: Request) -> Result<Response, Problem> {
    let (parts, stream) = request.into_parts();
    let caller = Caller::read(&parts, &state)?;
    if !body::says_json(&parts.headers) {
        return Err(BodyError::WrongType.into());
    }
    let bytes = body::read(stream, NATIVE_BODY_BYTES_MAX).await?;
    let Object(wanted) = body::parse_trusting_shape::<Object<VerifyBody<'_>>>(&bytes)?;
    let asked = wanted.check()?;
    let decision = caller.permit(&state, Op::KeyVerify).await?;
    match asked {
        Asked::One(one) => {
            let verdict = decide(&state, &one).await;
            let mut out = Vec::with_capacity(512);
            words::write(&state, &mut out, &verdict);
            Ok(answer::bytes(StatusCode::OK, verdict.id, out))
        }
        Asked::Many(many) => {
            let verdicts = all(many.iter().map(|one| decide(&state, one)).collect()).await;
            let mut out = Vec::with_capacity(16 + 512 * verdicts.len());
            out.extend_from_slice(b"{\"results\":[");
            for (i, verdict) in verdicts.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                words::write(&state, &mut out, verdict);
            }
            out.extend_from_slice(b"]}");
            Ok(answer::bytes(StatusCode::OK, decision, out))
        }
    }
}

async fn decide(state: &NativeState, one: &Checked<'_>) -> Verdict {
    let call = one.call();
    match state.guard.verify_now(&call) {
        Some(verdict) => verdict,
        None => state.guard.verify(&call).await,
    }
}

/// All at once, so that the debits of one batch share one commit. Answers in the order of the questions.
async fn all<F: Future<Output = Verdict>>(futures: Vec<F>) -> Vec<Verdict> {
    let mut waiting: Vec<(Pin<Box<F>>, Option<Verdict>)> =
        futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (future, done) in waiting.iter_mut().filter(|(_, done)| done.is_none()) {
            match future.as_mut().poll(cx) {
                Poll::Ready(verdict) => *done = Some(verdict),
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    waiting.into_iter().filter_map(|(_, done)| done).collect()
}
