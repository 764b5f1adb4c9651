//! Start, stop, restart and sudden death of a server.

use serde_json::json;

use crate::program::{Folder, ROOT_KEY, Server, json, keyward, run, text};

#[test]
fn a_server_starts_with_nothing_answers_and_stops_cleanly() {
    let folder = Folder::new();
    let server = Server::start_with(&folder.data(), &[]);
    assert_eq!(server.announced["administrator"], false);
    assert_eq!(server.get("/v1/health").0, 200);
    assert_eq!(server.get("/v1/ready").0, 200);
    assert_eq!(server.get("/nothing-here").0, 404);
    assert!(server.stop().success());
}

#[test]
fn a_request_that_runs_at_shutdown_is_still_answered() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.data());
    // Password hashing takes long enough to be in the middle of it.
    let body = json!({ "username": "slow", "password": "a long enough password" });
    let url = format!("{}/v1/users", server.url);
    let request = std::thread::spawn(move || {
        crate::program::http()
            .post(url)
            .bearer_auth(ROOT_KEY)
            .json(&body)
            .send()
            .map(|answer| answer.status().as_u16())
    });
    server.signal("-TERM");
    let answer = request.join().expect("no panic");
    assert!(server.wait().success());
    // Either it came in time and was answered in full, or the port was closed already: never half an answer.
    assert!(matches!(answer, Ok(201) | Err(_)), "{answer:?}");
}

#[test]
fn keys_survive_a_restart_and_a_sudden_death() {
    let folder = Folder::new();
    let data = folder.data();
    let mut server = Server::start(&data);
    let (status, made) = server.post("/v1/keys", ROOT_KEY, &json!({ "name": "lasting" }));
    assert_eq!(status, 201, "{made}");
    let secret = made["key"].as_str().expect("a secret").to_owned();
    assert!(server.verifies(&secret));
    server.signal("-KILL");
    server.wait();

    let server = Server::start(&data);
    assert!(server.verifies(&secret), "after kill -9");
    assert!(server.stop().success());

    let server = Server::start(&data);
    assert!(server.verifies(&secret), "after a restart");
    assert!(!server.log().contains(&secret) && !server.log().contains(ROOT_KEY), "no secret in the log");
    assert!(server.stop().success());
    let doctor = json(&data, &["doctor"]);
    assert_eq!(doctor["healthy"], true, "{doctor}");
}

#[test]
fn a_taken_port_is_said_with_what_to_do() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = run(&folder.data(), &["serve", "--listen", &address]);
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("already in use") && said.contains("--listen"), "{said}");
    assert!(!folder.data().exists(), "nothing was made for a server that cannot start");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = Folder::new();
    let first = Server::start(&folder.data());
    let output = run(&folder.data(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("in use by another keyward"), "{said}");
    assert_eq!(first.get("/v1/health").0, 200, "the first one is not disturbed");
}

#[test]
fn the_first_administrator_comes_from_the_environment_and_is_never_changed_by_it_again() {
    let folder = Folder::new();
    let sign_in = |server: &Server, password: &str| {
        server.post("/api/auth:signIn", "", &json!({ "account": "me@example.com", "password": password })).0
    };
    let mut variables = [("INIT_ROOT_EMAIL", "me@example.com"), ("KEYWARD_ADMIN_PASSWORD", "first password")];
    let server = Server::start_with(&folder.data(), &variables);
    assert_eq!(server.announced["administrator"], true);
    assert_eq!(sign_in(&server, "first password"), 200);
    assert!(server.stop().success());
    variables[1].1 = "second password";
    let server = Server::start_with(&folder.data(), &variables);
    assert_eq!(sign_in(&server, "second password"), 401);
    assert_eq!(sign_in(&server, "first password"), 200);
}

#[test]
fn the_first_lines_tell_a_newcomer_what_to_copy() {
    let folder = Folder::new();
    let mut child =
        keyward(&folder.data()).args(["serve", "--listen", "127.0.0.1:0"]).spawn().expect("it starts");
    let mut said = String::new();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("output")));
    while !said.contains(" demo") {
        said.push_str(&lines.next().expect("more lines").expect("text"));
        said.push('\n');
    }
    let _ = child.kill();
    let _ = child.wait();
    for needed in
        ["http://127.0.0.1:", "/docs", "users create --root", "keys create", "Authorization: Bearer"]
    {
        assert!(said.contains(needed), "{needed} in {said}");
    }
}
