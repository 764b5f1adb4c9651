//! What a command ends with when it cannot do its work: one sentence for people, one exit code, and
//! (with `--json`) the answer of the server as it came.

use std::process::ExitCode;

use serde_json::{Value, json};

/// The command could not be carried out.
const EXIT_FAILED: u8 = 1;
/// The call was wrong: configuration, flags, input.
const EXIT_USAGE: u8 = 2;

#[derive(Debug)]
pub struct Failure {
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The problem document of the server, when there is one.
    pub problem: Option<Value>,
    pub code: u8,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, problem: None, code: EXIT_FAILED }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: EXIT_USAGE, ..Self::new(message) }
    }

    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Prints to standard error and gives the exit code.
    pub fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            let own = json!({ "error": self.message, "help": self.help });
            crate::output::complain(&self.problem.clone().unwrap_or(own).to_string());
        } else {
            crate::output::complain(&format!("error: {}", self.message));
            if let Some(help) = &self.help {
                crate::output::complain(&format!("  help: {help}"));
            }
        }
        ExitCode::from(self.code)
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}
