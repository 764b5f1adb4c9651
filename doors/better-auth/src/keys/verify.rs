//! `POST /api-key/verify`: may this key do that? By root key only. The answer is 200 whether or not it may.

use axum::http::HeaderName;
use domain::{
    access::Op,
    decision::{Allowed, Reason},
    key::Permissions,
    secret::Secret,
};
use guard::{CachedKey, Verdict, VerifyCall};
use serde_json::{Value, json};

use super::config_of;
use crate::{
    answer::Answer,
    caller::bury,
    config::DEFAULT,
    denied,
    failure::Failure,
    profile::{VERIFY, VERIFY_UNLIMITED},
    record::Record,
    request::Request,
    router::only_server,
};

const DECISION_ID: HeaderName = HeaderName::from_static("x-decision-id");

pub async fn verify(request: &Request) -> Result<Answer, Failure> {
    let allowed = only_server(request, Op::KeyVerify).await?;
    let mut fields = request.body();
    let config_id = fields.maybe_text("configId");
    let secret = Secret::new(fields.text("key"));
    let wanted = fields.permissions("permissions", false).flatten();
    fields.finish()?;
    let wanted = wanted.and_then(|value| serde_json::from_value::<Permissions>(value.clone()).ok());
    let guard = &request.inner.guard;
    let key = guard.find(&secret);
    if let Some(key) = &key
        && !is_of(key, config_id)
    {
        // A key of another configuration, or of another door, is none of this one.
        return Ok(refused(Reason::Unknown, None));
    }
    let limited = key.as_ref().is_none_or(|key| limited(request, key));
    let profile = if limited { &VERIFY } else { &VERIFY_UNLIMITED };
    let call = VerifyCall { permissions: wanted.as_ref(), profile, ..VerifyCall::new(&secret) };
    let verdict = match guard.verify_now(&call) {
        Some(verdict) => verdict,
        None => guard.verify(&call).await,
    };
    let answer = match (&verdict.outcome, &verdict.key) {
        (Ok(()), Some(key)) => granted(request, &allowed, &verdict, key).await,
        (Ok(()), None) => refused(Reason::Unknown, None),
        (Err(reason), key) => {
            let buried = match key {
                Some(key) => bury(&request.inner, key, *reason, verdict.retry_after_ms).await,
                None => Ok(()),
            };
            match buried {
                Ok(()) => refused(*reason, verdict.retry_after_ms),
                // A store that fails is no answer about the key; it is one about the verification.
                Err(failure) => not_valid(&failure),
            }
        }
    };
    Ok(answer.header(DECISION_ID, verdict.id.to_string()))
}

/// Of the named configuration, or of any when none is named.
fn is_of(key: &CachedKey, config_id: Option<&str>) -> bool {
    let Some(own) = config_of(key.door()) else { return false };
    config_id.is_none_or(|wanted| if wanted.is_empty() { own == DEFAULT } else { own == wanted })
}

/// Whether keys of this one's configuration are limited at all.
fn limited(request: &Request, key: &CachedKey) -> bool {
    let configuration = request.inner.settings.configurations.resolve(config_of(key.door()));
    configuration.is_none_or(|configuration| configuration.rate.enabled)
}

async fn granted(request: &Request, allowed: &Allowed, verdict: &Verdict, key: &CachedKey) -> Answer {
    let mut record = Record::live(key, verdict.remaining);
    if key.refill().is_some() {
        // Only the ledger knows when it was. Who may verify but not see the key is told nothing.
        let stored = request.inner.keys.get(allowed, key.id()).await.ok();
        record.last_refill_at = stored.and_then(|key| key.quota).map(|quota| quota.balance.last_refill_at);
    }
    Answer::new(json!({ "valid": true, "error": null, "key": Value::Object(record.to_json()) }))
}

fn refused(reason: Reason, retry_after_ms: Option<i64>) -> Answer {
    not_valid(&denied::failure(reason, retry_after_ms))
}

fn not_valid(failure: &Failure) -> Answer {
    let error = failure.body().unwrap_or_default();
    Answer::new(json!({ "valid": false, "error": error, "key": null }))
}
