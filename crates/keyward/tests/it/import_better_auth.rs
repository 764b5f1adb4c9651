//! What programs around an imported better-auth go on doing: calling people, keys and organizations by their old
//! ids, using the sessions they have, acting in the roles they hold. And an older release, with its own tables.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::program::{Folder, ROOT_KEY, Server, answer, http, keyward, text};

/// Roles as the source defined them, and its configurations.
const CONFIGS: &str = r#"{"configurations": [
    {"configId": "default", "enableMetadata": true},
    {"configId": "service", "defaultPrefix": "svc_", "rateLimit": {"enabled": false}},
    {"configId": "org", "references": "organization", "defaultPrefix": "org_"}],
  "roles": {"admin": {"apiKey": ["read"]}}}"#;

fn fixture(name: &str, ending: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.{ending}"))
}

struct Imported {
    folder: Folder,
    known: Value,
    report: Value,
    file: PathBuf,
}

impl Imported {
    fn new(name: &str) -> Self {
        let mut imported = Self::not_yet(name);
        imported.report = imported.again(&[]);
        imported
    }

    fn not_yet(name: &str) -> Self {
        let folder = Folder::new();
        folder.file("better-auth.json", CONFIGS);
        let known = fs::read(fixture(name, "json")).expect("the fixture");
        let known = serde_json::from_slice(&known).expect("JSON");
        Self { folder, known, report: Value::Null, file: fixture(name, "db") }
    }

    /// Not imported yet, and changed by somebody with a shell for SQL.
    fn changed(name: &str, sql: &str) -> Self {
        let mut imported = Self::not_yet(name);
        let file = imported.folder.file("changed.db", "");
        fs::copy(&imported.file, &file).expect("a copy");
        test_world::write_foreign(&file, sql);
        imported.file = file;
        imported
    }

    fn again(&self, more: &[&str]) -> Value {
        let mut command = keyward(&self.folder.data());
        command.args(["import", "--json", "--apply", "--from", "better-auth"]).arg(&self.file).args(more);
        answer(command.env("KEYWARD_BETTER_AUTH_CONFIGS", "better-auth.json"))
    }

    fn serve(&self) -> Server {
        let secret = self.known["secret"].as_str().unwrap_or("another-secret-altogether-0123456789");
        let variables = [
            ("KEYWARD_ROOT_KEY", ROOT_KEY),
            ("KEYWARD_BETTER_AUTH_SECRET", secret),
            ("KEYWARD_BETTER_AUTH_CONFIGS", "better-auth.json"),
        ];
        Server::start_with(&self.folder.data(), &variables)
    }

    fn text(&self, path: &str) -> &str {
        self.known.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no {path}"))
    }

    fn outcome(&self, table: &str, id: &str) -> (&str, &str) {
        let rows = self.report["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["table"] == table && row["id"] == id);
        let row = row.unwrap_or_else(|| panic!("no row {table} {id}"));
        (row["outcome"].as_str().expect("an outcome"), row["reason"].as_str().unwrap_or_default())
    }
}

const API: &str = "/api/auth";

fn get(server: &Server, path: &str, header: (&str, &str)) -> (u16, Value) {
    let request = http().get(format!("{}{API}{path}", server.url)).header(header.0, header.1);
    let response = request.send().expect("an answer");
    (response.status().as_u16(), response.json().unwrap_or(Value::Null))
}

fn post(server: &Server, path: &str, bearer: &str, body: &Value) -> (u16, Value) {
    server.post(&format!("{API}{path}"), bearer, body)
}

#[test]
fn programs_go_on_calling_everything_by_its_old_id() {
    let imported = Imported::new("better-auth");
    let server = imported.serve();
    let (ada, bob) = (imported.text("/users/ada"), imported.text("/users/bob"));
    let token = imported.text("/sessions/ada/token");
    let bearer = format!("Bearer {token}");
    let me = get(&server, "/get-session", ("authorization", &bearer)).1;
    assert_eq!((&me["user"]["id"], &me["session"]["userId"]), (&json!(ada), &json!(ada)));
    assert_eq!(me["session"]["activeOrganizationId"], imported.known["organization"]);
    let (plain, organization) = (imported.text("/keys/plain/id"), imported.text("/organization"));
    let key = get(&server, &format!("/api-key/get?id={plain}"), ("authorization", &bearer)).1;
    assert_eq!((&key["id"], &key["referenceId"], &key["userId"]), (&json!(plain), &json!(ada), &json!(ada)));
    let listed = get(&server, "/api-key/list?sortBy=name", ("authorization", &bearer)).1;
    let ids: Vec<_> = listed["apiKeys"].as_array().expect("keys").iter().map(|key| &key["id"]).collect();
    assert!(ids.contains(&&json!(plain)), "{listed}");
    let change = json!({ "keyId": plain, "userId": ada, "name": "renamed" });
    assert_eq!(post(&server, "/api-key/update", token, &change).1["name"], "renamed");
    let by_server = json!({ "keyId": plain, "userId": ada, "remaining": 7 });
    assert_eq!(post(&server, "/api-key/update", ROOT_KEY, &by_server).1["remaining"], 7);
    let others = json!({ "keyId": plain, "userId": bob, "remaining": 8 });
    assert_eq!(post(&server, "/api-key/update", ROOT_KEY, &others).0, 404, "not the owner");
    let verified =
        post(&server, "/api-key/verify", ROOT_KEY, &json!({ "key": imported.text("/keys/plain/key") }));
    assert_eq!((&verified.1["key"]["id"], &verified.1["key"]["referenceId"]), (&json!(plain), &json!(ada)));
    // What is made from now on names its owner in the same way.
    let made = post(&server, "/api-key/create", token, &json!({ "name": "later" })).1;
    assert_eq!((&made["referenceId"], &made["userId"]), (&json!(ada), &json!(ada)), "{made}");
    let made = post(&server, "/api-key/create", ROOT_KEY, &json!({ "userId": bob })).1;
    assert_eq!((&made["referenceId"], &made["userId"]), (&json!(bob), &json!(bob)));
    let body = json!({ "configId": "org", "organizationId": organization });
    let made = post(&server, "/api-key/create", token, &body).1;
    assert_eq!(made["referenceId"], organization, "{made}");
    let of = format!("/api-key/list?organizationId={organization}");
    assert_eq!(get(&server, &of, ("authorization", &bearer)).1["total"], 2);
    let chosen = json!({ "organizationId": organization });
    assert_eq!(post(&server, "/organization/set-active", token, &chosen).1["id"], organization);
    assert_eq!(post(&server, "/api-key/delete", token, &json!({ "keyId": plain })).0, 200);
    assert_eq!(get(&server, &format!("/api-key/get?id={plain}"), ("authorization", &bearer)).0, 404);
}

#[test]
fn who_was_signed_in_stays_signed_in_by_token_and_by_cookie() {
    let imported = Imported::new("better-auth");
    let server = imported.serve();
    let user = |header: (&str, &str)| get(&server, "/get-session", header).1["user"]["name"].clone();
    for (name, want) in
        [("ada", json!("Ada")), ("bob", json!("Bob")), ("over", Value::Null), ("ended", Value::Null)]
    {
        let token = imported.text(&format!("/sessions/{name}/token"));
        let signed = imported.text(&format!("/sessions/{name}/signed"));
        let cookie = imported.text(&format!("/sessions/{name}/cookie"));
        assert_eq!(user(("authorization", &format!("Bearer {token}"))), want, "{name}");
        assert_eq!(user(("authorization", &format!("Bearer {signed}"))), want, "{name}, signed");
        assert_eq!(user(("cookie", cookie)), want, "{name}, by cookie");
    }
    // Ended here, it is not brought back by another run.
    let token = imported.text("/sessions/bob/token");
    assert_eq!(post(&server, "/sign-out", token, &json!({})).0, 200);
    assert!(server.stop().success());
    let again = imported.again(&[]);
    let sessions = again["rows"].as_array().expect("rows").iter().filter(|row| row["table"] == "session");
    let mut outcomes: Vec<_> = sessions.map(|row| row["outcome"].as_str().expect("an outcome")).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["dead", "dead", "there", "there"]);
    let server = imported.serve();
    let header = format!("Bearer {token}");
    assert_eq!(get(&server, "/get-session", ("authorization", &header)).1, Value::Null);
}

#[test]
fn with_another_secret_cookies_open_nothing() {
    let imported = Imported::new("better-auth");
    let server = Server::start_with(
        &imported.folder.data(),
        &[
            ("KEYWARD_ROOT_KEY", ROOT_KEY),
            ("KEYWARD_BETTER_AUTH_SECRET", "another-secret-altogether-0123456789"),
        ],
    );
    let cookie = imported.text("/sessions/ada/cookie");
    assert_eq!(get(&server, "/get-session", ("cookie", cookie)).1, Value::Null);
}

#[test]
fn members_do_to_keys_of_their_organization_what_their_roles_allow() {
    let imported = Imported::new("better-auth");
    let server = imported.serve();
    let token = imported.text("/sessions/bob/token");
    let (organization, key) = (imported.text("/organization"), imported.text("/keys/organization/id"));
    let bearer = format!("Bearer {token}");
    let of = format!("/api-key/list?organizationId={organization}");
    assert_eq!(get(&server, &of, ("authorization", &bearer)).1["total"], 1, "an admin reads");
    let body = json!({ "configId": "org", "keyId": key, "name": "x" });
    let (status, refused) = post(&server, "/api-key/update", token, &body);
    assert_eq!((status, &refused["code"]), (403, &json!("INSUFFICIENT_API_KEY_PERMISSIONS")));
    assert_eq!(imported.outcome("organization", organization).0, "new");
    let members = imported.report["rows"].as_array().expect("rows").iter();
    let members: Vec<_> = members.filter(|row| row["table"] == "member").collect();
    assert!(members.len() == 4 && members.iter().all(|row| row["outcome"] == "new"));
    let noted = members.iter().filter(|row| row["notes"].as_array().is_some_and(|notes| !notes.is_empty()));
    let noted: Vec<_> = noted.map(|row| &row["name"]).collect();
    assert_eq!(noted, [&json!("janitor")], "a role nobody here has heard of");
}

#[test]
fn an_older_release_comes_with_its_own_columns() {
    let imported = Imported::new("better-auth-old");
    let server = imported.serve();
    let ada = imported.text("/users/ada");
    let verify = |name: &str, more: Value| {
        let mut body = json!({ "key": imported.text(&format!("/keys/{name}/key")) });
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        post(&server, "/api-key/verify", ROOT_KEY, &body).1
    };
    let plain = verify("plain", json!({}));
    assert_eq!((&plain["valid"], &plain["key"]["configId"]), (&json!(true), &json!("default")), "{plain}");
    assert_eq!((&plain["key"]["referenceId"], &plain["key"]["userId"]), (&json!(ada), &json!(ada)));
    assert_eq!(
        (&plain["key"]["metadata"], &plain["key"]["id"]),
        (&Value::Null, &imported.known["keys"]["plain"]["id"])
    );
    assert_eq!(verify("metadata", json!({}))["key"]["metadata"], json!({ "plan": "pro", "seats": 3 }));
    assert_eq!(verify("permitted", json!({ "permissions": { "files": ["read"] } }))["valid"], true);
    assert_eq!(verify("permitted", json!({ "permissions": { "files": ["write"] } }))["valid"], false);
    let left: Vec<_> = (0..3).map(|_| verify("quota", json!({}))["valid"].clone()).collect();
    assert_eq!(left, [json!(true), json!(true), json!(false)]);
    let (status, _) = post(
        &server,
        "/sign-in/email",
        "",
        &json!({ "email": "ada@example.com", "password": "correct horse battery" }),
    );
    assert_eq!(status, 200);
}

#[test]
fn keys_kept_in_plain_are_told_from_hashes_by_their_length_or_by_the_operator() {
    let valid = |imported: &Imported, name: &str| {
        let server = imported.serve();
        let body = json!({ "key": imported.text(&format!("/keys/{name}/key")) });
        post(&server, "/api-key/verify", ROOT_KEY, &body).1["valid"].clone()
    };
    let imported = Imported::new("better-auth-unhashed");
    let row = imported.outcome("apikey", imported.text("/keys/default/id"));
    assert_eq!(row, ("new", ""));
    assert_eq!(valid(&imported, "default"), true, "sixty-four letters are no hash");
    assert_eq!(valid(&imported, "like a hash"), false, "taken for a hash, and so never for a key");
    let folder = Folder::new();
    folder.file("better-auth.json", CONFIGS);
    let told = Imported { folder, ..imported };
    told.again(&["--plain-keys"]);
    assert_eq!(valid(&told, "default"), true);
    assert_eq!(valid(&told, "like a hash"), true);
}

#[test]
fn an_old_session_is_prolonged_by_its_use_and_does_not_list_the_others() {
    let imported = Imported::new("better-auth");
    let server = imported.serve();
    let cookie = imported.text("/sessions/stale/cookie");
    let ask = |path: &str| {
        let request = http().get(format!("{}{API}{path}", server.url)).header("cookie", cookie);
        let response = request.send().expect("an answer");
        let anew = response.headers().contains_key("set-cookie");
        let status = response.status().as_u16();
        (status, anew, response.json::<Value>().unwrap_or(Value::Null))
    };
    let (status, _, refused) = ask("/list-sessions");
    assert_eq!((status, &refused["code"]), (403, &json!("SESSION_NOT_FRESH")));
    let (_, anew, before) = ask("/get-session?disableRefresh=true");
    assert_eq!((anew, &before["session"]["updatedAt"]), (false, &json!("2020-01-01T00:00:00.000Z")));
    let (_, anew, after) = ask("/get-session");
    assert!(anew, "the cookie comes again, with its new end");
    assert_ne!(after["session"]["updatedAt"], before["session"]["updatedAt"]);
    assert!(after["session"]["expiresAt"].as_str() >= before["session"]["expiresAt"].as_str(), "{after}");
    assert!(!ask("/get-session").1, "once a day");
}

#[test]
fn what_is_in_secondary_storage_comes_with_a_dump_of_it() {
    let imported = Imported::not_yet("better-auth-secondary");
    let dump = fixture("better-auth-secondary", "dump.json");
    let with_dump = ["--secondary-storage", dump.to_str().expect("a path")];
    let report = imported.again(&with_dump);
    assert_eq!(report["counts"]["apikey"], json!({ "new": 4 }), "{report}");
    assert_eq!(report["counts"]["session"], json!({ "new": 1 }), "{report}");
    let again = imported.again(&with_dump);
    assert_eq!(again["counts"]["apikey"], json!({ "there": 4 }), "{again}");
    let server = imported.serve();
    let verify = |name: &str, more: Value| {
        let mut body = json!({ "key": imported.text(&format!("/keys/{name}/key")) });
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        post(&server, "/api-key/verify", ROOT_KEY, &body).1
    };
    let everything = verify("everything", json!({ "permissions": { "files": ["read"] } }));
    assert_eq!(
        (&everything["key"]["metadata"], &everything["key"]["prefix"], &everything["key"]["id"]),
        (&json!({ "plan": "pro" }), &json!("acme_"), &imported.known["keys"]["everything"]["id"])
    );
    assert_eq!(everything["key"]["referenceId"], imported.known["users"]["ada"]);
    let left: Vec<_> = (0..2).map(|_| verify("quota", json!({}))["valid"].clone()).collect();
    assert_eq!(left, [json!(true), json!(false)], "one use was spent there");
    for (name, want) in [("plain", true), ("both", true), ("deleted", false)] {
        assert_eq!(verify(name, json!({}))["valid"], want, "{name}");
    }
    let bearer = format!("Bearer {}", imported.text("/sessions/ada/token"));
    let me = get(&server, "/get-session", ("authorization", &bearer)).1;
    assert_eq!(me["user"]["id"], imported.known["users"]["ada"], "{me}");
}

#[test]
fn a_dump_that_is_none_is_said_to_be_so_before_anything_is_written() {
    let folder = Folder::new();
    let dump = folder.file("dump.json", "[]");
    let mut command = keyward(&folder.data());
    command
        .args(["import", "--apply", "--from", "better-auth"])
        .arg(fixture("better-auth-secondary", "db"))
        .arg("--secondary-storage")
        .arg(dump);
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("one JSON object"), "{}", text(&output.stderr));
    assert!(!folder.data().exists());
}

#[test]
fn tables_and_columns_may_have_other_names_and_columns_nobody_knows_are_passed_over() {
    let mut sql = String::new();
    for (table, columns) in [
        ("user", &["emailVerified", "createdAt", "updatedAt"][..]),
        ("account", &["accountId", "providerId", "userId", "createdAt", "updatedAt"]),
        (
            "session",
            &[
                "expiresAt",
                "createdAt",
                "updatedAt",
                "ipAddress",
                "userAgent",
                "userId",
                "activeOrganizationId",
            ],
        ),
        ("organization", &["createdAt"]),
        ("member", &["organizationId", "userId", "createdAt"]),
    ] {
        for column in columns {
            sql.push_str(&format!("ALTER TABLE {table} RENAME COLUMN {column} TO {};", snake(column)));
        }
        sql.push_str(&format!("ALTER TABLE {table} RENAME TO ba_{table}s;"));
    }
    sql.push_str(
        "ALTER TABLE apikey RENAME COLUMN key TO hashed_key; ALTER TABLE apikey RENAME TO credentials;",
    );
    sql.push_str(
        "ALTER TABLE ba_accounts ADD COLUMN issuer TEXT; UPDATE ba_accounts SET issuer = 'somebody';",
    );
    // A row without a configuration is one of the default one.
    sql.push_str("UPDATE credentials SET configId = '' WHERE name = 'plain';");
    let imported = Imported::changed("better-auth", &sql);
    let report = imported.again(&[
        "--table-prefix",
        "ba_",
        "--rename",
        "apikey=credentials",
        "--rename",
        "apikey.key=hashed_key",
    ]);
    for table in ["user", "organization", "member", "apikey"] {
        assert!(report["counts"][table]["new"].as_u64() > Some(0), "{table}: {report}");
    }
    let server = imported.serve();
    let body = json!({ "key": imported.text("/keys/plain/key"), "configId": "default" });
    let plain = post(&server, "/api-key/verify", ROOT_KEY, &body).1;
    assert_eq!((&plain["valid"], &plain["key"]["configId"]), (&json!(true), &json!("default")), "{plain}");
    let bearer = format!("Bearer {}", imported.text("/sessions/ada/token"));
    assert_eq!(get(&server, "/get-session", ("authorization", &bearer)).1["user"]["name"], "Ada");
    let signed_in = json!({ "email": "ada@example.com", "password": "correct horse battery" });
    assert_eq!(post(&server, "/sign-in/email", "", &signed_in).0, 200);
}

#[test]
fn values_mean_the_same_as_other_databases_write_them() {
    // As a copy of the tables of a PostgreSQL or a MySQL has them.
    let sql =
        "UPDATE apikey SET enabled = 't', rateLimitEnabled = 'f', createdAt = '2026-01-02 03:04:05.678+00',
                 expiresAt = '2100-01-02 05:04:05+02' WHERE name = 'plain';
               UPDATE apikey SET enabled = 'false' WHERE name = 'quota';
               UPDATE apikey SET createdAt = '2026-01-02 03:04:05', enabled = 'true' WHERE name = 'metadata';
               UPDATE apikey SET expiresAt = '2020-01-02 03:04:05+00' WHERE name = 'later';";
    let imported = Imported::changed("better-auth", sql);
    imported.again(&[]);
    let server = imported.serve();
    let verify = |name: &str| {
        let body = json!({ "key": imported.text(&format!("/keys/{name}/key")) });
        post(&server, "/api-key/verify", ROOT_KEY, &body).1
    };
    let plain = verify("plain")["key"].clone();
    assert_eq!(
        (&plain["createdAt"], &plain["expiresAt"], &plain["rateLimitEnabled"]),
        (&json!("2026-01-02T03:04:05.678Z"), &json!("2100-01-02T03:04:05.000Z"), &json!(false))
    );
    assert_eq!(verify("metadata")["key"]["createdAt"], "2026-01-02T03:04:05.000Z");
    assert_eq!(verify("quota")["error"]["code"], "KEY_DISABLED");
    assert_eq!(verify("later")["valid"], false, "it has expired");
}

fn snake(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() })
        .collect()
}
