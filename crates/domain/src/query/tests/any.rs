//! No JSON makes binding panic, or mention what may not be read.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value as Json, json};

use crate::{
    FieldNo,
    access::{Alt, Cond, Fields, Rows},
    catalog::FieldKind,
    value::Value,
};

use super::{field, filtered, subject, table};
use crate::query::*;

const OPERATORS: [CmpOp; 23] = {
    use CmpOp::*;
    [
        Eq,
        Ne,
        Gt,
        Gte,
        Lt,
        Lte,
        In,
        NotIn,
        Between,
        Contains,
        NotContains,
        StartsWith,
        NotStartsWith,
        EndsWith,
        NotEndsWith,
        Empty,
        NotEmpty,
        True,
        False,
        AnyOf,
        NoneOf,
        Match,
        NotMatch,
    ]
};

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[-+0-9.eE:TZ ]{0,30}".prop_map(Json::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let names: Vec<String> = table()
        .fields
        .into_iter()
        .map(|f| f.name)
        .chain(["nope", "json.k", "json.a.b", "json.", "text.k"].map(str::to_owned))
        .collect();
    let var = select(vec![Var::UserId, Var::UserEmail, Var::UserName, Var::Role, Var::Now]);
    let term = prop_oneof![4 => any_json().prop_map(Term::Literal), 1 => var.prop_map(Term::Var)];
    let leaf = (select(names), select(&OPERATORS[..]), vec(term, 0..3))
        .prop_map(|(field, op, terms)| Filter::Cmp { field, op, terms });
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Filter::And),
            vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|f| Filter::Not(Box::new(f))),
        ]
    })
}

fn mentions(filter: &BoundFilter, field: FieldNo) -> bool {
    match filter {
        BoundFilter::And(parts) | BoundFilter::Or(parts) => parts.iter().any(|p| mentions(p, field)),
        BoundFilter::Not(part) => mentions(part, field),
        BoundFilter::Cmp(cmp) => cmp.field == field,
        BoundFilter::Inside(inside) => inside.field == field,
        BoundFilter::Linked(linked) => linked.step.key == field,
        BoundFilter::Never => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_filter_makes_binding_panic_or_mention_what_may_not_be_read(
        filter in any_filter(), readable in proptest::collection::btree_set(0..20u32, 0..20),
    ) {
        let fields = Fields::Only(readable.iter().map(|n| FieldNo(*n)).collect());
        let alts = [Alt { rows: Rows::of(Cond::Own), fields: fields.clone() }, Alt::FULL];
        for alts in [&alts[..], &alts[1..], &[]] {
            if let Ok(query) = bind(&filtered(filter.clone()), &table(), alts, &subject()) {
                for field in &table().fields {
                    let usable = !field.hidden && !alts.is_empty() && alts.iter().all(|a| a.fields.has(field.no));
                    prop_assert!(usable || !mentions(&query.filter, field.no), "{}", field.name);
                }
            }
        }
    }

    #[test]
    fn no_value_makes_typing_panic_and_typing_twice_changes_nothing(literal in any_json()) {
        for kind in FieldKind::ALL {
            let field = field("f", kind);
            let again = match coerce(&field, &literal) {
                Ok(Value::Text(text)) => Json::from(text),
                Ok(Value::Int(int)) => Json::from(int),
                Ok(Value::Float(float)) => Json::from(float),
                Ok(Value::Instant(at)) => Json::from(at.rfc3339()),
                Ok(Value::Bool(_) | Value::Null | Value::Json(_)) | Err(_) => continue,
            };
            prop_assert_eq!(coerce(&field, &again), coerce(&field, &literal), "{:?}", kind);
        }
    }

    #[test]
    fn times_written_as_text_sort_as_times_do(a in "[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?",
                                              b in "[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?") {
        let field = field("f", FieldKind::Time);
        let times = (a.parse::<jiff::civil::Time>(), b.parse::<jiff::civil::Time>());
        let texts = (coerce(&field, &json!(a)), coerce(&field, &json!(b)));
        if let ((Ok(ta), Ok(tb)), (Ok(Value::Text(xa)), Ok(Value::Text(xb)))) = (times, texts) {
            prop_assert_eq!(ta.cmp(&tb), xa.cmp(&xb));
        }
    }
}
