//! Bad input, for every action: refused in the dialect's envelope, never a 500, nothing half written.

use axum::http::Method;
use serde_json::{Value, json};
use test_world::Reply;

use crate::world::{Nocobase, data};

/// What the door refuses it says in its envelope.
fn check(what: &str, reply: &Reply) {
    assert!(reply.code() < 500, "{what}: {} {}", reply.code(), reply.text());
    let body = reply.json();
    if reply.code() >= 400 {
        assert!(body["errors"][0]["message"].is_string(), "{what}: {body}");
    }
}

fn actions() -> Vec<(String, bool)> {
    let table = include_str!("actions.golden");
    let line = |line: &str| {
        let mut words = line.split(' ');
        let (name, verb) = (words.next().unwrap(), words.next().unwrap());
        (
            name.replace("*:", "todos:")
                .replace("collections.fields", "collections/todos/fields")
                .replace("users.roles", "users/2/roles")
                .replace("roles.", "roles/member/")
                .replace("dataSources.", "dataSources/main/"),
            verb == "Writes",
        )
    };
    table.lines().map(line).collect()
}

/// Leaves the caller signed in and its tables in place.
fn destructive(path: &str) -> bool {
    ["auth:signOut", "auth:changePassword"].contains(&path)
}

#[tokio::test]
async fn no_body_makes_any_action_fail_inside() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.user("bob", &[]).await;
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500));
    let long =
        json!({"name": "x".repeat(100_000), "title": "y".repeat(100_000), "account": "z".repeat(100_000)})
            .to_string();
    let megabyte = json!({"title": "x".repeat(1 << 20)}).to_string();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("broken", b"{\"a\":".to_vec()),
        ("not utf-8", vec![b'"', 0xff, 0xfe, b'"']),
        ("null byte", br#"{"title":"a\u0000b","name":"a\u0000b","account":"a\u0000b"}"#.to_vec()),
        ("null", b"null".to_vec()),
        ("number", b"1".to_vec()),
        ("text", b"\"x\"".to_vec()),
        ("list", b"[[],1,null,\"x\",{}]".to_vec()),
        ("wrong types", json!({"name": [1], "title": {"a": 1}, "role": 5, "roles": "x", "expiresIn": {}, "account": [], "password": {}, "fields": "x", "actions": 7, "resources": {}, "strategy": 1, "snippets": "pm", "type": [], "filterByTk": {"a": 1}, "values": 5, "resourceName": 5, "scope": "x"}).to_string().into_bytes()),
        ("wrong items", json!({"name": "x1", "fields": [1, null], "actions": [1], "resources": [1], "roles": [1], "snippets": [1], "strategy": {"actions": [1]}, "resourceName": "todos", "scope": {"a.$wat": 1}}).to_string().into_bytes()),
        ("unicode", json!({"name": "a\u{202e}b", "title": "\u{feff}\u{1f4a9}", "username": "bob\u{200b}", "account": "ＡＤＭＩＮ"}).to_string().into_bytes()),
        ("prototype", json!({"__proto__": {"x": 1}, "constructor": 1, "name": "__proto__"}).to_string().into_bytes()),
        ("huge numbers", b"{\"id\":1e999,\"title\":123456789012345678901234567890,\"expiresIn\":9223372036854775807,\"name\":\"n\"}".to_vec()),
        ("deep list", deep.into_bytes()),
        ("deep object", deep_object.into_bytes()),
        ("long", long.into_bytes()),
        ("a mebibyte", megabyte.into_bytes()),
    ];
    for (path, writes) in actions().into_iter().filter(|(p, w)| *w && !destructive(p)) {
        for (what, body) in &bodies {
            for query in ["", "?filterByTk=1"] {
                let address = format!("/api/{path}{query}");
                let reply =
                    nocobase.admin.raw(Method::POST, &address, Some("application/json"), body.clone()).await;
                check(&format!("{address} {what}"), &reply);
                assert!(writes);
            }
        }
    }
}

#[tokio::test]
async fn no_query_string_makes_any_action_fail_inside() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.user("bob", &[]).await;
    let wide = "a[]=1&".repeat(2_000);
    let deep = format!("filter{}=1", "[x]".repeat(100));
    let queries = [
        "page=0",
        "page=-1",
        "page=abc",
        "page=1e9",
        "page=18446744073709551615",
        "pageSize=18446744073709551615",
        "pageSize[]=1",
        "filter=%7B",
        "filter=[]",
        "filter=1",
        "filter[title.$wat]=1",
        "filter[$and]=x",
        "filter[nope]=1",
        "filter[title][$eq][a]=1",
        "filter[id]=abc",
        "filter[id][$between]=1",
        "filter[completed]=maybe",
        "filter[createdAt.$dateOn]=never",
        "filter[a.b.c.d]=1",
        "filter=%7B%22title%22:%7B%22$in%22:%7B%22a%22:1%7D%7D%7D",
        "filter=%7B%22%22:1%7D",
        "filter=%7B%22$eq%22:1%7D",
        "filter[title]=%7B%7B$env.SECRET%7D%7D",
        "sort=",
        "sort=-",
        "sort=nope",
        "sort[a]=b",
        "sort=,,,",
        "fields=nope",
        "fields[a][b]=c",
        "except=nope",
        "appends=nope",
        "filterByTk=abc",
        "filterByTk[a]=1",
        "filterByTk[]",
        "filterByTk=99999999999999999999",
        "filterByTk=%F0%9F%92%A9",
        "whitelist[a]=1",
        "filterKeys=nope",
        "filterKeys[]=title",
        "a=%ff",
        "a=%00",
        "a[b]=1&a=2",
        "%ff=1",
        "paginate=maybe",
        "ns=collections%2F..%2F..",
        wide.as_str(),
        deep.as_str(),
    ];
    for (path, writes) in actions().into_iter().filter(|(p, _)| !destructive(p)) {
        for query in queries {
            let address = format!("/api/{path}?{query}");
            let reply = if writes {
                nocobase.admin.post(&address, json!({"title": "x", "name": "x"})).await
            } else {
                nocobase.admin.get(&address).await
            };
            check(&address, &reply);
        }
    }
}

#[tokio::test]
async fn no_path_makes_the_door_fail_inside() {
    let nocobase = Nocobase::new().await;
    for path in [
        "",
        ":",
        ":list",
        "a:",
        "a:b:c",
        "%00:list",
        "%ff:list",
        "%:list",
        "a//b:c",
        "../etc:list",
        "a/%2e%2e/b:list",
        "todos:list/%ff",
        "users/%00/roles:list",
        "users/x/roles:list",
        "users/99999999999999999999/roles:list",
        "users/_/roles:list",
        "roles/nope/users:list",
        "collections/nope/fields:list",
        "dataSources/nope/roles:get",
        "💩:list",
    ] {
        let address: String = format!("/api/{path}")
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { "%F0%9F%92%A9".into() })
            .collect();
        let reply = nocobase.admin.get(&address).await;
        assert!(reply.code() < 500, "{address}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_refused_collection_leaves_nothing_behind() {
    let nocobase = Nocobase::new().await;
    let field = |name: &str| json!({"name": name, "type": "string"});
    for fields in [
        json!([field("a"), field("a")]),
        json!([field("a"), {"name": "b", "type": "teleport"}]),
        json!([field("a b")]),
    ] {
        nocobase
            .admin
            .post("/api/collections:create", json!({"name": "half", "fields": fields}))
            .await
            .expect(400);
        nocobase.admin.get("/api/half:list").await.expect(404);
    }
    let many: Vec<Value> = (0..600).map(|n| field(&format!("f{n}"))).collect();
    nocobase.admin.post("/api/collections:create", json!({"name": "half", "fields": many})).await.expect(400);
    assert_eq!(data(nocobase.admin.get("/api/collections:listMeta").await), json!([]));
}

#[tokio::test]
async fn text_that_looks_like_something_else_stays_text() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    for title in
        ["'; DROP TABLE todos; --", "\" OR 1=1", "{{ $user.id }}", "%_%", "\u{202e}txt", "🏳️‍🌈", "a\\b", "null"]
    {
        let made = data(nocobase.admin.post("/api/todos:create", json!({"title": title})).await);
        let found = data(nocobase.admin.get(&format!("/api/todos:get/{}", made["id"])).await);
        assert_eq!(found["title"], title);
    }
    assert_eq!(
        data(nocobase.admin.get("/api/todos:list?filter[title][$includes]=%25_").await)
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
