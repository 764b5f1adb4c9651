//! `serve`: opens the house, makes the first administrator if one is configured, says where it is, serves until
//! asked to stop, then finishes what runs and writes what is buffered.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use clap::Args;
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    cli::Global,
    config::{Config, Values},
    error::Failure,
    first_steps::{self, Missing},
    house::{House, RootKey},
    logging, operator, output, server,
};

#[derive(Args, Debug, Default)]
#[command(after_help = "\
Examples:
  keyward serve
  keyward serve --listen 0.0.0.0:7420 --base-url https://keys.example.com --trusted-proxies 10.0.0.0/8
  KEYWARD_ADMIN_EMAIL=me@example.com KEYWARD_ADMIN_PASSWORD=… keyward serve

Secrets (root key, app key, administrator's password) come from the environment, a file or keyward.toml, never
from flags. SIGINT or SIGTERM: no new connections, running requests finish, buffers are written, exit code 0.")]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:7420]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Address under which clients reach this server
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Addresses or networks whose forwarded headers are believed, separated by commas
    #[arg(long, value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,
    /// Web pages that may call from a browser: *, or origins separated by commas
    #[arg(long, value_name = "ORIGINS")]
    pub cors_origins: Option<String>,
    /// Who may make an account: open or invite [default: invite]
    #[arg(long, value_name = "WHO")]
    pub signup: Option<String>,
    /// Slow down addresses that guess passwords: on or off [default: on]
    #[arg(long, value_name = "ON|OFF")]
    pub ip_rate_limit: Option<String>,
    /// Whether webhooks may call private addresses: allow or deny [default: deny]
    #[arg(long, value_name = "ALLOW|DENY")]
    pub webhook_private: Option<String>,
    /// JSON file with better-auth API-key configurations
    #[arg(long, value_name = "FILE")]
    pub better_auth_configs: Option<String>,
    /// What a list of better-auth keys looks like: newer or older [default: newer]
    #[arg(long, value_name = "SHAPE")]
    pub better_auth_list: Option<String>,
    /// Limit requests as better-auth does in production: on or off [default: off]
    #[arg(long, value_name = "ON|OFF")]
    pub better_auth_rate_limit: Option<String>,
    /// File with the key that seals revealable keys
    #[arg(long, value_name = "FILE")]
    pub master_key_file: Option<String>,
    /// File with the key of digests
    #[arg(long, value_name = "FILE")]
    pub pepper_file: Option<String>,
    /// error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl ServeArgs {
    fn add_to(&self, values: &mut Values) {
        values.add_flag("listen", self.listen.as_ref());
        values.add_flag("base_url", self.base_url.as_ref());
        values.add_flag("trusted_proxies", self.trusted_proxies.as_ref());
        values.add_flag("cors_origins", self.cors_origins.as_ref());
        values.add_flag("signup", self.signup.as_ref());
        values.add_flag("ip_rate_limit", self.ip_rate_limit.as_ref());
        values.add_flag("webhook_private", self.webhook_private.as_ref());
        values.add_flag("better_auth_configs", self.better_auth_configs.as_ref());
        values.add_flag("better_auth_list", self.better_auth_list.as_ref());
        values.add_flag("better_auth_rate_limit", self.better_auth_rate_limit.as_ref());
        values.add_flag("master_key_file", self.master_key_file.as_ref());
        values.add_flag("pepper_file", self.pepper_file.as_ref());
        values.add_flag("log_level", self.log_level.as_ref());
        values.add_flag("log_format", self.log_format.as_ref());
    }
}

pub async fn run(global: &Global, args: &ServeArgs) -> Result<ExitCode, Failure> {
    let mut values = super::settings(global)?;
    args.add_to(&mut values);
    let mut config = Config::read(&values)?;
    raise_file_limit();
    logging::start(&config.log);
    // The port first: a taken one should not cost a start of the database.
    let listener = server::bind(config.server.listen).await?;
    let address =
        listener.local_addr().map_err(|e| Failure::new(format!("the socket has no address: {e}")))?;
    // Taken out: from here on only their digests exist.
    let root = config.secrets.root_key.take().map_or(RootKey::Ephemeral, RootKey::Configured);
    let administrator = config.administrator.take();
    let url = config.server.url(address);
    let (mut house, socket_key) = House::open(&config, root, &url).await?;
    house.make_first_administrator(administrator.as_ref()).await?;
    drop((values, administrator));
    house.start_journal();
    let running = Running::start(&house, &config, socket_key);
    announce(global, &config, address, &url, &house).await?;
    server::serve(listener, house.service.clone(), house.timers(), server::asked_to_stop()).await;
    tracing::info!("stopping");
    running.stop().await;
    house.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Every connection is a file; the usual soft limit of 1024 would be reached long before the server is busy.
fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // Not allowed: the server works, only with fewer connections.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// What runs beside the main socket.
struct Running {
    stop: Arc<Notify>,
    operator: Option<tokio::task::JoinHandle<()>>,
}

impl Running {
    fn start(house: &House, config: &Config, socket_key: Option<domain::secret::Secret>) -> Self {
        let stop = Arc::new(Notify::new());
        let operator = operator_socket(house, config, socket_key, Arc::clone(&stop));
        Self { stop, operator }
    }

    async fn stop(self) {
        self.stop.notify_one();
        if let Some(operator) = self.operator {
            let _ = operator.await;
        }
    }
}

#[cfg(unix)]
fn operator_socket(
    house: &House,
    config: &Config,
    key: Option<domain::secret::Secret>,
    stop: Arc<Notify>,
) -> Option<tokio::task::JoinHandle<()>> {
    match operator::OperatorSocket::bind(&config.server.data) {
        Ok(socket) => {
            let service = house.service.clone();
            let timers = house.timers().clone();
            Some(tokio::spawn(async move { socket.serve(service, key, &timers, stop.notified()).await }))
        }
        Err(error) => {
            // A path too long for a socket, or a file system without them: everything else still works.
            tracing::warn!(%error, "no operator socket: commands reach this server with --url only");
            None
        }
    }
}

#[cfg(not(unix))]
fn operator_socket(
    _: &House,
    _: &Config,
    _: Option<domain::secret::Secret>,
    _: Arc<Notify>,
) -> Option<tokio::task::JoinHandle<()>> {
    None
}

async fn announce(
    global: &Global,
    config: &Config,
    address: SocketAddr,
    url: &str,
    house: &House,
) -> Result<(), Failure> {
    let administered = house.has_administrator().await?;
    if global.json {
        // Written as one line: the first line of output tells a supervising program where the server is.
        let line = json!({
            "listening": format!("http://{address}"), "url": url, "data": config.server.data,
            "administrator": administered,
        });
        output::say(&line.to_string());
    } else {
        let missing = Missing { administrator: !administered, keys: house.guard.keys_cached() == 0 };
        output::say(&first_steps::text(config, address, url, &missing));
    }
    Ok(())
}
