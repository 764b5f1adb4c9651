//! Records as sheets, out of the house: an export shows what a list shows, and nothing in it is a formula.

use std::io::{Cursor, Read};

use axum::http::Method;
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use test_world::{Actor, Reply};

use crate::world::{Nocobase, data, filter};

/// The rows of the first sheet, titles first, as texts; numbers with a `#` before them.
pub fn sheet(reply: Reply) -> Vec<Vec<String>> {
    let mut book = Xlsx::new(Cursor::new(reply.expect(200).bytes.to_vec())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let cell = |cell: &Data| match cell {
        Data::Float(n) => format!("#{n}"),
        other => other.to_string(),
    };
    range.rows().map(|row| row.iter().map(cell).collect()).collect()
}

pub fn columns(names: &[&str]) -> Value {
    let column =
        |name: &&str| json!({"dataIndex": name.split('.').collect::<Vec<_>>(), "defaultTitle": name});
    json!({"columns": names.iter().map(column).collect::<Vec<_>>()})
}

pub async fn exported(actor: &Actor, collection: &str, names: &[&str]) -> Reply {
    actor.post(&format!("/api/{collection}:export?sort=id"), columns(names)).await
}

/// `projects` and `tasks`: two of the administrator's tasks in one project, with a field of every kind.
pub async fn tasks(nocobase: &Nocobase) {
    let admin = &nocobase.admin;
    let make = async |path: &str, values: Value| data(admin.post(path, values).await);
    make(
        "/api/collections:create",
        json!({"name": "projects", "titleField": "name", "fields": [
            {"name": "name", "type": "string", "unique": true},
            {"name": "secret", "type": "string"},
        ]}),
    )
    .await;
    make(
        "/api/collections:create",
        json!({"name": "tasks", "createdBy": true, "fields": [
            {"name": "title", "type": "string", "uiSchema": {"title": "What"}, "unique": true},
            {"name": "estimate", "type": "double"},
            {"name": "big", "type": "bigInt"},
            {"name": "price", "type": "decimal", "precision": 30, "scale": 10},
            {"name": "share", "type": "double", "interface": "percent"},
            {"name": "done", "type": "boolean"},
            {"name": "due", "type": "dateOnly"},
            {"name": "at", "type": "date", "interface": "datetime"},
            {"name": "wall", "type": "datetimeNoTz"},
            {"name": "color", "type": "string", "interface": "select",
             "uiSchema": {"enum": [{"value": "r", "label": "Red"}, {"value": "b", "label": "Blue"}]}},
            {"name": "tags", "type": "array", "interface": "multipleSelect",
             "uiSchema": {"enum": [{"value": "x", "label": "Ex"}, {"value": "y", "label": "Why"}]}},
            {"name": "more", "type": "json"},
            {"name": "word", "type": "password"},
            {"name": "project", "type": "belongsTo", "target": "projects", "foreignKey": "projectId"},
            {"name": "also", "type": "belongsToMany", "target": "projects", "through": "tasksProjects"},
        ]}),
    )
    .await;
    for name in ["house", "garden"] {
        make("/api/projects:create", json!({"name": name, "secret": format!("{name} key")})).await;
    }
    make("/api/tasks:create", json!({
        "title": "paint", "estimate": 1.5, "big": i64::MAX, "price": "1234567890.123456789", "share": 0.07, "done": true,
        "due": "2026-02-03", "at": "2026-02-03T04:05:06.000Z", "wall": "2026-02-03 04:05:06", "color": "b",
        "tags": ["x", "y"], "more": {"a": [1]}, "word": "hush", "project": 1, "also": [1, 2],
    }))
    .await;
    make("/api/tasks:create", json!({"title": "=1+1", "price": "0.5", "project": 2})).await;
}

#[tokio::test]
async fn an_export_is_a_sheet_of_what_people_read() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let names = [
        "id",
        "title",
        "estimate",
        "big",
        "price",
        "share",
        "done",
        "due",
        "at",
        "wall",
        "color",
        "tags",
        "more",
        "word",
        "project",
        "project.secret",
        "also.name",
        "projectId",
    ];
    let reply = exported(&nocobase.admin, "tasks", &names).await;
    assert_eq!(reply.headers["content-type"], "application/octet-stream");
    assert_eq!(reply.headers["content-disposition"], "attachment; filename=tasks.xlsx");
    let rows = sheet(reply);
    assert_eq!(rows[0][..3], ["id", "What", "estimate"]);
    assert_eq!(
        rows[1],
        [
            "1",
            "paint",
            "#1.5",
            "9223372036854775807",
            "1234567890.123456789",
            "7%",
            "True",
            "2026-02-03",
            "2026-02-03 04:05:06",
            "2026-02-03 04:05:06",
            "Blue",
            "Ex,Why",
            r#"{"a":[1]}"#,
            "",
            "house",
            "house key",
            "house,garden",
            "1",
        ]
    );
    assert_eq!(rows[2][1..5], ["=1+1", "", "", "#0.5"]);
    // In the caller's time, sorted, filtered, at most so many, under a title of their own.
    let path = format!("/api/tasks:export?title=My%20%C3%BC&sort=-id&{}", filter(json!({"id": 1})));
    let values = json!({"columns": [{"dataIndex": ["at"], "title": "Moment"}, {"dataIndex": ["title"]}]});
    let reply = nocobase.admin.header("x-timezone", "+08:00").post(&path, values).await;
    assert_eq!(reply.headers["content-disposition"], "attachment; filename=My%20%C3%BC.xlsx");
    assert_eq!(sheet(reply), [["Moment", "What"], ["2026-02-03 12:05:06", "paint"]]);
    let rows = sheet(nocobase.admin.post("/api/tasks:export?sort=-id&limit=1", columns(&["id"])).await);
    assert_eq!(rows, [["id"], ["2"]]);
    // As the address of a download.
    let list = columns(&["title"])["columns"].to_string();
    let list: String = list.bytes().map(|b| format!("%{b:02X}")).collect();
    let rows = sheet(nocobase.admin.get(&format!("/api/tasks:export?columns={list}&sort=id")).await);
    assert_eq!(rows[1], ["paint"]);
}

#[tokio::test]
async fn nothing_in_a_sheet_is_a_formula() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    for title in ["+1", "-1", "@SUM(A1)", "\t=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")"] {
        nocobase.admin.post("/api/tasks:create", json!({"title": title})).await.expect(200);
    }
    let mut values = columns(&["title"]);
    values["columns"][0]["title"] = json!("=1+2");
    let reply = nocobase.admin.post("/api/tasks:export", values).await.expect(200);
    let mut archive = zip::ZipArchive::new(Cursor::new(reply.bytes.to_vec())).unwrap();
    let mut xml = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut xml).unwrap();
    assert!(!xml.contains("<f>") && !xml.contains("<f "), "{xml}");
    assert_eq!(xml.matches("t=\"s\"").count(), 8, "{xml}");
    assert_eq!(sheet(reply)[2], ["=1+1"]);
}

#[tokio::test]
async fn who_may_not_list_may_not_export_and_the_other_way_round() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let view = json!({"name": "view", "fields": null});
    let export = json!({"name": "export", "fields": null});
    for (name, actions, want) in [
        ("neither", json!([]), 403),
        ("viewer", json!([view]), 403),
        ("exporter", json!([export]), 403),
        ("both", json!([view, export]), 200),
    ] {
        let actor = nocobase.person(name, json!([{"name": "tasks", "actions": actions}])).await;
        assert_eq!(exported(&actor, "tasks", &["title"]).await.code(), want, "{name}");
    }
    assert_eq!(exported(&nocobase.nobody(), "tasks", &["title"]).await.code(), 401);
    nocobase.role("strategist", json!({"strategy": {"actions": ["view:own", "export"]}})).await;
    let (_, actor) = nocobase.user("strategist", &["strategist"]).await;
    assert_eq!(sheet(exported(&actor, "tasks", &["title"]).await), [["What"]]);
}

#[tokio::test]
async fn an_export_shows_nothing_a_list_would_not_show() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let everything = json!(null);
    let own_scope = json!({"scope": {"title": "paint"}});
    // Of fields what both let be seen; of rows those of both.
    for (name, view, export, want) in [
        (
            "a",
            json!({"fields": ["title"]}),
            json!({"fields": everything}),
            [["paint", ""], ["=1+1", ""]].as_slice(),
        ),
        ("b", json!({"fields": everything}), json!({"fields": ["estimate"]}), &[["", "#1.5"], ["", ""]]),
        ("c", json!({"fields": everything}), json!({"fields": []}), &[["", ""], ["", ""]]),
        (
            "d",
            json!({"fields": everything, "scope": own_scope}),
            json!({"fields": everything}),
            &[["paint", "#1.5"]],
        ),
        (
            "e",
            json!({"fields": everything}),
            json!({"fields": everything, "scope": own_scope}),
            &[["paint", "#1.5"]],
        ),
    ] {
        let named = |name: &str, mut action: Value| {
            action["name"] = json!(name);
            action
        };
        let actions = json!([named("view", view), named("export", export)]);
        let actor = nocobase.person(name, json!([{"name": "tasks", "actions": actions}])).await;
        let rows = sheet(exported(&actor, "tasks", &["title", "estimate", "id"]).await);
        let shown: Vec<&[String]> = rows[1..].iter().map(|row| &row[..2]).collect();
        assert_eq!(shown, want, "{name}");
        // Nor can it be asked about.
        let asks = format!("/api/tasks:export?{}", filter(json!({"big": 5})));
        let code = actor.post(&asks, columns(&["id"])).await.code();
        assert_eq!(code, if matches!(name, "a" | "b" | "c") { 403 } else { 200 }, "{name}");
        let code = actor.post("/api/tasks:export?sort=big", columns(&["id"])).await.code();
        assert_eq!(code, if matches!(name, "a" | "b" | "c") { 403 } else { 200 }, "{name}");
    }
}

#[tokio::test]
async fn linked_records_in_an_export_keep_to_the_rights_of_their_own_collection() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let tasks = json!({"name": "tasks", "actions": [{"name": "view", "fields": null}, {"name": "export", "fields": null}]});
    let names = ["title", "project.name", "project.secret", "also.name", "project.id"];
    let blind = nocobase.person("blind", json!([tasks])).await;
    assert_eq!(sheet(exported(&blind, "tasks", &names).await)[1], ["paint", "", "", "", ""]);
    let some = json!({"name": "projects", "actions": [
        {"name": "view", "fields": ["name"], "scope": {"scope": {"name": "garden"}}},
    ]});
    let gardener = nocobase.person("gardener", json!([tasks, some])).await;
    let rows = sheet(exported(&gardener, "tasks", &names).await);
    assert_eq!(rows[1], ["paint", "", "", "garden", ""]);
    assert_eq!(rows[2], ["=1+1", "garden", "", "", "2"]);
    // Titles of fields are told to who may see the field.
    nocobase
        .admin
        .post(
            "/api/collections/projects/fields:update?filterByTk=secret",
            json!({"uiSchema": {"title": "Key of the door"}}),
        )
        .await
        .expect(200);
    assert_eq!(sheet(exported(&gardener, "tasks", &names).await)[0][2], "project.secret");
    assert_eq!(sheet(exported(&nocobase.admin, "tasks", &names).await)[0][2], "Key of the door");
    assert_eq!(sheet(exported(&blind, "tasks", &["project"]).await)[0], ["project"]);
    let bare = json!({"columns": [{"dataIndex": ["project"]}]});
    assert_eq!(sheet(blind.post("/api/tasks:export", bare).await)[0], ["project"]);
    // Users are what they are in lists.
    let rows = sheet(exported(&nocobase.admin, "tasks", &["createdBy.username", "createdBy.id"]).await);
    assert_eq!(rows[1], ["admin", "1"]);
}

#[tokio::test]
async fn an_export_is_whole_or_refused() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let few = crate::world::door(&nocobase.world, |settings| settings.unpaged_rows_max = 1);
    let admin = crate::world::signed_in(&nocobase.world.nobody(few), "admin").await;
    assert_eq!(exported(&admin, "tasks", &["id"]).await.code(), 400);
    let one = admin.post("/api/tasks:export?limit=1", columns(&["id"])).await;
    assert_eq!(sheet(one).len(), 2);
    let long = json!({"name": "notes", "fields": [{"name": "body", "type": "text"}]});
    nocobase.admin.post("/api/collections:create", long).await.expect(200);
    nocobase.admin.post("/api/notes:create", json!({"body": "x".repeat(32_768)})).await.expect(200);
    let reply = exported(&nocobase.admin, "notes", &["body"]).await;
    assert!(reply.clone().code() == 400 && reply.text().contains("row 1: body"), "{}", reply.text());
    for (values, path) in [
        (json!({}), "tasks:export"),
        (json!({"columns": []}), "tasks:export"),
        (json!({"columns": "no"}), "tasks:export"),
        (json!({"columns": [{"title": "x"}]}), "tasks:export"),
        (json!({"columns": [{"dataIndex": []}]}), "tasks:export"),
        (columns(&["nope"]), "tasks:export"),
        (columns(&["title.x"]), "tasks:export"),
        (columns(&["project.nope"]), "tasks:export"),
        (columns(&["id"]), "tasks:export?limit=0"),
        (json!({}), "tasks:downloadXlsxTemplate"),
    ] {
        assert_eq!(
            nocobase.admin.post(&format!("/api/{path}"), values.clone()).await.code(),
            400,
            "{path} {values}"
        );
    }
    assert_eq!(nocobase.admin.call(Method::GET, "/api/nope:export", None).await.code(), 404);
}

#[tokio::test]
async fn a_template_is_an_empty_sheet_with_the_titles_that_were_asked_for() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let actor = nocobase.person("nothing", json!([])).await;
    let values = json!({"explain": "Read this\nand that", "columns": [
        {"dataIndex": ["title"], "title": "What", "description": "in a few words"},
        {"dataIndex": ["project", "name"], "defaultTitle": "Project"},
    ]});
    let reply = actor.post("/api/tasks:downloadXlsxTemplate", values).await;
    assert_eq!(reply.headers["content-disposition"], "attachment; filename=tasks-import-template.xlsx");
    let rows = sheet(reply);
    assert_eq!(
        rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(),
        ["Read this", "and that", "", "What：in a few words", "What"]
    );
    assert_eq!(rows[4], ["What", "Project"]);
    assert_eq!(
        nocobase.nobody().post("/api/tasks:downloadXlsxTemplate", columns(&["title"])).await.code(),
        401
    );
}

#[tokio::test]
async fn the_document_names_sheets_to_who_may_have_them() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    for (name, actions, want) in [
        ("nobody", json!(["view", "create"]), [false, false]),
        ("taker", json!(["view", "export", "importXlsx"]), [true, false]),
        ("giver", json!(["create", "export", "importXlsx"]), [false, true]),
    ] {
        nocobase.role(name, json!({"strategy": {"actions": actions}})).await;
        let (_, actor) = nocobase.user(name, &[name]).await;
        let document = actor.get("/api/swagger:get?ns=collections/tasks").await.expect(200).json();
        let has = |action: &str| document["paths"].get(format!("/tasks:{action}")).is_some();
        assert_eq!([has("export"), has("importXlsx")], want, "{name}");
    }
}
