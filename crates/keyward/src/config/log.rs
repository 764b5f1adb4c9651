//! What the server says on standard error, and how.

use super::{ConfigError, Key, Section, Values};

pub const SECTION: Section = Section {
    title: "Log",
    keys: &[
        Key::new(
            "log_level",
            "\"info\"",
            "error, warn, info, debug or trace; also per part, for example \"info,store=debug\".",
        ),
        Key::new("log_format", "\"text\"", "\"text\" for people or \"json\" for machines."),
    ],
};

#[derive(Clone, Debug)]
pub struct Log {
    pub level: String,
    pub json: bool,
}

impl Log {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        let level = values.checked("log_level", "error, warn, info, debug or trace", |text| {
            text.split(',').all(readable).then(|| text.to_owned())
        })?;
        let json = values.checked("log_format", "\"text\" or \"json\"", |text| match text {
            "text" => Some(false),
            "json" => Some(true),
            _ => None,
        })?;
        Ok(Self { level: level.unwrap_or_default(), json: json.unwrap_or_default() })
    }
}

/// `level` or `part=level`. A bare word that is no level would silently name a part.
fn readable(directive: &str) -> bool {
    let level = directive.rsplit('=').next().unwrap_or_default().trim();
    level.parse::<tracing_subscriber::filter::LevelFilter>().is_ok() && !level.is_empty()
}
