//! API keys: who can make which, what is shown of them, and their end.

use domain::secret::Secret;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::world::{APP_KEY, Nocobase, data, door, error, post, refused};

const MANAGER: &str = "pm.api-keys.configuration";

/// A user whose role may view everything and manage keys.
async fn manager(nocobase: &Nocobase, name: &str) -> (i64, test_world::Actor) {
    let values = json!({"strategy": {"actions": ["view"]}, "snippets": [MANAGER]});
    nocobase.role(&format!("{name}Role"), values).await;
    nocobase.user(name, &[&format!("{name}Role")]).await
}

fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode_claims(token).unwrap()
}

fn forged(alg: Algorithm, key: &str, claims: Value) -> String {
    jsonwebtoken::encode(&Header::new(alg), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

#[tokio::test]
async fn a_token_names_its_user_and_role_and_ends_when_it_says() {
    let nocobase = Nocobase::new().await;
    let (id, user) = manager(&nocobase, "bob").await;
    for (expires_in, seconds) in [
        (json!("30d"), 2_592_000),
        (json!(3600), 3_600),
        (json!("2 days"), 172_800),
        (json!("never"), 31_557_600_000_i64),
    ] {
        let values = json!({"name": "k", "role": {"name": "bobRole"}, "expiresIn": expires_in});
        let token =
            data(user.post("/api/apiKeys:create", values).await)["token"].as_str().unwrap().to_owned();
        let said = claims(&token);
        assert_eq!((&said["userId"], &said["roleName"]), (&json!(id), &json!("bobRole")));
        assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), seconds);
        assert!(said["jti"].as_str().unwrap().len() >= 22);
    }
}

#[tokio::test]
async fn a_key_without_a_role_of_ones_own_a_name_or_a_lifetime_is_not_made() {
    let nocobase = Nocobase::new().await;
    let (_, user) = manager(&nocobase, "bob").await;
    for (values, message) in [
        (json!({"name": "k", "role": {"name": "admin"}, "expiresIn": "1d"}), "Role not found"),
        (json!({"name": "k", "role": {"name": "nope"}, "expiresIn": "1d"}), "Role not found"),
        (json!({"name": "k", "expiresIn": "1d"}), "role is required"),
        (json!({"role": {"name": "bobRole"}, "expiresIn": "1d"}), "name is required"),
        (json!({"name": "k", "role": {"name": "bobRole"}}), "expiresIn is required"),
    ] {
        assert_eq!(error(&user.post("/api/apiKeys:create", values.clone()).await).2, message, "{values}");
    }
    for nonsense in [json!("30"), json!("soon"), json!(-1), json!([1]), json!(""), json!(null)] {
        let values = json!({"name": "k", "role": {"name": "bobRole"}, "expiresIn": nonsense});
        user.post("/api/apiKeys:create", values).await.expect(400);
    }
    let long = json!({"name": "x".repeat(256), "role": {"name": "bobRole"}, "expiresIn": "1d"});
    user.post("/api/apiKeys:create", long).await.expect(400);
    assert_eq!(user.get("/api/apiKeys:list").await.json()["meta"]["count"], 0, "nothing was half made");
}

#[tokio::test]
async fn everybody_sees_and_ends_only_their_own_keys() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (_, bob) = manager(&nocobase, "bob").await;
    let (_, eve) = manager(&nocobase, "eve").await;
    let token = nocobase.key(&bob, "bobRole").await;
    let key = nocobase.nobody().bearer(&token);
    let rows = data(bob.get("/api/apiKeys:list?appends[]=role").await);
    assert_eq!(
        (&rows[0]["name"], &rows[0]["roleName"], &rows[0]["expiresIn"]),
        (&json!("a key"), &json!("bobRole"), &json!("30d"))
    );
    assert_eq!(rows[0]["role"]["name"], "bobRole");
    for other in [&eve, &nocobase.admin] {
        assert_eq!(other.get("/api/apiKeys:list").await.json()["meta"]["count"], 0);
        assert_eq!(
            data(post(other, &format!("/api/apiKeys:destroy?filterByTk={}", rows[0]["id"])).await),
            json!(0)
        );
    }
    key.get("/api/todos:list").await.expect(200);
    assert_eq!(
        data(post(&bob, &format!("/api/apiKeys:destroy?filterByTk[]={}", rows[0]["id"])).await),
        json!(1)
    );
    assert_eq!(refused(&key.get("/api/todos:list").await), (401, "BLOCKED_TOKEN".into()));
}

#[tokio::test]
async fn keys_made_in_the_same_instant_are_different_and_live_apart() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (_, bob) = manager(&nocobase, "bob").await;
    let (first, second) = (nocobase.key(&bob, "bobRole").await, nocobase.key(&bob, "bobRole").await);
    assert_ne!(first, second);
    post(&nocobase.nobody().bearer(&first), "/api/auth:signOut").await.expect(200);
    nocobase.nobody().bearer(&second).get("/api/todos:list").await.expect(200);
}

#[tokio::test]
async fn managing_keys_needs_the_snippet_for_it() {
    let nocobase = Nocobase::new().await;
    nocobase.role("plain", json!({"strategy": {"actions": ["*"]}})).await;
    let (_, user) = nocobase.user("bob", &["plain"]).await;
    user.get("/api/apiKeys:list").await.expect(403);
    user.post("/api/apiKeys:create", json!({"name": "k", "role": {"name": "plain"}, "expiresIn": "1d"}))
        .await
        .expect(403);
    let (_, eve) = manager(&nocobase, "eve").await;
    // Rejecting wins over allowing, whatever the order.
    let snippets = json!({"snippets": [MANAGER, "!pm.*"]});
    nocobase.admin.post("/api/roles:update?filterByTk=eveRole", snippets).await.expect(200);
    eve.get("/api/apiKeys:list").await.expect(403);
}

#[tokio::test]
async fn a_key_never_makes_a_key_that_outlives_it() {
    let nocobase = Nocobase::new().await;
    let (_, bob) = manager(&nocobase, "bob").await;
    let key = nocobase.nobody().bearer(&nocobase.key(&bob, "bobRole").await);
    let values =
        |expires_in: &str| json!({"name": "child", "role": {"name": "bobRole"}, "expiresIn": expires_in});
    for longer in ["31d", "never"] {
        key.post("/api/apiKeys:create", values(longer)).await.expect(403);
    }
    key.post("/api/apiKeys:create", values("1d")).await.expect(200);
}

#[tokio::test]
async fn a_good_signature_without_a_live_row_opens_nothing() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let exp = nocobase.world.now().0 / 1_000 + 3_600;
    let live = json!({"userId": 1, "roleName": "root", "iat": exp - 7_200, "exp": exp});
    for (token, code) in [
        (forged(Algorithm::HS256, APP_KEY, live.clone()), "BLOCKED_TOKEN"),
        (forged(Algorithm::HS256, "another key", live.clone()), "INVALID_TOKEN"),
        (forged(Algorithm::HS512, APP_KEY, live), "INVALID_TOKEN"),
        ("eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOjEsInJvbGVOYW1lIjoicm9vdCJ9.".to_owned(), "INVALID_TOKEN"),
    ] {
        let got = nocobase.nobody().bearer(&token).get("/api/todos:list").await;
        assert_eq!(refused(&got), (401, code.to_owned()), "{token}");
    }
}

#[tokio::test]
async fn a_key_ends_at_its_time_and_not_before() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (_, bob) = manager(&nocobase, "bob").await;
    let values = json!({"name": "k", "role": {"name": "bobRole"}, "expiresIn": 60});
    let token = data(bob.post("/api/apiKeys:create", values).await)["token"].as_str().unwrap().to_owned();
    let key = nocobase.nobody().bearer(&token);
    nocobase.world.advance(59_000);
    key.get("/api/todos:list").await.expect(200);
    nocobase.world.advance(1_000);
    assert_eq!(refused(&key.get("/api/todos:list").await), (401, "INVALID_TOKEN".into()));
}

#[tokio::test]
async fn a_key_loses_its_role_when_its_user_does_and_gets_it_back() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (id, bob) = manager(&nocobase, "bob").await;
    let key = nocobase.nobody().bearer(&nocobase.key(&bob, "bobRole").await);
    post(&nocobase.admin, &format!("/api/users/{id}/roles:remove?filterByTk=bobRole")).await.expect(200);
    assert_eq!(refused(&key.get("/api/todos:list").await), (401, "ROLE_NOT_FOUND_FOR_USER".into()));
    assert_eq!(refused(&bob.get("/api/todos:list").await), (401, "USER_HAS_NO_ROLES_ERR".into()));
    nocobase.admin.post("/api/roles/bobRole/users:add", json!([id])).await.expect(200);
    key.get("/api/todos:list").await.expect(200);
}

#[tokio::test]
async fn the_role_header_does_not_change_what_a_key_is() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    nocobase.role("reader", json!({"strategy": {"actions": ["view"]}, "snippets": [MANAGER]})).await;
    let (_, bob) = nocobase.user("bob", &["reader", "admin"]).await;
    let key = nocobase.nobody().bearer(&nocobase.key(&bob.header("x-role", "reader"), "reader").await);
    for role in ["admin", "root", "nonsense", "anonymous"] {
        let key = key.header("x-role", role);
        key.get("/api/todos:list").await.expect(200);
        key.post("/api/todos:create", json!({"title": "x"})).await.expect(403);
    }
}

#[tokio::test]
async fn a_token_in_the_address_is_only_read_where_the_operator_says_so() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let (_, bob) = manager(&nocobase, "bob").await;
    let path = format!("/api/todos:list?token={}", nocobase.key(&bob, "bobRole").await);
    assert_eq!(refused(&nocobase.nobody().get(&path).await), (401, "EMPTY_TOKEN".into()));
    let open = door(&nocobase.world, |settings| settings.query_token = true);
    nocobase.world.nobody(open).get(&path).await.expect(200);
}

#[tokio::test]
async fn native_keys_and_the_operators_key_work_at_this_door_too() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let operator = nocobase.world.operator(nocobase.router.clone());
    assert_eq!(operator.get("/api/todos:list").await.json()["meta"]["count"], 3);
    let read = test_world::World::on_table("todos", domain::access::Op::RecordRead.bit(), Vec::new());
    let role = nocobase.world.role("native", read).await;
    let issued = nocobase.world.key(|key| key.role = Some(role)).await;
    let key = nocobase.nobody().bearer(Secret::new(issued.secret).expose());
    assert_eq!(key.get("/api/todos:list").await.json()["meta"]["count"], 3);
    key.post("/api/todos:create", json!({"title": "x"})).await.expect(403);
}
