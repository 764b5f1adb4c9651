//! Keys over the wire: the contract of the issue, field by field.

use serde_json::{Value, json};

use crate::world::{ROOT, world};

fn id(key: &Value) -> &str {
    key["id"].as_str().unwrap()
}

fn secret(key: &Value) -> &str {
    key["key"].as_str().unwrap()
}

#[tokio::test]
async fn a_new_key_is_answered_whole_and_its_secret_is_shown_once() {
    let w = world().await;
    let wanted = json!({
        "name": "reporting", "description": "nightly", "type": "standard", "role": "member",
        "owner": "server", "permissions": {"files": ["read", "write"]},
        "scopes": [{"base": "main", "categories": {"records": "read"}}, {"operations": ["key.verify"]}],
        "allowed_hosts": ["192.0.2.0/24", "2001:db8::1"], "expires_at": "2027-02-01T00:00:00Z",
        "enabled": true, "rate_limit": {"max": 5, "window_ms": 1000}, "remaining": 10,
        "refill": {"amount": 10, "interval_ms": 86400000}, "metadata": {"team": "ä"}, "prefix": "ci",
        "revealable": true
    });
    let made = w.post(ROOT, "/v1/keys", wanted.clone()).await.expect(201);
    assert!(secret(&made).starts_with("kw_ci_"));
    for (field, value) in wanted.as_object().unwrap() {
        if field == "expires_at" {
            assert_eq!(made[field], "2027-02-01T00:00:00.000Z");
        } else {
            assert_eq!(&made[field], value, "{field}");
        }
    }
    let got = w.get(ROOT, &format!("/v1/keys/{}", id(&made))).await;
    assert!(!got.text.contains(secret(&made)), "a secret is shown once");
    let mut expected = made.clone();
    expected.as_object_mut().unwrap().shift_remove("key");
    assert_eq!(got.expect(200), expected);
}

#[tokio::test]
async fn a_key_of_which_nothing_is_said_ends_after_ninety_days() {
    let w = world().await;
    let key = w.key(json!({})).await;
    assert_eq!(
        (&key["enabled"], &key["remaining"], &key["scopes"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!(key["expires_at"], "2027-04-15T08:00:00.000Z");
    assert_eq!(w.key(json!({"expires_in": null})).await["expires_at"], Value::Null);
    assert_eq!(w.key(json!({"expires_at": null})).await["expires_at"], Value::Null);
    assert_eq!(w.key(json!({"expires_in": 60})).await["expires_at"], "2027-01-15T08:01:00.000Z");
    let both =
        w.post(ROOT, "/v1/keys", json!({"expires_in": 60, "expires_at": "2027-02-01T00:00:00Z"})).await;
    both.problem(400, "invalid");
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_null_clears() {
    let w = world().await;
    let key =
        w.key(json!({"name": "a", "permissions": {"x": ["y"]}, "remaining": 5, "metadata": {"a": 1}})).await;
    let path = format!("/v1/keys/{}", id(&key));
    let changed =
        w.patch(ROOT, &path, json!({"description": "d", "metadata": null, "remaining_add": 2})).await;
    let changed = changed.expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("a"), &json!("d")));
    assert_eq!((&changed["metadata"], &changed["remaining"]), (&Value::Null, &json!(7)));
    assert_eq!(changed["permissions"], json!({"x": ["y"]}));
    let changed =
        w.patch(ROOT, &path, json!({"remaining": null, "permissions": null, "scopes": []})).await.expect(200);
    assert_eq!(
        (&changed["remaining"], &changed["permissions"], &changed["scopes"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
    w.patch(ROOT, &path, json!({"enabled": null})).await.problem(400, "invalid");
    w.patch(ROOT, &path, json!({"type": "root"})).await.problem(400, "invalid");
}

#[tokio::test]
async fn a_disabled_and_a_revoked_key_are_refused_by_the_next_request() {
    let w = world().await;
    let key = w.key(json!({"scopes": [{"operations": ["key.verify"]}]})).await;
    let path = format!("/v1/keys/{}", id(&key));
    let reason = async || w.verify(json!({"key": secret(&key)})).await["reason"].clone();
    assert_eq!(reason().await, Value::Null);
    let disabled = w.post(ROOT, &format!("{path}/disable"), json!({})).await.expect(200);
    assert_eq!((disabled["enabled"].clone(), reason().await), (json!(false), json!("disabled")));
    w.ask("POST", &format!("{path}/enable")).bearer(ROOT).send("").await.expect(200);
    assert_eq!(reason().await, Value::Null);
    w.delete(ROOT, &path).await.expect(204);
    assert_eq!(reason().await, "unknown");
    w.get(ROOT, &path).await.problem(404, "not_found");
    w.delete(ROOT, &path).await.problem(404, "not_found");
}

#[tokio::test]
async fn rotation_overlaps_and_shares_the_balance() {
    let w = world().await;
    let old = w.key(json!({"remaining": 3})).await;
    let path = format!("/v1/keys/{}/rotate", id(&old));
    let new = w.post(ROOT, &path, json!({"overlap_ms": 60_000})).await.expect(200);
    assert_ne!(secret(&old), secret(&new));
    assert_eq!(w.verify(json!({"key": secret(&old)})).await["remaining"], 2);
    assert_eq!(w.verify(json!({"key": secret(&new)})).await["remaining"], 1);
    w.clock.advance(60_001);
    assert_eq!(w.verify(json!({"key": secret(&old)})).await["valid"], false);
    assert_eq!(w.verify(json!({"key": secret(&new)})).await["remaining"], 0);
    let ledger = w.get(ROOT, &format!("/v1/keys/{}/ledger", id(&old))).await.expect(200);
    let sum: i64 = ledger["items"].as_array().unwrap().iter().map(|e| e["amount"].as_i64().unwrap()).sum();
    assert_eq!((sum, &ledger["next_cursor"]), (0, &Value::Null));
}

#[tokio::test]
async fn only_a_revealable_key_shows_its_secret_again() {
    let w = world().await;
    let key = w.key(json!({"revealable": true})).await;
    let shown = w.post(ROOT, &format!("/v1/keys/{}/reveal", id(&key)), json!({})).await.expect(200);
    assert_eq!(shown["key"], key["key"]);
    let sealed = w.key(json!({})).await;
    let refused = w.post(ROOT, &format!("/v1/keys/{}/reveal", id(&sealed)), json!({})).await;
    assert!((400..500).contains(&refused.status), "{}", refused.text);
}

#[tokio::test]
async fn a_list_filters_sorts_and_goes_on_where_it_stopped() {
    let w = world().await;
    for n in 0..7 {
        w.clock.advance(1_000);
        w.key(json!({"name": format!("list {n}"), "enabled": n % 2 == 0})).await;
    }
    let mut names = Vec::new();
    let mut path = "/v1/keys?limit=2&sort=name&name=LIST&enabled=true".to_owned();
    loop {
        let page = w.get(ROOT, &path).await.expect(200);
        assert_eq!(page["total"], 4);
        names
            .extend(page["items"].as_array().unwrap().iter().map(|k| k["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/keys?limit=2&sort=name&name=LIST&enabled=true&cursor={cursor}");
    }
    assert_eq!(names, ["list 0", "list 2", "list 4", "list 6"]);
    let newest = w.get(ROOT, "/v1/keys?limit=1").await.expect(200);
    assert_eq!(newest["items"][0]["name"], "list 6");
}

#[tokio::test]
async fn an_unknown_filter_or_a_foreign_cursor_is_refused_by_name() {
    let w = world().await;
    for (query, field) in [
        ("enabeld=true", "enabeld"),
        ("enabled=yes", "enabled"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("sort=secret", "sort"),
        ("type=royal", "type"),
        ("owner=me", "owner"),
        ("role=nobody", "role"),
        ("cursor=%F0%9F%A6%80", "cursor"),
        ("cursor=abc", "cursor"),
        ("name=%00", "name"),
    ] {
        let body = w.get(ROOT, &format!("/v1/keys?{query}")).await.problem(400, "invalid");
        assert_eq!(body["errors"][0]["field"], field, "{query}: {body}");
    }
}

#[tokio::test]
async fn a_create_with_an_idempotency_key_happens_once() {
    let w = world().await;
    let create = async |mark: &str, name: &str| {
        let ask = w.ask("POST", "/v1/keys").bearer(ROOT).header("idempotency-key", mark);
        ask.json(&json!({ "name": name })).await
    };
    let first = create("m1", "once").await;
    let again = create("m1", "once").await;
    assert_eq!((again.header("idempotency-replayed"), again.status), ("true", 201));
    assert_eq!(first.json(), again.json());
    create("m1", "other").await.problem(409, "idempotency_key_reused");
    w.clock.advance(11 * 60_000);
    let late = create("m1", "once").await.expect(201);
    assert_eq!((&late["id"], &late["key"]), (&first.json()["id"], &Value::Null));
    create("m1", "other").await.problem(409, "idempotency_key_reused");
    let total = w.get(ROOT, "/v1/keys?name=once").await.expect(200)["total"].clone();
    assert_eq!(total, 1);
    create(&"x".repeat(256), "long").await.problem(400, "invalid");
    create("", "empty").await.problem(400, "invalid");
}

#[tokio::test]
async fn roles_and_users_are_made_once_per_idempotency_key_too() {
    let w = world().await;
    for (path, body) in [
        ("/v1/roles", json!({"name": "once"})),
        ("/v1/users", json!({"username": "once"})),
        ("/v1/organizations", json!({"name": "Once", "slug": "once"})),
    ] {
        let create = async || {
            let ask = w.ask("POST", path).bearer(ROOT).header("idempotency-key", "m");
            ask.json(&body).await.expect(201)
        };
        let first = create().await;
        assert_eq!(first, create().await);
        w.clock.advance(11 * 60_000);
        assert_eq!(first["id"], create().await["id"], "{path}");
    }
}

#[tokio::test]
async fn a_key_opens_only_what_its_layers_allow() {
    let w = world().await;
    let verifier = w.key(json!({"scopes": [{"operations": ["key.verify"]}], "type": "root"})).await;
    let token = secret(&verifier);
    assert_eq!(w.post(token, "/v1/keys/verify", json!({"key": "kw_x"})).await.status, 200);
    for (method, path) in [
        ("GET", "/v1/keys"),
        ("GET", "/v1/roles"),
        ("GET", "/v1/users"),
        ("GET", "/v1/audit"),
        ("GET", "/v1/usage"),
        ("POST", "/v1/keys/0193a1c2-3d4e-7f50-8a6b-0c1d2e3f4a5b/reveal"),
    ] {
        let refused = w.ask(method, path).bearer(token).send("").await;
        refused.problem(403, "level");
    }
    let nobody = w.ask("GET", "/v1/keys").send("").await;
    nobody.problem(401, "missing");
    assert_eq!(nobody.header("www-authenticate"), "Bearer realm=\"keyward\"");
    w.get("kw_nonsense", "/v1/keys").await.problem(401, "malformed");
    w.ask("GET", "/v1/keys").header("authorization", "Basic eDp5").send("").await.problem(401, "malformed");
    let by_header = w.ask("GET", "/v1/keys").api_key().send("").await;
    assert_eq!(by_header.status, 200);
}

#[tokio::test]
async fn what_is_not_yours_does_not_exist() {
    let w = world().await;
    let foreign = w.key(json!({"name": "foreign"})).await;
    let ada = w.session("ada", json!(["key.manage", "key.verify"])).await;
    let own = w.post(&ada, "/v1/keys", json!({"name": "own"})).await.expect(201);
    let path = format!("/v1/keys/{}", id(&foreign));
    w.get(&ada, &path).await.problem(404, "not_found");
    w.patch(&ada, &path, json!({"name": "mine"})).await.problem(404, "not_found");
    w.delete(&ada, &path).await.problem(404, "not_found");
    w.get(&ada, "/v1/keys/not-an-id").await.problem(404, "not_found");
    let list = w.get(&ada, "/v1/keys").await.expect(200);
    assert_eq!((&list["total"], &list["items"][0]["id"]), (&json!(1), &own["id"]));
    w.post(&ada, "/v1/keys", json!({"type": "root"})).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn a_host_limited_key_is_compared_with_the_peer_and_not_with_a_header() {
    let w = world().await;
    let key = w.key(json!({"type": "root", "allowed_hosts": ["203.0.113.7"]})).await;
    let ask = || w.ask("GET", "/v1/me").bearer(secret(&key));
    ask().from("203.0.113.7").send("").await.expect(200);
    ask().header("x-forwarded-for", "203.0.113.7").send("").await.problem(403, "host");
    ask().from("10.1.1.1").header("x-forwarded-for", "203.0.113.7").send("").await.expect(200);
    ask()
        .from("10.1.1.1")
        .header("x-forwarded-for", "203.0.113.7, 198.51.100.1")
        .send("")
        .await
        .problem(403, "host");
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let w = world().await;
    let key = w.key(json!({"type": "root", "rate_limit": {"max": 1, "window_ms": 10_000}})).await;
    w.get(secret(&key), "/v1/me").await.expect(200);
    let slowed = w.get(secret(&key), "/v1/me").await;
    let body = slowed.problem(429, "rate");
    assert_eq!((slowed.header("retry-after"), &body["retry_after_ms"]), ("10", &json!(10_000)));
    assert_eq!(body["decision_id"], slowed.header("x-decision-id"));
}
