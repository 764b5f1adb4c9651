//! Operators, their operands, and the ceilings of a filter.

use serde_json::json;

use crate::{limits, value::Value};

use super::{bound, compare, no};
use crate::query::*;

#[test]
fn operators_take_the_operands_they_can_compare() {
    use CmpOp::*;
    let list = || json!([1, 2]);
    for (field, op, terms, fits) in [
        ("integer", Eq, vec![json!("5")], true),
        ("integer", Eq, vec![json!(null)], true),
        ("integer", Eq, vec![], false),
        ("integer", Eq, vec![json!(1), json!(2)], false),
        ("integer", Eq, vec![list()], false),
        ("integer", Gt, vec![json!(null)], false),
        ("integer", In, vec![list()], true),
        ("integer", In, vec![json!("1"), json!(2)], true),
        ("integer", In, vec![json!([[1]])], false),
        ("integer", Between, vec![list()], true),
        ("integer", Between, vec![json!(1)], false),
        ("integer", Contains, vec![json!("1")], true),
        ("boolean", Contains, vec![json!("1")], false),
        ("text", Contains, vec![json!("50%")], true),
        ("text", Contains, vec![json!(null)], false),
        ("text", Contains, vec![json!("\0")], false),
        ("date", StartsWith, vec![json!("2026-01")], true),
        ("boolean", True, vec![], true),
        ("boolean", True, vec![json!(true)], false),
        ("integer", True, vec![], false),
        ("json", Gt, vec![json!(1)], false),
        ("json", In, vec![json!([1]), json!({})], true),
        ("array", AnyOf, vec![json!(["a", 1])], true),
        ("array", AnyOf, vec![json!([null])], false),
        ("text", AnyOf, vec![json!(["a"])], false),
        ("array", Eq, vec![json!("a")], false),
        ("text", Empty, vec![], true),
    ] {
        let result = bound(compare(field, op, terms.clone()));
        let bad_value = matches!(result, Err(BindError::BadValue { .. }));
        assert_eq!((result.is_ok(), bad_value), (fits, !fits), "{field} {op:?} {terms:?}: {result:?}");
    }
}

#[test]
fn null_in_a_list_and_an_empty_list_become_what_databases_understand() {
    let field = no("integer");
    let cmp = |op, values| BoundFilter::Cmp(BoundCmp { field, op, values });
    let one = || vec![Value::Int(1)];
    let null = || vec![Value::Null];
    for (op, list, expected) in [
        (CmpOp::In, json!([1]), cmp(CmpOp::In, one())),
        (CmpOp::In, json!([]), BoundFilter::Or(vec![])),
        (CmpOp::In, json!([null]), cmp(CmpOp::Eq, null())),
        (CmpOp::In, json!([1, null]), BoundFilter::Or(vec![cmp(CmpOp::In, one()), cmp(CmpOp::Eq, null())])),
        (CmpOp::NotIn, json!([]), BoundFilter::And(vec![])),
        (
            CmpOp::NotIn,
            json!([1, null]),
            BoundFilter::And(vec![cmp(CmpOp::NotIn, one()), cmp(CmpOp::Ne, null())]),
        ),
    ] {
        assert_eq!(bound(compare("integer", op, [list.clone()])), Ok(expected), "{op:?} {list}");
    }
}

#[test]
fn filters_beyond_the_ceilings_are_refused() {
    let too_much = |filter| matches!(bound(filter), Err(BindError::TooMuch(_)));
    let nest = |depth| (0..depth).fold(Filter::ALL, |inner, _| Filter::Not(Box::new(inner)));
    assert!(!too_much(nest(limits::FILTER_DEPTH_MAX)));
    assert!(too_much(nest(limits::FILTER_DEPTH_MAX + 1)));
    let wide = |count| Filter::Or(vec![Filter::eq("integer", 1); count]);
    assert!(!too_much(wide(limits::FILTER_CONDITIONS_MAX)));
    assert!(too_much(wide(limits::FILTER_CONDITIONS_MAX + 1)));
    assert!(too_much(Filter::And(vec![Filter::ALL; 5_000])), "empty parts count as well");
    let list = |count: usize| compare("integer", CmpOp::In, [json!(vec![1; count])]);
    assert!(!too_much(list(limits::FILTER_LIST_MAX)));
    assert!(too_much(list(limits::FILTER_LIST_MAX + 1)));
    assert!(too_much(Filter::And(vec![list(limits::FILTER_LIST_MAX); 3])));
}
