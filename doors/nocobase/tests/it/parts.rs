//! Parts of linked records, and keys of what may not be seen: what is asked for is answered, and no more.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, filter, post};

/// Tasks with a project and tags; projects with a brief and their tasks.
async fn house() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let text = |name: &str| json!({"name": name, "type": "string"});
    for values in [
        json!({"name": "briefs", "fields": [text("text")]}),
        json!({"name": "tags", "fields": [text("name"), text("color")]}),
        json!({"name": "projects", "createdBy": true, "fields": [text("name"), text("secret"),
            {"name": "brief", "type": "hasOne", "target": "briefs", "foreignKey": "projectId"},
            {"name": "tasks", "type": "hasMany", "target": "tasks", "foreignKey": "projectId"}]}),
        json!({"name": "tasks", "fields": [text("title"),
            {"name": "project", "type": "belongsTo", "target": "projects", "foreignKey": "projectId"},
            {"name": "tags", "type": "belongsToMany", "target": "tags", "through": "tasksTags",
                "foreignKey": "taskId", "otherKey": "tagId"}]}),
    ] {
        admin.post("/api/collections:create", values).await.expect(200);
    }
    for (name, secret) in [("open", "s1"), ("shut", "s2")] {
        let project = json!({"name": name, "secret": secret, "brief": {"text": format!("{name} brief")}});
        admin.post("/api/projects:create", project).await.expect(200);
    }
    let tags = json!([{"name": "a", "color": "red"}, {"name": "b", "color": "blue"}]);
    admin.post("/api/tasks:create", json!({"title": "t", "project": 1, "tags": tags})).await.expect(200);
    nocobase
}

#[tokio::test]
async fn a_part_that_is_asked_for_comes_alone() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    let brief = json!({"id": 1, "text": "open brief", "projectId": 1});
    for (query, want) in [
        ("fields=id&appends=project.name", json!({"id": 1, "project": {"name": "open"}})),
        ("fields=id,project.name", json!({"id": 1, "project": {"name": "open"}})),
        ("fields=id&appends=tags.name", json!({"id": 1, "tags": [{"name": "a"}, {"name": "b"}]})),
        ("fields=id&appends=project.brief", json!({"id": 1, "project": {"brief": brief}})),
        ("fields=id,project.brief", json!({"id": 1, "project": {"brief": brief}})),
        (
            "fields=id&appends=project.brief.text",
            json!({"id": 1, "project": {"brief": {"text": "open brief"}}}),
        ),
        (
            "fields=id&appends=project.name,project.brief.text",
            json!({"id": 1, "project": {"name": "open", "brief": {"text": "open brief"}}}),
        ),
        ("fields=id&appends=project.tasks.title", json!({"id": 1, "project": {"tasks": [{"title": "t"}]}})),
        // Whole, where that is asked for as well.
        (
            "fields=id&appends=project.name,project&except=project.createdById",
            json!({"id": 1, "project": {"id": 1, "name": "open", "secret": "s1"}}),
        ),
        (
            "fields=title,project.brief.text,project.name",
            json!({"title": "t", "project": {"name": "open", "brief": {"text": "open brief"}}}),
        ),
        // What is not there is no part of anything.
        ("fields=id&appends=project.nope,nope.name", json!({"id": 1, "project": {}})),
        // What is named is answered, whatever is left out besides.
        ("fields=id&except=id", json!({"id": 1})),
        ("fields=id,title&except=id", json!({"id": 1, "title": "t"})),
    ] {
        assert_eq!(data(admin.get(&format!("/api/tasks:get/1?{query}")).await), want, "{query}");
        assert_eq!(data(admin.get(&format!("/api/tasks:list?{query}")).await), json!([want]), "{query}");
    }
    admin.get("/api/tasks:list?fields=id,project.nope").await.expect(400);
    let behind = data(admin.get("/api/projects/1/tasks:list?fields=title&appends=project.name").await);
    assert_eq!(behind, json!([{"title": "t", "project": {"name": "open"}}]));
}

#[tokio::test]
async fn a_part_obeys_the_rights_of_the_whole() {
    let nocobase = house().await;
    let view =
        |name: &str, fields: Value| json!({"name": name, "actions": [{"name": "view", "fields": fields}]});
    let resources =
        json!([view("tasks", json!(["title", "project", "tags"])), view("projects", json!(["name"]))]);
    let somebody = nocobase.person("some", resources).await;
    for (query, want) in [
        ("fields=title&appends=project.name", json!({"title": "t", "project": {"name": "open"}})),
        ("fields=title&appends=project.secret", json!({"title": "t", "project": {}})),
        ("fields=title,project.secret", json!({"title": "t", "project": {}})),
        ("fields=title&appends=project.brief", json!({"title": "t", "project": {}})),
        ("fields=title&appends=tags.name", json!({"title": "t"})),
    ] {
        assert_eq!(data(somebody.get(&format!("/api/tasks:get/1?{query}")).await), want, "{query}");
    }
}

/// Whoever may write the column a link rests on may write any number into it: nothing they are told then may
/// depend on what that number leads to.
#[tokio::test]
async fn a_guessed_key_tells_nothing_of_what_it_leads_to() {
    let nocobase = house().await;
    let admin = &nocobase.admin;
    let action = |name: &str, fields: Value| {
        json!({"name": name, "actions": [
        {"name": "view", "fields": fields}, {"name": "update", "fields": fields}, {"name": "create", "fields": fields}]})
    };
    let tasks = action("tasks", json!(["title", "projectId", "project", "tags"]));
    let pairs = action("tasksTags", json!(["taskId", "tagId"]));
    let briefs = action("briefs", json!(["text", "projectId"]));
    let open = json!({"name": "projects", "actions": [{"name": "view", "fields": ["name", "tasks", "brief"], "scope": {"scope": {"name": "open"}}}]});
    let somebody = nocobase.person("some", json!([tasks, pairs, briefs])).await;
    let reads = [
        "tasks:get/1?appends=project,tags".to_owned(),
        "tasks:get/1?appends=project.name,project.brief,tags.name".to_owned(),
        "tasks/1/project:get".to_owned(),
        "tasks/1/tags:list".to_owned(),
        format!("tasks:list?{}&fields=title", filter(json!({"project.id.$notEmpty": true}))),
        format!("tasks:list?{}&fields=title", filter(json!({"project.$exists": true}))),
        format!("tasks:list?{}&fields=title", filter(json!({"project.name": "shut"}))),
        format!("tasks:list?{}&fields=title", filter(json!({"project.secret.$startsWith": "s"}))),
        format!("tasks:list?{}&fields=title", filter(json!({"project.tasks.title": "t"}))),
        format!("tasks:list?{}&fields=title", filter(json!({"tags.name": "b"}))),
        "tasks:list?sort=project.name&fields=title".to_owned(),
        "tasks:query?x=1".to_owned(),
    ];
    // What the number is said to lead to, in every answer that could tell; the number itself is theirs.
    let told = async |key: i64| {
        admin.post("/api/tasks:update?filterByTk=1", json!({"project": null})).await.expect(200);
        let mut told = Vec::new();
        let answer = somebody.post("/api/tasks:update?filterByTk=1", json!({"projectId": key})).await;
        told.push((answer.code(), answer.text().replace(&format!("\"projectId\":{key}"), "")));
        for path in &reads {
            let answer = somebody.get(&format!("/api/{path}")).await;
            told.push((answer.code(), answer.text().replace(&format!("\"projectId\":{key}"), "")));
        }
        // By name instead of by number, which is looked up: one that cannot be seen is one that is not there.
        for body in [json!({"project": key}), json!({"project": {"id": key, "name": "x"}})] {
            let answer = somebody.post("/api/tasks:update?filterByTk=1", body).await;
            told.push((answer.code(), answer.text()));
        }
        for path in [
            format!("tasks/1/project:set?filterByTk={key}"),
            format!("tasks/1/project:toggle?filterByTk={key}"),
        ] {
            let answer = post(&somebody, &format!("/api/{path}")).await;
            told.push((answer.code(), answer.text()));
        }
        told
    };
    // No right to projects at all, then to some of them: 2 is there and not to be seen, 99 is not there.
    for resources in [json!([]), json!([open])] {
        nocobase.permit("some", resources).await;
        let (hidden, missing) = (told(2).await, told(99).await);
        assert_eq!(hidden, missing);
        let all = format!("{hidden:?}");
        assert!(!all.contains("shut") && !all.contains("s2"), "{all}");
    }
    // The pair of a tag that cannot be seen, written as a record of its own.
    for tag in [2, 99] {
        somebody.post("/api/tasksTags:create", json!({"taskId": 1, "tagId": tag})).await.expect(200);
        let answer = somebody.get("/api/tasks:get/1?fields=title&appends=tags").await;
        assert_eq!(data(answer), json!({"title": "t"}), "{tag}");
        somebody.get("/api/tasks/1/tags:list").await.expect(403);
    }
    // From the other side: what one hangs on a project that cannot be seen shows nothing of it.
    somebody.post("/api/briefs:create", json!({"text": "mine", "projectId": 2})).await.expect(200);
    assert_eq!(
        data(somebody.get("/api/projects:list?appends=brief,tasks").await).as_array().unwrap().len(),
        1
    );
    assert_eq!(data(somebody.get("/api/projects:get/2?appends=brief").await), json!(null));
    somebody.get("/api/projects/2/brief:get").await.expect(200);
    assert_eq!(data(somebody.get("/api/projects/2/brief:get").await), json!(null));
}
