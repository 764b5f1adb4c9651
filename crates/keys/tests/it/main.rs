//! The service against the real store, in memory. Each test names the promise it keeps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod access;
mod acting;
mod bootstrap;
mod keys;
mod rank;
mod records;
mod sign_in;
mod users;
mod world;
