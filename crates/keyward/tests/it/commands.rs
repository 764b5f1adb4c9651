//! Commands on a data folder, through the server that runs on it, and against a URL: the same words, the same answers.

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::program::{Folder, ROOT_KEY, Server, answer, keyward, text, with_input};

/// One way to reach the same keys.
type Way<'a> = &'a dyn Fn() -> Command;

/// Create, list, show, update, verify, rotate, disable, revoke.
fn life_of_a_key(way: Way<'_>) {
    let json = |args: &[&str]| answer(way().args(args).arg("--json"));
    let made = json(&[
        "keys",
        "create",
        "--name",
        "backend",
        "--permission",
        "files=read",
        "--rate-limit",
        "100/1m",
    ]);
    let (id, secret) = (made["id"].as_str().expect("an id"), made["key"].as_str().expect("a secret"));
    assert_eq!(made["rate_limit"]["window_ms"], 60_000);

    let listed = json(&["keys", "list"]);
    assert!(
        listed["items"].as_array().is_some_and(|keys| keys.iter().any(|key| key["id"] == id)),
        "{listed}"
    );
    assert!(!listed.to_string().contains(secret), "a list shows no secret");
    assert_eq!(json(&["keys", "show", id])["name"], "backend");
    assert_eq!(
        json(&["keys", "update", id, "--name", "renamed", "--clear", "rate_limit"])["name"],
        "renamed"
    );

    assert!(verdict(way, secret, &["--permission", "files=read"]).1, "it holds what it was given");
    assert!(!verdict(way, secret, &["--permission", "files=write"]).1, "and nothing else");
    let rotated = json(&["keys", "rotate", id, "--overlap", "1h"]);
    let second = rotated["key"].as_str().expect("a new secret");
    assert!(verdict(way, secret, &[]).1 && verdict(way, second, &[]).1, "both secrets during the overlap");

    json(&["keys", "disable", id]);
    assert_eq!(verdict(way, second, &[]).0["reason"], "disabled");
    json(&["keys", "enable", id]);
    assert!(verdict(way, second, &[]).1);
    json(&["keys", "revoke", id]);
    assert!(!verdict(way, second, &[]).1, "revoked means revoked");
}

fn verdict(way: Way<'_>, secret: &str, args: &[&str]) -> (Value, bool) {
    let output = with_input(way().arg("verify").args(args).arg("--json"), secret);
    let verdict: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)));
    let valid = verdict["valid"].as_bool().expect("valid");
    assert_eq!(output.status.success(), valid, "the exit code says the same");
    (verdict, valid)
}

#[test]
fn keys_live_their_life_on_the_data_folder() {
    let folder = Folder::new();
    life_of_a_key(&|| keyward(&folder.data()));
}

#[test]
fn keys_live_their_life_through_the_server_that_runs_on_the_folder() {
    let folder = Folder::new();
    let _server = Server::start_with(&folder.data(), &[]);
    life_of_a_key(&|| keyward(&folder.data()));
}

#[test]
fn keys_live_their_life_at_a_url_with_the_root_key() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let server = Server::start(&folder.data());
    life_of_a_key(&|| at_url(&elsewhere.data(), &server.url, ROOT_KEY));
    assert!(!elsewhere.data().exists(), "the folder of the caller is not touched");
}

#[test]
fn a_wrong_root_key_opens_nothing_and_is_never_shown() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let server = Server::start(&folder.data());
    let wrong = "wrong-root-key-0123456789-abcdefghijklm";
    let output =
        at_url(&elsewhere.data(), &server.url, wrong).args(["keys", "list"]).output().expect("it runs");
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("KEYWARD_ROOT_KEY"), "{said}");
    assert!(!said.contains(wrong) && !server.log().contains(wrong));
}

#[test]
fn the_server_on_the_folder_takes_its_configured_root_key_and_no_other() {
    let folder = Folder::new();
    let _server = Server::start(&folder.data());
    let without = keyward(&folder.data()).args(["keys", "list"]).output().expect("it runs");
    assert!(!without.status.success());
    assert!(text(&without.stderr).contains("set the same KEYWARD_ROOT_KEY"), "{}", text(&without.stderr));
    let listed =
        answer(keyward(&folder.data()).env("KEYWARD_ROOT_KEY", ROOT_KEY).args(["keys", "list", "--json"]));
    assert_eq!(listed["total"], 0);
}

#[cfg(unix)]
#[test]
fn everything_in_the_data_folder_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    // A folder that others may look into, made by somebody else.
    std::fs::create_dir(folder.data()).expect("made");
    let _server = Server::start_with(&folder.data(), &[]);
    for entry in std::fs::read_dir(folder.data()).expect("the folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("its mode").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.path());
    }
}

#[test]
fn looking_at_a_folder_without_data_makes_none() {
    let folder = Folder::new();
    let output = keyward(&folder.data()).args(["keys", "list"]).output().expect("it runs");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("there is no data"), "{}", text(&output.stderr));
    assert!(!folder.data().exists());
}

fn at_url(data: &Path, url: &str, root_key: &str) -> Command {
    let mut command = keyward(data);
    command.env("KEYWARD_URL", url).env("KEYWARD_ROOT_KEY", root_key);
    command
}

#[test]
fn a_password_is_read_from_standard_input_and_the_user_can_sign_in_with_it() {
    let folder = Folder::new();
    let data = folder.data();
    let mut create = keyward(&data);
    create.args(["users", "create", "--root", "--email", "me@example.com", "--json"]);
    let output = with_input(&mut create, "a long enough password\n");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("a long enough"), "no password in the answer");
    let server = Server::start(&data);
    assert_eq!(server.announced["administrator"], true);
    let account = serde_json::json!({ "account": "me@example.com", "password": "a long enough password" });
    assert_eq!(server.post("/api/auth:signIn", "", &account).0, 200);
}

#[test]
fn a_printed_link_sets_a_password_once_and_is_in_no_log() {
    let folder = Folder::new();
    let data = folder.data();
    let mut create = keyward(&data);
    create.args(["users", "create", "--root", "--email", "me@example.com", "--json"]);
    assert!(with_input(&mut create, "a long enough password\n").status.success());
    let server = Server::start(&data);
    // As a person sees it: the link alone on standard output.
    let printed = keyward(&data)
        .env("KEYWARD_MAIL_LINK_URL", "https://app.example/")
        .env("KEYWARD_ROOT_KEY", ROOT_KEY)
        .args(["users", "reset-link", "me@example.com"])
        .output()
        .expect("it runs");
    let link = text(&printed.stdout);
    let token = link.trim().strip_prefix("https://app.example/reset-password?resetToken=").expect("a link");
    let token = token.strip_suffix("&name=basic").expect("a link");
    let set = |password: &str| {
        let body = serde_json::json!({ "resetToken": token, "password": password });
        server.post("/api/auth:resetPassword", "", &body).0
    };
    assert_eq!((set("another long password"), set("yet another password")), (200, 401));
    let account = serde_json::json!({ "account": "me@example.com", "password": "another long password" });
    assert_eq!(server.post("/api/auth:signIn", "", &account).0, 200);
    assert!(!server.log().contains(token));
    // Where no application is named, a page of this server is what opens.
    let own = |page: &str| {
        let mut command = keyward(&data);
        command.env("KEYWARD_ROOT_KEY", ROOT_KEY).env("KEYWARD_NOCOBASE_PAGE", page);
        command.env("KEYWARD_BASE_URL", "https://keys.example/behind/");
        text(&command.args(["users", "reset-link", "me@example.com"]).output().expect("it runs").stdout)
    };
    assert!(own("on").starts_with("https://keys.example/behind/nocobase/#/reset-password?resetToken=kwp_"));
    assert!(own("off").starts_with("https://keys.example/behind/reset-password?resetToken=kwp_"));
    // Of a server that was named, its own.
    let mut there = at_url(&data, &server.url, ROOT_KEY);
    let there =
        text(&there.args(["users", "reset-link", "me@example.com"]).output().expect("it runs").stdout);
    assert!(there.starts_with(&format!("{}/nocobase/#/reset-password?resetToken=kwp_", server.url)));
    let nobody = ["users", "reset-link", "you@example.com"];
    let nobody = keyward(&data).env("KEYWARD_ROOT_KEY", ROOT_KEY).args(nobody).output().expect("it runs");
    assert_eq!(nobody.status.code(), Some(1));
}

#[test]
fn users_and_roles_are_made_changed_and_removed() {
    let folder = Folder::new();
    let json = |args: &[&str]| answer(keyward(&folder.data()).args(args).arg("--json"));
    let role = json(&["roles", "create", "reader", "--title", "Reader"]);
    assert_eq!(role["name"], "reader");
    assert_eq!(json(&["roles", "update", "reader", "--title", "Readers"])["title"], "Readers");
    let user = json(&["users", "create", "--username", "robot", "--no-password", "--role", "reader"]);
    let id = user["id"].as_str().expect("an id");
    assert_eq!(json(&["users", "disable", id])["active"], false);
    assert_eq!(json(&["users", "show", id])["username"], "robot");
    json(&["users", "delete", id]);
    json(&["roles", "delete", "reader"]);
    let gone = keyward(&folder.data()).args(["roles", "show", "reader"]).output().expect("it runs");
    assert_eq!(gone.status.code(), Some(1));
}

#[test]
fn an_error_of_the_server_is_said_in_its_words() {
    let folder = Folder::new();
    let output =
        keyward(&folder.data()).args(["keys", "create", "--type", "admin"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("type"), "{said}");
}
