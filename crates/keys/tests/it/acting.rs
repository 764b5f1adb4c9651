//! Acting for an organization, ending what is dead, and what people do with their own sessions.

use domain::{key::Owner, limits::SESSION_LIFE_MS};
use keys::{Expires, KeysError, NewKey, NewOrganization, SignIn};

use crate::world::{pw, refused, world};

#[tokio::test]
async fn only_owners_act_for_an_organization_and_see_nothing_but_its_keys() {
    let w = world().await;
    let (ada, bob, eve) = (w.user("ada", &[]).await, w.user("bob", &[]).await, w.user("eve", &[]).await);
    let (as_ada, as_root) = (w.as_user(&ada).await, w.as_root().await);
    let new = NewOrganization { name: "Acme".into(), slug: "acme".into(), extra: None };
    let org = w.keys.create_organization(&as_ada, new).await.unwrap().id;
    refused!(w.keys.put_member(&as_ada, org, bob.id, "owner").await, KeysError::NotAllowed(_));
    w.keys.put_member(&as_root, org, bob.id, "admin").await.unwrap();
    let acting = w.keys.act_for(&as_ada, org, None).await.unwrap();
    let (key, _) = w.keys.create(&acting, NewKey::default()).await.unwrap();
    assert_eq!((key.owner, key.created_by), (Owner::Organization(org), Some(ada.id)));
    refused!(w.keys.get(&as_ada, key.id).await, KeysError::NotFound);
    let (own, _) = w.keys.create(&as_ada, NewKey::default()).await.unwrap();
    refused!(w.keys.get(&acting, own.id).await, KeysError::NotFound);
    refused!(w.keys.act_for(&w.as_user(&bob).await, org, None).await, KeysError::NotAllowed(_));
    refused!(w.keys.act_for(&w.as_user(&eve).await, org, None).await, KeysError::NotFound);
    refused!(w.keys.act_for(&w.as_user(&eve).await, org, Some(ada.id)).await, KeysError::NotFound);
    refused!(w.keys.act_for(&w.as_key(&own).await, org, None).await, KeysError::NotAllowed(_));
    w.keys.act_for(&as_root, org, Some(ada.id)).await.unwrap();
    refused!(w.keys.act_for(&as_root, org, Some(eve.id)).await, KeysError::NotFound);
}

#[tokio::test]
async fn a_key_is_buried_only_while_it_is_dead() {
    let w = world().await;
    let root = w.as_root().await;
    let new =
        |expires, remaining| NewKey { expires, remaining, door: Some("door/a".into()), ..NewKey::default() };
    let (spent, _) = w.keys.create(&root, new(Expires::Never, Some(0))).await.unwrap();
    let (left, _) = w.keys.create(&root, new(Expires::Never, Some(1))).await.unwrap();
    let (dying, _) = w.keys.create(&root, new(Expires::In(1), None)).await.unwrap();
    let other = NewKey { door: Some("other".into()), ..new(Expires::In(1), None) };
    let (other, _) = w.keys.create(&root, other).await.unwrap();
    assert!(w.keys.retire(spent.id).await.unwrap());
    assert!(!w.keys.retire(spent.id).await.unwrap(), "once");
    assert!(!w.keys.retire(left.id).await.unwrap());
    assert!(!w.keys.retire(dying.id).await.unwrap());
    assert_eq!(w.keys.retire_expired("door/").await.unwrap(), 0);
    w.clock.advance(1_000);
    assert_eq!(w.keys.retire_expired("door/").await.unwrap(), 1);
    let root = w.as_root().await;
    refused!(w.keys.get(&root, dying.id).await, KeysError::NotFound);
    w.keys.get(&root, left.id).await.unwrap();
    w.keys.get(&root, other.id).await.unwrap();
}

#[tokio::test]
async fn a_session_is_prolonged_and_multiplied_by_its_person_alone() {
    let w = world().await;
    let ada = w.user("ada", &[]).await;
    let sign_in = SignIn { account: "ada".into(), password: pw("ada password"), ip: None, user_agent: None };
    let first = w.keys.sign_in(sign_in).await.unwrap();
    let as_ada = w.as_user(&ada).await;
    let found = w.keys.session(&as_ada, &first.token).await.unwrap();
    assert_eq!(found, first.session);
    refused!(w.keys.session(&w.as_root().await, &first.token).await, KeysError::NotFound);
    let far = as_ada.at().plus(10 * SESSION_LIFE_MS);
    let moved = w.keys.set_session_end(&as_ada, found.id, far).await.unwrap();
    assert_eq!(moved.expires_at, as_ada.at().plus(SESSION_LIFE_MS), "never further than a new one");
    refused!(w.keys.set_session_end(&w.as_root().await, found.id, far).await, KeysError::NotFound);
    w.keys.another_session(&as_ada, None).await.unwrap();
    assert_eq!(w.keys.sessions(&as_ada, None).await.unwrap().len(), 2);
    let (key, _) = w.keys.create(&as_ada, NewKey::default()).await.unwrap();
    let by_key = w.as_key(&key).await;
    refused!(w.keys.another_session(&by_key, None).await, KeysError::NotAllowed(_));
    refused!(w.keys.set_session_end(&by_key, found.id, far).await, KeysError::NotAllowed(_));
    w.keys.change_password_only(&as_ada, pw("ada password"), pw("another password")).await.unwrap();
    assert_eq!(w.keys.sessions(&as_ada, None).await.unwrap().len(), 2);
    w.keys.change_password(&as_ada, pw("another password"), pw("ada password")).await.unwrap();
    assert_eq!(w.keys.sessions(&as_ada, None).await.unwrap().len(), 0);
}

#[tokio::test]
async fn addresses_are_slowed_only_where_that_is_on() {
    for (slow_addresses, last) in [(true, false), (false, true)] {
        let w = crate::world::world_with(|options| options.slow_addresses = slow_addresses).await;
        w.user("ada", &[]).await;
        let sign_in = |account: String, password: &str| SignIn {
            account,
            password: pw(password),
            ip: Some("192.0.2.7".parse().unwrap()),
            user_agent: None,
        };
        for n in 0..10 {
            refused!(w.keys.sign_in(sign_in(format!("nobody{n}"), "x")).await, KeysError::WrongCredentials);
        }
        let right = w.keys.sign_in(sign_in("ada".into(), "ada password")).await;
        assert_eq!(right.is_ok(), last);
    }
}

#[tokio::test]
async fn a_key_changes_nothing_about_the_account_of_its_owner_and_still_ends_itself() {
    let w = world().await;
    let ada = w.user("ada", &["member", "admin"]).await;
    let sign_in = SignIn { account: "ada".into(), password: pw("ada password"), ip: None, user_agent: None };
    let session = w.keys.sign_in(sign_in).await.unwrap().session;
    let scopes = |op: &str| serde_json::from_value(serde_json::json!([{ "operations": [op] }])).unwrap();
    let new = |op: &str| NewKey { scopes: scopes(op), ..NewKey::default() };
    let person = w.as_user(&ada).await;
    let (reader, _) = w.keys.create(&person, new("record.read")).await.unwrap();
    let reader = w.as_key(&reader).await;
    refused!(w.keys.choose_default_role(&reader, "member").await, KeysError::NotAllowed(_));
    for user in [None, Some(ada.id)] {
        refused!(w.keys.sessions(&reader, user).await, KeysError::NotAllowed(_));
        refused!(w.keys.sign_out_everywhere(&reader, user).await, KeysError::NotAllowed(_));
    }
    refused!(w.keys.end_session(&reader, session.id).await, KeysError::NotAllowed(_));
    w.keys.revoke_self(&reader).await.unwrap();
    let (manager, _) = w.keys.create(&person, new("user.manage")).await.unwrap();
    let manager = w.as_key(&manager).await;
    refused!(w.keys.choose_default_role(&manager, "member").await, KeysError::NotAllowed(_));
    assert_eq!(w.keys.sessions(&manager, None).await.unwrap().len(), 1);
    w.keys.end_session(&manager, session.id).await.unwrap();
    w.keys.sign_out_everywhere(&manager, None).await.unwrap();
}
