//! What is written inside of another record keeps to the rights of every table it touches.

use data::{DataError, Other};
use domain::{access::Op, query::BindError};
use serde_json::json;

use super::{counts, create, house, keys, labels, limited, new, no_target, rows, to, update};
use crate::world::{ints, limit, matching, texts, values};

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
