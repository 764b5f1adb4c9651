//! Sheets into the house: an import writes what a create could write, all of it or nothing, and no file breaks it.

use std::io::{Cursor, Write};

use axum::http::Method;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};
use test_world::{Actor, Reply};

use crate::{
    sheets::{columns, exported, tasks},
    world::{Nocobase, data, error, filter},
};

const BOUNDARY: &str = "----a-boundary";

fn multipart(parts: &[(&str, &[u8], bool)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes, file) in parts {
        let file = if *file { "; filename=\"x.xlsx\"\r\nContent-Type: application/octet-stream" } else { "" };
        write!(body, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
            .unwrap();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    body
}

async fn send(actor: &Actor, path: &str, parts: &[(&str, &[u8], bool)]) -> Reply {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    actor.raw(Method::POST, path, Some(&kind), multipart(parts)).await
}

async fn import(actor: &Actor, names: &[&str], file: &[u8]) -> Reply {
    let list = columns(names)["columns"].to_string();
    send(actor, "/api/tasks:importXlsx", &[("columns", list.as_bytes(), false), ("file", file, true)]).await
}

/// Texts, numbers, booleans and nulls as a sheet.
fn sheet(rows: &Value) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (line, row) in (0..).zip(rows.as_array().unwrap()) {
        for (column, cell) in (0..).zip(row.as_array().unwrap()) {
            match cell {
                Value::String(text) => drop(sheet.write_string(line, column, text).unwrap()),
                Value::Number(n) => drop(sheet.write_number(line, column, n.as_f64().unwrap()).unwrap()),
                Value::Bool(yes) => drop(sheet.write_boolean(line, column, *yes).unwrap()),
                _ => {}
            }
        }
    }
    book.save_to_buffer().unwrap()
}

async fn count(actor: &Actor) -> u64 {
    actor.get("/api/tasks:list").await.expect(200).json()["meta"]["count"].as_u64().unwrap()
}

#[tokio::test]
async fn what_was_exported_can_be_imported_again_and_is_the_same() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let names = [
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
        "project.name",
        "also.name",
    ];
    let admin = nocobase.admin.header("x-timezone", "-03:30");
    let file = exported(&admin, "tasks", &names).await.expect(200).bytes;
    let before = data(admin.get("/api/tasks:list?sort=id&appends=also,project").await);
    for id in [1, 2] {
        crate::world::post(&admin, &format!("/api/tasks:destroy/{id}")).await.expect(200);
    }
    let mut titled = columns(&names);
    titled["columns"][0]["title"] = json!("What");
    let list = titled["columns"].to_string();
    let reply =
        send(&admin, "/api/tasks:importXlsx", &[("columns", list.as_bytes(), false), ("file", &file, true)])
            .await;
    assert_eq!(reply.expect(200).json(), json!({"data": {"successCount": 2}, "meta": {"successCount": 2}}));
    let after = data(admin.get("/api/tasks:list?sort=id&appends=also,project").await);
    for (before, after) in before.as_array().unwrap().iter().zip(after.as_array().unwrap()) {
        for name in names.iter().filter(|name| !name.contains('.')) {
            assert_eq!(before[name], after[name], "{name}");
        }
        assert_eq!(before["project"]["id"], after["project"]["id"]);
        let ids =
            |row: &Value| row["also"].as_array().unwrap().iter().map(|p| p["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(before), ids(after));
    }
}

#[tokio::test]
async fn cells_mean_what_a_spreadsheet_shows() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "An explanation").unwrap();
    for (column, title) in ["due", "title", "nobody asked", "at", "done", "big"].iter().enumerate() {
        sheet.write_string(2, column as u16, *title).unwrap();
    }
    let format = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let moment = ExcelDateTime::from_ymd(2026, 2, 3).unwrap().and_hms(4, 5, 0).unwrap();
    sheet.write_datetime_with_format(4, 0, &moment, &format).unwrap();
    sheet.write_number(4, 1, 42).unwrap();
    sheet.write_string(4, 2, "x").unwrap();
    sheet.write_datetime_with_format(4, 3, &moment, &format).unwrap();
    sheet.write_boolean(4, 4, true).unwrap();
    sheet.write_formula(4, 5, rust_xlsxwriter::Formula::new("=2+3").set_result("5")).unwrap();
    let file = book.save_to_buffer().unwrap();
    let names = ["title", "due", "at", "done", "big"];
    import(&nocobase.admin.header("x-timezone", "+08:00"), &names, &file).await.expect(200);
    let made = &data(nocobase.admin.get("/api/tasks:list?sort=-id&pageSize=1").await)[0];
    assert_eq!(
        (&made["title"], &made["due"], &made["at"], &made["done"], &made["big"]),
        (&json!("42"), &json!("2026-02-03"), &json!("2026-02-02T20:05:00.000Z"), &json!(true), &json!(5))
    );
}

#[tokio::test]
async fn an_import_is_all_or_nothing_and_says_which_row_and_column_is_wrong() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let names = ["title", "estimate", "color", "project.name"];
    let titles = json!(["title", "estimate", "color", "project.name"]);
    for (row, want) in [
        (json!(["b", "many", null, null]), "Failed to import row 3: tasks: estimate must be"),
        (
            json!(["b", 1, "Green", null]),
            "Failed to parse field color in row 3: \"Green\" is not a valid option",
        ),
        (
            json!(["b", 1, null, "moon"]),
            "Failed to parse field project in row 3: \"moon\" not found in projects name",
        ),
        (json!(["paint", 1, null, null]), "Failed to import row 3: What already exists"),
        (json!(["a", 1, null, null]), "Failed to import row 3: What already exists"),
        (json!(["paint", 1, null, "house"]), "Failed to import row 3: What already exists"),
    ] {
        let file = sheet(&json!([titles, ["a", 1, "Red", "house"], row, ["c", 1, null, null]]));
        let (status, _, message) = error(&import(&nocobase.admin, &names, &file).await);
        assert_eq!(status, 400);
        assert!(message.starts_with(want), "{message}");
        assert_eq!(count(&nocobase.admin).await, 2, "nothing was written");
    }
    // Several at once are told at once.
    let file = sheet(&json!([titles, ["a", null, "Green", null], [null, null, "Pink", "moon"]]));
    let errors = import(&nocobase.admin, &names, &file).await.json();
    assert_eq!(errors["errors"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_import_writes_nothing_a_create_could_not() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let create = json!({"name": "create", "fields": null});
    let import_all = json!({"name": "importXlsx", "fields": null});
    let file = sheet(&json!([["title", "estimate"], ["new", 7]]));
    let names = ["title", "estimate"];
    for (name, actions, want) in [
        ("creator", json!([create]), 403),
        ("importer", json!([import_all]), 403),
        ("viewer", json!([{"name": "view", "fields": null}]), 403),
        ("both", json!([create, import_all]), 200),
    ] {
        let actor = nocobase.person(name, json!([{"name": "tasks", "actions": actions}])).await;
        assert_eq!(import(&actor, &names, &file).await.code(), want, "{name}");
    }
    let made = async || {
        data(nocobase.admin.get("/api/tasks:list?sort=-id&pageSize=1&appends=createdBy").await)[0].clone()
    };
    assert_eq!(made().await["createdBy"]["username"], "both");
    // Fields of both, rows of both.
    for (name, create, import_) in
        [("one", json!(["title"]), json!(null)), ("two", json!(null), json!(["title"]))]
    {
        let actions =
            json!([{"name": "create", "fields": create}, {"name": "importXlsx", "fields": import_}]);
        let actor = nocobase.person(name, json!([{"name": "tasks", "actions": actions}])).await;
        import(&actor, &names, &sheet(&json!([["title", "estimate"], [name, 7]]))).await.expect(200);
        assert_eq!((&made().await["title"], &made().await["estimate"]), (&json!(name), &Value::Null));
        let only_hidden = import(&actor, &["estimate"], &file).await;
        assert_eq!(error(&only_hidden), (400, String::new(), "Columns configuration is empty".to_owned()));
    }
    let scoped = json!([{"name": "create", "fields": null, "scope": {"scope": {"estimate": 1}}}, import_all]);
    let actor = nocobase.person("scoped", json!([{"name": "tasks", "actions": scoped}])).await;
    let file = sheet(&json!([["title", "estimate"], ["s1", 1], ["s2", 2]]));
    let (status, _, message) = error(&import(&actor, &names, &file).await);
    assert_eq!((status, message.as_str()), (403, "Failed to import row 3: No permissions"));
    // What cannot be seen cannot be linked, nor found out about.
    let actions = json!([create, import_all]);
    let actor = nocobase.person("blind", json!([{"name": "tasks", "actions": actions}])).await;
    let file = sheet(&json!([["title", "project.name"], ["p", "house"]]));
    assert_eq!(import(&actor, &["title", "project.name"], &file).await.code(), 403);
    let some = json!({"name": "projects", "actions": [{"name": "view", "fields": null, "scope": {"scope": {"name": "garden"}}}]});
    let actor = nocobase.person("gardener", json!([{"name": "tasks", "actions": actions}, some])).await;
    let (status, _, message) = error(&import(&actor, &["title", "project.name"], &file).await);
    assert_eq!(status, 400);
    assert!(message.contains("\"house\" not found"), "{message}");
    // Who made it is the server's to say.
    let file = sheet(&json!([["title", "createdById"], ["mine", 1]]));
    let both = crate::world::signed_in(&nocobase.nobody(), "both").await;
    import(&both, &["title", "createdById"], &file).await.expect(200);
    assert_eq!(made().await["createdBy"]["username"], "both");
}

#[tokio::test]
async fn no_file_breaks_the_server() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let admin = &nocobase.admin;
    let bad = async |file: &[u8], want: &str| {
        let (status, _, message) = error(&import(admin, &["title"], file).await);
        assert_eq!(status, 400, "{message}");
        assert!(message.contains(want), "{message}");
        assert_eq!(count(admin).await, 2);
    };
    bad(b"", "can be read").await;
    bad(b"PK\x03\x04 nonsense", "can be read").await;
    bad(b"title\nx\n", "can be read").await;
    bad(&packed(&[("hello.txt", 10)]), "can be read").await;
    bad(&packed(&[("xl/worksheets/sheet1.xml", 40 << 20)]), "unpacks to more").await;
    bad(&packed(&[("a", 20 << 20), ("b", 20 << 20)]), "unpacks to more").await;
    let parts: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    bad(&packed(&parts.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>()), "unpacks to more").await;
    bad(&sheet(&json!([])), "Headers not found. Expected headers: title").await;
    bad(&sheet(&json!([["other"]])), "Headers not found").await;
    bad(&sheet(&json!([["title"]])), "No data to import").await;
    bad(&sheet(&json!([["title"], [""], ["  "]])), "No data to import").await;
    let mut many = vec![json!(["title"])];
    many.extend((0..5_001).map(|n| json!([format!("t{n}")])));
    bad(&sheet(&json!(many)), "at most 5000 rows").await;
    many.extend((0..1_000).map(|n| json!([format!("u{n}")])));
    bad(&sheet(&json!(many)), "at most 5000 rows").await;
    // Cut anywhere, it is no sheet.
    let whole = sheet(&json!([["title"], ["x"]]));
    for at in (0..whole.len()).step_by(97) {
        bad(&whole[..at], "").await;
    }
    // Two cells at opposite ends of a sheet are two cells.
    let mut book = Workbook::new();
    let far = book.add_worksheet();
    far.write_string(0, 0, "title").unwrap();
    far.write_string(1_048_575, 0, "far").unwrap();
    far.write_string(1_048_575, 16_383, "away").unwrap();
    import(admin, &["title"], &book.save_to_buffer().unwrap()).await.expect(200);
    assert_eq!(count(admin).await, 3);
}

fn packed(parts: &[(&str, usize)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, size) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&vec![b' '; *size]).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn an_upload_is_one_file_with_its_columns() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let file = sheet(&json!([["title"], ["x"]]));
    let list = columns(&["title"])["columns"].to_string();
    let (list, path) = (("columns", list.as_bytes(), false), "/api/tasks:importXlsx");
    let file = ("file", file.as_slice(), true);
    for parts in [
        vec![list],
        vec![file],
        vec![list, file, file],
        vec![list, ("other", file.1, true)],
        vec![("columns", b"[]".as_slice(), false), file],
        vec![("columns", b"{".as_slice(), false), file],
        vec![("columns", br#"[{"dataIndex":["nope"]}]"#.as_slice(), false), file],
        vec![("columns", br#"[{"dataIndex":["title","x"]}]"#.as_slice(), false), file],
        vec![("columns", br#"[{"dataIndex":["project","x","y"]}]"#.as_slice(), false), file],
        vec![("columns", br#"[{"dataIndex":["project","nope"],"title":"title"}]"#.as_slice(), false), file],
        vec![
            (
                "columns",
                br#"[{"dataIndex":["title"],"title":"t"},{"dataIndex":["color"],"title":"t"}]"#.as_slice(),
                false,
            ),
            file,
        ],
    ] {
        assert_eq!(send(&nocobase.admin, path, &parts).await.code(), 400);
    }
    let large = vec![0; (10 << 20) + 1];
    assert_eq!(send(&nocobase.admin, path, &[list, ("file", &large, true)]).await.code(), 413);
    for kind in
        ["multipart/form-data", "multipart/form-data; boundary=other", "application/json", "text/plain"]
    {
        let reply = nocobase.admin.raw(Method::POST, path, Some(kind), multipart(&[list, file])).await;
        assert_eq!(reply.code(), 400, "{kind}");
    }
    nocobase.admin.get(path).await.expect(405);
    assert_eq!(send(&nocobase.nobody(), path, &[list, file]).await.code(), 401);
    assert_eq!(count(&nocobase.admin).await, 2);
    let found = nocobase.admin.get(&format!("/api/tasks:list?{}", filter(json!({"title": "x"})))).await;
    assert_eq!(data(found), json!([]));
}

#[tokio::test]
async fn a_large_sheet_is_one_write() {
    let nocobase = Nocobase::new().await;
    tasks(&nocobase).await;
    let mut rows = vec![json!(["title", "project.name"])];
    rows.extend((0..2_500).map(|n| json!([format!("t{n}"), if n % 2 == 0 { "house" } else { "garden" }])));
    let reply = import(&nocobase.admin, &["title", "project.name"], &sheet(&json!(rows))).await;
    assert_eq!(reply.expect(200).json()["data"]["successCount"], 2_500);
    assert_eq!(count(&nocobase.admin).await, 2_502);
    let twice = import(&nocobase.admin, &["title", "project.name"], &sheet(&json!(rows))).await;
    let (status, _, message) = error(&twice);
    assert_eq!((status, message.as_str()), (400, "Failed to import row 2: What already exists"));
}
