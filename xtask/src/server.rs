//! A Keyward process on a data folder and a free port of the loopback address.
//!
//! It is started with nothing but what is said here: settings of the caller's environment and a
//! `keyward.toml` lying around do not reach it. It is killed when dropped.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{Outcome, http::Client, sh};

pub const ROOT_KEY: &str = "xtask-root-key-for-local-test-servers-only";
pub const ADMIN_EMAIL: &str = "admin@keyward.test";
pub const ADMIN_PASSWORD: &str = "correct-horse-battery";

/// How long a start may take, migrations and a million keys included.
const START_TIMEOUT: Duration = Duration::from_secs(120);

pub struct Server {
    binary: PathBuf,
    pub folder: PathBuf,
    pub addr: SocketAddr,
    cores: Option<&'static str>,
    child: Child,
}

impl Server {
    /// Starts `binary` on `folder` and waits until it is ready. `cores`: pin it there (`taskset -c`).
    pub fn start(binary: &Path, folder: &Path, cores: Option<&'static str>) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let addr = free_address()?;
        let child = spawn(binary, folder, addr, cores)?;
        let mut server =
            Self { binary: binary.to_path_buf(), folder: folder.to_path_buf(), addr, cores, child };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Kills the process the hard way and waits for its end.
    pub fn kill(&mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts again on the same folder and address, after [`Server::kill`].
    pub fn restart(&mut self) -> Outcome<()> {
        self.child = spawn(&self.binary, &self.folder, self.addr, self.cores)?;
        self.wait_until_ready()
    }

    /// Starts again and kills it after `life`, up or not.
    pub fn start_and_kill(&mut self, life: Duration) -> Outcome<()> {
        self.child = spawn(&self.binary, &self.folder, self.addr, self.cores)?;
        std::thread::sleep(life);
        self.kill()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn root(&self) -> Client {
        Client::new(self.addr, Some(ROOT_KEY))
    }

    /// `keyward doctor --json` on the folder of a stopped server: an error names what is not whole.
    pub fn doctor(&self) -> Outcome<()> {
        let mut command = clean(Command::new(&self.binary), &self.folder);
        command.args(["doctor", "--json"]);
        sh::output(&mut command).map(drop)
    }

    fn wait_until_ready(&mut self) -> Outcome<()> {
        let started = Instant::now();
        while started.elapsed() < START_TIMEOUT {
            if let Some(status) = self.child.try_wait()? {
                return Err(
                    format!("the server ended while starting ({status}):\n{}", self.log_tail()).into()
                );
            }
            let ready = Client::new(self.addr, None).get("/v1/ready");
            if ready.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        Err(format!("the server is not ready after {START_TIMEOUT:?}:\n{}", self.log_tail()).into())
    }

    /// The last lines the server printed.
    pub fn log_tail(&self) -> String {
        let text = fs::read_to_string(log_path(&self.folder)).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already dead is as good as killed.
        let _ = self.kill();
    }
}

/// An empty folder of this name in the scratch space.
pub fn fresh_folder(name: &str) -> Outcome<PathBuf> {
    let folder = sh::scratch().join(format!("{name}-{}", std::process::id()));
    remove_folder(&folder);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

pub fn remove_folder(folder: &Path) {
    // A leftover only costs space; the next run clears its own.
    let _ = fs::remove_dir_all(folder);
    let _ = fs::remove_file(log_path(folder));
}

pub fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn spawn(binary: &Path, folder: &Path, addr: SocketAddr, cores: Option<&str>) -> Outcome<Child> {
    let log = fs::OpenOptions::new().create(true).append(true).open(log_path(folder))?;
    let program = match cores {
        None => Command::new(binary),
        Some(cores) => {
            let mut command = Command::new("taskset");
            command.args(["-c", cores]).arg(binary);
            command
        }
    };
    let mut command = clean(program, folder);
    command.arg("serve").env("KEYWARD_LISTEN", addr.to_string());
    command.stdout(log.try_clone()?).stderr(log);
    command.spawn().map_err(|e| format!("cannot start {}: {e}", binary.display()).into())
}

/// Only our own settings, and the folder itself as the place to look for a configuration file.
fn clean(mut command: Command, folder: &Path) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KEYWARD_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("KEYWARD_DATA", folder)
        .env("KEYWARD_LISTEN", "127.0.0.1:0")
        .env("KEYWARD_ROOT_KEY", ROOT_KEY)
        .env("KEYWARD_ADMIN_EMAIL", ADMIN_EMAIL)
        .env("KEYWARD_ADMIN_PASSWORD", ADMIN_PASSWORD)
        .env("KEYWARD_IP_RATE_LIMIT", "off");
    command
}

/// Beside the data folder, not in it: the server owns the folder.
fn log_path(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}
