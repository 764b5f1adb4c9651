//! Secrets of the server itself. Values are held as `Secret`; files are only named here and read at start.

use std::path::PathBuf;

use domain::{limits, secret::Secret};

use super::{ConfigError, Key, Section, Values};

/// Characters a root key must have at least: it opens everything.
const ROOT_KEY_CHARS_MIN: usize = 32;
const ROOT_KEY_RULE: &str = "32 to 4096 visible ASCII characters without blanks";

pub const SECTION: Section = Section {
    title: "Secrets",
    keys: &[
        Key::secret(
            "root_key",
            "The operator's key, at least 32 characters; only its digest is kept. Without it there is no root key.",
        ),
        Key::secret(
            "app_key",
            "Secret that signs NocoBase tokens, used as written; made in the data folder (app.key) when absent.",
        ),
        Key::unset(
            "jwt_secret_file",
            "\"/etc/keyward/jwt_secret.dat\"",
            "jwt_secret.dat of a NocoBase whose keys were imported: tokens signed with its bytes are read besides those of \
             app_key.",
        ),
        Key::unset(
            "master_key_file",
            "\"/etc/keyward/master.key\"",
            "File whose 32 bytes (raw or as 64 hex digits) seal revealable keys; default: master.key in the data \
             folder, made when absent. Keep it on another disk than the database for real separation.",
        ),
        Key::unset(
            "pepper_file",
            "\"/etc/keyward/pepper\"",
            "File with at least 32 bytes that key the digests of secrets; without it digests are plain SHA-256.",
        ),
    ],
};

#[derive(Clone, Debug)]
pub struct Secrets {
    pub root_key: Option<Secret>,
    pub app_key: Option<Secret>,
    pub jwt_secret_file: Option<PathBuf>,
    pub master_key_file: Option<PathBuf>,
    pub pepper_file: Option<PathBuf>,
}

impl Secrets {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        Ok(Self {
            root_key: values.checked("root_key", ROOT_KEY_RULE, |text| {
                // What a header cannot carry could never be presented.
                let presentable = text.bytes().all(|b| b.is_ascii_graphic());
                let long = (ROOT_KEY_CHARS_MIN..=limits::SECRET_BYTES_MAX).contains(&text.len());
                (long && presentable).then(|| Secret::new(text))
            })?,
            app_key: values.text("app_key").map(Secret::new),
            jwt_secret_file: values.text("jwt_secret_file").map(PathBuf::from),
            master_key_file: values.text("master_key_file").map(PathBuf::from),
            pepper_file: values.text("pepper_file").map(PathBuf::from),
        })
    }
}
