//! Defects of the original that have no better place among the tests: what several do at once, what a role that
//! is taken away leaves behind, what the disk remembers. The whole list is in `QUIRKS.md`.

use serde_json::{Value, json};
use test_world::{Actor, WorldOptions};

use crate::world::{Nocobase, data, post, refused};

async fn on_disk() -> (Nocobase, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = WorldOptions { folder: Some(folder.path().to_owned()), ..WorldOptions::default() };
    (Nocobase::with(options).await, folder)
}

/// `bob` with the role of this name and a key of it.
async fn with_key(nocobase: &Nocobase, role: &str) -> (i64, Actor, String) {
    let values = json!({"strategy": {"actions": ["view", "create", "update"]}, "snippets": ["pm.api-keys.configuration"]});
    nocobase.role(role, values).await;
    let (id, bob) = nocobase.user("bob", &[role]).await;
    let token = nocobase.key(&bob, role).await;
    (id, bob, token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_writers_on_a_disk_are_all_served() {
    let (nocobase, _folder) = on_disk().await;
    nocobase.todos().await;
    let (_, bob, token) = with_key(&nocobase, "worker").await;
    let key = nocobase.nobody().bearer(&token);
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..200 {
        let actor = if n % 2 == 0 { key.clone() } else { bob.clone() };
        calls.spawn(async move {
            let made = actor.post("/api/todos:create", json!({"title": format!("t{n}")})).await.expect(200);
            let id = made.json()["data"]["id"].clone();
            let path = format!("/api/todos:update/{id}");
            actor.post(&path, json!({"completed": true})).await.expect(200);
            actor.get("/api/todos:list").await.expect(200);
            id.as_i64().unwrap()
        });
    }
    let mut ids = calls.join_all().await;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200, "nobody got the record of another");
    let done = bob.get("/api/todos:list?filter[completed]=true&pageSize=1").await.expect(200).json();
    assert_eq!(done["meta"]["count"], 200);
}

#[tokio::test]
async fn no_token_is_on_the_disk() {
    let (nocobase, folder) = on_disk().await;
    let (_, _, token) = with_key(&nocobase, "worker").await;
    let session = data(
        nocobase
            .nobody()
            .post("/api/auth:signIn", json!({"account": "bob", "password": crate::world::PASSWORD}))
            .await,
    )["token"]
        .as_str()
        .unwrap()
        .to_owned();
    nocobase.world.guard.flush().await.unwrap();
    nocobase.world.store.close();
    // A part that says nothing by itself is no secret: the signature, and what a session is all of.
    let secrets = [token.rsplit('.').next().unwrap().to_owned(), session, crate::world::PASSWORD.to_owned()];
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        seen += bytes.len();
        for secret in &secrets {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
    }
    assert!(seen > 10_000, "the database is there");
}

#[tokio::test]
async fn a_role_taken_away_by_any_address_is_gone_with_the_next_call() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (id, _, token) = with_key(&nocobase, "worker").await;
    nocobase.role("other", json!({})).await;
    let key = nocobase.nobody().bearer(&token);
    let lost = (401, "ROLE_NOT_FOUND_FOR_USER".to_owned());
    let give: [(String, Value); 4] = [
        (format!("users/{id}/roles:add"), json!(["worker"])),
        ("roles/worker/users:add".to_owned(), json!([id])),
        (format!("users/{id}/roles:set"), json!(["worker"])),
        (format!("users:update/{id}"), json!({"roles": ["worker"]})),
    ];
    let take: [(String, Value); 6] = [
        (format!("users/{id}/roles:remove?filterByTk=worker"), json!(null)),
        (format!("users/{id}/roles:remove"), json!(["worker"])),
        (format!("users/{id}/roles:set"), json!(["other"])),
        (format!("roles/worker/users:remove?filterByTk={id}"), json!(null)),
        ("roles/worker/users:set".to_owned(), json!([])),
        (format!("users:update/{id}"), json!({"roles": ["other"]})),
    ];
    for (at, (path, body)) in take.into_iter().enumerate() {
        key.get("/api/todos:list").await.expect(200);
        nocobase.admin.post(&format!("/api/{path}"), body).await.expect(200);
        assert_eq!(refused(&key.get("/api/todos:list").await), lost, "{path}");
        let (path, body) = &give[at % give.len()];
        nocobase.admin.post(&format!("/api/{path}"), body.clone()).await.expect(200);
    }
    key.get("/api/todos:list").await.expect(200);
    // A role that is removed takes its keys along.
    post(&nocobase.admin, "/api/roles:destroy?filterByTk=worker").await.expect(200);
    key.get("/api/todos:list").await.expect(401);
}

#[tokio::test]
async fn a_key_of_a_role_with_the_longest_name_works() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let name = "r".repeat(domain::limits::NAME_CHARS_MAX);
    let (_, bob, token) = with_key(&nocobase, &name).await;
    assert!(token.len() > 255);
    nocobase.nobody().bearer(&token).get("/api/todos:list").await.expect(200);
    assert_eq!(data(bob.get("/api/apiKeys:list").await)[0]["roleName"], name);
    let longer = json!({"name": format!("{name}r")});
    nocobase.admin.post("/api/roles:create", longer).await.expect(400);
}

#[tokio::test]
async fn a_key_cannot_be_ended_made_or_seen_by_a_key_without_the_right() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (_, bob, token) = with_key(&nocobase, "worker").await;
    let key = nocobase.nobody().bearer(&token);
    let never = json!({"name": "more", "role": {"name": "worker"}, "expiresIn": "never"});
    key.post("/api/apiKeys:create", never).await.expect(403);
    let roots = json!({"name": "more", "role": {"name": "root"}, "expiresIn": "1d"});
    key.post("/api/apiKeys:create", roots).await.expect(400);
    // What it makes ends no later than it does.
    let short = json!({"name": "more", "role": {"name": "worker"}, "expiresIn": "1d"});
    let made = data(key.post("/api/apiKeys:create", short).await)["token"].as_str().unwrap().to_owned();
    nocobase.nobody().bearer(&made).get("/api/todos:list").await.expect(200);
    nocobase.admin.post("/api/roles:update?filterByTk=worker", json!({"snippets": []})).await.expect(200);
    for path in ["apiKeys:list", "apiKeys:destroy?filterByTk=1", "apiKeys:create"] {
        let reply = if path.ends_with("list") {
            key.get(&format!("/api/{path}")).await
        } else {
            post(&key, &format!("/api/{path}")).await
        };
        assert_eq!(reply.code(), 403, "{path}");
        assert_eq!(bob.post(&format!("/api/{path}"), json!({})).await.code(), 403, "{path}");
    }
    key.get("/api/todos:list").await.expect(200);
}
