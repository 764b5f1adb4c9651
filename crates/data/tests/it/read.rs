//! Reading: what is shown, what is not, and what cannot be asked.

use data::{DataError, Which};
use domain::{
    access::{Cond, Op},
    query::{BindError, CmpOp, Filter, Page, Query, Select, Sort, Term},
    value::Value,
};
use serde_json::json;

use crate::world::{World, ints, limit, matching, text, texts, try_column};

async fn three() -> World {
    let world = World::with_todos().await;
    world
        .seed(&[
            json!({"title": "a", "secret": "x"}),
            json!({"title": "b", "secret": "y", "done": true}),
            json!({"title": "c", "secret": "z"}),
        ])
        .await;
    world
}

#[tokio::test]
async fn a_page_is_filtered_sorted_and_counted() {
    let world = three().await;
    let query = Query {
        filter: Filter::eq("done", "false"),
        sort: vec![Sort { field: "title".into(), descending: true }],
        select: Select::Only(vec!["title".into()]),
        page: Some(Page { offset: 0, limit: 1 }),
        count: true,
        nulls_last: false,
        ceiling: None,
        strict: true,
    };
    let page = world.owner().list(&query).await.unwrap();
    assert_eq!((texts(&page, "title"), page.total), (vec!["c".to_owned()], Some(2)));
    assert_eq!((page.offset, page.limit, page.select.len()), (0, 1, 1));
}

#[tokio::test]
async fn rows_outside_of_the_scope_are_neither_shown_nor_counted() {
    let world = three().await;
    let reader = world.limited(vec![limit(&[Op::RecordRead], vec![matching("done", true)], None)]);
    let page = reader.list(&Query { count: true, ..Query::default() }).await.unwrap();
    assert_eq!((texts(&page, "title"), page.total), (vec!["b".to_owned()], Some(1)));
    let get = async |key: i64| {
        let allowed = reader.on(Op::RecordRead, "todos");
        world.data.get(&allowed, &Which::key(key), &Query::default()).await.unwrap()
    };
    assert!(get(1).await.is_none());
    assert_eq!(get(2).await.unwrap().value("title"), Some(&text("b")));
}

#[tokio::test]
async fn a_value_readable_in_some_rows_is_blank_in_the_others() {
    let world = three().await;
    let reader = world.limited(vec![
        limit(&[Op::RecordRead], vec![], Some(&["id", "title"])),
        limit(&[Op::RecordRead], vec![matching("done", true)], Some(&["id", "secret"])),
    ]);
    let page = reader.all().await;
    assert_eq!(texts(&page, "title"), ["a", "b", "c"]);
    assert_eq!(try_column(&page, "secret"), [None, Some(text("y")), None]);
}

#[tokio::test]
async fn nothing_can_be_asked_about_a_value_that_is_not_shown_everywhere() {
    let world = three().await;
    let reader = world.limited(vec![
        limit(&[Op::RecordRead], vec![], Some(&["id", "title"])),
        limit(&[Op::RecordRead], vec![matching("done", true)], Some(&["id", "title", "secret"])),
    ]);
    let forbidden = |result: Result<_, DataError>| {
        assert!(
            matches!(&result, Err(DataError::Bind(BindError::ForbiddenField(f))) if f == "secret"),
            "{result:?}"
        );
    };
    forbidden(reader.list(&Query { filter: Filter::eq("secret", "x"), ..Query::default() }).await.map(drop));
    let sort = vec![Sort { field: "secret".into(), descending: false }];
    forbidden(reader.list(&Query { sort, ..Query::default() }).await.map(drop));
    let allowed = reader.on(Op::RecordRead, "todos");
    let which = Which::Filter(Filter::eq("secret", "x"));
    forbidden(world.data.get(&allowed, &which, &Query::default()).await.map(drop));
}

#[tokio::test]
async fn a_record_is_found_by_key_even_if_the_key_field_is_not_shown() {
    let world = three().await;
    let reader = world.limited(vec![limit(&[Op::RecordRead], vec![], Some(&["title"]))]);
    let allowed = reader.on(Op::RecordRead, "todos");
    let get = async |which: Which| world.data.get(&allowed, &which, &Query::default()).await;
    let record = get(Which::key("2")).await.unwrap().unwrap();
    assert_eq!((record.value("title"), record.value("id")), (Some(&text("b")), None));
    assert!(get(Which::key(99)).await.unwrap().is_none());
    assert!(get(Which::key(json!(null))).await.unwrap().is_none());
    assert!(get(Which::Keys(vec![])).await.unwrap().is_none());
    for bad in [json!("x"), json!([1]), json!({"a": 1}), json!(1.5), json!("1 or 1=1")] {
        let refused = get(Which::Keys(vec![bad.clone()])).await;
        assert!(matches!(refused, Err(DataError::Bind(BindError::BadValue { .. }))), "{bad}: {refused:?}");
    }
}

#[tokio::test]
async fn the_first_match_follows_the_order_that_was_asked_for() {
    let world = three().await;
    let allowed = world.owner().on(Op::RecordRead, "todos");
    let query = Query { sort: vec![Sort { field: "id".into(), descending: true }], ..Query::default() };
    let record =
        world.data.get(&allowed, &Which::Filter(Filter::eq("done", false)), &query).await.unwrap().unwrap();
    assert_eq!(record.value("id"), Some(&Value::Int(3)));
}

#[tokio::test]
async fn rows_of_nobody_are_a_refusal_and_not_an_empty_page() {
    let world = three().await;
    let own = world.limited(vec![limit(&[Op::RecordRead], vec![Cond::Own], None)]);
    assert!(own.all().await.rows.is_empty(), "user 2 made none");
    assert_eq!(own.clone().with_user(1).all().await.rows.len(), 3);
    let mut nobody = own.clone();
    nobody.subject.user_num = None;
    assert!(matches!(nobody.list(&Query::default()).await, Err(DataError::OutOfScope)));
}

#[tokio::test]
async fn hostile_text_is_only_text() {
    let world = three().await;
    let owner = world.owner();
    for hostile in ["%", "_", "'; drop table t1; --", "\\", "\"", "\u{202e}", "🦀", "a%", "?1", ":x"] {
        let terms = || vec![Term::Literal(json!(hostile))];
        let filter = Filter::Cmp { field: "title".into(), op: CmpOp::Contains, terms: terms() };
        let page = owner.list(&Query { filter, ..Query::default() }).await.unwrap();
        assert!(page.rows.is_empty(), "{hostile:?} is in no title");
        owner.create([json!({"title": hostile})]).await.unwrap();
        let filter = Filter::Cmp { field: "title".into(), op: CmpOp::Eq, terms: terms() };
        let page = owner.list(&Query { filter, ..Query::default() }).await.unwrap();
        assert_eq!(texts(&page, "title"), [hostile]);
        owner.delete(Which::Filter(Filter::eq("title", hostile))).await.unwrap();
    }
    assert_eq!(ints(&owner.all().await, "id"), [1, 2, 3]);
}
