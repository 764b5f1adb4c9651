//! Users, roles, organizations, sessions.

use std::sync::{Arc, Mutex};

use domain::{
    Millis, OrgId, SessionId,
    key::Owner,
    user::{Organization, Role, Session},
};
use store::{Change, Listed, Member, NewUser, OwnerScope, RolePatch, StoreError, UserList, UserPatch};

use crate::world::{T0, World, both, by};

#[tokio::test]
async fn an_email_belongs_to_one_user_whatever_its_case() {
    for world in both() {
        let ann = world.user("Ann@Example.com").await;
        let twin = NewUser { user: world.new_user("ann@example.COM"), password_hash: None };
        assert_eq!(world.store.create_user(&by(), twin).await, Err(StoreError::Conflict("email".into())));
        assert_eq!(world.store.user_by_email("ANN@example.com").await.unwrap(), Some(ann.clone()));
        let bob = world.user("bob@example.com").await;
        let patch = UserPatch { email: Some(ann.email), ..UserPatch::default() };
        assert_eq!(
            world.store.patch_user(&by(), bob.id, patch).await,
            Err(StoreError::Conflict("email".into()))
        );
        assert!(bob.num > ann.num);
    }
}

#[tokio::test]
async fn the_password_hash_is_apart_from_the_user() {
    let world = World::memory();
    let new = NewUser { user: world.new_user("a@b.c"), password_hash: Some("$argon2id$x".to_owned()) };
    let user = world.store.create_user(&by(), new).await.unwrap();
    assert_eq!(world.store.password_hash(user.id).await.unwrap().as_deref(), Some("$argon2id$x"));
    let patch = UserPatch { password_hash: Some(None), ..UserPatch::default() };
    world.store.patch_user(&by(), user.id, patch).await.unwrap();
    assert_eq!(world.store.password_hash(user.id).await.unwrap(), None);
    let audit = world.store.audit(store::AuditList::default()).await.unwrap();
    assert!(audit.items.iter().all(|event| !event.detail.clone().unwrap_or_default().contains("argon2")));
}

#[tokio::test]
async fn deleting_a_role_takes_it_from_its_holders_and_tells_so() {
    let world = World::memory();
    let (viewer, editor) = (world.role("viewer").await, world.role("editor").await);
    let user = world.user("a@b.c").await;
    let user = world.store.add_user_role(&by(), user.id, viewer.id).await.unwrap();
    let user = world.store.add_user_role(&by(), user.id, editor.id).await.unwrap();
    assert_eq!(user.roles, [viewer.id, editor.id]);
    let key = world.key_with(|key| key.role = Some(viewer.id)).await;
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let into = told.clone();
    world.store.subscribe(Box::new(move |change| {
        into.lock().unwrap().push(match change {
            Change::RoleGone(_) => "role gone".to_owned(),
            Change::User(user) => format!("user with {}", user.roles.len()),
            other => format!("{other:?}"),
        });
    }));
    world.store.delete_role(&by(), viewer.id).await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["role gone", "user with 1"]);
    // Bound to nothing rather than to everything.
    let key = world.store.key(OwnerScope::All, key.id).await.unwrap().unwrap();
    assert_eq!(key.role, Some(viewer.id));
}

#[tokio::test]
async fn there_is_one_default_role_and_builtin_roles_stay() {
    let world = World::memory();
    let one = world.role("one").await;
    let two = Role {
        id: domain::RoleId::new(world.now(), world.entropy.as_ref()),
        name: "two".into(),
        builtin: true,
        default: true,
        ..one.clone()
    };
    let two = world.store.create_role(&by(), two).await.unwrap();
    world
        .store
        .patch_role(&by(), one.id, RolePatch { default: Some(true), ..RolePatch::default() })
        .await
        .unwrap();
    let defaults: Vec<String> =
        world.store.roles().await.unwrap().into_iter().filter(|r| r.default).map(|r| r.name).collect();
    assert_eq!(defaults, ["one"]);
    assert_eq!(world.store.delete_role(&by(), two.id).await, Err(StoreError::Conflict("builtin".into())));
    assert_eq!(
        world.store.create_role(&by(), Role { id: two.id, ..one }).await,
        Err(StoreError::Conflict("name".into()))
    );
}

fn session(world: &World, user: domain::UserId) -> Session {
    Session {
        id: SessionId::new(world.now(), world.entropy.as_ref()),
        digest: world.digest(),
        user,
        created_at: world.now(),
        updated_at: world.now(),
        expires_at: world.now().plus(1_000),
        ip: None,
        user_agent: None,
        organization: None,
    }
}

#[tokio::test]
async fn a_deleted_user_takes_sessions_and_keys_along() {
    for world in both() {
        let user = world.user("a@b.c").await;
        let session = session(&world, user.id);
        world.store.create_session(session.clone()).await.unwrap();
        assert_eq!(world.store.session(session.digest).await.unwrap(), Some(session.clone()));
        let key = world.key_with(|key| key.owner = Owner::User(user.id)).await;
        world.store.delete_user(&by(), user.id).await.unwrap();
        assert_eq!(world.store.session(session.digest).await.unwrap(), None);
        assert_eq!(world.store.key(OwnerScope::All, key.id).await.unwrap(), None);
        assert_eq!(world.store.user(user.id).await.unwrap(), None);
        assert_eq!(world.store.delete_user(&by(), user.id).await, Err(StoreError::NotFound));
    }
}

#[tokio::test]
async fn sessions_end_one_by_one_together_and_by_time() {
    let world = World::memory();
    let user = world.user("a@b.c").await;
    let sessions: Vec<Session> = (0..3).map(|_| session(&world, user.id)).collect();
    for session in &sessions {
        world.store.create_session(session.clone()).await.unwrap();
    }
    let first = &sessions[0];
    let longer = world.store.touch_session(first.id, Millis(T0 + 1), Millis(T0 + 9_000)).await.unwrap();
    assert_eq!(longer.expires_at, Millis(T0 + 9_000));
    assert_eq!(world.store.sessions(Some(user.id), Millis(T0 + 5_000)).await.unwrap(), [longer]);
    assert_eq!(world.store.delete_sessions_of(user.id, Some(first.digest)).await.unwrap(), 2);
    assert_eq!(world.store.sessions(None, Millis(T0)).await.unwrap().len(), 1);
    assert_eq!(world.store.purge_sessions(Millis(T0 + 9_000)).await.unwrap(), 1);
    world.store.delete_session(first.digest).await.unwrap();
}

#[tokio::test]
async fn a_session_and_a_new_hash_are_written_only_while_the_password_is_the_verified_one() {
    let world = World::memory();
    let new = NewUser { user: world.new_user("a@b.c"), password_hash: Some("old".to_owned()) };
    let user = world.store.create_user(&by(), new).await.unwrap();
    let hash = |was: &str, now: &str| UserPatch {
        password_hash: Some(Some(now.to_owned())),
        password_was: Some(was.to_owned()),
        ..UserPatch::default()
    };
    let begin = async |hash: &str| {
        world.store.create_session_if(session(&world, user.id), hash.to_owned()).await.unwrap()
    };
    assert!(begin("old").await);
    let new = UserPatch { end_sessions: true, ..hash("old", "new") };
    let after = world.store.patch_user(&by(), user.id, new).await.unwrap();
    assert_eq!(after.sessions_valid_from, world.now(), "the clock of the write");
    assert!(!begin("old").await);
    assert_eq!(world.store.sessions(Some(user.id), Millis(T0)).await.unwrap(), []);
    let late = world.store.patch_user(&by(), user.id, hash("old", "old, hashed again")).await;
    assert_eq!(late, Err(StoreError::Conflict("password".to_owned())));
    assert_eq!(world.store.password_hash(user.id).await.unwrap().as_deref(), Some("new"));
    assert!(begin("new").await);
}

#[tokio::test]
async fn users_are_found_by_any_part_of_their_names() {
    let world = World::memory();
    let role = world.role("member").await;
    for (email, name) in [("ann@x.org", "Ännchen"), ("bob@x.org", "Bob_1"), ("cy@y.org", "Bob21")] {
        let mut user = world.new_user(email);
        user.name = Some(name.to_owned());
        user.roles = if email.starts_with('a') { vec![role.id] } else { Vec::new() };
        world.store.create_user(&by(), NewUser { user, password_hash: None }).await.unwrap();
    }
    let found = async |list: UserList| -> Listed<String> {
        let found = world.store.users(UserList { count: true, ..list }).await.unwrap();
        let items = found.items.into_iter().filter_map(|user| user.email).collect();
        Listed { items, total: found.total }
    };
    let search = |text: &str| UserList { search: Some(text.to_owned()), ..UserList::default() };
    assert_eq!(found(search("änn")).await.items, ["ann@x.org"]);
    assert_eq!(found(search("b_1")).await.items, ["bob@x.org"]);
    assert_eq!(found(search("X.ORG")).await.total, Some(2));
    let held = UserList { role: Some(role.id), ..UserList::default() };
    assert_eq!(found(held).await.items, ["ann@x.org"]);
    let page = UserList { descending: true, offset: 1, limit: 1, ..UserList::default() };
    assert_eq!(found(page).await, Listed { items: vec!["bob@x.org".into()], total: Some(3) });
}

#[tokio::test]
async fn an_organization_has_members_and_takes_its_keys_along() {
    let world = World::memory();
    let (ann, bob) = (world.user("ann@x.org").await, world.user("bob@x.org").await);
    let organization = Organization {
        id: OrgId::new(world.now(), world.entropy.as_ref()),
        name: "Acme".into(),
        slug: "acme".into(),
        extra: None,
        created_at: world.now(),
    };
    let store = &world.store;
    store.create_organization(&by(), organization.clone(), Some(ann.id)).await.unwrap();
    let member = Member {
        organization: organization.id,
        user: bob.id,
        role: "member".into(),
        created_at: world.now(),
    };
    store.put_member(&by(), member.clone()).await.unwrap();
    store.put_member(&by(), Member { role: "admin".into(), ..member.clone() }).await.unwrap();
    assert_eq!(store.members(organization.id).await.unwrap().len(), 2);
    assert_eq!(store.member(organization.id, bob.id).await.unwrap().unwrap().role, "admin");
    assert_eq!(store.organizations(Some(bob.id)).await.unwrap(), std::slice::from_ref(&organization));
    store.remove_member(&by(), organization.id, bob.id).await.unwrap();
    assert_eq!(store.organizations(Some(bob.id)).await.unwrap(), []);
    let key = world.key_with(|key| key.owner = Owner::Organization(organization.id)).await;
    store.delete_organization(&by(), organization.id).await.unwrap();
    assert_eq!(store.key(OwnerScope::All, key.id).await.unwrap(), None);
    assert_eq!(store.organization_by_slug("acme").await.unwrap(), None);
}
