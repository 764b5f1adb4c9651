//! Who may call what, for every operation of the document: nothing is open that does not say so.

use serde_json::{Value, json};

use crate::{
    bad_input::{NO_SUCH, endpoints},
    world::{Answer, ROOT, World, world},
};

/// Every operation, with a body it takes and whether it says that it is open to everybody.
fn operations() -> Vec<(String, String, Option<Value>, bool)> {
    let document: Value = serde_json::from_str(&door_native::openapi_json()).unwrap();
    let bodies = endpoints();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let (method, path) =
                (method.to_uppercase(), path.replace("{id}", NO_SUCH).replace("{role}", "member"));
            let body = bodies.iter().find(|(m, p, _)| *m == method && *p == path).map(|(_, _, b)| b.clone());
            let open = operation["security"] == json!([{}]);
            all.push((method, path, body, open));
        }
    }
    all
}

async fn call(w: &World, token: Option<&str>, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let ask = w.ask(method, path);
    let ask = match token {
        Some(token) => ask.bearer(token),
        None => ask,
    };
    match body {
        Some(body) => ask.json(body).await,
        None => ask.send("").await,
    }
}

#[tokio::test]
async fn nothing_is_open_that_does_not_say_so() {
    let w = world().await;
    for (method, path, body, open) in operations() {
        let answer = call(&w, None, &method, &path, body.as_ref()).await;
        if open {
            assert!(!answer.text.contains("\"missing\""), "{method} {path}: {}", answer.text);
        } else {
            answer.problem(401, "missing");
        }
    }
}

#[tokio::test]
async fn a_key_without_rights_learns_only_who_it_is() {
    let w = world().await;
    let key = w.key(json!({"type": "root", "scopes": []})).await;
    let token = key["key"].as_str().unwrap();
    let about_oneself = ["/v1/me", "/v1/me/password", "/v1/sessions", "/v1/sessions/current", "/v1/bases"];
    for (method, path, body, open) in operations() {
        let answer = call(&w, Some(token), &method, &path, body.as_ref()).await;
        let own = about_oneself.contains(&path.as_str()) || path.starts_with("/v1/sessions/");
        if open || own {
            assert!(answer.status < 500, "{method} {path}: {}", answer.text);
        } else {
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
        }
    }
    assert_eq!(w.get(token, "/v1/bases").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn racing_creates_with_one_idempotency_key_make_one_key() {
    let w = world().await;
    let create = async || {
        let ask = w.ask("POST", "/v1/keys").bearer(ROOT).header("idempotency-key", "race");
        ask.json(&json!({"name": "raced"})).await
    };
    let (a, b, c, d) = tokio::join!(create(), create(), create(), create());
    let mut made = Vec::new();
    for answer in [a, b, c, d] {
        match answer.status {
            201 => made.push(answer.json()),
            _ => drop(answer.problem(409, "idempotency_key_busy")),
        }
    }
    assert!(made.windows(2).all(|pair| pair[0] == pair[1]) && !made.is_empty());
    assert_eq!(w.get(ROOT, "/v1/keys?name=raced").await.expect(200)["total"], 1);
}
