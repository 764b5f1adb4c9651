//! The guard with a real store in memory: each test names a promise.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod changes;
mod credentials;
mod fixture;
mod journal;
mod limits;
mod order;
mod places;
