//! `POST /api-key/update`: only what is named changes.

use domain::access::Op;
use keys::{Expires, KeyChange, Remaining};
use serde_json::Value;

use super::{Acting, Found, clear, find, limits, scopes_of};
use crate::{
    answer::Answer,
    check::{Fields, Number},
    failure::{self, Failure},
    kept::Kept,
    record::Record,
    request::Request,
    roles::Action,
};

struct Wanted<'v> {
    config_id: Option<&'v str>,
    key_id: &'v str,
    user_id: Option<String>,
    name: Option<&'v str>,
    enabled: Option<bool>,
    remaining: Option<i64>,
    refill: (Option<i64>, Option<i64>),
    metadata: Option<&'v Value>,
    /// `Some(None)`: no end any more.
    expires_in_s: Option<Option<f64>>,
    rate_enabled: Option<bool>,
    window_ms: Option<i64>,
    max: Option<i64>,
    permissions: Option<Option<&'v Value>>,
    server_only: bool,
}

fn read<'v>(mut fields: Fields<'v>) -> Result<Wanted<'v>, Failure> {
    let wanted = Wanted {
        config_id: fields.maybe_text("configId"),
        key_id: fields.text("keyId"),
        user_id: fields.coerced("userId").filter(|id| !id.is_empty()),
        name: fields.maybe_text("name"),
        enabled: fields.flag("enabled"),
        remaining: fields.whole("remaining", 1),
        refill: (fields.whole("refillAmount", 0), fields.whole("refillInterval", 0)),
        metadata: fields.any("metadata"),
        expires_in_s: fields.number("expiresIn", Number { min: Some(1), whole: false, nullable: true }),
        rate_enabled: fields.flag("rateLimitEnabled"),
        window_ms: fields.whole("rateLimitTimeWindow", 0),
        max: fields.whole("rateLimitMax", 0),
        permissions: fields.permissions("permissions", true),
        server_only: limits::SERVER_ONLY.iter().chain(&["remaining"]).any(|name| fields.any(name).is_some()),
    };
    fields.finish()?;
    Ok(wanted)
}

pub async fn update(request: &Request) -> Result<Answer, Failure> {
    let wanted = read(request.body())?;
    let inner = &request.inner;
    let operator = request.operator(Op::KeyManage).await;
    let nobody = || Failure::from(failure::UNAUTHORIZED_SESSION);
    let acting = match &operator {
        Some(allowed) => {
            Acting::server(inner, allowed, wanted.user_id.as_deref().ok_or_else(nobody)?).await?
        }
        None => Acting::client(request.anybody().ok_or_else(nobody)?)?,
    };
    if !acting.server {
        if let Some(user) = &wanted.user_id
            && !acting.is(inner, user).await?
        {
            return Err(nobody());
        }
        if wanted.server_only {
            return Err(failure::SERVER_ONLY_PROPERTY.into());
        }
    }
    let found = find(request, &acting, wanted.key_id, wanted.config_id, Action::Update).await?;
    let change = change(&found, &wanted)?;
    let had_quota = found.key.quota.is_some();
    let changed = inner.keys.update(&found.allowed, found.key.id, change).await;
    let mut key = changed.map_err(failure::not_changed)?;
    let began = key.quota.map(|quota| quota.balance.last_refill_at);
    if let Some(at) = began.filter(|at| !had_quota && *at > key.created_at) {
        // The beginning of a quota is no refill: remember when it was.
        let kept = Kept { quota_from: Some(at.0), ..Kept::read(key.extra.as_deref()) };
        let extra = Some(kept.write(key.extra.as_deref()));
        let change = KeyChange { extra, ..KeyChange::default() };
        match inner.keys.update(&found.allowed, key.id, change).await {
            Ok(noted) => key = noted,
            // The change itself stands; without the note, the beginning is shown as a refill.
            Err(error) => tracing::warn!(%error, "when a quota began could not be noted"),
        }
    }
    clear(inner).await;
    Ok(Answer::new(Value::Object(Record::stored(&key, &inner.guard).to_json())))
}

/// The named fields in the core's words, after the rules of the configuration, in their order.
fn change(found: &Found<'_>, wanted: &Wanted<'_>) -> Result<KeyChange, Failure> {
    let Found { allowed, key, configuration } = found;
    let mut kept = Kept::read(key.extra.as_deref());
    let mut change = KeyChange { enabled: wanted.enabled, ..KeyChange::default() };
    let mut named = wanted.enabled.is_some();
    if let Some(name) = wanted.name {
        limits::check_name(configuration, name)?;
        change.name = Some(kept.keep_name(Some(name)));
        named = true;
    }
    if let Some(seconds) = wanted.expires_in_s {
        limits::check_expiry(configuration, seconds)?;
        change.expires = Some(seconds.map_or(Expires::Never, |s| Expires::At(limits::end(allowed.at(), s))));
        named = true;
    }
    if let Some(metadata) = wanted.metadata.filter(|_| configuration.metadata) {
        if !limits::is_object(metadata) {
            return Err(failure::INVALID_METADATA_TYPE.into());
        }
        change.metadata = Some(Some(metadata.to_string()).filter(|_| !metadata.is_null()));
        named = true;
    }
    let (amount, interval) = wanted.refill;
    limits::check_refill(amount.is_some(), interval.is_some())?;
    if amount.is_some() {
        (kept.refill_amount, kept.refill_interval) = (amount, interval);
    }
    change_quota(found, wanted, &kept, &mut change);
    named |= amount.is_some() || wanted.remaining.is_some();
    named |= change_rate(found, wanted, &mut kept, &mut change);
    if let Some(permissions) = wanted.permissions {
        let permissions = kept.keep_permissions(permissions);
        change.scopes = Some(Some(scopes_of(permissions.as_ref())));
        change.permissions = Some(permissions);
        named = true;
    }
    if !named {
        return Err(failure::NO_VALUES_TO_UPDATE.into());
    }
    let extra = kept.write(key.extra.as_deref());
    change.extra = (extra != key.extra).then_some(extra);
    Ok(change)
}

/// A refill has no effect without a quota, and begins to have one with it.
fn change_quota(found: &Found<'_>, wanted: &Wanted<'_>, kept: &Kept, change: &mut KeyChange) {
    change.remaining = wanted.remaining.map(Remaining::Set);
    let has_quota = found.key.quota.is_some();
    let begins = wanted.remaining.is_some() && !has_quota;
    if begins || (has_quota && wanted.refill.0.is_some()) {
        change.refill = Some(kept.core_refill());
    }
}

fn change_rate(found: &Found<'_>, wanted: &Wanted<'_>, kept: &mut Kept, change: &mut KeyChange) -> bool {
    if wanted.rate_enabled.is_none() && wanted.window_ms.is_none() && wanted.max.is_none() {
        return false;
    }
    let usual = &found.configuration.rate;
    let now = found.key.rate_limit;
    let (window_ms, max) = now.map_or((usual.window_ms, usual.max), |rate| kept.shown_rate(&rate));
    let enabled = wanted.rate_enabled.or(now.map(|rate| rate.enabled)).unwrap_or(usual.enabled);
    let rule = now.map_or(usual.rule, |rate| rate.rule);
    let (window_ms, max) = (wanted.window_ms.unwrap_or(window_ms), wanted.max.unwrap_or(max));
    change.rate_limit = Some(Some(kept.keep_rate(enabled, window_ms, max, rule)));
    true
}
