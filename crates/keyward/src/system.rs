//! The system's clock and randomness: the only place of the project that reads them.

use domain::{Clock, Entropy, Millis};

/// The wall clock of the machine.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "this is the Clock everyone else is handed")]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's random source.
#[derive(Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, into: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the Entropy everyone else is handed")]
        let filled = getrandom::fill(into);
        if let Err(error) = filled {
            // A server that cannot make secrets must not go on with guessable ones.
            tracing::error!(%error, "the operating system gives no random bytes; stopping");
            std::process::abort();
        }
    }
}
