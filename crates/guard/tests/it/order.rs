//! The order of each profile, fixed; the first failing gate names the refusal; the trace comes from the same table.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    access::{Op, Scope, Scopes},
    audit::Actor,
    decision::{Gate, Profile, Reason, StepOutcome},
    host::AllowedHosts,
    key::{Owner, Permissions, Quota},
    limit::{Balance, RateLimit},
};
use guard::{
    PlaceName, VerifyCall,
    profile::{NATIVE, VERIFY},
};
use store::{KeyPatch, OwnerScope, UserPatch};

use crate::fixture::World;

/// What a dialect may ask for: permissions first, then quota and rate, both or neither.
static COUNT_LAST: Profile = Profile {
    name: "count last",
    gates: &[
        Gate::Present,
        Gate::Known,
        Gate::Enabled,
        Gate::Expired,
        Gate::Owner,
        Gate::Host,
        Gate::Permissions,
        Gate::Quota,
        Gate::Rate,
    ],
};
static RATE_THEN_QUOTA: Profile =
    Profile { name: "rate then quota", gates: &[Gate::Present, Gate::Known, Gate::Rate, Gate::Quota] };

fn names(profile: &Profile) -> Vec<&'static str> {
    profile.gates.iter().map(|g| g.name()).collect()
}

#[test]
fn the_order_of_the_native_door_is_fixed() {
    let order = "present known enabled expired owner host rate resource scope role level rule quota";
    assert_eq!(names(&NATIVE).join(" "), order);
}

#[test]
fn the_order_of_a_verification_is_fixed() {
    let order =
        "present known enabled expired owner host rate resource scope role level rule permissions quota";
    assert_eq!(names(&VERIFY).join(" "), order);
}

fn wanted() -> Permissions {
    Permissions(BTreeMap::from([("files".to_owned(), BTreeSet::from(["read".to_owned()]))]))
}

/// Everything is wrong with this key. One obstacle after the other is removed, and each time the next gate of
/// the profile must be the one that refuses.
#[tokio::test]
async fn the_first_failing_gate_names_the_refusal() {
    let world = World::new().await;
    world.table("todos").await;
    let user = world.user("u", &[], |u| u.active = false).await;
    let full = RateLimit { max: 0, window_ms: 1_000, rule: Default::default(), enabled: true };
    let empty = Quota { balance: Balance { remaining: 0, last_refill_at: world.now() }, refill: None };
    let (secret, id) = world
        .key(|k| {
            k.owner = Owner::User(user);
            k.enabled = false;
            k.expires_at = Some(k.created_at);
            k.hosts = AllowedHosts::parse(["192.0.2.1"]).unwrap();
            k.rate_limit = Some(full);
            k.scopes = Some(Scopes(Vec::new()));
            k.quota = Some(empty);
        })
        .await;
    let ask = async |table: &str| {
        let wanted = wanted();
        let call = VerifyCall {
            permissions: Some(&wanted),
            op: Some(Op::RecordRead),
            place: PlaceName::Table { base: "main", table },
            ip: Some("192.0.2.9".parse().unwrap()),
            ..VerifyCall::new(&secret)
        };
        let verdict = world.guard.verify(&call).await;
        let failed = verdict.trace.steps().find(|(_, o)| *o == StepOutcome::Failed).map(|(g, _)| g);
        let passed = verdict.trace.steps().take_while(|(_, o)| *o == StepOutcome::Passed).count();
        assert_eq!(verdict.trace.failed.unwrap_or(VERIFY.gates.len()), passed);
        (verdict.outcome.err(), failed)
    };
    let patch = async |patch: KeyPatch| {
        world.store.update_key(&Actor::default(), OwnerScope::All, id, patch).await.unwrap();
    };

    assert_eq!(ask("gone").await, (Some(Reason::Disabled), Some(Gate::Enabled)));
    patch(KeyPatch { enabled: Some(true), ..KeyPatch::default() }).await;
    assert_eq!(ask("gone").await, (Some(Reason::Expired), Some(Gate::Expired)));
    patch(KeyPatch { expires_at: Some(None), ..KeyPatch::default() }).await;
    assert_eq!(ask("gone").await, (Some(Reason::OwnerInactive), Some(Gate::Owner)));
    let active = UserPatch { active: Some(true), ..UserPatch::default() };
    world.store.patch_user(&Actor::default(), user, active).await.unwrap();
    assert_eq!(ask("gone").await, (Some(Reason::Host), Some(Gate::Host)));
    let hosts = AllowedHosts::parse(["192.0.2.0/24"]).unwrap();
    patch(KeyPatch { hosts: Some(hosts), ..KeyPatch::default() }).await;
    assert_eq!(ask("gone").await, (Some(Reason::Rate), Some(Gate::Rate)));
    patch(KeyPatch { rate_limit: Some(None), ..KeyPatch::default() }).await;
    assert_eq!(ask("gone").await, (Some(Reason::NotFound), Some(Gate::Resource)));
    assert_eq!(ask("todos").await, (Some(Reason::Scope), Some(Gate::Scope)));
    let narrow = Scope { operations: Some(vec![Op::RecordCreate]), ..Scope::default() };
    patch(KeyPatch { scopes: Some(Some(Scopes(vec![narrow]))), ..KeyPatch::default() }).await;
    assert_eq!(ask("todos").await, (Some(Reason::Role), Some(Gate::Role)));
    let root = UserPatch { root: Some(true), ..UserPatch::default() };
    world.store.patch_user(&Actor::default(), user, root).await.unwrap();
    assert_eq!(ask("todos").await, (Some(Reason::Level), Some(Gate::Level)));
    patch(KeyPatch { scopes: Some(None), ..KeyPatch::default() }).await;
    assert_eq!(ask("todos").await, (Some(Reason::Permissions), Some(Gate::Permissions)));
    patch(KeyPatch { permissions: Some(Some(wanted())), ..KeyPatch::default() }).await;
    assert_eq!(ask("todos").await, (Some(Reason::Quota), Some(Gate::Quota)));
    let topped = store::QuotaPatch { remaining: Some(Some(1)), ..Default::default() };
    world.store.set_quota(&Actor::default(), OwnerScope::All, id, topped).await.unwrap();
    assert_eq!(ask("todos").await, (None, None));
}

#[tokio::test]
async fn refused_calls_count_against_the_rate_limit_but_cost_no_quota() {
    let world = World::new().await;
    let limit = RateLimit { max: 3, window_ms: 1_000, rule: Default::default(), enabled: true };
    let (secret, id) = world
        .key(|k| {
            k.rate_limit = Some(limit);
            k.quota =
                Some(Quota { balance: Balance { remaining: 5, last_refill_at: k.created_at }, refill: None });
        })
        .await;
    let wanted = wanted();
    for _ in 0..3 {
        let call = VerifyCall { permissions: Some(&wanted), ..VerifyCall::new(&secret) };
        assert_eq!(world.guard.verify(&call).await.outcome, Err(Reason::Permissions));
    }
    let verdict = world.verify(&secret).await;
    assert_eq!(verdict.outcome, Err(Reason::Rate));
    assert_eq!(verdict.retry_after_ms, Some(1_000));
    assert_eq!(world.store.quota(id).await.unwrap().unwrap().balance.remaining, 5);
}

#[tokio::test]
async fn side_by_side_rate_and_quota_are_taken_both_or_neither() {
    for profile in [&COUNT_LAST, &RATE_THEN_QUOTA] {
        let world = World::new().await;
        let limit = RateLimit { max: 2, window_ms: 1_000, rule: Default::default(), enabled: true };
        let (secret, id) = world
            .key(|k| {
                k.rate_limit = Some(limit);
                k.quota = Some(Quota {
                    balance: Balance { remaining: 4, last_refill_at: k.created_at },
                    refill: None,
                });
            })
            .await;
        let ask = async |cost| {
            world.guard.verify(&VerifyCall { cost, profile, ..VerifyCall::new(&secret) }).await.outcome
        };
        let left = async || world.store.quota(id).await.unwrap().unwrap().balance.remaining;
        for _ in 0..5 {
            assert_eq!(ask(9).await, Err(Reason::Quota), "{}", profile.name);
        }
        assert_eq!(world.guard.key(id).unwrap().window().count, 0, "{}", profile.name);
        assert_eq!((ask(1).await, ask(1).await, left().await), (Ok(()), Ok(()), 2));
        assert_eq!((ask(1).await, left().await), (Err(Reason::Rate), 2), "a full window takes no quota");
        world.advance(1_001);
        assert_eq!((ask(2).await, left().await), (Ok(()), 0));
        assert_eq!(ask(1).await, Err(Reason::Quota));
        assert_eq!(world.guard.key(id).unwrap().window().count, 1, "known empty: no slot is kept");
    }
}
