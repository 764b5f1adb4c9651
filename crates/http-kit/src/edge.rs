//! The one layer around the whole server: address limits, a deadline, panics turned into answers, a
//! decision id on every response, the headers browsers need, the access log. One hand-written future,
//! because a stack of boxed layers would cost more than a verification.
//!
//! It never reads a body and never logs a query string, a header or a body.

use std::{
    convert::Infallible,
    future::Future,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{
            CACHE_CONTROL, CONTENT_TYPE, ORIGIN, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    response::Response,
};
use domain::{
    DecisionId, limits,
    time::{SharedClock, SharedEntropy},
};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{Layer, Service};

use crate::{Cors, IpRate, TrustedProxies, peer};

/// Sent with every response; refusals can be looked up by it.
pub const DECISION_ID: &str = "x-decision-id";
const DECISION_ID_NAME: HeaderName = HeaderName::from_static(DECISION_ID);

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

/// A tower layer. Wrap the finished router with it ([`Edge::wrap`]), not each route.
#[derive(Clone)]
pub struct Edge(Arc<EdgeOptions>);

/// Puts the decision's id on a response. The edge adds one wherever a door did not.
pub fn set_decision_id(headers: &mut HeaderMap, id: DecisionId) {
    let mut buffer = [0u8; uuid::fmt::Hyphenated::LENGTH];
    let text = id.0.as_hyphenated().encode_lower(&mut buffer);
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(text.as_bytes())) {
        headers.insert(DECISION_ID_NAME, value);
    }
}

impl Edge {
    pub fn new(options: EdgeOptions) -> Self {
        Self(Arc::new(options))
    }

    /// The service to serve, as `edge.wrap(router).into_make_service_with_connect_info::<SocketAddr>()`
    /// with `axum::ServiceExt` in scope.
    pub fn wrap<S>(&self, inner: S) -> Edged<S> {
        Edged { inner, edge: self.clone() }
    }

    /// An answer given before any door is asked.
    fn early(&self, request: &Request, client: Option<IpAddr>) -> Option<Response> {
        if let Some(response) =
            self.0.cors.as_ref().and_then(|c| c.preflight(request.method(), request.headers()))
        {
            return Some(response);
        }
        let target = request.uri().path_and_query().map_or(0, |p| p.as_str().len());
        if target > limits::URI_CHARS_MAX {
            return Some(plain(StatusCode::URI_TOO_LONG, "uri_too_long", "The address is too long"));
        }
        if request.headers().len() > limits::HEADERS_MAX {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Some(plain(status, "headers_too_large", "The request has too many headers"));
        }
        let rate = self.0.ip_rate.as_ref().filter(|rate| !rate.quiet())?;
        let wait_ms = rate.blocked(client?, self.0.clock.now())?;
        let mut response = plain(
            StatusCode::TOO_MANY_REQUESTS,
            "address_slowed",
            "Too many failed requests from this address",
        );
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from((wait_ms + 999) / 1_000));
        Some(response)
    }

    fn finish(&self, mut response: Response, seen: &Seen) -> Response {
        let status = response.status();
        if let (Some(rate), Some(ip), StatusCode::UNAUTHORIZED) = (&self.0.ip_rate, seen.client, status) {
            rate.failed(ip, self.0.clock.now());
        }
        let headers = response.headers_mut();
        if !headers.contains_key(&DECISION_ID_NAME) {
            set_decision_id(headers, DecisionId::new(self.0.clock.now(), &*self.0.entropy));
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(CACHE_CONTROL).or_insert_with(|| HeaderValue::from_static("no-store"));
        if headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html")) {
            // A door may let its own pages frame a document of its.
            headers.entry(X_FRAME_OPTIONS).or_insert_with(|| HeaderValue::from_static("DENY"));
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        }
        if let (Some(cors), Some(origin)) = (&self.0.cors, &seen.origin) {
            cors.decorate(origin, headers);
        }
        tracing::debug!(target: "access", method = %seen.method, path = seen.uri.path(), status = status.as_u16());
        response
    }
}

impl<S> Layer<S> for Edge {
    type Service = Edged<S>;

    fn layer(&self, inner: S) -> Edged<S> {
        self.wrap(inner)
    }
}

/// A service with the edge around it.
#[derive(Clone)]
pub struct Edged<S> {
    inner: S,
    edge: Edge,
}

impl<S> Service<Request> for Edged<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let options = &self.edge.0;
        let counted = options.ip_rate.is_some();
        let client = counted
            .then(|| peer::socket(request.extensions()))
            .flatten()
            .and_then(|socket| options.trusted.client(socket, request.headers()));
        let origin = options.cors.as_ref().and_then(|_| request.headers().get(ORIGIN).cloned());
        let seen = Seen { method: request.method().clone(), uri: request.uri().clone(), client, origin };
        match self.edge.early(&request, client) {
            Some(response) => Answer::new(self.edge.clone(), seen, Step::Early { response: Some(response) }),
            None => Answer::new(self.edge.clone(), seen, Step::Inner { future: self.inner.call(request) }),
        }
    }
}

/// What is remembered of a request until its answer is there.
struct Seen {
    method: Method,
    uri: Uri,
    client: Option<IpAddr>,
    origin: Option<HeaderValue>,
}

pin_project! {
    /// The future of [`Edged`].
    pub struct Answer<F> {
        edge: Edge,
        seen: Seen,
        // Made at the first wait: an answer that is ready at once needs no timer.
        timer: Option<Pin<Box<Sleep>>>,
        #[pin]
        step: Step<F>,
    }
}

pin_project! {
    #[project = StepPin]
    enum Step<F> {
        Early { response: Option<Response> },
        Inner { #[pin] future: F },
    }
}

impl<F> Answer<F> {
    fn new(edge: Edge, seen: Seen, step: Step<F>) -> Self {
        Self { edge, seen, timer: None, step }
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Answer<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.step.project() {
            StepPin::Early { response } => response.take().unwrap_or_default(),
            // After a panic the future is not polled again: this one is ready.
            StepPin::Inner { future } => match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
                Ok(Poll::Ready(Ok(response))) => response,
                Ok(Poll::Pending) => {
                    let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(this.edge.0.deadline)));
                    ready!(timer.as_mut().poll(cx));
                    tracing::warn!(path = this.seen.uri.path(), "gave up: no answer within the deadline");
                    plain(StatusCode::SERVICE_UNAVAILABLE, "deadline", "No answer within the deadline")
                }
                Err(_) => {
                    tracing::error!(path = this.seen.uri.path(), "a handler panicked");
                    plain(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error")
                }
            },
        };
        Poll::Ready(Ok(this.edge.finish(response, this.seen)))
    }
}

/// A problem document in nobody's dialect.
fn plain(status: StatusCode, code: &str, title: &str) -> Response {
    let number = status.as_u16();
    let text = format!(r#"{{"type":"about:blank","title":"{title}","status":{number},"code":"{code}"}}"#);
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use domain::{Clock, Entropy, Millis};
    use tower::service_fn;

    use super::*;

    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> Millis {
            Millis(1_800_000_000_000)
        }
    }
    impl Entropy for Fixed {
        fn fill(&self, into: &mut [u8]) {
            into.fill(7);
        }
    }

    fn edge(ip_rate: Option<IpRate>, cors: Option<Cors>) -> Edge {
        Edge::new(EdgeOptions {
            clock: Arc::new(Fixed),
            entropy: Arc::new(Fixed),
            trusted: Arc::default(),
            ip_rate: ip_rate.map(Arc::new),
            cors,
            deadline: Duration::from_millis(20),
        })
    }

    fn get(path: &str) -> Request {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 1))));
        request
    }

    async fn call<F, Fut>(edge: &Edge, request: Request, handler: F) -> Response
    where
        F: FnMut(Request) -> Fut,
        Fut: Future<Output = Result<Response, Infallible>>,
    {
        let Ok(response) = edge.wrap(service_fn(handler)).call(request).await;
        response
    }

    #[tokio::test]
    async fn every_response_has_a_decision_id_and_the_headers_browsers_need() {
        let response = call(&edge(None, None), get("/"), async |_| Ok(Response::default())).await;
        assert_eq!(response.headers()[DECISION_ID].len(), 36);
        assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }

    #[tokio::test]
    async fn a_panic_becomes_an_answer_without_its_text() {
        let response = call(&edge(None, None), get("/"), async |_| panic!("secret detail")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key(DECISION_ID));
        let body = crate::body::read(response.into_body(), 1_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }

    #[tokio::test]
    async fn a_request_without_an_answer_is_given_up() {
        let response = call(&edge(None, None), get("/"), |_| std::future::pending()).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn an_address_is_slowed_by_its_failures_and_never_by_its_successes() {
        let edge = edge(Some(IpRate::new(2, 10_000)), None);
        let answer = async |status: StatusCode| {
            let response = call(&edge, get("/"), async |_| {
                let mut response = Response::default();
                *response.status_mut() = status;
                Ok(response)
            });
            response.await
        };
        for _ in 0..10 {
            assert_eq!(answer(StatusCode::OK).await.status(), StatusCode::OK);
        }
        for _ in 0..2 {
            assert_eq!(answer(StatusCode::UNAUTHORIZED).await.status(), StatusCode::UNAUTHORIZED);
        }
        let slowed = answer(StatusCode::OK).await;
        assert_eq!(
            (slowed.status(), &slowed.headers()[RETRY_AFTER]),
            (StatusCode::TOO_MANY_REQUESTS, &"10".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn an_address_line_without_end_is_refused_before_any_door() {
        let long = format!("/{}", "a".repeat(limits::URI_CHARS_MAX));
        let response = call(&edge(None, None), get(&long), async |_| panic!("asked")).await;
        assert_eq!(response.status(), StatusCode::URI_TOO_LONG);
    }
}
