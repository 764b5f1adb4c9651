//! Collects raw values by precedence: flags, then environment, then file, then defaults. Knows every name,
//! so an unknown one is an error that names the nearest; knows no meaning, that is the sections' part.

use std::{collections::BTreeMap, path::Path};

use super::{ConfigError, Key, administrator::ALIASES, key::VARIABLE_PREFIX, keys};

/// `KEYWARD_…` variables that belong to single commands and not to the server's configuration.
const COMMAND_VARIABLES: &[&str] = &["KEYWARD_CONFIG", "KEYWARD_URL", "KEYWARD_SECRET", "KEYWARD_PASSWORD"];

/// Where a value came from, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(String),
    Variable(String),
    Flag(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => f.write_str(path),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Every value that is set, as text, by key name. Printed nowhere as a whole: secrets are among them.
#[derive(Default)]
pub struct Values(BTreeMap<&'static str, (String, Origin)>);

impl Values {
    pub fn with_defaults() -> Self {
        let mut values = Self::default();
        for key in keys() {
            if let Some(default) = key.default {
                values.set(
                    key.name,
                    default.trim_matches(['[', ']']).trim_matches('"').to_owned(),
                    Origin::Default,
                );
            }
        }
        values
    }

    /// Values of a TOML file; later layers override them.
    pub fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let shown = path.display().to_string();
        let table: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| ConfigError::Toml { path: shown.clone(), why: e.to_string() })?;
        for (name, value) in &table {
            let key = known(name).ok_or_else(|| unknown(name, &format!("in {shown}"), &names()))?;
            let text = as_text(value).ok_or_else(|| ConfigError::Invalid {
                name: key.name,
                origin: shown.clone(),
                expected: "a text, a number or a list of texts".to_owned(),
            })?;
            self.set(key.name, text, Origin::File(shown.clone()));
        }
        Ok(())
    }

    /// `KEYWARD_*` variables and the aliases. An empty variable counts as not set.
    pub fn add_environment(&mut self, variables: &[(String, String)]) -> Result<(), ConfigError> {
        for (name, value) in variables {
            let key = if let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) {
                if COMMAND_VARIABLES.contains(&name.as_str()) {
                    continue;
                }
                let key = keys().find(|key| key.name.to_ascii_uppercase() == rest);
                Some(key.ok_or_else(|| unknown(name, "in the environment", &variable_names()))?.name)
            } else {
                ALIASES.iter().find(|(alias, _)| alias == name).map(|(_, key)| *key)
            };
            let Some(key) = key.filter(|_| !value.is_empty()) else { continue };
            // An alias never overrides our own variable, whatever the order of the environment.
            let own = matches!(self.0.get(key), Some((_, Origin::Variable(set))) if set.starts_with(VARIABLE_PREFIX));
            if !own || name.starts_with(VARIABLE_PREFIX) {
                self.set(key, value.clone(), Origin::Variable(name.clone()));
            }
        }
        Ok(())
    }

    pub fn add_flag(&mut self, name: &'static str, value: Option<&String>) {
        if let Some(value) = value {
            self.set(name, value.clone(), Origin::Flag(format!("--{}", name.replace('_', "-"))));
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(text, _)| text.as_str())
    }

    pub fn origin(&self, name: &str) -> Origin {
        self.0.get(name).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    /// Reads a key with `read`; `None` from it is an error that says what was expected.
    pub fn checked<T>(
        &self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| self.invalid(name, expected))
    }

    /// A key that always has a value, through `FromStr`.
    pub fn parse<T: std::str::FromStr>(&self, name: &'static str, expected: &str) -> Result<T, ConfigError> {
        self.checked(name, expected, |text| text.parse().ok())?.ok_or_else(|| self.invalid(name, expected))
    }

    /// The error for a value that cannot be read; it never shows the value.
    pub fn invalid(&self, name: &'static str, expected: &str) -> ConfigError {
        ConfigError::Invalid { name, origin: self.origin(name).to_string(), expected: expected.to_owned() }
    }

    fn set(&mut self, name: &'static str, text: String, origin: Origin) {
        self.0.insert(name, (text, origin));
    }
}

fn known(name: &str) -> Option<&'static Key> {
    keys().find(|key| key.name == name)
}

fn names() -> Vec<String> {
    keys().map(|key| key.name.to_owned()).collect()
}

fn variable_names() -> Vec<String> {
    keys().map(Key::variable).chain(COMMAND_VARIABLES.iter().map(|name| (*name).to_owned())).collect()
}

fn unknown(name: &str, place: &str, all: &[String]) -> ConfigError {
    let near =
        all.iter().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    ConfigError::Unknown {
        name: name.to_owned(),
        place: place.to_owned(),
        nearest: near.cloned().unwrap_or_default(),
    }
}

/// Texts, numbers, truth values and lists of those, as one text; lists are separated by commas.
fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(items) => Some(items.iter().map(as_text).collect::<Option<Vec<_>>>()?.join(",")),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
