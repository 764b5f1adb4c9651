//! What the original answers to the same request, and clients may rely on.

use serde_json::{Value, json};
use test_world::Actor;

use crate::world::{Nocobase, data, error, filter, post};

fn text(name: &str) -> Value {
    json!({"name": name, "type": "string"})
}

async fn collection(admin: &Actor, name: &str, fields: Value) {
    let values = json!({"name": name, "fields": fields, "createdBy": true});
    admin.post("/api/collections:create", values).await.expect(200);
}

fn column(rows: &Value, name: &str) -> Vec<Value> {
    rows.as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}

#[tokio::test]
async fn rows_without_a_value_come_last_upwards_and_downwards() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    collection(admin, "boxes", json!([text("title")])).await;
    let box_ = json!({"name": "box", "type": "belongsTo", "target": "boxes"});
    collection(admin, "things", json!([text("title"), {"name": "n", "type": "integer"}, box_])).await;
    admin.post("/api/boxes:create", json!([{"title": "a"}, {}])).await.expect(200);
    for (n, in_box) in [(json!(2), 2), (json!(null), 1), (json!(1), 1), (json!(null), 2)] {
        let things = json!({"n": n, "box": in_box});
        admin.post("/api/things:create", things).await.expect(200);
    }
    for (sort, ids) in [("n", [3, 1, 2, 4]), ("-n", [1, 3, 2, 4]), ("-n,-id", [1, 3, 4, 2])] {
        let mut seen = column(&data(admin.get(&format!("/api/things:list?sort={sort}")).await), "id");
        assert_eq!(seen, ids.map(Value::from), "{sort}");
        // Pages hang together: equal rows are told apart by their keys.
        for page in 1..=4 {
            let path = format!("/api/things:list?sort={sort}&pageSize=1&page={page}");
            assert_eq!(column(&data(admin.get(&path).await), "id"), [seen.remove(0)], "{sort} {page}");
        }
    }
    // By a value behind an association, too.
    for (sort, ids) in ["box.title", "-box.title"].map(|sort| (sort, [2, 3, 1, 4])) {
        let rows = data(admin.get(&format!("/api/things:list?sort={sort}")).await);
        assert_eq!(column(&rows, "id"), ids.map(Value::from), "{sort}");
    }
    assert_eq!(data(admin.get("/api/things:get?sort=n").await)["id"], 3);
}

#[tokio::test]
async fn what_holds_the_key_of_a_deleted_record_loses_it_or_goes_with_it_as_the_association_says() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let up = |on: &str| json!({"name": "project", "type": "belongsTo", "target": "projects", "onDelete": on});
    let down = |name: &str, kind: &str, target: &str, on: &str| json!({"name": name, "type": kind, "target": target, "foreignKey": "projectId", "onDelete": on});
    collection(admin, "projects", json!([text("title")])).await;
    collection(admin, "tasks", json!([text("title"), up("SET NULL")])).await;
    collection(
        admin,
        "steps",
        json!([text("title"), {"name": "task", "type": "belongsTo", "target": "tasks"}]),
    )
    .await;
    collection(admin, "bills", json!([text("title"), up("restrict")])).await;
    collection(admin, "briefs", json!([text("title"), {"name": "projectId", "type": "bigInt"}])).await;
    collection(admin, "notes", json!([text("title"), up("NO ACTION")])).await;
    let labels =
        json!({"name": "labels", "type": "belongsToMany", "target": "labels", "through": "projectLabels"});
    collection(admin, "labels", json!([text("title")])).await;
    for field in [down("briefs", "hasOne", "briefs", "CASCADE"), labels] {
        admin.post("/api/collections/projects/fields:create", field).await.expect(200);
    }
    admin.post("/api/labels:create", json!([{"title": "a"}, {"title": "b"}])).await.expect(200);
    let projects = json!([{"title": "a", "labels": [1, 2]}, {"title": "b", "labels": [2]}]);
    admin.post("/api/projects:create", projects).await.expect(200);
    for name in ["tasks", "briefs", "notes"] {
        let rows = json!([{"projectId": 1}, {"projectId": 2}]);
        admin.post(&format!("/api/{name}:create"), rows).await.expect(200);
    }
    admin.post("/api/bills:create", json!({"projectId": 2})).await.expect(200);
    let keys = async |name: &str, key: &str| {
        column(&data(admin.get(&format!("/api/{name}:list?sort=id")).await), key)
    };
    // Nothing of it happens where one of them must not lose its key.
    let refused = error(&post(admin, "/api/projects:destroy?filterByTk=2").await);
    assert_eq!((refused.0, refused.2.as_str()), (400, "records of bills are linked with it"));
    assert_eq!(keys("briefs", "projectId").await, [json!(1), json!(2)]);
    assert_eq!(keys("tasks", "projectId").await, [json!(1), json!(2)]);
    assert_eq!(data(post(admin, "/api/projects:destroy?filterByTk=1").await), 1);
    assert_eq!(keys("tasks", "projectId").await, [json!(null), json!(2)]);
    assert_eq!(keys("briefs", "projectId").await, [json!(2)]);
    assert_eq!(keys("notes", "projectId").await, [json!(1), json!(2)]);
    // Pairs go with either of the two.
    assert_eq!(keys("projectLabels", "projectsId").await, [json!(2)]);
    assert_eq!(data(post(admin, "/api/labels:destroy?filterByTk=2").await), 1);
    assert_eq!(keys("projectLabels", "projectsId").await, Vec::<Value>::new());
    // What the association says can be changed.
    let path = "/api/collections/bills/fields:update?filterByTk=project";
    admin.post(path, json!({"onDelete": "CASCADE"})).await.expect(200);
    assert_eq!(data(post(admin, "/api/projects:destroy?filterByTk=2").await), 1);
    assert_eq!(keys("bills", "id").await, Vec::<Value>::new());
    admin.post(path, json!({"onDelete": "EXPLODE"})).await.expect(400);
}

#[tokio::test]
async fn a_branch_goes_with_its_root_and_rights_are_asked_of_what_is_named() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let tree = json!([text("title"),
        {"name": "parent", "type": "belongsTo", "target": "nodes", "foreignKey": "parentId"},
        {"name": "children", "type": "hasMany", "target": "nodes", "foreignKey": "parentId", "onDelete": "CASCADE"}]);
    collection(admin, "nodes", tree).await;
    let rows = json!([{}, {"parentId": 1}, {"parentId": 2}, {"parentId": 3}, {}, {"parentId": 5}]);
    admin.post("/api/nodes:create", rows).await.expect(200);
    // In a circle as well: 5 and 6 hold each other.
    admin.post("/api/nodes:update?filterByTk=5", json!({"parentId": 6})).await.expect(200);
    assert_eq!(data(post(admin, "/api/nodes:destroy?filterByTk=5").await), 1);
    assert_eq!(column(&data(admin.get("/api/nodes:list").await), "id"), [1, 2, 3, 4].map(Value::from));
    // A cascade is the schema's: whoever may delete the root deletes the branch, and nobody else does.
    nocobase.role("pruners", json!({})).await;
    let own = json!({"resources": [{"name": "nodes", "actions": [{"name": "view"}, {"name": "destroy", "scope": {"scope": {"parentId.$empty": true}}}]}]});
    admin.post("/api/roles:applyDataPermissions?filterByTk=pruners", own).await.expect(200);
    let (_, pruner) = nocobase.user("pruner", &["pruners"]).await;
    post(&pruner, "/api/nodes:destroy?filterByTk=2").await.expect(403);
    assert_eq!(data(post(&pruner, "/api/nodes:destroy?filterByTk=1").await), 1);
    assert_eq!(data(admin.get("/api/nodes:list").await), json!([]));
}

#[tokio::test]
async fn a_field_with_a_default_that_must_not_be_null_may_be_left_out_and_not_be_null() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let field = json!({"name": "req", "type": "string", "allowNull": false, "defaultValue": "dd"});
    collection(admin, "things", json!([field])).await;
    assert_eq!(data(admin.post("/api/things:create", json!({})).await)["req"], "dd");
    admin.post("/api/things:create", json!({"req": null})).await.expect(400);
    admin.post("/api/things:update?filterByTk=1", json!({"req": null})).await.expect(400);
    assert_eq!(column(&data(admin.get("/api/things:list").await), "req"), [json!("dd")]);
}

#[tokio::test]
async fn ids_given_by_clients_are_numbers_json_can_write_and_leave_room_for_more() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    collection(admin, "things", json!([text("title")])).await;
    for id in ["9223372036854775807", "9007199254740992", "1152921504606846976", "0", "-5"] {
        for id in [json!(id), json!(id.parse::<i64>().unwrap())] {
            let reply = admin.post("/api/things:create", json!({"id": id})).await;
            assert_eq!(reply.code(), 400, "{id}: {}", reply.text());
        }
    }
    assert_eq!(data(admin.post("/api/things:create", json!({"id": "41"})).await)["id"], 41);
    let last = 9_007_199_254_740_991_i64;
    assert_eq!(data(admin.post("/api/things:create", json!([{}, {"id": last}])).await)[1]["id"], last);
}

#[tokio::test]
async fn a_get_of_nobody_in_particular_is_the_first_and_a_key_that_cannot_be_one_is_nobodys() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    assert_eq!(data(admin.get("/api/todos:get").await)["title"], "eat food");
    assert_eq!(data(admin.get("/api/todos:get?sort=-id").await)["title"], "play games");
    assert_eq!(data(admin.get("/api/todos:get?filterByTk=abc").await), json!(null));
    assert_eq!(data(admin.post("/api/todos:update?filterByTk=abc", json!({"title": "x"})).await), json!([]));
    assert_eq!(data(post(admin, "/api/todos:destroy?filterByTk=abc").await), 0);
    // Keys may come as JSON, conditions as PHP writes none.
    assert_eq!(data(admin.get("/api/todos:get?filterByTk=%5B%222%22%5D").await)["id"], 2);
    assert_eq!(data(post(admin, "/api/todos:destroy?filterByTk=%5B2,3,99%5D").await), 2);
    assert_eq!(data(admin.get("/api/todos:list?filter=%5B%5D").await).as_array().unwrap().len(), 1);
    let nothing = post(admin, "/api/todos:destroy?filter=%5B%5D").await;
    assert_eq!(nothing.code(), 400, "no condition is no target: {}", nothing.text());
}

#[tokio::test]
async fn what_forms_of_screens_say_of_dates_is_understood() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let fields = json!([{"name": "at", "type": "date"}, {"name": "day", "type": "dateOnly"}]);
    collection(admin, "things", fields).await;
    let rows = json!([{"at": "2026-11-22T01:00:00Z", "day": "2026-11-22"}, {"at": "2026-10-31T01:00:00Z", "day": "2026-10-31"}]);
    admin.post("/api/things:create", rows).await.expect(200);
    for (condition, ids) in [
        (json!({"$dateOn": {"type": "today"}}), vec![1]),
        (json!({"$dateOn": {"type": "past", "number": 1, "unit": "month"}}), vec![2]),
        (json!({"$dateBefore": {"type": "thisMonth"}}), vec![2]),
        (json!({"$dateNotBefore": {"type": "lastMonth"}}), vec![1, 2]),
        (json!({"$dateOn": {"type": "next", "number": 2, "unit": "year"}}), vec![]),
    ] {
        for field in ["at", "day"] {
            let path = format!("/api/things:list?sort=id&{}", filter(json!({field: condition})));
            let want: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
            assert_eq!(column(&data(admin.get(&path).await), "id"), want, "{field} {condition}");
        }
    }
    for nonsense in [json!({"type": "someday"}), json!({"type": "past", "number": -1})] {
        let path = format!("/api/things:list?{}", filter(json!({"at": {"$dateOn": nonsense}})));
        admin.get(&path).await.expect(400);
    }
}

#[tokio::test]
async fn behind_what_is_not_there_is_nothing() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    collection(admin, "labels", json!([text("title")])).await;
    let labels =
        json!({"name": "labels", "type": "belongsToMany", "target": "labels", "through": "taskLabels"});
    collection(admin, "tasks", json!([text("title"), labels])).await;
    let none = admin.get("/api/tasks/99/labels:list?pageSize=5").await.expect(200).json();
    assert_eq!(none, json!({"data": [], "meta": {"count": 0, "page": 1, "pageSize": 5, "totalPage": 0}}));
    assert_eq!(admin.get("/api/tasks/99/labels:list?paginate=false").await.json(), json!({"data": []}));
    assert_eq!(data(admin.get("/api/tasks/99/labels:get/1").await), json!(null));
    admin.get("/api/tasks/99/nothing:list").await.expect(404);
    admin.get("/api/tasks/99/title:list").await.expect(404);
    // Removing what is behind an association answers that it is so.
    admin.post("/api/tasks:create", json!({"labels": [{"title": "a"}, {"title": "b"}]})).await.expect(200);
    admin.post("/api/labels:create", json!({"title": "c"})).await.expect(200);
    assert_eq!(data(post(admin, "/api/tasks/1/labels:destroy?filterByTk=1").await), true);
    assert_eq!(data(post(admin, "/api/tasks/1/labels:destroy?filterByTk=3").await), true);
    assert_eq!(column(&data(admin.get("/api/labels:list").await), "title"), ["b", "c"], "c is not behind it");
}

#[tokio::test]
async fn to_remove_what_is_not_linked_is_done_already_and_to_link_what_is_not_there_names_the_association() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    collection(admin, "projects", json!([text("title")])).await;
    collection(admin, "labels", json!([text("title")])).await;
    let project = json!({"name": "project", "type": "belongsTo", "target": "projects"});
    let labels =
        json!({"name": "labels", "type": "belongsToMany", "target": "labels", "through": "taskLabels"});
    collection(admin, "tasks", json!([text("title"), project, labels])).await;
    let steps = json!({"name": "tasks", "type": "hasMany", "target": "tasks", "foreignKey": "projectId"});
    admin.post("/api/collections/projects/fields:create", steps).await.expect(200);
    admin.post("/api/labels:create", json!([{"title": "a"}, {"title": "b"}])).await.expect(200);
    admin.post("/api/projects:create", json!([{}, {}])).await.expect(200);
    admin.post("/api/tasks:create", json!([{"labels": [1], "project": 1}, {"project": 2}])).await.expect(200);
    for path in ["tasks/1/labels", "projects/1/tasks", "tasks/1/project"] {
        let removed = admin.post(&format!("/api/{path}:remove"), json!([2])).await.expect(200);
        assert_eq!(removed.json(), json!({}), "{path}");
        assert_eq!(
            post(admin, &format!("/api/{path}:remove?filterByTk=999")).await.json(),
            json!({}),
            "{path}"
        );
        let refused = error(&admin.post(&format!("/api/{path}:add"), json!([999])).await);
        let name = path.rsplit('/').next().unwrap();
        assert_eq!(refused.0, 400, "{refused:?}");
        assert!(refused.2.ends_with(&format!("{name} names a record that is not there")), "{refused:?}");
        let source = path.replace("/1/", "/99/");
        for action in ["add", "set", "remove"] {
            admin.post(&format!("/api/{source}:{action}"), json!([1])).await.expect(404);
        }
    }
    let rows = data(admin.get("/api/tasks:list?sort=id&appends=labels").await);
    assert_eq!(column(&rows, "projectId"), [json!(1), json!(2)], "nothing of another project's was unlinked");
    assert_eq!(rows[0]["labels"].as_array().unwrap().len(), 1);
    // Of the only one nothing need be said, not even by an SDK that says so in an object.
    for body in [Some(json!({})), None] {
        admin.post("/api/tasks:update?filterByTk=1", json!({"project": 1})).await.expect(200);
        admin.call(axum::http::Method::POST, "/api/tasks/1/project:remove", body).await.expect(200);
        assert_eq!(data(admin.get("/api/tasks:get/1").await)["projectId"], json!(null));
    }
    admin.post("/api/tasks/1/labels:set", json!({})).await.expect(400);
    // Some of them linked: these go.
    admin.post("/api/tasks/1/labels:remove", json!([1, 2, 999])).await.expect(200);
    assert_eq!(data(admin.get("/api/tasks/1/labels:list").await), json!([]));
}

#[tokio::test]
async fn what_of_the_original_is_left_out_of_records() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    let values = json!({"title": "old", "createdAt": "2020-01-01T00:00:00.000Z", "createdById": 99});
    let made = data(admin.post("/api/todos:create", values).await);
    assert_eq!((&made["createdAt"], &made["createdById"]), (&json!("2026-11-22T12:00:00.000Z"), &json!(1)));
    collection(admin, "labels", json!([text("title")])).await;
    let labels =
        json!({"name": "labels", "type": "belongsToMany", "target": "labels", "through": "todoLabels"});
    admin.post("/api/collections/todos/fields:create", labels).await.expect(200);
    admin.post("/api/todos:update?filterByTk=1", json!({"labels": [{"title": "a"}]})).await.expect(200);
    // A pair has no dates of its own.
    let row = data(admin.get("/api/todos:get/1?appends=labels").await);
    assert_eq!(row["labels"][0]["todoLabels"], json!({"id": 1, "todosId": 1, "labelsId": 1}), "{row}");
    assert_eq!(data(admin.get("/api/todoLabels:list").await)[0]["todosId"], 1);
}

#[tokio::test]
async fn lists_of_users_roles_and_keys_refuse_names_they_do_not_know() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    nocobase.user("bob", &["member"]).await;
    admin.post("/api/users:update?filterByTk=2", json!({"phone": "1"})).await.expect(200);
    nocobase.key(admin, "root").await;
    for resource in ["users", "roles", "apiKeys"] {
        for query in
            ["sort=nothing", "fields=nothing", "sort=-nothing", &filter(json!({"$or": [{"nothing": 1}]}))]
        {
            let reply = admin.get(&format!("/api/{resource}:list?{query}")).await;
            let (status, _, message) = error(&reply);
            assert_eq!(
                (status, message.as_str()),
                (400, "Invalid SQL column or table reference"),
                "{resource} {query}"
            );
        }
        for query in ["sort=createdAt", "fields=createdAt", "sort=-createdAt&filter[createdAt.$ne]=1"] {
            admin.get(&format!("/api/{resource}:list?{query}")).await.expect(200);
        }
    }
    admin
        .get(&format!("/api/users:list?{}", filter(json!({"password": {"$startsWith": "$"}}))))
        .await
        .expect(400);
    // Here, too, rows without a value come last.
    for sort in ["phone", "-phone"] {
        assert_eq!(
            column(&data(admin.get(&format!("/api/users:list?sort={sort}")).await), "id"),
            [2, 1].map(Value::from)
        );
    }
}
