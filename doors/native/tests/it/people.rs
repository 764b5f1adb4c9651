//! Roles, users, sessions.

use serde_json::{Value, json};

use crate::world::{PASSWORD, ROOT, world};

#[tokio::test]
async fn a_role_is_made_read_changed_and_deleted() {
    let w = world().await;
    let grants = json!([
        {"reach": "everywhere", "set": null, "allow": ["key.verify"]},
        {"reach": {"table": {"base": "main", "table": "todos"}}, "set": ["record.read", "record.update"],
         "allow": ["record.read"], "limits": [{"ops": ["record.read"], "rows": ["own"], "fields": ["title"]}]},
    ]);
    let made = w
        .post(ROOT, "/v1/roles", json!({"name": "writer", "title": "W", "grants": grants}))
        .await
        .expect(201);
    assert_eq!((&made["name"], &made["grants"]), (&json!("writer"), &grants));
    let path = format!("/v1/roles/{}", made["id"].as_str().unwrap());
    let changed = w.patch(ROOT, &path, json!({"title": null, "grants": []})).await.expect(200);
    assert_eq!(
        (&changed["title"], &changed["grants"], &changed["name"]),
        (&Value::Null, &json!([]), &json!("writer"))
    );
    assert_eq!(w.get(ROOT, &path).await.expect(200), changed);
    w.post(ROOT, "/v1/roles", json!({"name": "writer"})).await.problem(409, "conflict");
    w.delete(ROOT, &path).await.expect(204);
    w.get(ROOT, &path).await.problem(404, "not_found");
    let names: Vec<Value> = w.get(ROOT, "/v1/roles").await.expect(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["name"].clone())
        .collect();
    assert_eq!(names, ["admin", "member", "root"]);
}

#[tokio::test]
async fn a_user_is_made_given_roles_and_switched_off() {
    let w = world().await;
    let user = json!({"email": "Ada@Example.org", "name": "Ada", "password": PASSWORD});
    let ada = w.post(ROOT, "/v1/users", user).await.expect(201);
    assert_eq!(
        (&ada["email"], &ada["roles"], &ada["active"]),
        (&json!("ada@example.org"), &json!(["member"]), &json!(true))
    );
    let path = format!("/v1/users/{}", ada["id"].as_str().unwrap());
    let more = w.post(ROOT, &format!("{path}/roles"), json!({"roles": ["admin"]})).await.expect(200);
    assert_eq!(more["roles"].as_array().unwrap().len(), 2);
    let less = w.delete(ROOT, &format!("{path}/roles/member")).await;
    assert_eq!(less.expect(200)["roles"], json!(["admin"]));
    let token = w.sign_in("ada@example.org").await;
    let list = w.get(&token, "/v1/users?name=ada&role=admin&active=true").await.expect(200);
    assert_eq!(list["total"], 1);
    w.patch(ROOT, &path, json!({"active": false})).await.expect(200);
    assert_eq!(w.get(&token, "/v1/me").await.status, 401);
    w.delete(ROOT, &path).await.expect(204);
    w.get(ROOT, &path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_session_works_by_token_and_by_cookie_and_ends_with_sign_out() {
    let w = world().await;
    let body = json!({"account": "root@example.org", "password": PASSWORD});
    let signed_in = w.ask("POST", "/v1/sessions").json(&body).await;
    let cookie = signed_in.header("set-cookie").to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    let pair = cookie.split(';').next().unwrap().to_owned();
    let token = signed_in.expect(201)["token"].as_str().unwrap().to_owned();

    let me = w.get(&token, "/v1/me").await.expect(200);
    assert_eq!((&me["user"]["email"], &me["operator"]), (&json!("root@example.org"), &json!(true)));
    assert_eq!(w.ask("GET", "/v1/me").header("cookie", &pair).send("").await.status, 200);
    let change = || w.ask("POST", "/v1/keys").header("cookie", &pair);
    change().json(&json!({})).await.problem(403, "cross_origin");
    change().header("origin", "http://evil.test").json(&json!({})).await.problem(403, "cross_origin");
    change().header("origin", "http://keys.test").json(&json!({})).await.expect(201);
    change().header("sec-fetch-site", "same-origin").json(&json!({})).await.expect(201);

    assert_eq!(w.get(&token, "/v1/sessions").await.expect(200)["total"], 1);
    let out = w.delete(&token, "/v1/sessions/current").await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    w.get(&token, "/v1/me").await.problem(401, "unknown");
    w.delete(ROOT, "/v1/sessions/current").await.problem(404, "not_found");
}

#[tokio::test]
async fn wrong_passwords_are_refused_alike_and_slowed_down() {
    let w = world().await;
    let attempt = async |account: &str| {
        w.ask("POST", "/v1/sessions").json(&json!({"account": account, "password": "wrong wrong"})).await
    };
    let known = attempt("root@example.org").await.problem(401, "wrong_credentials");
    let unknown = attempt("nobody@example.org").await.problem(401, "wrong_credentials");
    assert_eq!(known["detail"], unknown["detail"]);
    let mut slowed = attempt("root@example.org").await;
    for _ in 0..20 {
        slowed = attempt("root@example.org").await;
    }
    slowed.problem(429, "too_many_attempts");
    assert!(!slowed.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_password_change_ends_the_sessions() {
    let w = world().await;
    let ada = w.session("ada", json!(["key.verify"])).await;
    let change = |old: &str| json!({"old": old, "new": "another good password"});
    w.post(&ada, "/v1/me/password", change("not it at all")).await.problem(401, "wrong_credentials");
    w.post(&ada, "/v1/me/password", change(PASSWORD)).await.expect(204);
    assert_eq!(w.get(&ada, "/v1/me").await.status, 401);
}

#[tokio::test]
async fn strangers_make_no_account_unless_the_server_is_open() {
    let w = world().await;
    let body = json!({"email": "eve@example.org", "password": PASSWORD});
    w.ask("POST", "/v1/sign-up").json(&body).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_hold() {
    let w = world().await;
    let ada = w.session("ada", json!(["key.manage", "role.manage", "user.manage"])).await;
    let everything = json!([{"reach": "everywhere", "allow": ["*"]}]);
    w.post(&ada, "/v1/roles", json!({"name": "god", "grants": everything})).await.problem(403, "not_allowed");
    w.post(&ada, "/v1/users", json!({"username": "bob", "roles": ["admin"]}))
        .await
        .problem(403, "not_allowed");
    w.post(&ada, "/v1/users", json!({"username": "bob", "root": true})).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn a_password_link_is_made_by_who_may_do_all_the_user_may_and_by_nobody_else() {
    let w = world().await;
    let ada = w.session("ada", json!(["user.manage"])).await;
    let id = |user: &str, all: &Value| {
        let rows = all["items"].as_array().unwrap();
        let row = rows.iter().find(|row| row["username"] == user || row["email"] == user).unwrap();
        row["id"].as_str().unwrap().to_owned()
    };
    w.session("bob", json!(["user.manage"])).await;
    let all = w.get(ROOT, "/v1/users").await.expect(200);
    let path = |user: &str| format!("/v1/users/{}/password-links", id(user, &all));
    let link = w.post(&ada, &path("bob"), json!({})).await.expect(201);
    assert!(link["token"].as_str().unwrap().starts_with("kwp_"));
    assert_eq!(link["expires_at"], "2027-01-15T09:00:00.000Z");
    // Whoever sets somebody's password is somebody.
    w.post(&ada, &path("root@example.org"), json!({})).await.problem(403, "not_allowed");
    let eve = w.session("eve", json!(["key.manage"])).await;
    assert_eq!(w.post(&eve, &path("bob"), json!({})).await.status, 403);
    let audit = w.get(ROOT, "/v1/audit").await.expect(200);
    assert!(audit["items"].as_array().unwrap().iter().any(|e| e["action"] == "user.password_link.create"));
    assert!(!audit.to_string().contains("kwp_"));
}
