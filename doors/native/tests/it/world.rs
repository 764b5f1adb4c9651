//! A whole server without a socket: store in memory, a clock moved by hand, chance that repeats, and the
//! door inside its edge.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::HeaderMap,
};
use data::Data;
use domain::{
    Clock, Entropy, Millis,
    secret::{Digester, Secret},
};
use door_native::{Endpoint, NativeOptions, NativeState};
use guard::{Guard, GuardOptions};
use http_kit::{Edge, EdgeOptions, TrustedProxies, edge::Edged};
use keys::{Keys, KeysOptions, PasswordCost, Sealer};
use serde_json::{Value, json};
use store::{Options, Place, Store};
use tower::Service;

pub const ROOT: &str = "the-root-key-of-the-tests-0123456789";
pub const PASSWORD: &str = "correct horse battery";

pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, into: &mut [u8]) {
        for byte in into {
            let n = self.0.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *byte = (n >> 40) as u8;
        }
    }
}

pub struct World {
    service: Edged<Router>,
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
    let clock = Arc::new(ManualClock(AtomicI64::new(1_800_000_000_000)));
    let entropy = Arc::new(Counter(AtomicU64::new(1)));
    let options = Options { place: Place::Memory, clock: clock.clone(), entropy: entropy.clone() };
    let store = Store::open(options).unwrap();
    let digester = Digester::default();
    let options = GuardOptions {
        clock: clock.clone(),
        entropy: entropy.clone(),
        digester: digester.clone(),
        root_key: Some(digester.digest(ROOT)),
    };
    let guard = Guard::open(store.clone(), options).await.unwrap();
    let mut options = KeysOptions::new(clock.clone(), entropy.clone(), digester);
    options.password_cost = PasswordCost::CHEAPEST;
    options.sealer = Some(Sealer::new([9; 32]));
    let keys = Keys::new(store.clone(), options);
    keys.ensure_builtin_roles().await.unwrap();
    let root = keys.first_administrator(Some("root@example.org".into()), None, Secret::new(PASSWORD));
    root.await.unwrap();
    let trusted = Arc::new(TrustedProxies::parse(["10.0.0.0/8"]).unwrap());
    let router = door_native::router(NativeState::new(NativeOptions {
        guard: guard.clone(),
        keys,
        data: Data::new(store.clone(), clock.clone(), entropy.clone()),
        clock: clock.clone(),
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
        clock: clock.clone(),
        entropy,
        trusted,
        ip_rate: None,
        cors: None,
        deadline: Duration::from_secs(30),
    });
    World { service: edge.wrap(router), clock, guard }
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
        self.header("authorization", &format!("Bearer {token}"))
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
