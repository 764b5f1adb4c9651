//! The world itself: what it promises to the tests that stand on it.

mod import;

use domain::{
    access::{Op, Ops},
    catalog::FieldKind,
    key::Owner,
};
use guard::PlaceName;
use test_world::World;

#[tokio::test]
async fn actors_present_what_they_hold_and_get_whole_answers() {
    let world = World::new().await;
    let echo = axum::routing::post(|headers: axum::http::HeaderMap, body: String| async move {
        (
            axum::http::StatusCode::CREATED,
            format!("[{:?}, {body}]", headers["authorization"].to_str().unwrap()),
        )
    });
    let router = axum::Router::new().route("/echo", echo);
    let reply = world.operator(router).post("/echo", serde_json::json!({"a": 1})).await.expect(201);
    assert_eq!(reply.json(), serde_json::json!([format!("Bearer {}", world.root()), {"a": 1}]));
}

#[tokio::test]
async fn users_keys_sessions_and_tables_are_real() {
    let world = World::new().await;
    world.table("todos", &[("title", FieldKind::Text)]).await;
    let todos = PlaceName::Table { base: "main", table: "todos" };
    let reader = world.role("reader", World::on_table("todos", Ops::RECORD, Vec::new())).await;
    let ann = world.user("ann", &[reader]).await;
    let key = world.key(|k| (k.owner, k.role) = (Owner::User(ann.id), Some(reader))).await;
    let session = world.session(&ann).await;
    for secret in [&key.secret, &session] {
        assert!(world.check(secret, Op::RecordRead, todos).await.is_ok());
        assert!(world.check(secret, Op::TableDelete, todos).await.is_err());
    }
    assert!(world.allowed(Op::Settings, PlaceName::Server).await.principal().operator);
    world.advance(domain::limits::SESSION_LIFE_MS);
    assert!(world.check(&session, Op::RecordRead, todos).await.is_err());
}
