//! `cargo xtask door NAME`: check, lint and test one door, the loop one works in most of the time.

use crate::{Outcome, sh};

#[derive(clap::Args)]
pub struct Args {
    /// Folder name under `doors/`, for example `nocobase`.
    name: String,
}

pub fn run(args: &Args) -> Outcome<()> {
    let known = doors()?;
    if !known.contains(&args.name) {
        return Err(format!("no door `{}`; there are: {}", args.name, known.join(", ")).into());
    }
    let package = format!("door-{}", args.name);
    sh::run(sh::cargo().args(["fmt", "--check", "-p", &package]))?;
    sh::run(sh::cargo().args(["clippy", "-p", &package, "--all-targets", "--", "-D", "warnings"]))?;
    sh::run(sh::cargo().args(["test", "-p", &package]))
}

fn doors() -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(sh::root().join("doors"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
