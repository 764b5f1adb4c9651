//! For tests only: the real store in memory, a clock that is moved by hand, chance from a seed, the guard and
//! the services, and actors that talk to a router in process.
//!
//! May use `store`, `guard`, `keys`, `data` and `domain`. It mocks nothing, sleeps never, opens no socket, and
//! is a dependency of tests alone. What goes wrong in here is a failed test, so it panics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

/// Makes or changes an SQLite file of another product.
pub fn write_foreign(path: &std::path::Path, sql: &str) {
    store::write_foreign(path, sql).unwrap();
}

mod actor;
mod chance;
mod clock;
mod golden;
mod people;
mod world;

pub use actor::{Actor, Reply};
pub use chance::Seeded;
pub use clock::{ManualClock, START};
pub use golden::same_as_file;
pub use people::Issued;
pub use world::{World, WorldOptions};
