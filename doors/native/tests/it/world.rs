//! The test world behind this door, inside its edge, and people in front of it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::HeaderMap,
};
use domain::secret::Secret;
use door_native::{Endpoint, NativeOptions, NativeState};
use guard::Guard;
use http_kit::{Edge, EdgeOptions, TrustedProxies, edge::Edged};
use serde_json::{Value, json};
use test_world::{ManualClock, START};
use tower::Service;

/// Stands for the operator's key of the world, wherever a token is asked for.
pub const ROOT: &str = "(root)";
pub const PASSWORD: &str = "correct horse battery";
/// 2027-01-15T08:00:00Z.
const NOW_MS: i64 = 1_800_000_000_000;

pub struct World {
    service: Edged<Router>,
    root: String,
    pub clock: Arc<ManualClock>,
    pub guard: Guard,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// A refusal in this door's dialect, by its code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let body = self.json();
        assert_eq!(body["code"], code, "{}", self.text);
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("urn:keyward:problem:{code}"));
        body
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }
}

pub async fn world() -> World {
    let house = test_world::World::new().await;
    house.advance(NOW_MS - START.0);
    let root =
        house.keys.first_administrator(Some("root@example.org".into()), None, Secret::new(PASSWORD)).await;
    assert!(root.unwrap().is_some());
    let trusted = Arc::new(TrustedProxies::parse(["10.0.0.0/8"]).unwrap());
    let router = door_native::router(NativeState::new(NativeOptions {
        guard: house.guard.clone(),
        keys: house.keys.clone(),
        data: house.data.clone(),
        clock: house.clock.clone(),
        trusted: trusted.clone(),
        base_url: "http://keys.test".into(),
        endpoints: vec![Endpoint {
            door: "native".into(),
            base_url: "http://keys.test/v1".into(),
            about: "Authorization: Bearer".into(),
        }],
        ready: Arc::new(|| Box::pin(async { Ok(()) })),
    }));
    let edge = Edge::new(EdgeOptions {
        clock: house.clock.clone(),
        entropy: house.entropy.clone(),
        trusted,
        ip_rate: None,
        cors: None,
        deadline: Duration::from_secs(30),
    });
    let root = house.root().to_owned();
    World { service: edge.wrap(router), root, clock: house.clock, guard: house.guard }
}

/// One request to be sent.
pub struct Ask<'w> {
    world: &'w World,
    request: axum::http::request::Builder,
    peer: IpAddr,
}

impl World {
    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        let request = Request::builder().method(method).uri(path);
        Ask { world: self, request, peer: IpAddr::from([192, 0, 2, 1]) }
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.ask("GET", path).bearer(token).send("").await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.ask("POST", path).bearer(token).json(&body).await
    }

    pub async fn patch(&self, token: &str, path: &str, body: Value) -> Answer {
        self.ask("PATCH", path).bearer(token).json(&body).await
    }

    pub async fn delete(&self, token: &str, path: &str) -> Answer {
        self.ask("DELETE", path).bearer(token).send("").await
    }

    /// A key made by the operator; its record with the secret in `key`.
    pub async fn key(&self, body: Value) -> Value {
        self.post(ROOT, "/v1/keys", body).await.expect(201)
    }

    pub async fn verify(&self, body: Value) -> Value {
        self.post(ROOT, "/v1/keys/verify", body).await.expect(200)
    }

    /// A user with these operations on the server, signed in; the token.
    pub async fn session(&self, name: &str, operations: Value) -> String {
        let grants = json!([{"reach": "everywhere", "allow": operations}]);
        let role = format!("{name}-role");
        self.post(ROOT, "/v1/roles", json!({"name": role, "grants": grants})).await.expect(201);
        let user = json!({"username": name, "password": PASSWORD, "roles": [role]});
        self.post(ROOT, "/v1/users", user).await.expect(201);
        self.sign_in(name).await
    }

    pub async fn sign_in(&self, account: &str) -> String {
        let body = json!({"account": account, "password": PASSWORD});
        let signed_in = self.ask("POST", "/v1/sessions").json(&body).await.expect(201);
        signed_in["token"].as_str().unwrap().to_owned()
    }
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        let token = if token == ROOT { &self.world.root } else { token };
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// The operator's key in a header of its own.
    pub fn api_key(self) -> Self {
        let root = &self.world.root;
        self.header("x-api-key", root)
    }

    pub fn from(mut self, peer: &str) -> Self {
        self.peer = peer.parse().unwrap();
        self
    }

    pub async fn json(self, body: &Value) -> Answer {
        self.header("content-type", "application/json").send(body.to_string()).await
    }

    pub async fn send(self, body: impl Into<Body>) -> Answer {
        let mut request = self.request.body(body.into()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.peer, 4711))));
        let Ok(response) = self.world.service.clone().call(request).await;
        let (parts, body) = response.into_parts();
        let bytes = http_kit::body::read(body, 10_000_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(parts.headers["x-decision-id"].len(), 36, "every response carries a decision id");
        assert_eq!(parts.headers["cache-control"], "no-store");
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }
}
