//! `cargo xtask test`: everything that must be green before handing in, step by step.
//!
//! Installs what the steps need where it can and says exactly what is missing where it cannot. A step that
//! fails does not hide the next one. The last line counts the steps: `N passed, N failed`.

mod client;
mod tools;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{Outcome, generated, sh, torture};

/// Kills per torture run here; the full number is the default of `cargo xtask torture`.
const KILLS: u32 = 6;

#[derive(clap::Args)]
pub struct Args {
    /// Only the steps whose name contains this.
    #[arg(long)]
    only: Option<String>,
}

pub fn run(args: &Args) -> Outcome<()> {
    let mut steps = Steps::new(args.only.clone());
    steps.step("tools", tools::provide);
    steps.step("formatting", || sh::run(sh::cargo().args(["fmt", "--all", "--check"])));
    steps.step("lints", || {
        sh::run(sh::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    steps.step("unit, property and door tests", cargo_tests);
    // Deliberately not the release profile: it would double the time from a fresh clone.
    steps.step("the binary", build);
    steps.step("generated files", || generated::compare(&binary()?));
    steps.step("the real client", || client::run(&binary()?));
    for what in [torture::What::Quota, torture::What::Keys] {
        steps.step(&format!("torture {what}, {KILLS} kills"), || torture::short(what, KILLS, &binary()?));
    }
    if sh::has_cargo("deny") {
        steps.step("licences and forbidden dependencies", || {
            sh::run(sh::cargo().args(["deny", "--offline", "check", "bans", "licenses", "sources"]))
        });
    } else {
        println!("\n== licences and forbidden dependencies: skipped, cargo-deny is not installed");
    }
    steps.finish()
}

/// Test threads wait for disks and passwords more than they compute, so the faster runner is used if there.
fn cargo_tests() -> Outcome<()> {
    if sh::has_cargo("nextest") {
        return sh::run(sh::cargo().args(["nextest", "run", "--workspace", "--no-fail-fast"]));
    }
    sh::run(sh::cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

/// An older binary must not stand in for one that does not build.
fn build() -> Outcome<()> {
    let built = sh::run(sh::cargo().args(["build", "--workspace", "--bins"]));
    if built.is_err() && path().exists() {
        std::fs::remove_file(path())?;
    }
    built
}

fn binary() -> Outcome<PathBuf> {
    if path().exists() { Ok(path()) } else { Err("the binary was not built".into()) }
}

fn path() -> PathBuf {
    sh::target_dir().join("debug").join("keyward")
}

struct Steps {
    only: Option<String>,
    passed: u32,
    failed: Vec<String>,
}

impl Steps {
    fn new(only: Option<String>) -> Self {
        Self { only, passed: 0, failed: Vec::new() }
    }

    fn step(&mut self, name: &str, work: impl FnOnce() -> Outcome<()>) {
        if self.only.as_ref().is_some_and(|part| !name.contains(part.as_str())) {
            return;
        }
        println!("\n== {name}");
        let started = Instant::now();
        let outcome = work();
        let took = Duration::from_secs(started.elapsed().as_secs());
        match outcome {
            Ok(()) => {
                self.passed += 1;
                println!("-- ok: {name} ({took:?})");
            }
            Err(error) => {
                self.failed.push(name.to_owned());
                println!("-- FAILED: {name} ({took:?}): {error}");
            }
        }
    }

    /// The counts are the last word, so an error behind them says nothing more.
    fn finish(self) -> Outcome<()> {
        println!();
        for name in &self.failed {
            println!("failed: {name}");
        }
        println!("{} passed, {} failed", self.passed, self.failed.len());
        if self.failed.is_empty() { Ok(()) } else { Err(String::new().into()) }
    }
}
