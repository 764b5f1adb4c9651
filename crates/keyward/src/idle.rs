//! Lets connections go on which nothing was asked for a while: forgotten ones, and those that send a header
//! byte by byte. One look around every few seconds for all of them, on the timers' own thread: a timer per
//! request, armed in the runtime that serves, costs more than a verification.
//! It never looks into a request and never cuts one off that the edge still waits for.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{runtime::Handle, task::AbortHandle};

const ROUND: Duration = Duration::from_secs(15);
/// Rounds without a new request: 60 to 75 seconds, longer than any request may take to be answered.
const QUIET_ROUNDS: u32 = 5;

/// All connections of one listener.
#[derive(Default)]
pub struct Idle {
    round: AtomicU32,
    watched: Mutex<Vec<Arc<Watched>>>,
}

/// One connection.
pub struct Watched {
    /// The round of its last request.
    last: AtomicU32,
    task: OnceLock<AbortHandle>,
}

impl Idle {
    /// Looks around until the last handle is gone.
    pub fn start(timers: &Handle) -> Arc<Self> {
        let idle = Arc::new(Self::default());
        let looked_at = Arc::downgrade(&idle);
        timers.spawn(async move {
            loop {
                tokio::time::sleep(ROUND).await;
                let Some(idle) = looked_at.upgrade() else { return };
                idle.look_around();
            }
        });
        idle
    }

    pub fn connection(&self) -> Arc<Watched> {
        Arc::new(Watched { last: AtomicU32::new(self.round.load(Relaxed)), task: OnceLock::new() })
    }

    /// From now on `connection`, served by `task`, is let go when it is quiet.
    pub fn watch(&self, connection: Arc<Watched>, task: AbortHandle) {
        let _ = connection.task.set(task);
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// A request came.
    pub fn asked(&self, connection: &Watched) {
        connection.last.store(self.round.load(Relaxed), Relaxed);
    }

    fn look_around(&self) {
        let round = self.round.fetch_add(1, Relaxed).wrapping_add(1);
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|connection| {
            let Some(task) = connection.task.get().filter(|task| !task.is_finished()) else { return false };
            let quiet = round.wrapping_sub(connection.last.load(Relaxed)) >= QUIET_ROUNDS;
            if quiet {
                task.abort();
            }
            !quiet
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_connection_on_which_nothing_is_asked_is_let_go() {
        let idle = Idle::default();
        let (quiet, busy) = (idle.connection(), idle.connection());
        let tasks = [tokio::spawn(std::future::pending::<()>()), tokio::spawn(std::future::pending::<()>())];
        idle.watch(quiet, tasks[0].abort_handle());
        idle.watch(Arc::clone(&busy), tasks[1].abort_handle());
        for _ in 0..QUIET_ROUNDS {
            idle.asked(&busy);
            idle.look_around();
        }
        let [quiet, busy] = tasks;
        assert!(quiet.await.unwrap_err().is_cancelled());
        assert!(!busy.is_finished());
    }
}
