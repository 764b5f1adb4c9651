//! Nobody hands out more than they hold; a key never issues a key that outlives or outranks it.

use domain::{
    key::{Key, KeyKind, Owner},
    limit::RateLimit,
    time::DAY_MS,
    user::User,
};
use keys::{Expires, KeyChange, KeysError, NewKey, Remaining, RoleChange, Rotate, UserChange};
use serde_json::json;

use crate::world::{NOW, World, everywhere, pw, refused, world};

/// Ada may manage keys and read; she also holds a role that may write.
async fn ada(w: &World) -> User {
    w.role("keeper", everywhere(&["key.manage", "record.read"])).await;
    w.role("writer", everywhere(&["record.create"])).await;
    w.user("ada", &["keeper", "writer"]).await
}

async fn key_of(w: &World, owner: &User, new: NewKey) -> Key {
    w.keys.create(&w.as_user(owner).await, new).await.unwrap().0
}

fn bound(role: &str) -> NewKey {
    NewKey { role: Some(role.into()), ..NewKey::default() }
}

#[tokio::test]
async fn a_key_can_only_be_bound_to_a_role_its_owner_holds() {
    let w = world().await;
    let ada = ada(&w).await;
    let session = w.as_user(&ada).await;
    w.keys.create(&session, bound("writer")).await.unwrap();
    refused!(w.keys.create(&session, bound("admin")).await, KeysError::Invalid { field: "role", .. });
    let key = key_of(&w, &ada, bound("writer")).await;
    let change = KeyChange { role: Some(Some("root".into())), ..KeyChange::default() };
    refused!(w.keys.update(&session, key.id, change).await, KeysError::Invalid { field: "role", .. });
    // A role lost later does not stand in the way of renaming the key.
    w.keys.remove_roles(&w.as_root().await, ada.id, &["writer".into()]).await.unwrap();
    let change = KeyChange { name: Some(Some("new".into())), ..KeyChange::default() };
    w.keys.update(&session, key.id, change).await.unwrap();
}

#[tokio::test]
async fn kinds_above_standard_need_what_they_promise() {
    let w = world().await;
    let ada = ada(&w).await;
    let admin = w.user("adele", &["admin"]).await;
    let kind = |kind| NewKey { kind, ..NewKey::default() };
    let session = w.as_user(&ada).await;
    refused!(w.keys.create(&session, kind(KeyKind::Root)).await, KeysError::NotAllowed(_));
    refused!(w.keys.create(&session, kind(KeyKind::Administration)).await, KeysError::NotAllowed(_));
    w.keys.create(&session, kind(KeyKind::Legacy)).await.unwrap();
    let narrowed = NewKey { role: Some("keeper".into()), ..kind(KeyKind::Legacy) };
    refused!(w.keys.create(&session, narrowed).await, KeysError::Invalid { field: "role", .. });
    let admin = w.as_user(&admin).await;
    w.keys.create(&admin, kind(KeyKind::Administration)).await.unwrap();
    refused!(w.keys.create(&admin, kind(KeyKind::Root)).await, KeysError::NotAllowed(_));
    let root = w.as_root().await;
    w.keys.create(&root, kind(KeyKind::Root)).await.unwrap();
    for powerful in [KeyKind::Root, KeyKind::Administration] {
        let for_ada = NewKey { owner: Some(Owner::User(ada.id)), ..kind(powerful) };
        refused!(w.keys.create(&root, for_ada).await, KeysError::NotAllowed(_));
    }
}

#[tokio::test]
async fn settings_and_managing_keys_are_no_way_to_everything_else() {
    let w = world().await;
    w.role("operator", everywhere(&["settings", "key.manage", "key.reveal"])).await;
    let (olga, adele) = (w.user("olga", &["operator"]).await, w.user("adele", &["admin"]).await);
    let administration = |owner: Option<&User>| NewKey {
        kind: KeyKind::Administration,
        owner: owner.map(|user| Owner::User(user.id)),
        revealable: true,
        ..NewKey::default()
    };
    let by_olga = w.as_user(&olga).await;
    assert!(by_olga.principal().operator);
    for owner in [None, Some(&adele), Some(&w.root)] {
        refused!(w.keys.create(&by_olga, administration(owner)).await, KeysError::NotAllowed(_));
    }
    refused!(w.keys.create(&w.as_root().await, administration(Some(&olga))).await, KeysError::NotAllowed(_));
    let key = key_of(&w, &adele, administration(None)).await;
    refused!(w.keys.rotate(&by_olga, key.id, Rotate::default()).await, KeysError::NotAllowed(_));
    refused!(w.keys.reveal(&by_olga, key.id).await, KeysError::NotAllowed(_));
    // A narrowed one still rotates itself, and hands on its narrowness.
    let scopes = serde_json::from_value(json!([{"operations": ["key.manage", "key.reveal"]}])).unwrap();
    let narrow = key_of(&w, &adele, NewKey { scopes, ..administration(None) }).await;
    let by_narrow = w.as_key(&narrow).await;
    w.keys.rotate(&by_narrow, narrow.id, Rotate::default()).await.unwrap();
    refused!(w.keys.reveal(&by_narrow, key.id).await, KeysError::NotAllowed(_));
    // The operator's root key goes on making them for the server.
    let (root_key, _) =
        w.keys.create(&w.as_root().await, NewKey { kind: KeyKind::Root, ..NewKey::default() }).await.unwrap();
    let for_server = NewKey { owner: Some(Owner::Server), ..administration(None) };
    w.keys.create(&w.as_key(&root_key).await, for_server.clone()).await.unwrap();
    refused!(w.keys.create(&by_olga, for_server).await, KeysError::NotAllowed(_));
}

#[tokio::test]
async fn an_operator_binds_no_role_its_owner_does_not_hold_because_such_a_key_would_never_work() {
    let w = world().await;
    let ada = ada(&w).await;
    let root = w.as_root().await;
    let for_ada = NewKey { owner: Some(Owner::User(ada.id)), ..bound("admin") };
    refused!(w.keys.create(&root, for_ada).await, KeysError::Invalid { field: "role", .. });
    w.keys.create(&root, NewKey { owner: Some(Owner::User(ada.id)), ..bound("writer") }).await.unwrap();
    w.keys.create(&root, NewKey { owner: Some(Owner::Server), ..bound("writer") }).await.unwrap();
    w.keys.create(&root, bound("writer")).await.unwrap();
}

#[tokio::test]
async fn of_keys_only_root_keys_make_root() {
    let w = world().await;
    let mine = |kind| NewKey { kind, ..NewKey::default() };
    let promote = UserChange { root: Some(true), ..UserChange::default() };
    let eve = w.user("eve", &[]).await;
    for kind in [KeyKind::Standard, KeyKind::Administration] {
        let by_key = w.as_key(&key_of(&w, &w.root, mine(kind)).await).await;
        refused!(w.keys.update_user(&by_key, eve.id, promote.clone()).await, KeysError::NotAllowed(_));
        refused!(w.keys.add_roles(&by_key, eve.id, &["root".into()]).await, KeysError::NotAllowed(_));
        refused!(w.keys.create(&by_key, mine(KeyKind::Root)).await, KeysError::NotAllowed(_));
    }
    let by_key = w.as_key(&key_of(&w, &w.root, mine(KeyKind::Root)).await).await;
    w.keys.update_user(&by_key, eve.id, promote).await.unwrap();
}

#[tokio::test]
async fn an_admin_gets_no_key_of_a_root_user() {
    let w = world().await;
    let admin = w.user("adele", &["admin"]).await;
    let admin = w.as_user(&admin).await;
    let for_root = NewKey { owner: Some(Owner::User(w.root.id)), ..NewKey::default() };
    refused!(w.keys.create(&admin, for_root.clone()).await, KeysError::NotAllowed(_));
    refused!(w.keys.create(&admin, bound("root")).await, KeysError::Invalid { field: "role", .. });
    let service = NewKey { owner: Some(Owner::Server), ..bound("root") };
    refused!(w.keys.create(&admin, service).await, KeysError::NotAllowed(_));
    let new = NewKey { revealable: true, ..for_root };
    let (key, _) = w.keys.create(&w.as_root().await, new).await.unwrap();
    refused!(w.keys.rotate(&admin, key.id, Rotate::default()).await, KeysError::NotAllowed(_));
    refused!(w.keys.reveal(&admin, key.id).await, KeysError::NotAllowed(_));
    // Switching it off is no gain.
    assert!(!w.keys.disable(&admin, key.id).await.unwrap().enabled);
    w.keys.revoke(&admin, key.id).await.unwrap();
}

#[tokio::test]
async fn a_key_never_issues_one_that_outlives_it() {
    let w = world().await;
    let ada = ada(&w).await;
    let parent = key_of(&w, &ada, NewKey { expires: Expires::In(86_400), ..NewKey::default() }).await;
    let by_key = w.as_key(&parent).await;
    let (child, _) = w.keys.create(&by_key, NewKey::default()).await.unwrap();
    assert_eq!(child.expires_at, Some(NOW.plus(DAY_MS)));
    for expires in [Expires::Never, Expires::In(86_401), Expires::At(NOW.plus(DAY_MS + 1))] {
        let new = NewKey { expires, ..NewKey::default() };
        refused!(w.keys.create(&by_key, new).await, KeysError::NotAllowed(_));
        let change = KeyChange { expires: Some(expires), ..KeyChange::default() };
        refused!(w.keys.update(&by_key, child.id, change.clone()).await, KeysError::NotAllowed(_));
        refused!(w.keys.update(&by_key, parent.id, change).await, KeysError::NotAllowed(_));
    }
    let longer = key_of(&w, &ada, NewKey::default()).await;
    refused!(w.keys.rotate(&by_key, longer.id, Rotate::default()).await, KeysError::NotAllowed(_));
}

#[tokio::test]
async fn a_key_hands_on_its_role_or_a_smaller_one() {
    let w = world().await;
    let ada = ada(&w).await;
    w.role("reader", everywhere(&["record.read"])).await;
    w.keys.add_roles(&w.as_root().await, ada.id, &["reader".into()]).await.unwrap();
    let parent = key_of(&w, &ada, bound("keeper")).await;
    let by_key = w.as_key(&parent).await;
    let (child, _) = w.keys.create(&by_key, NewKey::default()).await.unwrap();
    assert_eq!(child.role, parent.role);
    w.keys.create(&by_key, bound("reader")).await.unwrap();
    refused!(w.keys.create(&by_key, bound("writer")).await, KeysError::NotAllowed(_));
    let free = KeyChange { role: Some(None), ..KeyChange::default() };
    refused!(w.keys.update(&by_key, child.id, free).await, KeysError::NotAllowed(_));
    let legacy = NewKey { kind: KeyKind::Legacy, ..NewKey::default() };
    refused!(w.keys.create(&by_key, legacy).await, KeysError::NotAllowed(_));
}

#[tokio::test]
async fn a_key_hands_on_every_restriction_it_has() {
    let w = world().await;
    let ada = ada(&w).await;
    let limit = RateLimit { max: 10, window_ms: 1_000, rule: Default::default(), enabled: true };
    let scopes = |json| serde_json::from_value(json).unwrap();
    let new = NewKey {
        scopes: scopes(
            json!([{"operations": ["key.manage"]}, {"base": "main", "operations": ["record.read"]}]),
        ),
        hosts: vec!["10.0.0.0/8".into()],
        rate_limit: Some(limit),
        permissions: serde_json::from_value(json!({"files": ["read"]})).unwrap(),
        ..NewKey::default()
    };
    let parent = key_of(&w, &ada, new).await;
    let by_key = w.as_key(&parent).await;
    let (child, _) = w.keys.create(&by_key, NewKey::default()).await.unwrap();
    assert_eq!((&child.scopes, &child.hosts), (&parent.scopes, &parent.hosts));
    assert_eq!((child.rate_limit, child.permissions), (Some(limit), None));
    let narrower = NewKey {
        scopes: scopes(json!([{"base": "main", "table": "todos", "operations": ["record.read"]}])),
        hosts: vec!["10.1.2.3".into()],
        rate_limit: Some(RateLimit { max: 1, ..limit }),
        permissions: serde_json::from_value(json!({"files": ["read"]})).unwrap(),
        ..NewKey::default()
    };
    w.keys.create(&by_key, narrower).await.unwrap();
    for wider in [
        NewKey { scopes: scopes(json!([{"operations": ["record.read"]}])), ..NewKey::default() },
        NewKey {
            scopes: scopes(json!([{"base": "other", "operations": ["record.read"]}])),
            ..NewKey::default()
        },
        NewKey { scopes: scopes(json!([{"base": "main"}])), ..NewKey::default() },
        NewKey { hosts: vec!["10.0.0.0/7".into()], ..NewKey::default() },
        NewKey { rate_limit: Some(RateLimit { max: 11, ..limit }), ..NewKey::default() },
        NewKey { rate_limit: Some(RateLimit { enabled: false, ..limit }), ..NewKey::default() },
        NewKey {
            permissions: serde_json::from_value(json!({"files": ["write"]})).unwrap(),
            ..NewKey::default()
        },
    ] {
        refused!(w.keys.create(&by_key, wider).await, KeysError::NotAllowed(_));
    }
    // Its own restrictions are not its own to lift.
    for change in [
        KeyChange { scopes: Some(None), ..KeyChange::default() },
        KeyChange { hosts: Some(Vec::new()), ..KeyChange::default() },
        KeyChange { rate_limit: Some(None), ..KeyChange::default() },
    ] {
        refused!(w.keys.update(&by_key, parent.id, change).await, KeysError::NotAllowed(_));
    }
}

#[tokio::test]
async fn a_key_with_a_quota_makes_no_other_keys_and_no_more_of_its_own_quota() {
    let w = world().await;
    let ada = ada(&w).await;
    let parent = key_of(&w, &ada, NewKey { remaining: Some(10), ..NewKey::default() }).await;
    let by_key = w.as_key(&parent).await;
    refused!(w.keys.create(&by_key, NewKey::default()).await, KeysError::NotAllowed(_));
    let more = KeyChange { remaining: Some(Remaining::Add(1)), ..KeyChange::default() };
    refused!(w.keys.update(&by_key, parent.id, more).await, KeysError::NotAllowed(_));
    let renamed = KeyChange { name: Some(Some("me".into())), ..KeyChange::default() };
    w.keys.update(&by_key, parent.id, renamed).await.unwrap();
}

#[tokio::test]
async fn nobody_grants_a_role_above_their_own_rights() {
    let w = world().await;
    w.role("people", everywhere(&["user.manage", "role.manage", "record.read"])).await;
    w.role("reader", everywhere(&["record.read"])).await;
    w.role("writer", everywhere(&["record.create"])).await;
    let boss = w.user("boss", &["people"]).await;
    let eve = w.user("eve", &[]).await;
    let boss = w.as_user(&boss).await;
    w.keys.add_roles(&boss, eve.id, &["reader".into()]).await.unwrap();
    for role in ["writer", "admin", "root"] {
        refused!(w.keys.add_roles(&boss, eve.id, &[role.into()]).await, KeysError::NotAllowed(_));
        let change = UserChange { roles: Some(vec![role.into()]), ..UserChange::default() };
        refused!(w.keys.update_user(&boss, eve.id, change).await, KeysError::NotAllowed(_));
    }
    let admin = w.user("adele", &["admin"]).await;
    let admin = w.as_user(&admin).await;
    refused!(w.keys.add_roles(&admin, eve.id, &["root".into()]).await, KeysError::NotAllowed(_));
    w.keys.add_roles(&admin, eve.id, &["admin".into()]).await.unwrap();
    w.keys.add_roles(&w.as_root().await, eve.id, &["root".into()]).await.unwrap();
}

#[tokio::test]
async fn nobody_saves_a_role_above_their_own_rights_not_even_for_a_place_that_is_not_there_yet() {
    let w = world().await;
    w.role("people", everywhere(&["role.manage", "record.read"])).await;
    let boss = w.user("boss", &["people"]).await;
    let boss = w.as_user(&boss).await;
    let save = async |name: &str, grants: serde_json::Value| {
        let grants = serde_json::from_value(grants).unwrap();
        w.keys.create_role(&boss, keys::NewRole { name: name.into(), grants, ..Default::default() }).await
    };
    let reader = save("reader", everywhere(&["record.read"])).await.unwrap();
    let future = |op: &str| json!([{"reach": {"table": {"base": "main", "table": "later"}}, "allow": [op]}]);
    save("later-reader", future("record.read")).await.unwrap();
    refused!(save("later-writer", future("record.create")).await, KeysError::NotAllowed(_));
    refused!(save("writer", everywhere(&["record.create"])).await, KeysError::NotAllowed(_));
    let grants = serde_json::from_value(everywhere(&["*"])).unwrap();
    let change = RoleChange { grants: Some(grants), ..RoleChange::default() };
    refused!(w.keys.update_role(&boss, reader.id, change).await, KeysError::NotAllowed(_));
    let admin = w.keys.role(&boss, "admin").await.unwrap();
    let change = RoleChange { default: Some(true), ..RoleChange::default() };
    refused!(w.keys.update_role(&boss, admin.id, change).await, KeysError::NotAllowed(_));
}

#[tokio::test]
async fn what_somebody_will_not_have_at_a_place_to_come_they_do_not_hand_on_today() {
    let w = world().await;
    let later = |base: &str| json!({"table": {"base": base, "table": "payroll"}});
    for base in ["main", "finance"] {
        let rights = json!([
            {"reach": "everywhere", "allow": ["role.manage", "record.read", "record.create"]},
            {"reach": later(base), "set": ["record.read"], "allow": []},
        ]);
        w.role(base, rights).await;
        let boss = w.user(&format!("boss-{base}"), &[base]).await;
        let save = async |name: &str, grants: serde_json::Value| {
            let (name, grants) = (format!("{name}-{base}"), serde_json::from_value(grants).unwrap());
            w.keys
                .create_role(&w.as_user(&boss).await, keys::NewRole { name, grants, ..Default::default() })
                .await
        };
        refused!(save("reader", everywhere(&["record.read"])).await, KeysError::NotAllowed(_));
        let there = json!([{"reach": later(base), "allow": ["record.read"]}]);
        refused!(save("there", there).await, KeysError::NotAllowed(_));
        save("writer", everywhere(&["record.create"])).await.unwrap();
        let same = json!([
            {"reach": "everywhere", "allow": ["record.read"]},
            {"reach": later(base), "set": ["record.read"], "allow": []},
        ]);
        save("same", same).await.unwrap();
        // Another role of theirs gives it back.
        w.keys.add_roles(&w.as_root().await, boss.id, &["admin".into()]).await.unwrap();
        save("reader", everywhere(&["record.read"])).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_weakens_or_deletes_a_role_above_their_own_rights() {
    let w = world().await;
    w.role("people", everywhere(&["role.manage", "record.read"])).await;
    let writer = w.role("writer", everywhere(&["record.read", "record.create"])).await;
    let reader = w.role("reader", everywhere(&["record.read"])).await;
    let boss = w.user("boss", &["people"]).await;
    let (boss, root) = (w.as_user(&boss).await, w.as_root().await);
    let less = RoleChange { grants: Some(Default::default()), ..RoleChange::default() };
    let default = |on| RoleChange { default: Some(on), ..RoleChange::default() };
    refused!(w.keys.update_role(&boss, writer.id, less.clone()).await, KeysError::NotAllowed(_));
    refused!(w.keys.delete_role(&boss, writer.id).await, KeysError::NotAllowed(_));
    w.keys.update_role(&root, writer.id, default(true)).await.unwrap();
    refused!(w.keys.update_role(&boss, writer.id, default(false)).await, KeysError::NotAllowed(_));
    refused!(w.keys.update_role(&boss, reader.id, default(true)).await, KeysError::NotAllowed(_));
    let new = keys::NewRole { name: "mine".into(), default: true, ..Default::default() };
    refused!(w.keys.create_role(&boss, new).await, KeysError::NotAllowed(_));
    w.keys.update_role(&root, reader.id, default(true)).await.unwrap();
    let titled = RoleChange { title: Some(Some("Writer".into())), ..default(false) };
    w.keys.update_role(&boss, writer.id, titled).await.unwrap();
    w.keys.update_role(&boss, reader.id, less).await.unwrap();
    w.keys.delete_role(&boss, reader.id).await.unwrap();
    w.keys.delete_role(&root, writer.id).await.unwrap();
}

#[tokio::test]
async fn nobody_changes_a_user_who_may_do_more() {
    let w = world().await;
    let admin = w.user("adele", &["admin"]).await;
    w.role("people", everywhere(&["user.manage"])).await;
    let boss = w.user("boss", &["people"]).await;
    let takeover = UserChange { password: Some(pw("mine from now on")), ..UserChange::default() };
    for (caller, target) in [(&admin, &w.root), (&boss, &admin), (&boss, &w.root)] {
        let caller = w.as_user(caller).await;
        refused!(w.keys.update_user(&caller, target.id, takeover.clone()).await, KeysError::NotAllowed(_));
        refused!(w.keys.delete_user(&caller, target.id).await, KeysError::NotAllowed(_));
    }
    let promote = UserChange { root: Some(true), ..UserChange::default() };
    refused!(w.keys.update_user(&w.as_user(&admin).await, admin.id, promote).await, KeysError::NotAllowed(_));
}

#[tokio::test]
async fn a_narrow_key_is_not_the_person_it_belongs_to() {
    let w = world().await;
    let admin = w.user("adele", &["admin"]).await;
    let new = NewKey {
        scopes: serde_json::from_value(json!([{"operations": ["user.manage"]}])).unwrap(),
        ..NewKey::default()
    };
    let key = key_of(&w, &admin, new).await;
    let by_key = w.as_key(&key).await;
    let takeover = UserChange { password: Some(pw("mine from now on")), ..UserChange::default() };
    refused!(w.keys.update_user(&by_key, admin.id, takeover).await, KeysError::NotAllowed(_));
    let changed = w.keys.change_password(&by_key, pw("adele password"), pw("mine from now on")).await;
    refused!(changed, KeysError::NotAllowed(_));
}
