//! Derived files under `docs/generated`: checked in, so that a change shows what it means outside.
//!
//! `cargo xtask generate` writes them; `cargo xtask test` compares them. Nobody edits them.

use std::{fs, path::Path, process::Command};

use crate::{
    Outcome,
    http::Client,
    server::{self, Server},
    sh,
};

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: &Args) -> Outcome<()> {
    sh::run(sh::cargo().args(["build", "-p", "keyward"]))?;
    let folder = sh::root().join("docs/generated");
    fs::create_dir_all(&folder)?;
    for (name, text) in derive(&sh::target_dir().join("debug/keyward"))? {
        fs::write(folder.join(name), text)?;
        println!("written: docs/generated/{name}");
    }
    Ok(())
}

pub fn compare(binary: &Path) -> Outcome<()> {
    let folder = sh::root().join("docs/generated");
    let mut stale = Vec::new();
    for (name, text) in derive(binary)? {
        if fs::read_to_string(folder.join(name)).unwrap_or_default() != text {
            stale.push(name);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    let names = stale.join(", ");
    Err(format!("not up to date in docs/generated: {names}; write them with `cargo xtask generate`").into())
}

/// Name and content of every derived file.
fn derive(binary: &Path) -> Outcome<Vec<(&'static str, String)>> {
    // Settings of the caller, and a keyward.toml in the repository, must not show.
    let mut print = Command::new(binary);
    print.args(["config", "print", "--defaults"]).current_dir(sh::target_dir()).env_clear();
    Ok(vec![("keyward.toml", sh::output(&mut print)?), ("openapi.json", openapi(binary)?)])
}

/// As a client gets it, but without the address of this very server.
fn openapi(binary: &Path) -> Outcome<String> {
    let folder = server::fresh_folder("generated")?;
    let server = Server::start(binary, &folder, None)?;
    let document = Client::new(server.addr, None).get("/v1/openapi.json")?.ok();
    drop(server);
    server::remove_folder(&folder);
    let mut document = document?;
    if let Some(fields) = document.as_object_mut() {
        fields.shift_remove("servers");
    }
    Ok(format!("{document:#}\n"))
}
