//! Records found by what an import wrote down about where they came from.

use domain::{OrgId, user::Organization};
use store::{NewUser, OwnerScope};

use crate::world::{World, both, by};

fn mark(source: &str, id: &str) -> Option<String> {
    Some(format!(r#"{{"door":{{"a":1}},"import":{{"source":"{source}","id":"{id}"}}}}"#))
}

async fn user(world: &World, email: &str, extra: Option<String>) -> domain::UserId {
    let mut user = world.new_user(email);
    user.extra = extra;
    world.store.create_user(&by(), NewUser { user, password_hash: None }).await.unwrap().id
}

#[tokio::test]
async fn a_record_is_found_by_its_old_id_and_source_alone() {
    for world in both() {
        let store = &world.store;
        let one = user(&world, "a@b.c", mark("a", "7")).await;
        let other = user(&world, "b@b.c", mark("b", "7")).await;
        user(&world, "c@b.c", Some(r#"{"door":{"import":{"source":"a","id":"8"}}}"#.to_owned())).await;
        user(&world, "d@b.c", None).await;
        assert_eq!(store.imported_user("a", "7").await.unwrap(), Some(one));
        assert_eq!(store.imported_user("b", "7").await.unwrap(), Some(other));
        for (source, id) in [("a", "8"), ("c", "7"), ("a", ""), ("a", "%"), ("a", "7' OR '1'='1")] {
            assert_eq!(store.imported_user(source, id).await.unwrap(), None, "{source} {id}");
        }
        user(&world, "e@b.c", mark("a", "7")).await;
        assert_eq!(store.imported_user("a", "7").await.unwrap(), None, "two cannot be told apart");
        assert_eq!(store.imported_organization("a", "7").await.unwrap(), None, "users are no organizations");
    }
}

#[tokio::test]
async fn organizations_are_found_too_and_keys_as_long_as_they_live() {
    for world in both() {
        let store = &world.store;
        let id = OrgId::new(world.now(), &*world.entropy);
        let acme = Organization {
            id,
            name: "Acme".to_owned(),
            slug: "acme".to_owned(),
            extra: mark("a", "o"),
            created_at: world.now(),
        };
        store.create_organization(&by(), acme, None).await.unwrap();
        assert_eq!(store.imported_organization("a", "o").await.unwrap(), Some(id));
        let id = world.key_with(|key| key.extra = mark("a", "k")).await.id;
        assert_eq!(store.imported_key("a", "k").await.unwrap(), Some(id));
        store.revoke_key(&by(), OwnerScope::All, id, domain::key::Gone::Revoked).await.unwrap();
        assert_eq!(store.imported_key("a", "k").await.unwrap(), None);
    }
}
