//! The table of contents: every route of `/v1`, with the operation a caller needs for it. Each line leads
//! to the one file of its action.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    NativeState, decisions, keys,
    openapi::{Doc, complete},
    problem::Problem,
    roles, server, sessions, users,
};

fn table() -> OpenApiRouter<NativeState> {
    OpenApiRouter::with_openapi(Doc::openapi())
        // keys: key.manage
        .routes(routes!(keys::list::list, keys::create::create))
        .routes(routes!(keys::get::get, keys::update::update, keys::delete::delete))
        .routes(routes!(keys::rotate::rotate))
        .routes(routes!(keys::switch::enable))
        .routes(routes!(keys::switch::disable))
        .routes(routes!(keys::ledger::ledger))
        // key.reveal
        .routes(routes!(keys::reveal::reveal))
        // key.verify
        .routes(routes!(keys::verify::verify))
        .routes(routes!(decisions::explain::explain))
        // audit.read
        .routes(routes!(decisions::get::get))
        .routes(routes!(server::audit::audit))
        // role.manage
        .routes(routes!(roles::list::list, roles::create::create))
        .routes(routes!(roles::list::get, roles::update::update, roles::delete::delete))
        // user.manage
        .routes(routes!(users::list::list, users::create::create))
        .routes(routes!(users::list::get, users::update::update, users::delete::delete))
        .routes(routes!(users::password_link::create))
        .routes(routes!(users::roles::add))
        .routes(routes!(users::roles::remove))
        .routes(routes!(server::organizations::list, server::organizations::create))
        .routes(routes!(server::organizations::get))
        // key.manage
        .routes(routes!(server::usage::usage))
        // any credential
        .routes(routes!(sessions::me::get))
        .routes(routes!(sessions::password::change))
        .routes(routes!(sessions::list::list, sessions::create::create))
        .routes(routes!(sessions::current::delete))
        .routes(routes!(sessions::list::delete))
        .routes(routes!(server::bases::list))
        // no credential (and POST /v1/sessions above)
        .routes(routes!(sessions::sign_up::create))
        .routes(routes!(server::endpoints::list))
        .routes(routes!(server::health::health))
        .routes(routes!(server::health::ready))
}

fn parts() -> (Router<NativeState>, utoipa::openapi::OpenApi) {
    let (router, mut doc) = table().split_for_parts();
    complete(&mut doc);
    (router, doc)
}

/// All routes of the door, under `/v1` and `/docs`.
pub fn router(state: NativeState) -> Router {
    let (router, doc) = parts();
    let text = Bytes::from(doc.to_json().unwrap_or_default());
    // Nothing of the page comes from, or asks, another server.
    let page = Config::new(["/v1/openapi.json"]).validator_url("none");
    router
        .route("/v1/openapi.json", get(move || std::future::ready(document(text.clone()))))
        .route("/v1", any(unknown))
        .route("/v1/{*rest}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .merge(SwaggerUi::new("/docs").config(page))
        .with_state(state)
}

/// The OpenAPI document as it is checked in.
pub fn openapi_json() -> String {
    let (_, doc) = parts();
    doc.to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}

fn document(text: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}

async fn unknown() -> Problem {
    let detail = "There is no such address under /v1; /docs lists them.";
    Problem::new(StatusCode::NOT_FOUND, "no_such_address", "Not found", detail)
}

async fn wrong_method() -> Problem {
    let detail = "The address exists, but not with this method; the `allow` header names those it has.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
}
