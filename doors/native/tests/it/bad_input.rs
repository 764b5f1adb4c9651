//! Whatever is sent: a problem of the 4xx kind that names the field, and nothing half-written.

use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, ROOT, World, world};

pub const NO_SUCH: &str = "0193a1c2-3d4e-7f50-8a6b-0c1d2e3f4a5b";

/// Every endpoint that takes a body, with a body it would accept but for the ids.
pub fn endpoints() -> Vec<(&'static str, String, Value)> {
    let at = |path: &str| path.replace("{id}", NO_SUCH);
    vec![
        ("POST", at("/v1/keys"), json!({"name": "x"})),
        ("PATCH", at("/v1/keys/{id}"), json!({"name": "x"})),
        ("POST", at("/v1/keys/{id}/rotate"), json!({"overlap_ms": 0})),
        ("POST", at("/v1/keys/verify"), json!({"key": "x"})),
        ("POST", at("/v1/decisions"), json!({"key": "x"})),
        ("POST", at("/v1/roles"), json!({"name": "x"})),
        ("PATCH", at("/v1/roles/{id}"), json!({"title": "x"})),
        ("POST", at("/v1/users"), json!({"username": "x"})),
        ("PATCH", at("/v1/users/{id}"), json!({"name": "x"})),
        ("POST", at("/v1/users/{id}/roles"), json!({"roles": ["member"]})),
        ("POST", at("/v1/organizations"), json!({"name": "x", "slug": "x"})),
        ("POST", at("/v1/sessions"), json!({"account": "x", "password": "y"})),
        ("POST", at("/v1/sign-up"), json!({"email": "x@y.z", "password": "password"})),
        ("POST", at("/v1/me/password"), json!({"old": "x", "new": "y"})),
    ]
}

/// How many records there are, and how many changes were written.
async fn state(w: &World) -> Vec<Value> {
    let mut counts = Vec::new();
    for path in ["/v1/keys", "/v1/roles", "/v1/users", "/v1/organizations", "/v1/audit?action=key"] {
        counts.push(w.get(ROOT, path).await.expect(200)["total"].clone());
    }
    counts
}

#[track_caller]
fn assert_refused(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
    let body = answer.json();
    assert!(
        body["code"].is_string() && body["detail"].is_string() && body["title"].is_string(),
        "{what}: {body}"
    );
}

#[tokio::test]
async fn broken_bodies_are_refused_by_every_endpoint_and_leave_nothing_behind() {
    let w = world().await;
    let before = state(&w).await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let deep_object = format!("{}1{}", "{\"metadata\":".repeat(200), "}".repeat(200));
    let long = format!("{{\"name\":\"{}\"}}", "a".repeat(1 << 20));
    for (method, path, good) in endpoints() {
        let cases: [(&str, &str, Vec<u8>, u16); 11] = [
            ("broken", "application/json", b"{\"name\":".to_vec(), 400),
            ("empty object twice", "application/json", b"{} {}".to_vec(), 400),
            ("no object", "application/json", b"[]".to_vec(), 400),
            ("a text", "application/json", b"\"x\"".to_vec(), 400),
            ("null", "application/json", b"null".to_vec(), 400),
            ("not UTF-8", "application/json", b"{\"name\":\"\xff\"}".to_vec(), 400),
            ("deep", "application/json", deep.clone().into_bytes(), 400),
            ("deep objects", "application/json", deep_object.clone().into_bytes(), 400),
            ("1 MiB", "application/json", long.clone().into_bytes(), 413),
            ("form", "application/x-www-form-urlencoded", b"name=x".to_vec(), 415),
            ("text", "text/plain", good.to_string().into_bytes(), 415),
        ];
        for (what, content_type, body, status) in cases {
            let ask = w.ask(method, &path).bearer(ROOT).header("content-type", content_type);
            let answer = ask.send(body).await;
            assert_refused(&answer, &format!("{what} to {method} {path}"));
            assert_eq!(answer.status, status, "{what} to {method} {path}: {}", answer.text);
        }
        let none = w.ask(method, &path).bearer(ROOT).send(good.to_string()).await;
        none.problem(415, "unsupported_media_type");
    }
    assert_eq!(state(&w).await, before, "nothing half-written");
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_name_everywhere() {
    let w = world().await;
    for (method, path, mut good) in endpoints() {
        good["nmae"] = json!("x");
        let body = w.ask(method, &path).bearer(ROOT).json(&good).await.problem(400, "invalid");
        assert_eq!(body["errors"][0]["field"], "nmae", "{method} {path}: {body}");
    }
}

#[tokio::test]
async fn a_field_given_twice_is_refused_everywhere() {
    let w = world().await;
    for (method, path, good) in endpoints() {
        let text = good.to_string();
        let twice = format!("{},{}", text.trim_end_matches('}'), text.trim_start_matches('{'));
        let ask = w.ask(method, &path).bearer(ROOT).header("content-type", "application/json");
        let answer = ask.send(twice).await;
        assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_wrong_type_names_its_field_everywhere() {
    let w = world().await;
    for (method, path, good) in endpoints() {
        let (field, value) = good.as_object().unwrap().iter().next().unwrap();
        for wrong in [json!(7), json!("x"), json!([7]), json!({"x": 1}), json!(true)] {
            if std::mem::discriminant(&wrong) == std::mem::discriminant(value) && !wrong.is_array() {
                continue;
            }
            let mut body = good.clone();
            body[field] = wrong.clone();
            let told = w.ask(method, &path).bearer(ROOT).json(&body).await.problem(400, "invalid");
            let named = told["errors"][0]["field"].as_str().unwrap();
            assert!(named.starts_with(field.as_str()), "{method} {path} {wrong}: {told}");
        }
    }
}

#[tokio::test]
async fn null_characters_are_refused_everywhere() {
    let w = world().await;
    for (method, path, good) in endpoints() {
        let mut body = good.clone();
        let field = good.as_object().unwrap().keys().next().unwrap().clone();
        if !body[&field].is_string() || path == "/v1/keys/verify" {
            continue;
        }
        body[&field] = json!("a\u{0}b");
        let answer = w.ask(method, &path).bearer(ROOT).json(&body).await;
        assert_refused(&answer, &format!("{method} {path}"));
    }
    assert_eq!(w.verify(json!({"key": "a\u{0}b"})).await["reason"], "malformed");
}

#[tokio::test]
async fn each_field_of_a_key_is_refused_by_its_name_when_it_cannot_be() {
    let w = world().await;
    let before = state(&w).await;
    let many_hosts: Vec<String> = (0..257).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect();
    let many_scopes = vec![json!({"base": "main"}); 257];
    let many: Value =
        (0..300).map(|n| (format!("r{n}"), json!(["a"]))).collect::<serde_json::Map<_, _>>().into();
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(256)}), "name"),
        (json!({"name": "ü".repeat(256)}), "name"),
        (json!({"name": {"en": "x"}}), "name"),
        (json!({"description": "x".repeat(256)}), "description"),
        (json!({"type": "superuser"}), "type"),
        (json!({"type": 1}), "type"),
        (json!({"role": "no-such-role"}), "role"),
        (json!({"owner": "bob"}), "owner"),
        (json!({"owner": format!("user:{NO_SUCH}")}), "owner"),
        (json!({"owner": format!("team:{NO_SUCH}")}), "owner"),
        (json!({"permissions": []}), "permissions"),
        (json!({"permissions": {"files": [1]}}), "permissions.files[0]"),
        (json!({"permissions": many}), "permissions"),
        (json!({"scopes": {}}), "scopes"),
        (json!({"scopes": [["main"]]}), "scopes[0]"),
        (json!({"scopes": [{"bases": "main"}]}), "scopes[0].bases"),
        (json!({"scopes": [{"categories": {"records": "admin"}}]}), "scopes[0].categories"),
        (json!({"scopes": [{"operations": ["record.fly"]}]}), "scopes[0].operations[0]"),
        (json!({"scopes": many_scopes}), "scopes"),
        (json!({"allowed_hosts": "10.0.0.1"}), "allowed_hosts"),
        (json!({"allowed_hosts": ["localhost"]}), "allowed_hosts"),
        (json!({"allowed_hosts": ["10.0.0.0/33"]}), "allowed_hosts"),
        (json!({"allowed_hosts": many_hosts}), "allowed_hosts"),
        (json!({"expires_at": "tomorrow"}), "expires_at"),
        (json!({"expires_at": 1}), "expires_at"),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
        (json!({"expires_in": 0}), "expires_in"),
        (json!({"expires_in": -1}), "expires_in"),
        (json!({"expires_in": i64::MAX}), "expires_in"),
        (json!({"expires_in": "90d"}), "expires_in"),
        (json!({"enabled": "yes"}), "enabled"),
        (json!({"rate_limit": 5}), "rate_limit"),
        (json!({"rate_limit": [5, 1000]}), "rate_limit"),
        (json!({"rate_limit": {"max": 5}}), "rate_limit.window_ms"),
        (json!({"rate_limit": {"max": -5, "window_ms": 1}}), "rate_limit.max"),
        (json!({"rate_limit": {"max": 5, "window_ms": 0}}), "rate_limit"),
        (json!({"rate_limit": {"max": 4294967295u32, "window_ms": 1}}), "rate_limit"),
        (json!({"rate_limit": {"max": 5, "window": 1}}), "rate_limit.window"),
        (json!({"remaining": -1}), "remaining"),
        (json!({"remaining": 1.5}), "remaining"),
        (json!({"remaining": i64::MAX}), "remaining"),
        (json!({"refill": {"amount": 1}}), "refill.interval_ms"),
        (json!({"refill": {"amount": 1, "interval_ms": 1}}), "refill"),
        (json!({"remaining": 1, "refill": {"amount": 0, "interval_ms": 1}}), "refill"),
        (json!({"metadata": []}), "metadata"),
        (json!({"metadata": {"x": "y".repeat(17_000)}}), "metadata"),
        (json!({"prefix": ""}), "prefix"),
        (json!({"prefix": "a b"}), "prefix"),
        (json!({"prefix": "x".repeat(33)}), "prefix"),
        (json!({"revealable": 1}), "revealable"),
    ] {
        let answer = w.post(ROOT, "/v1/keys", body.clone()).await;
        assert_refused(&answer, &body.to_string());
        let (told, body) = (answer.json(), body.to_string().chars().take(200).collect::<String>());
        assert_eq!(answer.status, 400, "{body}: {told}");
        let named = told["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{body}: {told}");
    }
    assert_eq!(state(&w).await, before, "nothing half-written");
}

#[tokio::test]
async fn unusual_letters_are_kept_as_they_are_or_refused_and_never_break_anything() {
    let w = world().await;
    for name in [
        "ключ",
        "鍵",
        "🔑",
        "مفتاح",
        "e\u{301}",
        "\u{202e}drowssap",
        "a\u{200b}b",
        "Ω\u{fe0f}",
        "' OR 1=1 --",
        "%",
        "_",
        "\\",
        "\u{feff}bom",
        "\u{1}control",
        "\t",
        "\n",
        " ",
        "𐐀",
        "\u{10ffff}",
        "İ",
    ] {
        let answer = w.post(ROOT, "/v1/keys", json!({ "name": name })).await;
        if answer.status == 201 {
            assert_eq!(answer.json()["name"], name, "{name:?}");
        } else {
            assert_refused(&answer, name);
        }
        let encoded: String = name.bytes().map(|b| format!("%{b:02x}")).collect();
        let found = w.get(ROOT, &format!("/v1/keys?name={encoded}")).await;
        assert_eq!(found.status, 200, "{name:?}: {}", found.text);
    }
    let percent = w.get(ROOT, "/v1/keys?name=%25").await.expect(200);
    assert_eq!(percent["total"], 1, "% is a letter, not a wildcard");
    let surrogate = w.ask("POST", "/v1/keys").bearer(ROOT).header("content-type", "application/json");
    surrogate.send(r#"{"name":"\ud800"}"#).await.problem(400, "invalid_json");
}

#[tokio::test]
async fn odd_paths_and_queries_are_not_found_or_refused() {
    let w = world().await;
    for path in [
        "/v1/keys/%00",
        "/v1/keys/%ff",
        "/v1/keys/..%2f..",
        "/v1/keys/' OR 1=1 --",
        "/v1/keys/%F0%9F%94%91",
        "/v1/keys/0193a1c2-3d4e-7f50-8a6b-0c1d2e3f4a5b/unknown",
        "/v1//keys",
        "/v1/keys/",
        "/v1/keys?a=%",
        "/v1/keys?limit=-1",
        "/v1/keys?limit=99999999999999999999",
        "/v1/keys?cursor=eyJvZmZzZXQiOi0xfQ",
        "/v1/users?active=maybe",
        "/v1/audit?from=now",
        "/v1/roles?limit=1",
    ] {
        let answer = w.get(ROOT, &path.replace(' ', "%20")).await;
        assert_refused(&answer, path);
    }
    let long = format!("/v1/keys?name={}", "a".repeat(20_000));
    assert_eq!(w.get(ROOT, &long).await.status, 414);
}

#[tokio::test]
async fn a_login_with_odd_values_is_refused_like_any_wrong_one() {
    let w = world().await;
    for account in ["", "' OR 1=1 --", "root@example.org ", &"x".repeat(100_000), "\u{202e}"] {
        for password in ["", "x", &"p".repeat(100_000), PASSWORD] {
            let body = json!({"account": account, "password": password});
            let answer = w.ask("POST", "/v1/sessions").json(&body).await;
            if account.trim() == "root@example.org" && password == PASSWORD {
                continue;
            }
            assert_refused(&answer, &format!("{} {}", account.len(), password.len()));
        }
    }
}

#[tokio::test]
async fn grants_that_mean_nothing_are_refused_by_field() {
    let w = world().await;
    for (grant, field) in [
        (json!({"allow": ["record.read"]}), "grants[0].reach"),
        (json!({"reach": "nowhere", "allow": []}), "grants[0]"),
        (json!({"reach": {"table": {"base": "main"}}, "allow": []}), "grants[0]"),
        (json!({"reach": "everywhere", "allow": ["fly"]}), "grants[0].allow"),
        (json!({"reach": "everywhere", "allow": "*"}), "grants[0].allow"),
        (json!({"reach": "everywhere", "allow": [], "deny": ["*"]}), "grants[0].deny"),
        (
            json!({"reach": "everywhere", "allow": [], "limits": [{"ops": ["record.read"], "rows": ["others"]}]}),
            "grants[0]",
        ),
        (json!(["everywhere", null, [], []]), "grants[0]"),
    ] {
        let answer = w.post(ROOT, "/v1/roles", json!({"name": "odd", "grants": [grant]})).await;
        let told = answer.problem(400, "invalid");
        let named = told["errors"][0]["field"].as_str().unwrap();
        assert!(named.starts_with(field), "{grant}: {told}");
    }
    assert_eq!(w.get(ROOT, "/v1/roles").await.expect(200)["total"], 3);
}
