//! `POST /v1/sessions`: sign in with a password.

use ::keys::{SignIn, SignedIn};
use axum::{
    extract::{FromRequest, Request, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE, header::USER_AGENT},
    response::Response,
};
use domain::{SessionId, UserId, secret::Secret};
use http_kit::{cookie::SessionCookie, peer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    NativeState, answer,
    caller::{SESSION_COOKIE, require_our_page},
    input::Body,
    openapi::Problems,
    problem::Problem,
};

const USER_AGENT_CHARS_MAX: usize = 256;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub struct SignInBody {
    /// Email or username.
    #[schema(example = "ada@example.com")]
    account: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub struct SignedInView {
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    /// For programs: `Authorization: Bearer <token>`. Browsers get it as a cookie as well.
    token: String,
    #[schema(format = DateTime)]
    expires_at: String,
    user: SignedInUser,
}

#[derive(Serialize, ToSchema)]
pub struct SignedInUser {
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    email: Option<String>,
    username: Option<String>,
    name: Option<String>,
    root: bool,
}

/// Sign in
///
/// Needs no credential. Failures are slowed per account and per address. The cookie is out of reach of
/// scripts; with it alone, changes are accepted only from pages of this origin.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", operation_id = "signIn", request_body = SignInBody, security(()),
    responses((status = 201, description = "The session and, once, its token", body = SignedInView), Problems))]
pub async fn create(State(state): State<NativeState>, request: Request) -> Result<Response, Problem> {
    let (parts, stream) = request.into_parts();
    require_no_foreign_page(&parts.headers, &state.base_url)?;
    let ip = peer::client_ip(&parts, &state.trusted);
    let secure = state.base_url.starts_with("https://") || peer::forwarded_https(&parts, &state.trusted);
    let user_agent = parts.headers.get(USER_AGENT).and_then(|v| v.to_str().ok());
    let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect());
    let body = Body::<SignInBody>::from_request(Request::from_parts(parts, stream), &state).await?.value;
    let sign_in = SignIn { account: body.account, password: Secret::new(body.password), ip, user_agent };
    let signed_in = state.keys.sign_in(sign_in).await?;
    Ok(shown(&signed_in, secure))
}

/// A page of another origin must not sign a visitor in as somebody else.
fn require_no_foreign_page(headers: &HeaderMap, base_url: &str) -> Result<(), Problem> {
    let from_page = headers.contains_key("origin") || headers.contains_key("sec-fetch-site");
    if from_page { require_our_page(&axum::http::Method::POST, headers, base_url) } else { Ok(()) }
}

fn shown(signed_in: &SignedIn, secure: bool) -> Response {
    let SignedIn { session, user, token } = signed_in;
    let view = SignedInView {
        id: session.id,
        token: token.expose().to_owned(),
        expires_at: session.expires_at.rfc3339(),
        user: SignedInUser {
            id: user.id,
            email: user.email.clone(),
            username: user.username.clone(),
            name: user.name.clone(),
            root: user.root,
        },
    };
    let mut response = answer::open(StatusCode::CREATED, &view);
    let max_age_s = session.expires_at.since(session.created_at) / 1_000;
    let cookie = SessionCookie { name: SESSION_COOKIE, secure }.set(token.expose(), max_age_s);
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
