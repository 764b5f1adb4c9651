//! What a real NocoBase wrote, taken over whole: relations, old ids, conditions that ask who is calling; and that an
//! import may be cut off anywhere.

use std::process::Stdio;

use super::*;

const RELATIONS: &str = "nocobase-relations";

/// As a key of the fixture.
fn get(server: &Server, key: &str, action: &str) -> (u16, Value) {
    let request = http().get(format!("{}/api/{action}", server.url)).bearer_auth(key);
    let response = request.send().expect("an answer");
    (response.status().as_u16(), response.json::<Value>().unwrap_or_default())
}

fn names(list: &Value, name: &str) -> Vec<Value> {
    list.as_array().expect("a list").iter().map(|row| row[name].clone()).collect()
}

#[test]
fn links_of_every_kind_come_with_their_pairs() {
    let fixture = Fixture::of("nocobase", RELATIONS);
    let report = fixture.import(&["--apply"]);
    assert_eq!(report["counts"]["records of todosTags"], json!({ "new": 3 }));
    let server = fixture.serve();
    let root = fixture.key("super");
    let (_, todos) = get(&server, root, "todos:list?sort=id&appends=tags,project,assignee");
    let todos = &todos["data"];
    assert_eq!(names(&todos[0]["tags"], "name"), [json!("home"), json!("urgent")], "{todos}");
    assert_eq!(names(&todos[1]["tags"], "name"), [json!("home")]);
    assert_eq!(todos[2]["tags"], json!([]));
    assert_eq!((&todos[0]["project"]["name"], &todos[2]["project"]), (&json!("House"), &Value::Null));
    assert_eq!((&todos[0]["assignee"]["username"], &todos[1]["assigneeId"]), (&json!("ada"), &json!(3)));
    // Hidden there, hidden here; a password does not come at all.
    assert!(todos[0].get("remark").is_none() && todos[0].get("pin").is_none(), "{todos}");
    let (status, _) = get(&server, root, "todos:list?filter={\"remark\":\"not for answers\"}");
    assert_eq!(status, 403);
    let (_, house) = get(&server, root, "projects:get/1?appends=todos,brief");
    assert_eq!(names(&house["data"]["todos"], "id"), [json!(1), json!(2)]);
    assert_eq!(house["data"]["brief"]["text"], "keep it standing");
    let (_, tagged) = get(&server, root, "todos:list?filter={\"tags.name\":\"urgent\"}");
    assert_eq!(tagged["meta"]["count"], 1);
    // What is joined here goes on from there.
    assert_eq!(server.post("/api/todos/3/tags:add", root, &json!([3])).0, 200);
    let (_, tags) = get(&server, root, "todos/3/tags:list");
    assert_eq!(names(&tags["data"], "name"), [json!("unused")]);
}

#[test]
fn a_link_made_here_meanwhile_survives_the_second_run() {
    let fixture = Fixture::of("nocobase", RELATIONS);
    fixture.import(&["--apply"]);
    {
        let server = fixture.serve();
        let root = fixture.key("super");
        assert_eq!(server.post("/api/todos/3/tags:add", root, &json!([3])).0, 200);
        assert!(server.stop().success());
    }
    let again = fixture.import(&["--apply"]);
    assert_eq!(again["counts"]["records of todosTags"], json!({ "there": 3 }));
    let server = fixture.serve();
    let (_, tags) = get(&server, fixture.key("super"), "todos/3/tags:list");
    assert_eq!(tags["meta"]["count"], 1);
}

#[test]
fn people_keys_and_records_are_known_by_the_numbers_they_had() {
    let fixture = Fixture::of("nocobase", RELATIONS);
    fixture.import(&["--apply"]);
    let server = fixture.serve();
    let guide = fixture.key("guide");
    assert_eq!(get(&server, guide, "auth:check").1["data"]["id"], 2);
    let (_, listed) = get(&server, guide, "apiKeys:list?sort=id&paginate=false");
    for row in listed["data"].as_array().expect("keys") {
        let name = row["name"].as_str().expect("a name");
        let known = &fixture.known["keys"][name]["id"];
        assert!(known.is_null() || known == &row["id"], "{row}");
        assert_eq!(row["createdById"], 2);
    }
    let (_, users) = get(&server, fixture.key("administrator"), "users:list?sort=id");
    assert_eq!(names(&users["data"], "id"), [json!(1), json!(2), json!(3)], "{users}");
    let (_, todos) = get(&server, fixture.key("super"), "todos:list?sort=id&appends=createdBy");
    assert_eq!(todos["data"][0]["createdById"], 2);
    assert_eq!(todos["data"][0]["createdBy"]["username"], "ada");
    // New ones go on behind them.
    let new = server.post(
        "/api/users:create",
        ROOT_KEY,
        &json!({ "username": "eve", "password": "a-new-password" }),
    );
    assert_eq!(new.1["data"]["id"], 4, "{}", new.1);
}

#[test]
fn a_condition_that_asks_who_is_calling_still_does() {
    let fixture = Fixture::of("nocobase", RELATIONS);
    fixture.import(&["--apply"]);
    let server = fixture.serve();
    let assigned = fixture.key("assigned");
    let (_, mine) = get(&server, assigned, "todos:list?appends=tags");
    assert_eq!(names(&mine["data"], "id"), [json!(1)], "{mine}");
    assert_eq!(names(&mine["data"][0]["tags"], "name"), [json!("home"), json!("urgent")]);
    assert!(mine["data"][0]["tags"][0].get("color").is_none(), "a field its role does not list");
    assert_eq!(get(&server, assigned, "projects:list").0, 403);
}

#[test]
fn whoever_was_here_keeps_their_number_and_is_managed_by_nobody_from_there() {
    let fixture = Fixture::of("nocobase", RELATIONS);
    let mut command = keyward(&fixture.folder.data());
    answer(command.args(["users", "create", "--email", "eve@example.com", "--no-password", "--json"]));
    let report = fixture.import(&["--apply"]);
    let root = row(&report, "users", "nocobase");
    assert!(root["notes"][0].as_str().is_some_and(|note| note.contains("another one")), "{root}");
    let admin = row(&report, "roles", "Admin");
    assert!(admin["notes"].to_string().contains("pm.users"), "{admin}");
    let server = fixture.serve();
    assert_eq!(get(&server, fixture.key("administrator"), "users:list").0, 403);
    assert_eq!(get(&server, fixture.key("super"), "users:list").0, 403);
    assert_eq!(get(&server, fixture.key("guide"), "auth:check").1["data"]["id"], 2);
    assert_eq!(get(&server, fixture.key("super"), "auth:check").1["data"]["id"], 4, "behind all of theirs");
    let (_, tags) = get(&server, fixture.key("super"), "tags:list?appends=createdBy");
    assert_eq!(tags["data"][0]["createdById"], 4, "{tags}");
    assert_eq!(tags["data"][0]["createdBy"]["username"], "nocobase");
}

#[test]
fn behind_the_back_of_a_running_server_only_a_dry_run_works() {
    let fixture = Fixture::new("nocobase");
    let server = fixture.serve();
    let run = |args: &[&str]| {
        let mut command = keyward(&fixture.folder.data());
        command.args(["import", "--from", "nocobase"]).arg(fixture.file()).args(args);
        command.env("KEYWARD_APP_KEY", fixture.known["app_key"].as_str().expect("a key"));
        command.output().expect("it runs")
    };
    let refused = run(&["--apply"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("a keyward runs on the data folder") && said.contains("stop it"), "{said}");
    let dry = run(&[]);
    assert!(dry.status.success() && text(&dry.stdout).contains("users: 3 new"), "{}", text(&dry.stderr));
    assert_eq!(get(&server, fixture.key("guide"), "todos:list").0, 401, "nothing was written");
}

#[test]
fn tokens_nobody_listed_are_told_apart_before_the_move() {
    let fixture = Fixture::new("nocobase");
    let tokens = ["guide", "without a row", "forged"].map(|name| fixture.key(name)).join("\n");
    let tokens = fixture.folder.file("tokens.txt", &format!("{tokens}\nBearer junk\n"));
    let report = fixture.import(&["--check-tokens", tokens.to_str().expect("a path")]);
    let said: Vec<_> = rows(&report).iter().filter(|row| row["table"] == "tokens").collect();
    let outcomes: Vec<_> = said.iter().map(|row| row["outcome"].as_str().expect("an outcome")).collect();
    assert_eq!(outcomes, ["linked", "refused", "dead", "dead"]);
    let reason = said[1]["reason"].as_str().expect("a reason");
    assert!(reason.contains("user 2") && reason.contains("todosApi"), "{reason}");
    assert!(!report.to_string().contains(fixture.key("without a row")));
}

/// Everything an import brings, as it can be seen from outside.
fn state(fixture: &Fixture) -> Vec<Value> {
    let listed = |what: &str| {
        let mut all = answer(keyward(&fixture.folder.data()).args([what, "list", "--json"]));
        // When somebody was written is another moment in every run.
        strip(&mut all, "updated_at");
        // Nor are the roles of the server itself an import's.
        if let Some(items) = all["items"].as_array_mut() {
            items.retain(|item| item["builtin"] != true);
        }
        all
    };
    let mut seen: Vec<Value> = ["users", "roles", "keys"].map(listed).into();
    let server = fixture.serve();
    for collection in ["todos", "todosTags", "big"] {
        let (mut page, mut last) = (1, false);
        while !last {
            let path = format!("{collection}:list?sort=id&pageSize=1000&page={page}");
            let (status, list) = get(&server, fixture.key("super"), &path);
            assert_eq!(status, 200, "{list}");
            last = list["meta"]["totalPage"].as_i64().is_none_or(|pages| pages <= page);
            page += 1;
            seen.push(list);
        }
    }
    seen
}

fn strip(value: &mut Value, name: &str) {
    match value {
        Value::Object(map) => {
            map.remove(name);
            map.values_mut().for_each(|value| strip(value, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| strip(value, name)),
        _ => {}
    }
}

/// Thousands of users and records beside what is there, in the shape of the real file.
const BIG: &str = r#"
WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1600)
INSERT INTO users (id, createdAt, updatedAt, nickname, username)
  SELECT i, '2026-01-01 00:00:00.000 +00:00', '2026-01-01 00:00:00.000 +00:00', 'n' || i, 'u' || i FROM n;
INSERT INTO collections (key, name, title, options) VALUES ('bigbigbig', 'big', 'Big', '{"autoGenId":false}');
INSERT INTO fields (key, name, type, interface, collectionName, options, sort) VALUES
  ('bigid', 'id', 'bigInt', 'id', 'big', '{"autoIncrement":true,"primaryKey":true,"allowNull":false}', 1),
  ('bigtext', 'text', 'string', 'input', 'big', '{}', 2);
CREATE TABLE big (id INTEGER PRIMARY KEY AUTOINCREMENT, text VARCHAR(255));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO big SELECT i, 'record ' || i FROM n;
"#;

#[test]
fn killed_anywhere_and_begun_again_it_ends_as_one_run_does() {
    let whole = Fixture::changed("nocobase", RELATIONS, BIG);
    let report = whole.import(&["--apply"]);
    assert_eq!(report["counts"]["records of big"], json!({ "new": 12_000 }));
    assert_eq!(report["counts"]["users"], json!({ "new": 1_504 }));
    let wanted = state(&whole);
    let killed = Fixture::changed("nocobase", RELATIONS, BIG);
    // A little further every time, until there is nothing left to cut off.
    let cuts = (0..40).take_while(|_| !ended_before(&killed, 100_000)).count();
    assert!(cuts >= 3, "{cuts}");
    let report = killed.import(&["--apply"]);
    let counted = &report["counts"]["records of big"];
    let sum = ["new", "there"].map(|name| counted[name].as_i64().unwrap_or_default()).iter().sum::<i64>();
    assert_eq!(sum, 12_000, "{counted}");
    let seen = state(&killed);
    assert_eq!(seen.len(), wanted.len());
    for (at, (seen, wanted)) in seen.iter().zip(&wanted).enumerate() {
        assert!(seen == wanted, "part {at}");
    }
}

/// Ends an import, without a warning, as soon as it has written so much; unless it ended by itself before.
fn ended_before(fixture: &Fixture, bytes: u64) -> bool {
    let mut command = keyward(&fixture.folder.data());
    command.args(["import", "--apply", "--from", "nocobase"]).arg(fixture.file());
    command.env("KEYWARD_APP_KEY", fixture.known["app_key"].as_str().expect("a key"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let size = |name: &str| fs::metadata(fixture.folder.data().join(name)).map_or(0, |meta| meta.len());
    let start = size("keyward.db") + size("keyward.db-wal");
    loop {
        if child.try_wait().expect("a child").is_some() {
            return true;
        }
        if size("keyward.db") + size("keyward.db-wal") >= start + bytes {
            child.kill().expect("killed");
            child.wait().expect("it ends");
            return false;
        }
        std::thread::yield_now();
    }
}
