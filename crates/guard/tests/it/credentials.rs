//! What a credential can be, and what happens to those that are none.

use domain::{
    Millis, SessionId,
    access::Op,
    decision::{Gate, Reason, StepOutcome},
    host::AllowedHosts,
    key::KeyKind,
    secret::{Digester, Pepper, Recipe, Secret},
    user::Session,
};
use guard::{Call, Credential, PlaceName, profile::NATIVE};

use crate::fixture::World;

#[tokio::test]
async fn garbage_is_refused_before_any_look_up() {
    let world = World::new().await;
    let (good, _) = world.key(|_| {}).await;
    let mut broken = good.expose().to_owned();
    broken.pop();
    for text in ["", "kw_live_short", "with blank", "ключ", &broken, &"x".repeat(5_000)] {
        let verdict = world.verify(&Secret::new(text)).await;
        assert_eq!(verdict.outcome, Err(Reason::Malformed), "{text:?}");
        let known = verdict.trace.steps().find(|(gate, _)| *gate == Gate::Known).unwrap();
        assert_eq!(known.1, StepOutcome::NotAsked, "{text:?}");
    }
}

#[tokio::test]
async fn missing_malformed_and_unknown_are_told_apart() {
    let world = World::new().await;
    let reason = async |credential: Credential| {
        world.guard.check(&NATIVE, &credential, None, &Call::who()).await.unwrap_err().reason
    };
    assert_eq!(reason(Credential::None).await, Reason::Missing);
    assert_eq!(reason(Credential::Malformed).await, Reason::Malformed);
    assert_eq!(reason(Credential::Key(world.secret())).await, Reason::Unknown);
    assert_eq!(reason(Credential::Session(world.secret())).await, Reason::Unknown);
    assert_eq!(reason(Credential::Either(Secret::new("nc_pat_foreign"))).await, Reason::Unknown);
}

#[tokio::test]
async fn the_configured_root_key_may_do_everything_whatever_it_looks_like_and_is_in_no_table() {
    for text in ["root-key-of-at-least-32-characters!", "kw_without_the_checksum_of_a_native_secret"] {
        let secret = Secret::new(text);
        let world = World::with(Digester::default(), Some(&secret)).await;
        let allowed = world.check(&secret, Op::Settings, PlaceName::Server).await.unwrap();
        assert!(allowed.principal().operator);
        assert_eq!(allowed.principal().key_kind, Some(KeyKind::Root));
        assert_eq!((allowed.principal().key, world.guard.keys_cached()), (None, 0));
        let other = Secret::new("kw_without_the_checksum_of_a_native_secreT");
        assert_eq!(world.verify(&other).await.outcome, Err(Reason::Malformed));
    }
}

#[tokio::test]
async fn a_pepper_introduced_later_leaves_older_keys_valid() {
    let world = World::with(Digester::new(Pepper::new(vec![7; 32])), None).await;
    let (new, _) = world.key(|_| {}).await;
    let old = world.secret();
    let plain = Digester::default().digest(old.expose());
    assert_eq!(world.verify(&old).await.outcome, Err(Reason::Unknown));
    world.key_with(&old, |s| (s.digest, s.recipe) = (plain, Recipe::Sha256), |_| {}).await;
    assert!(world.verify(&old).await.valid());
    assert!(world.verify(&new).await.valid());
}

#[tokio::test]
async fn hosts_are_compared_as_addresses() {
    let world = World::new().await;
    let hosts = AllowedHosts::parse(["192.0.2.0/24", "2001:db8::1"]).unwrap();
    let (secret, _) = world.key(|k| k.hosts = hosts).await;
    for (ip, passes) in
        [("192.0.2.7", true), ("::ffff:192.0.2.7", true), ("2001:db8::1", true), ("192.0.3.1", false)]
    {
        assert_eq!(world.verify_from(&secret, ip).await.valid(), passes, "{ip}");
    }
    assert_eq!(world.verify(&secret).await.outcome, Err(Reason::Host), "no address is no allowed address");
}

async fn session(world: &World, user: domain::UserId, expires_at: Millis) -> Secret {
    let secret = world.secret();
    let session = Session {
        id: SessionId::new(world.now(), &*world.entropy),
        digest: world.digester.digest(secret.expose()),
        user,
        created_at: world.now(),
        updated_at: world.now(),
        expires_at,
        ip: None,
        user_agent: None,
        organization: None,
    };
    world.store.create_session(session).await.unwrap();
    secret
}

#[tokio::test]
async fn a_session_acts_for_its_user_until_it_ends() {
    let world = World::new().await;
    let user = world.user("u", &[], |u| u.root = true).await;
    let secret = session(&world, user, world.now().plus(1_000)).await;
    let who =
        async |credential: Credential| world.guard.check(&NATIVE, &credential, None, &Call::who()).await;
    let allowed = who(Credential::Session(secret.clone())).await.unwrap();
    assert_eq!((allowed.principal().user, allowed.principal().operator), (Some(user), true));
    assert!(who(Credential::Either(secret.clone())).await.is_ok());
    assert_eq!(who(Credential::Key(secret.clone())).await.unwrap_err().reason, Reason::Unknown);
    world.advance(1_000);
    assert_eq!(who(Credential::Session(secret)).await.unwrap_err().reason, Reason::Expired);
}

#[tokio::test]
async fn ending_all_sessions_of_a_user_ends_them_for_the_next_request() {
    let world = World::new().await;
    let user = world.user("u", &[], |_| {}).await;
    let secret = session(&world, user, world.now().plus(100_000)).await;
    let credential = Credential::Session(secret.clone());
    assert!(world.guard.check(&NATIVE, &credential, None, &Call::who()).await.is_ok());
    world.advance(5);
    let patch = store::UserPatch { sessions_valid_from: Some(world.now()), ..Default::default() };
    world.store.patch_user(&Default::default(), user, patch).await.unwrap();
    let denied = world.guard.check(&NATIVE, &credential, None, &Call::who()).await.unwrap_err();
    assert_eq!(denied.reason, Reason::Unknown);
}

#[tokio::test]
async fn a_session_acts_in_the_role_it_chose_and_only_in_one_it_holds() {
    let world = World::new().await;
    let (a, b) = (world.role("a", Default::default()).await, world.role("b", Default::default()).await);
    let user = world.user("u", &[a], |_| {}).await;
    let credential = Credential::Session(session(&world, user, world.now().plus(100_000)).await);
    let choose = async |role| {
        world.guard.check(&NATIVE, &credential, None, &Call { role: Some(role), ..Call::who() }).await
    };
    let allowed = choose("a").await.unwrap();
    assert_eq!((allowed.principal().role, allowed.subject().role.as_deref()), (Some(a), Some("a")));
    assert_eq!(choose("b").await.unwrap_err().reason, Reason::RoleNotHeld);
    assert_eq!(choose("nobody").await.unwrap_err().reason, Reason::RoleNotHeld);
    assert_ne!(a, b);
}
