//! Chooses the door by the path, and nothing else: one look at its beginning, no layer, no rule.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse as _, Redirect, Response},
    routing::future::RouteFuture,
};
use tower::Service;

/// The doors of this server.
#[derive(Clone)]
pub struct Dispatch {
    pub native: Router,
    pub nocobase: Router,
    pub better_auth: Router,
    /// The start page; everything no door claims.
    pub elsewhere: Router,
    /// Where NocoBase is besides `/api/`; begins and ends with a slash.
    pub nocobase_path: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Native,
    Nocobase,
    BetterAuth,
    Elsewhere,
}

/// `/v1…` and `/docs…` are native, `/api/auth/…` is better-auth, the rest of `/api/…` and the page below `/nocobase/` are
/// NocoBase. That dialect has a resource `auth` too; its actions are told by the colon.
fn door(path: &str) -> Door {
    let mut segments = path.get(1..).unwrap_or_default().split('/');
    match (segments.next(), segments.next()) {
        (Some("v1" | "docs"), _) => Door::Native,
        (Some("api"), Some("auth")) if !segments.next_back().unwrap_or_default().contains(':') => {
            Door::BetterAuth
        }
        (Some("api" | "nocobase"), _) => Door::Nocobase,
        _ => Door::Elsewhere,
    }
}

impl Service<Request> for Dispatch {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routers are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let path = request.uri().path();
        let own = self.nocobase_path.as_deref().is_some_and(|own| path.starts_with(own));
        let router = match if own { Door::Nocobase } else { door(path) } {
            Door::Native => &mut self.native,
            Door::Nocobase => &mut self.nocobase,
            Door::BetterAuth => &mut self.better_auth,
            Door::Elsewhere => &mut self.elsewhere,
        };
        router.call(request)
    }
}

/// The address itself leads to the documentation; anything else is not here.
pub fn elsewhere() -> Router {
    Router::new()
        .route("/", axum::routing::get(|| async { Redirect::temporary("/docs") }))
        .fallback(not_found)
}

async fn not_found() -> Response {
    let problem = r#"{"type":"urn:keyward:problem:not_found","title":"Not found","status":404,"code":"not_found","detail":"No door answers at this path. The API is under /v1, its documentation at /docs."}"#;
    let headers = [(axum::http::header::CONTENT_TYPE, "application/problem+json")];
    (axum::http::StatusCode::NOT_FOUND, headers, problem).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_alone_chooses_the_door() {
        for (path, want) in [
            ("/v1", Door::Native),
            ("/v1/keys/verify", Door::Native),
            ("/docs/", Door::Native),
            ("/api/todos:list", Door::Nocobase),
            ("/api/auth:signIn", Door::Nocobase),
            ("/api/authors:list", Door::Nocobase),
            ("/api/auth/1/things:list", Door::Nocobase),
            ("/api/auth/sign-in/email", Door::BetterAuth),
            ("/api/auth/ok", Door::BetterAuth),
            ("/api/auth/", Door::BetterAuth),
            ("/nocobase", Door::Nocobase),
            ("/nocobase/app/main.js", Door::Nocobase),
            ("/nocobase2/", Door::Elsewhere),
            ("/v10/keys", Door::Elsewhere),
            ("/", Door::Elsewhere),
            ("*", Door::Elsewhere),
            ("", Door::Elsewhere),
        ] {
            assert_eq!(door(path), want, "{path}");
        }
    }
}
