//! Sources a real NocoBase could hold and the fixture does not: every type, other names, things that cannot be had
//! here, rows somebody broke. The fixture's file, changed by SQL in the shape its own tables have.

use super::*;

const APP: &str = "nocobase";

fn get(server: &Server, key: &str, action: &str) -> (u16, Value) {
    let request = http().get(format!("{}/api/{action}", server.url)).bearer_auth(key);
    let response = request.send().expect("an answer");
    (response.status().as_u16(), response.json::<Value>().unwrap_or_default())
}

/// One collection `all_kinds` with these fields (name, type, options) and this table.
fn collection(name: &str, options: &str, fields: &[(&str, &str, &str)], table: &str) -> String {
    let mut sql = format!(
        "INSERT INTO collections (key, name, title, options) VALUES ('key_{name}', '{name}', '{name}', '{options}');\n"
    );
    for (at, (field, kind, options)) in fields.iter().enumerate() {
        sql.push_str(&format!(
            "INSERT INTO fields (key, name, type, collectionName, options, sort)
               VALUES ('{name}_{field}', '{field}', '{kind}', '{name}', '{options}', {at});\n"
        ));
    }
    sql.push_str(table);
    sql
}

const ID: (&str, &str, &str) =
    ("id", "bigInt", r#"{"autoIncrement":true,"primaryKey":true,"allowNull":false}"#);

fn find<'r>(report: &'r Value, table: &str, id: &str) -> &'r Value {
    let found = rows(report).iter().find(|row| row["table"] == table && row["id"] == id);
    found.unwrap_or_else(|| panic!("no row {table} {id}: {report}"))
}

#[test]
fn every_stored_form_comes_as_what_it_stands_for_and_the_unreadable_is_refused_by_name() {
    let fields = [
        ID,
        ("text", "text", "{}"),
        ("count", "integer", "{}"),
        ("ratio", "double", "{}"),
        ("price", "decimal", r#"{"precision":10,"scale":2}"#),
        ("done", "boolean", "{}"),
        ("at", "date", "{}"),
        ("local", "datetimeNoTz", "{}"),
        ("day", "dateOnly", "{}"),
        ("clock", "time", "{}"),
        ("stamp", "unixTimestamp", "{}"),
        ("stampMs", "unixTimestamp", r#"{"uiSchema":{"x-component-props":{"accuracy":"millisecond"}}}"#),
        ("notes", "json", "{}"),
        ("more", "jsonb", r#"{"unique":true}"#),
        ("choices", "array", "{}"),
        ("marks", "set", r#"{"defaultValue":["a"]}"#),
        ("uid", "uid", r#"{"prefix":"u_"}"#),
        ("guid", "uuid", "{}"),
        ("nano", "nanoid", "{}"),
        ("flake", "snowflakeId", "{}"),
        ("serial", "sequence", r#"{"patterns":[{"type":"integer","options":{"digits":3,"start":1}}]}"#),
        ("place", "sort", "{}"),
        ("sum", "formula", r#"{"dataType":"double","engine":"math.js","expression":"{{count}} + 1"}"#),
        ("far", "formula", r#"{"dataType":"string","engine":"formula.js","expression":"{{owner.name}}"}"#),
        ("odd", "formula", r#"{"dataType":"double","engine":"math.js","expression":"eigs([[1]])"}"#),
        ("secret", "string", r#"{"hidden":true}"#),
        ("word", "password", "{}"),
        ("createdById", "context", r#"{"dataType":"bigInt"}"#),
        ("cipher", "encryption", "{}"),
        ("shown", "virtual", "{}"),
    ];
    let table = r#"
CREATE TABLE kinds (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, count INTEGER, ratio DOUBLE PRECISION,
  price DECIMAL(10,2), done TINYINT(1), at DATETIME, local DATETIME, day DATE, clock TIME, stamp BIGINT,
  stampMs BIGINT, notes JSON, more JSON, choices JSON, marks JSON, uid VARCHAR(255), guid UUID, nano VARCHAR(255),
  flake BIGINT, serial VARCHAR(255), place BIGINT, sum DOUBLE PRECISION,
  far VARCHAR(255), odd DOUBLE PRECISION, secret VARCHAR(255), word VARCHAR(255), createdById BIGINT,
  cipher VARCHAR(255));
INSERT INTO kinds VALUES (1, 'a', 2, 0.5, 12.50, 1, '2026-11-22 19:52:30.370 +00:00', '2026-11-22 19:52:30',
  '2026-11-22', '19:52:30', 60, 60000, '{"a":[1,null]}', '5', '["x","y"]', '["z"]', 'u_1',
  'f611aeea-4e07-4ae7-bd51-1e4c1542e41e', 'V1StGXR8_Z5jdHi6B-myT', 399199490605056, '007', 3, 3, 'theirs', 1.5, 'nobody', 'scrypt', 2,
  'AAAA');
INSERT INTO kinds (id) VALUES (2);
INSERT INTO kinds (id, done) VALUES (3, 'perhaps');
INSERT INTO kinds (id, at) VALUES (4, 'tomorrow');
INSERT INTO kinds (id, guid) VALUES (5, 'no uuid');
INSERT INTO kinds (id, createdById) VALUES (6, 99);
"#;
    let fixture = Fixture::changed("nocobase", APP, &collection("kinds", "{}", &fields, table));
    let report = fixture.import(&["--apply"]);
    assert_eq!(report["counts"]["records of kinds"], json!({ "new": 3, "refused": 3 }), "{report}");
    for (id, word) in [("3", "done"), ("4", "at"), ("5", "guid")] {
        let reason = find(&report, "records of kinds", id)["reason"].as_str().expect("a reason");
        assert!(reason.contains(word), "{reason}");
    }
    let notes = find(&report, "collections", "kinds")["notes"].to_string();
    for left in ["cipher", "shown", "word", "far keeps", "odd keeps"] {
        assert!(notes.contains(left), "{notes}");
    }
    assert!(find(&report, "records", "kinds")["notes"].to_string().contains("1 values named users"));
    let server = fixture.serve();
    let (_, seen) = get(&server, fixture.key("super"), "kinds:get/1");
    let seen = &seen["data"];
    for (name, value) in [
        ("text", json!("a")),
        ("count", json!(2)),
        ("ratio", json!(0.5)),
        ("done", json!(true)),
        ("at", json!("2026-11-22T19:52:30.370Z")),
        ("day", json!("2026-11-22")),
        ("clock", json!("19:52:30")),
        ("stamp", json!("1970-01-01T00:01:00.000Z")),
        ("stampMs", json!("1970-01-01T00:01:00.000Z")),
        ("notes", json!({ "a": [1, null] })),
        ("more", json!(5)),
        ("choices", json!(["x", "y"])),
        ("marks", json!(["z"])),
        ("uid", json!("u_1")),
        ("guid", json!("f611aeea-4e07-4ae7-bd51-1e4c1542e41e")),
        ("flake", json!(399_199_490_605_056_i64)),
        ("serial", json!("007")),
        ("place", json!(3)),
        ("sum", json!(3)),
        ("far", json!("theirs")),
        ("odd", json!(1.5)),
        ("createdById", json!(2)),
    ] {
        assert_eq!(seen[name], value, "{name}: {seen}");
    }
    assert!(seen.get("secret").is_none() && seen.get("word").is_none(), "{seen}");
    let (_, empty) = get(&server, fixture.key("super"), "kinds:get/2");
    assert_eq!(
        (&empty["data"]["text"], &empty["data"]["marks"]),
        (&Value::Null, &Value::Null),
        "no default is put in"
    );
}

#[test]
fn what_cannot_be_had_here_is_left_out_and_said_and_the_rest_comes() {
    let mut sql = String::new();
    let files = r#"{"target":"attachments","through":"t_files","foreignKey":"aId","otherKey":"fileId"}"#;
    let helpers = r#"{"target":"users","foreignKey":"helpsId"}"#;
    let fields = [
        ID,
        ("files", "belongsToMany", files),
        ("helpers", "hasMany", helpers),
        ("bad name", "string", "{}"),
    ];
    sql.push_str(&collection(
        "most",
        "{}",
        &fields,
        "CREATE TABLE most (id INTEGER PRIMARY KEY); INSERT INTO most VALUES (1);",
    ));
    sql.push_str(&collection("seen", r#"{"view":true}"#, &[ID], "CREATE VIEW seen AS SELECT 1 AS id;"));
    sql.push_str(&collection("asked", r#"{"template":"sql","sql":"SELECT 1"}"#, &[ID], ""));
    sql.push_str(&collection(
        "child",
        r#"{"inherits":["most"]}"#,
        &[ID],
        "CREATE TABLE child (id INTEGER PRIMARY KEY);",
    ));
    sql.push_str(&collection("people", r#"{"tableName":"users"}"#, &[ID, ("password", "string", "{}")], ""));
    sql.push_str(&collection("nowhere", "{}", &[ID], ""));
    sql.push_str("INSERT INTO fields (key, name, type, collectionName, options) VALUES ('x', 'badge', 'string', 'users', '{}');");
    // A name that is a statement: it names no table, and nothing else happens.
    sql.push_str(&collection("x\"; DROP TABLE todos; --", "{}", &[ID], ""));
    let fixture = Fixture::changed("nocobase", APP, &sql);
    let report = fixture.import(&["--apply"]);
    let most = find(&report, "collections", "most");
    assert_eq!(most["outcome"], "new");
    for word in ["files", "attachments", "helpers", "bad name"] {
        assert!(most["notes"].to_string().contains(word), "{most}");
    }
    for (id, word) in [("seen", "view"), ("asked", "SQL"), ("child", "inherits"), ("people", "product")] {
        let row = find(&report, "collections", id);
        assert!(row["outcome"] == "refused" && row["reason"].to_string().contains(word), "{row}");
    }
    assert_eq!(find(&report, "records", "nowhere")["outcome"], "refused");
    assert_eq!(find(&report, "fields", "users.badge")["outcome"], "refused");
    assert_eq!(find(&report, "collections", "x\"; DROP TABLE todos; --")["outcome"], "refused");
    assert_eq!(report["counts"]["records of todos"], json!({ "new": 3 }));
    assert_eq!(report["counts"]["records of most"], json!({ "new": 1 }));
}

#[test]
fn a_right_that_cannot_be_read_is_not_given() {
    // The scope of the role openTodos, and what it lists, as somebody may have left them.
    let scope = |text: &str| {
        format!("UPDATE dataSourcesRolesResourcesScopes SET scope = '{text}' WHERE name = 'open ones';")
    };
    let fields = |text: &str| {
        format!(
            "UPDATE dataSourcesRolesResourcesActions SET fields = '{text}' WHERE rolesResourceId IN
               (SELECT id FROM dataSourcesRolesResources WHERE roleName = 'openTodos');"
        )
    };
    for (sql, word) in [
        (scope(r#"{"nope":1}"#), "there is no nope"),
        (scope(r#"{"completed":{"$sounds":"x"}}"#), "$sounds"),
        (scope(r#"{"title":"{{$user.shoeSize.left}}"}"#), "scope"),
        (scope("not json"), "scope"),
        (scope("[]"), "scope"),
        (fields("not json"), "fields"),
        (fields("[1]"), "fields"),
        (fields(r#"{"a":1}"#), "fields"),
        (
            "DELETE FROM dataSourcesRolesResourcesScopes WHERE name = 'open ones';".to_owned(),
            "does not exist",
        ),
    ] {
        let fixture = Fixture::changed("nocobase", APP, &sql);
        let report = fixture.import(&["--apply"]);
        let role = row(&report, "roles", "Open only");
        assert!(role["notes"].to_string().contains(word), "{sql}: {role}");
        let server = fixture.serve();
        assert_eq!(get(&server, fixture.key("open"), "todos:list").0, 403, "{sql}");
        assert_eq!(get(&server, fixture.key("guide"), "todos:list").0, 200, "{sql}");
    }
}

#[test]
fn a_condition_on_a_user_by_number_is_not_one_on_somebody_else() {
    let sql =
        r#"UPDATE dataSourcesRolesResourcesScopes SET scope = '{"createdById":1}' WHERE name = 'open ones';"#;
    let fixture = Fixture::changed("nocobase", APP, sql);
    let mut command = keyward(&fixture.folder.data());
    answer(command.args(["users", "create", "--email", "eve@example.com", "--no-password", "--json"]));
    let report = fixture.import(&["--apply"]);
    assert!(row(&report, "roles", "Open only")["notes"].to_string().contains("somebody else here"));
    let fresh = Fixture::changed("nocobase", APP, sql);
    let report = fresh.import(&["--apply"]);
    assert_eq!(row(&report, "roles", "Open only")["notes"], json!([]), "here it is the same user");
}

#[test]
fn tables_with_a_prefix_and_columns_in_snake_case_are_found() {
    let mut sql = String::new();
    for (table, columns) in [
        ("users", &["createdAt", "passwordChangeTz", "appLang", "systemSettings"][..]),
        ("roles", &["createdAt", "allowConfigure"]),
        ("rolesUsers", &["roleName", "userId"]),
        ("apiKeys", &["createdAt", "roleName", "expiresIn", "createdById"]),
        ("tokenBlacklist", &[]),
        ("dataSourcesRoles", &["dataSourceKey", "roleName"]),
        ("dataSourcesRolesResources", &["dataSourceKey", "usingActionsConfig", "roleName"]),
        ("dataSourcesRolesResourcesActions", &["scopeId", "rolesResourceId"]),
        ("dataSourcesRolesResourcesScopes", &["dataSourceKey", "resourceName"]),
        ("collections", &[]),
        ("fields", &["collectionName"]),
        ("todos", &["createdAt", "updatedAt", "createdById", "updatedById"]),
    ] {
        for column in columns {
            sql.push_str(&format!("ALTER TABLE {table} RENAME COLUMN {column} TO {};\n", snake(column)));
        }
        sql.push_str(&format!("ALTER TABLE {table} RENAME TO nb_{};\n", snake(table)));
    }
    let fixture = Fixture::changed("nocobase", APP, &sql);
    let report = fixture.import(&["--apply", "--table-prefix", "nb_"]);
    assert_eq!(report["counts"]["records of todos"], json!({ "new": 3 }), "{report}");
    assert_eq!(find(&report, "records", "todos")["notes"], json!([]), "every column has its field");
    let server = fixture.serve();
    let (_, list) = get(&server, fixture.key("guide"), "todos:list?sort=id");
    assert_eq!(list["data"][0]["createdById"], 2, "{list}");
    let (_, open) = get(&server, fixture.key("open"), "todos:list");
    assert_eq!(open["meta"]["count"], 2);
    assert_eq!(get(&server, fixture.key("signed out"), "todos:list").1["errors"][0]["code"], "BLOCKED_TOKEN");
}

fn snake(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() })
        .collect()
}

#[test]
fn tables_of_pairs_without_a_collection_and_rows_without_a_key_come_too() {
    let tags = r#"{"target":"labels_","through":"joined","foreignKey":"todoId","otherKey":"labelId"}"#;
    let helpers = r#"{"target":"users","through":"helps","foreignKey":"todoId","otherKey":"userId"}"#;
    let mut sql = collection(
        "labels_",
        "{}",
        &[ID, ("name", "string", "{}")],
        "CREATE TABLE labels_ (id INTEGER PRIMARY KEY, name VARCHAR(255)); INSERT INTO labels_ VALUES (1, 'one'), (2, 'two');",
    );
    sql.push_str(&format!(
        "INSERT INTO fields (key, name, type, collectionName, options, sort) VALUES
           ('m1', 'joins', 'belongsToMany', 'todos', '{tags}', 90), ('m2', 'helpers', 'belongsToMany', 'todos', '{helpers}', 91);
         CREATE TABLE joined (createdAt DATETIME, todoId BIGINT, labelId BIGINT, PRIMARY KEY (todoId, labelId));
         INSERT INTO joined (todoId, labelId) VALUES (1, 1), (1, 2), (2, 2);
         CREATE TABLE helps (todoId BIGINT, userId BIGINT, PRIMARY KEY (todoId, userId));
         INSERT INTO helps VALUES (1, 2), (1, 77);\n"
    ));
    let keys = [("a", "integer", r#"{"primaryKey":true}"#), ("b", "integer", r#"{"primaryKey":true}"#)];
    sql.push_str(&collection("twofold", "{}", &keys,
        "CREATE TABLE twofold (a INTEGER, b INTEGER, PRIMARY KEY (a, b)); INSERT INTO twofold VALUES (1, 1), (1, 2);"));
    let fixture = Fixture::changed("nocobase", APP, &sql);
    let report = fixture.import(&["--apply"]);
    assert_eq!(report["counts"]["records of joined"], json!({ "new": 3 }), "{report}");
    assert_eq!(report["counts"]["records of helps"], json!({ "new": 1, "refused": 1 }), "no user 77");
    assert_eq!(report["counts"]["records of twofold"], json!({ "new": 2 }));
    let again = fixture.import(&["--apply"]);
    assert_eq!(again["counts"]["records of joined"], json!({ "there": 3 }));
    let server = fixture.serve();
    let (_, todo) = get(&server, fixture.key("super"), "todos:get/1?appends=joins,helpers");
    assert_eq!(todo["data"]["joins"].as_array().map(Vec::len), Some(2), "{todo}");
    assert_eq!(todo["data"]["helpers"][0]["username"], "ada");
}

#[test]
fn keys_that_are_texts_are_followed_also_to_what_comes_later() {
    let link = r#"{"target":"zz","foreignKey":"zzId","targetKey":"id"}"#;
    let many = r#"{"target":"zz","through":"aaZz","foreignKey":"aaId","otherKey":"zzKey","targetKey":"id"}"#;
    let fields = [
        ID,
        ("zzId", "uuid", r#"{"isForeignKey":true}"#),
        ("zz", "belongsTo", link),
        ("all", "belongsToMany", many),
    ];
    let mut sql = collection(
        "aa",
        "{}",
        &fields,
        "CREATE TABLE aa (id INTEGER PRIMARY KEY, zzId UUID);
         INSERT INTO aa VALUES (1, 'f611aeea-4e07-4ae7-bd51-1e4c1542e41e'), (2, NULL);
         CREATE TABLE aaZz (aaId BIGINT, zzKey VARCHAR(36), PRIMARY KEY (aaId, zzKey));
         INSERT INTO aaZz VALUES (2, 'f611aeea-4e07-4ae7-bd51-1e4c1542e41e');",
    );
    sql.push_str(&collection(
        "zz",
        "{}",
        &[("id", "uuid", r#"{"primaryKey":true}"#), ("name", "string", "{}")],
        "CREATE TABLE zz (id UUID PRIMARY KEY, name VARCHAR(255));
         INSERT INTO zz VALUES ('f611aeea-4e07-4ae7-bd51-1e4c1542e41e', 'last');",
    ));
    let fixture = Fixture::changed("nocobase", APP, &sql);
    let report = fixture.import(&["--apply"]);
    for table in ["records of aa", "records of zz", "records of aaZz"] {
        assert!(report["counts"][table]["refused"].is_null(), "{report}");
    }
    let server = fixture.serve();
    let (_, list) = get(&server, fixture.key("super"), "aa:list?sort=id&appends=zz,all");
    assert_eq!(list["data"][0]["zz"]["name"], "last", "{list}");
    assert_eq!(list["data"][1]["all"][0]["name"], "last", "{list}");
}

#[test]
fn what_a_role_may_in_other_data_sources_it_may_not_here() {
    let sql = r#"
INSERT INTO dataSourcesRoles (id, strategy, dataSourceKey, roleName) VALUES ('x', '{"actions":["*"]}', 'other', 'openTodos');
INSERT INTO dataSourcesRolesResources (id, createdAt, updatedAt, dataSourceKey, name, usingActionsConfig, roleName)
  VALUES (5, '2026-01-01', '2026-01-01', 'other', 'todos', 1, 'ownTodos');
INSERT INTO dataSourcesRolesResourcesActions (id, createdAt, updatedAt, name, fields, rolesResourceId)
  VALUES (5, '2026-01-01', '2026-01-01', 'destroy', '[]', 5);"#;
    let fixture = Fixture::changed("nocobase", APP, sql);
    let report = fixture.import(&["--apply"]);
    for title in ["Open only", "Own only"] {
        let role = row(&report, "roles", title);
        assert!(role["notes"].to_string().contains("other data sources"), "{role}");
    }
    let server = fixture.serve();
    assert_eq!(
        get(&server, fixture.key("open"), "todos:list").1["meta"]["count"],
        2,
        "its scope still holds"
    );
    let destroyed = server.post("/api/todos:destroy?filterByTk=1", fixture.key("open"), &json!({}));
    assert_eq!(destroyed.0, 403);
}

#[test]
fn a_second_installation_is_not_taken_for_the_first() {
    let first = Fixture::of("nocobase", "nocobase-relations");
    first.import(&["--apply"]);
    // Another one: its people and collections are called alike, and are others.
    let sql = r#"
UPDATE users SET createdAt = '2020-01-01 00:00:00.000 +00:00', username = username || '2', email = '2' || email;
UPDATE roles SET createdAt = '2020-01-01 00:00:00.000 +00:00';
UPDATE apiKeys SET createdAt = '2020-01-01 00:00:00.000 +00:00';
UPDATE collections SET key = 'z' || key; UPDATE fields SET key = 'z' || key;
UPDATE dataSourcesRolesResourcesScopes SET scope = '{"createdById":1}' WHERE name = 'open ones';
DELETE FROM collections WHERE name = 'todosTags';"#;
    let file = first.folder.file("second.db", "");
    fs::copy(first.file(), &file).expect("a copy");
    test_world::write_foreign(&file, sql);
    let second = Fixture { file, ..first };
    let report = second.import(&["--apply"]);
    for name in ["todos", "tags", "todosTags"] {
        assert_eq!(find(&report, "collections", name)["outcome"], "refused", "{name}");
    }
    let ada = row(&report, "users", "ada2");
    assert!(ada["outcome"] == "new" && ada["notes"].to_string().contains("another one"), "{ada}");
    let open = row(&report, "roles", "Open only")["notes"].to_string();
    assert!(open.contains("somebody else here") && open.contains("nocobase-openTodos"), "{open}");
    assert!(row(&report, "apiKeys", "guide")["outcome"] == "refused", "one secret is one key");
    let server = second.serve();
    assert_eq!(get(&server, second.key("guide"), "auth:check").1["data"]["username"], "ada");
}

#[test]
fn damaged_and_foreign_files_are_said_to_be_so_and_nothing_is_written() {
    let fixture = Fixture::new("nocobase");
    let bytes = fs::read(fixture.file()).expect("the file");
    let cut = fixture.folder.file("cut.db", "");
    fs::write(&cut, &bytes[..bytes.len() / 2]).expect("written");
    let other = fixture.folder.file("other.db", "no database at all");
    let empty = fixture.folder.file("empty.db", "");
    for file in [&cut, &other, &empty, &fixture.folder.data().join("absent.db")] {
        let mut command = keyward(&fixture.folder.data());
        let output =
            command.args(["import", "--apply", "--from", "nocobase"]).arg(file).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{}: {}", file.display(), text(&output.stderr));
        assert!(!fixture.folder.data().exists(), "{}", file.display());
    }
}

#[test]
fn with_a_key_everybody_knows_no_token_is_trusted() {
    let fixture = Fixture::new("nocobase");
    for key in ["your-secret-key", "test-key"] {
        let mut command = keyward(&fixture.folder.data());
        command.args(["import", "--json", "--from", "nocobase", "--app-key", key]).arg(fixture.file());
        let report = answer(command.env("KEYWARD_APP_KEY", key));
        let guide = row(&report, "apiKeys", "guide");
        assert_eq!(guide["outcome"], "refused");
        assert!(guide["reason"].to_string().contains("everybody knows"), "{guide}");
    }
}

#[test]
fn a_server_without_an_app_key_takes_over_the_right_one_and_no_other() {
    let fixture = Fixture::new("nocobase");
    let import = |key: &str| {
        let mut command = keyward(&fixture.folder.data());
        command.args(["import", "--apply", "--from", "nocobase", "--app-key", key]).arg(fixture.file());
        command.output().expect("it runs")
    };
    for (key, word) in [("your-secret-key", "everybody knows"), ("another-key", "no key in the file")] {
        let output = import(key);
        assert!(output.status.code() == Some(2) && text(&output.stderr).contains(word), "{key}");
        assert!(!fixture.folder.data().exists(), "{key}");
    }
    let right = fixture.known["app_key"].as_str().expect("a key");
    assert!(import(right).status.success());
    let kept = fs::read_to_string(fixture.folder.data().join("app.key")).expect("a file");
    assert_eq!(kept.trim(), right);
    let server = Server::start(&fixture.folder.data());
    assert_eq!(get(&server, fixture.key("guide"), "todos:list").0, 200);
}
