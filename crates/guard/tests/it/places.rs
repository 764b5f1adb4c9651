//! Where a call may go, and what its proof says.

use domain::{
    access::{Alt, Cond, Entry, Grants, Limit, Op, Ops, Reach, Rows, Scope, Scopes},
    decision::Reason,
    key::{KeyKind, Owner},
};
use guard::PlaceName;

use crate::fixture::World;

const TODOS: PlaceName<'static> = PlaceName::Table { base: "main", table: "todos" };
const NOTES: PlaceName<'static> = PlaceName::Table { base: "main", table: "notes" };

fn scope(table: Option<&str>, ops: Option<Vec<Op>>) -> Scope {
    Scope {
        base: Some("main".to_owned()),
        table: table.map(str::to_owned),
        operations: ops,
        ..Scope::default()
    }
}

async fn tables(world: &World) {
    world.table("todos").await;
    world.table("notes").await;
}

#[tokio::test]
async fn an_insert_only_key_can_insert_into_its_table_and_nothing_else() {
    let world = World::new().await;
    tables(&world).await;
    let user = world.user("u", &[], |u| u.root = true).await;
    let insert = Scopes(vec![scope(Some("todos"), Some(vec![Op::RecordCreate]))]);
    let (secret, _) = world.key(|k| (k.owner, k.scopes) = (Owner::User(user), Some(insert))).await;
    assert!(world.check(&secret, Op::RecordCreate, TODOS).await.is_ok());
    assert_eq!(world.check(&secret, Op::RecordRead, TODOS).await.unwrap_err().reason, Reason::Level);
    assert_eq!(world.check(&secret, Op::RecordCreate, NOTES).await.unwrap_err().reason, Reason::Scope);
}

#[tokio::test]
async fn an_administration_key_is_narrowed_by_its_scopes_and_then_is_no_operator() {
    let world = World::new().await;
    tables(&world).await;
    let narrow = Scopes(vec![scope(Some("todos"), None)]);
    let (secret, _) = world.key(|k| (k.kind, k.scopes) = (KeyKind::Administration, Some(narrow))).await;
    let allowed = world.check(&secret, Op::TableDelete, TODOS).await.unwrap();
    assert!(!allowed.principal().operator);
    assert!(world.check(&secret, Op::TableDelete, NOTES).await.is_err());
    assert!(world.check(&secret, Op::KeyManage, PlaceName::Server).await.is_err());
}

#[tokio::test]
async fn a_service_key_without_a_role_may_nothing_and_a_legacy_key_all_of_its_owners() {
    let world = World::new().await;
    tables(&world).await;
    let (service, _) = world.key(|_| {}).await;
    assert!(world.verify(&service).await.valid());
    assert_eq!(world.check(&service, Op::RecordRead, TODOS).await.unwrap_err().reason, Reason::Role);
    let user = world.user("u", &[], |u| u.root = true).await;
    let ignored = Scopes(Vec::new());
    let (legacy, _) = world
        .key(|k| (k.owner, k.kind, k.scopes) = (Owner::User(user), KeyKind::Legacy, Some(ignored)))
        .await;
    assert!(world.check(&legacy, Op::RecordRead, TODOS).await.is_ok());
}

#[tokio::test]
async fn the_proof_carries_rows_subject_and_place() {
    let world = World::new().await;
    tables(&world).await;
    let own = Limit { ops: Ops::RECORD, rows: vec![Cond::Own], fields: None };
    let entry = Entry { reach: Reach::Everywhere, set: None, allow: Ops::RECORD, limits: vec![own] };
    let role = world.role("own", Grants(vec![entry])).await;
    let user = world.user("ann", &[role], |u| u.email = Some("ann@example.org".to_owned())).await;
    let scopes = Some(Scopes(vec![scope(None, None)]));
    let (secret, id) =
        world.key(|k| (k.owner, k.role, k.scopes) = (Owner::User(user), Some(role), scopes)).await;
    let allowed = world.check(&secret, Op::RecordRead, TODOS).await.unwrap();
    let rows = Rows::of(Cond::Own);
    assert_eq!(allowed.alternatives(), [Alt { rows, fields: domain::access::Fields::All }]);
    assert_eq!(allowed.table().unwrap().name, "todos");
    assert_eq!((allowed.principal().key, allowed.principal().user), (Some(id), Some(user)));
    assert_eq!(allowed.subject().user_email.as_deref(), Some("ann@example.org"));
    assert_eq!(allowed.subject().role.as_deref(), Some("own"));
    assert!(allowed.also(Op::RecordUpdate, &allowed.target().place()));
    assert!(!allowed.also(Op::TableDelete, &allowed.target().place()));
}

#[tokio::test]
async fn roles_of_one_user_add_up_and_keep_rows_and_fields_paired() {
    let world = World::new().await;
    tables(&world).await;
    let limited = |rows: Vec<Cond>, fields: Option<Vec<String>>| {
        let limit = Limit { ops: Op::RecordRead.bit(), rows, fields };
        Grants(vec![Entry {
            reach: Reach::Table { base: "main".to_owned(), table: "todos".to_owned() },
            set: None,
            allow: Op::RecordRead.bit(),
            limits: vec![limit],
        }])
    };
    let a = world.role("a", limited(vec![Cond::Own], None)).await;
    let b = world.role("b", limited(Vec::new(), Some(vec!["title".to_owned()]))).await;
    let user = world.user("u", &[a, b], |_| {}).await;
    let (secret, _) = world.key(|k| k.owner = Owner::User(user)).await;
    let allowed = world.check(&secret, Op::RecordRead, TODOS).await.unwrap();
    assert_eq!(allowed.alternatives().len(), 2);
    assert_eq!(allowed.principal().role, None);
}
