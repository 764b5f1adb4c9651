//! Chooses the door by the path, and nothing else: one look at the first segment, no layer, no rule.

use std::{
    convert::Infallible,
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
    /// The start page; everything no door claims.
    pub elsewhere: Router,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Native,
    Nocobase,
    Elsewhere,
}

/// `/v1…` and `/docs…` are native, `/api/…` is NocoBase.
fn door(path: &str) -> Door {
    match path.get(1..).unwrap_or_default().split('/').next() {
        Some("v1" | "docs") => Door::Native,
        Some("api") => Door::Nocobase,
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
        let router = match door(request.uri().path()) {
            Door::Native => &mut self.native,
            Door::Nocobase => &mut self.nocobase,
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
            ("/v10/keys", Door::Elsewhere),
            ("/", Door::Elsewhere),
            ("*", Door::Elsewhere),
            ("", Door::Elsewhere),
        ] {
            assert_eq!(door(path), want, "{path}");
        }
    }
}
