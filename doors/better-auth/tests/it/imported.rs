//! People, keys and sessions of another installation: called by their old ids, signed in as far as that is safe.

use domain::{Millis, secret::Secret};
use keys::import::{Import, ImportOptions, ImportSession, ImportUser, Item, Outcome, Report, What};
use serde_json::{Value, json};

use crate::world::{Auth, code};

const SOURCE: &str = door_better_auth::import::SOURCE;
const DAY_MS: i64 = 86_400_000;

/// A session that began a minute ago and ends in a day.
fn session(auth: &Auth, token: &str) -> ImportSession {
    let now = auth.world.now();
    ImportSession {
        id: format!("id-of-{token}"),
        token: Secret::new(token),
        created_at: Some(now.plus(-60_000)),
        updated_at: Some(now.plus(-60_000)),
        expires_at: Some(now.plus(DAY_MS)),
        ip: None,
        user_agent: Some("a browser".to_owned()),
        organization: None,
    }
}

fn user(id: &str, email: &str, made: i64, sessions: Vec<ImportSession>) -> ImportUser {
    ImportUser {
        id: id.to_owned(),
        email: Some(email.to_owned()),
        name: Some(id.to_owned()),
        active: true,
        created_at: Some(Millis(made)),
        sessions,
        ..ImportUser::default()
    }
}

async fn import(auth: &Auth, users: Vec<ImportUser>, link_users: bool) -> Report {
    let mut import = Import::new(SOURCE);
    for user in users {
        import.push(Item::new("user", user.id.clone(), user.email.clone(), What::User(user)));
    }
    let allowed = auth.world.allowed(domain::access::Op::Settings, guard::PlaceName::Server).await;
    let options = ImportOptions { apply: true, link_users, ..ImportOptions::default() };
    auth.world.keys.import(&allowed, import, &options).await.unwrap()
}

/// What became of each session, by its token.
fn outcomes(report: &Report) -> Vec<(String, Outcome)> {
    let lines = report.lines.iter().filter(|line| line.table == "session");
    lines.map(|line| (line.id.replacen("id-of-", "", 1), line.outcome)).collect()
}

async fn signed_in(auth: &Auth, token: &str) -> Value {
    auth.nobody().bearer(token).get("/api/auth/get-session").await.expect(200).json()["user"]["id"].clone()
}

#[tokio::test]
async fn sessions_come_with_their_user_and_those_that_are_over_or_of_nobody_active_do_not() {
    let auth = Auth::new().await;
    let now = auth.world.now();
    let over = ImportSession { expires_at: Some(now), ..session(&auth, "over") };
    let endless = ImportSession { expires_at: Some(now.plus(365 * DAY_MS)), ..session(&auth, "endless") };
    let native = session(&auth, "kw_live_x");
    let ada = user("ada", "ada@old.example", 1, vec![session(&auth, "live"), over, endless, native]);
    let mut banned = user("banned", "b@old.example", 2, vec![session(&auth, "of-the-banned")]);
    banned.active = false;
    let twin = user("twin", "t@old.example", 3, vec![session(&auth, "live")]);
    let report = import(&auth, vec![ada, banned, twin], false).await;
    let said: Vec<_> = outcomes(&report);
    assert_eq!(
        said.iter().map(|(token, outcome)| (token.as_str(), *outcome)).collect::<Vec<_>>(),
        [
            ("live", Outcome::New),
            ("over", Outcome::Dead),
            ("endless", Outcome::New),
            ("kw_live_x", Outcome::Refused),
            ("of-the-banned", Outcome::Dead),
            ("live", Outcome::Refused),
        ]
    );
    assert!(report.lines.iter().all(|line| line.outcome == Outcome::New || line.reason.is_some()));
    assert_eq!(signed_in(&auth, "live").await, "ada");
    for dead in ["over", "of-the-banned", "kw_live_x"] {
        assert_eq!(signed_in(&auth, dead).await, Value::Null, "{dead}");
    }
    // No session is prolonged beyond what a new one would have, nor by being imported.
    auth.world.advance(DAY_MS + 1);
    assert_eq!(signed_in(&auth, "live").await, Value::Null);
    assert_eq!(signed_in(&auth, "endless").await, "ada");
    auth.world.advance(8 * DAY_MS);
    assert_eq!(signed_in(&auth, "endless").await, Value::Null);
}

#[tokio::test]
async fn what_was_ended_here_is_not_begun_again_by_another_run() {
    let auth = Auth::new().await;
    let all = || vec![user("ada", "ada@old.example", 1, vec![session(&auth, "one"), session(&auth, "two")])];
    import(&auth, all(), false).await;
    let one = auth.nobody().bearer("one");
    one.post("/api/auth/sign-out", json!({})).await.expect(200);
    let report = import(&auth, all(), false).await;
    assert_eq!(
        outcomes(&report).iter().map(|(_, o)| *o).collect::<Vec<_>>(),
        [Outcome::Dead, Outcome::There]
    );
    assert_eq!((signed_in(&auth, "one").await, signed_in(&auth, "two").await), (Value::Null, json!("ada")));
}

#[tokio::test]
async fn a_session_never_opens_an_account_that_was_here_before() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let theirs = user("their-ada", &ada.email, 1, vec![session(&auth, "theirs")]);
    for link in [false, true] {
        let report = import(&auth, vec![theirs.clone()], link).await;
        assert_eq!(outcomes(&report), [("theirs".to_owned(), Outcome::Refused)], "linked: {link}");
        assert_eq!(signed_in(&auth, "theirs").await, Value::Null);
    }
}

#[tokio::test]
async fn an_old_id_is_its_user_for_the_server_and_one_that_two_had_is_nobodys() {
    let auth = Auth::new().await;
    // Two installations that counted their users.
    import(&auth, vec![user("1", "a@one.example", 1, vec![session(&auth, "first")])], false).await;
    let key = async || {
        let body = json!({"userId": "1", "name": "x"});
        auth.server().post("/api/auth/api-key/create", body).await.expect(200).json()
    };
    let own = key().await;
    assert_eq!((&own["referenceId"], &own["userId"]), (&json!("1"), &json!("1")));
    let first = auth.nobody().bearer("first");
    assert_eq!(first.get("/api/auth/api-key/list").await.json()["total"], 1);
    import(&auth, vec![user("1", "b@two.example", 2, vec![session(&auth, "second")])], false).await;
    let nobodys = key().await;
    assert_eq!((&nobodys["referenceId"], nobodys.get("userId")), (&json!("1"), None));
    let second = auth.nobody().bearer("second");
    assert_eq!(second.get("/api/auth/api-key/list").await.json()["total"], 0);
    assert_eq!(first.get("/api/auth/api-key/list").await.json()["total"], 1);
    let read = format!("/api/auth/api-key/get?id={}", own["id"].as_str().unwrap());
    first.get(&read).await.expect(200);
    assert_eq!(code(&second.get(&read).await), "404 KEY_NOT_FOUND", "the same old id is not the same person");
}
