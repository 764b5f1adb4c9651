//! Signing in, and what ends a session.

use domain::{limits, secret::Digester};
use keys::{KeysError, PasswordCost, SESSION_PREFIX, SignIn, UserChange};

use crate::world::{World, pw, refused, world, world_with};

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

/// Hashes that take long enough for others to come in between, one at a time, in the order they were asked for.
async fn slow_world() -> World {
    world_with(|options| {
        options.password_cost = PasswordCost { memory_kib: 8 * 1024, passes: 4 };
        options.password_parallel = 1;
    })
    .await
}

#[tokio::test]
async fn a_sign_in_with_the_old_password_does_not_survive_a_password_change_it_overlaps_with() {
    let w = slow_world().await;
    let ada = w.user("ada", &[]).await;
    let (root, person) = (w.as_root().await, w.as_user(&ada).await);
    let old = || w.keys.sign_in(sign_in("ada", "ada password", "192.0.2.1"));
    let given = UserChange { password: Some(pw("given by root")), ..UserChange::default() };
    let (changed, ..) = tokio::join!(w.keys.update_user(&root, ada.id, given), old(), old(), old());
    changed.unwrap();
    assert_eq!(w.store.sessions(Some(ada.id), w.root.created_at).await.unwrap(), []);
    let old = || w.keys.sign_in(sign_in("ada", "given by root", "192.0.2.1"));
    let own = w.keys.change_password(&person, pw("given by root"), pw("my own password"));
    let (changed, ..) = tokio::join!(own, old(), old(), old());
    changed.unwrap();
    assert_eq!(w.store.sessions(Some(ada.id), w.root.created_at).await.unwrap(), []);
}

#[tokio::test]
async fn of_two_who_change_the_same_old_password_one_does() {
    let w = slow_world().await;
    let ada = w.user("ada", &[]).await;
    let person = w.as_user(&ada).await;
    let change = |new: &str| w.keys.change_password(&person, pw("ada password"), pw(new));
    let (first, second) = tokio::join!(change("the first one"), change("the second one"));
    // Whichever was faster; its hash is computed on another thread.
    match (first.is_ok(), second.is_ok()) {
        (true, false) => refused!(second, KeysError::WrongCredentials),
        (false, true) => refused!(first, KeysError::WrongCredentials),
        both => panic!("{both:?}"),
    }
}

#[tokio::test]
async fn renewing_a_hash_never_brings_an_old_password_back() {
    let w = slow_world().await;
    let ada = w.user("ada", &[]).await;
    let mut options = keys::KeysOptions::new(
        w.clock.clone(),
        std::sync::Arc::new(crate::world::Counter::new(77)),
        Digester::default(),
    );
    options.password_cost = PasswordCost { memory_kib: 16 * 1024, passes: 8 };
    let dearer = keys::Keys::new(w.store.clone(), options);
    let old = || dearer.sign_in(sign_in("ada", "ada password", "192.0.2.1"));
    let change = UserChange { password: Some(pw("given by root")), ..UserChange::default() };
    let root = w.as_root().await;
    let later = async {
        while w.store.sessions(Some(ada.id), w.root.created_at).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        w.keys.update_user(&root, ada.id, change).await
    };
    let (signed_in, changed) = tokio::join!(old(), later);
    signed_in.unwrap();
    changed.unwrap();
    refused!(old().await, KeysError::WrongCredentials);
    let new = || dearer.sign_in(sign_in("ada", "given by root", "192.0.2.1"));
    // All of them are right, whichever renews the hash under the others.
    let (a, b, c) = tokio::join!(new(), new(), new());
    for one in [a, b, c] {
        one.unwrap();
    }
}

#[tokio::test]
async fn email_and_username_of_one_account_share_their_guesses_with_changing_the_password() {
    let w = world().await;
    for n in 0..4 {
        fails(&w, "root", &format!("192.0.2.{n}")).await;
        fails(&w, "ROOT@example.org", &format!("198.51.100.{n}")).await;
    }
    let session = w.as_root().await;
    let change = || w.keys.change_password(&session, pw("not it"), pw("a new password"));
    refused!(change().await, KeysError::WrongCredentials);
    refused!(change().await, KeysError::WrongCredentials);
    for account in ["root", "root@example.org"] {
        let right = w.keys.sign_in(sign_in(account, "root password", "203.0.113.1")).await;
        refused!(right, KeysError::TooManyAttempts { .. });
    }
    refused!(change().await, KeysError::TooManyAttempts { .. });
}

#[tokio::test]
async fn a_password_that_was_not_even_tried_costs_no_attempt() {
    let w = slow_world().await;
    let ada = w.user("ada", &[]).await;
    let session = w.as_user(&ada).await;
    let busy = |error: &KeysError| matches!(error, KeysError::TooManyAttempts { retry_after_ms: 1_000 });
    // The queue is full of sign-ins to accounts nobody has.
    let mut crowd = tokio::task::JoinSet::new();
    for n in 0..limits::PASSWORD_QUEUE_MAX + 20 {
        let (keys, one) = (w.keys.clone(), sign_in(&format!("n{n}"), "x", &format!("10.0.{n}.1")));
        crowd.spawn(async move { keys.sign_in(one).await.err().unwrap() });
    }
    while !busy(&crowd.join_next().await.unwrap().unwrap()) {}
    let mut tried = tokio::task::JoinSet::new();
    for _ in 0..limits::SIGN_IN_FAILURES_MAX + 5 {
        let (keys, session) = (w.keys.clone(), session.clone());
        tried.spawn(async move { keys.change_password(&session, pw("not it"), pw("a new password")).await });
    }
    let tried = tried.join_all().await;
    assert!(tried.iter().any(|one| one.as_ref().is_err_and(busy)));
    crowd.join_all().await;
    w.keys.change_password(&session, pw("ada password"), pw("a new password")).await.unwrap();
}
