//! Users and the roles they hold.

use domain::query::Filter;
use keys::{KeysError, NewKey, NewRole, NewUser, PageRequest, RoleChange, UserChange, UserQuery};
use serde_json::json;

use crate::world::{everywhere, pw, refused, world, world_with};

#[tokio::test]
async fn email_and_username_are_unique_whatever_the_case() {
    let w = world().await;
    let root = w.as_root().await;
    let new = |email: Option<&str>, username: Option<&str>| NewUser {
        email: email.map(str::to_owned),
        username: username.map(str::to_owned),
        ..NewUser::default()
    };
    let ada = w.keys.create_user(&root, new(Some("Ada@Example.ORG"), Some("Ada"))).await.unwrap();
    assert_eq!((ada.email.as_deref(), ada.username.as_deref()), (Some("ada@example.org"), Some("Ada")));
    let again = w.keys.create_user(&root, new(Some("ADA@example.org"), None)).await;
    refused!(again, KeysError::Conflict { field: "email" });
    let again = w.keys.create_user(&root, new(None, Some("aDA"))).await;
    refused!(again, KeysError::Conflict { field: "username" });
    for (email, username) in [
        (None, None),
        (Some("nobody"), None),
        (Some("a b@c"), None),
        (None, Some("a@b")),
        (None, Some("a b")),
        (None, Some("")),
    ] {
        refused!(w.keys.create_user(&root, new(email, username)).await, KeysError::Invalid { .. });
    }
}

#[tokio::test]
async fn only_the_named_parts_of_a_user_change() {
    let w = world().await;
    let root = w.as_root().await;
    let ada = w.user("ada", &["member", "admin"]).await;
    let change = UserChange { name: Some(Some("Ada L.".into())), ..UserChange::default() };
    let after = w.keys.update_user(&root, ada.id, change).await.unwrap();
    assert_eq!(
        (after.name.as_deref(), &after.username, &after.roles),
        (Some("Ada L."), &ada.username, &ada.roles)
    );
    let change = UserChange { username: Some(None), ..UserChange::default() };
    refused!(w.keys.update_user(&root, ada.id, change).await, KeysError::Invalid { .. });
    let member = w.keys.choose_default_role(&w.as_user(&ada).await, "member").await.unwrap();
    let change = UserChange { roles: Some(vec!["admin".into()]), ..UserChange::default() };
    let after = w.keys.update_user(&root, ada.id, change).await.unwrap();
    assert!(member.default_role.is_some());
    w.keys.add_roles(&root, ada.id, &["member".into()]).await.unwrap();
    w.keys.choose_default_role(&w.as_user(&ada).await, "member").await.unwrap();
    let without = w.keys.remove_roles(&root, ada.id, &["member".into()]).await.unwrap();
    assert_eq!((without.roles, without.default_role), (after.roles.clone(), None));
    assert_eq!((after.roles.len(), after.default_role), (1, None));
    let chosen = w.keys.choose_default_role(&w.as_user(&ada).await, "member").await;
    refused!(chosen, KeysError::Invalid { field: "default_role", .. });
}

#[tokio::test]
async fn the_last_root_user_stays() {
    let w = world().await;
    let root = w.as_root().await;
    let off = UserChange { active: Some(false), ..UserChange::default() };
    let demoted = UserChange { root: Some(false), ..UserChange::default() };
    refused!(w.keys.delete_user(&root, w.root.id).await, KeysError::NotAllowed(_));
    refused!(w.keys.update_user(&root, w.root.id, off.clone()).await, KeysError::NotAllowed(_));
    refused!(w.keys.update_user(&root, w.root.id, demoted).await, KeysError::NotAllowed(_));
    let new = NewUser { username: Some("second".into()), root: true, ..NewUser::default() };
    let second = w.keys.create_user(&root, new).await.unwrap();
    let (a, b) = tokio::join!(
        w.keys.update_user(&root, w.root.id, off.clone()),
        w.keys.update_user(&root, second.id, off)
    );
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
}

#[tokio::test]
async fn with_a_user_go_their_keys() {
    let w = world().await;
    w.role("keeper", everywhere(&["key.manage"])).await;
    let ada = w.user("ada", &["keeper"]).await;
    let (key, _) = w.keys.create(&w.as_user(&ada).await, NewKey::default()).await.unwrap();
    let root = w.as_root().await;
    w.keys.delete_user(&root, ada.id).await.unwrap();
    refused!(w.keys.user(&root, ada.id).await, KeysError::NotFound);
    refused!(w.keys.get(&root, key.id).await, KeysError::NotFound);
}

#[tokio::test]
async fn users_are_found_by_part_of_a_name_and_by_role_page_by_page() {
    let w = world().await;
    for name in ["ada", "adele", "bob"] {
        w.user(name, &["member"]).await;
    }
    let root = w.as_root().await;
    let count = async |query: UserQuery| w.keys.users(&root, query).await.unwrap().total;
    assert_eq!(count(UserQuery { contains: Some("AD".into()), ..UserQuery::default() }).await, 2);
    assert_eq!(count(UserQuery { role: Some("member".into()), ..UserQuery::default() }).await, 4);
    assert_eq!(count(UserQuery { role: Some("nobody".into()), ..UserQuery::default() }).await, 0);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest { after, limit: 3, ..PageRequest::default() };
        let page = w.keys.users(&root, UserQuery { page, ..UserQuery::default() }).await.unwrap();
        seen.extend(page.items.into_iter().map(|user| user.username.unwrap()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["root", "ada", "adele", "bob"]);
}

#[tokio::test]
async fn builtin_roles_cannot_be_deleted_and_names_are_unique() {
    let w = world().await;
    let root = w.as_root().await;
    let admin = w.keys.role(&root, "admin").await.unwrap();
    refused!(w.keys.delete_role(&root, admin.id).await, KeysError::NotAllowed(_));
    let again = NewRole { name: "admin".into(), ..NewRole::default() };
    refused!(w.keys.create_role(&root, again).await, KeysError::Conflict { field: "name" });
    for name in ["", " x", "a\0", &"x".repeat(256)] {
        let new = NewRole { name: name.into(), ..NewRole::default() };
        refused!(w.keys.create_role(&root, new).await, KeysError::Invalid { field: "name", .. });
    }
    let role = w.role("mine", everywhere(&["record.read"])).await;
    w.keys.delete_role(&root, role.id).await.unwrap();
    refused!(w.keys.role(&root, "mine").await, KeysError::NotFound);
}

#[tokio::test]
async fn there_is_one_default_role() {
    let w = world().await;
    let root = w.as_root().await;
    let role = w.role("guest", everywhere(&["record.read"])).await;
    let change = RoleChange { default: Some(true), ..RoleChange::default() };
    w.keys.update_role(&root, role.id, change).await.unwrap();
    let roles = w.keys.roles(&root).await.unwrap();
    assert_eq!(roles.iter().filter(|r| r.default).map(|r| r.name.as_str()).collect::<Vec<_>>(), ["guest"]);
}

#[tokio::test]
async fn a_combination_of_roles_no_query_could_carry_is_refused() {
    let w = world().await;
    let mut names = Vec::new();
    for n in 0..9 {
        let rows = json!([{"matching": Filter::eq("n", n)}]);
        let limits = json!([{"ops": ["record.read"], "rows": rows}]);
        let grants = json!([{"reach": "everywhere", "allow": ["record.read"], "limits": limits}]);
        names.push(w.role(&format!("r{n}"), grants).await.name);
    }
    let new = NewUser { username: Some("many".into()), roles: Some(names.clone()), ..NewUser::default() };
    refused!(w.keys.create_user(&w.as_root().await, new).await, KeysError::Invalid { field: "roles", .. });
    let few = w.user("few", &["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"]).await;
    let added = w.keys.add_roles(&w.as_root().await, few.id, &["r8".into()]).await;
    refused!(added, KeysError::Invalid { field: "roles", .. });
}

#[tokio::test]
async fn strangers_make_accounts_only_where_the_server_is_open_and_get_the_default_role() {
    let stranger =
        NewUser { username: Some("eve".into()), password: Some(pw("eve password")), ..NewUser::default() };
    let w = world().await;
    refused!(w.keys.sign_up(stranger.clone()).await, KeysError::NotAllowed(_));
    let w = world_with(|options| options.signup_open = true).await;
    for greedy in [
        NewUser { root: true, ..stranger.clone() },
        NewUser { roles: Some(vec!["admin".into()]), ..stranger.clone() },
    ] {
        refused!(w.keys.sign_up(greedy).await, KeysError::NotAllowed(_));
    }
    let eve = w.keys.sign_up(stranger).await.unwrap();
    let member = w.keys.role(&w.as_root().await, "member").await.unwrap();
    assert_eq!((eve.roles, eve.root), (vec![member.id], false));
}
