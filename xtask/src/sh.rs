//! Running other programs from the root of the repository, and saying what is missing when they are not there.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Outcome;

/// The root of the repository, wherever the errand was called from.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Scratch space on the disk of the repository: a temporary folder in memory would make `fsync` free.
pub fn scratch() -> PathBuf {
    target_dir().join("xtask")
}

pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The Cargo that called us, so that the toolchain stays the same.
pub fn cargo() -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// A program in the root of the repository, with nothing to read from.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs to the end with output going where ours goes.
pub fn run(command: &mut Command) -> Outcome<()> {
    let line = describe(command);
    let status = command.status().map_err(|e| format!("cannot run `{line}`: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})").into()) }
}

/// Runs to the end and hands back what was printed to standard output.
pub fn output(command: &mut Command) -> Outcome<String> {
    let line = describe(command);
    let out = command.output().map_err(|e| format!("cannot run `{line}`: {e}"))?;
    if !out.status.success() {
        let said = [out.stdout, out.stderr].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        return Err(format!("`{line}` failed ({}): {said}", out.status).into());
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Whether a program answers to `--version`.
pub fn has(program: &str) -> bool {
    quiet(Command::new(program).arg("--version"))
}

/// Whether Cargo knows a subcommand (`nextest`, `deny`).
pub fn has_cargo(subcommand: &str) -> bool {
    quiet(cargo().args([subcommand, "--version"]))
}

fn quiet(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let args = command.get_args().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ");
    format!("{program} {args}")
}
