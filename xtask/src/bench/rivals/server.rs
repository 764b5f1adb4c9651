//! A rival's server: one Node process on a folder and a free port, on the core of the servers. Killed when dropped.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use super::super::SERVER_CORE;
use crate::{Outcome, server, sh};

const START_TIMEOUT: Duration = Duration::from_secs(120);

pub struct RivalServer {
    child: Child,
    pub addr: SocketAddr,
}

impl RivalServer {
    /// Runs the script with the folder and a port, and waits until it listens.
    pub fn start(script: &Path, folder: &Path) -> Outcome<Self> {
        let addr = server::free_address()?;
        let log = fs::OpenOptions::new().create(true).append(true).open(log_path(folder))?;
        let mut command = node(script, folder);
        command.arg(addr.port().to_string()).stdout(log.try_clone()?).stderr(log);
        let mut server = Self { child: command.spawn()?, addr };
        let started = Instant::now();
        while started.elapsed() < START_TIMEOUT {
            if TcpStream::connect(addr).is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("it ended while starting ({status}): {}", last_words(folder)).into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("it does not listen after {START_TIMEOUT:?}: {}", last_words(folder)).into())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for RivalServer {
    fn drop(&mut self) {
        // Already dead is as good as killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A script that works in a folder, where its first argument says.
pub fn node(script: &Path, folder: &Path) -> Command {
    let mut command = sh::command("taskset");
    command.args(["-c", SERVER_CORE, "node"]).arg(script).arg(folder).current_dir(folder);
    command.env("NODE_ENV", "production");
    command
}

/// Beside the folder; [`server::remove_folder`] knows it.
fn log_path(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}

fn last_words(folder: &Path) -> String {
    let text = fs::read_to_string(log_path(folder)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("Error")).collect();
    lines.last().copied().unwrap_or("its log says no error").to_owned()
}
