//! The door with everything behind it. Each test names the promise it keeps.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests are tests: a surprise must stop them"
)]

mod access;
mod bad_input;
mod decisions;
mod documents;
mod keys;
mod people;
mod server;
mod verify;
mod world;
