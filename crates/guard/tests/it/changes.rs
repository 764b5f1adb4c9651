//! A change holds for the next request, and never by halves.

use domain::{
    access::{Entry, Grants, Op, Ops, Reach},
    audit::Actor,
    decision::Reason,
    key::{Gone, KeyKind, Owner, Quota},
    limit::{Balance, RateLimit},
};
use guard::{PlaceName, VerifyCall};
use store::{KeyPatch, OwnerScope, RolePatch, Rotation, UserPatch};

use crate::fixture::World;

fn by() -> Actor {
    Actor::default()
}

#[tokio::test]
async fn revoked_means_the_next_request() {
    let world = World::new().await;
    let (secret, id) = world.key(|_| {}).await;
    assert!(world.verify(&secret).await.valid());
    world.store.revoke_key(&by(), OwnerScope::All, id, Gone::Revoked).await.unwrap();
    assert_eq!(world.verify(&secret).await.outcome, Err(Reason::Unknown));
    assert_eq!(world.guard.keys_cached(), 0);
}

#[tokio::test]
async fn deleting_a_user_ends_the_users_keys() {
    let world = World::new().await;
    let user = world.user("u", &[], |_| {}).await;
    let (secret, _) = world.key(|k| k.owner = Owner::User(user)).await;
    assert!(world.verify(&secret).await.valid());
    world.store.delete_user(&by(), user).await.unwrap();
    assert!(!world.verify(&secret).await.valid());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_disabled_during_verifications_stays_disabled() {
    let world = World::new().await;
    let limit = RateLimit { max: 1_000_000, window_ms: 1_000, rule: Default::default(), enabled: true };
    let (secret, id) = world
        .key(|k| {
            k.rate_limit = Some(limit);
            k.quota = Some(Quota {
                balance: Balance { remaining: 100_000, last_refill_at: k.created_at },
                refill: None,
            });
        })
        .await;
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (guard, secret) = (world.guard.clone(), secret.clone());
            tokio::spawn(async move {
                let mut valid = Vec::new();
                for _ in 0..50 {
                    valid.push(guard.verify(&VerifyCall::new(&secret)).await.valid());
                }
                valid
            })
        })
        .collect();
    let off = KeyPatch { enabled: Some(false), ..KeyPatch::default() };
    world.store.update_key(&by(), OwnerScope::All, id, off).await.unwrap();
    assert_eq!(world.verify(&secret).await.outcome, Err(Reason::Disabled));
    for caller in callers {
        let valid = caller.await.unwrap();
        assert!(valid.is_sorted_by(|a, b| a >= b), "once refused, always refused");
    }
    world.guard.flush().await.unwrap();
    assert!(!world.store.key(OwnerScope::All, id).await.unwrap().unwrap().enabled);
    assert_eq!(world.verify(&secret).await.outcome, Err(Reason::Disabled));
}

#[tokio::test]
async fn old_and_new_secret_share_limiter_and_balance_until_the_overlap_is_over() {
    let world = World::new().await;
    let limit = RateLimit { max: 3, window_ms: 1_000_000, rule: Default::default(), enabled: true };
    let (old, id) = world
        .key(|k| {
            k.rate_limit = Some(limit);
            k.quota =
                Some(Quota { balance: Balance { remaining: 9, last_refill_at: k.created_at }, refill: None });
        })
        .await;
    assert_eq!(world.verify(&old).await.remaining, Some(8));
    let new = world.secret();
    let rotation = Rotation {
        secret: world.key_secret(id, &new),
        start: None,
        prefix: None,
        sealed: None,
        overlap_until: Some(world.now().plus(60_000)),
    };
    world.store.rotate_key(&by(), OwnerScope::All, id, rotation).await.unwrap();
    assert_eq!(world.verify(&new).await.remaining, Some(7));
    let verdict = world.verify(&old).await;
    assert_eq!((verdict.remaining, verdict.rate.unwrap().left), (Some(6), 0));
    assert_eq!(world.verify(&new).await.outcome, Err(Reason::Rate));
    world.advance(60_000);
    assert_eq!(world.verify(&old).await.outcome, Err(Reason::Unknown), "the overlap is over");
    assert_eq!(world.verify(&new).await.outcome, Err(Reason::Rate));
    assert_eq!(world.guard.keys_cached(), 1);
}

#[tokio::test]
async fn a_rotation_without_overlap_ends_the_old_secret_at_once() {
    let world = World::new().await;
    let (old, id) = world.key(|_| {}).await;
    let new = world.secret();
    let rotation = Rotation {
        secret: world.key_secret(id, &new),
        start: None,
        prefix: None,
        sealed: None,
        overlap_until: None,
    };
    world.store.rotate_key(&by(), OwnerScope::All, id, rotation).await.unwrap();
    assert_eq!(world.verify(&old).await.outcome, Err(Reason::Unknown));
    assert!(world.verify(&new).await.valid());
}

fn everywhere(op: Op) -> Grants {
    Grants(vec![Entry { reach: Reach::Everywhere, set: None, allow: op.bit(), limits: Vec::new() }])
}

#[tokio::test]
async fn a_changed_role_and_a_lost_role_hold_for_the_next_request() {
    let world = World::new().await;
    world.table("todos").await;
    let todos = PlaceName::Table { base: "main", table: "todos" };
    let role = world.role("reader", everywhere(Op::RecordRead)).await;
    let user = world.user("u", &[role], |_| {}).await;
    let (bound, _) = world.key(|k| (k.owner, k.role) = (Owner::User(user), Some(role))).await;
    let (free, _) = world.key(|k| k.owner = Owner::User(user)).await;
    assert!(world.check(&bound, Op::RecordRead, todos).await.is_ok());
    assert!(world.check(&free, Op::RecordRead, todos).await.is_ok());
    let patch = RolePatch { grants: Some(everywhere(Op::RecordCreate)), ..RolePatch::default() };
    world.store.patch_role(&by(), role, patch).await.unwrap();
    for secret in [&bound, &free] {
        assert_eq!(world.check(secret, Op::RecordRead, todos).await.unwrap_err().reason, Reason::Role);
        assert!(world.check(secret, Op::RecordCreate, todos).await.is_ok());
    }
    world.store.remove_user_role(&by(), user, role).await.unwrap();
    assert_eq!(world.check(&bound, Op::RecordCreate, todos).await.unwrap_err().reason, Reason::RoleNotHeld);
    assert_eq!(world.check(&free, Op::RecordCreate, todos).await.unwrap_err().reason, Reason::Role);
}

#[tokio::test]
async fn an_administration_key_lasts_as_long_as_its_owner_is_an_administrator() {
    let world = World::new().await;
    let user = world.user("u", &[], |u| u.root = true).await;
    let (secret, _) = world.key(|k| (k.owner, k.kind) = (Owner::User(user), KeyKind::Administration)).await;
    assert!(world.check(&secret, Op::UserManage, PlaceName::Server).await.is_ok());
    let patch = UserPatch { root: Some(false), ..UserPatch::default() };
    world.store.patch_user(&by(), user, patch).await.unwrap();
    let denied = world.check(&secret, Op::UserManage, PlaceName::Server).await.unwrap_err();
    assert_eq!(denied.reason, Reason::OwnerInactive);
    let role = world.role("admins", everything()).await;
    world.store.add_user_role(&by(), user, role).await.unwrap();
    assert!(world.check(&secret, Op::UserManage, PlaceName::Server).await.is_ok());
    let patch = RolePatch { grants: Some(everywhere(Op::Settings)), ..RolePatch::default() };
    world.store.patch_role(&by(), role, patch).await.unwrap();
    assert!(world.check(&secret, Op::UserManage, PlaceName::Server).await.is_err());
}

fn everything() -> Grants {
    Grants(vec![Entry { reach: Reach::Everywhere, set: None, allow: Ops::ALL, limits: Vec::new() }])
}

#[tokio::test]
async fn an_administration_key_works_only_for_an_owner_whose_roles_together_leave_nothing_out() {
    let world = World::new().await;
    world.table("todos").await;
    let todos = PlaceName::Table { base: "main", table: "todos" };
    let op = |op| world.role("one", everywhere(op));
    let one = op(Op::Settings).await;
    let user = world.user("u", &[one], |_| {}).await;
    let (secret, _) = world.key(|k| (k.owner, k.kind) = (Owner::User(user), KeyKind::Administration)).await;
    let refused = async || world.check(&secret, Op::RecordRead, todos).await.err().map(|d| d.reason);
    assert_eq!(refused().await, Some(Reason::OwnerInactive), "settings is not everything");
    let mut all_but_todos = everything();
    let reach = Reach::Table { base: "main".to_owned(), table: "todos".to_owned() };
    let set = Some(Op::RecordRead.bit());
    all_but_todos.0.push(Entry { reach, set, allow: Ops::NONE, limits: Vec::new() });
    let other = world.role("other", all_but_todos).await;
    world.store.add_user_role(&by(), user, other).await.unwrap();
    assert_eq!(refused().await, Some(Reason::OwnerInactive), "one table is missing");
    let patch = RolePatch { grants: Some(everywhere(Op::RecordRead)), ..RolePatch::default() };
    world.store.patch_role(&by(), one, patch).await.unwrap();
    assert_eq!(refused().await, None);
    world.store.remove_user_role(&by(), user, one).await.unwrap();
    assert_eq!(refused().await, Some(Reason::OwnerInactive));
}

#[tokio::test]
async fn a_new_table_can_be_used_at_once_also_by_grants_that_named_it_before() {
    let world = World::new().await;
    let reach = Reach::Table { base: "main".to_owned(), table: "todos".to_owned() };
    let grants = Grants(vec![Entry { reach, set: None, allow: Op::RecordRead.bit(), limits: Vec::new() }]);
    let role = world.role("r", grants).await;
    let (secret, _) = world.key(|k| k.role = Some(role)).await;
    let todos = PlaceName::Table { base: "main", table: "todos" };
    assert_eq!(world.check(&secret, Op::RecordRead, todos).await.unwrap_err().reason, Reason::NotFound);
    world.table("todos").await;
    assert!(world.check(&secret, Op::RecordRead, todos).await.is_ok());
}
