//! The door against the real store: what each route promises, and what it refuses, in the client's words.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod config;
mod denials;
mod failing;
mod imported;
mod keys;
mod organizations;
mod parallel;
mod quirks;
mod sessions;
mod standing;
mod transport;
mod verify;
mod world;
