//! Every route of the door, in one table, and the walk that is the same for all of them: path, media type and
//! JSON, origin, key header and session, and then the route itself, which checks its fields first.

use std::pin::Pin;

use axum::{
    Router,
    body::Body,
    extract::{Request as HttpRequest, State},
    http::{Method, request::Parts},
    response::Response,
};
use http_kit::peer;

use crate::{
    BetterAuthState,
    answer::Answer,
    auth, caller,
    failure::{self, Failure},
    keys, organizations, origin,
    request::Request,
    transport,
};

/// Everything below this belongs to the door.
const BASE: &str = "/api/auth";

/// The router of the door, for everything below `/api/auth/`.
pub fn router(state: BetterAuthState) -> Router {
    Router::new().fallback(answer).with_state(state)
}

type Done<'r> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'r>>;

/// One line of the table.
struct Route {
    verb: Verb,
    path: &'static str,
    run: for<'r> fn(&'r Request) -> Done<'r>,
}

impl Route {
    /// One that is only there with them.
    fn is_of_organizations(&self) -> bool {
        self.path.starts_with("/organization/")
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verb {
    Get,
    Post,
    /// A POST that also takes a form.
    Form,
}

macro_rules! routes {
    ($($verb:ident $path:literal => $run:path;)*) => {
        &[$(Route { verb: Verb::$verb, path: $path, run: |request| Box::pin($run(request)) },)*]
    };
}

const ROUTES: &[Route] = routes! {
    Get "/ok" => auth::ok;
    Form "/sign-up/email" => auth::sign_up::sign_up;
    Form "/sign-in/email" => auth::sign_in::sign_in;
    Post "/sign-out" => auth::sign_in::sign_out;
    Get "/get-session" => auth::sessions::get;
    Post "/get-session" => auth::sessions::post;
    Get "/list-sessions" => auth::sessions::list;
    Post "/revoke-session" => auth::sessions::revoke;
    Post "/revoke-sessions" => auth::sessions::revoke_all;
    Post "/revoke-other-sessions" => auth::sessions::revoke_others;
    Post "/update-user" => auth::user::update;
    Post "/change-password" => auth::user::change_password;
    Post "/delete-user" => auth::user::delete;

    Post "/api-key/create" => keys::create::create;
    Get "/api-key/get" => keys::get::get;
    Get "/api-key/list" => keys::list::list;
    Post "/api-key/update" => keys::update::update;
    Post "/api-key/delete" => keys::delete::delete;
    // By root key; the original has these inside its own process only.
    Post "/api-key/verify" => keys::verify::verify;
    Post "/api-key/delete-all-expired-api-keys" => keys::delete::purge;

    Post "/organization/create" => organizations::create;
    Get "/organization/list" => organizations::list;
    Post "/organization/set-active" => organizations::set_active;
    Post "/organization/add-member" => organizations::add_member;
};

fn find(method: &Method, path: &str) -> Option<&'static Route> {
    let is = |verb: Verb| match verb {
        Verb::Get => method == Method::GET,
        Verb::Post | Verb::Form => method == Method::POST,
    };
    ROUTES.iter().find(|route| route.path == path && is(route.verb))
}

async fn answer(State(state): State<BetterAuthState>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    match serve(&state, parts, body).await {
        Ok(answer) => answer.into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn serve(state: &BetterAuthState, parts: Parts, body: Body) -> Result<Answer, Failure> {
    let inner = &state.inner;
    let settings = &inner.settings;
    let path = parts.uri.path().strip_prefix(BASE).unwrap_or_default();
    let ip = peer::client_ip(&parts, &settings.trusted);
    let route =
        find(&parts.method, path).filter(|route| settings.organizations || !route.is_of_organizations());
    // Whatever is not here counts as one path, so that made-up ones cannot fill the table.
    let counted = route.map_or("", |route| route.path);
    // The original verifies inside its own process: a backend's verifications are not a visitor's requests.
    let limited = settings.ip_rate_limit && counted != "/api-key/verify";
    if let Some(ip) = ip.filter(|_| limited)
        && let Some(wait_ms) = inner.slow.wait(ip, counted, inner.clock.now())
    {
        return Err(Failure::slow_down(wait_ms));
    }
    let route = route.ok_or_else(Failure::nothing_here)?;
    let body = match route.verb {
        Verb::Get => None,
        Verb::Post | Verb::Form => {
            transport::read_body(&parts.headers, body, route.verb == Verb::Form).await?
        }
    };
    origin::check_cookie(&parts.method, &parts.headers, settings)?;
    let callback = body.as_ref().and_then(|body| body.get("callbackURL")).and_then(|url| url.as_str());
    if let Some(url) = callback.filter(|url| !url.is_empty()) {
        origin::check_callback(url, &parts.headers, settings)?;
    }
    let caller = caller::read(inner, &parts.headers, ip).await?;
    let query = transport::query(parts.uri.query().unwrap_or_default());
    let request = Request { inner: inner.clone(), caller, headers: parts.headers, query, body, ip };
    (route.run)(&request).await
}

/// For routes that are never open to clients: the proof of the operator, before the body is looked at.
pub async fn only_server(
    request: &Request,
    op: domain::access::Op,
) -> Result<domain::decision::Allowed, Failure> {
    request.server(op).await.ok_or_else(|| failure::UNAUTHORIZED.into())
}
