//! Tenants: what is not yours does not exist.

use domain::key::Owner;
use keys::{KeyChange, KeyQuery, KeysError, NewKey, NewOrganization, Rotate, UsageQuery};

use crate::world::{NOW, everywhere, refused, world};

#[tokio::test]
async fn a_foreign_key_answers_not_found_to_everything() {
    let w = world().await;
    w.role("keeper", everywhere(&["key.manage"])).await;
    let ada = w.user("ada", &["keeper"]).await;
    let eve = w.user("eve", &["keeper"]).await;
    let (key, _) = w.keys.create(&w.as_user(&ada).await, NewKey::default()).await.unwrap();
    let eve = w.as_user(&eve).await;
    let usage =
        UsageQuery { key: Some(key.id), grain: domain::usage::Grain::Day, from: NOW, to: NOW.plus(1) };
    refused!(w.keys.get(&eve, key.id).await, KeysError::NotFound);
    refused!(w.keys.get_by_num(&eve, key.num).await, KeysError::NotFound);
    refused!(w.keys.update(&eve, key.id, KeyChange::default()).await, KeysError::NotFound);
    refused!(w.keys.disable(&eve, key.id).await, KeysError::NotFound);
    refused!(w.keys.rotate(&eve, key.id, Rotate::default()).await, KeysError::NotFound);
    refused!(w.keys.reveal(&eve, key.id).await, KeysError::NotFound);
    refused!(w.keys.revoke(&eve, key.id).await, KeysError::NotFound);
    refused!(w.keys.ledger(&eve, key.id, 0, 10).await, KeysError::NotFound);
    refused!(w.keys.usage(&eve, usage).await, KeysError::NotFound);
    assert_eq!(w.keys.list(&eve, KeyQuery::default()).await.unwrap().total, 0);
    let asked = KeyQuery { owner: Some(Owner::User(ada.id)), ..KeyQuery::default() };
    assert_eq!(w.keys.list(&eve, asked.clone()).await.unwrap().total, 0);
    assert_eq!(w.keys.list(&w.as_root().await, asked).await.unwrap().total, 1);
    assert!(w.keys.get(&w.as_user(&ada).await, key.id).await.unwrap().gone.is_none());
}

#[tokio::test]
async fn only_operators_issue_for_others_and_owners_must_exist() {
    let w = world().await;
    w.role("keeper", everywhere(&["key.manage"])).await;
    let ada = w.user("ada", &["keeper"]).await;
    let root = w.as_root().await;
    let owned = |owner| NewKey { owner: Some(owner), ..NewKey::default() };
    for owner in [Owner::Server, Owner::User(w.root.id)] {
        refused!(w.keys.create(&w.as_user(&ada).await, owned(owner)).await, KeysError::NotAllowed(_));
    }
    let (key, _) = w.keys.create(&root, owned(Owner::User(ada.id))).await.unwrap();
    assert_eq!(w.keys.get(&w.as_user(&ada).await, key.id).await.unwrap().created_by, Some(w.root.id));
    w.keys.create(&root, owned(Owner::Server)).await.unwrap();
    let nobody = domain::OrgId::from_bytes([1; 16]);
    refused!(
        w.keys.create(&root, owned(Owner::Organization(nobody))).await,
        KeysError::Invalid { field: "owner", .. }
    );
    let new = NewOrganization { name: "Acme".into(), slug: "acme".into(), extra: None };
    let org = w.keys.create_organization(&root, new.clone()).await.unwrap();
    w.keys.create(&root, owned(Owner::Organization(org.id))).await.unwrap();
    refused!(w.keys.create_organization(&root, new).await, KeysError::Conflict { field: "slug" });
    assert_eq!(w.keys.organization(&root, org.id).await.unwrap(), org);
    refused!(w.keys.organization(&w.as_user(&ada).await, org.id).await, KeysError::NotFound);
}
