//! Ways to sign in by name, and refusals in the language of whoever asked.

use axum::http::Method;
use serde_json::{Value, json};
use test_world::WorldOptions;

use crate::world::{Nocobase, PASSWORD, data, error, post};

const TYPE: &str = "Email/Password";

async fn create(nocobase: &Nocobase, values: Value) -> Value {
    data(nocobase.admin.post("/api/authenticators:create", values).await)
}

fn public(list: &Value, name: &str) -> Value {
    list.as_array().unwrap().iter().find(|way| way["name"] == name).cloned().unwrap_or_default()
}

#[tokio::test]
async fn ways_to_sign_in_are_made_changed_and_removed_by_who_may_change_the_server() {
    let nocobase = Nocobase::new().await;
    let types = data(nocobase.admin.get("/api/authenticators:listTypes").await);
    assert_eq!(types[0]["name"], TYPE);
    let list = data(nocobase.admin.get("/api/authenticators:list").await);
    assert_eq!(
        (&list[0]["id"], &list[0]["name"], &list[0]["enabled"]),
        (&json!(1), &json!("basic"), &json!(true))
    );
    let made =
        create(&nocobase, json!({"name": "staff", "authType": TYPE, "title": "Staff", "id": 99})).await;
    assert_eq!((&made["id"], &made["enabled"], &made["options"]), (&json!(2), &json!(false), &json!({})));
    let path = "/api/authenticators:update?filterByTk=2";
    let changed = data(nocobase.admin.post(path, json!({"enabled": true, "title": "People"})).await);
    assert_eq!((&changed[0]["title"], &changed[0]["enabled"]), (&json!("People"), &json!(true)));
    assert_eq!(data(nocobase.admin.get("/api/authenticators:get?filterByTk=2").await)["title"], "People");
    assert_eq!(data(nocobase.admin.get("/api/authenticators:get?filterByTk=9").await), Value::Null);
    let by_name = "/api/authenticators:list?filter=%7B%22name%22%3A%22staff%22%7D";
    assert_eq!(data(nocobase.admin.get(by_name).await).as_array().unwrap().len(), 1);
    assert_eq!(data(post(&nocobase.admin, "/api/authenticators:destroy?filterByTk=1").await), json!(1));
    let last = post(&nocobase.admin, "/api/authenticators:destroy?filterByTk=2").await;
    assert_eq!(
        error(&last),
        (400, String::new(), "Please keep and enable at least one authenticator".into())
    );
    nocobase.admin.post(path, json!({"enabled": false})).await.expect(400);
    assert_eq!(data(post(&nocobase.admin, "/api/authenticators:destroy?filterByTk=9").await), json!(0));
    let public = data(nocobase.nobody().get("/api/authenticators:publicList").await);
    assert_eq!(public[0]["authTypeTitle"], "Password", "a word, and no template");
    assert_eq!(public.as_array().unwrap().len(), 1);
    assert_eq!(public[0]["name"], "staff");
}

#[tokio::test]
async fn ways_that_make_no_sense_are_refused_with_a_reason() {
    let nocobase = Nocobase::new().await;
    for (values, wrong) in [
        (json!({"authType": TYPE}), "name"),
        (json!({"name": "x"}), "authType"),
        (json!({"name": "x", "authType": "OIDC"}), "OpenID Connect"),
        (json!({"name": "a b", "authType": TYPE}), "name"),
        (json!({"name": "a;b", "authType": TYPE}), "name"),
        (json!({"name": "basic", "authType": TYPE}), "name already exists"),
        (json!({"name": "x", "authType": TYPE, "options": []}), "options"),
        (json!({"name": "x", "authType": TYPE, "options": {"a": "x".repeat(3_000)}}), "options"),
        (json!({"name": "x", "authType": TYPE, "enabled": "yes"}), "enabled"),
        (json!({"name": "x", "authType": TYPE, "title": "a\nb"}), "title"),
    ] {
        let (status, _, message) = error(&nocobase.admin.post("/api/authenticators:create", values).await);
        assert_eq!(status, 400, "{wrong}");
        assert!(message.contains(wrong), "{wrong}: {message}");
    }
    assert_eq!(data(nocobase.admin.get("/api/authenticators:list").await).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_may_not_change_the_server_sees_only_what_everybody_does() {
    let nocobase = Nocobase::new().await;
    let options = json!({"secret": "s3cret", "public": {"hint": "hello"}});
    create(&nocobase, json!({"name": "staff", "authType": TYPE, "enabled": true, "options": options})).await;
    nocobase.role("people", json!({"snippets": ["pm", "pm.*"], "strategy": {"actions": ["view"]}})).await;
    let (_, boss) = nocobase.user("boss", &["people"]).await;
    for action in ["list", "get?filterByTk=1", "listTypes"] {
        boss.get(&format!("/api/authenticators:{action}")).await.expect(403);
    }
    for action in ["create", "update?filterByTk=1", "destroy?filterByTk=2"] {
        let path = format!("/api/authenticators:{action}");
        boss.post(&path, json!({"name": "x", "authType": TYPE, "enabled": true})).await.expect(403);
        nocobase.nobody().post(&path, json!({})).await.expect(401);
        nocobase.admin.call(Method::GET, &path, None).await.expect(405);
    }
    let list = nocobase.nobody().get("/api/authenticators:publicList").await;
    assert!(!list.text().contains("s3cret"));
    assert_eq!(public(&data(list), "staff")["options"]["hint"], "hello");
}

#[tokio::test]
async fn a_way_never_opens_what_the_operator_has_shut() {
    let closed = Nocobase::new().await;
    let open = Nocobase::with(WorldOptions { signup_open: true, ..WorldOptions::default() }).await;
    let form =
        json!([{"field": "email", "show": true, "required": true}, {"field": "password", "show": true}]);
    for (nocobase, opened) in [(&closed, false), (&open, true)] {
        let options =
            json!({"public": {"allowSignUp": true, "enableResetPassword": true, "signupForm": form}});
        create(nocobase, json!({"name": "mail", "authType": TYPE, "enabled": true, "options": options}))
            .await;
        create(nocobase, json!({"name": "staff", "authType": TYPE, "enabled": true})).await;
        let list = data(nocobase.nobody().get("/api/authenticators:publicList").await);
        let allows = |name: &str| public(&list, name)["options"]["allowSignUp"].clone();
        assert_eq!(
            (allows("basic"), allows("mail"), allows("staff")),
            (opened.into(), opened.into(), false.into())
        );
        assert_eq!(public(&list, "mail")["options"]["enableResetPassword"], Value::Null, "there is no mail");
        let fields = public(&list, "mail")["options"]["signupForm"].clone();
        assert_eq!((&fields[0]["field"], fields.as_array().unwrap().len()), (&json!("email"), 1));
    }
    let sign_up = async |nocobase: &Nocobase, way: &str, name: &str| {
        let values = json!({"username": name, "email": format!("{name}@example.org"), "nickname": "N",
            "password": PASSWORD, "confirm_password": PASSWORD});
        nocobase.nobody().header("x-authenticator", way).post("/api/auth:signUp", values).await
    };
    assert_eq!(sign_up(&closed, "mail", "eve").await.code(), 403);
    assert_eq!(sign_up(&open, "staff", "eve").await.code(), 403);
    sign_up(&open, "mail", "eve").await.expect(200);
    // Only what its form asks for is taken.
    let eve = open.world.store.user_by_email("eve@example.org").await.unwrap().unwrap();
    assert_eq!((eve.username, eve.name), (None, None));
    let without = json!({"username": "ann", "password": PASSWORD, "confirm_password": PASSWORD});
    let reply = open.nobody().header("x-authenticator", "mail").post("/api/auth:signUp", without).await;
    assert_eq!(error(&reply), (400, String::new(), "Please enter a valid email address".into()));
}

#[tokio::test]
async fn a_way_nobody_knows_is_the_first_one() {
    let nocobase = Nocobase::new().await;
    for way in ["basic", "nope", ""] {
        let values = json!({"account": "admin", "password": PASSWORD});
        nocobase.nobody().header("x-authenticator", way).post("/api/auth:signIn", values).await.expect(200);
    }
}

#[tokio::test]
async fn refusals_are_told_in_chinese_to_who_asks_for_it_and_codes_stay() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.nobody();
    let chinese = (401, "EMPTY_TOKEN".to_owned(), "尚未登录，请先登录。".to_owned());
    let english = (401, "EMPTY_TOKEN".to_owned(), "Unauthenticated. Please sign in to continue.".to_owned());
    let path = "/api/auth:check";
    assert_eq!(error(&nobody.header("x-locale", "zh-CN").get(path).await), chinese);
    assert_eq!(error(&nobody.get(&format!("{path}?locale=zh-CN")).await), chinese);
    let header = nobody.header("x-locale", "en-US");
    assert_eq!(error(&header.get(&format!("{path}?locale=zh-CN")).await), english, "the header counts");
    for unknown in ["fr-FR", "*", "zh-TW", "\u{7f}"] {
        if let Ok(value) = axum::http::HeaderValue::from_str(unknown) {
            let asking = nobody.header("x-locale", value.to_str().unwrap());
            assert_eq!(error(&asking.get(path).await), english, "{unknown}");
        }
    }
    assert_eq!(error(&nobody.header("accept-language", "zh-CN").get(path).await), english, "as the original");
    let taken = nocobase.admin.header("x-locale", "zh-CN");
    let values = json!({"username": "admin", "password": PASSWORD});
    assert!(error(&taken.post("/api/users:create", values).await).2.ends_with("sername 已存在"));
    assert_eq!(data(taken.get("/api/app:getLang").await)["lang"], "zh-CN");
}
