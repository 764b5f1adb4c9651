//! The test world behind this door, and people in front of it.

use std::sync::Arc;

use axum::{Router, http::Method};
use domain::{access::Op, key::Key, secret::Secret};
use door_nocobase::{NocobaseSettings, NocobaseState};
use serde_json::{Value, json};
use test_world::{Actor, Reply, World, WorldOptions};

pub const APP_KEY: &str = "dGVzdC1hcHAta2V5LWZvci1rZXl3YXJkLXRlc3Rz";
pub const PASSWORD: &str = "correct horse battery";

pub struct Nocobase {
    pub world: World,
    pub router: Router,
    pub admin: Actor,
}

impl Nocobase {
    pub async fn new() -> Self {
        Self::with(WorldOptions::default()).await
    }

    pub async fn with(options: WorldOptions) -> Self {
        let world = World::with(options).await;
        let made = world
            .keys
            .first_administrator(
                Some("admin@example.org".into()),
                Some("admin".into()),
                Secret::new(PASSWORD),
            )
            .await
            .unwrap();
        assert!(made.is_some());
        let router = door(&world, |_| {});
        let nobody = world.nobody(router.clone());
        let admin = signed_in(&nobody, "admin").await;
        Self { world, router, admin }
    }

    pub fn nobody(&self) -> Actor {
        self.world.nobody(self.router.clone())
    }

    /// A user who holds these roles, and a session of theirs.
    pub async fn user(&self, name: &str, roles: &[&str]) -> (i64, Actor) {
        let values = json!({"username": name, "password": PASSWORD, "roles": roles});
        let id = data(self.admin.post("/api/users:create", values).await)["id"].as_i64().unwrap();
        (id, signed_in(&self.nobody(), name).await)
    }

    pub async fn role(&self, name: &str, values: Value) {
        let mut all = json!({"name": name});
        all.as_object_mut().unwrap().extend(values.as_object().cloned().unwrap());
        self.admin.post("/api/roles:create", all).await.expect(200);
    }

    /// What the role may do with these collections from now on.
    pub async fn permit(&self, role: &str, resources: Value) {
        let path = format!("/api/roles:applyDataPermissions?filterByTk={role}");
        self.admin.post(&path, json!({"resources": resources})).await.expect(200);
    }

    /// Somebody with a role of the same name, which may do this and nothing else.
    pub async fn person(&self, name: &str, resources: Value) -> Actor {
        self.role(name, json!({})).await;
        self.permit(name, resources).await;
        self.user(name, &[name]).await.1
    }

    /// `todos` with three records of the administrator's.
    pub async fn todos(&self) {
        self.admin.post("/api/collections:create", todos_collection()).await.expect(200);
        for title in ["eat food", "sleep", "play games"] {
            self.admin
                .post("/api/todos:create", json!({"title": title, "completed": false}))
                .await
                .expect(200);
        }
    }

    /// A key of the role, made by `owner`.
    pub async fn key(&self, owner: &Actor, role: &str) -> String {
        let values = json!({"name": "a key", "role": {"name": role}, "expiresIn": "30d"});
        data(owner.post("/api/apiKeys:create", values).await)["token"].as_str().unwrap().to_owned()
    }
}

pub fn door(world: &World, change: impl FnOnce(&mut NocobaseSettings)) -> Router {
    let mut settings = NocobaseSettings::new("http://keyward.test", Secret::new(APP_KEY));
    change(&mut settings);
    let (guard, keys, data) = (world.guard.clone(), world.keys.clone(), world.data.clone());
    door_nocobase::router(NocobaseState::new(
        guard,
        keys,
        data,
        Arc::clone(&world.clock) as _,
        Arc::clone(&world.entropy) as _,
        settings,
    ))
}

pub async fn signed_in(nobody: &Actor, account: &str) -> Actor {
    let values = json!({"account": account, "password": PASSWORD});
    let answer = data(nobody.post("/api/auth:signIn", values).await);
    nobody.bearer(answer["token"].as_str().unwrap())
}

pub fn todos_collection() -> Value {
    json!({
        "name": "todos", "title": "Todos", "template": "general", "autoGenId": false,
        "createdAt": true, "updatedAt": true, "createdBy": true, "updatedBy": true, "sortable": true,
        "fields": [
            {"name": "id", "type": "bigInt", "autoIncrement": true, "primaryKey": true, "allowNull": false, "interface": "id"},
            {"name": "title", "type": "string", "interface": "input", "uiSchema": {"type": "string", "title": "Title", "x-component": "Input"}},
            {"name": "completed", "type": "boolean", "interface": "checkbox", "uiSchema": {"title": "Completed"}},
        ],
    })
}

/// The `data` of a successful answer.
pub fn data(reply: Reply) -> Value {
    reply.expect(200).json()["data"].clone()
}

/// Status, code and message of the first error.
pub fn error(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let first = &body["errors"][0];
    let text = |name: &str| first[name].as_str().unwrap_or_default().to_owned();
    (reply.code(), text("code"), text("message"))
}

pub fn refused(reply: &Reply) -> (u16, String) {
    let (status, code, _) = error(reply);
    (status, code)
}

/// `filter={…}` encoded.
pub fn filter(value: Value) -> String {
    let text: String = value.to_string().bytes().map(|b| format!("%{b:02X}")).collect();
    format!("filter={text}")
}

pub async fn post(actor: &Actor, path: &str) -> Reply {
    actor.call(Method::POST, path, None).await
}

/// A key of the server itself that may read everything, unless changed.
pub async fn server_key(nocobase: &Nocobase, change: impl FnOnce(&mut Key)) -> Actor {
    let name = format!("role{}", nocobase.world.store.roles().await.unwrap().len());
    let role = nocobase.world.role(&name, World::everywhere(Op::RecordRead.bit())).await;
    let issued = nocobase
        .world
        .key(|key| {
            key.role = Some(role);
            change(key);
        })
        .await;
    nocobase.nobody().bearer(&issued.secret)
}
