//! Configuration: flags over environment over `keyward.toml` over defaults. One file per section; each key has
//! a default and one sentence. Unknown names are errors. Nothing here opens the data folder or a socket.

mod access;
mod administrator;
mod better_auth;
mod key;
mod log;
mod mail;
mod nocobase;
mod print;
mod secrets;
mod server;
#[cfg(test)]
mod tests;
mod values;

use std::path::{Path, PathBuf};

pub use access::Access;
pub use administrator::Administrator;
pub use better_auth::BetterAuth;
pub use key::{Key, Section};
pub use log::Log;
pub use mail::{Mail, Password as MailPassword, Security, link_application};
pub use nocobase::Nocobase;
pub use print::{as_json, as_toml};
pub use secrets::Secrets;
pub use server::Server;
pub use values::Values;

/// The file that is read when it exists and no other is named.
const DEFAULT_FILE: &str = "keyward.toml";

pub const SECTIONS: &[Section] = &[
    server::SECTION,
    administrator::SECTION,
    secrets::SECTION,
    access::SECTION,
    better_auth::SECTION,
    nocobase::SECTION,
    mail::SECTION,
    log::SECTION,
];

pub fn keys() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// Everything the server is told from outside, read and checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    pub administrator: Option<Administrator>,
    pub secrets: Secrets,
    pub access: Access,
    pub better_auth: BetterAuth,
    pub nocobase: Nocobase,
    /// `None`: no letters are sent.
    pub mail: Option<Mail>,
    pub log: Log,
}

impl Config {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        let server = Server::read(values)?;
        let nocobase = Nocobase::read(values)?;
        Ok(Self {
            mail: Mail::read(values, &server, &nocobase.page)?,
            server,
            administrator: Administrator::read(values)?,
            secrets: Secrets::read(values)?,
            access: Access::read(values)?,
            better_auth: BetterAuth::read(values)?,
            nocobase,
            log: Log::read(values)?,
        })
    }
}

/// What stops the start. Values are never part of it: they may be secrets.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    #[error(
        "{name} {place} is not a known setting; did you mean {nearest}? (`keyward config print` lists them all)"
    )]
    Unknown { name: String, place: String, nearest: String },
    #[error("{name} (from {origin}) must be {expected}")]
    Invalid { name: &'static str, origin: String, expected: String },
    #[error("{have} is set but {need} is not: the first administrator needs both")]
    Incomplete { have: &'static str, need: &'static str },
    #[error("{path} is not valid TOML: {why}")]
    Toml { path: String, why: String },
    #[error("cannot read the configuration file {path}: {why}")]
    File { path: String, why: String },
}

/// The raw values of a process: defaults, file, environment; the caller adds its flags.
pub fn gather(file: Option<&Path>, environment: &[(String, String)]) -> Result<Values, ConfigError> {
    let mut values = Values::with_defaults();
    let named = file.map(Path::to_path_buf).or_else(|| {
        environment
            .iter()
            .find(|(name, value)| name == "KEYWARD_CONFIG" && !value.is_empty())
            .map(|(_, v)| v.into())
    });
    let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    match std::fs::read_to_string(&path) {
        Ok(text) => values.add_file(&path, &text)?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && named.is_none() => {}
        Err(e) => return Err(ConfigError::File { path: path.display().to_string(), why: e.to_string() }),
    }
    values.add_environment(environment)?;
    Ok(values)
}

/// The environment as text; names or values that are not Unicode cannot be settings of ours.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}
