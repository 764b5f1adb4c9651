//! The service against the real store, in memory. Each test names the promise it keeps.

mod access;
mod bootstrap;
mod keys;
mod rank;
mod records;
mod sign_in;
mod users;
mod world;
