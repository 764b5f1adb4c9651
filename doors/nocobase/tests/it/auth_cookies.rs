//! Sign-in cookies: only where the operator wants them, out of reach of scripts and of other pages.

use axum::{Router, http::Method};
use serde_json::json;
use test_world::{Actor, Reply};

use crate::world::{Nocobase, PASSWORD, data, door, error, post, refused};

const CHECK: &str = "/api/auth:check";
const DAY_MS: i64 = 86_400_000;

fn with_cookies(nocobase: &Nocobase) -> Router {
    door(&nocobase.world, |settings| {
        settings.cookies = true;
        settings.trusted_origins = vec!["https://app.example".to_owned()];
    })
}

async fn sign_in(page: &Actor) -> Reply {
    page.post("/api/auth:signIn", json!({"account": "admin", "password": PASSWORD})).await.expect(200)
}

/// What a browser would send from now on, and what scripts of the page could read of it.
struct Jar {
    all: String,
    csrf: String,
}

fn jar(reply: &Reply) -> Jar {
    let set = cookies(reply);
    let pair = |text: &String| text.split(';').next().unwrap().to_owned();
    let csrf = set.iter().find(|text| text.starts_with("nb_csrf_token_main=")).map(pair).unwrap_or_default();
    let all: Vec<String> = set.iter().map(pair).collect();
    Jar { all: all.join("; "), csrf: csrf.split_once('=').map(|(_, v)| v.to_owned()).unwrap_or_default() }
}

fn cookies(reply: &Reply) -> Vec<String> {
    reply.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn no_cookie_is_set_or_read_unless_the_operator_wants_them() {
    let nocobase = Nocobase::new().await;
    let reply = sign_in(&nocobase.nobody()).await;
    assert!(cookies(&reply).is_empty());
    let token = data(reply)["token"].as_str().unwrap().to_owned();
    let browser = nocobase.nobody().header("cookie", &format!("nb_auth_token_main={token}"));
    assert_eq!(refused(&browser.get(CHECK).await), (401, "EMPTY_TOKEN".into()));
    let own = nocobase.nobody().bearer(&token);
    assert_eq!(data(post(&own, "/api/auth:syncCookies").await), json!({"synced": false}));
}

#[tokio::test]
async fn the_token_is_out_of_reach_of_scripts_and_stays_on_this_site() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.world.nobody(with_cookies(&nocobase));
    let set = cookies(&sign_in(&nobody).await);
    let of = |name: &str| set.iter().find(|text| text.starts_with(name)).unwrap().clone();
    assert!(of("nb_auth_token_main=kws_").ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"));
    assert!(of("nb_authenticator_main=basic;").contains("HttpOnly"));
    for readable in ["nb_csrf_token_main=", "nb_role_main="] {
        assert!(of(readable).ends_with("Max-Age=604800; SameSite=Lax"), "{readable}");
    }
    assert!(of("nb_role_main=").starts_with("nb_role_main=root;"), "as roles:check says");
    let secure = door(&nocobase.world, |settings| {
        settings.cookies = true;
        settings.base_url = "https://keyward.test".to_owned();
    });
    let set = cookies(&sign_in(&nocobase.world.nobody(secure)).await);
    assert!(!set.is_empty() && set.iter().all(|text| text.ends_with("; Secure")));
}

#[tokio::test]
async fn what_came_by_cookie_reads_and_writes_only_with_the_proof_that_it_was_meant() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let nobody = nocobase.world.nobody(with_cookies(&nocobase));
    let jar_one = jar(&sign_in(&nobody).await);
    let other = jar(&sign_in(&nobody).await);
    let browser = nobody.header("cookie", &jar_one.all);
    assert_eq!(data(browser.get("/api/todos:list").await).as_array().unwrap().len(), 3);
    let row = json!({"title": "walk", "completed": false});
    let planted =
        nobody.header("cookie", &format!("{}; nb_csrf_token_main=aaaaaaaaaaaaaaaaaaaaaaaa", jar_one.all));
    for actor in [
        browser.clone(),
        browser.header("x-csrf-token", ""),
        browser.header("x-csrf-token", &other.csrf),
        planted.header("x-csrf-token", "aaaaaaaaaaaaaaaaaaaaaaaa"),
    ] {
        let reply = actor.post("/api/todos:create", row.clone()).await;
        assert_eq!(error(&reply), (403, String::new(), "Invalid CSRF token".into()));
        // A question that is posted is no different.
        actor.post("/api/todos:list", json!({})).await.expect(403);
    }
    let meant = browser.header("x-csrf-token", &jar_one.csrf);
    meant.post("/api/todos:create", row.clone()).await.expect(200);
    // A header that names a credential is no cookie: it needs no proof, and it is what counts.
    let key = nocobase.key(&nocobase.admin, "admin").await;
    browser.bearer(&key).post("/api/todos:create", row.clone()).await.expect(200);
    let by_key = nobody.header("cookie", &format!("nb_auth_token_main={key}"));
    assert_eq!(
        refused(&by_key.get("/api/todos:list").await),
        (401, "EMPTY_TOKEN".into()),
        "keys never travel so"
    );
    browser.bearer("nonsense").get("/api/todos:list").await.expect(401);
}

#[tokio::test]
async fn a_page_of_somebody_else_gets_no_cookies() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.world.nobody(with_cookies(&nocobase));
    for (header, page, own) in [
        ("origin", "http://keyward.test", true),
        ("origin", "https://app.example", true),
        ("referer", "https://app.example/sign-in?x=1", true),
        ("origin", "https://evil.example", false),
        ("origin", "null", false),
        ("origin", "https://app.example.evil.example", false),
        ("referer", "https://evil.example/https://app.example/", false),
        ("referer", "https://app.example@evil.example/", false),
    ] {
        let reply = sign_in(&nobody.header(header, page)).await;
        assert_eq!(!cookies(&reply).is_empty(), own, "{header}: {page}");
        let signed_in = nobody.bearer(data(reply)["token"].as_str().unwrap()).header(header, page);
        let synced = post(&signed_in, "/api/auth:syncCookies").await.expect(200);
        assert_eq!(cookies(&synced).len(), if own { 4 } else { 0 }, "{header}: {page}");
    }
}

#[tokio::test]
async fn a_renewed_token_comes_as_a_cookie_and_signing_out_takes_all_of_them() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.world.nobody(with_cookies(&nocobase));
    let old = jar(&sign_in(&nobody).await);
    nocobase.world.advance(DAY_MS);
    let reply = nobody.header("cookie", &old.all).get(CHECK).await.expect(200);
    assert!(reply.header("x-new-token").is_none(), "scripts of the page never see it");
    let new = jar(&reply);
    assert_eq!(cookies(&reply).len(), 2);
    assert_ne!(new.csrf, old.csrf);
    let browser = nobody.header("cookie", &new.all).header("x-csrf-token", &new.csrf);
    browser.get(CHECK).await.expect(200);
    let out = browser.call(Method::POST, "/api/auth:signOut", None).await.expect(200);
    let gone = cookies(&out);
    assert_eq!(gone.len(), 4);
    assert!(gone.iter().all(|text| text.contains("=; ") && text.contains("Max-Age=0")));
    // What opens nothing any more is taken from the browser; a wrong wish is no reason to.
    let over = browser.get(CHECK).await;
    assert_eq!(refused(&over), (401, "BLOCKED_TOKEN".into()));
    assert_eq!(cookies(&over).len(), 4);
    let live = jar(&sign_in(&nobody).await);
    let wrong =
        nobody.header("cookie", &live.all).header("x-role", "nope").get("/api/collections:list").await;
    assert_eq!((wrong.code(), cookies(&wrong).len()), (401, 0));
}

#[tokio::test]
async fn a_link_on_a_foreign_page_signs_nobody_out() {
    let nocobase = Nocobase::new().await;
    let nobody = nocobase.world.nobody(with_cookies(&nocobase));
    let old = jar(&sign_in(&nobody).await);
    nocobase.world.advance(DAY_MS);
    let browser = nobody.header("cookie", &old.all);
    let followed = browser.header("referer", "https://evil.example/").get(CHECK).await.expect(200);
    assert_eq!(cookies(&followed).len(), 0);
    let own = browser.get(CHECK).await.expect(200);
    assert_eq!(cookies(&own).len(), 2, "the token is still to be renewed");
}
