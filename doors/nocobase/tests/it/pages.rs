//! Pages with blocks of code: who may read and write them, and what is too much. And the files of the web page: what
//! they are served with.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Nocobase, data, door, error};

fn page(code: &str) -> Value {
    json!({"title": "Notes", "blocks": [{"title": "first", "code": code}]})
}

#[tokio::test]
async fn a_page_is_made_read_changed_and_removed() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let made = data(admin.post("/api/uiPages:create", page("ctx.render('x')")).await);
    assert_eq!((&made["id"], &made["title"], &made["sort"]), (&json!(1), &json!("Notes"), &json!(1)));
    assert_eq!(made["blocks"], json!([{"id": 1, "title": "first", "code": "ctx.render('x')"}]));
    data(admin.post("/api/uiPages:create", json!({"title": "Second"})).await);
    let titles: Vec<Value> = data(admin.get("/api/uiPages:list?paginate=false").await)
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["title"].clone())
        .collect();
    assert_eq!(titles, ["Notes", "Second"]);
    let seen = made["updatedAt"].clone();
    nocobase.world.advance(1_000);
    let values = json!({"title": "Other", "blocks": [], "updatedAt": seen});
    let changed = data(admin.post("/api/uiPages:update?filterByTk=1", values.clone()).await);
    assert_eq!((&changed[0]["title"], &changed[0]["blocks"]), (&json!("Other"), &json!([])));
    // Who began before that would undo it.
    let (status, _, message) = error(&admin.post("/api/uiPages:update?filterByTk=1", values).await);
    assert_eq!((status, message.as_str()), (400, "the page was changed meanwhile; load it again"));
    assert_eq!(data(admin.post("/api/uiPages:update?filterByTk=9", json!({"title": "x"})).await), json!([]));
    assert_eq!(data(admin.post("/api/uiPages:destroy?filterByTk=1", Value::Null).await), json!(1));
    assert_eq!(data(admin.get("/api/uiPages:get?filterByTk=1").await), Value::Null);
}

#[tokio::test]
async fn everybody_signed_in_reads_pages_and_only_who_edits_the_interface_writes_them() {
    let nocobase = Nocobase::new().await;
    data(nocobase.admin.post("/api/uiPages:create", page("1")).await);
    nocobase.role("editor", json!({"snippets": ["ui.*"]})).await;
    nocobase
        .role("tables", json!({"snippets": ["pm", "pm.*", "!ui.*"], "strategy": {"actions": ["*"]}}))
        .await;
    let (_, editor) = nocobase.user("eve", &["editor"]).await;
    let (_, tables) = nocobase.user("tom", &["tables"]).await;
    let (_, member) = nocobase.user("ann", &["member"]).await;
    for who in [&editor, &tables, &member] {
        assert_eq!(data(who.get("/api/uiPages:list").await)[0]["title"], "Notes");
    }
    for (who, status) in [(&editor, 200), (&tables, 403), (&member, 403), (&nocobase.nobody(), 401)] {
        assert_eq!(who.post("/api/uiPages:create", page("2")).await.code(), status);
        assert_eq!(who.post("/api/uiPages:update?filterByTk=1", json!({"sort": 1})).await.code(), status);
        assert_eq!(who.post("/api/uiPages:destroy?filterByTk=99", Value::Null).await.code(), status);
    }
    assert_eq!(nocobase.nobody().get("/api/uiPages:list").await.code(), 401);
    // What edits the interface does not edit structure.
    let refused = editor.post("/api/collections:create", json!({"name": "things"})).await;
    assert_eq!(refused.code(), 403);
}

#[tokio::test]
async fn a_key_never_writes_what_runs_in_front_of_people_and_reads_it_only_for_an_editor() {
    let nocobase = Nocobase::new().await;
    data(nocobase.admin.post("/api/uiPages:create", page("1")).await);
    nocobase
        .role("keys", json!({"snippets": ["pm.api-keys.configuration"], "strategy": {"actions": ["*"]}}))
        .await;
    nocobase.role("both", json!({"snippets": ["pm.api-keys.configuration", "ui.*"]})).await;
    let (_, owner) = nocobase.user("kim", &["keys", "both"]).await;
    for (role, reads) in [("keys", 403), ("both", 200)] {
        let key = nocobase.nobody().bearer(&nocobase.key(&owner.header("x-role", role), role).await);
        assert_eq!(key.get("/api/uiPages:list").await.code(), reads, "{role}");
        for (path, values) in [
            ("uiPages:create", page("2")),
            ("uiPages:update?filterByTk=1", page("2")),
            ("uiPages:destroy?filterByTk=1", Value::Null),
        ] {
            assert_eq!(key.post(&format!("/api/{path}"), values).await.code(), 403, "{role} {path}");
        }
    }
    let kept = data(nocobase.admin.get("/api/uiPages:get?filterByTk=1").await);
    assert_eq!(kept["blocks"][0]["code"], "1");
}

#[tokio::test]
async fn too_much_and_nonsense_is_refused_and_changes_nothing() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let blocks = |count: usize, code: &str| json!(vec![json!({"code": code}); count]);
    for bad in [
        json!({}),
        json!({"title": null}),
        json!({"title": " "}),
        json!({"title": "x".repeat(256)}),
        json!({"title": {"a": 1}}),
        json!({"title": "x", "sort": "first"}),
        json!({"title": "x", "blocks": "code"}),
        json!({"title": "x", "blocks": [1]}),
        json!({"title": "x", "blocks": [{"code": 1}]}),
        json!({"title": "x", "blocks": [{"code": "a\u{0}"}]}),
        json!({"title": "x", "blocks": [{"code": "y".repeat((32 << 10) + 1)}]}),
        json!({"title": "x", "blocks": blocks(21, "")}),
        json!({"title": "x", "blocks": blocks(20, &"y".repeat(32 << 10))}),
    ] {
        assert_eq!(admin.post("/api/uiPages:create", bad.clone()).await.code(), 400);
    }
    assert_eq!(data(admin.get("/api/uiPages:list?paginate=false").await), json!([]));
    // The name is no collection's any more.
    let taken = admin.post("/api/collections:create", json!({"name": "uiPages"})).await;
    assert_eq!(error(&taken).0, 400);
}

#[tokio::test]
async fn the_document_describes_pages() {
    let nocobase = Nocobase::new().await;
    let document = nocobase.admin.get("/api/swagger:get").await.expect(200).json();
    for action in ["list", "get", "create", "update", "destroy"] {
        assert!(document["paths"][format!("/uiPages:{action}")].is_object(), "{action}");
    }
}

#[tokio::test]
async fn the_page_is_served_with_a_policy_and_changes_nothing_by_being_asked() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.nobody();
    let moved = nobody.get("/nocobase").await;
    assert_eq!((moved.code(), moved.headers["location"].to_str().unwrap()), (308, "/nocobase/"));
    let index = nobody.get("/nocobase/").await.expect(200);
    let policy = index.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let script = nobody.get("/nocobase/app/main.js").await.expect(200);
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    let known = nobody.header("if-none-match", script.headers["etag"].to_str().unwrap());
    assert_eq!(known.get("/nocobase/app/main.js").await.code(), 304);
    assert_eq!(nobody.call(Method::POST, "/nocobase/", None).await.code(), 405);
    for absent in [
        "/nocobase/app/",
        "/nocobase/../Cargo.toml",
        "/nocobase/modules/axios@1/README.md",
        "/nocobase/nothing",
    ] {
        assert_eq!(nobody.get(absent).await.code(), 404, "{absent}");
    }
}

#[tokio::test]
async fn a_page_that_is_off_is_not_there_and_a_base_path_of_the_same_name_still_answers() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let off = nocobase.world.nobody(door(&nocobase.world, |settings| settings.page.on = false));
    assert_eq!(off.get("/nocobase/").await.code(), 404);
    let own = door(&nocobase.world, |settings| {
        settings.base_path = door_nocobase::BasePath::parse("/nocobase/");
    });
    let admin = crate::world::signed_in(&nocobase.world.nobody(own), "admin").await;
    assert_eq!(data(admin.get("/nocobase/todos").await).as_array().unwrap().len(), 3);
    admin.get("/nocobase/").await.expect(200);
}
