//! Sign-in cookies for pages of this server, where the operator wants them: the sign-in token out of reach of
//! scripts, and a proof beside it that a write was meant (`X-CSRF-Token`). The proof is made of the token, so that
//! nobody who can only plant cookies knows a pair that fits. Keys never travel by cookie.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{HOST, ORIGIN, REFERER},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    secret::{Digest, Digester, Secret},
    user::User,
};
use http_kit::{
    cookie::{self, SessionCookie},
    origin,
};

use crate::{failure::Failure, request::Request, state::Inner};

/// The names clients of this dialect know.
const TOKEN: &str = "nb_auth_token_main";
const AUTHENTICATOR: &str = "nb_authenticator_main";
const ROLE: &str = "nb_role_main";
const CSRF: &str = "nb_csrf_token_main";
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// The sign-in token a request brings as a cookie, where cookies are read.
pub fn token<'h>(inner: &Inner, headers: &'h HeaderMap) -> Option<&'h str> {
    if !inner.settings.cookies {
        return None;
    }
    cookie::get(headers, TOKEN).filter(|text| text.starts_with(keys::SESSION_PREFIX))
}

/// The way to sign in that was used, if a cookie says so.
pub fn authenticator<'h>(inner: &Inner, headers: &'h HeaderMap) -> Option<&'h str> {
    cookie::get(headers, AUTHENTICATOR).filter(|text| inner.settings.cookies && !text.is_empty())
}

/// Refuses what a foreign page could have made a browser send: anything but reading, without the proof.
pub fn check_meant(method: &Method, headers: &HeaderMap, token: &Secret) -> Result<(), Failure> {
    if method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    let said = headers.get(CSRF_HEADER).and_then(|value| URL_SAFE_NO_PAD.decode(value.as_bytes()).ok());
    match said.and_then(|bytes| bytes.try_into().ok()) {
        Some(said) if Digest(said).same(&proof(token)) => Ok(()),
        _ => Err(Failure::new(StatusCode::FORBIDDEN, "Invalid CSRF token", None)),
    }
}

fn proof(token: &Secret) -> Digest {
    Digester::default().digest(&format!("nocobase csrf\n{}", token.expose()))
}

/// Cookies for a new sign-in. None for a page of somebody else: it could sign its visitor in as somebody they are not.
pub fn begun(request: &Request, user: &User, token: &Secret, authenticator: &str) -> Vec<HeaderValue> {
    if !request.inner.settings.cookies || !is_own_page(&request.inner, &request.headers) {
        return Vec::new();
    }
    let life_s = request.inner.settings.tokens.session_ms.div_euclid(1_000);
    let mut set = of_token(&request.inner, token);
    set.extend(out_of_reach(&request.inner, AUTHENTICATOR).set(authenticator, life_s));
    let role = role(request, user);
    set.extend(role.and_then(|role| out_of_reach(&request.inner, ROLE).set_for_scripts(&role, life_s)));
    set
}

/// Cookies for a token that took the place of the one that came.
pub fn renewed(inner: &Inner, headers: &HeaderMap, token: &Secret) -> Vec<HeaderValue> {
    match self::token(inner, headers).is_some() && is_own_page(inner, headers) {
        true => of_token(inner, token),
        false => Vec::new(),
    }
}

/// What removes them all, for a request that brought the token.
pub fn ended(inner: &Inner, headers: &HeaderMap) -> Vec<HeaderValue> {
    if token(inner, headers).is_none() {
        return Vec::new();
    }
    let names = [TOKEN, AUTHENTICATOR, ROLE, CSRF];
    names.into_iter().filter_map(|name| out_of_reach(inner, name).clear()).collect()
}

fn of_token(inner: &Inner, token: &Secret) -> Vec<HeaderValue> {
    let life_s = inner.settings.tokens.session_ms.div_euclid(1_000);
    let proof = URL_SAFE_NO_PAD.encode(proof(token).0);
    let pair = [
        out_of_reach(inner, TOKEN).set(token.expose(), life_s),
        out_of_reach(inner, CSRF).set_for_scripts(&proof, life_s),
    ];
    pair.into_iter().flatten().collect()
}

fn out_of_reach<'n>(inner: &Inner, name: &'n str) -> SessionCookie<'n> {
    SessionCookie { name, secure: inner.settings.base_url.starts_with("https://") }
}

/// The role one acts in from the start, as `roles:check` says. Only for pages to read: what counts is `X-Role`.
fn role(request: &Request, user: &User) -> Option<String> {
    // All at once, whatever default was chosen.
    if user.root {
        return Some("root".to_owned());
    }
    let name = |id| request.inner.guard.role_name(id).map(|name| name.to_string());
    user.default_role.and_then(name).or_else(|| user.roles.iter().filter_map(|id| name(*id)).min())
}

/// A program, a page of this server, or one the operator named.
pub fn is_own_page(inner: &Inner, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    let page = match (text(ORIGIN), text(REFERER)) {
        (Some(origin), _) => origin.to_owned(),
        (None, Some(referer)) => origin_of(referer),
        (None, None) => return true,
    };
    let settings = &inner.settings;
    let same_host = || match (page.split_once("://"), text(HOST)) {
        (Some(("http" | "https", host)), Some(own)) => host.eq_ignore_ascii_case(own),
        _ => false,
    };
    page.eq_ignore_ascii_case(&origin_of(&settings.base_url))
        || same_host()
        || settings.trusted_origins.iter().any(|pattern| origin::fits(pattern, &page))
}

fn origin_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "null".to_owned() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // `https://us@evil.example` is evil's.
    format!("{scheme}://{}", host.rsplit('@').next().unwrap_or_default())
}
