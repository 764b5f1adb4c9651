//! Many verifications at once over HTTP: on one connection, the next request sent before the last answer has come,
//! and on a hundred connections. Whatever the way, exactly what a key has is granted.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use serde_json::{Value, json};

use crate::program::{Folder, ROOT_KEY, Server, answer, keyward};

const CALLS: usize = 100;
const BETTER_AUTH: &str = "/api/auth/api-key/verify";
const NATIVE: &str = "/v1/keys/verify";

/// One connection, and the bytes of it that are not read yet.
struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Wire {
    fn open(server: &Server) -> Self {
        let address = server.url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, unread: Vec::new() }
    }

    fn send(&mut self, requests: &[u8]) {
        self.stream.write_all(requests).expect("written");
    }

    /// The body of the next answer, which must be a 200.
    fn answer(&mut self) -> Value {
        let end = loop {
            match self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => self.more(),
            }
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.expect("a length").trim().parse().expect("a number");
        while self.unread.len() < end + length {
            self.more();
        }
        let body = serde_json::from_slice(&self.unread[end..end + length]).expect("JSON");
        self.unread.drain(..end + length);
        body
    }

    fn more(&mut self) {
        let mut buffer = [0; 65_536];
        let n = self.stream.read(&mut buffer).expect("an answer");
        assert_ne!(n, 0, "the connection was closed");
        self.unread.extend_from_slice(&buffer[..n]);
    }
}

fn request(path: &str, key: &str) -> Vec<u8> {
    let body = json!({ "key": key }).to_string();
    format!(
        "POST {path} HTTP/1.1\r\nhost: keyward\r\nauthorization: Bearer {ROOT_KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// All of them written before the first answer is read.
fn on_one_connection(server: &Server, path: &str, key: &str) -> Vec<Value> {
    let mut wire = Wire::open(server);
    let requests = request(path, key).repeat(CALLS);
    let mut writer = wire.stream.try_clone().expect("a socket");
    let sending = thread::spawn(move || writer.write_all(&requests).expect("written"));
    let answers = (0..CALLS).map(|_| wire.answer()).collect();
    sending.join().expect("sent");
    answers
}

/// One each, all at the same moment.
fn on_many_connections(server: &Server, path: &str, key: &str) -> Vec<Value> {
    let start = Arc::new(Barrier::new(CALLS));
    let calls: Vec<_> = (0..CALLS)
        .map(|_| {
            let (mut wire, start, request) = (Wire::open(server), start.clone(), request(path, key));
            thread::spawn(move || {
                start.wait();
                wire.send(&request);
                wire.answer()
            })
        })
        .collect();
    calls.into_iter().map(|call| call.join().expect("an answer")).collect()
}

type Way = fn(&Server, &str, &str) -> Vec<Value>;
const WAYS: [(&str, Way); 2] =
    [("one connection", on_one_connection), ("many connections", on_many_connections)];

fn granted(answers: &[Value]) -> usize {
    assert_eq!(answers.len(), CALLS);
    answers.iter().filter(|answer| answer["valid"] == true).count()
}

fn post(server: &Server, path: &str, body: &Value) -> Value {
    let (status, answer) = server.post(&format!("/api/auth{path}"), ROOT_KEY, body);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// A key of the better-auth door, made by the operator for somebody who signed up.
fn key(server: &Server, user: &str, more: Value) -> Value {
    let mut body = json!({ "userId": user });
    body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    post(server, "/api-key/create", &body)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// A server, somebody's id, and their token.
fn started(folder: &Folder) -> (Server, String, String) {
    let variables = [("KEYWARD_ROOT_KEY", ROOT_KEY), ("KEYWARD_SIGNUP", "open")];
    let server = Server::start_with(&folder.data(), &variables);
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse battery" });
    let ada = post(&server, "/sign-up/email", &body);
    let id = text(&ada["user"], "id").to_owned();
    (server, id, text(&ada, "token").to_owned())
}

#[test]
fn a_hundred_at_once_spend_ten_uses_exactly_on_one_connection_and_on_many() {
    let folder = Folder::new();
    let (server, ada, _) = started(&folder);
    for (way, call) in WAYS {
        let key = key(&server, &ada, json!({ "remaining": 10, "rateLimitEnabled": false }));
        let answers = call(&server, BETTER_AUTH, text(&key, "key"));
        assert_eq!(granted(&answers), 10, "{way}");
        let mut left: Vec<_> = answers.iter().filter_map(|a| a["key"]["remaining"].as_i64()).collect();
        left.sort_unstable();
        assert_eq!(left, (0..10).collect::<Vec<_>>(), "{way}: no balance was granted twice");
        let (status, made) = server.post("/v1/keys", ROOT_KEY, &json!({ "name": way, "remaining": 10 }));
        assert_eq!(status, 201, "{made}");
        assert_eq!(granted(&call(&server, NATIVE, text(&made, "key"))), 10, "{way}, native");
    }
}

#[test]
fn a_hundred_at_once_pass_a_window_of_ten_exactly_and_only_those_cost_a_use() {
    let folder = Folder::new();
    let (server, ada, token) = started(&folder);
    for (way, call) in WAYS {
        let key = key(&server, &ada, json!({ "remaining": 50, "rateLimitMax": 10 }));
        let answers = call(&server, BETTER_AUTH, text(&key, "key"));
        assert_eq!(granted(&answers), 10, "{way}");
        let codes = answers.iter().filter_map(|answer| answer["error"]["code"].as_str());
        assert!(codes.clone().count() == 90 && codes.into_iter().all(|code| code == "RATE_LIMITED"), "{way}");
        let stored = read(&server, &token, &key);
        assert_eq!((&stored["remaining"], &stored["requestCount"]), (&json!(40), &json!(10)), "{way}");
    }
}

fn read(server: &Server, token: &str, key: &Value) -> Value {
    let path = format!("{}/api/auth/api-key/get?id={}", server.url, text(key, "id"));
    crate::program::http().get(path).bearer_auth(token).send().expect("an answer").json().expect("JSON")
}

#[test]
fn a_refill_that_is_due_is_granted_once() {
    let folder = Folder::new();
    let fixture = |ending: &str| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/better-auth.{ending}"))
    };
    let known: Value =
        serde_json::from_slice(&std::fs::read(fixture("json")).expect("the fixture")).expect("JSON");
    // Keys of a live installation, spent, last refilled years ago; the refill after this one is a day away.
    let mut import = keyward(&folder.data());
    answer(import.args(["import", "--json", "--apply", "--from", "better-auth"]).arg(fixture("db")));
    let server = Server::start(&folder.data());
    for ((way, call), name) in WAYS.into_iter().zip(["due", "due too"]) {
        let key = text(&known["keys"][name], "key");
        assert_eq!(granted(&call(&server, BETTER_AUTH, key)), 10, "{way}");
        assert_eq!(granted(&call(&server, BETTER_AUTH, key)), 0, "{way}: it was one refill");
    }
}

/// What is changed while verifications run, and what is seen from the answer on.
struct Changed {
    change: Value,
    asked: Value,
    code: &'static str,
    stored: (&'static str, Value),
}

#[test]
fn a_change_made_during_verifications_holds_from_its_answer_on_and_is_never_overwritten() {
    let changes = [
        Changed {
            change: json!({ "enabled": false }),
            asked: json!({}),
            code: "KEY_DISABLED",
            stored: ("enabled", json!(false)),
        },
        Changed {
            change: json!({ "permissions": { "files": ["list"] } }),
            asked: json!({ "permissions": { "files": ["read"] } }),
            code: "KEY_NOT_FOUND",
            stored: ("permissions", json!({ "files": ["list"] })),
        },
    ];
    for changed in changes {
        let folder = Folder::new();
        let (server, ada, token) = started(&folder);
        let permissions = json!({ "files": ["read", "list"] });
        let more = json!({ "remaining": 1_000_000, "rateLimitEnabled": false, "permissions": permissions });
        let key = key(&server, &ada, more);
        let mut asked = changed.asked.clone();
        asked["key"] = key["key"].clone();
        let granted = verify_during(&server, &asked, changed.code, || {
            let mut body = changed.change.clone();
            (body["keyId"], body["userId"]) = (key["id"].clone(), json!(ada));
            post(&server, "/api-key/update", &body);
        });
        let (name, want) = &changed.stored;
        let stored = read(&server, &token, &key);
        assert_eq!(&stored[*name], want);
        assert_eq!(
            stored["remaining"],
            json!(1_000_000 - granted),
            "every grant was paid for, no refusal was"
        );
        // What is written at the end of the server does not bring the old state back either.
        assert!(server.stop().success());
        let (server, token) = (Server::start(&folder.data()), token);
        assert_eq!(&read(&server, &token, &key)[*name], want);
    }
}

/// Verifies on eight connections without a pause; `change` runs in between. From its answer on every verification
/// is refused as `code`. Answers how many were granted.
fn verify_during(server: &Server, asked: &Value, code: &str, change: impl FnOnce()) -> i64 {
    let (done, enough) = (AtomicBool::new(false), Barrier::new(9));
    let body = asked.to_string();
    let request = format!(
        "POST {BETTER_AUTH} HTTP/1.1\r\nhost: keyward\r\nauthorization: Bearer {ROOT_KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let (mut wire, mut granted, mut refused) = (Wire::open(server), 0, 0);
                    while refused < 20 {
                        // Read before the request: one begun after the answer must see the change.
                        let after = done.load(SeqCst);
                        wire.send(request.as_bytes());
                        let answer = wire.answer();
                        match answer["valid"].as_bool() {
                            Some(true) => {
                                assert!(!after, "granted after the change: {answer}");
                                granted += 1;
                                if granted == 5 {
                                    enough.wait();
                                }
                            }
                            _ => {
                                assert_eq!(answer["error"]["code"], code, "{answer}");
                                refused += 1;
                            }
                        }
                    }
                    granted
                })
            })
            .collect();
        // All of them are at it.
        enough.wait();
        change();
        done.store(true, SeqCst);
        callers.into_iter().map(|caller| caller.join().expect("a caller")).sum()
    })
}
