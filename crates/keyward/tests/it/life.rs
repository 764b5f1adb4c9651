//! Start, stop, restart and sudden death of a server.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::json as body;

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
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("a connection");
    let body = r#"{"name":"last one"}"#;
    let head = format!(
        "POST /v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ROOT_KEY}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("written");
    // The interim answer says that the request is being read.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).expect("100 Continue");
    server.signal("-TERM");
    while TcpStream::connect(server.url.trim_start_matches("http://")).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(server.wait().success());
    let listed = json(&folder.data(), &["keys", "list"]);
    assert_eq!(listed["items"][0]["name"], "last one", "what was acknowledged is there");
}

#[test]
fn keys_survive_a_restart_and_a_sudden_death() {
    let folder = Folder::new();
    let data = folder.data();
    let mut server = Server::start(&data);
    let (status, made) = server.post("/v1/keys", ROOT_KEY, &body!({ "name": "lasting" }));
    assert_eq!(status, 201, "{made}");
    let secret = made["key"].as_str().expect("a secret").to_owned();
    assert!(server.verifies(&secret));
    server.signal("-KILL");
    server.wait();
    let listed = json(&data, &["keys", "list"]);
    assert_eq!(listed["total"], 1, "commands are not held up by what the dead server left behind");

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
        server.post("/api/auth:signIn", "", &body!({ "account": "me@example.com", "password": password })).0
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
    for needed in [
        "http://127.0.0.1:",
        "/docs",
        "users create --root",
        "keys create",
        "Authorization: Bearer",
        "todos:list",
    ] {
        assert!(said.contains(needed), "{needed} in {said}");
    }
}

#[test]
fn a_connection_outlives_a_body_that_nobody_wanted() {
    let folder = Folder::new();
    let server = Server::start(&folder.data());
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("a connection");
    let body = " ".repeat(900_000);
    for end in ["keep-alive", "close"] {
        let head = format!(
            "POST /api/swagger:getUrls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ROOT_KEY}\r\n\
             Connection: {end}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("written");
        stream.write_all(body.as_bytes()).expect("taken");
    }
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("answers to the end");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
}

#[test]
fn who_sends_a_little_too_much_reads_that_it_was_too_much() {
    let folder = Folder::new();
    let server = Server::start(&folder.data());
    let body = " ".repeat(800_000);
    for sent in ["all at once", "in pieces"] {
        let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("a connection");
        let length = match sent {
            "all at once" => format!("Content-Length: {}\r\n\r\n{body}", body.len()),
            _ => format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        };
        let head = format!(
            "POST /v1/keys/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ROOT_KEY}\r\n\
             Connection: close\r\nContent-Type: application/json\r\n{length}"
        );
        stream.write_all(head.as_bytes()).expect("taken to the end");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"), "{sent}: {answer}");
    }
}
