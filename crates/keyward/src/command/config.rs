//! `config print` and `config check`: the manual of the configuration, and whether a file is valid. Shows no secret.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    cli::Global,
    config::{Config, Values, as_json, as_toml, gather},
    error::Failure,
    output,
};

#[derive(Args, Debug)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand, Debug)]
enum ConfigCommand {
    /// Write every key with its default and one sentence, as a valid keyward.toml
    #[command(after_help = "Example:\n  keyward config print --defaults > keyward.toml")]
    Print {
        /// Leave out what is set by file and environment
        #[arg(long)]
        defaults: bool,
    },
    /// Check a file (and the environment with it) without starting anything
    #[command(after_help = "Example:\n  keyward config check /etc/keyward/keyward.toml")]
    Check {
        /// The file [default: --config, else keyward.toml if it exists]
        file: Option<PathBuf>,
        /// Check the file alone, not the variables of this terminal
        #[arg(long)]
        file_only: bool,
    },
}

pub fn run(global: &Global, args: &ConfigArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        ConfigCommand::Print { defaults } => {
            let values = if *defaults { Values::with_defaults() } else { super::settings(global)? };
            if global.json {
                output::json(&as_json(&values));
            } else {
                output::say(as_toml(&values).trim_end());
            }
        }
        ConfigCommand::Check { file, file_only } => {
            let environment = if *file_only { Vec::new() } else { crate::config::environment() };
            Config::read(&gather(file.as_deref().or(global.config.as_deref()), &environment)?)?;
            super::done(global, &json!({ "valid": true }), "the configuration is valid");
        }
    }
    Ok(ExitCode::SUCCESS)
}
