//! Answers to creates that carried an `Idempotency-Key`, kept in memory for ten minutes so that a retry
//! gets the same answer, secret included. Bounded, wiped by the next such request once over, never on disk:
//! after a restart or ten minutes the retry still makes nothing twice, but the secret is not shown again.

use std::{collections::HashMap, sync::Arc};

use domain::{Millis, limits, secret::Digest, time::MINUTE_MS};
use parking_lot::Mutex;
use zeroize::Zeroizing;

/// How long an answer can be had again.
pub const REPLAY_MS: i64 = 10 * MINUTE_MS;

#[derive(Default, Clone)]
pub struct Replays(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    fingerprint: Digest,
    ends: Millis,
    /// `None` while the first request is still at work.
    body: Option<Zeroizing<Vec<u8>>>,
}

/// What is known about a mark.
pub enum Begun {
    /// Nothing: go on, and say how it ended through the guard.
    Fresh(InFlight),
    /// An earlier request with the same mark is still at work.
    Busy,
    /// The same mark was used for another request.
    Different,
    /// The earlier answer.
    Done(Vec<u8>),
}

/// Holds the mark while the request is at work; dropping it without [`InFlight::done`] frees the mark.
pub struct InFlight {
    replays: Replays,
    mark: String,
}

impl Replays {
    pub fn begin(&self, mark: &str, fingerprint: Digest, now: Millis) -> Begun {
        let mut table = self.0.lock();
        match table.get(mark) {
            Some(entry) if now < entry.ends || entry.body.is_none() => {
                return match &entry.body {
                    _ if entry.fingerprint != fingerprint => Begun::Different,
                    Some(body) => Begun::Done(body.to_vec()),
                    None => Begun::Busy,
                };
            }
            _ => {}
        }
        // Every time, not only when there is no room: the answers hold secrets, and their time is up.
        table.retain(|_, entry| entry.body.is_none() || now < entry.ends);
        // Full of fresh answers: go on without one; the database still keeps the request from happening twice.
        if table.len() < limits::REPLAYS_KEPT {
            table.insert(mark.to_owned(), Entry { fingerprint, ends: now.plus(REPLAY_MS), body: None });
        }
        Begun::Fresh(InFlight { replays: self.clone(), mark: mark.to_owned() })
    }
}

impl InFlight {
    pub fn done(self, body: &[u8]) {
        if let Some(entry) = self.replays.0.lock().get_mut(&self.mark) {
            entry.body = Some(Zeroizing::new(body.to_vec()));
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut table = self.replays.0.lock();
        if table.get(&self.mark).is_some_and(|entry| entry.body.is_none()) {
            table.remove(&self.mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_gets_the_first_answer_and_a_racing_one_has_to_wait() {
        let (replays, print) = (Replays::default(), Digest([1; 32]));
        let Begun::Fresh(first) = replays.begin("a", print, Millis(0)) else { panic!("not fresh") };
        assert!(matches!(replays.begin("a", print, Millis(1)), Begun::Busy));
        first.done(b"answer");
        assert!(matches!(replays.begin("a", print, Millis(2)), Begun::Done(body) if body == b"answer"));
        assert!(matches!(replays.begin("a", Digest([2; 32]), Millis(2)), Begun::Different));
        assert!(matches!(replays.begin("a", print, Millis(REPLAY_MS)), Begun::Fresh(_)));
    }

    #[test]
    fn a_failed_request_frees_its_mark() {
        let (replays, print) = (Replays::default(), Digest([1; 32]));
        drop(replays.begin("a", print, Millis(0)));
        assert!(matches!(replays.begin("a", print, Millis(0)), Begun::Fresh(_)));
    }

    #[test]
    fn secrets_of_answers_that_are_over_leave_memory_with_the_next_request() {
        let (replays, print) = (Replays::default(), Digest([1; 32]));
        let Begun::Fresh(first) = replays.begin("a", print, Millis(0)) else { panic!("not fresh") };
        first.done(b"secret");
        let _other = replays.begin("b", print, Millis(REPLAY_MS));
        assert!(!replays.0.lock().contains_key("a"));
    }
}
