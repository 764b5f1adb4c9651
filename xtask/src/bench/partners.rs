//! The other programs of a run: the bare server, and the measurements from inside.

use std::{
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::Value;

use super::SERVER_CORE;
use crate::{Outcome, server, sh};

pub struct Bare {
    child: Child,
    pub addr: SocketAddr,
}

impl Bare {
    /// Answers with about `answer_bytes` bytes of JSON.
    pub fn start(binary: &Path, answer_bytes: usize) -> Outcome<Self> {
        let addr = server::free_address()?;
        let mut command = sh::command("taskset");
        command.args(["-c", SERVER_CORE]).arg(binary).args([addr.to_string(), answer_bytes.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let bare = Self { child, addr };
        for _ in 0..500 {
            if TcpStream::connect(addr).is_ok() {
                return Ok(bare);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("the bare server does not listen".into())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // Already dead is as good as killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `bench-inproc` on the core of the servers and reads its line.
pub fn inproc(binary: &Path, args: &[&str]) -> Outcome<Value> {
    let mut command = sh::command("taskset");
    command.args(["-c", SERVER_CORE]).arg(binary).args(args);
    Ok(serde_json::from_str(&sh::output(&mut command)?)?)
}
