//! Every refusal of this door, brought about for real and recorded as it goes over the wire: status, type, body.

use axum::http::Method;
use domain::host::AllowedHosts;
use door_better_auth::Configurations;
use serde_json::{Value, json};
use test_world::{Actor, Reply};

use crate::world::{Auth, PASSWORD, Person};

const API: &str = "/api/auth";

#[derive(Default)]
struct Record(String);

impl Record {
    fn heading(&mut self, text: &str) {
        self.0.push_str(&format!("\n# {text}\n"));
    }

    fn note(&mut self, what: &str, reply: &Reply) {
        let kind = reply.header("content-type").unwrap_or("-");
        let wait = reply.header("x-retry-after").map(|s| format!(" retry={s}")).unwrap_or_default();
        let status = reply.code();
        let body = if reply.bytes.is_empty() { "(empty)".to_owned() } else { reply.text() };
        assert!(status >= 400 || body.contains("\"valid\":false"), "{what} was not refused: {body}");
        self.0.push_str(&format!("{what}: {status} {kind}{wait} {body}\n"));
    }

    async fn post(&mut self, who: &Actor, path: &str, body: Value) {
        let what = format!("POST {path} {}", brief(&body));
        self.note(&what, &who.post(&format!("{API}{path}"), body).await);
    }

    async fn get(&mut self, who: &Actor, path: &str) {
        self.note(&format!("GET {path}"), &who.get(&format!("{API}{path}")).await);
    }

    async fn verify(&mut self, auth: &Auth, what: &str, key: &Value, more: Value) {
        let mut body = json!({"key": key["key"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.note(what, &auth.server().post(&format!("{API}/api-key/verify"), body).await);
    }
}

/// Without ids and long texts: those are new every time, or tell nothing.
fn brief(body: &Value) -> String {
    let mut body = body.clone();
    for (_, value) in body.as_object_mut().into_iter().flatten() {
        let long = value.as_str().is_some_and(|text| text.len() > 30);
        if long {
            *value = json!("…");
        }
    }
    body.to_string()
}

#[tokio::test]
async fn every_refusal_reads_as_recorded() {
    let mut record = Record::default();
    transport(&mut record).await;
    accounts(&mut record).await;
    create(&mut record).await;
    read_and_change(&mut record).await;
    verification(&mut record).await;
    header_keys(&mut record).await;
    organizations(&mut record).await;
    settings(&mut record).await;
    failing(&mut record).await;
    let catalogue = include_str!("../golden/denials.txt");
    let codes = catalogue.split("# catalogue\n").nth(1).unwrap().lines();
    for code in codes.map(|line| line.split(' ').nth(1).unwrap()) {
        let made = record.0.contains(&format!("\"code\":\"{code}\""));
        assert!(made, "nothing here is refused as {code}");
    }
    test_world::same_as_file(env!("CARGO_MANIFEST_DIR"), "tests/golden/wire.txt", &record.0);
}

async fn transport(record: &mut Record) {
    record.heading("what every request goes through");
    let auth = Auth::new().await;
    let nobody = auth.nobody();
    record.get(&nobody, "/nope").await;
    let create = format!("{API}/api-key/create");
    for (kind, body) in [("text/plain", "x"), ("application/json", "{")] {
        let reply = nobody.raw(Method::POST, &create, Some(kind), body).await;
        record.note(&format!("POST /api-key/create as {kind}: {body}"), &reply);
    }
    let sign_in = nobody.raw(Method::POST, &format!("{API}/sign-in/email"), Some("text/plain"), "x").await;
    record.note("POST /sign-in/email as text/plain", &sign_in);
    record.note("POST /api-key/create without a body", &nobody.raw(Method::POST, &create, None, "").await);
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(1 << 20));
    let reply = nobody.raw(Method::POST, &create, Some("application/json"), large).await;
    record.note("POST /api-key/create with a megabyte", &reply);
    let cookie = nobody.header("cookie", "any=1");
    record.post(&cookie, "/api-key/create", json!({})).await;
    let foreign = cookie.header("origin", "https://evil.example");
    record.post(&foreign, "/api-key/create", json!({"note": "with a cookie, from elsewhere"})).await;
    for callback in ["https://evil.example/", "//evil.example", "/%5cevil.example"] {
        record.post(&nobody, "/sign-in/email", json!({"callbackURL": callback})).await;
    }
    let navigating = nobody.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    record.post(&navigating, "/sign-in/email", json!({"email": "a@example.org", "password": "x"})).await;
    record.post(&nobody, "/get-session", json!({})).await;
}

async fn accounts(record: &mut Record) {
    record.heading("accounts and sessions");
    let auth = Auth::new().await;
    let nobody = auth.nobody();
    let ada = auth.person("ada").await;
    let ok = |more: Value| {
        let mut body = json!({"name": "A", "email": "a@example.org", "password": PASSWORD});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for more in [
        json!({"name": 1, "email": "nonsense", "password": ""}),
        json!({"password": "short"}),
        json!({"password": "x".repeat(129)}),
        json!({"email": "ADA@example.org"}),
    ] {
        record.post(&nobody, "/sign-up/email", ok(more)).await;
    }
    for body in [
        json!({}),
        json!({"email": "nonsense", "password": "x"}),
        json!({"email": "nobody@example.org", "password": "x"}),
        json!({"email": "ada@example.org", "password": "wrong"}),
    ] {
        record.post(&nobody, "/sign-in/email", body).await;
    }
    for path in ["/list-sessions"] {
        record.get(&nobody, path).await;
    }
    for path in ["/revoke-sessions", "/revoke-other-sessions", "/delete-user"] {
        record.post(&nobody, path, json!({})).await;
    }
    record.post(&nobody, "/revoke-session", json!({"token": "x"})).await;
    record.post(&nobody, "/revoke-session", json!({})).await;
    record.post(&nobody, "/sign-out", json!([])).await;
    let me = &ada.actor;
    record.post(me, "/delete-user", json!({})).await;
    record.post(me, "/update-user", json!({})).await;
    record.post(me, "/update-user", json!({"email": "b@example.org"})).await;
    let change = |old: &str, new: &str| json!({"currentPassword": old, "newPassword": new});
    record.post(me, "/change-password", change("wrong", "another password")).await;
    record.post(me, "/change-password", change(PASSWORD, "short")).await;
    record.post(me, "/change-password", change(PASSWORD, &"x".repeat(129))).await;
    auth.world.advance(86_400_000);
    record.get(me, "/list-sessions").await;
    auth.switch_off(&ada).await;
    record.post(me, "/api-key/delete", json!({"keyId": "x"})).await;
    record.get(me, "/api-key/list").await;
}

async fn create(record: &mut Record) {
    record.heading("making keys");
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    record.post(&auth.nobody(), "/api-key/create", json!({})).await;
    for body in [
        json!({"name": 7, "expiresIn": 0}),
        json!({"prefix": "a b"}),
        json!({"prefix": "kw_"}),
        json!({"remaining": 5, "userId": "x"}),
        json!({"userId": "x"}),
        json!({"configId": "org"}),
        json!({"configId": "public", "name": "x", "metadata": {"a": 1}}),
        json!({"metadata": "text"}),
        json!({"configId": "public", "name": "x", "expiresIn": 86_400}),
        json!({"expiresIn": 60}),
        json!({"expiresIn": 31_622_400}),
        json!({"prefix": "p".repeat(33)}),
        json!({"name": "n".repeat(33)}),
        json!({"configId": "public"}),
    ] {
        record.post(&ada.actor, "/api-key/create", body).await;
    }
    record.heading("making keys, by the server");
    for body in [
        json!({}),
        json!({"userId": "x", "refillAmount": 1}),
        json!({"userId": "x", "refillInterval": 1}),
        json!({"userId": "x", "remaining": 1.5}),
        json!({"userId": "x", "permissions": {"files": "read"}}),
    ] {
        record.post(&auth.server(), "/api-key/create", body).await;
    }
}

async fn read_and_change(record: &mut Record) {
    record.heading("reading, listing, changing and ending keys");
    let auth = Auth::new().await;
    let (ada, bob, nobody) = (auth.person("ada").await, auth.person("bob").await, auth.nobody());
    let key = auth.key(&ada, json!({})).await;
    let id = key["id"].as_str().unwrap().to_owned();
    record.get(&nobody, "/api-key/get?id=x").await;
    record.get(&ada.actor, "/api-key/get").await;
    record.get(&ada.actor, "/api-key/get?id=x").await;
    let reply = bob.actor.get(&format!("{API}/api-key/get?id={id}")).await;
    record.note("GET /api-key/get of somebody else's key", &reply);
    record.get(&nobody, "/api-key/list").await;
    record.get(&ada.actor, "/api-key/list?limit=-1&offset=x&sortBy=nonsense&sortDirection=up").await;
    let update = |more: Value| {
        let mut body = json!({"keyId": id});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    record.post(&nobody, "/api-key/update", update(json!({"name": "x"}))).await;
    for more in [
        json!({}),
        json!({"enabled": "no"}),
        json!({"userId": "x"}),
        json!({"permissions": null}),
        json!({"name": ""}),
        json!({"expiresIn": 1}),
        json!({"metadata": 1}),
    ] {
        record.post(&ada.actor, "/api-key/update", update(more)).await;
    }
    record.post(&bob.actor, "/api-key/update", update(json!({"name": "x"}))).await;
    record.post(&auth.server(), "/api-key/update", update(json!({"name": "x"}))).await;
    let half = json!({"userId": ada.id, "refillAmount": 1});
    record.post(&auth.server(), "/api-key/update", update(half)).await;
    record.post(&nobody, "/api-key/delete", update(json!({}))).await;
    record.post(&bob.actor, "/api-key/delete", update(json!({}))).await;
    for path in ["/api-key/verify", "/api-key/delete-all-expired-api-keys", "/organization/add-member"] {
        record.post(&nobody, path, json!({})).await;
        record.post(&ada.actor, path, json!({})).await;
    }
}

async fn verification(record: &mut Record) {
    record.heading("verification");
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    record.post(&auth.server(), "/api-key/verify", json!({"permissions": {"a": "b"}})).await;
    record.verify(&auth, "unknown", &json!({"key": "nonsense"}), json!({})).await;
    let key = auth.key(&ada, json!({"permissions": {"files": ["read"]}, "rateLimitMax": 1})).await;
    record.verify(&auth, "of another configuration", &key, json!({"configId": "public"})).await;
    record.verify(&auth, "no permission", &key, json!({"permissions": {"files": ["write"]}})).await;
    record.verify(&auth, "no permission asked for", &key, json!({"permissions": {}})).await;
    auth.verify(&key).await;
    record.verify(&auth, "limited", &key, json!({})).await;
    let off = json!({"keyId": key["id"], "enabled": false});
    ada.actor.post(&format!("{API}/api-key/update"), off).await.expect(200);
    record.verify(&auth, "disabled", &key, json!({})).await;
    let spent = auth.key(&ada, json!({"remaining": 0})).await;
    record.verify(&auth, "spent", &spent, json!({})).await;
    record.verify(&auth, "spent, again", &spent, json!({})).await;
    let waiting =
        json!({"remaining": 0, "refillAmount": 1, "refillInterval": 60_000, "rateLimitEnabled": false});
    let waiting = auth.key(&ada, waiting).await;
    record.verify(&auth, "waiting for its refill", &waiting, json!({})).await;
    record.verify(&auth, "waiting for its refill, again", &waiting, json!({})).await;
    let ending = auth.key(&ada, json!({"configId": "short", "expiresIn": 1})).await;
    auth.world.advance(1_001);
    record.verify(&auth, "expired", &ending, json!({})).await;
    record.verify(&auth, "expired, again", &ending, json!({})).await;
    let bound = auth
        .world
        .key(|key| {
            key.door = Some("better-auth/default".to_owned());
            key.hosts = AllowedHosts::parse(&["192.0.2.1".to_owned()]).unwrap();
        })
        .await;
    record.verify(&auth, "from another address", &json!({"key": bound.secret}), json!({})).await;
}

async fn header_keys(record: &mut Record) {
    record.heading("keys that stand for a session");
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let with = |key: &Value| auth.nobody().header("x-api-key", key["key"].as_str().unwrap());
    record.get(&with(&json!({"key": "short"})), "/ok").await;
    record.get(&with(&json!({"key": "a".repeat(64)})), "/ok").await;
    let public = auth.key(&ada, json!({"configId": "public", "name": "p"})).await;
    record.get(&with(&public), "/ok").await;
    let nobodys = auth.server().post(&format!("{API}/api-key/create"), json!({"userId": "x"})).await.json();
    record.get(&with(&nobodys), "/ok").await;
    let one = auth.key(&ada, json!({"rateLimitMax": 1})).await;
    with(&one).get(&format!("{API}/ok")).await.expect(200);
    record.get(&with(&one), "/ok").await;
    record.get(&with(&auth.key(&ada, json!({"remaining": 0})).await), "/ok").await;
    // With a quota: what it made would be broader than itself.
    let key = auth.key(&ada, json!({"rateLimitEnabled": false, "remaining": 50})).await;
    for path in ["/revoke-sessions", "/revoke-other-sessions", "/delete-user"] {
        record.post(&with(&key), path, json!({})).await;
    }
    record.get(&with(&key), "/list-sessions").await;
    record.post(&with(&key), "/update-user", json!({"name": "x"})).await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another password"});
    record.post(&with(&key), "/change-password", change).await;
    record.post(&with(&key), "/api-key/create", json!({})).await;
    record.post(&with(&key), "/organization/create", json!({"name": "A", "slug": "a"})).await;
    let off = json!({"keyId": key["id"], "enabled": false});
    ada.actor.post(&format!("{API}/api-key/update"), off).await.expect(200);
    record.get(&with(&key), "/ok").await;
    let ending = json!({"configId": "brief", "expiresIn": 1});
    let ending = auth.key(&ada, ending).await;
    auth.world.advance(1_001);
    record.get(&auth.nobody().header("x-brief", ending["key"].as_str().unwrap()), "/ok").await;
    let left = auth.key(&ada, json!({})).await;
    auth.switch_off(&ada).await;
    record.get(&with(&left), "/ok").await;
}

async fn organizations(record: &mut Record) {
    record.heading("organizations");
    let auth = Auth::new().await;
    let (ada, bob, eve) = (auth.person("ada").await, auth.person("bob").await, auth.person("eve").await);
    let nobody = auth.nobody();
    record.post(&nobody, "/organization/create", json!({"name": "", "slug": 1, "metadata": []})).await;
    record.post(&nobody, "/organization/create", json!({"name": "A", "slug": "acme"})).await;
    record.get(&nobody, "/organization/list").await;
    record.post(&nobody, "/organization/set-active", json!({})).await;
    let make = json!({"name": "A", "slug": "acme"});
    let acme = ada.actor.post(&format!("{API}/organization/create"), make).await.expect(200).json();
    record.post(&bob.actor, "/organization/create", json!({"name": "B", "slug": "acme"})).await;
    record.post(&bob.actor, "/organization/set-active", json!({"organizationId": acme["id"]})).await;
    record.post(&bob.actor, "/organization/set-active", json!({"organizationSlug": "acme"})).await;
    let member = |user: &str, organization: &Value, role: &str| json!({"userId": user, "organizationId": organization, "role": role});
    let add = "/organization/add-member";
    record.post(&auth.server(), add, json!({})).await;
    record.post(&auth.server(), add, member(&bob.id, &acme["id"], "emperor")).await;
    record.post(&auth.server(), add, member(&bob.id, &json!("x"), "admin")).await;
    record.post(&auth.server(), add, member("x", &acme["id"], "admin")).await;
    auth.server().post(&format!("{API}{add}"), member(&bob.id, &acme["id"], "admin")).await.expect(200);
    record.post(&auth.server(), add, member(&bob.id, &acme["id"], "admin")).await;
    let body = json!({"configId": "org", "organizationId": acme["id"]});
    let key = ada.actor.post(&format!("{API}/api-key/create"), body.clone()).await.expect(200).json();
    for Person { actor, .. } in [&bob, &eve] {
        record.post(actor, "/api-key/create", body.clone()).await;
        for method in ["update", "delete"] {
            let body = json!({"keyId": key["id"], "configId": "org", "name": "x"});
            record.post(actor, &format!("/api-key/{method}"), body).await;
        }
        let path = format!("{API}/api-key/get?configId=org&id={}", key["id"].as_str().unwrap());
        record.note("GET /api-key/get of a key of the organization", &actor.get(&path).await);
        let path = format!("{API}/api-key/list?organizationId={}", acme["id"].as_str().unwrap());
        record.note("GET /api-key/list of the organization", &actor.get(&path).await);
    }
}

async fn settings(record: &mut Record) {
    record.heading("by settings");
    let off = Auth::with(|s| s.organizations = false).await;
    let ada = off.person("ada").await;
    let body = json!({"configId": "org", "organizationId": "x"});
    record.post(&ada.actor, "/api-key/create", body).await;
    record.get(&ada.actor, "/api-key/list?organizationId=x").await;
    record.get(&ada.actor, "/organization/list").await;
    record.post(&off.server(), "/organization/add-member", json!({})).await;
    let only = Configurations::parse(r#"[{"configId":"public"}]"#).unwrap();
    let auth = Auth::with(|s| s.configurations = only).await;
    let ada = auth.person("ada").await;
    record.post(&ada.actor, "/api-key/create", json!({"configId": "nonsense"})).await;
    let closed = Auth::with(|s| s.signup_open = false).await;
    let body = json!({"name": "A", "email": "a@example.org", "password": PASSWORD});
    record.post(&closed.nobody(), "/sign-up/email", body).await;
    let slow = Auth::with(|s| s.ip_rate_limit = true).await;
    let body = json!({"email": "a@example.org", "password": "x"});
    for _ in 0..3 {
        slow.nobody().post(&format!("{API}/sign-in/email"), body.clone()).await.expect(401);
    }
    slow.world.advance(4_000);
    record.post(&slow.nobody(), "/sign-in/email", body).await;
    for _ in 0..100 {
        slow.nobody().get(&format!("{API}/nope")).await.expect(404);
    }
    record.get(&slow.nobody(), "/nowhere").await;
}

async fn failing(record: &mut Record) {
    record.heading("with a store that fails");
    let folder = tempfile::tempdir().unwrap();
    let auth = Auth::on_disk(folder.path()).await;
    let ada = auth.person("ada").await;
    let key = auth.key(&ada, json!({"remaining": 5})).await;
    crate::failing::break_keys(folder.path());
    record.post(&ada.actor, "/api-key/update", json!({"keyId": key["id"], "name": "x"})).await;
    record.post(&ada.actor, "/api-key/delete", json!({"keyId": key["id"]})).await;
    record.verify(&auth, "uncounted", &key, json!({})).await;
    record.get(&auth.nobody().header("x-api-key", key["key"].as_str().unwrap()), "/ok").await;
}
