//! Binding, table-driven; and that no JSON makes it panic.

use std::{collections::BTreeSet, sync::Arc};

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value as Json, json};

use crate::{
    BaseId, FieldNo, Millis, TableId, WorkspaceId,
    access::{Alt, Cond, Fields, Rows},
    catalog::{Field, FieldKind, SystemField, Table},
    limits,
    value::Value,
};

use super::*;

/// One field of every kind, named like the kind; `id`; system fields; a hidden one.
fn table() -> Table {
    let mut fields = vec![field("id", FieldKind::BigInt)];
    fields.extend(FieldKind::ALL.map(|kind| field(kind.name(), kind)));
    fields.extend(["createdBy", "createdByKey", "createdAt", "hidden"].map(|n| field(n, FieldKind::BigInt)));
    for (no, field) in fields.iter_mut().enumerate() {
        field.no = FieldNo(no as u32);
        field.primary = field.name == "id";
        field.hidden = field.name == "hidden" || field.kind == FieldKind::Password;
        field.system = match field.name.as_str() {
            "id" => Some(SystemField::AutoId),
            "createdBy" => Some(SystemField::CreatedBy),
            "createdByKey" => Some(SystemField::CreatedByKey),
            "createdAt" => Some(SystemField::CreatedAt),
            _ => None,
        };
    }
    let id = uuid::Uuid::nil();
    Table {
        id: TableId(id),
        no: 1,
        workspace: WorkspaceId(id),
        base: BaseId(id),
        name: "t".into(),
        title: None,
        fields,
        extra: None,
        created_at: Millis::ZERO,
    }
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field::new(FieldNo(0), name, kind)
}

fn no(name: &str) -> FieldNo {
    table().field(name).unwrap().no
}

fn only(names: &[&str]) -> Alt {
    Alt { rows: Rows::ALL, fields: Fields::Only(names.iter().map(|n| no(n)).collect::<BTreeSet<_>>()) }
}

fn subject() -> Subject {
    Subject {
        user_num: Some(7),
        user_email: Some("a@example.com".into()),
        role: Some("member".into()),
        key_num: Some(9),
        now: Millis(1_000),
        ..Subject::default()
    }
}

fn filtered(filter: Filter) -> Query {
    Query { filter, ..Query::default() }
}

fn compare(field: &str, op: CmpOp, terms: impl IntoIterator<Item = Json>) -> Filter {
    Filter::Cmp { field: field.into(), op, terms: terms.into_iter().map(Term::Literal).collect() }
}

fn bound(filter: Filter) -> Result<BoundFilter, BindError> {
    bind(&filtered(filter), &table(), &[Alt::FULL], &subject()).map(|q| q.filter)
}

fn coerced(kind: FieldKind, literal: Json) -> Option<Value> {
    coerce(&field("f", kind), &literal).ok()
}

#[test]
fn literals_are_typed_as_the_field_is_and_what_would_lose_anything_is_refused() {
    use FieldKind::*;
    let text = |t: &str| Some(Value::Text(t.to_owned()));
    let ms = |n: i64| Some(Value::Instant(Millis(n)));
    let float = |f: f64| Some(Value::Float(f));
    for (kind, literal, expected) in [
        (Text, json!("x"), text("x")),
        (Text, json!(5), text("5")),
        (Text, json!(true), text("true")),
        (Text, json!(["x"]), None),
        (Text, json!({"a": 1}), None),
        (Text, json!("a\0b"), None),
        (Integer, json!(5), Some(Value::Int(5))),
        (Integer, json!("5"), Some(Value::Int(5))),
        (Integer, json!("-5"), Some(Value::Int(-5))),
        (Integer, json!(5.0), Some(Value::Int(5))),
        (Integer, json!(5.5), None),
        (Integer, json!("1.5"), None),
        (Integer, json!(""), None),
        (Integer, json!("5x"), None),
        (Integer, json!(true), None),
        (BigInt, json!(i64::MAX), Some(Value::Int(i64::MAX))),
        (BigInt, json!(i64::MIN), Some(Value::Int(i64::MIN))),
        (BigInt, json!(i64::MAX as u64 + 1), None),
        (BigInt, json!(u64::MAX), None),
        (BigInt, json!(1e300), None),
        (BigInt, json!("9223372036854775808"), None),
        (Float, json!("1.5"), float(1.5)),
        (Float, json!(3), float(3.0)),
        (Float, json!(i64::MAX), None),
        (Float, json!(1u64 << 53), float(9_007_199_254_740_992.0)),
        (Float, json!((1u64 << 53) + 1), None),
        (Float, json!("inf"), None),
        (Float, json!("NaN"), None),
        (Float, json!("1e999"), None),
        (Float, json!("1e-999"), None),
        (Float, json!("."), None),
        (Decimal, json!("12.50"), text("12.5")),
        (Decimal, json!("-0.0"), text("0")),
        (Decimal, json!("+007"), text("7")),
        (Decimal, json!(0.1), text("0.1")),
        (Decimal, json!(-3), text("-3")),
        (Decimal, json!(u64::MAX), text("18446744073709551615")),
        (Decimal, json!("1234567890.123456789"), text("1234567890.123456789")),
        (Decimal, json!("1e3"), None),
        (Decimal, json!("1."), None),
        (Decimal, json!(".5"), None),
        (Decimal, json!(1e300), None),
        (Decimal, json!("1,5"), None),
        (Boolean, json!(true), Some(Value::Bool(true))),
        (Boolean, json!("true"), Some(Value::Bool(true))),
        (Boolean, json!("false"), Some(Value::Bool(false))),
        (Boolean, json!(0), Some(Value::Bool(false))),
        (Boolean, json!(2), None),
        (Boolean, json!("yes"), None),
        (DateTime, json!("1970-01-01T00:00:01Z"), ms(1_000)),
        (DateTime, json!("1970-01-01T01:00:01.5+01:00"), ms(1_500)),
        (DateTime, json!("1970-01-02"), ms(86_400_000)),
        (DateTime, json!("1970-01-01 00:00:02"), ms(2_000)),
        (DateTime, json!(1_767_225_600_000i64), ms(1_767_225_600_000)),
        (DateTime, json!("1767225600000"), ms(1_767_225_600_000)),
        (DateTime, json!("2026"), None),
        (DateTime, json!("2026-02-30"), None),
        (DateTime, json!("tomorrow"), None),
        (DateTime, json!(i64::MAX), None),
        (DateTime, json!(i64::MIN), None),
        (LocalDateTime, json!("2026-01-31 10:20"), text("2026-01-31T10:20:00")),
        (LocalDateTime, json!("2026-01-31T10:20:30.250"), text("2026-01-31T10:20:30.250")),
        (LocalDateTime, json!("2026-01-31T10:20:30Z"), None),
        (LocalDateTime, json!("2026-01-31T10:20:30+01:00"), None),
        (Date, json!("2026-01-31"), text("2026-01-31")),
        (Date, json!("2026-01-31T00:00:00.000Z"), text("2026-01-31")),
        (Date, json!("2026-01-31T10:00:00Z"), None),
        (Date, json!("2026-13-01"), None),
        (Date, json!("20260131"), None),
        (Date, json!(20260131), None),
        (Time, json!("13:45"), text("13:45:00")),
        (Time, json!("3:04"), text("03:04:00")),
        (Time, json!("25:00"), None),
        (Time, json!("3:4"), None),
        (Time, json!("1"), None),
        (Json, json!({"a": [1, null]}), Some(Value::Json(r#"{"a":[1,null]}"#.into()))),
        (Json, json!("plain"), Some(Value::Json(r#""plain""#.into()))),
        (Json, json!({"a\u{0}": 1}), None),
        (Array, json!(["a", 1]), Some(Value::Json(r#"["a",1]"#.into()))),
        (Array, json!([{"a": null}, [1]]), Some(Value::Json(r#"[{"a":null},[1]]"#.into()))),
        (Array, json!("a"), None),
        (Uuid, json!("67E55044-10B1-426F-9247-BB680E5FE0C8"), text("67e55044-10b1-426f-9247-bb680e5fe0c8")),
        (Uuid, json!("67e55044"), None),
        (Password, json!("secret word"), text("secret word")),
        (Password, json!(12345678), None),
    ] {
        assert_eq!(coerced(kind, literal.clone()), expected, "{kind:?} from {literal}");
    }
    for kind in FieldKind::ALL {
        assert_eq!(coerced(kind, json!(null)), Some(Value::Null), "{kind:?} from null");
    }
}

#[test]
fn texts_and_json_beyond_the_ceilings_are_refused() {
    let long = "x".repeat(limits::TEXT_VALUE_BYTES_MAX + 1);
    assert_eq!(coerced(FieldKind::LongText, json!(long)), None);
    assert_eq!(coerced(FieldKind::Json, json!([long])), None);
    let deep = (0..=limits::JSON_DEPTH_MAX).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(coerced(FieldKind::Json, deep), None);
}

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

#[test]
fn values_that_may_not_be_written_are_dropped_or_refused() {
    let Json::Object(values) = json!({"text": "x", "integer": "5", "nope": 1, "createdBy": 1, "id": 3})
    else {
        unreachable!()
    };
    let alts = [only(&["text", "createdBy", "id"]), only(&["date"])];
    let loose = bind_write(&values, &table(), &alts, false).unwrap();
    assert_eq!(loose.values, [(no("text"), Value::Text("x".into()))]);
    assert_eq!(loose.dropped, ["integer", "nope", "createdBy", "id"]);
    let create = bind_create(&values, &table(), &alts, false).unwrap();
    assert_eq!(create.values, [(no("text"), Value::Text("x".into())), (no("id"), Value::Int(3))]);
    let strict = |name: &str, value: Json| {
        let one = [(name.to_owned(), value)].into_iter().collect();
        bind_write(&one, &table(), &alts, true).map(drop)
    };
    assert_eq!(strict("text", json!("x")), Ok(()));
    assert_eq!(strict("integer", json!(5)), Err(BindError::ForbiddenField("integer".into())));
    assert_eq!(strict("createdBy", json!(5)), Err(BindError::ForbiddenField("createdBy".into())));
    assert_eq!(strict("nope", json!(5)), Err(BindError::UnknownField("nope".into())));
    assert!(matches!(strict("text", json!("\0")), Err(BindError::BadValue { .. })));
}

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
    let names: Vec<String> = table().fields.into_iter().map(|f| f.name).chain(["nope".to_owned()]).collect();
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
