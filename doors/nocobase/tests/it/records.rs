//! Records: what is asked, what is answered, what is written.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, filter, post};

async fn kinds() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let fields: Vec<Value> = [
        ("title", "string"),
        ("note", "text"),
        ("n", "integer"),
        ("big", "bigInt"),
        ("price", "decimal"),
        ("f", "double"),
        ("done", "boolean"),
        ("at", "date"),
        ("local", "datetimeNoTz"),
        ("day", "dateOnly"),
        ("clock", "time"),
        ("j", "json"),
        ("tags", "array"),
        ("pw", "password"),
        ("u", "uuid"),
    ]
    .map(|(name, kind)| json!({"name": name, "type": kind}))
    .into();
    let code = json!({"name": "code", "type": "string", "unique": true, "uiSchema": {"title": "Code"}});
    let fields: Vec<Value> = fields.into_iter().chain([code]).collect();
    let values = json!({"name": "things", "fields": fields, "createdAt": true, "createdBy": true});
    nocobase.admin.post("/api/collections:create", values).await.expect(200);
    nocobase
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_the_dialect_writes_it() {
    let nocobase = kinds().await;
    let given = json!({
        "title": "a \"b\" ☃", "note": "x", "n": "5", "big": 9_007_199_254_740_991_i64, "price": "1.50", "f": 2.5, "done": "true",
        "at": "2026-01-02T03:04:05+01:00", "local": "2026-01-02 03:04:05", "day": "2026-01-02", "clock": "03:04:05",
        "j": {"a": [1, null]}, "tags": ["x", "y"], "pw": "never shown", "u": "0193a0b0-0000-7000-8000-000000000001", "zzz": 1,
    });
    let made = nocobase.admin.post("/api/things:create", given).await.expect(200);
    assert!(!made.text().contains("never shown"));
    let row = data(nocobase.admin.get("/api/things:get/1").await);
    assert_eq!(row["title"], "a \"b\" ☃");
    assert_eq!(
        (&row["n"], &row["big"], &row["f"], &row["done"]),
        (&json!(5), &json!(9_007_199_254_740_991_i64), &json!(2.5), &json!(true))
    );
    assert_eq!(
        (&row["at"], &row["local"]),
        (&json!("2026-01-02T02:04:05.000Z"), &json!("2026-01-02 03:04:05"))
    );
    assert_eq!(
        (&row["day"], &row["clock"], &row["j"], &row["tags"]),
        (&json!("2026-01-02"), &json!("03:04:05"), &json!({"a": [1, null]}), &json!(["x", "y"]))
    );
    assert_eq!((&row["createdAt"], &row["createdById"]), (&json!("2026-11-22T12:00:00.000Z"), &json!(1)));
    assert!(row.get("pw").is_none() && row.get("zzz").is_none());
    assert!(data(nocobase.admin.get("/api/things:get/1?fields=pw,id").await).get("pw").is_none());
}

#[tokio::test]
async fn a_create_answers_what_was_set_and_a_get_everything() {
    let nocobase = kinds().await;
    let made = data(nocobase.admin.post("/api/things:create", json!({"title": "a"})).await);
    let names: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["id", "title", "u", "createdAt", "createdById"]);
    assert_eq!(data(nocobase.admin.get("/api/things:get/1").await)["note"], json!(null));
    let many = data(nocobase.admin.post("/api/things:create", json!([{"title": "b"}, {"title": "c"}])).await);
    assert_eq!((many.as_array().unwrap().len(), &many[1]["id"]), (2, &json!(3)));
}

#[tokio::test]
async fn many_are_created_together_or_not_at_all() {
    let nocobase = kinds().await;
    nocobase.admin.post("/api/things:create", json!([{"title": "a"}, {"n": "no number"}])).await.expect(400);
    nocobase.admin.post("/api/things:create", json!([{"code": "x"}, {"code": "x"}])).await.expect(400);
    assert_eq!(nocobase.admin.get("/api/things:list").await.json()["meta"]["count"], 0);
}

#[tokio::test]
async fn lists_are_filtered_sorted_paged_and_trimmed() {
    let nocobase = kinds().await;
    let rows: Vec<Value> =
        (1..=5).map(|n| json!({"title": format!("t{n}"), "n": n, "done": n % 2 == 0})).collect();
    nocobase.admin.post("/api/things:create", json!(rows)).await.expect(200);
    let ids = |reply: test_world::Reply| -> Vec<i64> {
        data(reply).as_array().unwrap().iter().map(|r| r["id"].as_i64().unwrap()).collect()
    };
    for (query, want) in [
        (filter(json!({"n.$gte": 2, "n.$lt": 4})), vec![2, 3]),
        (filter(json!({"title": {"$includes": "T1"}})), vec![1]),
        (filter(json!({"$or": [{"n": 1}, {"n": 5}]})), vec![1, 5]),
        (filter(json!({"done.$isTruly": true})), vec![2, 4]),
        (filter(json!({"createdById": "{{ $user.id }}"})), vec![1, 2, 3, 4, 5]),
        (filter(json!({"createdAt.$dateOn": "2026-11-22"})), vec![1, 2, 3, 4, 5]),
        (filter(json!({"createdAt.$dateBefore": "2026-11-22"})), vec![]),
        (filter(json!({"title.$includes": "%"})), vec![]),
        ("filter[n][$gt]=3&filter[done]=false".into(), vec![5]),
        ("filter[$or][0][n]=1&filter[$or][1][n]=2".into(), vec![1, 2]),
        ("filter[n][$in][]=1&filter[n][$in][]=2".into(), vec![1, 2]),
        ("sort=-n&pageSize=2&page=2".into(), vec![3, 2]),
        ("sort%5B%5D=done&sort%5B%5D=-n".into(), vec![5, 3, 1, 4, 2]),
        ("paginate=false".into(), vec![1, 2, 3, 4, 5]),
        ("page=99".into(), vec![]),
    ] {
        assert_eq!(ids(nocobase.admin.get(&format!("/api/things:list?{query}")).await), want, "{query}");
    }
    let meta = nocobase.admin.get("/api/things:list?pageSize=2").await.json()["meta"].clone();
    assert_eq!(meta, json!({"count": 5, "page": 1, "pageSize": 2, "totalPage": 3}));
    assert!(nocobase.admin.get("/api/things:list?paginate=false").await.json().get("meta").is_none());
    assert_eq!(nocobase.admin.get("/api/things:list?pageSize=99999").await.json()["meta"]["pageSize"], 1_000);
    assert_eq!(
        data(nocobase.admin.get("/api/things:list?fields=title&pageSize=1").await),
        json!([{"title": "t1"}])
    );
    assert_eq!(
        data(nocobase.admin.get("/api/things:get/1?except=title&fields=id,title").await),
        json!({"id": 1, "title": "t1"}),
        "what is named is answered"
    );
    // Anybody may also post a question.
    assert_eq!(ids(post(&nocobase.admin, "/api/things:list?pageSize=1").await), [1]);
}

#[tokio::test]
async fn a_change_without_a_target_changes_nothing() {
    let nocobase = kinds().await;
    nocobase.admin.post("/api/things:create", json!({"title": "a"})).await.expect(200);
    for query in ["", "?filter={}", "?filter=%7B%22$and%22:[]%7D", "?filterByTk[]"] {
        let path = format!("/api/things:update{query}");
        nocobase.admin.post(&path, json!({"title": "x"})).await.expect(400);
        post(&nocobase.admin, &format!("/api/things:destroy{query}")).await.expect(400);
    }
    let path = "/api/things:update";
    let message = "to do update action, filter or filterByTk is required";
    assert_eq!(
        error(&nocobase.admin.post(path, json!({"title": "x"})).await),
        (400, String::new(), message.into())
    );
    assert_eq!(data(nocobase.admin.get("/api/things:get/1").await)["title"], "a");
}

#[tokio::test]
async fn changes_reach_the_named_records_and_no_others() {
    let nocobase = kinds().await;
    nocobase.admin.post("/api/things:create", json!([{"n": 1}, {"n": 2}, {"n": 3}])).await.expect(200);
    let changed = data(
        nocobase
            .admin
            .post("/api/things:update?filter[n][$gt]=1&whitelist=title", json!({"title": "x", "n": 9}))
            .await,
    );
    assert_eq!(changed.as_array().unwrap().len(), 2);
    assert_eq!(changed[0]["n"], 2, "not on the whitelist");
    assert_eq!(
        data(nocobase.admin.post("/api/things:update?filterByTk=99", json!({"n": 1})).await),
        json!([])
    );
    assert_eq!(
        data(
            nocobase
                .admin
                .call(Method::DELETE, "/api/things:destroy?filterByTk[]=2&filterByTk[]=99", None)
                .await
        ),
        json!(1)
    );
    assert_eq!(data(post(&nocobase.admin, "/api/things:destroy/99").await), json!(0));
    assert_eq!(nocobase.admin.get("/api/things:list").await.json()["meta"]["count"], 2);
}

#[tokio::test]
async fn a_record_is_found_or_made_by_its_keys() {
    let nocobase = kinds().await;
    let path = "/api/things:firstOrCreate?filterKeys[]=title";
    let first = data(nocobase.admin.post(path, json!({"title": "a", "n": 1})).await);
    assert_eq!(data(nocobase.admin.post(path, json!({"title": "a", "n": 2})).await)["n"], 1);
    let updated = data(
        nocobase
            .admin
            .post("/api/things:updateOrCreate?filterKeys[]=title", json!({"title": "a", "n": 3}))
            .await,
    );
    // One that was there is answered as by update: in a list, with every field. A new one as by create.
    assert_eq!((&updated[0]["id"], &updated[0]["n"]), (&first["id"], &json!(3)));
    assert_eq!(updated.as_array().map(Vec::len), Some(1));
    let path = "/api/things:updateOrCreate?filterKeys[]=title";
    let made = data(nocobase.admin.post(path, json!({"title": "new"})).await);
    assert_eq!((&made["title"], made.get("n")), (&json!("new"), None));
    nocobase.admin.post("/api/things:firstOrCreate", json!({"title": "a"})).await.expect(400);
}

#[tokio::test]
async fn taken_values_and_ids_are_refused_by_name() {
    let nocobase = kinds().await;
    nocobase.admin.post("/api/things:create", json!({"code": "c", "id": 7})).await.expect(200);
    let code = nocobase.admin.post("/api/things:create", json!({"code": "c"})).await;
    assert_eq!(error(&code), (400, String::new(), "Code already exists".into()));
    nocobase.admin.post("/api/things:create", json!({"id": 7})).await.expect(400);
    let wrong = nocobase.admin.post("/api/things:create", json!({"n": "many"})).await;
    assert_eq!(error(&wrong).2, "things: n must be an integer of at most 64 bits");
}

#[tokio::test]
async fn hidden_fields_cannot_be_asked_about_by_anybody() {
    let nocobase = kinds().await;
    nocobase.admin.post("/api/things:create", json!({"pw": "secret password"})).await.expect(200);
    for query in
        [filter(json!({"pw.$startsWith": "$"})), filter(json!({"$not": {"pw": "x"}})), "sort=pw".into()]
    {
        nocobase.admin.get(&format!("/api/things:list?{query}")).await.expect(403);
    }
}

#[tokio::test]
async fn rules_of_a_field_are_kept_and_said_by_name() {
    let nocobase = Nocobase::new().await;
    let rule = |name: &str, args: Value| json!({"type": "any", "rules": [{"name": name, "args": args}]});
    let values = json!({"name": "people", "title": "People", "fields": [
        {"name": "mail", "type": "string", "uiSchema": {"title": "Mail"}, "validation": rule("email", json!(null))},
        {"name": "age", "type": "integer", "validation": rule("min", json!({"limit": 18}))},
        {"name": "code", "type": "string", "validation": rule("max", json!({"limit": 3}))},
        {"name": "nano", "type": "nanoid", "size": 10},
        {"name": "uid", "type": "uid", "prefix": "p_"},
        {"name": "uuid", "type": "uuid"},
    ]});
    nocobase.admin.post("/api/collections:create", values).await.expect(200);
    let wrong = json!({"mail": "nobody", "age": "7", "code": "abcd"});
    let reply = nocobase.admin.post("/api/people:create", wrong.clone()).await;
    let messages: Vec<String> = reply.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        messages,
        [
            "People: Mail must be a valid email",
            "People: age must be greater than or equal to 18",
            "People: code must be at most 3 characters long",
        ]
    );
    let made = data(nocobase.admin.post("/api/people:create", json!({"mail": "a@b.c", "age": 18})).await);
    assert_eq!(made["nano"].as_str().unwrap().len(), 10);
    assert!(made["uid"].as_str().unwrap().starts_with("p_"));
    assert_eq!(made["uuid"].as_str().unwrap().len(), 36);
    nocobase.admin.post("/api/people:update?filterByTk=1", wrong).await.expect(400);
    nocobase
        .admin
        .post("/api/people:updateOrCreate?filterKeys[]=mail", json!({"mail": "x"}))
        .await
        .expect(400);
    let kept = data(nocobase.admin.post("/api/people:create", json!({"uid": "mine", "nano": "n"})).await);
    assert_eq!((&kept["uid"], &kept["nano"]), (&json!("mine"), &json!("n")));
}

#[tokio::test]
async fn an_answer_without_pages_is_whole_or_refused_and_never_cut() {
    let nocobase = kinds().await;
    for _ in 0..2 {
        let rows: Vec<Value> = (0..700).map(|n| json!({"n": n})).collect();
        nocobase.admin.post("/api/things:create", json!(rows)).await.expect(200);
    }
    let path = "/api/things:list?paginate=false&fields=id";
    assert_eq!(data(nocobase.admin.get(path).await).as_array().unwrap().len(), 1_400);
    let small = crate::world::door(&nocobase.world, |settings| settings.unpaged_rows_max = 1_399);
    let admin = crate::world::signed_in(&nocobase.world.nobody(small), "admin").await;
    let (status, _, message) = error(&admin.get(path).await);
    assert_eq!(
        (status, message.as_str()),
        (400, "there are more than 1399 records; ask for them page by page")
    );
}
