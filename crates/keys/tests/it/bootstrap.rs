//! The first start.

use domain::access::Op;
use keys::{NewUser, ROLE_ADMIN, ROLE_MEMBER, ROLE_ROOT};

use crate::world::{bare, pw, world};

#[tokio::test]
async fn the_first_administrator_is_made_once_and_is_root() {
    let (_store, keys, _) = bare(|_| {});
    assert!(!keys.has_administrator().await.unwrap());
    let first =
        keys.first_administrator(Some("A@Example.org".into()), None, pw("long enough")).await.unwrap();
    let first = first.unwrap();
    assert!(first.root && first.active);
    assert_eq!(first.email.as_deref(), Some("a@example.org"));
    assert_eq!(first.roles.len(), 3);
    assert!(keys.has_administrator().await.unwrap());
    let second = keys.first_administrator(Some("b@example.org".into()), None, pw("long enough")).await;
    assert_eq!(second.unwrap(), None);
}

#[tokio::test]
async fn two_first_starts_at_once_make_one_administrator() {
    let (_store, keys, _) = bare(|_| {});
    let make = |name: &str| keys.first_administrator(None, Some(name.to_owned()), pw("long enough"));
    let (a, b) = tokio::join!(make("a"), make("b"));
    assert_eq!([a.unwrap(), b.unwrap()].iter().flatten().count(), 1);
}

#[tokio::test]
async fn builtin_roles_are_made_once_and_what_was_changed_stays() {
    let w = world().await;
    let root = w.as_root().await;
    let member = w.keys.role(&root, ROLE_MEMBER).await.unwrap();
    let change = keys::RoleChange { title: Some(Some("Colleague".into())), ..Default::default() };
    w.keys.update_role(&root, member.id, change).await.unwrap();
    w.keys.ensure_builtin_roles().await.unwrap();
    let roles = w.keys.roles(&root).await.unwrap();
    assert_eq!(roles.len(), 3);
    let role = |name: &str| roles.iter().find(|r| r.name == name).unwrap();
    assert!(role(ROLE_ROOT).root && !role(ROLE_ADMIN).root && role(ROLE_MEMBER).default);
    assert_eq!(role(ROLE_MEMBER).title.as_deref(), Some("Colleague"));
    assert!(roles.iter().all(|r| r.builtin));
}

#[tokio::test]
async fn an_admin_may_everything_and_a_new_user_is_a_member() {
    let w = world().await;
    let new = NewUser { username: Some("eve".into()), ..NewUser::default() };
    let eve = w.keys.create_user(&w.as_root().await, new).await.unwrap();
    let member = w.keys.role(&w.as_root().await, ROLE_MEMBER).await.unwrap();
    assert_eq!(eve.roles, [member.id]);
    let admin = w.user("ada", &[ROLE_ADMIN]).await;
    assert!(w.as_user(&admin).await.principal().operator);
    let eve = w.as_user(&eve).await;
    assert!(
        eve.also(Op::RecordRead, &Default::default()) && !eve.also(Op::RecordCreate, &Default::default())
    );
}
