//! The one layer around the whole server: address limits, a deadline, panics turned into answers, a
//! decision id on every response, the headers browsers need, the access log. One hand-written future,
//! because a stack of boxed layers would cost more than a verification.
//!
//! It never reads a body and never logs a query string, a header or a body.

use std::{sync::Arc, time::Duration};

use axum::{http::HeaderMap, response::Response};
use domain::{DecisionId, time::{SharedClock, SharedEntropy}};

use crate::{Cors, IpRate, TrustedProxies};

/// Sent with every response; refusals can be looked up by it.
pub const DECISION_ID: &str = "x-decision-id";

#[derive(Clone)]
pub struct EdgeOptions {
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
    pub trusted: Arc<TrustedProxies>,
    /// `None`: addresses are not slowed.
    pub ip_rate: Option<Arc<IpRate>>,
    /// `None`: no page of another origin may read an answer.
    pub cors: Option<Cors>,
    /// After this long without an answer the request is given up with 503.
    pub deadline: Duration,
}

/// A tower layer. Wrap the finished router with it (`edge.wrap(router)`), not each route.
#[derive(Clone)]
pub struct Edge(Arc<EdgeOptions>);

/// Puts the decision's id on a response. The edge adds one wherever a door did not.
pub fn set_decision_id(_headers: &mut HeaderMap, _id: DecisionId) {
    todo!()
}

impl Edge {
    pub fn new(options: EdgeOptions) -> Self {
        Self(Arc::new(options))
    }

    /// The service to serve: `axum::serve(listener, edge.wrap(router).into_make_service_with_connect_info::<SocketAddr>())`
    /// with `axum::ServiceExt` in scope.
    pub fn wrap<S>(&self, inner: S) -> Edged<S> {
        Edged { inner, edge: self.clone() }
    }
}

#[derive(Clone)]
pub struct Edged<S> {
    inner: S,
    #[expect(dead_code, reason = "used as soon as the service is")]
    edge: Edge,
}

impl<S> tower::Service<axum::extract::Request> for Edged<S>
where
    S: tower::Service<axum::extract::Request, Response = Response, Error = std::convert::Infallible>,
{
    type Response = Response;
    type Error = std::convert::Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: axum::extract::Request) -> Self::Future {
        self.inner.call(request)
    }
}
