//! Fetching a rival: `npm ci` in the folder of its lock file, once. Installs nothing else and nowhere else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::super::{LOAD_CORE, SERVER_CORE, measure::say};
use crate::{Outcome, sh};

/// Makes sure that what the lock file pins is there.
pub fn install(name: &str, folder: &Path) -> Outcome<()> {
    for program in ["node", "npm"] {
        if !sh::has(program) {
            return Err(format!("{program} is missing").into());
        }
    }
    let lock = fs::read(lock_file(folder))?;
    // Written last, so that half an installation is none.
    let done = folder.join("node_modules").join(".installed-lock.json");
    if fs::read(&done).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say(&format!("installing {name} with npm; that takes minutes"));
    // Native parts are compiled: on all cores, this process has but one.
    let mut npm = sh::command("taskset");
    npm.args(["-c", &format!("{SERVER_CORE},{LOAD_CORE}"), "npm", "ci", "--no-fund", "--no-audit"]);
    npm.current_dir(folder);
    if let (None, Some(headers)) = (std::env::var_os("npm_config_nodedir"), headers_of_node()) {
        npm.env("npm_config_nodedir", headers);
    }
    if let Err(error) = sh::output(&mut npm) {
        say(&error.to_string());
        return Err(format!("npm ci failed: {}", complaint(&error.to_string())).into());
    }
    Ok(fs::write(done, lock)?)
}

/// The line of npm's that says most: the first words of its errors are a code and where it came from.
fn complaint(said: &str) -> &str {
    const NAMES: [&str; 5] = ["code ", "syscall ", "errno ", "path ", "command "];
    let mut errors = said.lines().filter_map(|line| line.strip_prefix("npm error "));
    errors.find(|line| !NAMES.iter().any(|name| line.starts_with(name))).unwrap_or("see above")
}

/// `name version` of each of these packages, as the lock file pins them.
pub fn versions(folder: &Path, packages: &[&str]) -> Outcome<Vec<String>> {
    let lock: Value = serde_json::from_slice(&fs::read(lock_file(folder))?)?;
    let version = |name: &&str| {
        let version = lock["packages"][format!("node_modules/{name}")]["version"].as_str();
        Ok(format!("{name} {}", version.ok_or_else(|| format!("{name} is not in the lock file"))?))
    };
    packages.iter().map(version).collect()
}

fn lock_file(folder: &Path) -> PathBuf {
    folder.join("package-lock.json")
}

/// Where the headers came with Node they need not be fetched.
fn headers_of_node() -> Option<PathBuf> {
    let program = sh::output(sh::command("node").args(["-p", "process.execPath"])).ok()?;
    let prefix = Path::new(program.trim()).parent()?.parent()?;
    prefix.join("include/node/node.h").exists().then(|| prefix.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn what_npm_complains_about_is_found_among_its_warnings() {
        let said = "`npm ci` failed: npm warn old\nnpm error code E404\nnpm error 404 Not Found - GET /x\nnpm error 404";
        assert_eq!(complaint(said), "404 Not Found - GET /x");
        let refused = "npm error code X\nnpm error syscall connect\nnpm error errno X\nnpm error FetchError: to x failed";
        assert_eq!(complaint(refused), "FetchError: to x failed");
        assert_eq!(complaint("killed"), "see above");
    }
}
