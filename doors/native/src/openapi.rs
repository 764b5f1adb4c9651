//! The OpenAPI document: collected from the handlers by the router; here is what belongs to none of them.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        Content, Ref, RefOr, ResponseBuilder, Schema,
        response::Response,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    caller::SESSION_COOKIE,
    problem::{FieldError, Problem},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keyward",
        description = "Issue, scope, verify, meter, audit and revoke API keys.\n\nTimes are RFC 3339 in UTC; names \
            ending in `_ms` are milliseconds, `expires_in` is seconds. Every response carries `x-decision-id`. \
            Errors are problem details (RFC 9457): compare `code`, show `detail`. Unknown fields and parameters \
            are refused by name. Lists have `limit` and `cursor`.",
        license(name = "MIT OR Apache-2.0"),
    ),
    components(schemas(Problem, FieldError)),
    modifiers(&Credentials),
    security(("key" = []), ("session" = [])),
    tags(
        (name = "keys", description = "Issue, change, rotate and revoke keys"),
        (name = "verify", description = "Ask what a secret opens"),
        (name = "decisions", description = "Why something was, or would be, refused"),
        (name = "roles", description = "Named sets of grants"),
        (name = "users", description = "People and service accounts"),
        (name = "organizations", description = "Owners of keys that are not people"),
        (name = "sessions", description = "Signing in, and one's own account"),
        (name = "usage", description = "How often keys did what"),
        (name = "audit", description = "Who changed what, and what was refused"),
        (name = "bases", description = "What scopes and grants can name"),
        (name = "server", description = "Addresses and health"),
    )
)]
pub struct Doc;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, doc: &mut utoipa::openapi::OpenApi) {
        let components = doc.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key, or the token of a session. `x-api-key: <key>` is understood as well."));
        components.add_security_scheme("key", SecurityScheme::Http(bearer.build()));
        let text = "Set by POST /v1/sessions. Changes only from pages of this origin.";
        let cookie = ApiKeyValue::with_description(SESSION_COOKIE, text);
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// Answers in which every field is always there, though it may be `null`.
const WHOLE: &[&str] = &[
    "AuditActor",
    "AuditEvent",
    "BaseView",
    "GateAnswer",
    "Key",
    "KeyWithSecret",
    "LedgerEntry",
    "LedgerPage",
    "Listed_",
    "Me",
    "MyKey",
    "NewAccount",
    "Organization",
    "Refusal",
    "Role",
    "Session",
    "SignedInUser",
    "TableView",
    "User",
];

/// What the derived schemas cannot say: an `Option` that is always sent is required and nullable.
pub fn complete(doc: &mut utoipa::openapi::OpenApi) {
    let Some(components) = &mut doc.components else { return };
    for (name, schema) in &mut components.schemas {
        if WHOLE.iter().any(|whole| name == whole || (whole.ends_with('_') && name.starts_with(whole))) {
            require_all(schema);
        }
    }
}

fn require_all(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => object.required = object.properties.keys().cloned().collect(),
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(require_all),
        _ => {}
    }
}

/// The answers that every operation with a credential can give.
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = |text: &str| {
            let content = Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name("Problem"))));
            ResponseBuilder::new().description(text).content("application/problem+json", content).build()
        };
        let texts = [
            (
                "400",
                "A field or parameter is wrong (`invalid`, with `errors`), or the body is no JSON (`invalid_json`)",
            ),
            (
                "401",
                "`missing`, `malformed`, `unknown`, `disabled`, `expired`, `owner_inactive`, `role_not_held`, \
                     `wrong_credentials`",
            ),
            ("403", "`host`, `scope`, `role`, `level`, `rule`, `permissions`, `not_allowed`, `cross_origin`"),
            ("404", "`not_found`: it does not exist or is somebody else's"),
            ("409", "`conflict`, `too_many`, `idempotency_key_reused`, `idempotency_key_busy`"),
            ("413", "`body_too_large`: more than 512 KiB"),
            ("415", "`unsupported_media_type`: not JSON"),
            ("429", "`rate`, `quota`, `too_many_attempts`; with `Retry-After`"),
            ("503", "`busy`; with `Retry-After`"),
        ];
        texts.into_iter().map(|(status, text)| (status.to_owned(), RefOr::T(problem(text)))).collect()
    }
}
