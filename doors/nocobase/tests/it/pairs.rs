//! Rows of tables of pairs: shown with what they lead to, filled by writes, and never more than their rights allow.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, filter};

/// Tasks with tags: once by plain pairs, once by a collection of pairs with a note and a hidden field.
async fn house() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let make = |values: Value| async move { admin.post("/api/collections:create", values).await.expect(200) };
    let text = |name: &str| json!({"name": name, "type": "string"});
    make(json!({"name": "tags", "fields": [text("name"), text("color")]})).await;
    make(json!({"name": "marks", "createdBy": true, "fields": [text("note"),
        {"name": "secret", "type": "string", "hidden": true}]}))
    .await;
    let link = |name: &str, through: &str| {
        json!({"name": name, "type": "belongsToMany", "target": "tags", "through": through,
            "foreignKey": "taskId", "otherKey": "tagId"})
    };
    let fields = json!([text("title"), link("tags", "tasksTags"), link("marked", "marks")]);
    make(json!({"name": "tasks", "fields": fields})).await;
    for name in ["a", "b", "c"] {
        admin.post("/api/tags:create", json!({"name": name, "color": "red"})).await.expect(200);
    }
    nocobase
}

/// The pairs of `marks`, in their order: task, tag and note.
async fn marks(nocobase: &Nocobase) -> Vec<(i64, i64, Value)> {
    let rows = data(nocobase.admin.get("/api/marks:list?sort=taskId,tagId").await);
    let one = |row: &Value| {
        let key = |name: &str| row[name].as_i64().unwrap();
        (key("taskId"), key("tagId"), row["note"].clone())
    };
    rows.as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn linked_records_carry_the_row_that_pairs_them() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    let marked =
        json!([{"id": 1, "marks": {"note": "x", "secret": "s"}}, 2, {"name": "new", "marks": {"note": "m"}}]);
    let made = admin.post("/api/tasks:create", json!({"title": "t", "tags": [1], "marked": marked})).await;
    assert!(data(made)["marked"][0].get("marks").is_none(), "a write answers none");
    let row = data(admin.get("/api/tasks:get/1?appends=tags,marked").await);
    assert_eq!(
        row["tags"][0],
        json!({"id": 1, "name": "a", "color": "red", "tasksTags": {"id": 1, "taskId": 1, "tagId": 1}})
    );
    let pair = &row["marked"][0]["marks"];
    assert_eq!((&pair["note"], &pair["taskId"], &pair["tagId"]), (&json!("x"), &json!(1), &json!(1)));
    assert!(pair.get("secret").is_none() && pair["createdById"] == 1, "{pair}");
    let notes = |rows: &Value| {
        rows.as_array().unwrap().iter().map(|r| r["marks"]["note"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(notes(&row["marked"]), [json!("x"), json!(null), json!("m")]);
    let behind = data(admin.get("/api/tasks/1/marked:list?sort=id").await);
    assert_eq!(notes(&behind), [json!("x"), json!(null), json!("m")]);
    assert_eq!(data(admin.get("/api/tasks/1/marked:get/1").await)["marks"]["note"], "x");
    // The same tag, on another way, has another pair.
    admin
        .post("/api/tasks:create", json!({"title": "u", "marked": [{"id": 1, "marks": {"note": "y"}}]}))
        .await
        .expect(200);
    let rows = data(admin.get("/api/tasks:list?appends=marked&sort=id").await);
    assert_eq!(
        (&rows[0]["marked"][0]["marks"]["note"], &rows[1]["marked"][0]["marks"]["note"]),
        (&json!("x"), &json!("y"))
    );
    // Of a part the pair is none.
    for path in ["tasks:get/1?fields=marked.name", "tasks:get/1?appends=marked.name&fields=id"] {
        let part = data(admin.get(&format!("/api/{path}")).await);
        assert_eq!(part["marked"][0], json!({"name": "a"}), "{path}");
    }
    assert_eq!(
        data(admin.get("/api/tasks/1/marked:list?fields=name&sort=id").await)[0],
        json!({"name": "a"})
    );
}

#[tokio::test]
async fn pairs_are_filled_and_changed_by_every_way_of_writing_the_association() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    admin.post("/api/tasks:create", json!({"title": "t"})).await.expect(200);
    let note = |text: &str| json!(text);
    for (path, body, want) in [
        ("tasks/1/marked:add", json!([[1, {"note": "a"}], 2]), vec![(1, 1, note("a")), (1, 2, json!(null))]),
        (
            "tasks/1/marked:add",
            json!([{"id": 2, "marks": {"note": "b"}}]),
            vec![(1, 1, note("a")), (1, 2, note("b"))],
        ),
        ("tasks/1/marked:add", json!([1]), vec![(1, 1, note("a")), (1, 2, note("b"))]),
        ("tasks/1/marked:set", json!([[2, {"note": "c"}], 3]), vec![(1, 2, note("c")), (1, 3, json!(null))]),
        ("tasks/1/marked:toggle", json!([[1, {"note": "d"}], 3]), vec![(1, 1, note("d")), (1, 2, note("c"))]),
        (
            "tasks:update?filterByTk=1",
            json!({"marked": [{"id": 1, "marks": {"note": "e", "taskId": 7, "tagId": 8, "id": 9}}]}),
            vec![(1, 1, note("e"))],
        ),
        ("tasks/1/marked:update?filterByTk=1", json!({"marks": {"note": "f"}}), vec![(1, 1, note("f"))]),
        ("tasks/1/marked:update?filterByTk=2", json!({"marks": {"note": "g"}}), vec![(1, 1, note("f"))]),
        (
            "tasks/1/marked:create",
            json!({"name": "new", "marks": {"note": "h"}}),
            vec![(1, 1, note("f")), (1, 4, note("h"))],
        ),
        (
            "tasks/1/marked:updateOrCreate?filterKeys=name",
            json!({"name": "newer", "marks": {"note": "i"}}),
            vec![(1, 1, note("f")), (1, 4, note("h")), (1, 5, note("i"))],
        ),
        (
            "tasks/1/marked:updateOrCreate?filterKeys=name",
            json!({"name": "newer", "marks": {"note": "k"}}),
            vec![(1, 1, note("f")), (1, 4, note("h")), (1, 5, note("k"))],
        ),
        (
            "tasks/1/marked:firstOrCreate?filterKeys=name",
            json!({"name": "newer", "marks": {"note": "l"}}),
            vec![(1, 1, note("f")), (1, 4, note("h")), (1, 5, note("k"))],
        ),
        ("tasks/1/marked:remove", json!([[4, {"note": "z"}], 5]), vec![(1, 1, note("f"))]),
    ] {
        admin.post(&format!("/api/{path}"), body.clone()).await.expect(200);
        assert_eq!(marks(&nocobase).await, want, "{path} {body}");
    }
    let changed = data(
        admin
            .post("/api/tasks/1/marked:update?filterByTk=1", json!({"name": "A", "marks": {"note": "j"}}))
            .await,
    );
    assert_eq!((&changed[0]["name"], &changed[0]["marks"]["note"]), (&json!("A"), &json!("j")));
    // What is not there, or the server's, is left out as in any change.
    let more = json!({"name": "A", "nope": 1, "id": 9, "marks": {"note": "j", "nope": 1, "createdById": 9}});
    admin.post("/api/tasks/1/marked:update?filterByTk=1", more).await.expect(200);
    // A value that cannot be: nothing of the call is written.
    for (path, body) in [
        ("tasks/1/marked:update?filterByTk=1", json!({"name": "B", "marks": {"note": {"no": "text"}}})),
        ("tasks:update?filterByTk=1", json!({"title": "B", "marked": [{"id": 1, "marks": {"note": [1]}}]})),
        ("tasks/1/marked:add", json!([2, [3, {"note": {"a": 1}}]])),
        ("tasks/1/marked:add", json!([[1, 2]])),
        ("tasks/1/marked:add", json!([[1, {"note": "x"}, 3]])),
    ] {
        admin.post(&format!("/api/{path}"), body.clone()).await.expect(400);
        assert_eq!(marks(&nocobase).await, [(1, 1, note("j"))], "{path} {body}");
    }
    assert_eq!(data(admin.get("/api/tags:get/1").await)["name"], "A");
    assert_eq!(data(admin.get("/api/tasks:get/1").await)["title"], "t");
}

#[tokio::test]
async fn to_fill_a_pair_takes_the_association_and_to_see_it_the_rights_of_its_own_collection() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    let marked = json!([{"id": 1, "marks": {"note": "x"}}, {"id": 2, "marks": {"note": "y"}}]);
    admin.post("/api/tasks:create", json!({"title": "t", "marked": marked, "tags": [1]})).await.expect(200);
    let action = |name: &str, fields: Value| json!({"name": name, "fields": fields});
    let both = json!(["title", "marked", "tags"]);
    let base = vec![
        json!({"name": "tasks", "actions": [action("view", both.clone()), action("update", both)]}),
        json!({"name": "tags", "actions": [action("view", json!(["name"]))]}),
    ];
    let somebody = nocobase.person("some", json!(base)).await;
    let seen = async || {
        let along = data(somebody.get("/api/tasks:get/1?appends=marked,tags").await);
        let behind = data(somebody.get("/api/tasks/1/marked:list?sort=id").await);
        assert_eq!(along["marked"], behind);
        assert_eq!(along["tags"][0]["tasksTags"], json!({"id": 1, "taskId": 1, "tagId": 1}));
        along["marked"].clone()
    };
    assert!(seen().await[0].get("marks").is_none(), "it may not see marks");
    // Neither asked about, nor named in part.
    somebody.get("/api/marks:list").await.expect(403);
    let asked = format!("/api/tasks:list?{}", filter(json!({"marked.marks.note": "x"})));
    somebody.get(&asked).await.expect(400);
    // But filled by whoever may write the association.
    let answer =
        somebody.post("/api/tasks/1/marked:update?filterByTk=1", json!({"marks": {"note": "mine"}})).await;
    answer.expect(403);
    somebody
        .post("/api/tasks/1/marked:add", json!([[1, {"note": "mine", "createdById": 99}]]))
        .await
        .expect(200);
    assert_eq!(marks(&nocobase).await[0], (1, 1, json!("mine")));
    assert_eq!(data(admin.get("/api/marks:list?sort=tagId").await)[0]["createdById"], 1);
    let scoped = json!({"name": "marks", "actions": [{"name": "view", "fields": ["note"], "scope": {"scope": {"note": "y"}}}]});
    let all: Vec<Value> = base.iter().cloned().chain([scoped]).collect();
    nocobase.permit("some", json!(all)).await;
    let rows = seen().await;
    assert!(rows[0].get("marks").is_none(), "outside of its scope");
    let pair = &rows[1]["marks"];
    assert!(pair["note"] == "y" && pair.get("taskId").is_none() && pair.get("tagId").is_none(), "{pair}");
    // Who may not write the association writes no pair.
    let titles = json!({"name": "tasks", "actions": [action("view", json!(["title", "marked"])), action("update", json!(["title"]))]});
    nocobase.permit("some", json!([titles])).await;
    somebody.post("/api/tasks/1/marked:add", json!([[2, {"note": "no"}]])).await.expect(403);
    let values = json!({"title": "b", "marked": [{"id": 2, "marks": {"note": "no"}}]});
    somebody.post("/api/tasks:update?filterByTk=1", values).await.expect(200);
    assert_eq!(marks(&nocobase).await, [(1, 1, json!("mine")), (1, 2, json!("y"))]);
}

#[tokio::test]
async fn a_pair_tells_no_key_that_may_not_be_read_where_it_is() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    let codes = json!({"name": "codes", "fields": [{"name": "code", "type": "string"}, {"name": "name", "type": "string"}]});
    admin.post("/api/collections:create", codes).await.expect(200);
    admin.post("/api/codes:create", json!({"code": "secret", "name": "n"})).await.expect(200);
    let link = json!({"name": "codes", "type": "belongsToMany", "target": "codes", "through": "taskCodes",
        "foreignKey": "taskId", "otherKey": "code", "targetKey": "code"});
    admin.post("/api/collections/tasks/fields:create", link).await.expect(200);
    admin.post("/api/tasks:create", json!({"title": "t", "codes": ["secret"]})).await.expect(200);
    assert_eq!(
        data(admin.get("/api/tasks:get/1?appends=codes").await)["codes"][0]["taskCodes"]["code"],
        "secret"
    );
    let view =
        |name: &str, fields: Value| json!({"name": name, "actions": [{"name": "view", "fields": fields}]});
    let resources = json!([view("tasks", json!(["title", "codes"])), view("codes", json!(["name"]))]);
    let somebody = nocobase.person("some", resources).await;
    for path in ["tasks:get/1?appends=codes", "tasks/1/codes:list"] {
        let told = somebody.get(&format!("/api/{path}")).await.expect(200).json().to_string();
        assert!(told.contains("\"name\":\"n\"") && !told.contains("secret"), "{path}: {told}");
    }
}
