//! Records and what they are linked with: written together, within the rights of every table, or not at all.

mod all_or_nothing;
mod deleted;
mod pairs;
mod rights;
mod written;

use data::{DataError, Draft, FieldSpec, LinkDraft, Linking, Other, TableSpec, Which, Written};
use domain::{
    access::{Entry, Grants, Limit, Op, Ops, Reach},
    catalog::{FieldKind, Link, LinkKind, LinkTarget, OnDelete, SystemField, Through},
    query::{BindError, Query},
};
use serde_json::{Value as Json, json};

use crate::world::{Caller, World, texts, values};

/// Projects with tasks; tasks with a project, a note and labels.
pub async fn house() -> World {
    let world = World::new();
    let link = |kind, key: &str, target: &str, far: &str, through: Option<Through>| Link {
        kind,
        key: key.into(),
        target: LinkTarget::Table(target.into()),
        target_key: far.into(),
        through,
        on_delete: OnDelete::Keep,
    };
    let pairs = Through { table: "pairs".into(), from: "taskId".into(), to: "labelId".into() };
    let riap = Through { table: "pairs".into(), from: "labelId".into(), to: "taskId".into() };
    let number = |name: &str| FieldSpec::new(name, FieldKind::BigInt);
    let text = |name: &str| FieldSpec::new(name, FieldKind::Text);
    let needed = FieldSpec { required: true, ..number("taskId") };
    let tables: [(&str, Vec<FieldSpec>); 5] = [
        (
            "projects",
            vec![
                text("title"),
                FieldSpec::link("tasks", link(LinkKind::ManyThere, "id", "tasks", "projectId", None)),
            ],
        ),
        (
            "labels",
            vec![
                text("title"),
                FieldSpec::link("tasks", link(LinkKind::Through, "id", "tasks", "id", Some(riap))),
            ],
        ),
        ("notes", vec![text("title"), needed]),
        ("pairs", vec![number("taskId"), number("labelId")]),
        (
            "tasks",
            vec![
                text("title"),
                number("projectId"),
                FieldSpec::system("updatedAt", SystemField::UpdatedAt),
                FieldSpec::link("project", link(LinkKind::Here, "projectId", "projects", "id", None)),
                FieldSpec::link("note", link(LinkKind::OneThere, "id", "notes", "taskId", None)),
                FieldSpec::link("labels", link(LinkKind::Through, "id", "labels", "id", Some(pairs))),
            ],
        ),
    ];
    for (name, fields) in tables {
        let spec = TableSpec { name: name.into(), fields, ..TableSpec::default() };
        world.create_table(&world.owner().on_server(Op::TableCreate), spec).await.unwrap();
    }
    let owner = world.owner();
    for title in ["red", "green", "blue"] {
        create(&world, &owner, "labels", json!({"title": title}), vec![]).await.unwrap();
    }
    create(&world, &owner, "projects", json!({"title": "one"}), vec![]).await.unwrap();
    world
}

pub fn to(link: &str, targets: Vec<Other>) -> LinkDraft {
    LinkDraft { link: link.into(), how: Linking::Set, targets }
}

pub fn keys(keys: &[i64]) -> Vec<Other> {
    keys.iter().map(|key| Other::Key(json!(key))).collect()
}

pub fn new(row: Json) -> Other {
    Other::New(values(row).into())
}

pub async fn create(
    world: &World,
    caller: &Caller<'_>,
    table: &str,
    row: Json,
    links: Vec<LinkDraft>,
) -> Result<Written, DataError> {
    let draft = Draft { values: values(row), links, ..Draft::default() };
    world.data.create(&caller.on(Op::RecordCreate, table), vec![draft], false).await
}

pub async fn update(
    world: &World,
    caller: &Caller<'_>,
    key: i64,
    row: Json,
    links: Vec<LinkDraft>,
) -> Result<Written, DataError> {
    let draft = Draft { values: values(row), links, ..Draft::default() };
    world.data.update(&caller.on(Op::RecordUpdate, "tasks"), &Which::key(key), draft, false).await
}

pub async fn rows(world: &World, table: &str) -> data::Records {
    world.data.list(&world.owner().on(Op::RecordRead, table), &Query::default()).await.unwrap()
}

/// Labels of a task, by title.
pub async fn labels(world: &World, task: i64) -> Vec<String> {
    let allowed = world.owner().on(Op::RecordRead, "tasks");
    let found = world.data.list_behind(&allowed, &json!(task), "labels", &Query::default(), &[], false).await;
    texts(&found.unwrap().unwrap(), "title")
}

/// A caller with these limits on these tables.
pub fn limited<'w>(world: &'w World, tables: Vec<(&str, Vec<Limit>)>) -> Caller<'w> {
    let entry = |(table, limits): (&str, Vec<Limit>)| {
        let allow = limits.iter().fold(Ops::NONE, |all, l| all.or(l.ops));
        Entry { reach: Reach::Table { base: "main".into(), table: table.into() }, set: None, allow, limits }
    };
    world.granted(Grants(tables.into_iter().map(entry).collect()))
}

pub async fn counts(world: &World) -> Vec<usize> {
    let mut counts = Vec::new();
    for table in ["tasks", "projects", "notes", "labels", "pairs"] {
        counts.push(rows(world, table).await.rows.len());
    }
    counts
}

/// Refused because the link names what is not there, or cannot be seen.
pub fn no_target<T>(outcome: &Result<T, DataError>, link: &str) -> bool {
    matches!(outcome, Err(DataError::Bind(BindError::BadValue { field, .. })) if field == link)
}
