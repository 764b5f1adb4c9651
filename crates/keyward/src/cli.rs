//! The command line: what can be said, with help that teaches. Commands themselves are under `command`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::command;

#[derive(Parser, Debug)]
#[command(
    name = "keyward",
    version,
    about = "API-key server: issues, scopes, verifies, meters, audits and revokes API keys",
    long_about = "API-key server: issues, scopes, verifies, meters, audits and revokes API keys.\n\n\
                  Without a command it serves: http://127.0.0.1:7420, data in ./keyward-data.",
    after_help = EXAMPLES,
    subcommand_required = false
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Start here:
  keyward                                  serve on 127.0.0.1:7420, data in ./keyward-data
  keyward demo                             watch keys at work in a throw-away server
  keyward users create --root --email me@example.com
                                           make an administrator (asks for a password)
  keyward keys create --name backend       make a key; its secret is shown once
  keyward verify                           ask whether a key is good (reads the key from a prompt)
  keyward doctor                           check configuration, folder, database and key files

Commands work on the data folder, or on a running server with --url and a root key.
Every setting: keyward config print";

#[derive(Args, Debug, Clone, Default)]
pub struct Global {
    /// Configuration file [default: keyward.toml, if it exists]
    #[arg(long, global = true, help_heading = "Options of every command", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder that holds the data [default: ./keyward-data]
    #[arg(long, global = true, help_heading = "Options of every command", value_name = "FOLDER")]
    pub data: Option<String>,
    /// Answer in JSON, for programs
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub json: bool,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the server (the default)
    Serve(command::serve::ServeArgs),
    /// Start a throw-away server and walk through keys, roles and refusals
    Demo(command::demo::DemoArgs),
    /// Create, change and revoke keys
    Keys(command::keys::KeysArgs),
    /// Ask whether a key is valid, and for what
    Verify(command::verify::VerifyArgs),
    /// Create and change users
    Users(command::users::UsersArgs),
    /// Create and change roles
    Roles(command::roles::RolesArgs),
    /// Take over users, roles and keys of a live better-auth or NocoBase
    Import(command::import::ImportArgs),
    /// Show or check the configuration
    Config(command::config::ConfigArgs),
    /// Look for what is wrong or risky, and say what to do about it
    Doctor(command::doctor::DoctorArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself() {
        fn walk(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} has no help",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
