//! Where the server listens, where it keeps its data, how others reach it.

use std::{net::SocketAddr, path::PathBuf};

use super::{ConfigError, Key, Section, Values};

pub const SECTION: Section = Section {
    title: "Server",
    keys: &[
        Key::new("listen", "\"127.0.0.1:7420\"", "Address and port to listen on; port 0 takes a free one."),
        Key::new("data", "\"./keyward-data\"", "Folder that holds the database and generated key files."),
        Key::unset(
            "base_url",
            "\"https://keys.example.com\"",
            "Address under which clients reach this server, for links and documents; default: the listening address.",
        ),
    ],
};

#[derive(Clone, Debug)]
pub struct Server {
    pub listen: SocketAddr,
    pub data: PathBuf,
    pub base_url: Option<String>,
}

impl Server {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: values.parse("listen", "an address and port such as 127.0.0.1:7420")?,
            data: PathBuf::from(values.text("data").unwrap_or_default()),
            base_url: values.checked("base_url", "a URL that begins with http:// or https://", |text| {
                let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
                (!rest.is_empty() && !rest.starts_with('/')).then(|| text.trim_end_matches('/').to_owned())
            })?,
        })
    }

    /// Where clients reach a server that listens on `address`.
    pub fn url(&self, address: SocketAddr) -> String {
        match &self.base_url {
            Some(url) => url.clone(),
            // "Every address of this machine" is none a client could use.
            None if address.ip().is_unspecified() => format!("http://localhost:{}", address.port()),
            None => format!("http://{address}"),
        }
    }
}
