//! How far a long import is, on standard error: a line every few seconds, none for what is done before.

use domain::{Clock, Millis};

use crate::{output, system::SystemClock};

const QUIET_MS: i64 = 3_000;

pub struct Progress {
    what: String,
    total: u64,
    done: u64,
    said_at: Millis,
}

impl Progress {
    pub fn new(what: String, total: u64) -> Self {
        Self { what, total, done: 0, said_at: SystemClock.now() }
    }

    pub fn step(&mut self, more: u64) {
        self.done += more;
        let now = SystemClock.now();
        if now.0 - self.said_at.0 >= QUIET_MS {
            self.said_at = now;
            output::complain(&format!("{}: {} of {}", self.what, self.done, self.total));
        }
    }
}
