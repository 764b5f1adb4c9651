//! The arena: callers that work until the server dies under them, and wait while the books are compared.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{Plan, Report};
use crate::{Outcome, cases::Cases, server::Server};

/// Between two kills, in milliseconds.
const LIFE_MS: (u64, u64) = (20, 500);

/// What a torture test does; the arena does the killing.
pub trait Sport: Sync {
    /// One act of caller number `caller`.
    fn act(&self, caller: u32, cases: &mut Cases, hands: &mut crate::http::Client) -> Contact;

    /// Compares the books while nobody acts. Called after each start and at the end.
    fn compare(&self, server: &Server, report: &mut Report) -> Outcome<()>;
}

/// Whether the server was there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    Kept,
    /// No answer: the caller rests until the next life of the server. A dying process still takes connections
    /// for a moment, and with two questions open nobody could say which one was acted on.
    Lost,
}

/// Runs `sport` through all kills. The server is alive, idle and compared at the end.
pub fn run(sport: &impl Sport, plan: &Plan, server: &mut Server, report: &mut Report) -> Outcome<()> {
    let gate = Gate::default();
    let mut cases = Cases::new(plan.seed);
    let addr = server.addr;
    thread::scope(|scope| {
        for caller in 0..plan.callers {
            let mut own = Cases::new(cases.next());
            let gate = &gate;
            scope.spawn(move || {
                let mut hands = crate::http::Client::new(addr, Some(crate::server::ROOT_KEY));
                let mut contact = Contact::Kept;
                while gate.may_act(contact) {
                    contact = sport.act(caller, &mut own, &mut hands);
                }
            });
        }
        let outcome = kill_and_compare(sport, plan, server, report, &gate, &mut cases);
        // On an error as well: the scope waits for the callers.
        gate.stop();
        outcome
    })
}

fn kill_and_compare(
    sport: &impl Sport,
    plan: &Plan,
    server: &mut Server,
    report: &mut Report,
    gate: &Gate,
    cases: &mut Cases,
) -> Outcome<()> {
    for kill in 1..=plan.kills {
        thread::sleep(Duration::from_millis(cases.between(LIFE_MS.0, LIFE_MS.1)));
        server.kill()?;
        gate.pause(plan.callers);
        // Now and then it dies again before it is up.
        if cases.below(5) == 0 {
            server.start_and_kill(Duration::from_millis(cases.between(1, 40)))?;
        }
        if let Err(error) = server.doctor() {
            report.violation(format!("after kill {kill}: {error}"));
        }
        let started = Instant::now();
        server.restart()?;
        report.started(started.elapsed());
        sport.compare(server, report)?;
        if kill < plan.kills {
            gate.resume();
        }
    }
    report.row("kills", plan.kills);
    Ok(())
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    paused: bool,
    stopped: bool,
    waiting: u32,
    /// Counts the pauses that ended.
    life: u64,
}

impl Gate {
    /// Waits while the arena is paused, or for the next life after a lost contact; false when it is over.
    fn may_act(&self, contact: Contact) -> bool {
        let mut state = self.lock();
        let life = state.life;
        state.waiting += 1;
        self.changed.notify_all();
        while (state.paused || contact == Contact::Lost && state.life == life) && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting -= 1;
        !state.stopped
    }

    /// Returns when every caller has finished its act and waits.
    fn pause(&self, callers: u32) {
        let mut state = self.lock();
        state.paused = true;
        while state.waiting < callers {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn resume(&self) {
        let mut state = self.lock();
        state.paused = false;
        state.life += 1;
        drop(state);
        self.changed.notify_all();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
