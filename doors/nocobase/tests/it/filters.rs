//! Every operator of the filter grammar, asked of real records.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, filter};

async fn notes() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let fields = json!([
        {"name": "title", "type": "string"},
        {"name": "n", "type": "integer"},
        {"name": "done", "type": "boolean"},
        {"name": "tags", "type": "array"},
        {"name": "at", "type": "date"},
        {"name": "day", "type": "dateOnly"},
        {"name": "local", "type": "datetimeNoTz"},
        {"name": "owner", "type": "belongsTo", "target": "users", "foreignKey": "ownerId"},
    ]);
    nocobase
        .admin
        .post("/api/collections:create", json!({"name": "notes", "fields": fields}))
        .await
        .expect(200);
    // The clock of the tests stands at noon of 2026-11-22.
    for row in [
        json!({"title": "Apple 10%", "n": 1, "done": true, "tags": ["red", "ripe"], "at": "2026-11-22T20:00:00Z",
            "day": "2026-11-22", "local": "2026-11-22 20:00:00", "ownerId": 1}),
        json!({"title": "apple_pie", "n": 2, "done": false, "tags": ["red"], "at": "2026-11-23T08:00:00Z",
            "day": "2026-11-23", "local": "2026-11-23 08:00:00"}),
        json!({"title": "", "n": 3, "tags": [], "at": "2025-01-01T00:00:00Z", "day": "2025-01-01", "local": "2025-01-01 00:00:00"}),
        json!({}),
    ] {
        nocobase.admin.post("/api/notes:create", row).await.expect(200);
    }
    nocobase
}

async fn ids(actor: &test_world::Actor, query: &str) -> String {
    let rows = data(actor.get(&format!("/api/notes:list?fields=id&{query}")).await);
    rows.as_array().unwrap().iter().map(|row| row["id"].to_string()).collect()
}

#[tokio::test]
async fn every_operator_finds_what_it_says() {
    let nocobase = notes().await;
    for (which, want) in [
        (json!({"title": "apple_pie"}), "2"),
        (json!({"title": null}), "4"),
        (json!({"n": [1, 3]}), "13"),
        (json!({"n.$eq": [1, 3]}), "13"),
        (json!({"n.$ne": 1}), "234"),
        (json!({"n.$ne": null}), "123"),
        (json!({"n.$ne": [1, 2]}), "34"),
        (json!({"n": {"$gt": 1, "$lte": 3}}), "23"),
        (json!({"n.$gte": "2"}), "23"),
        (json!({"n.$lt": 2}), "1"),
        (json!({"n.$between": [2, 3]}), "23"),
        (json!({"n.$in": 1}), "1"),
        (json!({"n.$notIn": [1]}), "234"),
        (json!({"title.$includes": "APPLE"}), "12"),
        (json!({"title.$includes": "10%"}), "1"),
        (json!({"title.$includes": "e_p"}), "2"),
        (json!({"title.$includes": ["10", "pie"]}), "12"),
        (json!({"title.$notIncludes": "pie"}), "13"),
        (json!({"title.$notIncludes": ["10", "pie"]}), "3"),
        (json!({"title.$includes": null}), "4"),
        (json!({"title.$startsWith": "app"}), "12"),
        (json!({"title.$notStartsWith": "app"}), "3"),
        (json!({"title.$endWith": "pie"}), "2"),
        (json!({"title.$endsWith": "%"}), "1"),
        (json!({"title.$notEndWith": "pie"}), "13"),
        (json!({"title.$notEndsWith": "pie"}), "13"),
        (json!({"title.$like": "%_pie"}), "2"),
        (json!({"title.$iLike": "APPLE%"}), "12"),
        (json!({"title.$notLike": "%pie%"}), "13"),
        (json!({"title.$empty": true}), "34"),
        (json!({"title.$notEmpty": true}), "12"),
        (json!({"tags.$empty": true}), "34"),
        (json!({"tags.$arrayEmpty": true}), "34"),
        (json!({"tags.$arrayNotEmpty": true}), "12"),
        (json!({"n.$empty": true}), "4"),
        (json!({"done.$isTruly": true}), "1"),
        (json!({"done.$isTruly": false}), "234"),
        (json!({"done.$isFalsy": true}), "234"),
        (json!({"done.$isFalsy": false}), "1"),
        (json!({"tags.$anyOf": ["ripe", "green"]}), "1"),
        (json!({"tags.$anyOf": "red"}), "12"),
        (json!({"tags.$noneOf": ["ripe"]}), "234"),
        (json!({"tags.$match": ["ripe", "red"]}), "1"),
        (json!({"tags.$notMatch": ["ripe", "red"]}), "23"),
        (json!({"n.$includes": "1"}), "1"),
        (json!({"n": {"$not": 1}}), "23"),
        (json!({"n": {"$not": [1, 2]}}), "3"),
        (json!({"n": {"$not": null}}), "123"),
        (json!({"$or": [{}, {"n": 1}]}), "1"),
        (json!({"n": {"$or": [1, 2]}}), "12"),
        (json!({"owner.$exists": true}), "1"),
        (json!({"owner.$exists": false}), "234"),
        (json!({"owner.$notExists": true}), "234"),
        (json!({"owner.username.$startsWith": "adm"}), "1"),
        (json!({"at.$dateOn": "2026-11-22"}), "1"),
        (json!({"at.$dateOn": "2026-11"}), "12"),
        (json!({"at.$dateNotOn": "2026"}), "3"),
        (json!({"at.$dateBefore": "2026-11-23"}), "13"),
        (json!({"at.$dateNotBefore": "2026-11-23"}), "2"),
        (json!({"at.$dateAfter": "2026-11-22"}), "2"),
        (json!({"at.$dateNotAfter": "2026-11-22"}), "13"),
        (json!({"at.$dateBetween": ["2025-01-01", "2026-11-22"]}), "13"),
        (json!({"day.$dateOn": "2026-11-22"}), "1"),
        (json!({"day.$dateBetween": ["2026-11-22", "2026-11-23"]}), "12"),
        (json!({"day.$dateBefore": "2026"}), "3"),
        (json!({"local.$dateOn": "2026-11-23"}), "2"),
        (json!({"local.$dateAfter": "2026-11-22"}), "2"),
        (json!({"at.$dateOn": "{{$nDate.today}}"}), "1"),
        (json!({"at.$dateOn": "{{ $nDate.tomorrow }}"}), "2"),
        (json!({"at.$dateOn": "{{$nDate.thisMonth}}"}), "12"),
        (json!({"day.$dateOn": "{{$nDate.thisWeek}}"}), "1"),
        (json!({"at.$dateBefore": "{{$nDate.now}}"}), "3"),
        (json!({"$and": [{"n.$gt": 1}, {"n.$lt": 3}]}), "2"),
        (json!({"$or": [{"n": 1}, {"title": null}]}), "14"),
        (json!({"$not": {"n": 1}}), "23"),
        (json!({"ownerId": "{{$user.id}}"}), "1"),
    ] {
        assert_eq!(ids(&nocobase.admin, &filter(which.clone())).await, want, "{which}");
    }
}

#[tokio::test]
async fn brackets_mean_what_json_means() {
    let nocobase = notes().await;
    for (query, want) in [
        ("filter[n]=2", "2"),
        ("filter[n][$in][]=1&filter[n][$in][]=3", "13"),
        ("filter[$or][0][n]=1&filter[$or][1][n]=2", "12"),
        ("filter[done][$isTruly]=false", "234"),
        ("filter[done]=true", "1"),
        ("filter[tags][$anyOf][]=ripe", "1"),
        ("filter[at][$dateOn]=2026-11-23", "2"),
        ("filter[owner][username]=admin", "1"),
        ("filter%5Bn%5D%5B%24gt%5D=2", "3"),
    ] {
        assert_eq!(ids(&nocobase.admin, query).await, want, "{query}");
    }
}

#[tokio::test]
async fn a_day_begins_where_the_caller_is() {
    let nocobase = notes().await;
    let eastern = nocobase.admin.header("x-timezone", "+08:00");
    let western = nocobase.admin.header("x-timezone", "-09:30");
    let on = |day: &str| filter(json!({"at.$dateOn": day}));
    assert_eq!(ids(&eastern, &on("2026-11-23")).await, "12");
    assert_eq!(ids(&western, &on("2026-11-22")).await, "12");
    // Dates without a zone are the same everywhere.
    assert_eq!(ids(&eastern, &filter(json!({"day.$dateOn": "2026-11-22"}))).await, "1");
    assert_eq!(ids(&eastern, &filter(json!({"local.$dateOn": "2026-11-22"}))).await, "1");
    // Noon in Greenwich is the same day eastwards, and so is what "tomorrow" means.
    assert_eq!(ids(&eastern, &filter(json!({"at.$dateOn": "{{$nDate.tomorrow}}"}))).await, "12");
}

#[tokio::test]
async fn what_an_operator_cannot_compare_is_refused() {
    let nocobase = notes().await;
    for which in [
        json!({"n.$wat": 1}),
        json!({"done.$includes": "1"}),
        json!({"title.$anyOf": ["a"]}),
        json!({"title.$isTruly": true}),
        json!({"n.$between": [1]}),
        json!({"n.$gt": null}),
        json!({"n": "many"}),
        json!({"at.$dateOn": "soon"}),
        json!({"at.$dateOn": "{{$nDate.someday}}"}),
        json!({"owner.$gt": 1}),
        json!({"nope": 1}),
        json!({"title.$like": "a%b"}),
    ] {
        let reply = nocobase.admin.get(&format!("/api/notes:list?{}", filter(which.clone()))).await;
        assert_eq!(error(&reply).0, 400, "{which} {}", reply.text());
    }
    let _: Value = data(nocobase.admin.get("/api/notes:list").await);
}

#[tokio::test]
async fn some_things_are_compared_otherwise_than_there() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let field = |name: &str, kind: &str| json!({"name": name, "type": kind});
    let fields = json!([
        field("s", "string"),
        field("b", "boolean"),
        field("tm", "time"),
        field("u", "unixTimestamp")
    ]);
    admin.post("/api/collections:create", json!({"name": "mixed", "fields": fields})).await.expect(200);
    for values in [
        json!({"s": "\u{e9}t\u{e9}", "b": true, "tm": "09:00:00", "u": "2026-01-01T00:00:00.000Z"}),
        json!({"s": "x", "b": false, "tm": "10:00:00", "u": "2027-01-01T00:00:00.000Z"}),
        json!({}),
    ] {
        admin.post("/api/mixed:create", values).await.expect(200);
    }
    for (query, want) in [
        ("filter[b]=true".to_owned(), vec![1]),
        ("filter[b]=false".to_owned(), vec![2]),
        (filter(json!({"s": {"$in": ["x", null]}})), vec![2, 3]),
        (filter(json!({"s": {"$includes": "\u{c9}"}})), vec![1]),
        (filter(json!({"tm": {"$gt": "9:30:00"}})), vec![2]),
        (filter(json!({"u": {"$gt": "2026-06-01T00:00:00.000Z"}})), vec![2]),
    ] {
        let rows = data(admin.get(&format!("/api/mixed:list?sort=id&{query}")).await);
        let ids: Vec<i64> = rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, want, "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_listed_or_summed_up_is_a_mistake() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    let labels = json!({"name": "labels", "type": "belongsToMany", "target": "todos"});
    admin.post("/api/collections/todos/fields:create", labels).await.expect(200);
    for query in ["page=abc", "pageSize=x", "sort=labels.title", "sort=nope"] {
        admin.get(&format!("/api/todos:list?{query}")).await.expect(400);
    }
    admin.post("/api/todos:firstOrCreate?filterKeys[]=nope", json!({"title": "q"})).await.expect(400);
    for body in [
        json!({}),
        json!({"dimensions": [{"field": ["nope"]}]}),
        json!({"measures": [{"field": ["nope"], "aggregation": "count"}]}),
    ] {
        admin.post("/api/todos:query", body).await.expect(400);
    }
}
