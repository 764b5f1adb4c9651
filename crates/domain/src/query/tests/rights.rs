//! What a query may mention and what it answers; whose rows a role means.

use std::sync::Arc;

use crate::{
    Millis,
    access::{Alt, Cond, Fields, Rows},
    catalog::Table,
    limits,
    value::Value,
};

use super::{bound, compare, no, only, subject, table};
use crate::query::*;

#[test]
fn what_a_filter_or_sort_mentions_must_be_readable_in_every_alternative() {
    let alts = [only(&["id", "text", "integer"]), only(&["id", "integer"])];
    let ask = |filter: Filter, sort: &str, alts: &[Alt]| {
        let sort = vec![Sort { field: sort.to_owned(), descending: true }];
        bind(&Query { filter, sort, ..Query::default() }, &table(), alts, &subject()).map(drop)
    };
    let forbidden = |name: &str| Err(BindError::ForbiddenField(name.to_owned()));
    assert_eq!(ask(Filter::eq("integer", 1), "integer", &alts), Ok(()));
    assert_eq!(ask(Filter::eq("text", "x"), "integer", &alts), forbidden("text"));
    assert_eq!(ask(Filter::ALL, "text", &alts), forbidden("text"));
    assert_eq!(ask(Filter::Not(Box::new(Filter::eq("text", "x"))), "id", &alts), forbidden("text"));
    assert_eq!(ask(Filter::eq("hidden", 1), "id", &[Alt::FULL]), forbidden("hidden"));
    assert_eq!(ask(Filter::ALL, "hidden", &[Alt::FULL]), forbidden("hidden"));
    assert_eq!(ask(Filter::eq("password", "x"), "id", &[Alt::FULL]), forbidden("password"));
    assert_eq!(ask(Filter::eq("integer", 1), "id", &[]), forbidden("integer"), "no alternative, no field");
    let unknown = Err(BindError::UnknownField("nope".to_owned()));
    assert_eq!(ask(Filter::eq("nope", 1), "id", &alts), unknown);
    assert_eq!(ask(Filter::ALL, "nope", &alts), unknown);
}

#[test]
fn the_selection_never_holds_more_than_may_be_read() {
    let alts = [only(&["id", "text"]), only(&["id", "integer"])];
    let ask = |select: Select, strict| {
        let query = Query { select, strict, ..Query::default() };
        bind(&query, &table(), &alts, &subject()).map(|q| q.select)
    };
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    assert_eq!(ask(Select::All, true), Ok(vec![no("id"), no("text"), no("integer")]));
    assert_eq!(ask(Select::Except(names(&["text", "date"])), false), Ok(vec![no("id"), no("integer")]));
    assert_eq!(
        ask(Select::Only(names(&["integer", "text", "date"])), false),
        Ok(vec![no("text"), no("integer")])
    );
    let forbidden = Err(BindError::ForbiddenField("date".to_owned()));
    assert_eq!(ask(Select::Only(names(&["integer", "date"])), true), forbidden);
    let unknown = Err(BindError::UnknownField("nope".to_owned()));
    assert_eq!(ask(Select::Only(names(&["nope"])), false), unknown);
    let full = bind(&Query::default(), &table(), &[Alt::FULL], &subject()).unwrap();
    assert!(!full.select.contains(&no("hidden")) && !full.select.contains(&no("password")));
}

#[test]
fn the_order_always_ends_with_the_primary_key_and_pages_are_clamped() {
    let sort = |names: &[&str]| Query {
        sort: names.iter().map(|n| Sort { field: (*n).to_owned(), descending: true }).collect(),
        page: Some(Page { offset: u64::MAX, limit: u64::MAX }),
        ..Query::default()
    };
    let ask = |query: &Query| bind(query, &table(), &[Alt::FULL], &subject());
    let order = |q: &Query| ask(q).unwrap().sort.iter().map(|s| (s.field, s.descending)).collect::<Vec<_>>();
    assert_eq!(order(&sort(&[])), [(no("id"), false)]);
    assert_eq!(order(&sort(&["text", "text"])), [(no("text"), true), (no("id"), false)]);
    assert_eq!(order(&sort(&["id"])), [(no("id"), true)]);
    let page = ask(&sort(&[])).unwrap();
    assert_eq!((page.offset, page.limit), (i64::MAX as u64, limits::PAGE_SIZE_MAX));
    let many = vec!["id"; limits::SORT_KEYS_MAX + 1];
    assert!(matches!(ask(&sort(&many)), Err(BindError::TooMuch(_))));
}

#[test]
fn own_rows_are_the_users_or_else_the_keys_or_nobodys() {
    let own = [Alt { rows: Rows::of(Cond::Own), fields: Fields::All }];
    let rows = |table: &Table, subject: &Subject| bind_rows(&own, table, subject).unwrap().remove(0).rows;
    let by = |name: &str, num| {
        BoundFilter::Cmp(BoundCmp { field: no(name), op: CmpOp::Eq, values: vec![Value::Int(num)] })
    };
    let key_only = Subject { user_num: None, ..subject() };
    assert_eq!(rows(&table(), &subject()), by("createdBy", 7));
    assert_eq!(rows(&table(), &key_only), by("createdByKey", 9));
    assert_eq!(rows(&table(), &Subject::default()), BoundFilter::Never);
    let mut plain = table();
    plain.fields.retain(|f| f.system.is_none());
    assert_eq!(rows(&plain, &subject()), BoundFilter::Never, "a table that does not know who created a row");
    assert_eq!(rows(&plain, &key_only), BoundFilter::Never);
}

#[test]
fn a_variable_without_a_value_makes_the_whole_condition_unmeetable() {
    let var =
        |field: &str, var| Filter::Cmp { field: field.into(), op: CmpOp::Eq, terms: vec![Term::Var(var)] };
    let name = || Filter::Or(vec![Filter::ALL, var("text", Var::UserName)]);
    assert_eq!(bound(name()), Ok(BoundFilter::Never));
    assert_eq!(bound(Filter::Not(Box::new(name()))), Ok(BoundFilter::Never), "negated it must not match all");
    let value = |filter| match bound(filter) {
        Ok(BoundFilter::Cmp(cmp)) => cmp.values,
        other => panic!("{other:?}"),
    };
    assert_eq!(value(var("integer", Var::UserId)), [Value::Int(7)]);
    assert_eq!(value(var("text", Var::UserEmail)), [Value::Text("a@example.com".into())]);
    assert_eq!(value(var("text", Var::Role)), [Value::Text("member".into())]);
    assert_eq!(value(var("date_time", Var::Now)), [Value::Instant(Millis(1_000))]);
    assert!(bound(var("integer", Var::UserEmail)).is_err(), "an address is no number");
}

#[test]
fn a_roles_row_condition_may_mention_what_the_caller_may_not_read_but_never_a_password() {
    let rows = |name: &str| {
        let cond = Cond::Matching(Arc::new(compare(name, CmpOp::Empty, [])));
        bind_rows(
            &[Alt { rows: Rows::of(cond), fields: Fields::Only([no("id")].into()) }],
            &table(),
            &subject(),
        )
    };
    assert!(rows("text").is_ok());
    assert!(rows("hidden").is_ok());
    assert!(rows("password").is_err());
    assert_eq!(
        rows("gone"),
        Err(BindError::UnknownField("gone".into())),
        "fails closed when the field is gone"
    );
}
