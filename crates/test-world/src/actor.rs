//! Somebody in front of a router: the same verbs for everybody, whatever they present. Requests go through the
//! router in process, with a socket address, as if they had come over the wire.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// Cheap to clone; every method that presents something answers a changed copy.
#[derive(Clone)]
pub struct Actor {
    router: Router,
    headers: HeaderMap,
    peer: IpAddr,
}

impl Actor {
    pub fn new(router: Router) -> Self {
        Self { router, headers: HeaderMap::new(), peer: IpAddr::from([127, 0, 0, 1]) }
    }

    /// Presents `Authorization: Bearer …`.
    pub fn bearer(&self, secret: &str) -> Self {
        self.header("authorization", &format!("Bearer {secret}"))
    }

    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut actor = self.clone();
        actor.headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
        actor
    }

    /// Comes from this address.
    pub fn from(&self, peer: &str) -> Self {
        Self { peer: peer.parse().unwrap(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        match body {
            Some(json) => self.raw(method, path, Some("application/json"), json.to_string()).await,
            None => self.raw(method, path, None, String::new()).await,
        }
    }

    /// Any bytes with any content type: for bad input.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = content_type {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.send(request.body(Body::from(body.into())).unwrap()).await
    }

    /// A request as it stands, plus what this actor presents.
    pub async fn send(&self, mut request: Request<Body>) -> Reply {
        request.headers_mut().extend(self.headers.clone());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.peer, 40_000)));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the answer has a whole body").to_bytes();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Reply {
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body as JSON; fails the test when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{} with no JSON: {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Goes on only with the expected status; shows the body otherwise.
    pub fn expect(self, code: u16) -> Self {
        assert_eq!(self.code(), code, "{}", self.text());
        self
    }
}
