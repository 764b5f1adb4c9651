//! The one pipeline: credential → decision. Everything a request may do is decided here, by gates whose
//! order is data ([`domain::decision::Profile`]), against a cache that follows the store's change feed.
//!
//! May use `store` and `domain`. This crate never speaks HTTP or SQL, never names a dialect, never reads the
//! database for a key it knows, never writes to it on the hot path except for an exact quota, and never lets
//! a malformed secret reach a look-up.

mod access;
mod answer;
mod cache;
mod cached;
mod call;
mod checks;
mod counters;
mod ctx;
mod explain;
mod guard;
mod hash;
mod ids;
mod journal;
pub mod profile;
mod short_text;
mod verdict;

pub use cached::CachedKey;
pub use call::{Call, Credential, PlaceName, VerifyCall};
pub use explain::{DryRun, DrySubject, Explanation, GateReport, Records, Rule, Suggestion};
pub use guard::{Guard, GuardError, GuardOptions, LEDGER_RETRY_MS};
pub use journal::Dropped;
pub use verdict::{RateView, Verdict};
