//! One configuration key as data: the same table serves reading, checking, printing and "did you mean".
//! It never holds a value.

/// A key of `keyward.toml`. Its environment variable is `KEYWARD_` + the name in capitals.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    /// How the default reads in TOML; `None`: not set.
    pub default: Option<&'static str>,
    /// An example for keys without a default, as it reads in TOML.
    pub example: &'static str,
    pub explain: &'static str,
    /// Its value is never printed.
    pub secret: bool,
}

impl Key {
    pub const fn new(name: &'static str, default: &'static str, explain: &'static str) -> Self {
        Self { name, default: Some(default), example: default, explain, secret: false }
    }

    pub const fn unset(name: &'static str, example: &'static str, explain: &'static str) -> Self {
        Self { name, default: None, example, explain, secret: false }
    }

    pub const fn secret(name: &'static str, explain: &'static str) -> Self {
        Self { name, default: None, example: "\"…\"", explain, secret: true }
    }

    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.name.to_ascii_uppercase())
    }
}

pub const VARIABLE_PREFIX: &str = "KEYWARD_";

/// A heading of the file and the keys below it.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    pub title: &'static str,
    pub keys: &'static [Key],
}
