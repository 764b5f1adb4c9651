//! What can be told without opening the database: folder, disk, clock, key files, port.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{Clock as _, Millis, time::MINUTE_MS};

use super::super::doctor::Finding;
use crate::{
    config::Config,
    house::DATABASE_FILE,
    key_files::{APP_KEY_FILE, MASTER_KEY_FILE, digester},
    system::SystemClock,
};

const FREE_BYTES_FAIL: u64 = 64 << 20;
const FREE_BYTES_WARN: u64 = 1 << 30;
/// 2026-01-01: no server of this version ran before.
const EARLIEST_NOW: Millis = Millis(1_767_225_600_000);
/// 2089: the packed rate limiter counts time up to here.
const LATEST_NOW: Millis = Millis(3_755_289_600_000);
const CLOCK_SLACK_MS: i64 = 5 * MINUTE_MS;
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

pub fn folder(data: &Path) -> Finding {
    let shown = data.display();
    if !data.exists() {
        return Finding::ok("folder", format!("{shown} does not exist yet; the first start makes it"));
    }
    match tempfile::tempfile_in(data) {
        Ok(_) => Finding::ok("folder", format!("{shown} can be written")),
        Err(error) => Finding::fail(
            "folder",
            format!("{shown} cannot be written: {error}"),
            "give this user the right to write there, or choose another folder with --data",
        ),
    }
}

#[cfg(unix)]
pub fn disk(data: &Path) -> Finding {
    let place = existing(data);
    match rustix::fs::statvfs(&place) {
        Ok(stat) => judge_disk(stat.f_bavail.saturating_mul(stat.f_frsize)),
        Err(error) => Finding::warn("disk", format!("free space is unknown: {error}"), "look at it yourself"),
    }
}

#[cfg(not(unix))]
pub fn disk(_: &Path) -> Finding {
    Finding::ok("disk", "free space is not looked at on this system")
}

fn judge_disk(free_bytes: u64) -> Finding {
    let message = format!("{} MiB free", free_bytes >> 20);
    let help = "make room: a full disk stops every write, and keys with a quota with it";
    match free_bytes {
        free if free < FREE_BYTES_FAIL => Finding::fail("disk", message, help),
        free if free < FREE_BYTES_WARN => Finding::warn("disk", message, help),
        _ => Finding::ok("disk", message),
    }
}

/// The folder, or the nearest folder above it that exists.
fn existing(path: &Path) -> PathBuf {
    let found = path.ancestors().find(|p| p.exists() && !p.as_os_str().is_empty());
    found.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A clock that is far off ends keys too early or too late; one that went back shows in the files.
pub fn clock(data: &Path) -> Finding {
    let now = SystemClock.now();
    let help = "set the clock (and keep it set, for example with chrony): expiry and windows depend on it";
    if now < EARLIEST_NOW || now > LATEST_NOW {
        return Finding::fail("clock", format!("it says {now:?}"), help);
    }
    match newest_write(data) {
        Some(written) if written.since(now) > CLOCK_SLACK_MS => {
            Finding::warn("clock", format!("it says {now:?}, but the data was written at {written:?}"), help)
        }
        _ => Finding::ok("clock", format!("{now:?}")),
    }
}

fn newest_write(data: &Path) -> Option<Millis> {
    let modified = std::fs::metadata(data.join(DATABASE_FILE)).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Millis)
}

pub fn key_files(config: &Config) -> Vec<Finding> {
    let data = &config.server.data;
    let secrets = &config.secrets;
    let mut findings = Vec::new();
    if secrets.app_key.is_none() {
        findings.push(made_by_us("app key", &data.join(APP_KEY_FILE)));
    }
    match &secrets.master_key_file {
        Some(path) => findings.push(private("master key", path)),
        None if data.join(MASTER_KEY_FILE).exists() => {
            let found = private("master key", &data.join(MASTER_KEY_FILE));
            findings.push(if found.help.is_some() { found } else { beside_the_database() });
        }
        None => findings.push(made_by_us("master key", &data.join(MASTER_KEY_FILE))),
    }
    findings
}

fn beside_the_database() -> Finding {
    Finding::warn(
        "master key",
        "lies beside the database it protects: who copies the folder can open revealable keys",
        "move master.key to another disk or a secret store and name it with KEYWARD_MASTER_KEY_FILE",
    )
}

fn made_by_us(check: &'static str, path: &Path) -> Finding {
    if path.exists() {
        private(check, path)
    } else {
        Finding::ok(check, "none yet; the first start makes it")
    }
}

/// A file that exists and that nobody but its owner can read.
fn private(check: &'static str, path: &Path) -> Finding {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(error) => Finding::fail(
            check,
            format!("{shown}: {error}"),
            "restore the file; sealed data cannot be read without it",
        ),
        Ok(meta) if others_may_read(&meta) => Finding::warn(
            check,
            format!("{shown} can be read by other users of this machine"),
            format!("chmod 600 {shown}"),
        ),
        Ok(_) => Finding::ok(check, format!("{shown}, for its owner only")),
    }
}

#[cfg(unix)]
fn others_may_read(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(meta) & 0o077 != 0
}

#[cfg(not(unix))]
fn others_may_read(_: &std::fs::Metadata) -> bool {
    false
}

pub fn pepper(config: &Config) -> Finding {
    let Some(path) = &config.secrets.pepper_file else {
        return Finding::warn(
            "pepper",
            "none: digests are plain SHA-256",
            "before the first key: head -c 32 /dev/urandom > pepper, keep it elsewhere, set KEYWARD_PEPPER_FILE",
        );
    };
    match digester(&config.secrets) {
        Ok(_) => private("pepper", path),
        Err(failure) => {
            Finding::fail("pepper", failure.message, "without it, keys made under it are not recognised")
        }
    }
}

pub fn root_key(config: &Config) -> Finding {
    let message = match config.secrets.root_key {
        Some(_) => "configured: whoever has it can do everything",
        None => "none: the server is administered by its users and through the data folder",
    };
    Finding::ok("root key", message)
}

pub async fn port(config: &Config) -> Finding {
    let listen = config.server.listen;
    if listen.port() == 0 {
        return Finding::ok("port", "any free one");
    }
    match tokio::net::TcpListener::bind(listen).await {
        Ok(_) => Finding::ok("port", format!("{listen} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => occupied(listen).await,
        Err(error) => Finding::fail(
            "port",
            format!("cannot listen on {listen}: {error}"),
            "choose another with --listen",
        ),
    }
}

async fn occupied(listen: std::net::SocketAddr) -> Finding {
    if is_keyward(listen).await {
        return Finding::ok("port", format!("{listen} is served by keyward"));
    }
    let help = "stop the other program, or choose another port with --listen or KEYWARD_LISTEN";
    Finding::fail("port", format!("{listen} is used by another program"), help)
}

/// Only a keyward answers its health question with a decision id.
async fn is_keyward(listen: std::net::SocketAddr) -> bool {
    let ip = if listen.ip().is_unspecified() { std::net::Ipv4Addr::LOCALHOST.into() } else { listen.ip() };
    let url = format!("http://{}/v1/health", std::net::SocketAddr::new(ip, listen.port()));
    let Ok(http) = reqwest::Client::builder().no_proxy().timeout(PROBE_TIMEOUT).build() else { return false };
    http.get(url).send().await.is_ok_and(|answer| answer.headers().contains_key(http_kit::DECISION_ID))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::Health;

    #[test]
    fn a_disk_that_fills_up_is_said_before_it_is_full() {
        assert_eq!(judge_disk(10 << 30).status, Health::Ok);
        assert_eq!(judge_disk(500 << 20).status, Health::Warn);
        assert_eq!(judge_disk(1 << 20).status, Health::Fail);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_a_warning_with_the_command_that_helps() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let found = private("master key", file.path());
        assert_eq!(found.status, Health::Warn);
        assert!(found.help.unwrap().starts_with("chmod 600"));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(private("master key", file.path()).status, Health::Ok);
    }
}
