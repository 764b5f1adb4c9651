//! What the tests need beside Rust: installed where that can be done unasked, named where it cannot.

use std::process::Command;

use crate::{Outcome, sh};

/// A program, and how it is called by the two ways of installing it.
struct Tool {
    program: &'static str,
    apt: &'static [&'static str],
    why: &'static str,
}

const TOOLS: [Tool; 4] = [
    Tool { program: "cc", apt: &["gcc", "libc6-dev"], why: "SQLite is built from source" },
    Tool { program: "node", apt: &["nodejs"], why: "the real client runs on it" },
    Tool { program: "npm", apt: &["npm"], why: "it fetches the real client" },
    Tool { program: "chromium", apt: &["chromium"], why: "the web page is tested in it" },
];

const NODE_MAJOR_MIN: u32 = 20;

pub fn provide() -> Outcome<()> {
    for component in ["fmt", "clippy"] {
        if !sh::has_cargo(component) {
            let name = if component == "fmt" { "rustfmt" } else { component };
            sh::run(Command::new("rustup").args(["component", "add", name])).map_err(|e| {
                format!("missing: {name}. Install it with `rustup component add {name}`. ({e})")
            })?;
        }
    }
    let missing: Vec<_> = TOOLS.iter().filter(|tool| !sh::has(tool.program)).collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    node_is_new_enough()
}

fn install(missing: &[&Tool]) -> Outcome<()> {
    let wanted: Vec<_> = missing.iter().flat_map(|tool| tool.apt.iter().copied()).collect();
    println!("installing: {}", wanted.join(" "));
    let outcome = apt(&["update", "-qq"]).and_then(|()| {
        let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
        args.extend(&wanted);
        apt(&args)
    });
    let left: Vec<_> = missing.iter().filter(|tool| !sh::has(tool.program)).collect();
    if left.is_empty() {
        return Ok(());
    }
    let mut text = String::from("missing, and it could not be installed from here:");
    for tool in left {
        text.push_str(&format!("\n  {} – {} (Debian: {})", tool.program, tool.why, tool.apt.join(" ")));
    }
    if let Err(error) = outcome {
        text.push_str(&format!("\n  {error}"));
    }
    Err(text.into())
}

/// As root, or as someone whom sudo lets through without asking; nothing else is tried.
fn apt(args: &[&str]) -> Outcome<()> {
    let root = sh::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = Command::new(if root { "apt-get" } else { "sudo" });
    if !root {
        command.args(["-n", "apt-get"]);
    }
    sh::run(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn node_is_new_enough() -> Outcome<()> {
    let version = sh::output(Command::new("node").arg("--version"))?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok());
    if major.is_some_and(|major: u32| major >= NODE_MAJOR_MIN) {
        return Ok(());
    }
    Err(format!("Node.js {} is too old: {NODE_MAJOR_MIN} or newer is needed", version.trim()).into())
}
