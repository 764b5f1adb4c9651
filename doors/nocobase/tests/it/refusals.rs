//! Every refusal of this door, brought about for real and written down: status, the headers that belong to it,
//! the whole body. Beside `denied.golden`, which holds the words of every reason, here is what leads to each.

use std::fmt::Write as _;

use axum::http::Method;
use domain::{
    access::{Op, Scope, Scopes},
    host::AllowedHosts,
    key::{Owner, Quota},
    limit::{Balance, RateLimit, WindowRule},
    limits,
};
use serde_json::{Value, json};
use test_world::{Actor, Reply, same_as_file};

use crate::world::{Nocobase, PASSWORD, filter, post, server_key, signed_in};

/// What was done, and what came back.
#[derive(Default)]
struct Book(String);

impl Book {
    fn part(&mut self, title: &str) {
        let _ = write!(self.0, "\n# {title}\n");
    }

    fn note(&mut self, what: &str, reply: &Reply) {
        assert!((400..500).contains(&reply.code()), "{what}: {} {}", reply.code(), reply.text());
        let _ = write!(self.0, "{what}: {}", reply.code());
        for name in ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
            if let Some(value) = reply.header(name) {
                let _ = write!(self.0, " {name}={value}");
            }
        }
        let _ = writeln!(self.0, " {}", reply.text());
    }

    async fn get(&mut self, what: &str, actor: &Actor, path: &str) {
        self.note(what, &actor.get(path).await);
    }

    async fn post(&mut self, what: &str, actor: &Actor, path: &str, body: Value) {
        self.note(what, &actor.post(path, body).await);
    }

    fn check(&self, file: &str) {
        same_as_file(env!("CARGO_MANIFEST_DIR"), &format!("tests/it/{file}"), self.0.trim_start());
    }
}

const LIST: &str = "/api/todos:list";

async fn grant(nocobase: &Nocobase, role: &str, resources: Value) {
    let path = format!("/api/roles:applyDataPermissions?filterByTk={role}");
    nocobase.admin.post(&path, json!({"resources": resources})).await.expect(200);
}

#[tokio::test]
async fn who_is_refused_at_the_door_is_told_so_in_these_words() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (nobody, now) = (nocobase.nobody(), nocobase.world.now());
    let mut book = Book::default();

    book.part("Nobody");
    book.get("no token", &nobody, LIST).await;
    book.get("an empty token", &nobody.header("authorization", "Bearer "), LIST).await;
    book.get("as anonymous, without such a role", &nobody.header("x-role", "anonymous"), LIST).await;
    book.get("a scheme of another kind", &nobody.header("authorization", "Basic YTpi"), LIST).await;
    book.get("no token for what nobody serves", &nobody, "/api/users:list").await;

    book.part("Tokens");
    let token = nocobase.key(&nocobase.admin, "admin").await;
    book.get("any text", &nobody.bearer("some-text"), LIST).await;
    book.get("a native key with a wrong checksum", &nobody.bearer("kw_live_nonsense"), LIST).await;
    book.get("a token with a wrong signature", &nobody.bearer(&format!("{token}x")), LIST).await;
    book.get("a token without a signature", &nobody.bearer("eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOjF9."), LIST)
        .await;
    let signed_out = nobody.bearer(&nocobase.key(&nocobase.admin, "admin").await);
    post(&signed_out, "/api/auth:signOut").await.expect(200);
    book.get("a deleted key", &signed_out, LIST).await;
    book.get("a disabled key", &server_key(&nocobase, |k| k.enabled = false).await, LIST).await;
    book.get("an expired key", &server_key(&nocobase, |k| k.expires_at = Some(now)).await, LIST).await;
    let hosts = server_key(&nocobase, |k| k.hosts = AllowedHosts::parse(["192.0.2.1"]).unwrap()).await;
    book.get("a key from another address", &hosts, LIST).await;

    book.part("People");
    let session = signed_in(&nobody, "admin").await;
    post(&session, "/api/auth:signOut").await.expect(200);
    book.get("a signed-out token", &session, LIST).await;
    let gone = nocobase.world.user_with("gone", |user| user.active = false).await;
    let of_gone = server_key(&nocobase, |key| key.owner = Owner::User(gone.id)).await;
    book.get("a key of a deactivated user", &of_gone, LIST).await;
    book.get("a role not held", &nocobase.admin.header("x-role", "nope"), LIST).await;
    let (id, bob) = nocobase.user("bob", &["member"]).await;
    book.get("a role that exists and is not held", &bob.header("x-role", "admin"), LIST).await;
    book.get("the anonymous role, which is none", &bob.header("x-role", "anonymous"), LIST).await;
    nocobase.role("keys", json!({"snippets": ["pm.api-keys.configuration"]})).await;
    nocobase.admin.post(&format!("/api/users/{id}/roles:add"), json!(["keys"])).await.expect(200);
    let key_of_bob = nobody.bearer(&nocobase.key(&bob.header("x-role", "keys"), "keys").await);
    post(&nocobase.admin, &format!("/api/users/{id}/roles:remove?filterByTk[]=member&filterByTk[]=keys"))
        .await
        .expect(200);
    book.get("no role at all", &bob, LIST).await;
    post(&nocobase.admin, &format!("/api/users:destroy?filterByTk={id}")).await.expect(200);
    book.get("a session of a user who is gone", &bob, LIST).await;
    book.get("a key of a user who is gone", &key_of_bob, LIST).await;

    book.part("Limits");
    let limited = server_key(&nocobase, |key| {
        key.rate_limit =
            Some(RateLimit { max: 1, window_ms: 10_000, rule: WindowRule::Fixed, enabled: true });
    })
    .await;
    limited.get(LIST).await.expect(200);
    book.get("too many requests", &limited, LIST).await;
    let spent = server_key(&nocobase, |key| {
        key.quota = Some(Quota { balance: Balance { remaining: 0, last_refill_at: now }, refill: None });
    })
    .await;
    book.get("no uses left", &spent, LIST).await;
    let elsewhere = server_key(&nocobase, |key| {
        let scope = Scope { base: Some("main".into()), table: Some("other".into()), ..Scope::default() };
        key.scopes = Some(Scopes(vec![scope]));
    })
    .await;
    book.get("a key for another collection", &elsewhere, LIST).await;
    let narrow = server_key(&nocobase, |key| {
        let scope = Scope { operations: Some(vec![Op::RecordCreate]), ..Scope::default() };
        key.scopes = Some(Scopes(vec![scope]));
    })
    .await;
    book.get("a key for another operation", &narrow, LIST).await;

    book.part("Sign-ins that are over");
    let old = signed_in(&nobody, "admin").await;
    nocobase.world.advance(86_400_000);
    old.get("/api/auth:check").await.expect(200);
    nocobase.world.advance(limits::SESSION_GRACE_MS);
    book.get("a token that was exchanged for a new one", &old, LIST).await;
    nocobase.world.advance(limits::SESSION_LIFE_MS);
    book.get("a sign-in that is too old", &nocobase.admin, LIST).await;
    book.check("refused.golden");
}

#[tokio::test]
async fn what_a_role_does_not_allow_is_refused_in_these_words() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    let lists = json!({"name": "lists", "createdBy": true, "fields": [
        {"name": "title", "type": "string"},
        {"name": "todos", "type": "hasMany", "target": "todos", "foreignKey": "listId"},
    ]});
    admin.post("/api/collections:create", lists).await.expect(200);
    admin.post("/api/lists:create", json!({"title": "a list"})).await.expect(200);
    let plain = json!({"name": "plain", "fields": [{"name": "title", "type": "string"}]});
    admin.post("/api/collections:create", plain).await.expect(200);
    nocobase.role("worker", json!({"strategy": {"actions": ["view:own"]}})).await;
    grant(
        &nocobase,
        "worker",
        json!([
            {"name": "todos", "actions": [
                {"name": "view", "fields": ["title"]},
                {"name": "create", "fields": ["title"], "scope": {"scope": {"title.$ne": "forbidden"}}},
                {"name": "update", "fields": ["title"], "scope": {"scope": {"title.$ne": "sleep"}}},
                {"name": "destroy", "scopeKey": "own"},
            ]},
            {"name": "lists", "actions": [{"name": "view", "fields": null}]},
        ]),
    )
    .await;
    let (_, bob) = nocobase.user("bob", &["worker"]).await;
    let mut book = Book::default();

    book.part("Records");
    book.get("a field in a filter", &bob, &format!("{LIST}?{}", filter(json!({"completed": true})))).await;
    book.get("a field to sort by", &bob, &format!("{LIST}?sort=completed")).await;
    book.get(
        "somebody's name in a filter",
        &bob,
        &format!("{LIST}?{}", filter(json!({"createdBy.nickname": "a"}))),
    )
    .await;
    book.get("own records where nobody knows whose they are", &bob, "/api/plain:list").await;
    book.post("create outside of the scope", &bob, "/api/todos:create", json!({"title": "forbidden"})).await;
    book.post("create where the role does not", &bob, "/api/lists:create", json!({"title": "x"})).await;
    book.post("update where the role does not", &bob, "/api/lists:update/1", json!({"title": "x"})).await;
    book.post("update out of the scope", &bob, "/api/todos:update/1", json!({"title": "sleep"})).await;
    book.note("destroy outside of the scope", &post(&bob, "/api/todos:destroy/1").await);
    book.note("destroy where the role does not", &post(&bob, "/api/lists:destroy/1").await);
    for action in ["firstOrCreate", "updateOrCreate"] {
        let path = format!("/api/lists:{action}?filterKeys[]=title");
        book.post(&format!("{action} where the role does not"), &bob, &path, json!({"title": "x"})).await;
    }

    book.part("Associations");
    for action in ["add", "set", "remove", "toggle"] {
        book.post(
            &format!("{action} without update"),
            &bob,
            &format!("/api/lists/1/todos:{action}"),
            json!([1]),
        )
        .await;
    }
    book.post("create behind one without update", &bob, "/api/lists/1/todos:create", json!({"title": "x"}))
        .await;
    book.get("a collection that is not there", &bob, "/api/nothing/1/todos:list").await;

    book.part("The server's own");
    for path in ["users:list", "roles:list", "apiKeys:list", "users/1/roles:list", "roles/worker/users:list"]
    {
        book.get(path, &bob, &format!("/api/{path}")).await;
    }
    for path in [
        "users:create",
        "roles:create",
        "roles:setSystemRoleMode",
        "roles:applyDataPermissions?filterByTk=worker",
        "roles/worker/dataSourceResources:create",
        "dataSources/main/roles:update?filterByTk=worker",
        "dataSources/main/rolesResourcesScopes:create",
        "users/1/roles:add",
        "apiKeys:create",
        "collections:create",
        "collections:apply",
        "collections:setFields?filterByTk=todos",
        "collections/todos/fields:create",
        "fields:apply",
    ] {
        let values =
            json!({"name": "x", "resourceName": "todos", "collectionName": "todos", "type": "string"});
        book.post(path, &bob, &format!("/api/{path}"), values).await;
    }
    book.note("collections:destroy", &post(&bob, "/api/collections:destroy?filterByTk=todos").await);
    book.note("fields:destroy", &post(&bob, "/api/collections/todos/fields:destroy?filterByTk=title").await);

    book.part("Even for root");
    for name in ["root", "admin", "member"] {
        book.note(
            &format!("destroy the role {name}"),
            &post(admin, &format!("/api/roles:destroy?filterByTk={name}")).await,
        );
    }
    for name in ["users", "roles"] {
        let path = format!("/api/collections:destroy?filterByTk={name}");
        book.note(&format!("destroy the collection {name}"), &post(admin, &path).await);
    }
    book.note("the last root", &post(admin, "/api/users:destroy?filterByTk=1").await);
    let scope = "/api/dataSources/main/rolesResourcesScopes:destroy?filterByTk=2";
    book.note("a scope that is built in", &post(admin, scope).await);

    book.part("Keys");
    let mighty = nocobase.nobody().bearer(&nocobase.key(admin, "admin").await);
    let values = json!({"name": "k", "role": {"name": "admin"}, "expiresIn": "never"});
    book.post("a key that would outlive its maker", &mighty, "/api/apiKeys:create", values).await;
    let password =
        json!({"oldPassword": PASSWORD, "newPassword": "another one", "confirmPassword": "another one"});
    book.post("a key changes a password", &mighty, "/api/auth:changePassword", password).await;
    book.post(
        "a key chooses a default role",
        &mighty,
        "/api/users:setDefaultRole",
        json!({"roleName": "admin"}),
    )
    .await;
    book.post("a key raises somebody", &mighty, "/api/users/2/roles:add", json!(["root"])).await;
    book.check("forbidden.golden");
}

#[tokio::test]
async fn what_cannot_be_understood_or_done_is_refused_in_these_words() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (admin, nobody) = (&nocobase.admin, nocobase.nobody());
    let unique = json!({"name": "unique", "title": "Unique", "fields": [
        {"name": "title", "type": "string", "unique": true, "uiSchema": {"title": "The title"}},
        {"name": "must", "type": "integer", "allowNull": false},
        {"name": "short", "type": "string", "validation": {"type": "string", "rules": [{"name": "max", "args": {"limit": 3}}]}},
    ]});
    admin.post("/api/collections:create", unique).await.expect(200);
    admin.post("/api/unique:create", json!({"title": "a", "must": 1})).await.expect(200);
    nocobase.role("spare", json!({})).await;
    let mut book = Book::default();

    book.part("Addresses and methods");
    book.get("an unknown collection", admin, "/api/nothing:list").await;
    book.get("an unknown action", admin, "/api/todos:explode").await;
    book.get("an unknown action of the server's own", admin, "/api/apiKeys:get/1").await;
    book.get("no action", admin, "/api/todos").await;
    book.get("a GET that would write", admin, "/api/todos:update/1").await;
    book.note("a method nobody knows", &admin.call(Method::TRACE, LIST, None).await);
    book.get("an unknown data source", &admin.header("x-data-source", "other"), LIST).await;

    book.part("Bodies");
    let json_type = Some("application/json");
    let raw = async |text: String| admin.raw(Method::POST, "/api/todos:create", json_type, text).await;
    book.note("broken JSON", &raw("{".into()).await);
    book.note("a text", &raw("\"x\"".into()).await);
    book.note("too large", &raw(format!("\"{}\"", "x".repeat(limits::BODY_BYTES_MAX))).await);

    book.part("Signing in");
    let sign_in = "/api/auth:signIn";
    book.post("no account", &nobody, sign_in, json!({"password": "x"})).await;
    book.post("a wrong password", &nobody, sign_in, json!({"account": "admin", "password": "wrong"})).await;
    book.post("an unknown account", &nobody, sign_in, json!({"account": "eve", "password": "wrong"})).await;
    let values = json!({"username": "eve", "password": PASSWORD});
    book.post("signing up where it is closed", &nobody, "/api/auth:signUp", values).await;
    book.post("a lost password", &nobody, "/api/auth:lostPassword", json!({"email": "a@example.org"})).await;
    let values =
        json!({"oldPassword": "wrong", "newPassword": "a new password", "confirmPassword": "a new password"});
    book.post("a wrong old password", admin, "/api/auth:changePassword", values).await;
    let values = json!({"oldPassword": PASSWORD, "newPassword": "one new", "confirmPassword": "another new"});
    book.post("two new passwords", admin, "/api/auth:changePassword", values).await;
    for _ in 0..limits::SIGN_IN_FAILURES_MAX {
        nobody.post(sign_in, json!({"account": "bob", "password": "wrong"})).await;
    }
    book.post("too many wrong passwords", &nobody, sign_in, json!({"account": "bob", "password": "wrong"}))
        .await;

    book.part("Keys");
    let create = "/api/apiKeys:create";
    for (what, values) in [
        ("no name", json!({"role": {"name": "admin"}, "expiresIn": "1d"})),
        ("no role", json!({"name": "k", "expiresIn": "1d"})),
        ("a role one does not hold", json!({"name": "k", "role": {"name": "spare"}, "expiresIn": "1d"})),
        ("no lifetime", json!({"name": "k", "role": {"name": "admin"}})),
        (
            "a lifetime nobody understands",
            json!({"name": "k", "role": {"name": "admin"}, "expiresIn": "soon"}),
        ),
        ("a lifetime of digits", json!({"name": "k", "role": {"name": "admin"}, "expiresIn": "100"})),
    ] {
        book.post(what, admin, create, values).await;
    }
    book.note("destroy without a key", &post(admin, "/api/apiKeys:destroy").await);

    book.part("Questions");
    for (what, query) in [
        ("an unknown field in a filter", filter(json!({"nope": 1}))),
        ("an unknown operator", filter(json!({"title.$nope": 1}))),
        ("an unknown variable", filter(json!({"title": "{{$nope}}"}))),
        ("a filter that is no JSON", "filter=%7B".to_owned()),
        ("a filter that is a list", "filter=%5B1%5D".to_owned()),
        ("an unknown field to sort by", "sort=nope".to_owned()),
        ("an unknown field", "fields=nope".to_owned()),
        ("page 0", "page=0".to_owned()),
        ("pages of nothing", "pageSize=0".to_owned()),
        ("pages of letters", "pageSize=abc".to_owned()),
        ("a hidden field of a user", filter(json!({"createdBy.password": "x"}))),
    ] {
        book.get(what, admin, &format!("{LIST}?{query}")).await;
    }

    book.part("Writing");
    for action in ["update", "destroy"] {
        book.note(&format!("{action} without a target"), &post(admin, &format!("/api/todos:{action}")).await);
        let path = format!("/api/todos:{action}?filter=%7B%7D");
        book.note(&format!("{action} of everything"), &post(admin, &path).await);
    }
    let create = "/api/unique:create";
    book.post("a value that is taken", admin, create, json!({"title": "a", "must": 1})).await;
    book.post("an id that is taken", admin, create, json!({"id": 1, "must": 1})).await;
    book.post("a value that must be there", admin, create, json!({"title": "b"})).await;
    book.post("a value of a wrong type", admin, create, json!({"must": "x"})).await;
    book.post("two broken rules", admin, create, json!({"must": 1, "short": "long enough"})).await;
    book.post("no filterKeys", admin, "/api/unique:firstOrCreate", json!({"must": 1})).await;

    book.part("Structure and roles");
    book.post("a collection that exists", admin, "/api/collections:create", json!({"name": "todos"})).await;
    book.post("a collection without a good name", admin, "/api/collections:create", json!({"name": "1 x"}))
        .await;
    book.post("a reserved collection", admin, "/api/collections:create", json!({"name": "users"})).await;
    let field = json!({"name": "title", "type": "string"});
    book.post("a field that exists", admin, "/api/collections/todos/fields:create", field).await;
    book.post("a role that exists", admin, "/api/roles:create", json!({"name": "admin"})).await;
    book.post("a role mode nobody knows", admin, "/api/roles:setSystemRoleMode", json!({"roleMode": "x"}))
        .await;
    book.post("rights nobody could hold", admin, "/api/roles/member/dataSourceResources:create", json!({}))
        .await;
    book.post(
        "a scope nobody knows",
        admin,
        "/api/roles/member/dataSourceResources:create",
        json!({"name": "todos", "actions": [{"name": "view", "fields": null, "scopeKey": "nope"}]}),
    )
    .await;
    book.post("a user without a name", admin, "/api/users:create", json!({"password": PASSWORD})).await;
    book.post(
        "a user that exists",
        admin,
        "/api/users:create",
        json!({"username": "admin", "password": PASSWORD}),
    )
    .await;
    book.post("a short password", admin, "/api/users:create", json!({"username": "x", "password": "short"}))
        .await;
    book.post("a role nobody made", admin, "/api/users/1/roles:add", json!(["nope"])).await;
    book.post(
        "a default role one does not hold",
        admin,
        "/api/users:setDefaultRole",
        json!({"roleName": "nope"}),
    )
    .await;
    book.check("mistaken.golden");
}
