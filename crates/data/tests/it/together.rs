//! Records and what they are linked with: written together, within the rights of every table, or not at all.

use data::{DataError, Draft, FieldPatch, FieldSpec, LinkDraft, Linking, Other, TableSpec, Which, Written};
use domain::{
    access::{Entry, Fields, Grants, Limit, Op, Ops, Reach},
    catalog::{FieldKind, Link, LinkKind, LinkTarget, OnDelete, SystemField, Through},
    limits,
    query::{BindError, BoundAlt, BoundFilter, BoundQuery, Filter, Query},
    value::Value,
};
use serde_json::{Value as Json, json};

use crate::world::{Caller, World, column, ints, limit, matching, texts, values};

/// Projects with tasks; tasks with a project, a note and labels.
async fn house() -> World {
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
        world.data.create_table(&world.owner().on_server(Op::TableCreate), spec).await.unwrap();
    }
    let owner = world.owner();
    for title in ["red", "green", "blue"] {
        create(&world, &owner, "labels", json!({"title": title}), vec![]).await.unwrap();
    }
    create(&world, &owner, "projects", json!({"title": "one"}), vec![]).await.unwrap();
    world
}

fn to(link: &str, targets: Vec<Other>) -> LinkDraft {
    LinkDraft { link: link.into(), how: Linking::Set, targets }
}

fn keys(keys: &[i64]) -> Vec<Other> {
    keys.iter().map(|key| Other::Key(json!(key))).collect()
}

fn new(row: Json) -> Other {
    Other::New(values(row).into())
}

async fn create(
    world: &World,
    caller: &Caller<'_>,
    table: &str,
    row: Json,
    links: Vec<LinkDraft>,
) -> Result<Written, DataError> {
    let draft = Draft { values: values(row), links };
    world.data.create(&caller.on(Op::RecordCreate, table), vec![draft], false).await
}

async fn update(
    world: &World,
    caller: &Caller<'_>,
    key: i64,
    row: Json,
    links: Vec<LinkDraft>,
) -> Result<Written, DataError> {
    let draft = Draft { values: values(row), links };
    world.data.update(&caller.on(Op::RecordUpdate, "tasks"), &Which::key(key), draft, false).await
}

async fn rows(world: &World, table: &str) -> data::Records {
    world.data.list(&world.owner().on(Op::RecordRead, table), &Query::default()).await.unwrap()
}

/// Labels of a task, by title.
async fn labels(world: &World, task: i64) -> Vec<String> {
    let allowed = world.owner().on(Op::RecordRead, "tasks");
    let found = world.data.list_behind(&allowed, &json!(task), "labels", &Query::default(), &[]).await;
    texts(&found.unwrap().unwrap(), "title")
}

/// A caller with these limits on these tables.
fn limited<'w>(world: &'w World, tables: Vec<(&str, Vec<Limit>)>) -> Caller<'w> {
    let entry = |(table, limits): (&str, Vec<Limit>)| {
        let allow = limits.iter().fold(Ops::NONE, |all, l| all.or(l.ops));
        Entry { reach: Reach::Table { base: "main".into(), table: table.into() }, set: None, allow, limits }
    };
    world.granted(Grants(tables.into_iter().map(entry).collect()))
}

async fn counts(world: &World) -> Vec<usize> {
    let mut counts = Vec::new();
    for table in ["tasks", "projects", "notes", "labels", "pairs"] {
        counts.push(rows(world, table).await.rows.len());
    }
    counts
}

/// Refused because the link names what is not there, or cannot be seen.
fn no_target<T>(outcome: &Result<T, DataError>, link: &str) -> bool {
    matches!(outcome, Err(DataError::Bind(BindError::BadValue { field, .. })) if field == link)
}

#[tokio::test]
async fn a_bad_target_leaves_no_record_no_link_and_no_changed_column() {
    let world = house().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a"}), vec![to("labels", keys(&[1]))]).await.unwrap();
    let before = counts(&world).await;
    for link in [
        to("labels", keys(&[2, 99])),
        to("project", keys(&[99])),
        to("labels", vec![new(json!({"title": "x"})), Other::Key(json!(99))]),
        to("note", vec![Other::Key(json!(99))]),
    ] {
        let links = || vec![to("labels", keys(&[3])), link.clone()];
        let made = create(&world, &owner, "tasks", json!({"title": "b"}), links()).await;
        assert!(no_target(&made, &link.link), "{link:?}: {made:?}");
        let changed = update(&world, &owner, 1, json!({"title": "b"}), links()).await;
        assert!(no_target(&changed, &link.link), "{link:?}: {changed:?}");
        let two = vec![
            Draft::from(values(json!({"title": "good"}))),
            Draft { values: values(json!({})), links: links() },
        ];
        let many = world.data.create(&owner.on(Op::RecordCreate, "tasks"), two, false).await;
        assert!(no_target(&many, &link.link), "{link:?}: {many:?}");
    }
    let broken = vec![to("labels", vec![new(json!({"title": "x"})), new(json!({"title": {"no": "text"}}))])];
    assert!(create(&world, &owner, "tasks", json!({}), broken).await.is_err());
    assert_eq!(counts(&world).await, before);
    assert_eq!(texts(&rows(&world, "tasks").await, "title"), ["a"]);
    assert_eq!(labels(&world, 1).await, ["red"]);
}

#[tokio::test]
async fn records_made_and_changed_inside_of_another_are_linked_with_it() {
    let world = house().await;
    let owner = world.owner();
    let links = vec![
        to("project", vec![new(json!({"title": "two"}))]),
        to("note", vec![new(json!({"title": "n"}))]),
        to(
            "labels",
            vec![
                Other::Key(json!(1)),
                new(json!({"title": "new"})),
                Other::Changed(json!("2"), values(json!({"title": "GREEN"})).into()),
            ],
        ),
    ];
    let made = create(&world, &owner, "tasks", json!({"title": "a"}), links).await.unwrap();
    assert_eq!(ints(&made.records, "projectId"), [2]);
    let project = made.records.table.field("projectId").unwrap().no;
    assert!(made.set[0].contains(&project));
    assert_eq!(labels(&world, 1).await, ["red", "GREEN", "new"]);
    assert_eq!(ints(&rows(&world, "notes").await, "taskId"), [1]);
    // And one level deeper, from the other side.
    let task = Draft {
        values: values(json!({"title": "b"})),
        links: vec![to("labels", vec![new(json!({"title": "deep"}))])],
    };
    let tasks = vec![Other::New(task), Other::Key(json!(1))];
    let made = create(&world, &owner, "projects", json!({"title": "three"}), vec![to("tasks", tasks)])
        .await
        .unwrap();
    assert_eq!(ints(&made.records, "id"), [3]);
    assert_eq!(ints(&rows(&world, "tasks").await, "projectId"), [3, 3]);
    assert_eq!(labels(&world, 2).await, ["deep"]);
}

#[tokio::test]
async fn links_are_added_removed_set_and_toggled_as_one() {
    let world = house().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a"}), vec![to("labels", keys(&[1, 2]))]).await.unwrap();
    let allowed = owner.on(Op::RecordUpdate, "tasks");
    for (how, targets, want) in [
        (Linking::Add, vec![2, 3], vec!["red", "green", "blue"]),
        (Linking::Remove, vec![1, 2], vec!["blue"]),
        (Linking::Toggle, vec![3, 1, 1], vec!["red"]),
        (Linking::Set, vec![2, 3], vec!["green", "blue"]),
        (Linking::Set, vec![], vec![]),
    ] {
        let targets: Vec<Json> = targets.into_iter().map(Json::from).collect();
        world.data.link(&allowed, &json!(1), "labels", &targets, how).await.unwrap();
        assert_eq!(labels(&world, 1).await, want, "{how:?} {targets:?}");
        let bad = [json!(1), json!(99)];
        let refused = world.data.link(&allowed, &json!(1), "labels", &bad, how).await;
        // What is not there is removed already.
        let removed = how == Linking::Remove && refused.is_ok();
        assert!(removed || no_target(&refused, "labels"), "{how:?}: {refused:?}");
        assert_eq!(labels(&world, 1).await, want, "{how:?}");
    }
    // Where the other side holds the key, and where this one does.
    let projects = owner.on(Op::RecordUpdate, "projects");
    let held = || async { column(&rows(&world, "tasks").await, "projectId") };
    let link = |how, key: i64| {
        let (world, projects) = (&world, &projects);
        async move { world.data.link(projects, &json!(1), "tasks", &[json!(key)], how).await }
    };
    link(Linking::Toggle, 1).await.unwrap();
    assert_eq!(held().await, [Value::Int(1)]);
    link(Linking::Toggle, 1).await.unwrap();
    assert_eq!(held().await, [Value::Null]);
    for (how, want) in [
        (Linking::Toggle, Value::Int(1)),
        (Linking::Remove, Value::Null),
        (Linking::Set, Value::Int(1)),
        (Linking::Toggle, Value::Null),
    ] {
        world.data.link(&allowed, &json!(1), "project", &[json!(1)], how).await.unwrap();
        assert_eq!(held().await, [want], "{how:?}");
    }
}

#[tokio::test]
async fn every_record_of_a_change_gets_links_of_its_own() {
    let world = house().await;
    let owner = world.owner();
    for title in ["a", "b"] {
        create(&world, &owner, "tasks", json!({"title": title}), vec![]).await.unwrap();
    }
    let draft = Draft {
        values: values(json!({"title": "x"})),
        links: vec![to("labels", vec![new(json!({"title": "own"})), Other::Key(json!(1))])],
    };
    let allowed = owner.on(Op::RecordUpdate, "tasks");
    let written = world.data.update(&allowed, &Which::Filter(Filter::ALL), draft, false).await.unwrap();
    assert_eq!(ints(&written.records, "id"), [1, 2]);
    for task in [1, 2] {
        assert_eq!(labels(&world, task).await, ["red", "own"]);
    }
    assert_eq!(texts(&rows(&world, "labels").await, "title"), ["red", "green", "blue", "own", "own"]);
    let nobody = world
        .data
        .update(
            &allowed,
            &Which::key(99),
            Draft::linking("project", Linking::Set, vec![new(json!({}))]),
            false,
        )
        .await;
    assert!(nobody.unwrap().records.rows.is_empty());
    assert_eq!(
        rows(&world, "projects").await.rows.len(),
        1,
        "nothing is made for a record that is not there"
    );
}

#[tokio::test]
async fn what_is_written_inside_of_another_is_within_the_rights_of_its_own_table() {
    let world = house().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a", "projectId": 1}), vec![to("labels", keys(&[1, 3]))])
        .await
        .unwrap();
    let all = [Op::RecordRead, Op::RecordCreate, Op::RecordUpdate];
    let tasks = || ("tasks", vec![limit(&all, vec![], None)]);
    let before = counts(&world).await;
    let nested = |link: &str, other: Other| vec![to(link, vec![other])];
    // Nothing may be made there.
    let reader = limited(&world, vec![tasks(), ("labels", vec![limit(&[Op::RecordRead], vec![], None)])]);
    let refused =
        create(&world, &reader, "tasks", json!({}), nested("labels", new(json!({"title": "x"})))).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
    let changed = Other::Changed(json!(1), values(json!({"title": "x"})).into());
    let refused = update(&world, &reader, 1, json!({}), nested("labels", changed.clone())).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
    // Not even seen.
    let refused = create(&world, &reader, "tasks", json!({}), nested("project", Other::Key(json!(1)))).await;
    assert!(matches!(refused, Err(DataError::Bind(BindError::ForbiddenField(_)))), "{refused:?}");
    // Only some rows, only some fields.
    let few = limited(
        &world,
        vec![
            tasks(),
            (
                "labels",
                vec![
                    limit(&[Op::RecordRead], vec![matching("title", "red")], None),
                    limit(&[Op::RecordUpdate], vec![matching("title", "green")], None),
                    limit(&[Op::RecordCreate], vec![matching("title", "red")], Some(&["title"])),
                ],
            ),
        ],
    );
    let unseen = create(&world, &few, "tasks", json!({}), nested("labels", Other::Key(json!(2)))).await;
    assert!(no_target(&unseen, "labels"), "{unseen:?}");
    let refused = update(&world, &few, 1, json!({}), nested("labels", changed)).await;
    assert!(refused.is_err(), "seen, but not to be changed: {refused:?}");
    let refused =
        create(&world, &few, "tasks", json!({}), nested("labels", new(json!({"title": "blue"})))).await;
    assert!(matches!(refused, Err(DataError::OutOfScope)), "outside of the rows it may make: {refused:?}");
    assert_eq!(counts(&world).await, before);
    // What cannot be seen is as if it were not there: nor is it unlinked.
    update(&world, &few, 1, json!({}), vec![to("labels", vec![])]).await.unwrap();
    assert_eq!(labels(&world, 1).await, ["blue"]);
    // A link that may not be written is dropped like a value.
    let plain = limited(&world, vec![("tasks", vec![limit(&all, vec![], Some(&["title"]))])]);
    let made = create(&world, &plain, "tasks", json!({"title": "p"}), nested("labels", Other::Key(json!(1))))
        .await
        .unwrap();
    assert_eq!(made.dropped, ["labels"]);
    assert!(labels(&world, ints(&made.records, "id")[0]).await.is_empty());
}

#[tokio::test]
async fn the_key_held_on_the_other_side_is_written_only_by_who_may_write_it_there() {
    let world = house().await;
    create(&world, &world.owner(), "tasks", json!({"title": "a"}), vec![]).await.unwrap();
    let all = [Op::RecordRead, Op::RecordCreate, Op::RecordUpdate];
    let caller = limited(
        &world,
        vec![
            ("projects", vec![limit(&all, vec![], None)]),
            ("tasks", vec![limit(&all, vec![], Some(&["id", "title"]))]),
        ],
    );
    for other in [new(json!({"title": "x"})), Other::Key(json!(1))] {
        let refused = create(&world, &caller, "projects", json!({}), vec![to("tasks", vec![other])]).await;
        assert!(matches!(refused, Err(DataError::OutOfScope)), "{refused:?}");
    }
    let behind = world
        .data
        .create_behind(
            &caller.on(Op::RecordRead, "projects"),
            &json!(1),
            "tasks",
            vec![values(json!({"title": "x"}))],
            false,
        )
        .await;
    assert!(matches!(behind, Err(DataError::OutOfScope)), "{behind:?}");
    assert_eq!(counts(&world).await, [1, 1, 0, 3, 0]);
}

#[tokio::test]
async fn the_way_back_to_the_record_around_it_is_not_another_link() {
    let world = house().await;
    let owner = world.owner();
    let back = |other: Other| Draft {
        values: values(json!({"title": "t"})),
        links: vec![to("project", vec![other])],
    };
    let tasks = vec![Other::New(back(new(json!({"title": "x"})))), Other::New(back(Other::Key(json!(99))))];
    create(&world, &owner, "projects", json!({"title": "two"}), vec![to("tasks", tasks)]).await.unwrap();
    assert_eq!(ints(&rows(&world, "tasks").await, "projectId"), [2, 2]);
    let changed = vec![Other::Changed(json!(1), back(Other::Key(json!(1))))];
    let draft = Draft { values: values(json!({})), links: vec![to("tasks", changed)] };
    world.data.update(&owner.on(Op::RecordUpdate, "projects"), &Which::key(2), draft, false).await.unwrap();
    assert_eq!(column(&rows(&world, "tasks").await, "projectId"), [Value::Int(2), Value::Null]);
    assert_eq!(rows(&world, "projects").await.rows.len(), 2);
}

#[tokio::test]
async fn a_write_has_an_end_in_depth_and_in_number() {
    let world = house().await;
    let owner = world.owner();
    let mut draft = Draft::from(values(json!({"title": "end"})));
    for link in ["tasks", "labels", "tasks", "labels"] {
        draft = Draft { values: values(json!({})), links: vec![to(link, vec![Other::New(draft)])] };
    }
    let deep = world.data.create(&owner.on(Op::RecordCreate, "tasks"), vec![draft], false).await;
    assert!(matches!(deep, Err(DataError::Bind(BindError::TooMuch(_)))), "{deep:?}");
    let many = (0..limits::RECORDS_PER_WRITE_MAX).map(|n| new(json!({"title": n.to_string()}))).collect();
    let many = create(&world, &owner, "tasks", json!({}), vec![to("labels", many)]).await;
    assert!(matches!(many, Err(DataError::Bind(BindError::TooMuch(_)))), "{many:?}");
    assert_eq!(counts(&world).await, [0, 1, 0, 3, 0]);
}

#[tokio::test]
async fn a_record_is_made_behind_a_link_or_not_at_all() {
    let world = house().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a"}), vec![]).await.unwrap();
    let on = |table: &str| owner.on(Op::RecordRead, table);
    let behind = |table: &'static str, link: &'static str, row: Json| {
        let (world, allowed) = (&world, on(table));
        async move { world.data.create_behind(&allowed, &json!(1), link, vec![values(row)], false).await }
    };
    behind("tasks", "labels", json!({"title": "mine"})).await.unwrap();
    behind("tasks", "project", json!({"title": "its"})).await.unwrap();
    behind("projects", "tasks", json!({"title": "b"})).await.unwrap();
    behind("tasks", "note", json!({"title": "n"})).await.unwrap();
    assert_eq!(labels(&world, 1).await, ["mine"]);
    assert_eq!(ints(&rows(&world, "tasks").await, "projectId"), [2, 1]);
    let nobody =
        world.data.create_behind(&on("tasks"), &json!(99), "labels", vec![values(json!({}))], false).await;
    assert!(matches!(nobody, Err(DataError::NotFound)), "{nobody:?}");
    assert_eq!(counts(&world).await, [2, 2, 1, 4, 1]);
    // Who may not link makes nothing either.
    let reader = limited(
        &world,
        vec![
            ("tasks", vec![limit(&[Op::RecordRead], vec![], None)]),
            ("labels", vec![limit(&[Op::RecordRead, Op::RecordCreate], vec![], None)]),
        ],
    );
    let refused = world
        .data
        .create_behind(
            &reader.on(Op::RecordRead, "tasks"),
            &json!(1),
            "labels",
            vec![values(json!({}))],
            false,
        )
        .await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(counts(&world).await, [2, 2, 1, 4, 1]);
}

#[tokio::test]
async fn a_change_of_another_record_cannot_put_this_one_out_of_reach_and_stay() {
    let world = house().await;
    let owner = world.owner();
    create(&world, &owner, "tasks", json!({"title": "a", "projectId": 1}), vec![]).await.unwrap();
    let all = [Op::RecordRead, Op::RecordUpdate];
    let rows_of = vec![matching("project.title", "one")];
    let caller = limited(
        &world,
        vec![("tasks", vec![limit(&all, rows_of, None)]), ("projects", vec![limit(&all, vec![], None)])],
    );
    let renamed = Other::Changed(json!(1), values(json!({"title": "two"})).into());
    let refused = update(&world, &caller, 1, json!({"title": "b"}), vec![to("project", vec![renamed])]).await;
    assert!(matches!(refused, Err(DataError::CarriedOut)), "{refused:?}");
    assert_eq!(texts(&rows(&world, "projects").await, "title"), ["one"]);
    let away = update(&world, &caller, 1, json!({}), vec![to("project", vec![])]).await;
    assert!(matches!(away, Err(DataError::CarriedOut)), "{away:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_link_a_pair_once() {
    let world = std::sync::Arc::new(house().await);
    create(&world, &world.owner(), "tasks", json!({"title": "a"}), vec![]).await.unwrap();
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let allowed = world.owner().on(Op::RecordUpdate, "tasks");
                world.data.link(&allowed, &json!(1), "labels", &[json!(1), json!(2)], Linking::Add).await
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(counts(&world).await, [1, 1, 0, 3, 2]);
}

#[tokio::test]
async fn a_password_inside_of_another_record_is_kept_as_a_hash_too() {
    let world = house().await;
    let owner = world.owner();
    for table in ["labels", "projects", "notes"] {
        let spec = FieldSpec::new("pin", FieldKind::Password);
        world.data.add_field(&owner.on(Op::FieldCreate, table), spec).await.unwrap();
    }
    let with_pin = || values(json!({"pin": "hunter22"}));
    let links = vec![
        to("labels", vec![Other::New(with_pin().into()), Other::Changed(json!(1), with_pin().into())]),
        to("project", vec![Other::New(with_pin().into())]),
        to("note", vec![Other::New(with_pin().into())]),
    ];
    create(&world, &owner, "tasks", json!({}), links).await.unwrap();
    let changed = vec![Other::Changed(json!(1), with_pin().into())];
    update(&world, &owner, 1, json!({}), vec![to("project", changed)]).await.unwrap();
    let mut kept = 0;
    for name in ["labels", "projects", "notes"] {
        let table = world.table(name);
        let pin = table.field("pin").unwrap().no;
        let everything = BoundAlt { rows: BoundFilter::And(Vec::new()), fields: Fields::All };
        let query = BoundQuery {
            alts: vec![everything],
            filter: BoundFilter::And(Vec::new()),
            sort: Vec::new(),
            select: vec![pin],
            offset: 0,
            limit: 100,
            count: false,
        };
        for value in world.store.list_records(&table, query).await.unwrap().rows.into_iter().flatten() {
            match value.unwrap() {
                Value::Null => {}
                Value::Text(hash) => {
                    assert!(hash.starts_with("$argon2id$"), "{name}");
                    kept += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(kept, 5);
    let many = (0..=limits::PASSWORDS_PER_WRITE_MAX).map(|_| Other::New(with_pin().into())).collect();
    let refused = create(&world, &owner, "tasks", json!({}), vec![to("labels", many)]).await;
    assert!(matches!(refused, Err(DataError::Validation(_))), "hashing is slow on purpose: {refused:?}");
}

#[tokio::test]
async fn what_goes_with_a_record_is_the_schemas_to_say_and_the_more_careful_side_of_a_link_holds() {
    let world = house().await;
    let owner = world.owner();
    let said = async |table: &str, link: &str, on_delete| {
        let patch = FieldPatch { on_delete: Some(on_delete), ..FieldPatch::default() };
        world.data.patch_field(&owner.on(Op::FieldUpdate, table), link, patch).await.unwrap();
    };
    let note = || to("note", vec![new(json!({"title": "n"}))]);
    let task = || vec![to("project", keys(&[1])), to("labels", keys(&[1, 2])), note()];
    create(&world, &owner, "tasks", json!({"title": "a"}), task()).await.unwrap();
    create(&world, &owner, "tasks", json!({"title": "b"}), vec![to("labels", keys(&[1]))]).await.unwrap();
    // Whoever may delete the project and nothing else.
    let few =
        limited(&world, vec![("projects", vec![limit(&[Op::RecordDelete, Op::RecordRead], vec![], None)])]);
    let delete = async || world.data.delete(&few.on(Op::RecordDelete, "projects"), &Which::key(1)).await;
    let left =
        async || (texts(&rows(&world, "tasks").await, "title"), rows(&world, "pairs").await.rows.len());
    said("projects", "tasks", OnDelete::Delete).await;
    // Down to the note, which must not lose its key: nothing of all that happens.
    for on_delete in [OnDelete::Refuse, OnDelete::Clear] {
        said("tasks", "note", on_delete).await;
        let refused = delete().await;
        // Whoever may not read the notes is not told that there are any, what may read them is.
        let unnamed = matches!(&refused, Err(DataError::Validation(why)) if why[0] == "other records are linked with it");
        assert!(unnamed, "{refused:?}");
        let named = world.data.delete(&owner.on(Op::RecordDelete, "projects"), &Which::key(1)).await;
        assert!(matches!(&named, Err(DataError::Validation(why)) if why[0].contains("notes")), "{named:?}");
        assert_eq!(left().await, (vec!["a".to_owned(), "b".to_owned()], 3));
    }
    said("tasks", "note", OnDelete::Delete).await;
    said("tasks", "project", OnDelete::Refuse).await;
    assert!(delete().await.is_err(), "the other side of the link says no");
    said("tasks", "project", OnDelete::Keep).await;
    assert_eq!(delete().await.unwrap(), 1, "what goes with it is not counted");
    assert_eq!(left().await, (vec!["b".to_owned()], 1));
    assert!(rows(&world, "notes").await.rows.is_empty() && rows(&world, "projects").await.rows.is_empty());
}
