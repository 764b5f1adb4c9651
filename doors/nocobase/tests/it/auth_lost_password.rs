//! A new password for who lost the old one, and nothing for anybody else.

use std::sync::Arc;

use domain::limits;
use door_nocobase::{Mail, ResetPage};
use http_kit::mail::{Letter, Postman, Sent};
use serde_json::{Value, json};
use test_world::Actor;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::world::{Nocobase, PASSWORD, data, door, error, post, signed_in};

const NEW: &str = "another one entirely";

struct Pillar(UnboundedSender<Letter>);

impl Postman for Pillar {
    fn send(&self, letter: Letter) -> Sent<'_> {
        Box::pin(async move { self.0.send(letter).map_err(|e| e.to_string()) })
    }
}

/// The door with mail, and what it sends.
fn mailing(nocobase: &Nocobase) -> (Actor, UnboundedReceiver<Letter>) {
    mailing_to(nocobase, ResetPage::Application("https://app.example".to_owned()))
}

fn mailing_to(nocobase: &Nocobase, links: ResetPage) -> (Actor, UnboundedReceiver<Letter>) {
    let (sender, letters) = unbounded_channel();
    let router = door(&nocobase.world, |settings| {
        settings.mail = Some(Mail { postman: Arc::new(Pillar(sender)), links });
    });
    (nocobase.world.nobody(router), letters)
}

async fn bob(nocobase: &Nocobase) -> i64 {
    let values =
        json!({"username": "bob", "email": "bob@example.org", "password": PASSWORD, "nickname": "Bob"});
    data(nocobase.admin.post("/api/users:create", values).await)["id"].as_i64().unwrap()
}

fn asked(email: &str) -> Value {
    json!({"email": email, "baseURL": "https://evil.example"})
}

fn token_of(letter: &Letter) -> String {
    let rest = letter.text.split_once("resetToken=").unwrap().1;
    rest.split('&').next().unwrap().to_owned()
}

async fn reset(nobody: &Actor, token: &str, password: &str) -> (u16, String, String) {
    let values = json!({"resetToken": token, "password": password});
    error(&nobody.post("/api/auth:resetPassword", values).await)
}

#[tokio::test]
async fn the_letter_goes_to_the_account_and_its_link_sets_a_password_once() {
    let nocobase = Nocobase::new().await;
    bob(&nocobase).await;
    let old = signed_in(&nocobase.nobody(), "bob").await;
    let (nobody, mut letters) = mailing(&nocobase);
    let reply = nobody.post("/api/auth:lostPassword", asked("BOB@example.org")).await.expect(200);
    assert_eq!(reply.json(), json!({"data": null}));
    let letter = letters.recv().await.unwrap();
    assert_eq!(letter.to, "bob@example.org");
    assert!(
        !letter.text.contains("Bob")
            && letter.text.contains("https://app.example/reset-password?resetToken=kwp_")
    );
    assert!(letter.text.contains("&name=basic") && !letter.text.contains("evil.example"));
    let token = token_of(&letter);
    let check = async || nobody.post("/api/auth:checkResetToken", json!({"resetToken": token})).await;
    assert_eq!(check().await.expect(200).json(), json!({"data": true}));
    // What is no password does not use the link up.
    assert_eq!(reset(&nobody, &token, "short").await.0, 400);
    assert_eq!(reset(&nobody, &token, NEW).await.0, 200);
    old.get("/api/auth:check").await.expect(401);
    nobody.post("/api/auth:signIn", json!({"account": "bob", "password": PASSWORD})).await.expect(401);
    nobody.post("/api/auth:signIn", json!({"account": "bob", "password": NEW})).await.expect(200);
    let over = (401, String::new(), "Token expired".to_owned());
    assert_eq!(reset(&nobody, &token, "yet another password").await, over);
    assert_eq!(error(&check().await), over);
    for none in ["", "kwp_", "0"] {
        assert_eq!(reset(&nobody, none, NEW).await, over);
    }
}

#[tokio::test]
async fn a_link_to_the_page_of_this_door_keeps_its_token_from_every_server() {
    let nocobase = Nocobase::new().await;
    bob(&nocobase).await;
    let (nobody, mut letters) =
        mailing_to(&nocobase, ResetPage::Own("https://keys.example/behind".to_owned()));
    nobody.post("/api/auth:lostPassword", asked("bob@example.org")).await.expect(200);
    let letter = letters.recv().await.unwrap();
    // What stands behind `#` is neither sent, nor logged, nor told to the next page as where one came from.
    let own = "https://keys.example/behind/nocobase/#/reset-password?resetToken=kwp_";
    assert!(letter.text.contains(own) && !letter.text.contains("evil.example"), "{}", letter.text);
    let page = nobody.get("/nocobase/").await.expect(200);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reset(&nobody, &token_of(&letter), NEW).await.0, 200);
}

#[tokio::test]
async fn of_many_at_once_with_one_link_one_sets_the_password() {
    let nocobase = Nocobase::new().await;
    bob(&nocobase).await;
    let (nobody, mut letters) = mailing(&nocobase);
    nobody.post("/api/auth:lostPassword", asked("bob@example.org")).await.expect(200);
    let token = token_of(&letters.recv().await.unwrap());
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let (nobody, token) = (nobody.clone(), token.clone());
            tokio::spawn(async move { reset(&nobody, &token, &format!("password number {n}")).await.0 })
        })
        .collect();
    let mut set = 0;
    for call in calls {
        set += usize::from(call.await.unwrap() == 200);
    }
    assert_eq!(set, 1);
}

#[tokio::test]
async fn a_link_is_void_after_an_hour_and_with_the_password_the_address_or_the_person() {
    let nocobase = Nocobase::new().await;
    let id = bob(&nocobase).await;
    let (nobody, mut letters) = mailing(&nocobase);
    let mut link = async || {
        // Not so often that somebody is slowed.
        nocobase.world.advance(limits::PASSWORD_LINKS_WINDOW_MS);
        nobody.post("/api/auth:lostPassword", asked("bob@example.org")).await.expect(200);
        token_of(&letters.recv().await.unwrap())
    };
    let over = async |token: &str| assert_eq!(reset(&nobody, token, NEW).await.0, 401);
    let admin = signed_in(&nocobase.nobody(), "admin").await;
    let path = format!("/api/users:update/{id}");
    let token = link().await;
    nocobase.world.advance(limits::PASSWORD_LINK_LIFE_MS);
    over(&token).await;
    let token = link().await;
    admin.post(&path, json!({"password": "set by an administrator"})).await.expect(200);
    over(&token).await;
    let token = link().await;
    admin.post(&path, json!({"email": "robert@example.org"})).await.expect(200);
    over(&token).await;
    admin.post(&path, json!({"email": "bob@example.org"})).await.expect(200);
    let (first, second) = (link().await, link().await);
    over(&first).await;
    admin.post(&format!("/api/users:destroy?filterByTk={id}"), json!({})).await.expect(200);
    over(&second).await;
}

#[tokio::test]
async fn nobody_learns_who_has_an_account_and_nobody_is_written_to_without_end() {
    let nocobase = Nocobase::new().await;
    bob(&nocobase).await;
    let (nobody, mut letters) = mailing(&nocobase);
    let ask = async |email: &str| {
        let reply = nobody.post("/api/auth:lostPassword", asked(email)).await;
        (reply.code(), reply.text().to_owned())
    };
    for _ in 0..limits::PASSWORD_LINKS_PER_ACCOUNT_MAX {
        assert_eq!(ask("nobody@example.org").await, ask("bob@example.org").await);
    }
    let (there, not_there) = (ask("bob@example.org").await, ask("nobody@example.org").await);
    assert_eq!(there, not_there);
    assert_eq!(there.0, 429);
    for _ in 0..limits::PASSWORD_LINKS_PER_ACCOUNT_MAX {
        assert_eq!(letters.recv().await.unwrap().to, "bob@example.org");
    }
    // All that are sent are sent before the last one is.
    nocobase.world.advance(limits::PASSWORD_LINKS_WINDOW_MS);
    ask("bob@example.org").await;
    assert!(letters.recv().await.is_some() && letters.try_recv().is_err());
    for (values, message) in [
        (json!({}), "Please fill in your email address"),
        (json!({"email": " "}), "Please fill in your email address"),
        (json!({"email": "bob"}), "Incorrect email format"),
        (json!({"email": "bob@example.org\r\nBcc: eve@example.org"}), "Incorrect email format"),
        (json!({"email": "a b@example.org"}), "Incorrect email format"),
    ] {
        let reply = nobody.post("/api/auth:lostPassword", values).await;
        assert_eq!(error(&reply), (400, String::new(), message.into()));
    }
}

#[tokio::test]
async fn a_service_account_gets_no_password_by_mail() {
    let nocobase = Nocobase::new().await;
    bob(&nocobase).await;
    let values = json!({"username": "robot", "email": "robot@example.org"});
    nocobase.admin.post("/api/users:create", values).await.expect(200);
    let (nobody, mut letters) = mailing(&nocobase);
    nobody.post("/api/auth:lostPassword", asked("robot@example.org")).await.expect(200);
    nobody.post("/api/auth:lostPassword", asked("bob@example.org")).await.expect(200);
    assert_eq!(letters.recv().await.unwrap().to, "bob@example.org");
    assert!(letters.try_recv().is_err());
}

#[tokio::test]
async fn without_mail_an_administrators_link_still_works() {
    let nocobase = Nocobase::new().await;
    bob(&nocobase).await;
    let nobody = nocobase.nobody();
    let reply = nobody.post("/api/auth:lostPassword", asked("bob@example.org")).await;
    let message = "Passwords cannot be reset by email here. Please ask an administrator for a new one";
    assert_eq!(error(&reply), (400, String::new(), message.into()));
    let allowed = nocobase.world.allowed(domain::access::Op::UserManage, guard::PlaceName::Server).await;
    let user = nocobase.world.store.user_by_username("bob").await.unwrap().unwrap();
    let link = nocobase.world.keys.password_link(&allowed, user.id).await.unwrap();
    assert_eq!(reset(&nobody, link.token.expose(), NEW).await.0, 200);
    // A link is no credential for anything else.
    let link = nocobase.world.keys.password_link(&allowed, user.id).await.unwrap();
    nobody.bearer(link.token.expose()).get("/api/auth:check").await.expect(401);
    post(&nobody.bearer(link.token.expose()), "/api/auth:signOut").await.expect(401);
}

#[tokio::test]
async fn the_letter_is_in_the_language_that_was_asked_for() {
    let nocobase = Nocobase::new().await;
    bob(&nocobase).await;
    let (nobody, mut letters) = mailing(&nocobase);
    let chinese = nobody.header("x-locale", "zh-CN");
    chinese.post("/api/auth:lostPassword", asked("bob@example.org")).await.expect(200);
    assert!(letters.recv().await.unwrap().text.contains("您好"));
}
