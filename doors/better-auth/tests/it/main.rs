//! The door against the real store: what each route promises, and what it refuses, in the client's words.

mod config;
mod keys;
mod organizations;
mod parallel;
mod quirks;
mod sessions;
mod standing;
mod transport;
mod verify;
mod world;
