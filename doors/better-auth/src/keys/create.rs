//! `POST /api-key/create`: a client makes a key for itself, the server for anybody.

use domain::{
    access::Op,
    decision::Allowed,
    key::Owner,
    secret::{Secret, random_text},
};
use keys::{Expires, NewKey};
use serde_json::Value;

use super::{Acting, Subject, act_for_named, clear, door_of, limits, resolve, scopes_of};
use crate::{
    Configuration,
    answer::Answer,
    check::{Fields, Number, truthy},
    config::References,
    failure::{self, Failure},
    kept::Kept,
    record::Record,
    request::Request,
    roles::Action,
};

const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The body, its types checked.
struct Wanted<'v> {
    config_id: Option<&'v str>,
    name: Option<&'v str>,
    expires_in_s: Option<f64>,
    prefix: Option<&'v str>,
    remaining: Option<i64>,
    metadata: Option<&'v Value>,
    refill: (Option<i64>, Option<i64>),
    window_ms: Option<i64>,
    max: Option<i64>,
    enabled: Option<bool>,
    permissions: Option<&'v Value>,
    user_id: Option<String>,
    organization_id: Option<String>,
    /// A field was sent that only the server may set.
    server_only: bool,
}

fn read<'v>(mut fields: Fields<'v>) -> Result<Wanted<'v>, Failure> {
    let config_id = fields.maybe_text("configId");
    let name = fields.maybe_text("name");
    let fraction = Number { min: Some(1), whole: false, nullable: true };
    let expires_in_s = fields.number("expiresIn", fraction).flatten();
    let prefix = fields.maybe_text("prefix");
    let legal = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    if prefix.is_some_and(|text| !legal(text)) && fields.any("prefix").is_some_and(Value::is_string) {
        let text = "Invalid prefix format, must be alphanumeric and contain only underscores and hyphens.";
        fields.refuse("prefix", text);
    }
    let remaining = fields.number("remaining", Number::from(0).or_null()).flatten();
    let refill_amount = fields.whole("refillAmount", 1);
    let refill_interval = fields.whole("refillInterval", 0);
    let window_ms = fields.whole("rateLimitTimeWindow", 0);
    let max = fields.whole("rateLimitMax", 0);
    let enabled = fields.flag("rateLimitEnabled");
    let permissions = fields.permissions("permissions", false).flatten();
    let server_only =
        limits::SERVER_ONLY.iter().any(|name| fields.any(name).is_some()) || remaining.is_some();
    let wanted = Wanted {
        config_id,
        name,
        expires_in_s,
        prefix,
        remaining: remaining.and_then(crate::number::whole),
        metadata: fields.any("metadata"),
        refill: (refill_amount, refill_interval),
        window_ms,
        max,
        enabled,
        permissions,
        user_id: fields.coerced("userId"),
        organization_id: fields.coerced("organizationId"),
        server_only,
    };
    fields.finish()?;
    Ok(wanted)
}

pub async fn create(request: &Request) -> Result<Answer, Failure> {
    let wanted = read(request.body())?;
    let inner = &request.inner;
    let operator = request.operator(Op::KeyManage).await;
    let configuration = resolve(request, wanted.config_id)?;
    if operator.is_none() {
        if wanted.server_only {
            return Err(failure::SERVER_ONLY_PROPERTY.into());
        }
        if wanted.user_id.is_some() {
            return Err(failure::UNAUTHORIZED_SESSION.into());
        }
    }
    let organization = wanted.organization_id.as_deref().filter(|id| !id.is_empty());
    let needs_organization = configuration.references == References::Organization;
    if needs_organization && organization.is_none() {
        return Err(failure::ORGANIZATION_ID_REQUIRED.into());
    }
    let acting = acting(request, operator.as_ref(), wanted.user_id.as_deref()).await?;
    let allowed = match organization.filter(|_| needs_organization) {
        Some(organization) => act_for_named(inner, &acting, organization, Action::Create).await?,
        None => acting.allowed.clone(),
    };
    check(configuration, &wanted)?;
    let owner = owner(configuration, &acting, &allowed);
    let reference = acting.reference(inner, owner).await?;
    let (new, secret) = new_key(request, configuration, &wanted, (owner, reference), &allowed);
    let (key, secret) = inner.keys.create_with(&allowed, new, move |_| secret).await?;
    clear(inner).await;
    let mut shown = Record::stored(&key, &inner.guard).to_json();
    shown.insert("metadata".to_owned(), wanted.metadata.cloned().unwrap_or_default());
    shown.insert("key".to_owned(), Value::from(secret.expose()));
    Ok(Answer::new(Value::Object(shown)))
}

/// The caller; for the operator, whom they name.
async fn acting<'r>(
    request: &'r Request,
    operator: Option<&'r Allowed>,
    user: Option<&str>,
) -> Result<Acting<'r>, Failure> {
    let nobody = || Failure::from(failure::UNAUTHORIZED_SESSION);
    match operator {
        Some(allowed) => {
            let user = user.filter(|id| !id.is_empty()).ok_or_else(nobody)?;
            Acting::server(&request.inner, allowed, user).await
        }
        None => Acting::client(request.anybody().ok_or_else(nobody)?),
    }
}

/// The rules of the configuration, in their order.
fn check(configuration: &Configuration, wanted: &Wanted<'_>) -> Result<(), Failure> {
    if let Some(metadata) = wanted.metadata.filter(|value| truthy(value)) {
        if !configuration.metadata {
            return Err(failure::METADATA_DISABLED.into());
        }
        if !limits::is_object(metadata) {
            return Err(failure::INVALID_METADATA_TYPE.into());
        }
    }
    let (amount, interval) = wanted.refill;
    limits::check_refill(amount.is_some(), interval.is_some_and(|ms| ms != 0))?;
    if wanted.expires_in_s.is_some() {
        limits::check_expiry(configuration, wanted.expires_in_s)?;
    }
    if let Some(prefix) = wanted.prefix {
        let (min, max) = configuration.prefix_length;
        if !(min..=max).contains(&prefix.len()) {
            return Err(failure::INVALID_PREFIX_LENGTH.into());
        }
        if prefix.starts_with(domain::secret::NATIVE_PREFIX) {
            return Err(Failure::field("prefix", "Invalid prefix: kw_ begins the keys of the server itself"));
        }
    }
    match wanted.name.filter(|name| !name.is_empty()) {
        Some(name) => limits::check_name(configuration, name),
        None if configuration.require_name => Err(failure::NAME_REQUIRED.into()),
        None => Ok(()),
    }
}

/// The request in the core's words, and the key's text.
fn new_key(
    request: &Request,
    configuration: &Configuration,
    wanted: &Wanted<'_>,
    (owner, reference_id): (Owner, Option<String>),
    allowed: &Allowed,
) -> (NewKey, Secret) {
    let (refill_amount, refill_interval) = wanted.refill;
    let mut kept = Kept { refill_amount, refill_interval, reference_id, ..Kept::default() };
    let rate = &configuration.rate;
    let (window_ms, max) = (wanted.window_ms.unwrap_or(rate.window_ms), wanted.max.unwrap_or(rate.max));
    let rate_limit = kept.keep_rate(wanted.enabled.unwrap_or(rate.enabled), window_ms, max, rate.rule);
    let defaults = configuration.default_permissions.as_ref().map(|(written, _)| written);
    let permissions = kept.keep_permissions(wanted.permissions.or(defaults));
    let ends_in_s = wanted.expires_in_s.or(configuration.default_expires_in_s);
    let prefix = wanted.prefix.or(configuration.default_prefix.as_deref());
    let letters = random_text(configuration.key_length, LETTERS, &*request.inner.entropy);
    let secret = Secret::new(format!("{}{letters}", prefix.unwrap_or_default()));
    let new = NewKey {
        name: kept.keep_name(wanted.name),
        owner: Some(owner),
        scopes: Some(scopes_of(permissions.as_ref())),
        permissions,
        expires: ends_in_s.map_or(Expires::Never, |seconds| Expires::At(limits::end(allowed.at(), seconds))),
        rate_limit: Some(rate_limit),
        remaining: wanted.remaining,
        refill: wanted.remaining.and_then(|_| kept.core_refill()),
        metadata: wanted.metadata.filter(|value| truthy(value)).map(Value::to_string),
        prefix: prefix.map(str::to_owned),
        door: Some(door_of(configuration)),
        extra: kept.write(None),
        start_chars: Some(configuration.start_chars),
        ..NewKey::default()
    };
    (new, secret)
}

/// Whose the key will be. Of users this server does not know, only the name is kept.
fn owner(configuration: &Configuration, acting: &Acting<'_>, allowed: &Allowed) -> Owner {
    match (configuration.references, &acting.user) {
        (References::Organization, _) => allowed.principal().owner,
        (References::User, Subject::User(id)) => Owner::User(*id),
        (References::User, Subject::Foreign(_)) => Owner::Server,
    }
}
