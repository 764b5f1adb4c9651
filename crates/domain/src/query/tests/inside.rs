//! Conditions on properties of JSON values.

use serde_json::{Value as Json, json};

use crate::{access::Alt, limits, value::Value};

use super::{bound, compare, no, only, subject, table};
use crate::query::*;

fn inside(path: &str, op: CmpOp, terms: impl IntoIterator<Item = Json>) -> Result<BoundFilter, BindError> {
    bound(compare(path, op, terms))
}

#[test]
fn a_property_is_compared_as_it_stands_in_json() {
    for (path, op, terms, names, values) in [
        ("json.k", CmpOp::Eq, vec![json!(1)], vec!["k"], vec![Value::Int(1)]),
        ("json.a b.0", CmpOp::Gt, vec![json!(1.5)], vec!["a b", "0"], vec![Value::Float(1.5)]),
        (
            "json.k",
            CmpOp::Between,
            vec![json!("a"), json!("b")],
            vec!["k"],
            vec![Value::Text("a".into()), Value::Text("b".into())],
        ),
        ("json.$k'", CmpOp::Ne, vec![json!(null)], vec!["$k'"], vec![Value::Null]),
        ("json.k", CmpOp::Eq, vec![json!(true)], vec!["k"], vec![Value::Bool(true)]),
        ("json.k", CmpOp::Empty, vec![], vec!["k"], vec![]),
    ] {
        let path_of = names.into_iter().map(str::to_owned).collect();
        let want = BoundInside { field: no("json"), path: path_of, op, values };
        assert_eq!(inside(path, op, terms).unwrap(), BoundFilter::Inside(want), "{path}");
    }
    let listed = inside("json.k", CmpOp::In, [json!([1, null])]).unwrap();
    assert!(matches!(&listed, BoundFilter::Or(parts) if parts.len() == 2), "{listed:?}");
}

#[test]
fn what_makes_no_path_or_no_comparison_is_refused() {
    for (path, op, terms) in [
        ("json.", CmpOp::Eq, vec![json!(1)]),
        ("json..k", CmpOp::Eq, vec![json!(1)]),
        ("json.a\"b", CmpOp::Eq, vec![json!(1)]),
        ("json.a\\", CmpOp::Eq, vec![json!(1)]),
        ("json.a\0b", CmpOp::Eq, vec![json!(1)]),
        ("json.k", CmpOp::Eq, vec![json!({"a": 1})]),
        ("json.k", CmpOp::Gt, vec![json!(null)]),
        ("json.k", CmpOp::Gt, vec![json!(true)]),
        ("json.k", CmpOp::Between, vec![json!(1)]),
        ("json.k", CmpOp::AnyOf, vec![json!([1])]),
        ("text.k", CmpOp::Eq, vec![json!(1)]),
        ("array.k", CmpOp::Eq, vec![json!(1)]),
    ] {
        assert!(inside(path, op, terms.clone()).is_err(), "{path} {op:?} {terms:?}");
    }
    let deep = |names: usize| format!("json.{}", vec!["k"; names].join("."));
    assert!(inside(&deep(limits::FILTER_DEPTH_MAX), CmpOp::Empty, []).is_ok());
    let refused = inside(&deep(limits::FILTER_DEPTH_MAX + 1), CmpOp::Empty, []);
    assert!(matches!(refused, Err(BindError::TooMuch(_))), "{refused:?}");
    let many = Filter::And(vec![compare("json.k", CmpOp::Empty, []); limits::FILTER_CONDITIONS_MAX + 1]);
    assert!(matches!(bound(many), Err(BindError::TooMuch(_))));
}

#[test]
fn a_property_is_asked_about_only_where_all_of_the_field_may_be_read() {
    let filter = compare("json.k", CmpOp::Eq, [json!(1)]);
    for alts in [vec![only(&["id"])], vec![Alt::FULL, only(&["id"])]] {
        let refused = bind_filter(&filter, &table(), &alts, &subject());
        assert_eq!(refused, Err(BindError::ForbiddenField("json".into())));
    }
    assert!(bind_filter(&filter, &table(), &[only(&["json"])], &subject()).is_ok());
    // A variable that has no value is never met, inside of JSON too.
    let nobody = Subject::default();
    let own = Filter::Cmp { field: "json.k".into(), op: CmpOp::Ne, terms: vec![Term::Var(Var::UserId)] };
    assert_eq!(bind_filter(&own, &table(), &[Alt::FULL], &nobody), Ok(BoundFilter::Never));
}
