//! `demo`: a server in a temporary folder, walked through from the first sign-in to an explained refusal, over HTTP
//! as any client would. Nothing of it is kept.

mod guide;
mod walk;

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use clap::Args;
use domain::secret::{Secret, random_text};
use tokio::sync::Notify;

use crate::{
    cli::Global,
    config::{Administrator, Config, Values},
    error::Failure,
    house::{House, RootKey},
    logging, output, server,
    system::SystemEntropy,
};
use walk::Walk;

const EMAIL: &str = "admin@demo.example";
const PASSWORD_CHARS: usize = 20;
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  keyward demo                            a free port; stays up until Ctrl-C
  keyward demo --listen 127.0.0.1:7421
  keyward demo --exit --json              the walk as JSON, then the end

Each request is printed as a curl line that can be copied while the demo is up.")]
pub struct DemoArgs {
    /// Address and port to listen on [default: a free port of this machine]
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", hide_default_value = true)]
    listen: SocketAddr,
    /// End after the walk instead of staying up
    #[arg(long)]
    exit: bool,
}

pub async fn run(global: &Global, args: &DemoArgs) -> Result<ExitCode, Failure> {
    let folder =
        tempfile::tempdir().map_err(|e| Failure::new(format!("cannot make a temporary folder: {e}")))?;
    let listener = server::bind(args.listen).await?;
    let address =
        listener.local_addr().map_err(|e| Failure::new(format!("the socket has no address: {e}")))?;
    let url = format!("http://{address}");
    let administrator = administrator();
    let config = config(folder.path(), &url)?;
    logging::start(&crate::config::Log { level: "warn".to_owned(), json: false });
    let (mut house, root_key) = House::open(&config, RootKey::Ephemeral, &url).await?;
    house.make_first_administrator(Some(&administrator)).await?;
    house.start_journal();
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let (service, timers) = (house.service.clone(), house.timers().clone());
    let serving =
        tokio::spawn(async move { server::serve(listener, service, &timers, stopped.notified()).await });

    let walked = walk_and_stay(global, args, &url, &administrator, root_key).await;
    stop.notify_one();
    let _ = serving.await;
    house.close().await?;
    walked
}

async fn walk_and_stay(
    global: &Global,
    args: &DemoArgs,
    url: &str,
    administrator: &Administrator,
    root_key: Option<Secret>,
) -> Result<ExitCode, Failure> {
    let mut walk = Walk::new(url, global.json)?;
    if let Some(key) = root_key {
        walk.learn("ROOT", key.expose());
    }
    guide::run(&mut walk, administrator).await?;
    walk.finish();
    if !args.exit {
        let message =
            format!("\nThe demo stays up at {url} (API page: {url}/docs). Ctrl-C ends it; nothing is kept.");
        if !global.json {
            output::say(&message);
        }
        server::asked_to_stop().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// A throw-away server does not read the settings of a real one.
fn config(folder: &std::path::Path, url: &str) -> Result<Config, Failure> {
    let mut values = Values::with_defaults();
    values.add_flag("data", Some(&folder.display().to_string()));
    values.add_flag("base_url", Some(&url.to_owned()));
    Ok(Config::read(&values)?)
}

fn administrator() -> Administrator {
    Administrator {
        email: EMAIL.to_owned(),
        username: "admin".to_owned(),
        name: Some("Demo Admin".to_owned()),
        password: Secret::new(random_text(PASSWORD_CHARS, LETTERS, &SystemEntropy)),
    }
}
