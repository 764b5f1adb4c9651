//! The unmodified clients of other worlds, each against a fresh server.

use std::path::Path;

use crate::{
    Outcome,
    server::{self, Server},
    sh,
};

const CLIENTS: [&str; 3] = ["nocobase", "nocobase-page", "better-auth"];

pub fn run(binary: &Path) -> Outcome<()> {
    for name in CLIENTS {
        let folder = server::fresh_folder(&format!("client-{name}"))?;
        let outcome = one(name, binary, &folder);
        server::remove_folder(&folder);
        outcome?;
    }
    Ok(())
}

fn one(name: &str, binary: &Path, folder: &Path) -> Outcome<()> {
    let client = sh::root().join("clients").join(name);
    sh::run(sh::command("npm").current_dir(&client).args(["ci", "--no-fund", "--no-audit"]))?;
    let server = started(&client.join("server"), binary, &folder.join("server"))?;
    let others = others(&client.join("servers"), binary, folder)?;
    let mut test = sh::command("npm");
    test.current_dir(&client).arg("test");
    test.env("KEYWARD_URL", server.url())
        .env("KEYWARD_ADMIN_EMAIL", server::ADMIN_EMAIL)
        .env("KEYWARD_ADMIN_PASSWORD", server::ADMIN_PASSWORD)
        .env("KEYWARD_ROOT_KEY", server::ROOT_KEY)
        .env("KEYWARD_IP_RATE_LIMIT", "off")
        // Settings are read at the start: a client that asks for others starts servers of its own.
        .env("KEYWARD_BIN", std::path::absolute(binary)?);
    for (name, other) in &others {
        test.env(format!("KEYWARD_URL_{}", name.to_uppercase()), other.url());
    }
    sh::run(&mut test).map_err(|e| format!("{e}\nthe server said:\n{}", server.log_tail()).into())
}

/// What only shows under other settings is asked of servers of their own: one for each folder in `settings`.
fn others(settings: &Path, binary: &Path, folder: &Path) -> Outcome<Vec<(String, Server)>> {
    let mut servers = Vec::new();
    if !settings.is_dir() {
        return Ok(servers);
    }
    for entry in std::fs::read_dir(settings)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let server = started(&entry.path(), binary, &folder.join(&name))?;
        servers.push((name, server));
    }
    Ok(servers)
}

fn started(settings: &Path, binary: &Path, folder: &Path) -> Outcome<Server> {
    std::fs::create_dir_all(folder)?;
    settle(settings, folder)?;
    Server::start(binary, folder, None)
}

/// Settings a client needs of its server lie beside its tests: the server finds them where it is started.
fn settle(files: &Path, folder: &Path) -> Outcome<()> {
    if !files.is_dir() {
        return Ok(());
    }
    for file in std::fs::read_dir(files)? {
        let file = file?;
        std::fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    Ok(())
}
