//! A thread of its own for everything that waits for the clock. A timer in the runtime that serves makes every
//! pause of it program the kernel's timer, and that costs more than a verification. No request is served here.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

pub struct Timers {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Timers {
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("keyward-timers")
            .enable_time()
            .build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Timers {
    /// In the background: it may end where waiting for a thread is forbidden.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
