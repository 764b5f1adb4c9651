//! The databases of a real better-auth and a real NocoBase (made by the scripts in `clients/*/fixture`), taken over.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::program::{Folder, ROOT_KEY, Server, answer, http, keyward, text};

mod made;
mod nocobase;

struct Fixture {
    folder: Folder,
    from: &'static str,
    /// The database.
    file: PathBuf,
    /// What the script wrote down: texts of keys, ids.
    known: Value,
}

impl Fixture {
    fn new(from: &'static str) -> Self {
        Self::of(from, from)
    }

    /// A file that is not called like the product.
    fn of(from: &'static str, name: &str) -> Self {
        let known = fs::read(fixture(name, "json")).expect("the fixture");
        let known = serde_json::from_slice(&known).expect("JSON");
        Self { folder: Folder::new(), from, file: fixture(name, "db"), known }
    }

    /// The same, changed by somebody with a shell for SQL.
    fn changed(from: &'static str, name: &str, sql: &str) -> Self {
        let mut fixture = Self::of(from, name);
        let copy = fixture.folder.file("changed.db", "");
        fs::copy(&fixture.file, &copy).expect("a copy");
        test_world::write_foreign(&copy, sql);
        fixture.file = copy;
        fixture
    }

    fn file(&self) -> PathBuf {
        self.file.clone()
    }

    fn key(&self, name: &str) -> &str {
        let key = &self.known["keys"][name];
        key["key"].as_str().or(key["token"].as_str()).unwrap_or_else(|| panic!("no key {name}"))
    }

    /// Its report, in JSON.
    fn import(&self, args: &[&str]) -> Value {
        let mut command = keyward(&self.folder.data());
        command.args(["import", "--json", "--from", self.from]).arg(self.file()).args(args);
        if let Some(key) = self.known["app_key"].as_str() {
            command.env("KEYWARD_APP_KEY", key);
        }
        answer(&mut command)
    }

    fn serve(&self) -> Server {
        let mut variables = vec![("KEYWARD_ROOT_KEY", ROOT_KEY)];
        variables.extend(self.known["app_key"].as_str().map(|key| ("KEYWARD_APP_KEY", key)));
        Server::start_with(&self.folder.data(), &variables)
    }
}

fn fixture(name: &str, ending: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.{ending}"))
}

fn rows(report: &Value) -> &Vec<Value> {
    report["rows"].as_array().expect("rows")
}

fn row<'r>(report: &'r Value, table: &str, name: &str) -> &'r Value {
    let found = rows(report).iter().find(|row| row["table"] == table && row["name"] == name);
    found.unwrap_or_else(|| panic!("no row {table} {name}"))
}

#[test]
fn a_dry_run_writes_nothing_and_says_the_same_as_the_run() {
    for from in ["better-auth", "nocobase"] {
        let fixture = Fixture::new(from);
        let before = fs::read(fixture.file()).expect("the file");
        let dry = fixture.import(&[]);
        assert!(!fixture.folder.data().exists(), "not even a folder");
        let applied = fixture.import(&["--apply"]);
        assert_eq!(rows(&dry).len(), rows(&applied).len());
        for (dry, applied) in rows(&dry).iter().zip(rows(&applied)) {
            assert_eq!((&dry["id"], &dry["outcome"]), (&applied["id"], &applied["outcome"]), "{applied}");
        }
        assert_eq!(fs::read(fixture.file()).expect("the file"), before, "the source is only read");
        let keys = answer(keyward(&fixture.folder.data()).args(["keys", "list", "--json"]))["total"].clone();
        fixture.import(&[]);
        let later = answer(keyward(&fixture.folder.data()).args(["keys", "list", "--json"]))["total"].clone();
        assert_eq!(keys, later);
    }
}

#[test]
fn importing_twice_is_the_same_as_once() {
    for from in ["better-auth", "nocobase"] {
        let fixture = Fixture::new(from);
        let first = fixture.import(&["--apply"]);
        let state = |what: &str| answer(keyward(&fixture.folder.data()).args([what, "list", "--json"]));
        let before = ["users", "roles", "keys"].map(state);
        let second = fixture.import(&["--apply"]);
        for (first, second) in rows(&first).iter().zip(rows(&second)) {
            let expected = match first["outcome"].as_str() {
                Some("new" | "tombstone") => "there",
                Some(other) => other,
                None => panic!("{first}"),
            };
            assert_eq!(second["outcome"], expected, "{second}");
            assert_eq!(first["here"], second["here"], "{second}");
        }
        assert_eq!(before, ["users", "roles", "keys"].map(state));
    }
}

#[test]
fn every_refusal_has_a_reason_and_no_report_holds_a_secret() {
    for from in ["better-auth", "nocobase"] {
        let fixture = Fixture::new(from);
        let report = fixture.import(&["--apply"]);
        let refused: Vec<_> = rows(&report).iter().filter(|row| row["outcome"] == "refused").collect();
        assert!(!refused.is_empty());
        assert!(refused.iter().all(|row| row["reason"].as_str().is_some_and(|why| !why.is_empty())));
        let written = report.to_string();
        for (name, key) in fixture.known["keys"].as_object().expect("keys") {
            let key = key["key"].as_str().or(key["token"].as_str()).expect("a text");
            assert!(!written.contains(key), "{name}");
        }
    }
}

#[test]
fn keys_of_better_auth_work_on_and_dead_ones_stay_dead() {
    let fixture = Fixture::new("better-auth");
    let report = fixture.import(&["--apply"]);
    assert_eq!(row(&report, "apikey", "nothing")["outcome"], "refused");
    let server = fixture.serve();
    let verify = |name: &str, permissions: Value| {
        let mut body = json!({ "key": fixture.key(name) });
        if !permissions.is_null() {
            body["permissions"] = permissions;
        }
        server.post("/api/auth/api-key/verify", ROOT_KEY, &body).1
    };
    for name in ["plain", "prefixed", "later", "service", "organization", "unhashed", "ownerless", "used"] {
        assert_eq!(verify(name, Value::Null)["valid"], true, "{name}: {}", verify(name, Value::Null));
    }
    for (name, code) in [
        ("disabled", "KEY_DISABLED"),
        ("expired", "KEY_EXPIRED"),
        ("deleted", "INVALID_API_KEY"),
        ("spent", "USAGE_EXCEEDED"),
    ] {
        let verdict = verify(name, Value::Null);
        assert_eq!((&verdict["valid"], &verdict["error"]["code"]), (&json!(false), &json!(code)), "{name}");
    }
    let seen = verify("permitted", json!({ "files": ["read", "write"] }));
    assert_eq!(seen["key"]["permissions"]["files"], json!(["read", "write"]));
    assert_eq!(seen["key"]["referenceId"], fixture.known["users"]["ada"], "programs know the old id");
    assert_eq!(verify("permitted", json!({ "files": ["delete"] }))["valid"], false);
    assert_eq!(verify("broken permissions", json!({ "files": ["read"] }))["valid"], false);
    assert_eq!(verify("metadata", Value::Null)["key"]["metadata"], json!({ "plan": "pro", "seats": 3 }));
    assert_eq!(verify("twice encoded", Value::Null)["key"]["metadata"], json!({ "plan": "old" }));
    assert_eq!(verify("null metadata", Value::Null)["key"]["metadata"], Value::Null);
    // What was used there counts here: one of two was, one more was above.
    assert_eq!(verify("used", Value::Null)["error"]["code"], "RATE_LIMITED");
    let left: Vec<_> = (0..4).map(|_| verify("quota", Value::Null)["key"]["remaining"].clone()).collect();
    assert_eq!(left, [json!(2), json!(1), json!(0), Value::Null]);
    // A resource named like a table of ours opened none there.
    let (status, _) = server.post("/api/todos:list", fixture.key("permitted"), &json!({}));
    assert!(status == 403 || status == 404, "{status}");
}

#[test]
fn people_of_better_auth_keep_their_password_and_it_is_kept_better_from_then_on() {
    let fixture = Fixture::new("better-auth");
    fixture.import(&["--apply"]);
    let hash = || {
        let path = fixture.folder.data().join("keyward.db");
        let bytes = fs::read(path).expect("the database");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (text.matches("$scrypt$").count(), text.matches("$argon2id$").count())
    };
    assert_eq!(hash(), (2, 0));
    let server = fixture.serve();
    let sign_in = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        server.post("/api/auth/sign-in/email", "", &body).0
    };
    assert_eq!(sign_in("ada@example.com", "correct horse batterY"), 401);
    assert_eq!(sign_in("ada@example.com", "correct horse battery"), 200);
    assert_eq!(sign_in("ada@example.com", "correct horse battery"), 200, "also as argon2id");
    // The accent written as a letter of its own.
    assert_eq!(sign_in("bob@example.com", "cafe\u{301}-pass-word"), 200);
    assert!(server.stop().success());
    assert!(hash().1 >= 2, "{:?}", hash());
}

#[test]
fn tokens_of_nocobase_open_what_their_role_opens_and_nothing_more() {
    let fixture = Fixture::new("nocobase");
    let report = fixture.import(&["--apply"]);
    for (name, outcome) in [
        ("guide", "new"),
        ("short", "new"),
        ("signed out", "tombstone"),
        ("forged", "refused"),
        ("other owner", "refused"),
        ("other role", "refused"),
        ("junk", "refused"),
        ("from the command line", "new"),
    ] {
        assert_eq!(row(&report, "apiKeys", name)["outcome"], outcome, "{name}");
    }
    let server = fixture.serve();
    let call = |name: &str, action: &str| {
        let request = http().get(format!("{}/api/{action}", server.url)).bearer_auth(fixture.key(name));
        let response = request.send().expect("an answer");
        (response.status().as_u16(), response.json::<Value>().unwrap_or_default())
    };
    let (status, list) = call("guide", "todos:list");
    assert_eq!((status, &list["meta"]["count"]), (200, &json!(3)), "{list}");
    assert_eq!(list["data"][0]["title"], "eat food");
    assert!(list["data"][0].get("due").is_none(), "a field its role does not list");
    assert_eq!(call("from the command line", "todos:list").0, 200);
    assert_eq!(call("super", "todos:list").0, 200);
    let (_, open) = call("open", "todos:list");
    assert_eq!(open["meta"]["count"], 2, "only the rows of its scope: {open}");
    assert_eq!(call("guide", "users:list").0, 403);
    for (name, code) in [
        ("short", "INVALID_TOKEN"),
        ("signed out", "BLOCKED_TOKEN"),
        ("deleted", "BLOCKED_TOKEN"),
        ("without a row", "BLOCKED_TOKEN"),
        ("forged", "INVALID_TOKEN"),
        ("other owner", "BLOCKED_TOKEN"),
        ("other role", "BLOCKED_TOKEN"),
        ("role taken", "ROLE_NOT_FOUND_FOR_USER"),
    ] {
        let (status, body) = call(name, "todos:list");
        assert_eq!((status, &body["errors"][0]["code"]), (401, &json!(code)), "{name}: {body}");
    }
    // Root of its collections is not root of this server.
    let (status, _) = server.post("/v1/keys/verify", fixture.key("super"), &json!({ "key": "kw_live_x" }));
    assert_eq!(status, 403);
    let sign_in = |password: &str| {
        server.post("/api/auth:signIn", "", &json!({ "account": "ada", "password": password })).0
    };
    assert_eq!(sign_in("wrong-password"), 401);
    assert_eq!(sign_in("correct horse battery"), 200);
}

#[test]
fn with_another_app_key_every_row_is_refused_and_it_says_what_to_do() {
    let fixture = Fixture::new("nocobase");
    let wrong = fixture.import(&["--app-key", "another-key-altogether", "--apply"]);
    let keys: Vec<_> = rows(&wrong).iter().filter(|row| row["table"] == "apiKeys").collect();
    assert!(keys.len() > 10 && keys.iter().all(|row| row["outcome"] == "refused"));
    // The right key, and a server that signs with another one.
    let mut command = keyward(&fixture.folder.data());
    let key = fixture.known["app_key"].as_str().expect("a key");
    command.args(["import", "--json", "--from", "nocobase", "--app-key", key]).arg(fixture.file());
    let report = answer(command.env("KEYWARD_APP_KEY", "a-key-of-this-server-alone"));
    let said = row(&report, "apiKeys", "guide")["reason"].as_str().expect("a reason").to_owned();
    assert!(said.contains("KEYWARD_APP_KEY"), "{said}");
}

#[test]
fn tokens_signed_with_the_bytes_of_a_file_are_read_where_that_file_is_named() {
    let fixture = Fixture::new("nocobase");
    let secret = fixture.folder.file("jwt_secret.dat", fixture.known["app_key"].as_str().expect("a key"));
    let import = |variables: &[(&str, &std::path::Path)]| {
        let mut command = keyward(&fixture.folder.data());
        command.args(["import", "--json", "--apply", "--from", "nocobase", "--jwt-secret-file"]);
        answer(command.arg(&secret).arg(fixture.file()).envs(variables.iter().copied()))
    };
    let refused = import(&[]);
    let why = row(&refused, "apiKeys", "guide")["reason"].as_str().expect("a reason").to_owned();
    assert!(why.contains("KEYWARD_JWT_SECRET_FILE"), "{why}");
    // What was refused comes with the next run.
    let came = import(&[("KEYWARD_JWT_SECRET_FILE", &secret)]);
    assert_eq!(row(&came, "apiKeys", "guide")["outcome"], "new");
    assert_eq!(row(&came, "users", "ada")["outcome"], "there");
    let path = secret.to_str().expect("a path");
    let server = Server::start_with(&fixture.folder.data(), &[("KEYWARD_JWT_SECRET_FILE", path)]);
    let list = http().get(format!("{}/api/todos:list", server.url)).bearer_auth(fixture.key("guide"));
    assert_eq!(list.send().expect("an answer").status().as_u16(), 200);
}

#[test]
fn a_table_that_was_here_before_is_neither_filled_nor_opened() {
    let fixture = Fixture::new("nocobase");
    {
        let server = fixture.serve();
        let body = json!({ "name": "todos", "fields": [{ "name": "secret", "type": "string" }] });
        assert_eq!(server.post("/api/collections:create", ROOT_KEY, &body).0, 200);
        assert_eq!(server.post("/api/todos:create", ROOT_KEY, &json!({ "secret": "ours" })).0, 200);
        assert!(server.stop().success());
    }
    let report = fixture.import(&["--apply"]);
    let collection = rows(&report).iter().find(|row| row["table"] == "collections" && row["id"] == "todos");
    assert_eq!(collection.expect("a row")["outcome"], "refused");
    let server = fixture.serve();
    for name in ["guide", "open", "super", "administrator"] {
        let list = http().get(format!("{}/api/todos:list", server.url)).bearer_auth(fixture.key(name));
        assert_eq!(list.send().expect("an answer").status().as_u16(), 403, "{name}");
        // Nor is its structure theirs to change.
        for (action, body) in [
            ("collections:destroy?filterByTk=todos", json!({})),
            ("collections/todos/fields:create", json!({ "name": "mine", "type": "string" })),
        ] {
            assert_eq!(
                server.post(&format!("/api/{action}"), fixture.key(name), &body).0,
                403,
                "{name} {action}"
            );
        }
    }
}

#[test]
fn a_name_alone_does_not_make_two_accounts_one_person() {
    let fixture = Fixture::new("better-auth");
    let made = with_user(&fixture);
    let report = fixture.import(&["--apply"]);
    assert_eq!(row(&report, "user", "ada@example.com")["outcome"], "refused");
    assert_eq!(row(&report, "apikey", "plain")["outcome"], "refused", "nor its keys");
    let report = fixture.import(&["--apply", "--link-users"]);
    assert_eq!(row(&report, "user", "ada@example.com")["here"], made["id"]);
    assert_eq!(row(&report, "apikey", "plain")["outcome"], "new");
}

fn with_user(fixture: &Fixture) -> Value {
    let mut command = keyward(&fixture.folder.data());
    command.args(["users", "create", "--email", "Ada@example.com", "--no-password", "--json"]);
    answer(&mut command)
}

#[test]
fn what_is_no_database_of_that_product_is_said_plainly() {
    let folder = Folder::new();
    let wrong = keyward(&folder.data())
        .args(["import", "--from", "nocobase"])
        .arg(fixture("better-auth", "db"))
        .output()
        .expect("it runs");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("no table apiKeys"), "{}", text(&wrong.stderr));
}
