//! Imports in common words: what comes, what stays out, and that nothing grows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]

use domain::{
    Millis,
    access::{Entry, Grants, Op, Ops, Reach},
    limit::WindowState,
    secret::{Digester, Secret},
};
use guard::{PlaceName, VerifyCall};
use keys::import::{
    Import, ImportKey, ImportOptions, ImportOwner, ImportRole, ImportUser, Item, Outcome, Report, What,
};
use test_world::{World, WorldOptions};

const SECRET: &str = "a-token-of-another-installation-0123456789";
const APPLY: fn() -> ImportOptions = || ImportOptions { apply: true, ..ImportOptions::default() };

fn grants(ops: Ops) -> Grants {
    Grants(vec![Entry { reach: Reach::Base("main".to_owned()), set: None, allow: ops, limits: Vec::new() }])
}

fn role(name: &str, ops: Ops) -> Item {
    let role = ImportRole {
        name: name.to_owned(),
        title: None,
        description: None,
        grants: grants(ops),
        extra: None,
        created_at: Some(Millis(1_700_000_000_000)),
    };
    Item::new("roles", name, None, What::Role(role))
}

fn user(id: &str, email: &str, roles: &[&str]) -> Item {
    let user = ImportUser {
        id: id.to_owned(),
        email: Some(email.to_owned()),
        active: true,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..ImportUser::default()
    };
    Item::new("users", id, None, What::User(user))
}

fn key(id: &str, owner: &str, role: &str, secret: Option<&str>) -> Item {
    let key = ImportKey {
        num: None,
        owner: ImportOwner::User(owner.to_owned()),
        role: Some(role.to_owned()),
        name: Some("old".to_owned()),
        permissions: None,
        scopes: None,
        enabled: true,
        expires_at: None,
        rate_limit: None,
        window: WindowState::default(),
        quota: None,
        metadata: None,
        prefix: None,
        start: None,
        door: "elsewhere".to_owned(),
        extra: None,
        created_at: Some(Millis(1_700_000_000_000)),
        updated_at: None,
        last_used_at: None,
        digest: secret.map(|text| Digester::default().digest(text)),
    };
    Item::new("keys", id, None, What::Key(key))
}

fn all(secret: Option<&str>) -> Import {
    let mut import = Import::new("elsewhere");
    for item in [
        role("reader", Op::RecordRead.bit()),
        user("1", "ada@example.com", &["reader"]),
        key("7", "1", "reader", secret),
    ] {
        import.push(item);
    }
    import
}

async fn run(world: &World, import: Import, options: ImportOptions) -> Report {
    let allowed = world.allowed(Op::Settings, PlaceName::Server).await;
    world.keys.import(&allowed, import, &options).await.unwrap()
}

async fn verifies(world: &World) -> bool {
    world.guard.verify(&VerifyCall::new(&Secret::new(SECRET))).await.outcome.is_ok()
}

fn outcomes(report: &Report) -> Vec<Outcome> {
    report.lines.iter().map(|line| line.outcome).collect()
}

#[tokio::test]
async fn a_secret_works_on_also_where_new_ones_are_digested_with_a_pepper() {
    for pepper in [None, Some([7; 32])] {
        let world = World::with(WorldOptions { pepper, ..WorldOptions::default() }).await;
        let dry = run(&world, all(Some(SECRET)), ImportOptions::default()).await;
        assert!(!verifies(&world).await, "nothing is written");
        let applied = run(&world, all(Some(SECRET)), APPLY()).await;
        assert_eq!(dry, applied);
        assert_eq!(outcomes(&applied), [Outcome::New; 3]);
        assert!(verifies(&world).await);
    }
}

#[tokio::test]
async fn what_died_there_dies_here_and_what_was_revoked_here_never_comes_back() {
    let world = World::new().await;
    let first = run(&world, all(Some(SECRET)), APPLY()).await;
    let again = run(&world, all(None), APPLY()).await;
    assert_eq!(outcomes(&again), [Outcome::There, Outcome::There, Outcome::Tombstone]);
    assert!(!verifies(&world).await);
    let back = run(&world, all(Some(SECRET)), APPLY()).await;
    assert_eq!(outcomes(&back), [Outcome::There; 3]);
    assert_eq!(back.lines[2].here.is_some(), first.lines[2].here.is_some());
    assert!(!verifies(&world).await, "dead is dead");
}

#[tokio::test]
async fn a_role_of_the_same_name_takes_its_place_only_when_it_means_the_same() {
    let world = World::new().await;
    let mut import = Import::new("elsewhere");
    import.push(role("admin", Op::RecordRead.bit()));
    import.push(user("1", "ada@example.com", &["admin"]));
    let report = run(&world, import.clone(), APPLY()).await;
    assert_eq!(outcomes(&report), [Outcome::New; 2]);
    let allowed = world.allowed(Op::RoleManage, PlaceName::Server).await;
    let made = world.keys.role(&allowed, "elsewhere-admin").await.unwrap();
    assert_eq!(made.grants, grants(Op::RecordRead.bit()));
    let here = report.lines[1].here.as_deref().unwrap().parse().unwrap();
    let user = world.keys.user(&allowed, here).await.unwrap();
    assert_eq!((user.roles, user.root), (vec![made.id], false));

    // On the operator's word it stands for the one here.
    let other = World::new().await;
    let roles = [("admin".to_owned(), "admin".to_owned())].into();
    let report = run(&other, import, ImportOptions { roles, ..APPLY() }).await;
    assert_eq!(outcomes(&report), [Outcome::Linked, Outcome::New]);
}

#[tokio::test]
async fn what_names_something_that_does_not_come_does_not_come_either() {
    let world = World::new().await;
    let mut import = Import::new("elsewhere");
    import.push(role("reader", Op::RecordRead.bit()));
    import.push(user("1", "ada@example.com", &["reader", "gone"]));
    import.push(user("2", "ADA@example.com", &[]));
    import.push(key("1", "2", "reader", Some(SECRET)));
    import.push(key("2", "1", "gone", Some(SECRET)));
    import.push(key("3", "1", "reader", Some(SECRET)));
    import.push(key("4", "1", "reader", Some(SECRET)));
    import.push(Item::refused("keys", "5", None, "unreadable"));
    let report = run(&world, import, APPLY()).await;
    use Outcome::{New, Refused};
    assert_eq!(outcomes(&report), [New, New, Refused, Refused, Refused, New, Refused, Refused]);
    for line in report.lines.iter().filter(|line| line.outcome == Refused) {
        assert!(line.reason.as_deref().is_some_and(|why| !why.is_empty()), "{line:?}");
    }
    assert!(report.lines[1].notes[0].contains("gone"), "a role that does not come is not given");
    assert!(verifies(&world).await);
}

#[tokio::test]
async fn only_operators_import_and_keys_come_without_more_than_they_had() {
    let world = World::new().await;
    run(&world, all(Some(SECRET)), APPLY()).await;
    let mine = world.check(SECRET, Op::RecordRead, PlaceName::Base("main")).await.unwrap();
    assert!(world.keys.import(&mine, Import::new("elsewhere"), &APPLY()).await.is_err());
    assert!(!mine.principal().operator);
    for op in [Op::RecordCreate, Op::TableCreate, Op::KeyManage, Op::Settings] {
        assert!(world.check(SECRET, op, PlaceName::Base("main")).await.is_err(), "{op:?}");
    }
}
