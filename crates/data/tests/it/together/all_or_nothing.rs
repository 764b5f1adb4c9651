//! Everything a write names is there and is written, or nothing is.

use data::{DataError, Draft, Linking, Other};
use domain::{access::Op, limits, query::BindError};
use serde_json::{Value as Json, json};

use super::{counts, create, house, keys, labels, limited, new, no_target, rows, to, update};
use crate::world::{ints, limit, texts, values};

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
        let two =
            vec![Draft::from(values(json!({"title": "good"}))), Draft { links: links(), ..Draft::default() }];
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
async fn a_write_has_an_end_in_depth_and_in_number() {
    let world = house().await;
    let owner = world.owner();
    let mut draft = Draft::from(values(json!({"title": "end"})));
    for link in ["tasks", "labels", "tasks", "labels"] {
        draft = Draft {
            values: values(json!({})),
            links: vec![to(link, vec![Other::New(draft)])],
            ..Draft::default()
        };
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_link_a_pair_once() {
    let world = std::sync::Arc::new(house().await);
    create(&world, &world.owner(), "tasks", json!({"title": "a"}), vec![]).await.unwrap();
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let allowed = world.owner().on(Op::RecordUpdate, "tasks");
                world.data.link(&allowed, &json!(1), "labels", &keys(&[1, 2]), Linking::Add).await
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(counts(&world).await, [1, 1, 0, 3, 2]);
}
