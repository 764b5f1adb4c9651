//! What a filter means, shown as the common filter prints itself.

use super::*;
use serde_json::json;

fn shown(filter: &Filter) -> String {
    let many = |parts: &[Filter], word: &str| {
        let parts: Vec<String> = parts.iter().map(shown).collect();
        format!("({})", parts.join(word))
    };
    match filter {
        Filter::And(parts) => many(parts, " and "),
        Filter::Or(parts) => many(parts, " or "),
        Filter::Not(inner) => format!("not {}", shown(inner)),
        Filter::Cmp { field, op, terms } => {
            let terms: Vec<String> = terms
                .iter()
                .map(|t| match t {
                    Term::Literal(v) => v.to_string(),
                    Term::Var(v) => format!("{v:?}"),
                })
                .collect();
            format!("{field} {op:?} [{}]", terms.join(","))
        }
    }
}

fn read(value: Value) -> String {
    match parse(&value, &Context::default()) {
        Ok(filter) => shown(&filter),
        Err(e) => format!("ERROR {e}"),
    }
}

#[test]
fn every_operator_of_the_grammar_has_its_meaning() {
    for (filter, want) in [
        (json!({"title": "x"}), r#"title Eq ["x"]"#),
        (json!({"title": null}), "title Eq [null]"),
        (json!({"id": [1, 2]}), "id In [1,2]"),
        (json!({"title": {"$eq": "x"}}), r#"title Eq ["x"]"#),
        (json!({"title.$eq": "x"}), r#"title Eq ["x"]"#),
        (json!({"title.$ne": null}), "title Ne [null]"),
        (json!({"id.$ne": [1, 2]}), "id NotIn [1,2]"),
        (json!({"n": {"$gt": 1, "$lte": 5}}), "(n Gt [1] and n Lte [5])"),
        (json!({"n.$between": [1, 5]}), "n Between [1,5]"),
        (json!({"n.$in": 3}), "n In [3]"),
        (json!({"n.$notIn": [3]}), "n NotIn [3]"),
        (json!({"t.$includes": "a"}), r#"t Contains ["a"]"#),
        (json!({"t.$includes": ["a", "b"]}), r#"(t Contains ["a"] or t Contains ["b"])"#),
        (json!({"t.$notIncludes": ["a", "b"]}), r#"(t NotContains ["a"] and t NotContains ["b"])"#),
        (json!({"t.$includes": null}), "t Eq [null]"),
        (json!({"t.$endsWith": "a"}), r#"t EndsWith ["a"]"#),
        (json!({"t.$notEndWith": "a"}), r#"t NotEndsWith ["a"]"#),
        (json!({"t.$like": "%a_b%"}), r#"t Contains ["a_b"]"#),
        (json!({"t.$notLike": "a%"}), r#"t NotStartsWith ["a"]"#),
        (json!({"t.$empty": true}), "t Empty []"),
        (json!({"b.$isTruly": true}), "b True []"),
        (json!({"b.$isTruly": false}), "b False []"),
        (json!({"b.$isFalsy": "false"}), "b True []"),
        (json!({"a.$anyOf": ["x"]}), r#"a AnyOf ["x"]"#),
        (json!({"$or": [{"a": 1}, {"b": 2}]}), "(a Eq [1] or b Eq [2])"),
        (json!({"$or": {"a": 1, "b": 2}}), "(a Eq [1] or b Eq [2])"),
        (json!({"$and": [{"a": 1}, {"$or": [{"b": 2}, {"c": 3}]}]}), "(a Eq [1] and (b Eq [2] or c Eq [3]))"),
        (json!({"$not": {"a": 1}}), "not a Eq [1]"),
        (json!({"title": {"$or": [{"$eq": "a"}, {"$eq": "b"}]}}), r#"(title Eq ["a"] or title Eq ["b"])"#),
        (json!({"owner": {"name": "x"}}), r#"owner.name Eq ["x"]"#),
        (json!({"createdById": "{{ ctx.state.currentUser.id }}"}), "createdById Eq [UserId]"),
        (json!({"r.$eq": "{{$nRole}}"}), "r Eq [Role]"),
        (json!({"t.$dateBefore": "{{$nDate.now}}"}), "t Lt [Now]"),
        (json!("{\"id.$gt\":3}"), "id Gt [3]"),
        (json!({"a.$notMatch": ["x"]}), r#"(a NotMatch ["x"] and a Ne [null])"#),
        (json!({"n": {"$not": 1}}), "not n Eq [1]"),
        (json!({"n": {"$not": [1, 2]}}), "not n In [1,2]"),
        (json!({"n": {"$not": {"$gt": 1}}}), "not n Gt [1]"),
        (json!({"n": {"$or": [1, 2]}}), "(n Eq [1] or n Eq [2])"),
        (json!({"n": {"$and": [1, {"$gt": 2}]}}), "(n Eq [1] and n Gt [2])"),
        (json!({"j.$eq": {"type": "today"}}), r#"j Eq [{"type":"today"}]"#),
    ] {
        assert_eq!(read(filter.clone()), want, "{filter}");
    }
}

#[test]
fn an_empty_filter_is_no_condition() {
    for filter in [
        json!({}),
        json!({"$and": []}),
        json!({"$or": []}),
        json!({"$and": [{}]}),
        json!(""),
        json!("{}"),
        json!(null),
        json!({"$and": [{"$or": []}]}),
        json!([]),
        json!("[]"),
    ] {
        assert!(parse(&filter, &Context::default()).unwrap().is_all(), "{filter}");
    }
}

#[test]
fn an_empty_alternative_never_widens_a_scope() {
    for (filter, want) in [
        (json!({"$or": [{}, {"n": 1}]}), "n Eq [1]"),
        (json!({"$or": [{"$and": []}, {"n": 1}, {"n": 2}]}), "(n Eq [1] or n Eq [2])"),
        (json!({"$not": {"$not": {"$or": [{}, {"n": 1}]}}}), "not not n Eq [1]"),
    ] {
        assert_eq!(read(filter.clone()), want, "{filter}");
    }
    // The opposite of "n is 1" would be nearly everything, that of "everything" is nothing.
    let negated = parse(&json!({"$not": {"$or": [{}, {"n": 1}]}}), &Context::default()).unwrap();
    assert_eq!(negated, Filter::Not(Box::new(Filter::ALL)));
}

#[test]
fn what_is_no_filter_is_refused_and_not_ignored() {
    for (filter, want) in [
        (json!("{nonsense"), "ERROR filter is not valid JSON"),
        (json!("[1]"), "ERROR filter must be an object"),
        (json!([1]), "ERROR filter must be an object"),
        (json!({"a.$wat": 1}), "ERROR unknown filter operator $wat"),
        (json!({"$eq": 1}), "ERROR unknown filter operator $eq"),
        (json!({"a.$between": [1]}), "ERROR $between: takes two values"),
        (json!({"a.$like": "a%b"}), "ERROR $like: takes % only at the beginning and at the end"),
        (json!({"$and": "x"}), "ERROR $and: takes a list of conditions"),
        (json!({"$or": [1]}), "ERROR $or: takes a list of conditions"),
        (json!({"$not": 1}), "ERROR $not: takes a list of conditions"),
        (json!({"a": "{{$env.SECRET}}"}), "ERROR unknown variable \"$env.SECRET\" in filter"),
        (
            json!({"d.$dateOn": "yesterday"}),
            "ERROR $dateOn: takes a day, a month, a year, an instant or a pair of them",
        ),
    ] {
        assert_eq!(read(filter.clone()), want, "{filter}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let mut deep = json!({"a": 1});
    for _ in 0..40 {
        deep = json!({"$and": [deep]});
    }
    assert_eq!(read(deep), "ERROR filter nests deeper than 16 levels");
    let wide: Vec<Value> = (0..300).map(|n| json!({"a": n})).collect();
    assert_eq!(read(json!({"$or": wide})), "ERROR filter has more than 256 conditions");
}

#[test]
fn relative_dates_are_spans_of_the_callers_calendar() {
    let zone = crate::params::zone(Some("+08:00"));
    // Sunday evening in Greenwich, Monday morning in Singapore.
    let now = Some(domain::Millis::parse_rfc3339("2026-11-22T20:00:00Z").unwrap());
    let context = Context { zone, now, ..Context::default() };
    let at = |value: Value| shown(&parse(&value, &context).unwrap());
    for (name, from, to) in [
        ("today", "2026-11-22T16:00:00.000Z", "2026-11-23T16:00:00.000Z"),
        ("yesterday", "2026-11-21T16:00:00.000Z", "2026-11-22T16:00:00.000Z"),
        ("thisWeek", "2026-11-22T16:00:00.000Z", "2026-11-29T16:00:00.000Z"),
        ("lastMonth", "2026-09-30T16:00:00.000Z", "2026-10-31T16:00:00.000Z"),
        ("thisQuarter", "2026-09-30T16:00:00.000Z", "2026-12-31T16:00:00.000Z"),
        ("nextYear", "2026-12-31T16:00:00.000Z", "2027-12-31T16:00:00.000Z"),
        ("last7Days", "2026-11-16T16:00:00.000Z", "2026-11-23T16:00:00.000Z"),
    ] {
        let filter = at(serde_json::json!({"d.$dateOn": format!("{{{{$nDate.{name}}}}}")}));
        assert!(filter.contains(from) && filter.contains(to), "{name}: {filter}");
    }
    for (spoken, from, to) in [
        (json!({"type": "today"}), "2026-11-22T16:00:00.000Z", "2026-11-23T16:00:00.000Z"),
        (json!({"type": "lastYear"}), "2024-12-31T16:00:00.000Z", "2025-12-31T16:00:00.000Z"),
        // Whole units beside the one that is now.
        (json!({"type": "past", "number": 3}), "2026-11-19T16:00:00.000Z", "2026-11-22T16:00:00.000Z"),
        (
            json!({"type": "past", "number": 3, "unit": "year"}),
            "2022-12-31T16:00:00.000Z",
            "2025-12-31T16:00:00.000Z",
        ),
        (
            json!({"type": "next", "number": "2", "unit": "week"}),
            "2026-11-29T16:00:00.000Z",
            "2026-12-13T16:00:00.000Z",
        ),
        (
            json!({"type": "next", "number": 1, "unit": "month"}),
            "2026-11-30T16:00:00.000Z",
            "2026-12-31T16:00:00.000Z",
        ),
    ] {
        let want = format!(r#"(d Gte ["{from}"] and d Lt ["{to}"])"#);
        assert_eq!(at(json!({"d": {"$dateOn": spoken}})), want, "{spoken}");
        assert_eq!(at(json!({"d": {"$dateBefore": spoken}})), format!(r#"d Lt ["{from}"]"#));
        assert_eq!(at(json!({"d": {"$dateNotAfter": spoken}})), format!(r#"d Lt ["{to}"]"#));
        assert!(parse(&json!({"d": {"$dateOn": spoken}}), &Context::default()).is_err(), "a stored one");
    }
    for nonsense in [
        json!({}),
        json!({"type": "someday"}),
        json!({"type": "past", "number": 0}),
        json!({"type": "past", "number": 99_999, "unit": "year"}),
        json!({"type": "next", "number": 10_000, "unit": "year"}),
        json!({"type": "next", "unit": "fortnight"}),
    ] {
        assert!(parse(&json!({"d": {"$dateOn": nonsense}}), &context).is_err(), "{nonsense}");
    }
    let since = at(serde_json::json!({"d.$gte": "{{$nDate.thisMonth}}"}));
    assert!(since.contains("2026-10-31T16:00:00.000Z"), "{since}");
    let stored = parse(&serde_json::json!({"d.$dateOn": "{{$nDate.today}}"}), &Context::default());
    assert!(stored.is_err(), "a stored filter would keep the day it was stored on");
}

#[test]
fn a_day_begins_in_the_callers_time_zone() {
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let at =
        |value: Value| shown(&parse(&value, &Context { zone: zone.clone(), ..Context::default() }).unwrap());
    assert_eq!(
        at(json!({"t.$dateOn": "2026-01-02"})),
        r#"(t Gte ["2026-01-01T16:00:00.000Z"] and t Lt ["2026-01-02T16:00:00.000Z"])"#
    );
    assert_eq!(
        at(json!({"t.$dateNotOn": "2026-01"})),
        r#"(t Lt ["2025-12-31T16:00:00.000Z"] or t Gte ["2026-01-31T16:00:00.000Z"])"#
    );
    assert_eq!(at(json!({"t.$dateAfter": "2026"})), r#"t Gte ["2026-12-31T16:00:00.000Z"]"#);
    assert_eq!(at(json!({"t.$dateBefore": "2026-01-02T03:04:05Z"})), r#"t Lt ["2026-01-02T03:04:05.000Z"]"#);
    assert_eq!(
        at(json!({"t.$dateBetween": ["2026-01-02", "2026-01-03"]})),
        r#"(t Gte ["2026-01-01T16:00:00.000Z"] and t Lt ["2026-01-03T16:00:00.000Z"])"#
    );
}

fn json_values() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z{}$.%,\\[0-9 -]{0,20}".prop_map(Value::from),
        "[0-9]{0,5}-[0-9]{0,3}(-[0-9]{0,3})?".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "[a-c.$]{0,6}",
        proptest::sample::select(vec![
            "$and",
            "$or",
            "$not",
            "$eq",
            "$in",
            "a.$dateOn",
            "a.$dateBetween",
            "$includes",
            "a.$like",
            "$match",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest::proptest! {
    #[test]
    fn no_filter_makes_the_parser_panic(value in json_values()) {
        let _ = parse(&value, &Context::default());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = parse(&Value::String(text), &Context::default());
    }
}
