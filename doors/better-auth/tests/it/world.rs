//! A world with this door in front: people who sign up, keys of theirs, and the operator.

use std::sync::Arc;

use axum::Router;
use domain::secret::Secret;
use door_better_auth::{BetterAuthSettings, BetterAuthState, Configurations, router};
use serde_json::{Value, json};
use test_world::{Actor, Reply, World, WorldOptions};

pub const PASSWORD: &str = "correct horse battery";

/// The conformance profile.
pub const PROFILE: &str = r#"[
  {"configId":"default","enableMetadata":true,"enableSessionForAPIKeys":true},
  {"configId":"public","defaultPrefix":"pk_","requireName":true,
   "rateLimit":{"enabled":true,"maxRequests":100,"timeWindow":3600000},
   "permissions":{"defaultPermissions":{"files":["read"]}},
   "keyExpiration":{"defaultExpiresIn":604800,"disableCustomExpiresTime":true}},
  {"configId":"short","defaultKeyLength":32,"startingCharactersConfig":{"shouldStore":false},
   "keyExpiration":{"minExpiresIn":0},"rateLimit":{"enabled":false}},
  {"configId":"org","references":"organization","defaultPrefix":"org_","enableMetadata":true},
  {"configId":"brief","keyExpiration":{"minExpiresIn":0},"enableSessionForAPIKeys":true,"apiKeyHeaders":"x-brief"}
]"#;

pub struct Auth {
    pub world: World,
    pub router: Router,
}

/// Somebody who signed up.
pub struct Person {
    pub id: String,
    pub email: String,
    pub token: String,
    /// With the session as bearer.
    pub actor: Actor,
}

impl Auth {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut BetterAuthSettings)) -> Self {
        Self::in_world(
            World::with(WorldOptions { signup_open: true, ..WorldOptions::default() }).await,
            change,
        )
    }

    /// On a real disk: for what can go wrong there.
    pub async fn on_disk(folder: &std::path::Path) -> Self {
        let folder = Some(folder.to_owned());
        let options = WorldOptions { signup_open: true, folder, ..WorldOptions::default() };
        Self::in_world(World::with(options).await, |_| {})
    }

    fn in_world(world: World, change: impl FnOnce(&mut BetterAuthSettings)) -> Self {
        let mut settings =
            BetterAuthSettings::new("http://keys.example", Secret::new("a-secret-of-sufficient-length"));
        settings.configurations = Configurations::parse(PROFILE).unwrap();
        settings.signup_open = true;
        settings.trusted = Arc::default();
        change(&mut settings);
        let (clock, entropy) = (world.clock.clone(), world.entropy.clone());
        let state = BetterAuthState::new(world.guard.clone(), world.keys.clone(), clock, entropy, settings);
        Self { router: router(state), world }
    }

    pub fn nobody(&self) -> Actor {
        self.world.nobody(self.router.clone())
    }

    pub fn server(&self) -> Actor {
        self.world.operator(self.router.clone())
    }

    pub async fn person(&self, name: &str) -> Person {
        let email = format!("{name}@example.org");
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        let reply = self.nobody().post("/api/auth/sign-up/email", body).await.expect(200).json();
        let token = reply["token"].as_str().unwrap().to_owned();
        let id = reply["user"]["id"].as_str().unwrap().to_owned();
        let actor = self.nobody().bearer(&token);
        Person { id, email, token, actor }
    }

    pub async fn sign_in(&self, person: &Person) -> Actor {
        let body = json!({"email": person.email, "password": PASSWORD});
        let reply = self.nobody().post("/api/auth/sign-in/email", body).await.expect(200).json();
        self.nobody().bearer(reply["token"].as_str().unwrap())
    }

    /// A key made by the server for a person: `{…record, key}`.
    pub async fn key(&self, person: &Person, more: Value) -> Value {
        let mut body = json!({"userId": person.id});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.server().post("/api/auth/api-key/create", body).await.expect(200).json()
    }

    /// As an administrator does at another door.
    pub async fn switch_off(&self, person: &Person) {
        let allowed = self.world.allowed(domain::access::Op::UserManage, guard::PlaceName::Server).await;
        let change = ::keys::UserChange { active: Some(false), ..::keys::UserChange::default() };
        self.world.keys.update_user(&allowed, person.id.parse().unwrap(), change).await.unwrap();
    }

    pub async fn verify(&self, key: &Value) -> Value {
        self.verify_with(key, json!({})).await
    }

    pub async fn verify_with(&self, key: &Value, more: Value) -> Value {
        let mut body = json!({"key": key["key"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.server().post("/api/auth/api-key/verify", body).await.expect(200).json()
    }
}

/// The code of a refusal, after its status.
pub fn code(reply: &Reply) -> String {
    let body: Value = serde_json::from_slice(&reply.bytes).unwrap_or_default();
    format!("{} {}", reply.code(), body["code"].as_str().unwrap_or_default())
}

/// The code of a verification.
pub fn verdict(answer: &Value) -> &str {
    match answer["valid"].as_bool() {
        Some(true) => "ok",
        _ => answer["error"]["code"].as_str().unwrap_or_default(),
    }
}
