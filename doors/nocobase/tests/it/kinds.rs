//! Every type of field of the dialect: made, written, asked for, refused.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, filter};

async fn with(fields: Value) -> Nocobase {
    let nocobase = Nocobase::new().await;
    let things = json!({"name": "things", "createdAt": true, "fields": fields});
    nocobase.admin.post("/api/collections:create", things).await.expect(200);
    nocobase
}

async fn made(nocobase: &Nocobase, values: Value) -> Value {
    let id = data(nocobase.admin.post("/api/things:create", values).await)["id"].clone();
    data(nocobase.admin.get(&format!("/api/things:get/{id}")).await)
}

async fn found(nocobase: &Nocobase, which: Value) -> usize {
    let rows = data(nocobase.admin.get(&format!("/api/things:list?{}", filter(which))).await);
    rows.as_array().unwrap().len()
}

#[tokio::test]
async fn every_type_can_be_made_written_and_asked_for() {
    // Type, a value, how it comes back, a filter's operand that finds it, a value of a wrong type.
    let types = [
        ("string", json!("a"), json!("a"), json!("a"), json!({"a": 1})),
        ("text", json!("a"), json!("a"), json!("a"), json!([1])),
        ("integer", json!(5), json!(5), json!(5), json!("five")),
        (
            "bigInt",
            json!("9007199254740991"),
            json!(9_007_199_254_740_991_i64),
            json!(9_007_199_254_740_991_i64),
            json!(1.5),
        ),
        ("float", json!(2.5), json!(2.5), json!("2.5"), json!("x")),
        ("double", json!(2.5), json!(2.5), json!(2.5), json!([])),
        ("decimal", json!("1.50"), json!(1.5), json!(1.5), json!("1,5")),
        ("boolean", json!(true), json!(true), json!(true), json!("yes")),
        (
            "date",
            json!("2026-01-02T03:04:05Z"),
            json!("2026-01-02T03:04:05.000Z"),
            json!("2026-01-02T03:04:05Z"),
            json!("soon"),
        ),
        (
            "datetimeNoTz",
            json!("2026-01-02 03:04:05"),
            json!("2026-01-02 03:04:05"),
            json!("2026-01-02 03:04:05"),
            json!("noon"),
        ),
        ("dateOnly", json!("2026-01-02"), json!("2026-01-02"), json!("2026-01-02"), json!("02.01.2026")),
        ("time", json!("03:04:05"), json!("03:04:05"), json!("03:04:05"), json!("3 am")),
        (
            "unixTimestamp",
            json!(1_767_323_045),
            json!("2026-01-02T03:04:05.000Z"),
            json!(1_767_323_045),
            json!("soon"),
        ),
        ("json", json!({"a": [1]}), json!({"a": [1]}), json!({"a": [1]}), Value::Null),
        ("jsonb", json!({"b": 2}), json!({"b": 2}), json!({"b": 2}), Value::Null),
        ("array", json!(["x", "x"]), json!(["x", "x"]), json!({"$match": ["x"]}), json!("x")),
        ("set", json!(["x", "y", "x"]), json!(["x", "y"]), json!({"$match": ["y", "x"]}), json!({"x": 1})),
        ("uid", json!("u_1"), json!("u_1"), json!("u_1"), json!([])),
        (
            "uuid",
            json!("0193A0B0-0000-7000-8000-000000000001"),
            json!("0193a0b0-0000-7000-8000-000000000001"),
            json!("0193a0b0-0000-7000-8000-000000000001"),
            json!("u"),
        ),
        ("nanoid", json!("abc"), json!("abc"), json!("abc"), json!({})),
        ("snowflakeId", json!(7), json!(7), json!(7), json!("x")),
        ("sort", json!(700), json!(700), json!(700), json!("x")),
    ];
    let fields: Vec<Value> =
        types.iter().map(|(name, ..)| json!({"name": format!("f_{name}"), "type": name})).collect();
    let nocobase = with(json!(fields)).await;
    for (name, value, shown, operand, wrong) in types {
        let name = format!("f_{name}");
        let row = made(&nocobase, json!({ name.as_str(): value })).await;
        assert_eq!(row[&name], shown, "{name}");
        assert_eq!(found(&nocobase, json!({ name.as_str(): if operand.get("$match").is_some() { operand } else { json!({ "$eq": operand }) } })).await, 1, "{name}");
        let path = format!("/api/things:update/{}", row["id"]);
        assert_eq!(
            data(nocobase.admin.post(&path, json!({ name.as_str(): shown })).await)[0][&name],
            shown,
            "{name}"
        );
        if !wrong.is_null() {
            let reply = nocobase.admin.post("/api/things:create", json!({ name.as_str(): wrong })).await;
            assert_eq!(error(&reply).0, 400, "{name}: {}", reply.text());
            let reply = nocobase.admin.post(&path, json!({ name.as_str(): wrong })).await;
            assert_eq!(error(&reply).0, 400, "{name}: {}", reply.text());
        }
        let listed = data(nocobase.admin.get("/api/collections/things/fields:list?paginate=false").await);
        let field = listed.as_array().unwrap().iter().find(|f| f["name"] == name.as_str()).unwrap().clone();
        assert_eq!(field["type"], name.trim_start_matches("f_"));
    }
}

#[tokio::test]
async fn generated_texts_and_numbers_are_as_their_fields_say() {
    let nocobase = with(json!([
        {"name": "nano", "type": "nanoid"},
        {"name": "short", "type": "nanoid", "size": 4, "customAlphabet": "abba"},
        {"name": "uid", "type": "uid", "prefix": "p_"},
        {"name": "uuid", "type": "uuid"},
        {"name": "none", "type": "uuid", "autoFill": false},
        {"name": "flake", "type": "snowflakeId"},
    ]))
    .await;
    let row = made(&nocobase, json!({"nano": null})).await;
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    assert_eq!((text("nano").len(), text("uid").len(), text("uuid").len()), (12, 13, 36));
    assert!(text("uid").starts_with("p_"));
    assert!(text("short").len() == 4 && text("short").bytes().all(|b| b == b'a' || b == b'b'));
    assert_eq!(row["none"], json!(null));
    assert!(row["flake"].as_i64().unwrap() > 1 << 32);
    // Those that find or make a record make them as well, and a change leaves them.
    let path = "/api/things:updateOrCreate?filterKeys[]=uid";
    let first = data(nocobase.admin.post(path, json!({"uid": "mine"})).await);
    assert_eq!(first["nano"].as_str().unwrap().len(), 12);
    let again = data(nocobase.admin.post(path, json!({"uid": "mine"})).await);
    assert_eq!((&again[0]["id"], &again[0]["nano"]), (&first["id"], &first["nano"]));
    // Emptied, they are made anew: of one record at a time, as each has its own.
    let path = format!("/api/things:update?filterByTk={}", first["id"]);
    let changed = data(nocobase.admin.post(&path, json!({"nano": null, "none": null})).await)[0].clone();
    assert_eq!((changed["nano"].as_str().unwrap().len(), &changed["none"]), (12, &json!(null)));
    assert_ne!(changed["nano"], first["nano"]);
    let path = format!("/api/things:update?{}", filter(json!({"id.$gt": 0})));
    nocobase.admin.post(&path, json!({"nano": null})).await.expect(400);
    for bad in [
        json!({"name": "x", "type": "nanoid", "size": 0}),
        json!({"name": "x", "type": "nanoid", "size": 100_000}),
        json!({"name": "x", "type": "nanoid", "size": "long"}),
        json!({"name": "x", "type": "nanoid", "customAlphabet": "a"}),
        json!({"name": "x", "type": "nanoid", "customAlphabet": "äö"}),
    ] {
        nocobase.admin.post("/api/collections/things/fields:create", bad).await.expect(400);
    }
}

#[tokio::test]
async fn moments_counted_in_seconds_are_told_from_those_in_milliseconds() {
    let nocobase = with(json!([
        {"name": "s", "type": "unixTimestamp"},
        {"name": "ms", "type": "unixTimestamp", "accuracy": "millisecond"},
        {"name": "shown", "type": "unixTimestamp", "uiSchema": {"x-component-props": {"accuracy": "millisecond"}}},
    ]))
    .await;
    let at = 1_767_323_045_678_i64;
    let row = made(&nocobase, json!({"s": at / 1000, "ms": at, "shown": at})).await;
    assert_eq!(
        (&row["s"], &row["ms"], &row["shown"]),
        (
            &json!("2026-01-02T03:04:05.000Z"),
            &json!("2026-01-02T03:04:05.678Z"),
            &json!("2026-01-02T03:04:05.678Z")
        )
    );
    let row = made(&nocobase, json!({"s": "2026-01-02T03:04:05.678Z"})).await;
    assert_eq!(row["s"], "2026-01-02T03:04:05.000Z", "whole seconds");
    assert_eq!(found(&nocobase, json!({"s.$gte": at / 1000})).await, 2);
    assert_eq!(found(&nocobase, json!({"s.$gt": at / 1000})).await, 0);
    assert_eq!(found(&nocobase, json!({"s.$dateOn": "2026-01-02"})).await, 2);
    assert_eq!(found(&nocobase, json!({"ms.$lt": at})).await, 0);
}

#[tokio::test]
async fn sequences_count_up_and_keep_their_form() {
    let nocobase = with(json!([
        {"name": "code", "type": "sequence", "unique": true, "patterns": [
            {"type": "string", "options": {"value": "INV-"}},
            {"type": "date", "options": {"format": "YYYY"}},
            {"type": "string", "options": {"value": "-"}},
            {"type": "integer", "options": {"digits": 3, "start": 7, "key": 12}},
        ]},
        {"name": "daily", "type": "sequence", "inputable": true, "patterns": [
            {"type": "integer", "options": {"digits": 2, "start": 1, "cycle": "0 0 * * *"}},
            {"type": "randomChar", "options": {"length": 2, "symbols": ["lowercase"]}},
        ]},
    ]))
    .await;
    let row = made(&nocobase, json!({"code": "mine"})).await;
    assert_eq!(row["code"], "INV-2026-007", "a writer's own value is not taken");
    let daily = row["daily"].as_str().unwrap();
    assert!(
        daily.starts_with("01") && daily.len() == 4 && daily.bytes().skip(2).all(|b| b.is_ascii_lowercase())
    );
    let many = data(nocobase.admin.post("/api/things:create", json!([{}, {"daily": "09zz"}, {}])).await);
    assert_eq!((&many[0]["code"], &many[2]["code"]), (&json!("INV-2026-008"), &json!("INV-2026-010")));
    assert_eq!(many[1]["daily"], "09zz", "this one may be given");
    assert!(many[2]["daily"].as_str().unwrap().starts_with("10"), "and the count goes on from it");
    data(nocobase.admin.post("/api/things:update/1", json!({"code": "INV-2026-999"})).await);
    assert_eq!(data(nocobase.admin.get("/api/things:get/1").await)["code"], "INV-2026-007");
    // A batch that fails counts nothing.
    nocobase.admin.post("/api/things:create", json!([{}, {"id": 1}])).await.expect(400);
    nocobase.world.clock.advance(24 * 3_600_000);
    let row = made(&nocobase, json!({})).await;
    assert_eq!(row["code"], "INV-2026-011");
    assert!(row["daily"].as_str().unwrap().starts_with("01"), "a new day: {row}");
}

#[tokio::test]
async fn a_sequence_goes_on_from_the_records_that_are_there() {
    let nocobase = with(json!([{"name": "code", "type": "string"}])).await;
    let patterns =
        json!([{"type": "string", "options": {"value": "A"}}, {"type": "integer", "options": {"digits": 4}}]);
    let field = json!({"name": "no", "type": "sequence", "inputable": true, "patterns": patterns});
    nocobase.admin.post("/api/collections/things/fields:create", field).await.expect(200);
    assert_eq!(made(&nocobase, json!({"no": "A0041"})).await["no"], "A0041");
    assert_eq!(made(&nocobase, json!({"no": "other"})).await["no"], "other");
    assert_eq!(made(&nocobase, json!({})).await["no"], "A0042");
    // The last number there is, given by hand, uses up none of those before it.
    assert_eq!(made(&nocobase, json!({"no": "A9999"})).await["no"], "A9999");
    assert_eq!(made(&nocobase, json!({})).await["no"], "A0043");
    // After it, counting begins anew.
    assert_eq!(made(&nocobase, json!({"no": "A9998"})).await["no"], "A9998");
    assert_eq!(made(&nocobase, json!({})).await["no"], "A9999");
    assert_eq!(made(&nocobase, json!({})).await["no"], "A0000");
    for bad in [
        json!(null),
        json!([]),
        json!([{"type": "wat"}]),
        json!([{"type": "integer", "options": {"digits": 99}}]),
        json!([{"type": "date", "options": {"format": "wat"}}]),
        json!([{"type": "integer", "options": {"cycle": "x"}}]),
    ] {
        let field = json!({"name": "bad", "type": "sequence", "patterns": bad});
        nocobase.admin.post("/api/collections/things/fields:create", field).await.expect(400);
    }
}

#[tokio::test]
async fn writers_at_once_never_get_the_same_number() {
    let patterns = json!([{"type": "integer", "options": {"digits": 4, "start": 1}}]);
    let nocobase = with(json!([{"name": "no", "type": "sequence", "patterns": patterns}])).await;
    let make = || {
        let admin = nocobase.admin.clone();
        tokio::spawn(async move { data(admin.post("/api/things:create", json!([{}, {}])).await) })
    };
    let tasks: Vec<_> = (0..30).map(|_| make()).collect();
    let mut numbers = Vec::new();
    for task in tasks {
        let rows = task.await.unwrap();
        numbers.extend(rows.as_array().unwrap().iter().map(|row| row["no"].as_str().unwrap().to_owned()));
    }
    numbers.sort();
    let want: Vec<String> = (1..=60).map(|n| format!("{n:04}")).collect();
    assert_eq!(numbers, want);
}

#[tokio::test]
async fn formulas_are_worked_out_whenever_a_record_is_written() {
    let nocobase = with(json!([
        {"name": "price", "type": "double"},
        {"name": "count", "type": "integer"},
        {"name": "first", "type": "string"},
        {"name": "pin", "type": "password"},
        {"name": "gross", "type": "formula", "expression": "{{net}} * 1.5", "engine": "math.js", "dataType": "double"},
        {"name": "net", "type": "formula", "expression": "{{price}} * {{count}}"},
        {"name": "each", "type": "formula", "expression": "{{price}} / {{count}}", "dataType": "double"},
        {"name": "label", "type": "formula", "engine": "string", "expression": "{{first}} #{{id}}", "dataType": "string"},
        {"name": "leak", "type": "formula", "expression": "{{pin}}", "dataType": "string"},
    ]))
    .await;
    let row =
        made(&nocobase, json!({"price": 2.5, "count": 4, "first": "Ada", "net": 1, "pin": "a secret pin"}))
            .await;
    assert_eq!(
        (&row["net"], &row["gross"], &row["each"], &row["label"], &row["leak"]),
        (&json!(10), &json!(15), &json!(0.625), &json!("Ada #1"), &json!(null))
    );
    made(&nocobase, json!({"price": 1, "count": 0})).await;
    let changed = data(
        nocobase
            .admin
            .post(
                &format!("/api/things:update?{}", filter(json!({"id.$gt": 0}))),
                json!({"count": 0, "gross": 9}),
            )
            .await,
    );
    assert_eq!(
        (&changed[0]["net"], &changed[0]["each"], &changed[1]["each"]),
        (&json!(0), &json!(null), &json!(null))
    );
    assert_eq!(found(&nocobase, json!({"net": 0})).await, 2);
    // A new expression, and a new field, hold for what is there.
    let path = "/api/collections/things/fields";
    let expression = json!({"expression": "{{price}} + 1"});
    nocobase.admin.post(&format!("{path}:update?filterByTk=net"), expression).await.expect(200);
    let twice = json!({"name": "twice", "type": "formula", "expression": "{{net}} * 2"});
    nocobase.admin.post(&format!("{path}:create"), twice).await.expect(200);
    let row = data(nocobase.admin.get("/api/things:get/1").await);
    assert_eq!((&row["net"], &row["gross"], &row["twice"]), (&json!(3.5), &json!(5.25), &json!(7)));
    for bad in [
        json!(null),
        json!("1 +"),
        json!("{{a.b}}"),
        json!("eval(1)"),
        json!("(".repeat(200)),
        json!("1+".repeat(3_000)),
    ] {
        let field = json!({"name": "bad", "type": "formula", "expression": bad});
        nocobase.admin.post(&format!("{path}:create"), field).await.expect(400);
    }
}

#[tokio::test]
async fn formulas_in_a_circle_are_empty_and_harm_nobody() {
    let nocobase = with(json!([
        {"name": "a", "type": "formula", "expression": "{{b}} + 1"},
        {"name": "b", "type": "formula", "expression": "{{a}} + 1"},
        {"name": "self", "type": "formula", "expression": "{{self}} + 1"},
    ]))
    .await;
    let row = made(&nocobase, json!({})).await;
    assert_eq!((&row["a"], &row["b"], &row["self"]), (&json!(null), &json!(null), &json!(null)));
}

#[tokio::test]
async fn options_of_a_field_hold_for_its_values() {
    let nocobase = with(json!([
        {"name": "level", "type": "integer", "defaultValue": 3},
        {"name": "code", "type": "string", "unique": true},
        {"name": "must", "type": "string", "allowNull": false},
        {"name": "inner", "type": "string", "hidden": true},
        {"name": "tags", "type": "set", "defaultValue": ["a", "a", "b"]},
    ]))
    .await;
    let row = made(&nocobase, json!({"code": "x", "must": "y", "inner": "z"})).await;
    assert_eq!((&row["level"], &row["tags"], row.get("inner")), (&json!(3), &json!(["a", "b"]), None));
    nocobase.admin.post("/api/things:create", json!({"code": "x", "must": "y"})).await.expect(400);
    nocobase.admin.post("/api/things:create", json!({"code": "z"})).await.expect(400);
    nocobase.admin.post("/api/things:update/1", json!({"must": null})).await.expect(400);
    for query in [filter(json!({"inner": "z"})), "sort=inner".to_owned()] {
        nocobase.admin.get(&format!("/api/things:list?{query}")).await.expect(403);
    }
    let bad = json!({"name": "bad", "type": "integer", "defaultValue": "three"});
    nocobase.admin.post("/api/collections/things/fields:create", bad).await.expect(400);
}

#[tokio::test]
async fn the_time_of_a_write_and_texts_without_blanks_are_kept_where_a_field_says_so() {
    let nocobase = with(json!([
        {"name": "first", "type": "date", "defaultToCurrentTime": true},
        {"name": "last", "type": "date", "onUpdateToCurrentTime": true},
        {"name": "local", "type": "datetimeNoTz", "defaultToCurrentTime": true},
        {"name": "seconds", "type": "unixTimestamp", "defaultToCurrentTime": true},
        {"name": "day", "type": "dateOnly", "defaultToCurrentTime": true},
        {"name": "neat", "type": "string", "trim": true},
        {"name": "plain", "type": "string"},
    ]))
    .await;
    let given = json!({"neat": "  x y ", "plain": "  x ", "local": null, "last": "2001-01-01T00:00:00Z"});
    let row = made(&nocobase, given).await;
    let now = row["createdAt"].as_str().unwrap();
    assert_eq!((&row["first"], &row["last"]), (&json!(now), &json!(now)));
    assert_eq!(row["local"], json!(now[..19].replace('T', " ")));
    assert_eq!((&row["seconds"], &row["day"]), (&json!(format!("{}.000Z", &now[..19])), &json!(null)));
    assert_eq!((&row["neat"], &row["plain"]), (&json!("x y"), &json!("  x ")));
    // A time that is given is kept, unless it is that of the last write.
    let old = "2001-01-01T00:00:00.000Z";
    assert_eq!(made(&nocobase, json!({"first": old})).await["first"], old);
    nocobase.world.clock.advance(5_000);
    let values = json!({"first": old, "last": old, "neat": " z"});
    let row = data(nocobase.admin.post("/api/things:update/1", values).await)[0].clone();
    assert_eq!((&row["first"], &row["neat"]), (&json!(old), &json!("z")));
    assert!(row["last"].as_str().unwrap() > now);
    // The option comes and goes with a change of the field.
    let path = "/api/collections/things/fields:update?filterByTk";
    let change = json!({"defaultToCurrentTime": false});
    nocobase.admin.post(&format!("{path}=first"), change).await.expect(200);
    nocobase.admin.post(&format!("{path}=plain"), json!({"trim": true})).await.expect(200);
    let row = made(&nocobase, json!({"plain": " p "})).await;
    assert_eq!((&row["first"], &row["plain"]), (&json!(null), &json!("p")));
    nocobase.admin.post(&format!("{path}=plain"), json!({"trim": "yes"})).await.expect(400);
}

#[tokio::test]
async fn lists_hold_what_clients_put_into_them_and_texts_take_plain_values() {
    let nocobase = with(json!([
        {"name": "list", "type": "array"},
        {"name": "set", "type": "set"},
        {"name": "text", "type": "string"},
        {"name": "at", "type": "time"},
    ]))
    .await;
    let list = json!([{"a": [1]}, ["b"], null, "c"]);
    let given = json!({"list": list, "set": ["b", "a", "b"], "text": true, "at": "3:04"});
    let row = made(&nocobase, given).await;
    assert_eq!(row["set"], json!(["b", "a"]), "in the order it was given");
    assert_eq!((&row["list"], &row["text"], &row["at"]), (&list, &json!("true"), &json!("03:04:00")));
    for (operand, rows) in [
        (json!({"$anyOf": ["c"]}), 1),
        (json!({"$anyOf": ["a", "b"]}), 0),
        (json!({"$match": ["c"]}), 0),
        (json!({"$notEmpty": true}), 1),
    ] {
        assert_eq!(found(&nocobase, json!({ "list": operand })).await, rows, "{operand}");
    }
}

#[tokio::test]
async fn values_that_must_be_there_are_named_all_at_once() {
    let must = |name: &str| json!({"name": name, "type": "string", "allowNull": false});
    let nocobase = with(json!([must("one"), must("two")])).await;
    let reply = nocobase.admin.post("/api/things:create", json!({})).await.expect(400);
    let errors = json!([{"message": "one is required"}, {"message": "two is required"}]);
    assert_eq!(reply.json()["errors"], errors);
}

#[tokio::test]
async fn a_moment_is_a_day_or_a_time_without_a_zone_where_one_is_kept() {
    let nocobase = Nocobase::new().await;
    let fields = json!([{"name": "day", "type": "dateOnly"}, {"name": "local", "type": "datetimeNoTz"}]);
    let things = json!({"name": "things", "fields": fields});
    nocobase.admin.post("/api/collections:create", things).await.expect(200);
    for at in ["2026-01-02T23:04:05.678Z", "2026-01-03T01:04:05+02:00"] {
        let made = data(nocobase.admin.post("/api/things:create", json!({"day": at, "local": at})).await);
        assert_eq!((&made["day"], &made["local"]), (&json!("2026-01-02"), &json!("2026-01-02 23:04:05")));
    }
    nocobase.admin.post("/api/things:create", json!({"day": "2026-13-01T00:00:00Z"})).await.expect(400);
}
