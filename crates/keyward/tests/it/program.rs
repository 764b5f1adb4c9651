//! Runs the binary: commands to their end, servers until they are dropped.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, Once},
};

use serde_json::Value;

pub const ROOT_KEY: &str = "root-key-for-tests-0123456789-abcdefghij";

/// The binary with none of this terminal's settings.
pub fn keyward(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    for (name, _) in std::env::vars() {
        if name.starts_with("KEYWARD_") || name.starts_with("INIT_ROOT_") {
            command.env_remove(name);
        }
    }
    command.current_dir(data.parent().expect("a folder for the test")).arg("--data").arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run(data: &Path, args: &[&str]) -> Output {
    keyward(data).args(args).output().expect("the binary runs")
}

/// A command that must succeed; its answer as JSON.
pub fn json(data: &Path, args: &[&str]) -> Value {
    answer(keyward(data).args(args).arg("--json"))
}

pub fn answer(command: &mut Command) -> Value {
    let output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// Runs with something on standard input.
pub fn with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary runs");
    child.stdin.take().expect("standard input").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("the binary ends")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running server.
pub struct Server {
    child: Child,
    pub url: String,
    pub announced: Value,
    log: Arc<Mutex<String>>,
}

impl Server {
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[("KEYWARD_ROOT_KEY", ROOT_KEY)])
    }

    pub fn start_with(data: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = keyward(data);
        command.args(["serve", "--listen", "127.0.0.1:0", "--json", "--log-level", "debug"]);
        command.envs(variables.iter().copied());
        let mut child = command.spawn().expect("the server starts");
        let log = collect(child.stderr.take().expect("standard error"));
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output"));
        stdout.read_line(&mut line).expect("a line");
        let announced: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("no server: {line}{}", log.lock().expect("the log")));
        // Kept open: a server must not die of a closed pipe, but a test should not depend on that.
        std::mem::forget(stdout);
        let url = announced["listening"].as_str().expect("an address").to_owned();
        Self { child, url, announced, log }
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("kill");
        assert!(status.success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("the server ends")
    }

    pub fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.wait()
    }

    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        let response = http().get(format!("{}{path}", self.url)).send().expect("an answer");
        (response.status().as_u16(), response.json().unwrap_or(Value::Null))
    }

    pub fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let request = http().post(format!("{}{path}", self.url)).bearer_auth(key).json(body);
        let response = request.send().expect("an answer");
        (response.status().as_u16(), response.json().unwrap_or(Value::Null))
    }

    /// Whether the server says that the secret is good.
    pub fn verifies(&self, secret: &str) -> bool {
        let (status, verdict) = self.post("/v1/keys/verify", ROOT_KEY, &serde_json::json!({ "key": secret }));
        assert_eq!(status, 200, "{verdict}");
        verdict["valid"].as_bool().expect("valid")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn http() -> reqwest::blocking::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::blocking::Client::builder().no_proxy().build().expect("a client")
}

/// Reads to the end in the background, so that a full pipe never blocks the server.
fn collect(from: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&log);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut sink = sink.lock().expect("the log");
            sink.push_str(&line);
            sink.push('\n');
        }
    });
    log
}

/// A folder that goes away, and the data folder in it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    pub fn file(&self, name: &str, content: &str) -> std::path::PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    }
}
