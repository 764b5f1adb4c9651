//! Several changes of the structure as one: what is asked of each, and that nothing is left of those that fail.

use data::{DataError, FieldPatch, FieldSpec, Reshape, TableChange, TablePatch, TableSpec};
use domain::{
    access::{Entry, Grants, Op, Ops, Reach},
    catalog::{FieldKind, Link, LinkKind, LinkTarget, OnDelete, SystemField, Through},
    decision::Target,
};

use crate::world::World;

fn text(name: &str) -> FieldSpec {
    FieldSpec::new(name, FieldKind::Text)
}

fn unique() -> FieldPatch {
    FieldPatch { unique: Some(true), ..FieldPatch::default() }
}

/// A table of pairs, and a field more, one changed and one gone in `todos`.
fn whole(world: &World) -> Reshape {
    let pairs = TableSpec { name: "pairs".into(), fields: vec![text("a")], ..TableSpec::default() };
    let mut todos = TableChange::of(world.table("todos").id);
    todos.add = vec![text("note"), text("code")];
    todos.fields = vec![("title".into(), unique())];
    todos.drop = vec!["secret".into()];
    todos.patch = Some(TablePatch { title: Some(Some("Later".into())), ..TablePatch::default() });
    Reshape { create: vec![pairs], change: vec![todos], ..Reshape::default() }
}

#[tokio::test]
async fn all_of_it_is_there_when_it_is_answered() {
    let world = World::with_todos().await;
    let allowed = world.owner().on_server(Op::TableCreate);
    let tables = world.data.reshape(&allowed, whole(&world)).await.unwrap();
    assert_eq!(tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["pairs", "todos"]);
    let todos = world.table("todos");
    assert_eq!(todos, tables[1]);
    assert!(todos.field("note").is_some() && todos.field("secret").is_none());
    assert_eq!(todos.title.as_deref(), Some("Later"));
    assert!(world.data.reshape(&allowed, Reshape::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_part_is_wrong_with_all_of_it() {
    let world = World::with_todos().await;
    let before = world.store.catalog();
    let allowed = world.owner().on_server(Op::TableCreate);
    let wrong: [fn(&mut Reshape); 9] = [
        |all| all.change[0].add.push(text("note")),
        |all| all.change[0].add.push(text("title")),
        |all| all.change[0].add.push(FieldSpec::system("at", SystemField::CreatedAt)),
        |all| all.change[0].add.push(FieldSpec { primary: true, ..text("key") }),
        |all| all.change[0].add.push(text("not a name")),
        |all| all.change[0].drop.push("id".into()),
        |all| all.change[0].fields.push(("nope".into(), unique())),
        |all| all.create.push(TableSpec { name: "TODOS".into(), ..TableSpec::default() }),
        |all| all.change[0].add.extend((0..600).map(|n| text(&format!("n{n}")))),
    ];
    for (at, wrong) in wrong.into_iter().enumerate() {
        let mut all = whole(&world);
        wrong(&mut all);
        let refused = world.data.reshape(&allowed, all).await;
        assert!(
            matches!(
                refused,
                Err(DataError::Validation(_) | DataError::Conflict { .. } | DataError::NotFound)
            ),
            "{at} {refused:?}"
        );
        assert_eq!(world.store.catalog().version, before.version, "{at}");
    }
}

#[tokio::test]
async fn every_table_it_touches_is_asked_for_by_what_is_done_to_it() {
    let world = World::with_todos().await;
    let version = world.store.catalog().version;
    let needed = [Op::TableCreate, Op::TableUpdate, Op::FieldCreate, Op::FieldUpdate, Op::FieldDelete];
    for without in needed {
        let allow = needed.iter().filter(|op| **op != without).fold(Ops::NONE, |all, op| all.or(op.bit()));
        let entry = Entry { reach: Reach::Everywhere, set: None, allow, limits: Vec::new() };
        let caller = world.granted(Grants(vec![entry]));
        let refused = world.data.reshape(&caller.allowed(None, Target::Server), whole(&world)).await;
        assert!(matches!(refused, Err(DataError::OutOfScope)), "{without:?} {refused:?}");
        assert_eq!(world.store.catalog().version, version);
    }
    // Being let through for one table says nothing of another.
    let reach = Reach::Table { base: "main".into(), table: "other".into() };
    world
        .create_table(
            &world.owner().on_server(Op::TableCreate),
            TableSpec { name: "other".into(), ..TableSpec::default() },
        )
        .await
        .unwrap();
    let entry = Entry { reach, set: None, allow: Ops::ALL, limits: Vec::new() };
    let caller = world.granted(Grants(vec![entry]));
    let mut todos = TableChange::of(world.table("todos").id);
    todos.add = vec![text("note")];
    let all = Reshape { change: vec![todos], ..Reshape::default() };
    let refused = world.data.reshape(&caller.on(Op::FieldCreate, "other"), all).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
}

#[tokio::test]
async fn tables_of_other_bases_are_not_reached() {
    let world = World::with_todos().await;
    let workspace = world.table("todos").workspace;
    let other = world.store.create_base(&Default::default(), workspace, "other").await.unwrap();
    let allowed = world.owner().allowed(Some(Op::TableCreate), Target::Base(other.into()));
    let refused = world.data.reshape(&allowed, whole(&world)).await;
    assert!(matches!(refused, Err(DataError::NotFound)), "{refused:?}");
}

#[tokio::test]
async fn an_association_rests_only_on_tables_its_maker_may_shape() {
    let world = World::with_todos().await;
    let owner = world.owner().on_server(Op::TableCreate);
    let numbers = ["a", "b"].map(|name| FieldSpec::new(name, FieldKind::BigInt));
    let other = TableSpec { name: "other".into(), fields: numbers.to_vec(), ..TableSpec::default() };
    world.data.reshape(&owner, Reshape { create: vec![other], ..Reshape::default() }).await.unwrap();
    let link = |kind, target: &str, far: &str, through: Option<&str>| {
        let table = |table: &str| Through { table: table.into(), from: "a".into(), to: "b".into() };
        let target = LinkTarget::Table(target.into());
        let on_delete = if through.is_some() { OnDelete::Keep } else { OnDelete::Delete };
        let (key, target_key) = ("id".into(), far.into());
        FieldSpec::link("x", Link { kind, key, target, target_key, through: through.map(table), on_delete })
    };
    let adding = |spec| {
        let change = TableChange { add: vec![spec], ..TableChange::of(world.table("todos").id) };
        Reshape { change: vec![change], ..Reshape::default() }
    };
    let reach = Reach::Table { base: "main".into(), table: "todos".into() };
    let entry = Entry { reach, set: None, allow: Ops::ALL, limits: Vec::new() };
    let caller = world.granted(Grants(vec![entry])).on(Op::FieldCreate, "todos");
    for foreign in [
        link(LinkKind::Through, "todos", "id", Some("other")),
        link(LinkKind::ManyThere, "other", "a", None),
        link(LinkKind::OneThere, "other", "a", None),
        link(LinkKind::ManyThere, "later", "a", None),
    ] {
        let refused = world.data.reshape(&caller, adding(foreign)).await;
        assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
    }
    let own = link(LinkKind::ManyThere, "todos", "id", None);
    world.data.reshape(&caller, adding(own)).await.unwrap();
    let foreign = adding(FieldSpec { name: "y".into(), ..link(LinkKind::ManyThere, "other", "a", None) });
    world.data.reshape(&owner, foreign).await.unwrap();
    let patch = FieldPatch { on_delete: Some(OnDelete::Keep), ..FieldPatch::default() };
    let change =
        TableChange { fields: vec![("y".into(), patch)], ..TableChange::of(world.table("todos").id) };
    let refused = world.data.reshape(&caller, Reshape { change: vec![change], ..Reshape::default() }).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
}
