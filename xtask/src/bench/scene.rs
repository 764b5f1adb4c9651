//! The data the figures are about, made over HTTP as anybody would: keys of three kinds, and a collection
//! with many rows and a key that may read it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    Outcome,
    http::{Client, request_text},
    server::{self, ROOT_KEY, Server},
    torture::text,
};

const ROWS_PER_CALL: usize = 1_000;
const LIST: &str = "/api/todos:list?pageSize=25";
const CREATORS: usize = 8;

pub struct Scene {
    pub plain: Vec<String>,
    pub rate_limited: Vec<String>,
    pub counted: Vec<String>,
    /// A request that lists 25 rows, ready to send.
    pub list: Vec<u8>,
}

pub fn build(server: &Server, keys: usize, rows: usize) -> Outcome<Scene> {
    Ok(Scene {
        plain: keys_like(server.addr, keys, &json!({}))?,
        // Wide enough that no call of the run is refused: what is measured is the counting.
        rate_limited: keys_like(
            server.addr,
            keys,
            &json!({ "rate_limit": { "max": 8_000_000, "window_ms": 1_000 } }),
        )?,
        counted: keys_like(server.addr, keys, &json!({ "remaining": 1_000_000_000 }))?,
        list: list_request(&todos(server, rows)?),
    })
}

/// The bytes of a verification around the secret: before and behind it.
pub fn verify_request(secret: &str) -> Vec<u8> {
    request_text("POST", "/v1/keys/verify", Some(ROOT_KEY), &[], Some(&json!({ "key": secret })))
}

fn keys_like(addr: SocketAddr, count: usize, properties: &Value) -> Outcome<Vec<String>> {
    keys_at(addr, "/v1/keys", count, properties)
}

/// Keys as better-auth makes them, at Keyward or at better-auth itself: permissions, no quota, no rate limit.
pub fn better_auth_keys(addr: SocketAddr, count: usize) -> Outcome<Vec<String>> {
    let properties = json!({
        "userId": "bench",
        "permissions": { "files": ["read", "write"] },
        "rateLimitEnabled": false,
    });
    keys_at(addr, "/api/auth/api-key/create", count, &properties)
}

/// For Keyward and better-auth alike.
pub fn better_auth_request(secret: &str) -> Vec<u8> {
    let body = json!({ "key": secret, "permissions": { "files": ["read"] } });
    request_text("POST", "/api/auth/api-key/verify", Some(ROOT_KEY), &[], Some(&body))
}

/// For Keyward and NocoBase alike: 25 rows, by key.
pub fn list_request(key: &str) -> Vec<u8> {
    request_text("GET", LIST, Some(key), &[], None)
}

/// Whether that is what comes back, out of as many rows as there should be.
pub fn check_list(addr: SocketAddr, key: &str, rows: usize) -> Outcome<()> {
    let page = Client::new(addr, Some(key)).get(LIST)?.ok()?;
    let (shown, count) = (page["data"].as_array().map(Vec::len), page["meta"]["count"].as_u64());
    if shown == Some(25) && count == Some(rows as u64) {
        return Ok(());
    }
    Err(format!("not 25 of {rows} rows: {page}").into())
}

/// `count` keys with these properties; their secrets. Several callers, because each waits for the disk.
fn keys_at(addr: SocketAddr, path: &str, count: usize, properties: &Value) -> Outcome<Vec<String>> {
    let one_caller = |caller: usize| -> Outcome<Vec<String>> {
        let mut hands = Client::new(addr, Some(ROOT_KEY));
        let mut secrets = Vec::new();
        for number in (caller..count).step_by(CREATORS) {
            let mut body = properties.clone();
            body["name"] = format!("bench {number}").into();
            secrets.push(text(&hands.post(path, &body)?.ok()?, "key")?);
        }
        Ok(secrets)
    };
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CREATORS).map(|caller| scope.spawn(move || one_caller(caller))).collect();
        let mut all = Vec::new();
        for caller in callers {
            all.extend(caller.join().map_err(|_| "a caller died")??);
        }
        Ok(all)
    })
}

/// The collection, a role that may read it and a key with that role.
pub fn todos(server: &Server, rows: usize) -> Outcome<String> {
    let sign_in = json!({ "account": server::ADMIN_EMAIL, "password": server::ADMIN_PASSWORD });
    let session = Client::new(server.addr, None).post("/api/auth:signIn", &sign_in)?.ok()?;
    let mut admin = Client::new(server.addr, Some(&text(&session["data"], "token")?));
    let fields = json!([{ "name": "title", "type": "string" }, { "name": "completed", "type": "boolean" }]);
    admin.post("/api/collections:create", &json!({ "name": "todos", "fields": fields }))?.ok()?;
    for first in (0..rows).step_by(ROWS_PER_CALL) {
        let some: Vec<Value> = (first..rows.min(first + ROWS_PER_CALL))
            .map(|n| json!({ "title": format!("todo number {n}"), "completed": n % 3 == 0 }))
            .collect();
        admin.post("/api/todos:create", &Value::Array(some))?.ok()?;
    }
    let role = json!({ "name": "todosApi", "title": "To Dos API Role", "strategy": { "actions": ["view"] } });
    admin.post("/api/roles:create", &role)?.ok()?;
    let user = &session["data"]["user"]["id"];
    admin.post(&format!("/api/users/{user}/roles:add?filterByTk=todosApi"), &json!({}))?.ok()?;
    let key = json!({ "name": "bench", "role": { "name": "todosApi" }, "expiresIn": "30d" });
    let key = admin.post("/api/apiKeys:create", &key)?.ok()?;
    let key = text(&key["data"], "token")?;
    check_list(server.addr, &key, rows)?;
    Ok(key)
}
