//! `doctor`: looks at everything a start depends on and says, line by line, what is fine, what is risky and what is
//! broken, each with what to do. It changes nothing but what opening the database itself changes.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::doctor_checks::{database, surroundings};
use crate::{cli::Global, config::Config, error::Failure, output};

#[derive(Args, Debug)]
#[command(after_help = "Exit code 0: nothing is broken (there may be warnings). 1: something is.")]
pub struct DoctorArgs {}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Ok,
    Warn,
    Fail,
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub status: Health,
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Health::Ok, message: message.into(), help: None }
    }

    pub fn warn(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { status: Health::Warn, help: Some(help.into()), ..Self::ok(check, message) }
    }

    pub fn fail(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { status: Health::Fail, help: Some(help.into()), ..Self::ok(check, message) }
    }
}

pub async fn run(global: &Global, _: &DoctorArgs) -> Result<ExitCode, Failure> {
    let findings = match super::settings(global).and_then(|values| Ok(Config::read(&values)?)) {
        Ok(config) => examine(&config).await,
        // Without settings nobody knows where to look further.
        Err(failure) => {
            vec![Finding::fail("configuration", failure.message, "correct the setting and run doctor again")]
        }
    };
    let broken = findings.iter().any(|finding| finding.status == Health::Fail);
    if global.json {
        output::json(&json!({ "healthy": !broken, "checks": findings }));
    } else {
        findings.iter().for_each(print);
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "valid")];
    findings.push(surroundings::folder(&config.server.data));
    findings.extend(database::examine(config).await);
    findings.push(surroundings::disk(&config.server.data));
    findings.push(surroundings::clock(&config.server.data));
    findings.extend(surroundings::key_files(config));
    findings.push(surroundings::pepper(config));
    findings.push(surroundings::root_key(config));
    findings.push(surroundings::port(config).await);
    findings
}

fn print(finding: &Finding) {
    let word = match finding.status {
        Health::Ok => "ok  ",
        Health::Warn => "warn",
        Health::Fail => "FAIL",
    };
    output::say(&format!("{word}  {:14}  {}", finding.check, finding.message));
    if let Some(help) = &finding.help {
        output::say(&format!("      {:14}  → {help}", ""));
    }
}
