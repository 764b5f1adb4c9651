//! Signing in, and what ends a session.

use domain::{limits, secret::Digester};
use keys::{KeysError, PasswordCost, SESSION_PREFIX, SignIn, UserChange};

use crate::world::{World, pw, refused, world};

fn sign_in(account: &str, password: &str, ip: &str) -> SignIn {
    SignIn {
        account: account.into(),
        password: pw(password),
        ip: Some(ip.parse().unwrap()),
        user_agent: Some("tests".into()),
    }
}

async fn fails(w: &World, account: &str, ip: &str) {
    refused!(w.keys.sign_in(sign_in(account, "not it", ip)).await, KeysError::WrongCredentials);
}

#[tokio::test]
async fn email_or_username_and_password_open_a_session_of_which_only_the_digest_is_kept() {
    let w = world().await;
    for account in ["root", "ROOT@example.org", " root "] {
        let signed_in = w.keys.sign_in(sign_in(account, "root password", "192.0.2.1")).await.unwrap();
        let token = signed_in.token.expose();
        assert!(
            token.starts_with(SESSION_PREFIX) && token.len() == SESSION_PREFIX.len() + 43,
            "{}",
            token.len()
        );
        assert_eq!(signed_in.user.id, w.root.id);
        let stored = w.store.session(Digester::default().digest(token)).await.unwrap().unwrap();
        assert_eq!((stored.user, stored.ip.as_deref()), (w.root.id, Some("192.0.2.1")));
        assert_eq!(stored.expires_at.since(stored.created_at), limits::SESSION_LIFE_MS);
    }
    assert_eq!(w.keys.sessions(&w.as_root().await, None).await.unwrap().len(), 3);
}

#[tokio::test]
async fn unknown_inactive_and_passwordless_accounts_and_wrong_passwords_answer_alike() {
    let w = world().await;
    let off = w.user("off", &[]).await;
    let change = UserChange { active: Some(false), ..UserChange::default() };
    w.keys.update_user(&w.as_root().await, off.id, change).await.unwrap();
    let new = keys::NewUser { username: Some("robot".into()), ..keys::NewUser::default() };
    w.keys.create_user(&w.as_root().await, new).await.unwrap();
    for (account, password) in [("nobody", "x"), ("off", "off password"), ("robot", ""), ("root", "wrong")] {
        let result = w.keys.sign_in(sign_in(account, password, "192.0.2.1")).await;
        refused!(result, KeysError::WrongCredentials);
    }
    refused!(
        w.keys.sign_in(sign_in("  ", "x", "192.0.2.1")).await,
        KeysError::Invalid { field: "account", .. }
    );
}

#[tokio::test]
async fn guessing_one_account_from_many_addresses_ends_after_ten_and_starts_again_after_the_window() {
    let w = world().await;
    for n in 0..10 {
        fails(&w, "root", &format!("192.0.2.{n}")).await;
    }
    let right = || sign_in("root", "root password", "198.51.100.1");
    refused!(w.keys.sign_in(right()).await, KeysError::TooManyAttempts { retry_after_ms: 1.. });
    w.clock.advance(limits::SIGN_IN_WINDOW_MS);
    w.keys.sign_in(right()).await.unwrap();
}

#[tokio::test]
async fn guessing_many_accounts_from_one_address_ends_after_ten() {
    let w = world().await;
    for n in 0..10 {
        fails(&w, &format!("user{n}"), "192.0.2.1").await;
    }
    let right = |ip| sign_in("root", "root password", ip);
    refused!(w.keys.sign_in(right("192.0.2.1")).await, KeysError::TooManyAttempts { .. });
    w.keys.sign_in(right("192.0.2.2")).await.unwrap();
}

#[tokio::test]
async fn parallel_guesses_are_no_way_around_the_limit() {
    let w = world().await;
    let guesses: Vec<_> = (0..50)
        .map(|n| {
            let keys = w.keys.clone();
            tokio::spawn(async move { keys.sign_in(sign_in("root", "no", &format!("10.0.0.{n}"))).await })
        })
        .collect();
    let mut tried = 0;
    for guess in guesses {
        tried += usize::from(matches!(guess.await.unwrap(), Err(KeysError::WrongCredentials)));
    }
    assert_eq!(tried, 10);
}

#[tokio::test]
async fn success_forgives_the_account() {
    let w = world().await;
    for _ in 0..3 {
        for n in 0..9 {
            fails(&w, "root", &format!("192.0.2.{n}")).await;
        }
        w.clock.advance(1);
        w.keys.sign_in(sign_in("root", "root password", "198.51.100.1")).await.unwrap();
        w.clock.advance(limits::SIGN_IN_WINDOW_MS / 4);
    }
}

#[tokio::test]
async fn a_hash_of_another_cost_is_renewed_at_sign_in() {
    let w = world().await;
    let dearer = PasswordCost { memory_kib: 16, passes: 1 };
    let mut options = keys::KeysOptions::new(
        w.clock.clone(),
        std::sync::Arc::new(crate::world::Counter::new(77)),
        Digester::default(),
    );
    options.password_cost = dearer;
    let other = keys::Keys::new(w.store.clone(), options);
    other.sign_in(sign_in("root", "root password", "192.0.2.1")).await.unwrap();
    let stored = w.store.password_hash(w.root.id).await.unwrap().unwrap();
    assert!(stored.contains("m=16,t=1"), "{stored}");
    other.sign_in(sign_in("root", "root password", "192.0.2.1")).await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_one_session_and_only_an_own_one() {
    let w = world().await;
    let eve = w.user("eve", &[]).await;
    let mine = w.keys.sign_in(sign_in("root", "root password", "192.0.2.1")).await.unwrap();
    let other = w.keys.sign_in(sign_in("root", "root password", "192.0.2.1")).await.unwrap();
    let eve = w.as_user(&eve).await;
    refused!(w.keys.sign_out(&eve, &mine.token).await, KeysError::NotFound);
    refused!(w.keys.end_session(&eve, mine.session.id).await, KeysError::NotFound);
    refused!(w.keys.sessions(&eve, Some(w.root.id)).await, KeysError::NotFound);
    refused!(w.keys.sign_out_everywhere(&eve, Some(w.root.id)).await, KeysError::NotFound);
    let root = w.as_root().await;
    w.keys.sign_out(&root, &mine.token).await.unwrap();
    let left = w.keys.sessions(&root, None).await.unwrap();
    assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [other.session.id]);
    w.keys.end_session(&root, other.session.id).await.unwrap();
    assert!(w.keys.sessions(&root, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn changing_the_password_needs_the_old_one_and_ends_all_sessions() {
    let w = world().await;
    let ada = w.user("ada", &[]).await;
    w.keys.sign_in(sign_in("ada", "ada password", "192.0.2.1")).await.unwrap();
    w.clock.advance(1_000);
    let session = w.as_user(&ada).await;
    let change = async |old: &str, new: &str| w.keys.change_password(&session, pw(old), pw(new)).await;
    refused!(change("not it", "a new password").await, KeysError::WrongCredentials);
    refused!(change("ada password", "short").await, KeysError::Invalid { field: "password", .. });
    refused!(change("ada password", &"x".repeat(129)).await, KeysError::Invalid { field: "password", .. });
    change("ada password", "a new password").await.unwrap();
    assert!(w.keys.sessions(&session, None).await.unwrap().is_empty());
    let after = w.store.user(ada.id).await.unwrap().unwrap();
    assert_eq!(after.sessions_valid_from, session.at());
    refused!(w.keys.sign_in(sign_in("ada", "ada password", "192.0.2.1")).await, KeysError::WrongCredentials);
    w.keys.sign_in(sign_in("ada", "a new password", "192.0.2.1")).await.unwrap();
}

#[tokio::test]
async fn a_password_set_by_an_administrator_ends_all_sessions() {
    let w = world().await;
    let ada = w.user("ada", &[]).await;
    let old = w.keys.sign_in(sign_in("ada", "ada password", "192.0.2.1")).await.unwrap();
    let change = UserChange { password: Some(pw("given by root")), ..UserChange::default() };
    w.keys.update_user(&w.as_root().await, ada.id, change).await.unwrap();
    assert_eq!(w.store.session(old.session.digest).await.unwrap(), None);
    w.keys.sign_in(sign_in("ada", "given by root", "192.0.2.1")).await.unwrap();
}
