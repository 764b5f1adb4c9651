//! The binary: reads settings, opens a socket, wires the rooms together, prints. It holds no rule of its own;
//! every change, also from the command line, passes the guard.

mod cli;
mod client;
mod command;
mod config;
mod dispatch;
mod error;
mod first_steps;
mod house;
mod idle;
mod input;
mod key_files;
mod logging;
mod mail;
mod operator;
mod output;
mod server;
mod system;
mod timers;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    cli::{Cli, Command},
    error::Failure,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let as_json = cli.global.json;
    match run(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(as_json),
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    // Whatever is written (database, key files, sockets) is for its owner only, also in a folder that is not.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    // One provider for all outgoing TLS; a second installation is no error.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("cannot start the runtime: {e}")))?;
    runtime.block_on(async move {
        let global = cli.global;
        match cli.command {
            None => command::serve::run(&global, &command::serve::ServeArgs::default()).await,
            Some(Command::Serve(args)) => command::serve::run(&global, &args).await,
            Some(Command::Demo(args)) => command::demo::run(&global, &args).await,
            Some(Command::Keys(args)) => command::keys::run(&global, args).await,
            Some(Command::Verify(args)) => command::verify::run(&global, &args).await,
            Some(Command::Users(args)) => command::users::run(&global, args).await,
            Some(Command::Roles(args)) => command::roles::run(&global, args).await,
            Some(Command::Import(args)) => command::import::run(&global, &args).await,
            Some(Command::Config(args)) => command::config::run(&global, &args),
            Some(Command::Doctor(args)) => command::doctor::run(&global, &args).await,
        }
    })
}
