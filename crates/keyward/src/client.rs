//! How commands reach the API: one set of requests, three ways. A server at `--url`; the server that runs on the
//! data folder, through its operator socket; or, when none runs, the doors of this very process. All pass the guard.

use std::{path::Path, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    http::{Method, StatusCode, Uri, header},
};
use clap::Args;
use domain::secret::Secret;
use serde_json::Value;
use tower::Service as _;

use crate::{
    cli::Global,
    command::settings,
    config::{Config, Values},
    error::Failure,
    house::{DATABASE_FILE, House, RootKey},
    input, operator, output,
};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Which server a command talks to.
#[derive(Args, Debug, Clone, Default)]
pub struct Target {
    /// Talk to a running server instead of the data folder (also KEYWARD_URL)
    #[arg(long, global = true, help_heading = "Which server", value_name = "URL")]
    pub url: Option<String>,
    /// Root key for --url; better set KEYWARD_ROOT_KEY, which other users of the machine cannot see
    #[arg(long, global = true, help_heading = "Which server", value_name = "KEY")]
    pub root_key: Option<String>,
}

impl Target {
    /// The running server somebody named.
    pub fn server(&self) -> Option<String> {
        self.url.clone().or_else(|| std::env::var("KEYWARD_URL").ok()).filter(|url| !url.is_empty())
    }
}

pub struct Client {
    way: Way,
    root_key: Option<Secret>,
}

enum Way {
    Http { http: reqwest::Client, base: String },
    Here(Box<House>),
}

impl Client {
    /// `may_create`: the command makes something, so it may also be what makes the data folder.
    pub async fn open(global: &Global, target: &Target, may_create: bool) -> Result<Self, Failure> {
        let mut values = settings(global)?;
        values.add_flag("root_key", target.root_key.as_ref());
        let config = Config::read(&values)?;
        match target.server() {
            Some(url) => Self::at_url(&url, &values),
            None => Self::on_folder(&config, may_create).await,
        }
    }

    /// A server somewhere.
    fn at_url(url: &str, values: &Values) -> Result<Self, Failure> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Failure::usage(format!(
                "{url} is not a URL; write for example http://127.0.0.1:7420"
            )));
        }
        let root_key = match values.text("root_key") {
            Some(key) => Secret::new(key),
            None => input::secret("KEYWARD_ROOT_KEY", "root key")?,
        };
        let mut builder = reqwest::Client::builder();
        if is_this_machine(url) {
            // A proxy of the environment has no business between two programs of one machine.
            builder = builder.no_proxy();
        } else if url.starts_with("http://") {
            output::complain("warning: without https everybody on the way can read the root key");
        }
        let way = Way::Http { http: http_client(builder)?, base: url.trim_end_matches('/').to_owned() };
        Ok(Self { way, root_key: Some(root_key) })
    }

    async fn on_folder(config: &Config, may_create: bool) -> Result<Self, Failure> {
        crate::logging::start(&quiet(config));
        if let Some(http) = through_socket(&config.server.data).await? {
            let way = Way::Http { http, base: "http://localhost".to_owned() };
            return Ok(Self { way, root_key: config.secrets.root_key.clone() });
        }
        if !may_create && !config.server.data.join(DATABASE_FILE).exists() {
            let message = format!("there is no data in {} yet", config.server.data.display());
            let help = "start the server once, make something, or name another folder with --data";
            return Err(Failure::new(message).help(help));
        }
        let base_url = config.server.url(config.server.listen);
        let (house, key) = House::open(config, RootKey::Ephemeral, &base_url).await?;
        Ok(Self { way: Way::Here(Box::new(house)), root_key: key })
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// One request to the native API; anything but success is a failure in the server's words.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let body = body.map(Value::to_string);
        let key = self.root_key.as_ref();
        let (status, text) = match &self.way {
            Way::Http { http, base } => over_http(http, base, key, method, path, body).await?,
            Way::Here(house) => in_process(house, key, method, path, body).await?,
        };
        let answer = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() { Ok(answer) } else { Err(refused(status, answer, self.is_local())) }
    }

    /// Writes what is buffered. Only the in-process way has anything to write.
    pub async fn close(self) -> Result<(), Failure> {
        match self.way {
            Way::Here(house) => house.close().await,
            Way::Http { .. } => Ok(()),
        }
    }

    fn is_local(&self) -> bool {
        matches!(&self.way, Way::Http { base, .. } if base == "http://localhost")
    }
}

fn is_this_machine(url: &str) -> bool {
    let host = url
        .parse::<Uri>()
        .ok()
        .and_then(|uri| uri.host().map(|host| host.trim_matches(['[', ']']).to_owned()));
    host.is_some_and(|host| {
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

/// Commands answer on standard output; of the log only what matters is shown.
fn quiet(config: &Config) -> crate::config::Log {
    let level = if config.log.level == "info" { "warn".to_owned() } else { config.log.level.clone() };
    crate::config::Log { level, json: config.log.json }
}

fn http_client(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Failure> {
    // A root key must not wander to another host by a redirect.
    let builder = builder.timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
    builder.build().map_err(|e| Failure::new(format!("cannot make an HTTP client: {e}")))
}

/// The server that runs on this folder, if one does.
#[cfg(unix)]
async fn through_socket(data: &Path) -> Result<Option<reqwest::Client>, Failure> {
    let path = data.join(operator::SOCKET_FILE);
    if tokio::net::UnixStream::connect(&path).await.is_err() {
        return Ok(None);
    }
    http_client(reqwest::Client::builder().no_proxy().unix_socket(path)).map(Some)
}

#[cfg(not(unix))]
async fn through_socket(_: &Path) -> Result<Option<reqwest::Client>, Failure> {
    Ok(None)
}

async fn over_http(
    http: &reqwest::Client,
    base: &str,
    key: Option<&Secret>,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<(StatusCode, String), Failure> {
    let mut request = http.request(method, format!("{base}{path}"));
    if let Some(key) = key {
        request = request.bearer_auth(key.expose());
    }
    if let Some(body) = body {
        request = request.header(header::CONTENT_TYPE, "application/json").body(body);
    }
    // The error of the library names the URL, which never holds a secret.
    let failed = |e: reqwest::Error| {
        Failure::new(format!("the server did not answer: {e}")).help("is it running at that address?")
    };
    let response = request.send().await.map_err(failed)?;
    let status = response.status();
    Ok((status, response.text().await.map_err(failed)?))
}

/// A request to the doors of this process.
pub async fn in_process(
    house: &House,
    key: Option<&Secret>,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<(StatusCode, String), Failure> {
    let uri: Uri =
        path.parse().map_err(|_| Failure::usage(format!("{path} cannot be part of an address")))?;
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", key.expose()));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let mut request = request
        .body(body.map_or_else(Body::empty, Body::from))
        .map_err(|e| Failure::usage(format!("the request cannot be made: {e}")))?;
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 0))));
    let response = match house.dispatch.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .map_err(|e| Failure::new(format!("the answer cannot be read: {e}")))?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// The server's problem document in one sentence.
fn refused(status: StatusCode, problem: Value, local: bool) -> Failure {
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    let said = text("detail").or_else(|| text("title")).map(str::to_owned);
    let mut message = said.unwrap_or_else(|| format!("the server answered {status}"));
    // A single wrong field is the detail already.
    let errors = problem.get("errors").and_then(Value::as_array).filter(|errors| errors.len() > 1);
    for error in errors.into_iter().flatten() {
        let of = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        message.push_str(&format!("\n  {}: {}", of("field"), of("message")));
    }
    let mut failure = Failure { problem: Some(problem.clone()), ..Failure::new(message) };
    if status == StatusCode::UNAUTHORIZED {
        failure = failure.help(if local {
            "a server with a configured root key runs on this folder: set the same KEYWARD_ROOT_KEY here"
        } else {
            "the server does not know that root key; KEYWARD_ROOT_KEY must be what the server was started with"
        });
    }
    failure
}

/// Text as one segment of a path.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `?a=b&c=d`, or nothing.
pub fn query(pairs: &[(&str, Option<String>)]) -> String {
    let set: Vec<String> = pairs
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={}", segment(value))))
        .collect();
    if set.is_empty() { String::new() } else { format!("?{}", set.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_people_cannot_leave_its_segment() {
        assert_eq!(segment("a/b?c#d e"), "a%2Fb%3Fc%23d%20e");
        assert_eq!(query(&[("name", Some("x&y=z".into())), ("role", None)]), "?name=x%26y%3Dz");
        assert_eq!(query(&[("role", None)]), "");
    }

    #[test]
    fn only_loopback_is_this_machine() {
        for url in ["http://127.0.0.1:7420", "http://localhost", "http://[::1]:7420/"] {
            assert!(is_this_machine(url), "{url}");
        }
        for url in
            ["http://127.0.0.1.evil.example", "https://keys.example.com", "http://localhost@evil.example"]
        {
            assert!(!is_this_machine(url), "{url}");
        }
    }
}
